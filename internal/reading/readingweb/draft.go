package readingweb

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/reader/intake"
	"shangliang/internal/reading"
	"shangliang/internal/report"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

func (p *pages) drafts(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Reading.Drafts(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, draftsPage(all))
}

func draftsTable(ctx context.Context, all []*reading.Draft) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "核对过的文稿"), Columns: []ui.Column{{Title: lang.T(ctx, "文稿"), Wide: true}, {Title: lang.T(ctx, "年度"), Short: true}, {Title: lang.T(ctx, "提交人")}, {Title: lang.T(ctx, "提交"), Short: true}, {Title: lang.T(ctx, "保留到"), Short: true}},
		Empty: ui.Empty(ui.EmptyInfo{Icon: "file-check", Title: lang.T(ctx, "还没有核对过文稿"), Text: lang.T(ctx, "报告定稿前，把文稿放进来，逐个数与平台上的记录核对。文稿只有本人和领导能看到。"), Action: checkButton()})}
	for _, d := range all {
		t.Rows = append(t.Rows, ui.Row{Href: "/draft-checks/" + d.ID, Name: d.Name, Cells: []templ.Component{ui.Str(draftTitle(d.Name)), ui.Str(itoa(d.Year)), ui.Str(d.By), ui.On(calendar.On(d.CreatedAt.Time)), ui.On(calendar.On(d.UntilAt.Time))}})
	}
	return t
}

// draftForm is the page on which a draft is handed in.
type draftForm struct {
	Year  int    `form:"year"`
	Title string `form:"title"`
	Text  string `form:"text"`
	Err   error
	years []int
}

func (f *draftForm) options() (all []ui.Option) {
	for _, y := range f.years {
		all = append(all, ui.Option{Value: itoa(y), Label: itoa(y)})
	}
	return all
}

func (p *pages) draftForm(w http.ResponseWriter, r *http.Request) error {
	years, err := p.Reading.Years(r.Context())
	if err != nil {
		return err
	}
	f := &draftForm{years: years}
	if len(years) > 0 {
		f.Year = years[0]
	}
	return web.Render(w, r, http.StatusOK, draftPage(f))
}

func (p *pages) check(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	years, err := p.Reading.Years(ctx)
	if err != nil {
		return err
	}
	f, err := web.Decode[draftForm](r)
	var all []upload
	if err == nil {
		all, err = uploads(r, "file", f.Title, f.Text)
	}
	id := ""
	if err == nil {
		id, err = p.Reading.Check(ctx, all[0].name, all[0].data, f.Year)
	}
	if err != nil {
		if !web.Mendable(err) {
			return err
		}
		f.Err, f.years = err, years
		return web.Render(w, r, web.Status(errs.KindOf(err)), draftPage(&f))
	}
	return web.Redirect(w, r, "/draft-checks/"+id)
}

// checkedView is a checked draft.
type checkedView struct {
	*reading.Checked
	show string // wrong, right, alone, all
}

func (p *pages) checked(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Reading.Checked(r.Context(), r.PathValue("id"), "")
	if err != nil {
		return err
	}
	v := &checkedView{c, r.URL.Query().Get("show")}
	if v.show == "" {
		v.show = "wrong"
		if v.Wrong() == 0 {
			v.show = "all"
		}
	}
	return web.Render(w, r, http.StatusOK, checkedPage(v))
}

// verdicts are the tabs, and which findings each has.
var verdicts = []org.Code{{ID: "wrong", Title: "要改"}, {ID: "right", Title: "相符"}, {ID: "alone", Title: "无从核对"}, {ID: "all", Title: "全部"}}

func verdict(k report.Kind) string {
	switch {
	case k.Wrong():
		return "wrong"
	case k == report.Alone:
		return "alone"
	}
	return "right"
}

func (v *checkedView) tabs(ctx context.Context) (all []ui.Tab) {
	for _, t := range verdicts {
		n := 0
		for i := range v.Findings {
			if t.ID == "all" || verdict(v.Findings[i].Kind) == t.ID {
				n++
			}
		}
		all = append(all, ui.Tab{Title: lang.Say(ctx, t.Title), URL: "/draft-checks/" + v.ID + "?show=" + t.ID, Count: n, Current: t.ID == v.show})
	}
	return all
}

// shown are the numbers of the findings of the tab, in the order of the text.
func (v *checkedView) shown() (all []int) {
	for i := range v.Findings {
		if v.show == "all" || verdict(v.Findings[i].Kind) == v.show {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(v.Findings[a].At, v.Findings[b].At) })
	return all
}

func (v *checkedView) word() bool { return v.Result.Draft.Source.Kind == intake.DOCX }

// checkedPiece is a stretch of the draft: plain, or the number of a finding.
type checkedPiece struct {
	text  string
	n     int // -1: plain
	class string
}

// markOf is how a finding is marked in the text.
func markOf(k report.Kind) string {
	switch {
	case k.Wrong():
		return "text-mark-wrong"
	case k == report.Alone:
		return "text-mark-aside"
	case k == report.Rounded:
		return "text-mark-read"
	}
	return "text-mark-confirmed"
}

func (v *checkedView) pieces() (all []checkedPiece) {
	text := []rune(v.Result.Draft.Source.Text)
	order := make([]int, len(v.Findings))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v.Findings[a].At, v.Findings[b].At) })
	at := 0
	for _, n := range order {
		f := &v.Findings[n]
		until := min(f.Until, len(text))
		if f.At < at || until <= f.At {
			continue
		}
		all = append(all, checkedPiece{string(text[at:f.At]), -1, ""}, checkedPiece{string(text[f.At:until]), n, markOf(f.Kind)})
		at = until
	}
	return append(all, checkedPiece{string(text[at:]), -1, ""})
}

func badge(k report.Kind) ui.Kind {
	switch {
	case k.Wrong():
		return ui.Bad
	case k == report.Alone:
		return ui.Neutral
	case k == report.Rounded:
		return ui.Info
	}
	return ui.Good
}

// last is what the records say of the metric in the year before.
func (v *checkedView) last(ctx context.Context, f *report.Finding) string {
	k, ok := v.Last[f.Metric]
	if !ok || f.Metric == "" || k.Last == nil || *k.Last == 0 {
		return ""
	}
	return lang.T(ctx, "上年 %s", number(math.Round(*k.Last*10)/10)+k.Unit)
}

// annotated hands the Word file back with its comments.
func (p *pages) annotated(w http.ResponseWriter, r *http.Request) error {
	name, data, err := p.Reading.Annotated(r.Context(), r.PathValue("id"), strings.TrimRight(p.BaseURL, "/"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", docxType)
	h.Set("Content-Disposition", document.Disposition(lang.T(r.Context(), "核对_%s", name), document.DOCX, false))
	h.Set("Cache-Control", "private, no-store")
	_, err = io.Copy(w, bytes.NewReader(data))
	return err
}

func (p *pages) dropDraft(w http.ResponseWriter, r *http.Request) error {
	if err := p.Reading.DropDraft(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "文稿已删除"), "")
	return web.Redirect(w, r, "/draft-checks")
}

// draftTitle is a draft's name; that of a pasted text is its title.
func draftTitle(name string) string { return strings.TrimSuffix(name, ".txt") }
