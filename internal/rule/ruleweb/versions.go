package ruleweb

import (
	"fmt"
	"net/http"
	"strconv"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/rule"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

func compareURL(a, b int) string { return fmt.Sprintf("/rules/compare?a=%d&b=%d", a, b) }

func versionURL(n int) string { return "/rules/versions/" + strconv.Itoa(n) }

// number reads the number of a version; NotFound if it is none.
func number(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, errs.Missing()
	}
	return n, nil
}

// versionLine is a version in the list of all.
type versionLine struct {
	*rule.Version
	Changes int  // settings that it changed
	Current bool // in force today
	Future  bool // not yet in force
}

// lines tells of each version where it stands; all are newest first.
func (p *pages) lines(all []*rule.Version) []versionLine {
	byN := map[int]*rule.Version{}
	for _, v := range all {
		byN[v.N] = v
	}
	today, found := p.today(), false
	lines := make([]versionLine, len(all))
	for i, v := range all {
		lines[i] = versionLine{Version: v, Future: v.ValidFrom > today}
		if base := byN[v.Base]; base != nil {
			lines[i].Changes = len(p.Rules.Compare(base, v))
		}
		if !found && !v.Withdrawn && !lines[i].Future {
			lines[i].Current, found = true, true
		}
	}
	return lines
}

func (p *pages) versions(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Rules.List(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, versionsView(p.lines(all), manages(r.Context())))
}

func (p *pages) version(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r.PathValue("n"))
	if err != nil {
		return err
	}
	v, err := p.Rules.Get(r.Context(), n)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, settingsView(settingsPage{Version: v, Defaults: p.Rules.Defaults(v.Tenant), Sections: p.sections()}))
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	n, err := number(r.PathValue("n"))
	if err != nil {
		return err
	}
	switch err := p.Rules.Withdraw(ctx, n); {
	case errs.Is(err, errs.Conflict):
		e := err.(*errs.Error)
		web.Flash(w, r, ui.Bad, lang.T(ctx, e.Msg, e.Args...), "")
		return web.Redirect(w, r, "/rules/versions")
	case err != nil:
		return err
	}
	return done(w, r, lang.T(ctx, "第 %d 版规则已撤回，不会执行", n), "/rules/versions")
}

// comparison is what two versions have differently.
type comparison struct {
	A, B        *rule.Version
	Differences []rule.Difference
}

func (p *pages) comparison(a, b *rule.Version) *comparison {
	return &comparison{a, b, p.Rules.Compare(a, b)}
}

func (p *pages) compare(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Rules.List(ctx)
	if err != nil {
		return err
	}
	find := func(name string, otherwise *rule.Version) (*rule.Version, error) {
		if r.FormValue(name) == "" {
			return otherwise, nil
		}
		n, err := number(r.FormValue(name))
		if err != nil {
			return nil, err
		}
		for _, v := range all {
			if v.N == n {
				return v, nil
			}
		}
		return nil, errs.Missing()
	}
	b, err := find("b", all[0])
	if err != nil {
		return err
	}
	a, err := find("a", all[len(all)-1])
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, compareView(all, p.comparison(a, b)))
}
