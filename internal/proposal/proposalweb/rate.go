package proposalweb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// rateView is the page on which a proposer rates, or the office enters a paper.
type rateView struct {
	*caseView
	proposal.Rating
	paper bool
	prove bool // the person must give their password first
	err   error
}

func (p *pages) rateForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.rating(r)
	if err != nil {
		return err
	}
	if v.State != proposal.FeedbackOpen || !v.may() {
		return web.Redirect(w, r, v.url(""))
	}
	if old := v.caseView.Rating(v.who.Person); old != nil && !v.paper {
		v.Rating = proposal.Rating{Overall: old.Overall, Scores: old.Scores, Comment: old.Comment, Contacted: old.Contacted}
	}
	return web.Render(w, r, http.StatusOK, ratePage(v))
}

// rating reads the case that is to be rated.
func (p *pages) rating(r *http.Request) (*rateView, error) {
	cv, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v := &rateView{caseView: cv}
	v.paper = r.FormValue("paper") != "" && cv.who.Can("proposal.paper")
	return v, nil
}

// may reports whether there is somebody's rating for the actor to give.
func (v *rateView) may() bool {
	if v.paper {
		return len(v.Unrated()) > 0
	}
	return v.who.Can("proposal.rate") && !v.unit() && v.Rates(v.who.Person)
}

// rate takes a rating. Who has not proved lately that it is them is asked for
// their password on the same page, so that nothing they said is lost.
func (p *pages) rate(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	v, err := p.rating(r)
	if err != nil {
		return err
	}
	if v.Rating, err = web.Decode[proposal.Rating](r); err != nil {
		return err
	}
	if !v.paper {
		v.Person = ""
	}
	v.Scores = map[string]string{}
	for _, d := range v.Rules.Codes("feedback.dimensions").Active() {
		if level := r.PostFormValue(d.Key); level != "" {
			v.Scores[d.Key] = level
		}
	}
	refuse := func(err error) error {
		kind := errs.KindOf(err)
		if kind != errs.Invalid && kind != errs.Conflict && kind != errs.TooLarge && !v.prove {
			return err
		}
		v.err = err
		return web.Render(w, r, web.Status(kind), ratePage(v))
	}
	if password := r.PostFormValue("password"); password != "" {
		// The proof is no part of the act: its key would keep a hash of the password.
		if err := p.org.Reauthenticate(actor.WithRequest(ctx, actor.Request{}), password, r.PostFormValue("totp")); err != nil {
			v.prove = true
			return refuse(err)
		}
	}
	if v.paper {
		if _, err := p.attachAll(r, id, "scan", ""); err != nil {
			return refuse(err)
		}
	}
	err = p.proposals.Rate(without(ctx, r.PostForm, "password", "totp"), id, v.Rating)
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Msg == org.NotFresh {
		v.prove = true
		return refuse(err)
	}
	if err != nil {
		return refuse(err)
	}
	p.forget(ctx)
	web.Flash(w, r, ui.Good, lang.T(ctx, "已记下评价，谢谢"), "")
	return web.Redirect(w, r, "/proposals/"+id)
}

// without is a context whose request is told from others by its fields but
// those named, which must not be kept in any form.
func without(ctx context.Context, form url.Values, names ...string) context.Context {
	r := actor.RequestFrom(ctx)
	rest := url.Values{}
	for name, values := range form {
		if !slices.Contains(names, name) {
			rest[name] = values
		}
	}
	sum := sha256.Sum256([]byte(rest.Encode()))
	r.Hash = hex.EncodeToString(sum[:])
	return actor.WithRequest(ctx, r)
}

func (v *rateView) unratedOptions() []ui.Option {
	var all []ui.Option
	for _, id := range v.Unrated() {
		all = append(all, ui.Option{Value: id, Label: v.name(id)})
	}
	return all
}

func rateTitle(ctx context.Context, v *rateView) string {
	if v.paper {
		return lang.T(ctx, "代录纸质评价")
	}
	return lang.T(ctx, "评价办理结果")
}

func contactedLabel(ctx context.Context, v *rateView) string {
	if v.paper {
		return lang.T(ctx, "承办单位与提案人沟通过")
	}
	return lang.T(ctx, "承办单位与我沟通过")
}

// unitOf is the department of an assignment.
func (v *caseView) unitOf(assignment string) string {
	as, err := v.Assignment(assignment)
	if err != nil {
		return ""
	}
	return as.Unit
}
