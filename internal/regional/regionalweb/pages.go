package regionalweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/regional"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

type listView struct {
	all    []*regional.Joint
	drafts bool
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Regional.List(ctx)
	if err != nil {
		return err
	}
	a, _ := actor.From(ctx)
	return web.Render(w, r, http.StatusOK, listPage(&listView{all, a.Can("regional.draft")}))
}

func (v *listView) table(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "跨区域联名提案"), Columns: []ui.Column{{Title: lang.T(ctx, "主题"), Wide: true}, {Title: lang.T(ctx, "年度"), Short: true}, {Title: lang.T(ctx, "状态")}, {Title: lang.T(ctx, "提交给")}, {Title: lang.T(ctx, "上级情况")}}}
	for _, j := range v.all {
		row := ui.Row{Href: "/regional/" + j.ID, Cells: []templ.Component{ui.Str(j.Topic), ui.Str(itoa(j.Year)), ui.Badge(stateKinds[j.State], lang.Say(ctx, org.Title(regional.States, j.State))), ui.Str(j.SubmittedTo), nil}}
		if j.Standing != "" {
			row.Cells[4] = ui.Badge(standingKinds[j.Standing], lang.Say(ctx, org.Title(regional.Standings, j.Standing)))
		}
		t.Rows = append(t.Rows, row)
	}
	e := ui.EmptyInfo{Icon: "map", Title: lang.T(ctx, "还没有跨区域联名提案"), Text: lang.T(ctx, "其他政协邀请联名时会通知您，并出现在这里。")}
	if v.drafts {
		e.Text, e.Action = lang.T(ctx, "与其他地方的政协共同起草，各自审定，一起向上级提交。"), beginButton()
	}
	t.Empty = ui.Empty(e)
	return t
}

type beginForm struct {
	Topic    string `form:"topic"`
	Partners string `form:"partners"`
	Err      error
}

func (p *pages) form(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "regional.draft"); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, beginPage(&beginForm{}))
}

func (p *pages) begin(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.Decode[beginForm](r)
	id := ""
	if err == nil {
		id, err = p.Regional.Begin(ctx, f.Topic, strings.FieldsFunc(f.Partners, func(r rune) bool { return r == '\n' || r == '、' || r == '；' }))
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		f.Err = err
		return web.Render(w, r, web.Status(errs.KindOf(err)), beginPage(&f))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已发起，平台上的伙伴收到邀请"), "")
	return web.Redirect(w, r, "/regional/"+id+"/text")
}

// jointView is the page of a joint proposal.
type jointView struct {
	*regional.View
	tried string
	form  url.Values
	err   error
}

func (p *pages) view(ctx context.Context, id string) (*jointView, error) {
	v, err := p.Regional.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &jointView{View: v, form: url.Values{}}, nil
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, jointPage(v))
}

// textView is the form of the next version of the text.
type textView struct {
	*regional.View
	Title string `form:"title"`
	Body  string `form:"body"`
	Note  string `form:"note"`
	Err   error
	Stale bool
}

func (p *pages) textForm(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "regional.draft"); err != nil {
		return err
	}
	v, err := p.Regional.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := &textView{View: v}
	if len(v.Texts) > 0 {
		f.Title, f.Body = v.Texts[0].Title, v.Texts[0].Body
	}
	return web.Render(w, r, http.StatusOK, textPage(f))
}

