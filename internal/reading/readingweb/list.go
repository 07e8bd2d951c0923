package readingweb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/reading"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

func can(ctx context.Context, permission string) bool {
	a, _ := actor.From(ctx)
	return a.Can(permission)
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	f, err := web.Decode[listFilter](r)
	if err != nil {
		return err
	}
	all, err := p.Reading.List(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, listPage(f, all))
}

// listFilter is what is asked of the list.
type listFilter struct {
	Q     string `form:"q"`
	Level string `form:"level"`
	State string `form:"state"` // waiting: with figures to confirm
}

func (f *listFilter) matches(ctx context.Context, x *reading.Listed) bool {
	return (f.Level == "" || f.Level == x.Level) && (f.State == "" || x.Waiting > 0) &&
		(f.Q == "" || strings.Contains(title(ctx, x.Report)+x.Name+x.Source, f.Q))
}

func (f *listFilter) filters(ctx context.Context) ui.FiltersInfo {
	path := "/readings"
	for _, x := range [][2]string{{"q", f.Q}, {"level", f.Level}, {"state", f.State}} {
		if x[1] != "" {
			path = ui.With(path, x[0], x[1])
		}
	}
	return ui.FiltersInfo{Here: path, Search: lang.T(ctx, "地方、文件名、来源"), Fields: []ui.Field{
		{Name: "level", Label: lang.T(ctx, "层级"), Options: append([]ui.Option{{Label: lang.T(ctx, "全部")}}, options(ctx, org.Levels)...)},
		{Name: "state", Label: lang.T(ctx, "状态"), Options: []ui.Option{{Label: lang.T(ctx, "全部")}, {Value: "waiting", Label: lang.T(ctx, "待确认")}}}}}
}

func listTable(ctx context.Context, f listFilter, all []*reading.Listed) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "读入的报告"), Columns: []ui.Column{{Title: lang.T(ctx, "报告"), Wide: true}, {Title: lang.T(ctx, "层级"), Short: true, Desk: true}, {Title: lang.T(ctx, "时间"), Short: true, Desk: true},
		{Title: lang.T(ctx, "待确认"), Num: true, Short: true}, {Title: lang.T(ctx, "已确认"), Num: true, Short: true}, {Title: lang.T(ctx, "读入"), Desk: true}}}
	for _, x := range all {
		if !f.matches(ctx, x) {
			continue
		}
		title := title(ctx, x.Report)
		row := ui.Row{Href: "/readings/" + x.ID, Name: title, Cells: []templ.Component{ui.Str(title), ui.Str(levelTitle(ctx, x.Level)), ui.Str(x.Period), ui.Num(x.Waiting), ui.Num(x.Confirmed),
			ui.Group(ui.Str(x.By+" "), ui.On(calendar.On(x.CreatedAt.Time)))}}
		t.Rows = append(t.Rows, row)
	}
	e := ui.EmptyInfo{Icon: "file-search", Title: lang.T(ctx, "还没有读入报告"), Text: lang.T(ctx, "把各地政协公开的工作报告读进来，确认其中的指标，就能和本地对照。")}
	if len(all) > 0 {
		e.Title, e.Text = lang.T(ctx, "没有符合条件的报告"), lang.T(ctx, "去掉筛选条件再看。")
	} else if can(ctx, "reading.confirm") {
		e.Action = newButton()
	}
	t.Empty = ui.Empty(e)
	return t
}

func title(ctx context.Context, r *reading.Report) string {
	if r.Body == "" {
		return r.Name
	}
	return r.Body + " " + r.Period
}

// lead says in a line what a report is.
func lead(ctx context.Context, r *reading.Report) string {
	all := []string{levelTitle(ctx, r.Level)}
	if r.Source != "" {
		all = append(all, r.Source)
	}
	return strings.Join(append(all, r.Name), " · ")
}

func levelTitle(ctx context.Context, level string) string {
	if level == "" {
		return lang.T(ctx, "未定")
	}
	return lang.Say(ctx, org.Title(org.Levels, level))
}

// newForm is the page on which reports are read in.
type newForm struct {
	Title  string `form:"title"`
	Text   string `form:"text"`
	Source string `form:"source"`
	Anyway bool   `form:"anyway"`
	Err    error
	Done   []outcome
}

// outcome is what became of one file.
type outcome struct {
	Name, URL, Problem string
}

func (p *pages) form(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "reading.confirm"); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, newPage(&newForm{}))
}

// add reads every file for itself: one that cannot be read does not keep the
// others back.
func (p *pages) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "reading.confirm"); err != nil {
		return err
	}
	f, err := web.Decode[newForm](r)
	if err != nil {
		return err
	}
	all, err := uploads(r, "files", f.Title, f.Text)
	if err != nil {
		if !web.Mendable(err) {
			return err
		}
		f.Err = err
		return web.Render(w, r, web.Status(errs.KindOf(err)), newPage(&f))
	}
	failed := 0
	for i, up := range all {
		id, err := p.Reading.Add(web.Derived(ctx, itoa(i)), reading.Upload{Name: up.name, Data: up.data, Source: f.Source, Anyway: f.Anyway})
		o := outcome{Name: up.name}
		if id != "" {
			o.URL = "/readings/" + id
		}
		if err != nil {
			if !web.Mendable(err) {
				return err
			}
			failed++
			o.Problem = web.Message(ctx, err)
		}
		f.Done = append(f.Done, o)
	}
	switch {
	case failed > 0:
		return web.Render(w, r, http.StatusUnprocessableEntity, newPage(&f))
	case len(all) == 1:
		web.Flash(w, r, ui.Good, lang.T(ctx, "已读入，请对照原文确认"), "")
		return web.Redirect(w, r, f.Done[0].URL)
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已读入%d份报告", len(all)), "")
	return web.Redirect(w, r, "/readings")
}

type upload struct {
	name string
	data []byte
}

// uploads are the files of a form, and what was pasted, as a file.
func uploads(r *http.Request, field, title, text string) (all []upload, err error) {
	files, err := web.Uploads(r, field, reading.MaxFile)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		data, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("readingweb: %w", err)
		}
		all = append(all, upload{f.Name, data})
	}
	if text != "" {
		name := strings.TrimSuffix(title, ".txt")
		if name == "" {
			line, _, _ := strings.Cut(text, "\n")
			name = string([]rune(line)[:min(len([]rune(line)), 40)])
		}
		all = append(all, upload{web.CleanName(name + ".txt"), []byte(text)})
	}
	if len(all) == 0 {
		var f errs.Fields
		f.Add(field, "请选择文件，或者把文字粘贴在下面")
		return nil, f.Err()
	}
	return all, nil
}

// file hands out the original as it was read in.
func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	x, data, err := p.Reading.Original(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.ServeBytes(w, r, x.Name, mediaTypes[x.Kind], x.SHA256, data)
}

var mediaTypes = map[string]string{"txt": "text/plain", "html": "text/html", "pdf": "application/pdf", "docx": docxType}

const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
