package orgweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// peopleList is the roster as filtered.
type peopleList struct {
	Here   string
	Listed []org.Listed
	Bodies map[string]*org.Body
	Count  int
	Next   string
	First  bool // the first page
	Edits  bool // may change the roster
	Opens  bool // may open accounts and reset passwords
}

const perPage = 100

// peopleFilter reads the filters of a list of people from its address.
func peopleFilter(q url.Values) org.PeopleFilter {
	return org.PeopleFilter{Text: web.Clean(q.Get("q")), Seat: q.Get("seat"), Body: q.Get("body"), Gone: q.Get("gone") == "1", After: q.Get("after"), Number: perPage}
}

// bodies are all bodies of the tenant by their ids.
func (p *pages) bodies(ctx context.Context) (map[string]*org.Body, []*org.Body, error) {
	all, err := p.Org.Bodies(ctx, "")
	byID := make(map[string]*org.Body, len(all))
	for _, b := range all {
		byID[b.ID] = b
	}
	rank := func(kind string) int {
		return slices.IndexFunc(org.Kinds, func(k org.Code) bool { return k.ID == kind })
	}
	slices.SortStableFunc(all, func(a, b *org.Body) int { return rank(a.Kind) - rank(b.Kind) })
	return byID, all, err
}

// bodyOptions are the active bodies of some kinds to choose from, under their
// kinds.
func bodyOptions(ctx context.Context, all []*org.Body, kinds ...string) []ui.Option {
	var options []ui.Option
	for _, b := range all {
		if b.Active && (len(kinds) == 0 || slices.Contains(kinds, b.Kind)) {
			options = append(options, ui.Option{Value: b.ID, Label: b.Name, Group: word(ctx, org.Title(org.Kinds, b.Kind))})
		}
	}
	return options
}

// belongs are the kinds of body that people belong to.
var belongs = []string{"party", "sector", "committee", "group"}

func can(ctx context.Context, permission string) bool {
	a, ok := actor.From(ctx)
	return ok && a.Can(permission)
}

func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := peopleFilter(r.URL.Query())
	v := peopleList{Here: here(r), First: f.After == "", Edits: can(ctx, "org.roster"), Opens: can(ctx, "org.manage")}
	var more bool
	var err error
	if v.Listed, more, err = p.Org.People(ctx, f); err != nil {
		return err
	}
	if v.Count, err = p.Org.CountPeople(ctx, f); err != nil {
		return err
	}
	var all []*org.Body
	if v.Bodies, all, err = p.bodies(ctx); err != nil {
		return err
	}
	if more {
		v.Next = after(v.Here, v.Listed[len(v.Listed)-1].ID)
	}
	return web.Render(w, r, http.StatusOK, peopleView(v, bodyOptions(ctx, all, belongs...)))
}

func (p *pages) exportPeople(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := peopleFilter(r.URL.Query())
	f.After, f.Number = "", 1000
	bodies, _, err := p.bodies(ctx)
	if err != nil {
		return err
	}
	if _, err := actor.Require(ctx, "org.people"); err != nil {
		return err // before the answer has begun
	}
	name := lang.T(ctx, "委员名册")
	s := document.Sheet{Name: name}
	for _, c := range org.RosterColumns {
		s.Header = append(s.Header, word(ctx, c.Title))
	}
	s.Rows = func(yield func([]any, error) bool) {
		for {
			list, more, err := p.Org.People(ctx, f)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, x := range list {
				if !yield(rosterRow(x, bodies), nil) {
					return
				}
				f.After = x.ID
			}
			if !more {
				return
			}
		}
	}
	return document.Serve(w, name, s)
}

// rosterRow is a person in the columns of the template, so that what was sent
// out can be taken in again.
func rosterRow(x org.Listed, bodies map[string]*org.Body) []any {
	name := func(id string) string {
		if b := bodies[id]; b != nil {
			return b.Name
		}
		return ""
	}
	var groups []string
	for _, g := range x.Dims.Groups {
		groups = append(groups, name(g))
	}
	values := map[string]any{
		"name": x.Name, "sex": choiceName("sex", x.Sex), "member_no": x.MemberNo, "seat": choiceName("seat", x.Dims.Seat),
		"sector": name(x.Dims.Sector), "party": name(x.Dims.Party), "committee": name(x.Dims.Committee), "group": strings.Join(groups, "、"),
		"post": x.Post, "phone": x.Phone, "email": x.Email, "address": x.Address, "postcode": x.Postcode,
	}
	if x.BirthYear > 0 {
		values["birth_year"] = x.BirthYear
	}
	row := make([]any, len(org.RosterColumns))
	for i, c := range org.RosterColumns {
		row[i] = values[c.ID]
	}
	return row
}