func (p *pages) revise(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	title, body, note := web.Clean(r.PostFormValue("title")), web.Clean(r.PostFormValue("body")), web.Clean(r.PostFormValue("note"))
	if err := p.Regional.Revise(ctx, id, int(version), title, body, note); err != nil {
		if !mendable(err) {
			return err
		}
		v, missing := p.Regional.Get(ctx, id)
		if missing != nil {
			return missing
		}
		return web.Render(w, r, web.Status(errs.KindOf(err)), textPage(&textView{View: v, Title: title, Body: body, Note: note, Err: err, Stale: v.Version != int(version)}))
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已保存为新的一稿，请各方审定"), "")
	return web.Redirect(w, r, "/regional/"+id)
}

// text is one version of the text.
func (p *pages) text(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, t := range v.Texts {
		if itoa(t.N) == r.PathValue("n") {
			return web.Render(w, r, http.StatusOK, oldTextPage(v, t))
		}
	}
	return errs.Missing()
}

// acted are the acts with what is said of each afterwards.
var acted = map[string]string{"approve": "已审定", "approve_for": "已登记审定", "submit": "已登记提交", "stand": "已登记上级情况", "adopt": "已登记采纳", "cancel": "已取消"}

func (p *pages) act(w http.ResponseWriter, r *http.Request) error {
	ctx, id, action := r.Context(), r.PathValue("id"), r.PathValue("action")
	n, err := web.Version(r)
	if err != nil {
		return err
	}
	version, value := int(n), r.PostFormValue
	number := func(name string) int { n, _ := strconv.Atoi(value(name)); return n }
	switch action {
	case "approve":
		err = p.Regional.Approve(ctx, id, version, number("n"))
	case "approve_for":
		err = p.Regional.ApproveFor(ctx, id, version, number("position"), number("n"), value("officer"), value("letter"))
	case "submit":
		err = p.Regional.Submit(ctx, id, version, value("to"), value("level"), value("doc_no"), calendar.Date(value("on")))
	case "stand":
		err = p.Regional.Stand(ctx, id, version, value("standing"), value("note"), calendar.Date(value("on")))
	case "adopt":
		err = p.Regional.Adopt(ctx, id, version, value("body"), value("what"), value("evidence"), calendar.Date(value("on")))
	case "cancel":
		err = p.Regional.Cancel(ctx, id, version)
	default:
		return errs.Missing()
	}
	if err != nil {
		if !mendable(err) {
			return err
		}
		v, missing := p.view(ctx, id)
		if missing != nil {
			return missing
		}
		v.tried, v.form, v.err = action+value("position"), r.PostForm, err
		return web.Render(w, r, web.Status(errs.KindOf(err)), jointPage(v))
	}
	web.Flash(w, r, ui.Good, lang.Say(ctx, acted[action]), "")
	return web.Redirect(w, r, "/regional/"+id)
}

// actions are what the reader can do now.
func (v *jointView) actions(ctx context.Context) (all []ui.Action) {
	add := func(id, action, label, follows, icon string, x ui.Action) {
		x.ID, x.Label, x.Follows, x.Icon, x.URL, x.Version = "do-"+id, label, follows, icon, "/regional/"+v.ID+"/"+action, int64(v.Version)
		if v.tried == id {
			x.Err, x.Open = v.err, true
		}
		if len(all) == 0 && x.Kind == ui.Secondary {
			x.Kind = ui.Primary
		}
		all = append(all, x)
	}
	text := func(name, label string, required bool, most int) templ.Component {
		return ui.TextField(ui.Field{Name: name, Label: label, Required: required, Max: most, Value: v.form.Get(name)})
	}
	day := func(label string) templ.Component {
		return ui.DateField(ui.Field{Name: "on", Label: label, Required: true, Value: v.form.Get("on")})
	}
	open := v.State == regional.Drafting || v.State == regional.Agreed
	newest := []ui.Link{{Title: "n", URL: itoa(v.TextNo)}}
	if open && v.Approves && v.Own != nil && v.TextNo > 0 && v.Own.TextNo != v.TextNo {
		add("approve", "approve", lang.T(ctx, "代表本政协审定第%d稿", v.TextNo), lang.T(ctx, "各方都审定同一稿后可以提交；有新的一稿须重新审定"), "check", ui.Action{Hidden: newest})
	}
	if v.State == regional.Agreed && v.First && v.Drafts {
		add("submit", "submit", lang.T(ctx, "登记提交"), lang.T(ctx, "记下提交给谁、何时；文稿不能再改"), "send", ui.Action{Fields: ui.Group(text("to", lang.T(ctx, "提交给"), true, 100),
			ui.SelectField(ui.Field{Name: "level", Label: lang.T(ctx, "层级"), Required: true, Value: v.form.Get("level"), Options: v.levels(ctx)}), text("doc_no", lang.T(ctx, "文号"), false, 60), day(lang.T(ctx, "提交日期")))})
	}
	if v.State == regional.Submitted && v.First && v.Drafts {
		var options []ui.Option
		for _, c := range regional.Standings {
			options = append(options, ui.Option{Value: c.ID, Label: lang.Say(ctx, c.Title)})
		}
		add("stand", "stand", lang.T(ctx, "登记上级情况"), lang.T(ctx, "是否立案、是否列为重点督办提案"), "flag", ui.Action{Fields: ui.Group(
			ui.SelectField(ui.Field{Name: "standing", Label: lang.T(ctx, "情况"), Required: true, Value: v.form.Get("standing"), Options: options}), text("note", lang.T(ctx, "说明"), false, 500), day(lang.T(ctx, "日期")))})
	}
	if v.State == regional.Submitted && v.Drafts {
		add("adopt", "adopt", lang.T(ctx, "登记采纳"), lang.T(ctx, "哪个部委或部门采纳了什么，依据是什么"), "check", ui.Action{Fields: ui.Group(text("body", lang.T(ctx, "部委或部门"), true, 100),
			ui.TextArea(ui.Field{Name: "what", Label: lang.T(ctx, "采纳的内容"), Required: true, Max: 1000, Value: v.form.Get("what")}),
			ui.TextArea(ui.Field{Name: "evidence", Label: lang.T(ctx, "依据"), Required: true, Max: 1000, Value: v.form.Get("evidence"), Help: lang.T(ctx, "文件名称和文号、答复函、公开报道等")}), day(lang.T(ctx, "日期")))})
	}
	if open && v.First && v.Drafts && v.TextNo > 0 {
		for _, x := range v.Partners {
			if x.Partner == "" && x.TextNo != v.TextNo {
				id := "approve_for" + itoa(x.Position)
				add(id, "approve_for", lang.T(ctx, "登记%s的审定", x.Name), lang.T(ctx, "按对方的来函登记"), "check", ui.Action{Hidden: append([]ui.Link{{Title: "position", URL: itoa(x.Position)}}, newest...),
					Fields: ui.Group(text("officer", lang.T(ctx, "审定人"), true, 50), text("letter", lang.T(ctx, "来函和文号"), true, 200))})
			}
		}
	}
	if open && v.First && v.Drafts {
		add("cancel", "cancel", lang.T(ctx, "取消联名"), lang.T(ctx, "不再进行，不能恢复"), "x", ui.Action{Kind: ui.Danger, Confirm: lang.T(ctx, "确定取消这件联名提案？")})
	}
	return all
}

func (v *jointView) levels(ctx context.Context) (all []ui.Option) {
	for _, l := range org.Levels {
		if l.ID != org.County {
			all = append(all, ui.Option{Value: l.ID, Label: lang.Say(ctx, l.Title)})
		}
	}
	return all
}

func (v *jointView) facts(ctx context.Context) []ui.Item {
	all := []ui.Item{{Term: lang.T(ctx, "状态"), Value: ui.Badge(stateKinds[v.State], lang.Say(ctx, org.Title(regional.States, v.State)))}, ui.Say(lang.T(ctx, "年度"), itoa(v.Year)), ui.Say(lang.T(ctx, "发起"), v.Partners[0].Name)}
	if v.State == regional.Submitted {
		all = append(all, ui.Say(lang.T(ctx, "提交给"), v.SubmittedTo+" "+v.DocNo), ui.Item{Term: lang.T(ctx, "提交日期"), Value: ui.LongDay(v.SubmittedOn)})
	}
	if v.Standing != "" {
		all = append(all, ui.Item{Term: lang.T(ctx, "上级情况"), Value: ui.Group(ui.Badge(standingKinds[v.Standing], lang.Say(ctx, org.Title(regional.Standings, v.Standing))), ui.Str(" "), ui.On(v.StandingOn))})
	}
	if v.StandingNote != "" {
		all = append(all, ui.Say(lang.T(ctx, "说明"), v.StandingNote))
	}
	return all
}

func (v *jointView) partners(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "联名的政协"), Columns: []ui.Column{{Title: lang.T(ctx, "政协"), Wide: true}, {Title: lang.T(ctx, "审定")}, {Title: lang.T(ctx, "审定人")}, {Title: lang.T(ctx, "日期"), Short: true}, {Title: lang.T(ctx, "依据"), Desk: true}}}
	for _, p := range v.Partners {
		state := ui.Badge(ui.Warn, lang.T(ctx, "未审定"))
		switch {
		case p.TextNo == v.TextNo && p.TextNo > 0:
			state = ui.Badge(ui.Good, lang.T(ctx, "已审定第%d稿", p.TextNo))
		case p.TextNo > 0:
			state = ui.Badge(ui.Warn, lang.T(ctx, "审定过第%d稿，须重新审定", p.TextNo))
		}
		name := p.Name
		if p.Partner == "" {
			name = lang.T(ctx, "%s（平台外）", name)
		}
		row := ui.Row{Cells: []templ.Component{ui.Str(name), state, ui.Str(p.Officer), nil, ui.Str(p.Note)}}
		if !p.ApprovedAt.IsZero() {
			row.Cells[3] = ui.On(calendar.On(p.ApprovedAt.Time))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *jointView) adoptions(ctx context.Context) ui.TableInfo {
	t := ui.TableInfo{Caption: lang.T(ctx, "采纳情况"), Columns: []ui.Column{{Title: lang.T(ctx, "部委或部门")}, {Title: lang.T(ctx, "采纳的内容"), Wide: true}, {Title: lang.T(ctx, "依据")}, {Title: lang.T(ctx, "日期"), Short: true}, {Title: lang.T(ctx, "登记"), Desk: true}}}
	for _, x := range v.Adoptions {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Str(x.Body), ui.Str(x.What), ui.Str(x.Evidence), ui.On(x.OnDate), ui.Str(x.Place)}})
	}
	return t
}

func (v *jointView) texts(ctx context.Context) (all []ui.Entry) {
	for _, t := range v.Texts {
		all = append(all, ui.Entry{At: t.At.Time, Who: t.Place + " " + t.Author, What: lang.T(ctx, "第%d稿", t.N), Note: t.Note, Details: ui.A(ui.Link{Title: lang.T(ctx, "看这一稿"), URL: "/regional/" + v.ID + "/text/" + itoa(t.N)})})
	}
	return all
}
