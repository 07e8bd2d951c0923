package proposalweb

import (
	"context"
	"net/http"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// callPages show the calls for proposals: to everybody what is hoped for and
// until when, to the office the form behind it.
type callPages struct {
	proposals *proposal.Service
}

// addRounds adds the pages of calls for proposals.
func addRounds(rt *web.Router, d Deps) {
	p := &callPages{d.Proposals}
	rt.Get("/rounds", p.list)
	rt.Get("/rounds/new", p.form)
	rt.Post("/rounds/new", p.save)
	rt.Get("/rounds/{id}/edit", p.form)
	rt.Post("/rounds/{id}/edit", p.save)
}

// callList is the list of calls.
type callList struct {
	all    []*proposal.Round
	today  calendar.Date
	clerk  bool // may open and change calls
	writer bool // may write a proposal
}

func (p *callPages) list(w http.ResponseWriter, r *http.Request) error {
	a, _ := actor.From(r.Context())
	v := callList{clerk: a.Can("proposal.round"), writer: a.Can("proposal.rate")}
	var err error
	if v.all, v.today, err = p.proposals.Rounds(r.Context()); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, callsPage(v))
}

// callForm is the form of one call; Err is why it was not kept.
type callForm struct {
	ID       string
	Title    string        `form:"title"`
	OpensOn  calendar.Date `form:"opens_on"`
	ClosesOn calendar.Date `form:"closes_on"`
	Topics   string        `form:"topics"`
	Version  int64
	Err      error
	Theirs   *proposal.Round // what somebody else saved meanwhile
}

func (f callForm) action() string {
	if f.ID == "" {
		return "/rounds/new"
	}
	return "/rounds/" + f.ID + "/edit"
}

func (p *callPages) form(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "proposal.round"); err != nil {
		return err
	}
	f := callForm{ID: r.PathValue("id")}
	if f.ID != "" {
		found, err := p.find(ctx, f.ID)
		if err != nil {
			return err
		}
		f.Title, f.OpensOn, f.ClosesOn, f.Topics, f.Version = found.Title, found.OpensOn, found.ClosesOn, found.Topics, int64(found.Version)
	}
	return web.Render(w, r, http.StatusOK, callFormPage(f))
}

func (p *callPages) find(ctx context.Context, id string) (*proposal.Round, error) {
	all, _, err := p.proposals.Rounds(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(x *proposal.Round) bool { return x.ID == id })
	if i < 0 {
		return nil, errs.Missing()
	}
	return all[i], nil
}

func (p *callPages) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[callForm](r)
	f.ID = r.PathValue("id")
	if err == nil && f.ID != "" {
		f.Version, err = web.Version(r)
	}
	if err == nil {
		_, err = p.proposals.SaveRound(ctx, proposal.Round{ID: f.ID, Version: int(f.Version), Title: f.Title, OpensOn: f.OpensOn, ClosesOn: f.ClosesOn, Topics: f.Topics})
	}
	switch kind := errs.KindOf(err); {
	case err == nil:
		web.Flash(w, r, ui.Good, lang.T(ctx, "征集已保存"), "")
		return web.Redirect(w, r, "/rounds")
	case kind == errs.Invalid || kind == errs.Conflict:
		// What was typed stays on the page; after a conflict what somebody
		// else saved stands above it, and saving again replaces that.
		f.Err = err
		if kind == errs.Conflict && f.ID != "" {
			if f.Theirs, err = p.find(ctx, f.ID); err != nil {
				return err
			}
			f.Version = int64(f.Theirs.Version)
		}
		return web.Render(w, r, web.Status(kind), callFormPage(f))
	}
	return err
}

// badge says how a call stands today.
func (v callList) badge(ctx context.Context, r *proposal.Round) badge {
	switch left := r.ClosesOn.Sub(v.today); {
	case r.OpensOn > v.today:
		return badge{lang.T(ctx, "尚未开始"), ui.Neutral}
	case left < 0:
		return badge{lang.T(ctx, "已结束"), ui.Neutral}
	case left == 0:
		return badge{lang.T(ctx, "今天截止"), ui.Warn}
	case left <= 7:
		return badge{lang.T(ctx, "还有%d天", left), ui.Warn}
	default:
		return badge{lang.T(ctx, "还有%d天", left), ui.Good}
	}
}
