package proposalweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// pickLead answers the type-ahead of the case that one is merged into.
func (p *pages) pickLead(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	found, err := p.proposals.Leads(ctx, r.PathValue("id"), web.Clean(r.FormValue("q")))
	if err != nil {
		return err
	}
	type lead struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Note  string `json:"note"`
	}
	all := []lead{}
	for _, m := range found {
		all = append(all, lead{m.ID, m.Title, mergeNote(ctx, m)})
	}
	return writeJSON(w, http.StatusOK, all)
}

// mergeNote says which case it is and where it stands.
func mergeNote(ctx context.Context, m *proposal.MergeCase) string {
	return number(ctx, m.CaseNo, m.SerialNo) + " · " + m.Lead + " · " + lang.Say(ctx, proposal.CaseFlow.State(m.State).Title)
}

// mergeView is the page on which the chair says which of several cases leads.
type mergeView struct {
	cases  []*proposal.MergeCase
	into   string
	reason string
	err    error
}

// groups suggests what could be merged.
func (p *pages) groups(w http.ResponseWriter, r *http.Request) error {
	all, err := p.proposals.MergeGroups(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, groupsPage(all))
}

// mergeForm asks which of the cases chosen in a list leads the others.
func (p *pages) mergeForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.chosen(r.Context(), r.URL.Query()["id"])
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, mergePage(v))
}

// chosen reads the cases that a list or a suggestion named.
func (p *pages) chosen(ctx context.Context, ids []string) (*mergeView, error) {
	if _, err := actor.Require(ctx, "proposal.merge"); err != nil {
		return nil, err
	}
	if len(ids) > mostRows {
		return nil, errs.New(errs.Invalid, "一次最多办理%d件", mostRows)
	}
	v := &mergeView{}
	for _, id := range ids {
		if s, err := parseSelected(id); err == nil {
			id = s.id
		}
		c, err := p.proposals.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		m := &proposal.MergeCase{ID: c.ID, SerialNo: c.SerialNo, CaseNo: c.CaseNo, Title: c.Title, State: c.State, Version: c.Version, Lead: c.Names[c.Lead]}
		if c.Body != "" {
			m.Lead = c.Names[c.Body]
		}
		v.cases = append(v.cases, m)
	}
	// What has come furthest leads, unless something else is chosen.
	for _, m := range v.cases {
		if v.into == "" || !m.Merges() {
			v.into = m.ID
		}
	}
	return v, nil
}

// merge merges the cases chosen into the one named; without one it asks which.
func (p *pages) merge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return err
	}
	ids, into := r.PostForm["id"], r.PostFormValue("into")
	if into == "" {
		if len(ids) < 2 {
			return errs.New(errs.Invalid, "请选中两件以上要并案的提案")
		}
		return web.Redirect(w, r, "/proposals/merge?"+url.Values{"id": ids}.Encode())
	}
	var all []proposal.Chosen
	for _, text := range ids {
		s, err := parseSelected(text)
		if err != nil {
			return err
		}
		all = append(all, proposal.Chosen{ID: s.id, Version: s.version})
	}
	reason := web.Clean(r.PostFormValue("reason"))
	if err := p.proposals.Merge(ctx, into, all, reason); err != nil {
		kind := errs.KindOf(err)
		if kind != errs.Invalid && kind != errs.Conflict {
			return err
		}
		v, gone := p.chosen(ctx, ids)
		if gone != nil {
			return err
		}
		v.into, v.reason, v.err = into, reason, err
		return web.Render(w, r, web.Status(kind), mergePage(v))
	}
	p.forget(ctx)
	web.Flash(w, r, ui.Good, lang.T(ctx, "已并案。每件的提案人都会收到通知"), "")
	return web.Redirect(w, r, "/proposals/"+into)
}

func (v *mergeView) options(ctx context.Context) []ui.Option {
	all := make([]ui.Option, len(v.cases))
	for i, m := range v.cases {
		all[i] = ui.Option{Value: m.ID, Label: titleOf(ctx, m.Title), Help: mergeNote(ctx, m)}
	}
	return all
}

// selectedOf is how forms name a case with the version seen.
func selectedOf(m *proposal.MergeCase) string { return selected{id: m.ID, version: m.Version}.String() }

func groupURL(g *proposal.MergeGroup) string {
	q := url.Values{}
	for _, m := range g.Cases {
		q.Add("id", m.ID)
	}
	return "/proposals/merge?" + q.Encode()
}

// mayOpen reports whether the actor may open the cases that were merged into
// this one: the office and the departments that handle it, and who stands behind
// them.
func (v *caseView) mayOpen(m *proposal.Member) bool {
	return v.who.Can("proposal.read_all") || v.unit() || slices.Contains(m.Proposers(), v.who.Person) || m.CaseNo > 0 && v.who.Can("proposal.read_filed")
}

// behind names who a merged case is by.
func (v *caseView) behind(ctx context.Context, m *proposal.Member) string {
	if m.Body != "" {
		return v.name(m.Body)
	}
	if n := len(m.Proposers()); n > 1 {
		return lang.T(ctx, "%s等%d人", v.name(m.Lead), n)
	}
	return v.name(m.Lead)
}
