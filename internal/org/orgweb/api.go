package orgweb

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/org"
	"shangliang/internal/web"
)

// whoActs is who acts with a session or a token, and as what.
type whoActs struct {
	Tenant      string   `json:"tenant" doc:"Id of the tenant acted in"`
	TenantName  string   `json:"tenant_name"`
	Account     string   `json:"account"`
	Person      string   `json:"person,omitempty"`
	Name        string   `json:"name"`
	Role        string   `json:"role" example:"clerk"`
	Body        string   `json:"body,omitempty" doc:"Id of the body acted for"`
	Permissions []string `json:"permissions"`
}

// rosterPerson is a person of the roster as REST gives and takes it.
type rosterPerson struct {
	ID        string `json:"id,omitempty" readOnly:"true"`
	Name      string `json:"name" minLength:"1" maxLength:"40"`
	Sex       string `json:"sex,omitempty" enum:"f,m"`
	BirthYear int    `json:"birth_year,omitempty"`
	Post      string `json:"post,omitempty" doc:"Employer and post"`
	Phone     string `json:"phone,omitempty"`
	Email     string `json:"email,omitempty"`
	Address   string `json:"address,omitempty"`
	Postcode  string `json:"postcode,omitempty"`
	MemberNo  string `json:"member_no,omitempty"`
	Active    bool   `json:"active,omitempty" readOnly:"true"`
	Version   int    `json:"version,omitempty" doc:"To be sent with a change: the version that was read"`

	Seat      string   `json:"seat,omitempty" enum:"member,standing_member" readOnly:"true" doc:"Held today"`
	Party     string   `json:"party,omitempty" readOnly:"true" doc:"Id of a body, today"`
	Sector    string   `json:"sector,omitempty" readOnly:"true"`
	Committee string   `json:"committee,omitempty" readOnly:"true"`
	Groups    []string `json:"groups,omitempty" readOnly:"true"`
}

// rosterBody is a body as REST gives and takes it.
type rosterBody struct {
	ID        string `json:"id,omitempty" readOnly:"true"`
	Kind      string `json:"kind" enum:"party,sector,committee,group,department,dispatch_office,leadership,office"`
	Name      string `json:"name" minLength:"1" maxLength:"60"`
	ShortName string `json:"short_name,omitempty"`
	Parent    string `json:"parent,omitempty"`
	System    string `json:"system,omitempty" enum:"party,government,congress,conference,court,procuratorate,other" doc:"Of departments"`
	Phone     string `json:"phone,omitempty"`
	Contact   string `json:"contact,omitempty"`
	Position  int    `json:"position,omitempty"`
	Active    bool   `json:"active,omitempty"`
	Version   int    `json:"version,omitempty"`
}

// plenarySession is a session of a term as REST gives it.
type plenarySession struct {
	ID         string        `json:"id"`
	Term       string        `json:"term"`
	TermNo     int           `json:"term_no"`
	No         int           `json:"no"`
	Title      string        `json:"title"`
	Year       int           `json:"year"`
	OpensOn    calendar.Date `json:"opens_on" format:"date"`
	ClosesOn   calendar.Date `json:"closes_on" format:"date"`
	CutoffAt   *time.Time    `json:"cutoff_at,omitempty"`
	CountsFrom calendar.Date `json:"counts_from" format:"date"`
	Current    bool          `json:"current" doc:"Papers received today count for it"`
}

// ownToken is a token without its text.
type ownToken struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

type none struct{}

type byID struct {
	ID string `path:"id"`
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"people and bodies"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusCreated
	}
	return op
}

func restPerson(x *org.Person, d org.Dims) rosterPerson {
	return rosterPerson{ID: x.ID, Name: x.Name, Sex: x.Sex, BirthYear: x.BirthYear, Post: x.Post, Phone: x.Phone, Email: x.Email, Address: x.Address,
		Postcode: x.Postcode, MemberNo: x.MemberNo, Active: x.Active, Version: x.Version,
		Seat: d.Seat, Party: d.Party, Sector: d.Sector, Committee: d.Committee, Groups: d.Groups}
}

func (x rosterPerson) person(id string) org.Person {
	return org.Person{ID: id, Version: x.Version, Name: x.Name, Sex: x.Sex, BirthYear: x.BirthYear, Post: x.Post, Phone: x.Phone,
		Email: x.Email, Address: x.Address, Postcode: x.Postcode, MemberNo: x.MemberNo}
}

