package assessmentweb

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"shangliang/internal/assessment"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// ballotView is the form of who rates departments, or of a department that rates
// proposals.
type ballotView struct {
	*assessment.Assessment
	open   bool
	lead   string
	lines  []ballotLine
	action string
	err    error
}

type ballotLine struct{ id, label, href, value string }

func (p *pages) ballot(w http.ResponseWriter, r *http.Request) error {
	return p.showBallot(w, r, http.StatusOK, nil, nil)
}

func (p *pages) showBallot(w http.ResponseWriter, r *http.Request, status int, form url.Values, wrong error) error {
	ctx := r.Context()
	b, err := p.Assessments.Ballot(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &ballotView{Assessment: b.Assessment, open: b.Open, err: wrong, action: "/assessments/" + b.ID + "/rate",
		lead: lang.T(ctx, "每个单位0—100分，不了解的可以不评。承办单位和其他人看不到是谁评的。")}
	for _, u := range b.Units {
		line := ballotLine{id: u.Unit, label: u.Name}
		if n, ok := b.Given[u.Unit]; ok {
			line.value = itoa(n)
		}
		if form != nil {
			line.value = form.Get("v-" + u.Unit)
		}
		v.lines = append(v.lines, line)
	}
	return web.Render(w, r, status, ballotPage(v))
}

// marks reads the numbers of a form; what is left empty is not rated.
func marks(r *http.Request) (all []assessment.Mark, err error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	var f errs.Fields
	for name, values := range r.PostForm {
		id, ok := strings.CutPrefix(name, "v-")
		text := strings.TrimSpace(values[0])
		if !ok || text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		f.Check(err == nil && n >= 0 && n <= 100, name, "应在 %d 到 %d 之间", 0, 100)
		all = append(all, assessment.Mark{Of: id, Value: n})
	}
	return all, f.Err()
}

func (p *pages) rate(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	all, err := marks(r)
	if err == nil {
		err = p.Assessments.Rate(ctx, id, all)
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		return p.showBallot(w, r, web.Status(errs.KindOf(err)), r.PostForm, err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已记下评分，谢谢；截止前可以修改"), "")
	return web.Redirect(w, r, "/assessments/"+id+"/rate")
}

func (p *pages) paper(w http.ResponseWriter, r *http.Request) error {
	return p.showPaper(w, r, http.StatusOK, nil, nil)
}

func (p *pages) showPaper(w http.ResponseWriter, r *http.Request, status int, form url.Values, wrong error) error {
	ctx := r.Context()
	b, err := p.Assessments.Paper(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &ballotView{Assessment: b.Assessment, open: b.Open, err: wrong, action: "/assessments/" + b.ID + "/quality",
		lead: lang.T(ctx, "请评价本单位办理的提案的质量：情况准不准、分析深不深、建议实不实，每件0—100分，可以不评。政协只看汇总。")}
	for _, x := range b.Proposals {
		line := ballotLine{id: x.Proposal, label: lang.T(ctx, "第%d号 %s", x.CaseNo, x.Title), href: "/proposals/" + x.Proposal}
		if x.Rated {
			line.value = itoa(x.Value)
		}
		if form != nil {
			line.value = form.Get("v-" + x.Proposal)
		}
		v.lines = append(v.lines, line)
	}
	return web.Render(w, r, status, ballotPage(v))
}

func (p *pages) rateQuality(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	all, err := marks(r)
	if err == nil {
		err = p.Assessments.RateQuality(ctx, id, all)
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		return p.showPaper(w, r, web.Status(errs.KindOf(err)), r.PostForm, err)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已记下评分，谢谢；截止前可以修改"), "")
	return web.Redirect(w, r, "/assessments/"+id+"/quality")
}