// choiceName is how the template writes a value of a column.
func choiceName(column, value string) string {
	for _, c := range org.RosterColumns {
		for _, o := range c.Options {
			if c.ID == column && o.Value == value && len(o.Names) > 0 {
				return o.Names[0]
			}
		}
	}
	return ""
}

// personForm is a person of the roster as typed.
type personForm struct {
	Name      string `form:"name"`
	Sex       string `form:"sex"`
	BirthYear int    `form:"birth_year"`
	Post      string `form:"post"`
	Phone     string `form:"phone"`
	Email     string `form:"email"`
	Address   string `form:"address"`
	Postcode  string `form:"postcode"`
	MemberNo  string `form:"member_no"`
}

func (f personForm) person(id string, version int) org.Person {
	return org.Person{ID: id, Version: version, Name: f.Name, Sex: f.Sex, BirthYear: f.BirthYear, Post: f.Post,
		Phone: f.Phone, Email: f.Email, Address: f.Address, Postcode: f.Postcode, MemberNo: f.MemberNo}
}

func formOf(p *org.Person) personForm {
	return personForm{p.Name, p.Sex, p.BirthYear, p.Post, p.Phone, p.Email, p.Address, p.Postcode, p.MemberNo}
}

func (p *pages) newPerson(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "org.roster"); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, personFormView("", 0, personForm{}, nil))
}

func (p *pages) addPerson(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Decode[personForm](r)
	var id string
	if err == nil {
		id, err = p.Org.SavePerson(r.Context(), in.person("", 0))
	}
	if err != nil {
		return again(w, r, err, personFormView("", 0, in, err))
	}
	return done(w, r, lang.T(r.Context(), "“%s”已加入名册，接下来可以设置界别、党派和委员资格", in.Name), "/people/"+id)
}

func (p *pages) editPerson(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "org.roster"); err != nil {
		return err
	}
	x, err := p.Org.Person(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, personFormView(x.Person.ID, x.Person.Version, formOf(x.Person), nil))
}

func (p *pages) savePerson(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	in, err := web.Decode[personForm](r)
	n, e := version(r)
	if err = cmp.Or(err, e); err == nil {
		_, err = p.Org.SavePerson(r.Context(), in.person(id, n))
	}
	if err != nil {
		return again(w, r, err, personFormView(id, n, in, err))
	}
	return done(w, r, lang.T(r.Context(), "已保存"), "/people/"+id)
}

// bulkPeople does something with the people who are ticked.
func (p *pages) bulkPeople(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ids := r.PostForm["id"]
	if len(ids) == 0 {
		return failed(w, r, errs.New(errs.Invalid, "请先勾选人员"), "/people")
	}
	var slips []org.OneTime
	skipped := 0
	var resets []string
	open := r.PostFormValue("action") == "open"
	for i, id := range ids {
		x, err := p.Org.Person(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case open && x.Account == nil && x.Person.Active:
			one, err := p.Org.CreateAccount(part(ctx, i), id, "", []org.Grant{{Role: org.Member}})
			if err != nil {
				return failed(w, r, err, "/people")
			}
			slips = append(slips, one)
		case !open && x.Account != nil:
			resets = append(resets, x.Account.ID)
		default:
			skipped++
		}
	}
	if len(resets) > 0 {
		var err error
		if slips, err = p.Org.ResetPasswords(ctx, resets); err != nil {
			return failed(w, r, err, "/people")
		}
	}
	if len(slips) == 0 {
		text := lang.T(ctx, "所选的人都还没有账号")
		if open {
			text = lang.T(ctx, "所选的人都已有账号")
		}
		web.Flash(w, r, ui.Warn, text, "")
		return web.Redirect(w, r, "/people")
	}
	note := ""
	if skipped > 0 {
		note = lang.T(ctx, "另有%d人不需要办理，已跳过。", skipped)
	}
	return p.showSlips(w, r, slips, note)
}

// part is a context for one of several acts of the same request, each of which
// is done once.
func part(ctx context.Context, i int) context.Context {
	r := actor.RequestFrom(ctx)
	if r.Key != "" {
		r.Key += "." + strconv.Itoa(i)
	}
	return actor.WithRequest(ctx, r)
}

// showSlips shows one-time passwords, to be printed and cut apart. They are
// nowhere else: no cache may keep the page.
func (p *pages) showSlips(w http.ResponseWriter, r *http.Request, slips []org.OneTime, note string) error {
	t, err := p.Org.OwnTenant(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	scheme := "http://"
	if p.Secure || r.TLS != nil {
		scheme = "https://"
	}
	return web.Render(w, r, http.StatusOK, slipsView(t.Name, scheme+r.Host, slips, note))
}