func restBody(b *org.Body) rosterBody {
	return rosterBody{b.ID, b.Kind, b.Name, b.ShortName, b.Parent, b.System, b.Phone, b.Contact, b.Position, b.Active, b.Version}
}

func (b rosterBody) body(id string) org.Body {
	return org.Body{ID: id, Kind: b.Kind, Name: b.Name, ShortName: b.ShortName, Parent: b.Parent, System: b.System, Phone: b.Phone,
		Contact: b.Contact, Position: b.Position, Active: b.Active, Version: b.Version}
}

// slice gives a page of a list that is held in memory, after the key of the
// cursor.
func slice[T any](all []T, q web.PageQuery, key func(T) string) (*web.Answer[web.Page[T]], error) {
	keys, err := web.ReadCursor(q.Cursor, 1)
	if err != nil {
		return nil, err
	}
	if keys != nil {
		for i, x := range all {
			if key(x) == keys[0] {
				all = all[i+1:]
				break
			}
		}
	}
	return &web.Answer[web.Page[T]]{Body: web.MakePage(all, q.Limit, func(x T) []string { return []string{key(x)} })}, nil
}

func (p *pages) api(api huma.API) {
	huma.Register(api, operation("me", "GET", "/me", "Who acts, and what they may do"), p.restMe)
	huma.Register(api, operation("list-people", "GET", "/people", "The roster, in the order of entry"), p.restPeople)
	huma.Register(api, operation("get-person", "GET", "/people/{id}", "A person of the roster"),
		func(ctx context.Context, in *byID) (*web.Answer[rosterPerson], error) {
			x, err := p.Org.Person(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return &web.Answer[rosterPerson]{Body: restPerson(x.Person, org.Dims{})}, nil
		})
	huma.Register(api, operation("add-person", "POST", "/people", "Put a person into the roster"),
		func(ctx context.Context, in *web.Answer[rosterPerson]) (*web.Answer[byKey], error) {
			id, err := p.Org.SavePerson(ctx, in.Body.person(""))
			return &web.Answer[byKey]{Body: byKey{id}}, err
		})
	huma.Register(api, operation("change-person", "PUT", "/people/{id}", "Change a person; what was there before stays in the history"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body rosterPerson
		}) (*none, error) {
			_, err := p.Org.SavePerson(ctx, in.Body.person(in.ID))
			return nil, err
		})
	p.apiBodies(api)
	p.apiTokens(api)
}

// byKey is the id of what was made.
type byKey struct {
	ID string `json:"id"`
}

func (p *pages) restMe(ctx context.Context, _ *none) (*web.Answer[whoActs], error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	t, err := p.Org.OwnTenant(ctx)
	if err != nil {
		return nil, err
	}
	me := whoActs{a.Tenant, t.Name, a.Account, a.Person, a.Name, a.Role, a.Body, []string{}}
	for _, x := range p.Org.Roles().All() {
		if a.Can(x.ID) {
			me.Permissions = append(me.Permissions, x.ID)
		}
	}
	return &web.Answer[whoActs]{Body: me}, nil
}

func (p *pages) restPeople(ctx context.Context, in *struct {
	web.PageQuery
	Text string `query:"q" doc:"Part of the name or the post, or the whole member number or phone"`
	Seat string `query:"seat" enum:"member,standing_member"`
	In   string `query:"body" doc:"Id of a body that they belong to today"`
	Gone bool   `query:"gone" doc:"Those who left instead"`
}) (*web.Answer[web.Page[rosterPerson]], error) {
	keys, err := web.ReadCursor(in.Cursor, 1)
	if err != nil {
		return nil, err
	}
	f := org.PeopleFilter{Text: in.Text, Seat: in.Seat, Body: in.In, Gone: in.Gone, Number: in.Limit}
	if keys != nil {
		f.After = keys[0]
	}
	list, more, err := p.Org.People(ctx, f)
	if err != nil {
		return nil, err
	}
	page := web.Page[rosterPerson]{Items: make([]rosterPerson, len(list))}
	for i := range list {
		page.Items[i] = restPerson(&list[i].Person, list[i].Dims)
	}
	if more {
		page.Next = web.Cursor(list[len(list)-1].ID)
	}
	return &web.Answer[web.Page[rosterPerson]]{Body: page}, nil
}

