package orgweb

import (
	"context"
	"net/http"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// personPage is all that the roster knows of a person, with what may be done.
type personPage struct {
	*org.PersonPage
	Bodies map[string]*org.Body
	All    []*org.Body
	Terms  []*org.Term
	Acts   []*ledger.Entry
	Today  calendar.Date
	Edits  bool // may change the roster
	Opens  bool // may open accounts
	Tried  string
	Err    error // of the act that was tried
	In     placing
}

// placing is what the acts of a person's page ask for.
type placing struct {
	Term    string        `form:"term"`
	Kind    string        `form:"kind"`
	Body    string        `form:"body"`
	Title   string        `form:"title"`
	Officer bool          `form:"officer"`
	Role    string        `form:"role"`
	Login   string        `form:"login"`
	From    calendar.Date `form:"from"`
	To      calendar.Date `form:"to"`
	On      calendar.Date `form:"on"`
}

func (p *pages) personPage(ctx context.Context, id string) (*personPage, error) {
	v := &personPage{Today: p.today(), Edits: can(ctx, "org.roster"), Opens: can(ctx, "org.manage")}
	var err error
	if v.PersonPage, err = p.Org.Person(ctx, id); err != nil {
		return nil, err
	}
	if v.Bodies, v.All, err = p.bodies(ctx); err != nil {
		return nil, err
	}
	if v.Terms, err = p.Org.Terms(ctx); err != nil {
		return nil, err
	}
	v.Acts, err = p.Org.PersonActs(ctx, id)
	return v, err
}

func (p *pages) person(w http.ResponseWriter, r *http.Request) error {
	v, err := p.personPage(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, personView(v))
}

// actOnPerson does one of the acts of a person's page.
func (p *pages) actOnPerson(w http.ResponseWriter, r *http.Request) error {
	ctx, id, act := r.Context(), r.PathValue("id"), r.PathValue("act")
	in, err := web.Decode[placing](r)
	n, _ := web.Version(r) // of the acts that change the person only
	said := ""
	if err == nil {
		switch act {
		case "seat":
			said = lang.T(ctx, "已授予委员资格")
			_, err = p.Org.AddSeat(ctx, org.Seat{Person: id, Term: in.Term, Kind: in.Kind, From: in.From, To: in.To})
		case "membership":
			said = lang.T(ctx, "已加入“%s”", p.bodyName(ctx, in.Body))
			_, err = p.Org.AddMembership(ctx, org.Membership{Person: id, Body: in.Body, Title: in.Title, Officer: in.Officer, From: in.From, To: in.To})
		case "account":
			var one org.OneTime
			if one, err = p.Org.CreateAccount(ctx, id, in.Login, []org.Grant{{Role: in.Role, Body: in.Body}}); err == nil {
				return p.showSlips(w, r, []org.OneTime{one}, "")
			}
		case "leave":
			said = lang.T(ctx, "已办理离任")
			err = p.Org.Leave(ctx, id, int(n), in.On)
		case "return":
			said = lang.T(ctx, "已恢复在册，请重新设置委员资格和所属")
			err = p.Org.Return(ctx, id, int(n))
		default:
			return errs.Missing()
		}
	}
	if err == nil {
		return done(w, r, said, "/people/"+id)
	}
	v, e := p.personPage(ctx, id)
	if e != nil {
		return e
	}
	v.Tried, v.Err, v.In = act, err, in
	return again(w, r, err, personView(v))
}

func (p *pages) bodyName(ctx context.Context, id string) string {
	names, err := p.Org.BodyNames(ctx, []string{id})
	if err != nil {
		return ""
	}
	return names[id]
}

// endOnPerson ends a seat or a membership today.
func (p *pages) endOnPerson(w http.ResponseWriter, r *http.Request) error {
	ctx, back := r.Context(), "/people/"+r.PathValue("id")
	n, err := version(r)
	if err == nil {
		switch r.PathValue("what") {
		case "seat":
			err = p.Org.EndSeat(ctx, r.PathValue("row"), n, "")
		case "membership":
			err = p.Org.EndMembership(ctx, r.PathValue("row"), n, "")
		default:
			err = errs.Missing()
		}
	}
	if err != nil {
		return failed(w, r, err, back)
	}
	return done(w, r, lang.T(ctx, "已结束，最后一天是今天"), back)
}

// note says more about an act: what it changed, or for which body and role.
func (v *personPage) note(ctx context.Context, e *ledger.Entry) string {
	if e.Action == "person.change" {
		return v.changes(ctx, e)
	}
	var data struct{ Body, Role, Kind string }
	if e.Decode(&data) != nil {
		return e.Note
	}
	text := e.Note
	for _, part := range []string{seatWord(ctx, data.Kind), shortOf(v.Bodies, data.Body)} {
		if part != "" {
			text += " " + part
		}
	}
	if data.Role != "" {
		text += " " + roleTitle(ctx, data.Role)
	}
	return strings.TrimSpace(text)
}

// changes says what a change of somebody's record changed.
func (v *personPage) changes(ctx context.Context, e *ledger.Entry) string {
	var data struct{ Version int }
	if e.Decode(&data) != nil {
		return ""
	}
	var before, after *org.Person
	for _, p := range append(v.Past, v.Person) {
		switch p.Version {
		case data.Version - 1:
			before = p
		case data.Version:
			after = p
		}
	}
	if before == nil || after == nil {
		return ""
	}
	text := ""
	for _, f := range []struct{ label, before, after string }{
		{lang.T(ctx, "姓名"), before.Name, after.Name},
		{lang.T(ctx, "性别"), choiceName("sex", before.Sex), choiceName("sex", after.Sex)},
		{lang.T(ctx, "出生年份"), number(before.BirthYear), number(after.BirthYear)},
		{lang.T(ctx, "委员证号"), before.MemberNo, after.MemberNo},
		{lang.T(ctx, "单位职务"), before.Post, after.Post},
		{lang.T(ctx, "手机"), before.Phone, after.Phone},
		{lang.T(ctx, "邮箱"), before.Email, after.Email},
		{lang.T(ctx, "通讯地址"), before.Address, after.Address},
		{lang.T(ctx, "邮编"), before.Postcode, after.Postcode},
		{lang.T(ctx, "状态"), roll(ctx, before.Active), roll(ctx, after.Active)},
	} {
		if f.before != f.after {
			if text != "" {
				text += "\n"
			}
			text += lang.T(ctx, "%[1]s：%[2]s → %[3]s", f.label, blank(ctx, f.before), blank(ctx, f.after))
		}
	}
	return text
}

func blank(ctx context.Context, s string) string {
	if s == "" {
		return lang.T(ctx, "空")
	}
	return s
}

// roll says whether somebody is in the active roster.
func roll(ctx context.Context, active bool) string {
	if active {
		return lang.T(ctx, "在册")
	}
	return lang.T(ctx, "已离任")
}

// termName is the name of a term.
func termName(terms []*org.Term, id string) string {
	for _, t := range terms {
		if t.ID == id {
			return t.Name
		}
	}
	return ""
}

func termOptions(terms []*org.Term) []ui.Option {
	var all []ui.Option
	for _, t := range terms {
		all = append(all, ui.Option{Value: t.ID, Label: t.Name})
	}
	return all
}

// roleOptions are the roles to choose from, each saying for which bodies.
func roleOptions(ctx context.Context) []ui.Option {
	var all []ui.Option
	for _, r := range org.AllRoles {
		all = append(all, ui.Option{Value: r.ID, Label: word(ctx, r.Title)})
	}
	return all
}

// wantsBody is the condition, for a field, that the role chosen is held for a
// body: "role=a,b".
func wantsBody() string {
	s := "role="
	for _, r := range org.AllRoles {
		if len(r.Kinds) > 0 {
			if s != "role=" {
				s += ","
			}
			s += r.ID
		}
	}
	return s
}

// grantKinds are the kinds of body for which roles are held.
func grantKinds() []string {
	var all []string
	for _, r := range org.AllRoles {
		all = append(all, r.Kinds...)
	}
	return all
}

// span writes from when to when something holds.
func span(ctx context.Context, from, to calendar.Date) string {
	if to == "" {
		return lang.T(ctx, "%s起", ui.ShortDay(ctx, from))
	}
	return lang.T(ctx, "%[1]s至%[2]s", ui.ShortDay(ctx, from), ui.ShortDay(ctx, to))
}

// ended reports whether a span is over, or never began, on a day.
func ended(to, today calendar.Date) bool { return to != "" && to < today }
