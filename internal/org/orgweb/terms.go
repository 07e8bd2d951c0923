package orgweb

import (
	"cmp"
	"net/http"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/web"
)

// termsPage lists the terms with their sessions.
type termsPage struct {
	Terms    []*org.Term
	Sessions []*org.Session
	Current  *org.Session // nil without one
	Tenant   *org.Tenant
	Edits    bool
	Err      error
}

func (p *pages) termsPage(r *http.Request) (*termsPage, error) {
	ctx := r.Context()
	v := &termsPage{Edits: can(ctx, "org.manage")}
	var err error
	if v.Terms, err = p.Org.Terms(ctx); err != nil {
		return nil, err
	}
	if v.Sessions, err = p.Org.Sessions(ctx); err != nil {
		return nil, err
	}
	if v.Tenant, err = p.Org.OwnTenant(ctx); err != nil {
		return nil, err
	}
	v.Current, err = p.Org.CurrentSession(ctx)
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return v, err
}

func (p *pages) showTerms(w http.ResponseWriter, r *http.Request) error {
	v, err := p.termsPage(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, termsView(v))
}

// chooseSession sets the session for which papers count, or leaves it to the
// date.
func (p *pages) chooseSession(w http.ResponseWriter, r *http.Request) error {
	v, err := p.termsPage(r)
	if err != nil {
		return err
	}
	t := *v.Tenant
	t.ChosenSession = r.PostFormValue("session")
	if t.Version, err = version(r); err == nil {
		err = p.Org.SaveTenant(r.Context(), t)
	}
	if err != nil {
		v.Err = err
		return again(w, r, err, termsView(v))
	}
	return done(w, r, lang.T(r.Context(), "当前会议已设置"), "/terms")
}

// termForm is a term as typed.
type termForm struct {
	No   int           `form:"no"`
	Name string        `form:"name"`
	From calendar.Date `form:"from"`
	To   calendar.Date `form:"to"`
}

func (p *pages) editTerm(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "org.manage"); err != nil {
		return err
	}
	all, err := p.Org.Terms(r.Context())
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if id == "new" {
		f := termForm{No: 1}
		if len(all) > 0 {
			f.No = all[0].No + 1
			if all[0].To != "" {
				f.From = all[0].To.AddDays(1)
			}
		}
		return web.Render(w, r, http.StatusOK, termView(id, 0, f, nil))
	}
	for _, t := range all {
		if t.ID == id {
			return web.Render(w, r, http.StatusOK, termView(id, t.Version, termForm{t.No, t.Name, t.From, t.To}, nil))
		}
	}
	return errs.Missing()
}

func (p *pages) saveTerm(w http.ResponseWriter, r *http.Request) error {
	in, err := web.Decode[termForm](r)
	t := org.Term{ID: r.PathValue("id"), No: in.No, Name: in.Name, From: in.From, To: in.To}
	if t.ID == "new" {
		t.ID = ""
	} else if err == nil {
		t.Version, err = version(r)
	}
	if err == nil {
		_, err = p.Org.SaveTerm(r.Context(), t)
	}
	if err != nil {
		return again(w, r, err, termView(cmp.Or(t.ID, "new"), t.Version, in, err))
	}
	return done(w, r, lang.T(r.Context(), "届次已保存"), "/terms")
}

// sessionForm is a session as typed.
type sessionForm struct {
	Term       string        `form:"term"`
	No         int           `form:"no"`
	Title      string        `form:"title"`
	Year       int           `form:"year"`
	OpensOn    calendar.Date `form:"opens_on"`
	ClosesOn   calendar.Date `form:"closes_on"`
	Cutoff     string        `form:"cutoff_at"`
	CountsFrom calendar.Date `form:"counts_from"`
}

// cutoffLayout is how browsers write a day with a time of day.
const cutoffLayout = "2006-01-02T15:04"

// china is the one time zone of the whole country.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func (p *pages) editSession(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "org.manage"); err != nil {
		return err
	}
	terms, err := p.Org.Terms(ctx)
	if err != nil {
		return err
	}
	all, err := p.Org.Sessions(ctx)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if id == "new" {
		f := sessionForm{Term: firstOf(r.URL.Query().Get("term"), terms), No: 1}
		for _, s := range all {
			if s.Term == f.Term && s.No >= f.No {
				f.No = s.No + 1
			}
		}
		return web.Render(w, r, http.StatusOK, sessionView(id, 0, f, terms, nil))
	}
	for _, s := range all {
		if s.ID == id {
			f := sessionForm{s.Term, s.No, s.Title, s.Year, s.OpensOn, s.ClosesOn, "", s.CountsFrom}
			if !s.Cutoff.IsZero() {
				f.Cutoff = s.Cutoff.In(china).Format(cutoffLayout)
			}
			return web.Render(w, r, http.StatusOK, sessionView(id, s.Version, f, terms, nil))
		}
	}
	return errs.Missing()
}

func (p *pages) saveSession(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[sessionForm](r)
	s := org.Session{ID: r.PathValue("id"), Term: in.Term, No: in.No, Title: in.Title, Year: in.Year, OpensOn: in.OpensOn, ClosesOn: in.ClosesOn, CountsFrom: in.CountsFrom}
	if s.ID == "new" {
		s.ID = ""
	} else if err == nil {
		s.Version, err = version(r)
	}
	if err == nil && in.Cutoff != "" {
		at, e := time.ParseInLocation(cutoffLayout, in.Cutoff, china)
		if s.Cutoff.Time = at.UTC(); e != nil {
			var f errs.Fields
			f.Add("cutoff_at", "请填写日期和时间，例如 2026-02-26T17:30")
			err = f.Err()
		}
	}
	if err == nil {
		_, err = p.Org.SaveSession(ctx, s)
	}
	if err != nil {
		terms, e := p.Org.Terms(ctx)
		if e != nil {
			return e
		}
		return again(w, r, err, sessionView(cmp.Or(s.ID, "new"), s.Version, in, terms, err))
	}
	return done(w, r, lang.T(ctx, "会议已保存"), "/terms")
}
