package publishweb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// openView is what surrounds a public page. It depends on the address and on the
// state of the site only.
type openView struct {
	*publish.Site
	path     string // of this page, without the language
	query    url.Values
	base     string
	noindex  bool // search engines shall not list it
	preview  bool
	proposal string // of a preview
}

// enter opens a public page: its site, its language, and the headers by which
// caches keep it until anything public changes. done is true if the reader has it
// already.
func (p *pages) enter(w http.ResponseWriter, r *http.Request) (v *openView, _ *http.Request, done bool, err error) {
	ctx := r.Context()
	l := lang.Parse(r.URL.Query().Get("lang"))
	ctx = lang.With(ctx, p.words, l)
	r = r.WithContext(ctx)
	site, err := p.public.Site(ctx, r.PathValue("tenant"))
	if err != nil {
		return nil, r, false, err
	}
	q := r.URL.Query()
	q.Del("lang")
	v = &openView{Site: site, path: r.URL.Path, query: q, base: p.base}
	sum := sha256.Sum256([]byte(site.State + "\n" + p.started + "\n" + r.URL.RequestURI()))
	tag := `W/"` + hex.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Cache-Control", "public, no-cache")
	h.Set("ETag", tag)
	for old := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if strings.TrimSpace(old) == tag {
			w.WriteHeader(http.StatusNotModified)
			return v, r, true, nil
		}
	}
	return v, r, false, nil
}

// withdraw takes the headers of a page back that could not be answered.
func unkept(w http.ResponseWriter, err error) error {
	if err != nil {
		w.Header().Del("ETag")
		w.Header().Set("Cache-Control", "no-store")
	}
	return err
}

// url is an address of the same site in the language of the page.
func (v *openView) url(ctx context.Context, path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if l := lang.Of(ctx); l != lang.Hans {
		q.Set("lang", string(l))
	}
	u := "/open/" + v.Tenant.Code + path
	if len(q) > 0 {
		u += "?" + q.Encode()
	}
	return u
}

// in is this page in another language.
func (v *openView) in(l lang.Lang) string {
	q := url.Values{}
	for k, x := range v.query {
		q[k] = x
	}
	if l != lang.Hans {
		q.Set("lang", string(l))
	}
	if len(q) == 0 {
		return v.path
	}
	return v.path + "?" + q.Encode()
}

// text is what people wrote, in the script of the page.
func text(ctx context.Context, s string) string {
	if lang.Of(ctx) == lang.Hant && han.Ready() {
		return han.Traditional(s)
	}
	return s
}

func (p *pages) openSites(w http.ResponseWriter, r *http.Request) error {
	ctx := lang.With(r.Context(), p.words, lang.Parse(r.URL.Query().Get("lang")))
	sites, err := p.public.Sites(ctx)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, no-cache")
	return web.Render(w, r.WithContext(ctx), http.StatusOK, sitesPage(&openView{path: "/open", base: p.base}, sites))
}

// startView is the first page of a site.
type startView struct {
	*openView
	latest  []*publish.OpenCase
	units   []*publish.UnitLine
	figures []*publish.OpenFigure
	choices *publish.Choices
}

func (p *pages) openStart(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	ctx := r.Context()
	s := &startView{openView: v}
	list, err := p.public.Cases(ctx, v.Site, publish.OpenFilter{Limit: 8})
	if err != nil {
		return unkept(w, err)
	}
	s.latest = list.Cases
	if s.units, err = p.public.Units(ctx, v.Site, 0); err != nil {
		return unkept(w, err)
	}
	if s.choices, err = p.public.Choices(ctx, v.Site); err != nil {
		return unkept(w, err)
	}
	all, err := p.public.Figures(ctx, v.Site)
	if err != nil {
		return unkept(w, err)
	}
	for _, f := range all {
		if f.Year == all[0].Year {
			s.figures = append(s.figures, f)
		}
	}
	return unkept(w, web.Render(w, r, http.StatusOK, startPage(s)))
}

// openListView is the list of public cases.
type openListView struct {
	*openView
	*publish.OpenList
	filter  publish.OpenFilter
	choices *publish.Choices
}

// filterOf reads the filter of a list from its address.
func filterOf(q url.Values) publish.OpenFilter {
	f := publish.OpenFilter{Text: web.Clean(q.Get("q")), Subject: q.Get("subject"), Unit: q.Get("unit"), Meaning: q.Get("meaning"), OnTime: q.Get("on_time"), After: q.Get("after")}
	f.Year, _ = strconv.Atoi(q.Get("year"))
	if f.OnTime != "yes" && f.OnTime != "no" {
		f.OnTime = ""
	}
	return f
}