func (p *pages) apiBodies(api huma.API) {
	huma.Register(api, operation("list-bodies", "GET", "/bodies", "Parties, sectors, committees, departments"),
		func(ctx context.Context, in *struct {
			web.PageQuery
			Kind string `query:"kind" enum:"party,sector,committee,group,department,dispatch_office,leadership,office"`
		}) (*web.Answer[web.Page[rosterBody]], error) {
			all, err := p.Org.Bodies(ctx, in.Kind)
			if err != nil {
				return nil, err
			}
			items := make([]rosterBody, len(all))
			for i, b := range all {
				items[i] = restBody(b)
			}
			return slice(items, in.PageQuery, func(b rosterBody) string { return b.ID })
		})
	huma.Register(api, operation("add-body", "POST", "/bodies", "Add a body"),
		func(ctx context.Context, in *web.Answer[rosterBody]) (*web.Answer[byKey], error) {
			id, err := p.Org.SaveBody(ctx, in.Body.body(""))
			return &web.Answer[byKey]{Body: byKey{id}}, err
		})
	huma.Register(api, operation("change-body", "PUT", "/bodies/{id}", "Change a body; its kind stays"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body rosterBody
		}) (*none, error) {
			_, err := p.Org.SaveBody(ctx, in.Body.body(in.ID))
			return nil, err
		})
	huma.Register(api, operation("list-sessions", "GET", "/sessions", "Sessions, newest first"), p.restSessions)
}

func (p *pages) restSessions(ctx context.Context, in *struct{ web.PageQuery }) (*web.Answer[web.Page[plenarySession]], error) {
	all, err := p.Org.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	terms, err := p.Org.Terms(ctx)
	if err != nil {
		return nil, err
	}
	no := map[string]int{}
	for _, t := range terms {
		no[t.ID] = t.No
	}
	items := make([]plenarySession, len(all))
	for i, s := range all {
		items[i] = plenarySession{s.ID, s.Term, no[s.Term], s.No, s.Title, s.Year, s.OpensOn, s.ClosesOn, instant(s.Cutoff.Time), s.CountsFrom, false}
	}
	if len(all) > 0 {
		current, err := p.Org.CurrentSession(ctx)
		if err != nil {
			return nil, err
		}
		for i := range items {
			items[i].Current = items[i].ID == current.ID
		}
	}
	return slice(items, in.PageQuery, func(s plenarySession) string { return s.ID })
}

// newTokenBody says what token is wanted.
type newTokenBody struct {
	Name   string        `json:"name" minLength:"1" maxLength:"60"`
	Scopes []string      `json:"scopes" minItems:"1" doc:"Permissions, or the names of packages: proposal"`
	Until  calendar.Date `json:"until" format:"date" doc:"The last day, at most a year ahead"`
}

// madeToken is a token with its text, which is shown this once.
type madeToken struct {
	ID    string `json:"id"`
	Token string `json:"token"`
}

func (p *pages) apiTokens(api huma.API) {
	huma.Register(api, operation("list-tokens", "GET", "/tokens", "One's own API tokens, newest first"),
		func(ctx context.Context, in *struct{ web.PageQuery }) (*web.Answer[web.Page[ownToken]], error) {
			all, err := p.Org.Tokens(ctx)
			if err != nil {
				return nil, err
			}
			items := make([]ownToken, len(all))
			for i, t := range all {
				items[i] = ownToken{t.ID, t.Name, t.Scopes, t.CreatedAt.Time, t.ExpiresAt.Time, instant(t.LastUsedAt.Time)}
			}
			return slice(items, in.PageQuery, func(t ownToken) string { return t.ID })
		})
	huma.Register(api, operation("create-token", "POST", "/tokens", "Make an API token; by session only, shortly after entering the password"),
		func(ctx context.Context, in *web.Answer[newTokenBody]) (*web.Answer[madeToken], error) {
			text, id, err := p.Org.CreateToken(ctx, org.NewToken{Name: in.Body.Name, Scopes: in.Body.Scopes, Until: in.Body.Until})
			return &web.Answer[madeToken]{Body: madeToken{id, text}}, err
		})
	huma.Register(api, operation("revoke-token", "DELETE", "/tokens/{id}", "End a token at once"),
		func(ctx context.Context, in *byID) (*none, error) { return nil, p.Org.RevokeToken(ctx, in.ID) })
}
