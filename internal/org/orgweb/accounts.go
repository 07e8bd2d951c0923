package orgweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// accountLine is an account in the list, with the names of what it may act as.
type accountLine struct {
	org.Accounted
	Names []string // of the persons it acts as
	Roles []string // titles of the roles that hold today
}

// accountLines are the accounts that match a filter.
func (p *pages) accountLines(ctx context.Context, text, role, state string) ([]accountLine, error) {
	all, err := p.Org.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var people []string
	for _, a := range all {
		for _, g := range a.Grants {
			people = append(people, g.Person)
		}
	}
	names, err := p.Org.PersonNames(ctx, people)
	if err != nil {
		return nil, err
	}
	bodies, _, err := p.bodies(ctx)
	if err != nil {
		return nil, err
	}
	today := p.today()
	var lines []accountLine
	for _, a := range all {
		l := accountLine{Accounted: a}
		found, held := strings.Contains(a.Login, strings.ToLower(text)), role == ""
		for _, g := range a.Grants {
			name := names[g.Person]
			if len(l.Names) == 0 || l.Names[len(l.Names)-1] != name {
				l.Names = append(l.Names, name)
			}
			found = found || strings.Contains(name, text)
			if ended(g.To, today) || g.From > today {
				continue
			}
			held = held || g.Role == role
			title := roleTitle(ctx, g.Role)
			if b := shortOf(bodies, g.Body); b != "" {
				title += " · " + b
			}
			l.Roles = append(l.Roles, title)
		}
		if found && held && (state == "" || state == accountState(a)) {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// The states of an account, for the filter.
const (
	stateActive   = "active"
	stateNew      = "new"
	stateLocked   = "locked"
	stateDisabled = "disabled"
)

func accountState(a org.Accounted) string {
	switch {
	case !a.Active:
		return stateDisabled
	case a.Locked:
		return stateLocked
	case a.LastSignInAt.IsZero() || a.MustChange && len(a.Links) == 0:
		return stateNew
	}
	return stateActive
}

type accountsPage struct {
	Here  string
	Lines []accountLine
	Count int
	Next  string
	First bool
}

func (p *pages) accounts(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	lines, err := p.accountLines(r.Context(), web.Clean(q.Get("q")), q.Get("role"), q.Get("state"))
	if err != nil {
		return err
	}
	v := accountsPage{Here: here(r), Count: len(lines), First: q.Get("after") == ""}
	for len(lines) > 0 && lines[0].Login <= q.Get("after") { // they are in the order of their names
		lines = lines[1:]
	}
	if len(lines) > perPage {
		lines = lines[:perPage]
		v.Next = after(v.Here, lines[perPage-1].Login)
	}
	v.Lines = lines
	return web.Render(w, r, http.StatusOK, accountsView(v))
}

// oneAccount is one account with what can be done about it.
type oneAccount struct {
	org.Accounted
	Names  map[string]string
	Bodies map[string]*org.Body
	All    []*org.Body
	Today  calendar.Date
	Tenant string
	Tried  bool
	Err    error
	In     placing

	Outside string // the name of the provider outside; empty without one
	LinkErr error
	Code    string
}

func (p *pages) oneAccount(ctx context.Context, id string) (*oneAccount, error) {
	all, err := p.Org.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if a.ID != id {
			continue
		}
		v := &oneAccount{Accounted: a, Today: p.today(), Outside: p.outside(ctx)}
		var people []string
		for _, g := range a.Grants {
			people = append(people, g.Person)
			v.Tenant = g.Tenant
		}
		if v.Names, err = p.Org.PersonNames(ctx, people); err != nil {
			return nil, err
		}
		v.Bodies, v.All, err = p.bodies(ctx)
		return v, err
	}
	return nil, errs.Missing()
}

func (p *pages) showOneAccount(w http.ResponseWriter, r *http.Request) error {
	v, err := p.oneAccount(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, oneAccountView(v))
}

// actOnAccount does one of the acts of an account's page.
func (p *pages) actOnAccount(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	back, said := "/accounts/"+id, ""
	var err error
	switch r.PathValue("act") {
	case "unlock":
		said, err = lang.T(ctx, "已解除锁定"), p.Org.Unlock(ctx, id)
	case "two-step":
		said, err = lang.T(ctx, "两步验证已重置，本人可以重新设置"), p.Org.ResetTOTP(ctx, id)
	case "disable", "enable":
		var n int
		if n, err = version(r); err == nil {
			active := r.PathValue("act") == "enable"
			said = lang.T(ctx, "账号已停用")
			if active {
				said = lang.T(ctx, "账号已启用")
			}
			err = p.Org.SetAccountActive(ctx, id, active, n)
		}
	case "reset":
		var slips []org.OneTime
		if slips, err = p.Org.ResetPasswords(ctx, []string{id}); err == nil {
			return p.showSlips(w, r, slips, "")
		}
	case "link":
		return p.linkAccount(w, r, id)
	case "unlink":
		said, err = lang.T(ctx, "已解除关联"), p.Org.UnlinkAccount(ctx, id)
	case "grant":
		return p.addGrant(w, r, id)
	default:
		err = errs.Missing()
	}
	if err != nil {
		return failed(w, r, err, back)
	}
	return done(w, r, said, back)
}

func (p *pages) addGrant(w http.ResponseWriter, r *http.Request, id string) error {
	ctx := r.Context()
	v, err := p.oneAccount(ctx, id)
	if err != nil {
		return err
	}
	in, err := web.Decode[placing](r)
	if err == nil {
		_, err = p.Org.AddGrant(ctx, org.Grant{Account: id, Person: v.Grants[0].Person, Role: in.Role, Body: in.Body, From: in.From, To: in.To}, v.Login)
	}
	if err != nil {
		v.Tried, v.Err, v.In = true, err, in
		return again(w, r, err, oneAccountView(v))
	}
	return done(w, r, lang.T(ctx, "已授予角色"), "/accounts/"+id)
}

func (p *pages) endGrant(w http.ResponseWriter, r *http.Request) error {
	ctx, back := r.Context(), "/accounts/"+r.PathValue("id")
	n, err := version(r)
	if err == nil {
		err = p.Org.EndGrant(ctx, r.PathValue("row"), n, "")
	}
	if err != nil {
		return failed(w, r, err, back)
	}
	return done(w, r, lang.T(ctx, "角色已结束"), back)
}

// newAccount is the form for an account of somebody who is not a member: a clerk,
// a department's staff. It puts the person into the roster first.
type newAccount struct {
	Name  string `form:"name"`
	Post  string `form:"post"`
	Phone string `form:"phone"`
	Email string `form:"email"`
	Role  string `form:"role"`
	Body  string `form:"body"`
	Login string `form:"login"`
}

func (p *pages) showNewAccount(w http.ResponseWriter, r *http.Request) error {
	if !can(r.Context(), "org.manage") {
		return actor.Denied
	}
	_, all, err := p.bodies(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, newAccountView(newAccount{Role: r.URL.Query().Get("role")}, all, nil))
}

func (p *pages) addAccount(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, all, err := p.bodies(ctx)
	if err != nil {
		return err
	}
	in, err := web.Decode[newAccount](r)
	if err == nil {
		// Checked before the person is made, who would stay if the account failed.
		var f errs.Fields
		role, ok := org.RoleOf(in.Role)
		f.Check(ok, "role", "请选择角色")
		f.Check(len(role.Kinds) == 0 || in.Body != "", "body", "请选择所属单位")
		err = f.Err()
	}
	var id string
	if err == nil {
		id, err = p.Org.SavePerson(part(ctx, 0), org.Person{Name: in.Name, Post: in.Post, Phone: in.Phone, Email: in.Email})
	}
	if err != nil {
		return again(w, r, err, newAccountView(in, all, err))
	}
	one, err := p.Org.CreateAccount(part(ctx, 1), id, in.Login, []org.Grant{{Role: in.Role, Body: in.Body}})
	if err != nil {
		// The person is there; the account can be opened on their page.
		return failed(w, r, err, "/people/"+id)
	}
	return p.showSlips(w, r, []org.OneTime{one}, "")
}

// after is the address of the page of a list that follows a row.
func after(here, key string) string {
	next := ui.With(here, "after", "")
	if strings.Contains(next, "?") {
		return next + "&after=" + url.QueryEscape(key)
	}
	return next + "?after=" + url.QueryEscape(key)
}
