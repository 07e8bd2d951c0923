package publishweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/ui"
	"shangliang/internal/web"

	"github.com/a-h/templ"
)

// commentsView is the queue of comments.
type commentsView struct {
	state    string
	comments []*publish.Comment
	more     bool
	waiting  int
}

func (p *pages) comments(w http.ResponseWriter, r *http.Request) error {
	v := &commentsView{state: r.URL.Query().Get("state")}
	if !slices.Contains([]string{publish.Approved, publish.Declined}, v.state) {
		v.state = publish.Waiting
	}
	var err error
	if v.comments, v.more, err = p.publish.Comments(r.Context(), v.state, r.URL.Query().Get("after")); err != nil {
		return err
	}
	if v.waiting, err = p.publish.WaitingComments(r.Context()); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, commentsPage(v))
}

func (v *commentsView) tabs(ctx context.Context) []ui.Tab {
	tab := func(state, title string, count int) ui.Tab {
		return ui.Tab{Title: title, URL: ui.With("/publish/comments", "state", state), Count: count, Current: v.state == state}
	}
	return []ui.Tab{tab(publish.Waiting, lang.T(ctx, "待审核"), v.waiting), tab(publish.Approved, lang.T(ctx, "已公开"), -1), tab(publish.Declined, lang.T(ctx, "未通过"), -1)}
}

func (v *commentsView) rows(ctx context.Context) []ui.Row {
	var rows []ui.Row
	for _, c := range v.comments {
		rows = append(rows, ui.Row{ID: c.ID + " " + strconv.Itoa(c.Version), Name: c.Text, Cells: []templ.Component{
			commentCell(c), ui.Group(ui.A(ui.Link{Title: lang.T(ctx, "第%d号", c.CaseNo) + " " + c.Title, URL: "/proposals/" + c.Proposal + "#publish"})),
			ui.When(c.At.Time), ui.Str(c.Contact)}})
	}
	return rows
}

// bulk are what can be done with selected comments.
func (v *commentsView) bulk(ctx context.Context) *ui.Bulk {
	b := &ui.Bulk{URL: ui.With("/publish/comments/bulk", "state", v.state),
		Fields: ui.TextField(ui.Field{Name: "reason", Label: lang.T(ctx, "理由"), NoLabel: true, Placeholder: lang.T(ctx, "理由（不通过时必填）")})}
	if v.state != publish.Approved {
		b.Buttons = append(b.Buttons, ui.ButtonInfo{Label: lang.T(ctx, "通过并公开"), Name: "action", Value: "approve", Kind: ui.Primary})
	}
	if v.state != publish.Declined {
		b.Buttons = append(b.Buttons, ui.ButtonInfo{Label: lang.T(ctx, "不通过"), Name: "action", Value: "decline"})
	}
	return b
}

// judgeMany approves or declines the selected comments, each by itself.
func (p *pages) judgeMany(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := r.ParseForm(); err != nil {
		return err
	}
	approve := r.PostFormValue("action") == "approve"
	if !approve && r.PostFormValue("action") != "decline" {
		return errs.New(errs.Invalid, "没有这项操作")
	}
	if len(r.PostForm["id"]) == 0 {
		return errs.New(errs.Invalid, "请先选中要办理的留言")
	}
	done, why := 0, ""
	for _, s := range r.PostForm["id"] {
		id, version, _ := strings.Cut(s, " ")
		n, _ := strconv.Atoi(version)
		err := p.publish.Judge(web.Derived(ctx, id), id, n, approve, web.Clean(r.PostFormValue("reason")))
		switch {
		case err == nil:
			done++
		case errs.Is(err, errs.Internal):
			return err
		default:
			why = because(ctx, err)
		}
	}
	text, kind := lang.T(ctx, "已办%d条", done), ui.Good
	if not := len(r.PostForm["id"]) - done; not > 0 {
		text, kind = lang.T(ctx, "已办%d条，%d条没有办成：%s", done, not, why), ui.Warn
	}
	web.Flash(w, r, kind, text, "")
	return web.Redirect(w, r, ui.With("/publish/comments", "state", r.URL.Query().Get("state")))
}

// judge is one decision about one comment, and a department's answer to it.
func (p *pages) judge(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	var err error
	switch r.PathValue("action") {
	case "approve":
		err = p.publish.Judge(ctx, id, 0, true, web.Clean(r.PostFormValue("reason")))
	case "decline":
		err = p.publish.Judge(ctx, id, 0, false, web.Clean(r.PostFormValue("reason")))
	case "answer":
		err = p.publish.AnswerComment(ctx, id, web.Clean(r.PostFormValue("text")))
	default:
		err = errs.Missing()
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已办理"), "")
	return web.Redirect(w, r, back(r, "/publish/comments"))
}

func (p *pages) removeAnswer(w http.ResponseWriter, r *http.Request) error {
	if err := p.publish.RemoveAnswer(r.Context(), r.PathValue("id"), web.Clean(r.PostFormValue("reason"))); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "已撤下这条回应"), "")
	return web.Redirect(w, r, back(r, "/publish/comments?state=approved"))
}

// back is where a form says that it came from, else a page of ours.
func back(r *http.Request, otherwise string) string {
	if next := web.SafeNext(r.PostFormValue("next")); next != "/" {
		return next
	}
	return otherwise
}

// panel is what the page of a case says about its publication.
func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	st, err := p.publish.Of(ctx, id)
	if err != nil || st == nil {
		return nil, err
	}
	return casePanel(id, st), nil
}

// figuresView are the figures that can be released.
type figuresView struct {
	year   int
	years  []int
	groups []figureGroup
	site   string
}

type figureGroup struct {
	title string
	lines []figureLine
}

type figureLine struct {
	id, name, value, rule string
	public                *publish.OpenFigure
}

func (p *pages) figures(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	year, _ := strconv.Atoi(r.URL.Query().Get("year"))
	rep, public, err := p.publish.Releasable(ctx, year)
	if err != nil {
		return err
	}
	sessions, err := p.org.Sessions(ctx)
	if err != nil {
		return err
	}
	own, err := p.org.OwnTenant(ctx)
	if err != nil {
		return err
	}
	v := &figuresView{year: rep.Year, site: own.Code}
	for _, s := range sessions {
		if !slices.Contains(v.years, s.Year) {
			v.years = append(v.years, s.Year)
		}
	}
	for _, x := range rep.Values {
		if x.Closed {
			continue
		}
		title := lang.Say(ctx, x.Def.Group)
		if n := len(v.groups); n == 0 || v.groups[n-1].title != title {
			v.groups = append(v.groups, figureGroup{title: title})
		}
		value := x.Text()
		if !x.Rate {
			value += " " + lang.Say(ctx, x.Def.Unit)
		}
		g := &v.groups[len(v.groups)-1]
		g.lines = append(g.lines, figureLine{x.Def.ID, x.Name, value, x.Rule, public[x.Def.ID]})
	}
	return web.Render(w, r, http.StatusOK, figuresPage(v))
}

func (p *pages) releaseFigures(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	year, err := strconv.Atoi(r.PostFormValue("year"))
	if err != nil {
		return errs.New(errs.Invalid, "请选择年度")
	}
	ids := r.PostForm["figure"]
	if err := p.publish.ReleaseFigures(r.Context(), year, ids); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "已公布%d项数据", len(ids)), "")
	return web.Redirect(w, r, ui.With("/publish/figures", "year", strconv.Itoa(year)))
}