func (p *pages) openList(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	l := &openListView{openView: v, filter: filterOf(r.URL.Query())}
	v.noindex = len(v.query) > 0
	if l.OpenList, err = p.public.Cases(r.Context(), v.Site, l.filter); err != nil {
		return unkept(w, err)
	}
	if l.choices, err = p.public.Choices(r.Context(), v.Site); err != nil {
		return unkept(w, err)
	}
	return unkept(w, web.Render(w, r, http.StatusOK, openListPage(l)))
}

func (p *pages) openCase(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	c, comments, err := p.public.Case(r.Context(), v.Site, r.PathValue("code"))
	if err != nil {
		return unkept(w, err)
	}
	return unkept(w, web.Render(w, r, http.StatusOK, openCasePage(v, c, comments)))
}

func (p *pages) openFile(w http.ResponseWriter, r *http.Request) error {
	v, r, _, err := p.enter(w, r)
	w.Header().Del("ETag")
	if err != nil {
		return unkept(w, err)
	}
	f, content, err := p.public.File(r.Context(), v.Site, r.PathValue("code"), r.PathValue("file"))
	if err != nil {
		return unkept(w, err)
	}
	return web.ServeFile(w, r, f.Name, f.Type(), f.SHA256, func() (io.ReadSeekCloser, error) { return content, nil })
}

// unitsView is the overview of departments.
type unitsView struct {
	*openView
	year     int
	years    []int
	lines    []*publish.UnitLine
	meanings []string
}

func (p *pages) openUnits(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	u := &unitsView{openView: v}
	u.year, _ = strconv.Atoi(r.URL.Query().Get("year"))
	if u.lines, err = p.public.Units(r.Context(), v.Site, u.year); err != nil {
		return unkept(w, err)
	}
	c, err := p.public.Choices(r.Context(), v.Site)
	if err != nil {
		return unkept(w, err)
	}
	u.years = c.Years
	for _, m := range publish.Meanings() {
		if slices.Contains(c.Meanings, m) {
			u.meanings = append(u.meanings, m)
		}
	}
	return unkept(w, web.Render(w, r, http.StatusOK, unitsPage(u)))
}

func (p *pages) openFigures(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	all, err := p.public.Figures(r.Context(), v.Site)
	if err != nil {
		return unkept(w, err)
	}
	return unkept(w, web.Render(w, r, http.StatusOK, openFiguresPage(v, all)))
}

// commentView is the form of a reader.
type commentView struct {
	*openView
	c    *publish.OpenCase
	in   publish.Reader
	err  error
	sent bool
}

// commentForm is never kept by a cache: its form has a key of its own.
func (p *pages) commentForm(w http.ResponseWriter, r *http.Request) error {
	return p.showComment(w, r, http.StatusOK, &commentView{sent: r.URL.Query().Get("sent") == "yes"})
}

func (p *pages) showComment(w http.ResponseWriter, r *http.Request, status int, cv *commentView) error {
	ctx := lang.With(r.Context(), p.words, lang.Parse(r.URL.Query().Get("lang")))
	r = r.WithContext(ctx)
	site, err := p.public.Site(ctx, r.PathValue("tenant"))
	if err != nil {
		return err
	}
	c, _, err := p.public.Case(ctx, site, r.PathValue("code"))
	if err != nil {
		return err
	}
	if !site.Comments {
		return errs.New(errs.NotFound, "目前不接受留言")
	}
	cv.openView, cv.c = &openView{Site: site, path: r.URL.Path, base: p.base, noindex: true}, c
	w.Header().Set("Cache-Control", "no-store")
	return web.Render(w, r, status, commentPage(cv))
}

func (p *pages) comment(w http.ResponseWriter, r *http.Request) error {
	ctx := lang.With(r.Context(), p.words, lang.Parse(r.URL.Query().Get("lang")))
	r = r.WithContext(ctx)
	site, err := p.public.Site(ctx, r.PathValue("tenant"))
	if err != nil {
		return err
	}
	in, err := web.Decode[publish.Reader](r)
	if err != nil {
		return err
	}
	in.Device = web.ClientIP(r) + "\n" + r.UserAgent()
	if err = p.limiter.AllowRequest(r); err == nil {
		err = p.publish.Comment(actor.WithRequest(ctx, actor.RequestFrom(ctx)), site, r.PathValue("code"), in)
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooMany) {
		return p.showComment(w, r, web.Status(errs.KindOf(err)), &commentView{in: in, err: err})
	}
	if err != nil {
		return err
	}
	v := &openView{Site: site}
	return web.Redirect(w, r, v.url(ctx, "/cases/"+r.PathValue("code")+"/comment", "sent", "yes"))
}

// meaning is what an outcome means, in words.
func meaning(ctx context.Context, m string) string { return lang.Say(ctx, publish.MeaningTitle(m)) }

var meaningKinds = map[string]ui.Kind{"resolved": ui.Good, "in_progress": ui.Info, "planned": ui.Info}

func meaningBadge(ctx context.Context, m string) templ.Component {
	return ui.Badge(meaningKinds[m], meaning(ctx, m))
}

// facts are what stands under the title of a case.
func openFacts(ctx context.Context, v *openView, c *publish.OpenCase) []ui.Item {
	items := []ui.Item{ui.Say(lang.T(ctx, "案号"), lang.T(ctx, "%s 第%d号", text(ctx, c.Session), c.CaseNo))}
	if c.SubjectL != "" {
		items = append(items, ui.Say(lang.T(ctx, "类别"), lang.Say(ctx, c.SubjectL)))
	}
	if c.Proposer != "" {
		items = append(items, ui.Say(lang.T(ctx, "提案人"), text(ctx, c.Proposer)))
	}
	var units []templ.Component
	for i, r := range c.Replies {
		if i > 0 {
			units = append(units, ui.Str(lang.T(ctx, "、")))
		}
		units = append(units, ui.A(ui.Link{Title: text(ctx, r.Name), URL: v.url(ctx, "/cases", "unit", r.Unit)}))
	}
	items = append(items, ui.Item{Term: lang.T(ctx, "答复单位"), Value: ui.Group(units...)})
	if c.Outcome != "" {
		items = append(items, ui.Item{Term: lang.T(ctx, "办理结果"), Value: ui.Group(meaningBadge(ctx, c.Meaning), ui.Str(" "+lang.Say(ctx, c.Outcome)))})
	}
	if !c.PublishedAt.IsZero() {
		items = append(items, ui.Item{Term: lang.T(ctx, "公开日期"), Value: ui.On(day(c.PublishedAt.Time))})
		if d := day(c.UpdatedAt.Time); d != day(c.PublishedAt.Time) {
			items = append(items, ui.Item{Term: lang.T(ctx, "更新"), Value: ui.On(d)})
		}
	}
	return items
}

func replyLine(ctx context.Context, r *publish.CopyReply) string {
	if r.On == "" {
		return ""
	}
	line := lang.T(ctx, "%s答复", ui.ShortDay(ctx, r.On))
	if r.Due != "" {
		if r.OnTime {
			return line + lang.T(ctx, "，在期限（%s）内", ui.ShortDay(ctx, r.Due))
		}
		return line + lang.T(ctx, "，超过期限（%s）", ui.ShortDay(ctx, r.Due))
	}
	return line
}

func promiseWord(ctx context.Context, p *publish.CopyPromise) (ui.Kind, string) {
	switch p.State {
	case "done":
		return ui.Good, lang.T(ctx, "已落实")
	case "reported":
		return ui.Info, lang.T(ctx, "单位已报告落实，待核实")
	}
	return ui.Neutral, lang.T(ctx, "落实中")
}

// number counts with a thousands separator and says of what.
func cases(ctx context.Context, n int) string { return lang.T(ctx, "%d件", n) }

func percent(part, whole int) string {
	if whole == 0 {
		return "—"
	}
	return fmt.Sprintf("%d%%", part*100/whole)
}

func (l *openListView) next(ctx context.Context) string {
	if l.Next == "" {
		return ""
	}
	f := l.filter
	return l.url(ctx, "/cases", "q", f.Text, "year", yearText(f.Year), "subject", f.Subject, "unit", f.Unit, "meaning", f.Meaning, "on_time", f.OnTime, "after", l.Next)
}

func labelOptions(ctx context.Context, all string, labels []publish.CopyLabel, translate bool) []ui.Option {
	out := []ui.Option{{Value: "", Label: all}}
	for _, l := range labels {
		label := text(ctx, l.Label)
		if translate {
			label = lang.Say(ctx, l.Label)
		}
		out = append(out, ui.Option{Value: l.Code, Label: label})
	}
	return out
}

func meaningOptions(ctx context.Context, present []string) []ui.Option {
	out := []ui.Option{{Value: "", Label: lang.T(ctx, "全部结果")}}
	for _, m := range publish.Meanings() {
		if slices.Contains(present, m) {
			out = append(out, ui.Option{Value: m, Label: meaning(ctx, m)})
		}
	}
	return out
}
