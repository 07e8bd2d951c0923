package readingweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/figure/catalogue"
	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/reading"
	"shangliang/internal/report/claim"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// editForm is what somebody corrects of a figure.
type editForm struct {
	Value  float64 `form:"value"`
	High   float64 `form:"high"`
	Unit   string  `form:"unit"`
	Bound  string  `form:"bound"`
	Period string  `form:"period"`
	Kind   string  `form:"kind"`
	Metric string  `form:"metric"`
	Dims   reading.Dims
	Err    error
}

func formOf(f *reading.Figure) *editForm {
	return &editForm{Value: f.Value, High: f.High, Unit: f.Unit, Bound: string(f.Bound), Period: f.Period, Kind: string(f.Kind), Metric: f.Metric, Dims: f.Dims}
}

func (e *editForm) edit() reading.Edit {
	return reading.Edit{Value: e.Value, High: e.High, Unit: e.Unit, Bound: claim.Bound(e.Bound), Period: e.Period, Kind: claim.Kind(e.Kind), Metric: e.Metric, Dims: e.Dims}
}

// dimNames are the dimensions to fill in: those of the metric, and what is there.
func (e *editForm) dimNames() []string {
	var all []string
	if m := catalogue.Get().Metric(e.Metric); m != nil {
		all = append(all, m.Dims...)
	} else {
		all = append(all, "submitter", "topic")
	}
	for _, k := range sortedKeys(e.Dims) {
		if !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return slices.DeleteFunc(all, func(d string) bool { return reading.DimTitles[d] == "" })
}

// metrics are the definitions to choose from.
func metrics(ctx context.Context) []ui.Option {
	var all []ui.Option
	for _, m := range catalogue.Get().Metrics {
		all = append(all, ui.Option{Value: m.ID, Label: lang.T(ctx, "%s（%s）", lang.Word(m.Name), strings.Join(m.Units, " ")), Group: lang.Say(ctx, m.Group)})
	}
	// Equal neighbours stand under one heading.
	slices.SortStableFunc(all, func(a, b ui.Option) int { return strings.Compare(a.Group, b.Group) })
	return all
}

func options(ctx context.Context, codes []org.Code) (all []ui.Option) {
	for _, c := range codes {
		all = append(all, ui.Option{Value: c.ID, Label: lang.Say(ctx, c.Title)})
	}
	return all
}

// isPart reports whether a script asks for a part of the page.
func isPart(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// edit is the form of one figure: within the list where scripts run, else a page.
func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	v, f, err := p.one(r)
	if err != nil {
		return err
	}
	if !v.Confirms {
		return errs.New(errs.Forbidden, "您当前的身份不能办理这一项")
	}
	v.editing, v.at = formOf(f), f.N
	if isPart(r) {
		return web.Render(w, r, http.StatusOK, figureItem(v, f, false))
	}
	return web.Render(w, r, http.StatusOK, editPage(v, f))
}

func (p *pages) one(r *http.Request) (*oneView, *reading.Figure, error) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return nil, nil, errs.Missing()
	}
	show := ""
	if u, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil {
		show = u.Query().Get("show") // the page that the part belongs to
	}
	v, err := p.view(r.Context(), r.PathValue("id"), show)
	if err != nil {
		return nil, nil, err
	}
	f := v.Figure(n)
	if f == nil {
		return nil, nil, errs.Missing()
	}
	return v, f, nil
}

// near are the figures of which something may be said otherwise once this one
// changes: those that it is compared with, and those of the same definition.
func (v *oneView) near(f *reading.Figure) (all []int) {
	for _, r := range v.Relations {
		if slices.Contains(r.Figures, f.N) {
			all = append(all, r.Figures...)
		}
	}
	for _, x := range v.Figures {
		if f.Metric != "" && x.Metric == f.Metric {
			all = append(all, x.N)
		}
	}
	return all
}

// decide takes one decision about a figure: field "do" says which.
func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil {
		return errs.Missing()
	}
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	at := reading.Pick{N: n, Version: int(version)}
	var touched []int
	if isPart(r) {
		before, f, err := p.one(r)
		if err != nil {
			return err
		}
		touched = before.near(f)
	}
	var form *editForm
	switch do := r.PostFormValue("do"); do {
	case "cancel":
	case "confirm":
		_, _, err = p.Reading.Confirm(ctx, id, []reading.Pick{at})
	case "drop":
		err = p.Reading.Put(ctx, id, []reading.Pick{at}, reading.Dropped)
	case "reopen":
		err = p.Reading.Put(ctx, id, []reading.Pick{at}, reading.Read)
	case "change", "change_confirm":
		var f editForm
		if f, err = web.Decode[editForm](r); err == nil || errs.Is(err, errs.Invalid) {
			form, f.Dims = &f, reading.Dims{}
			for d := range reading.DimTitles {
				if s := web.Clean(r.PostFormValue("dim_" + d)); s != "" {
					f.Dims[d] = s
				}
			}
		}
		if err == nil {
			e := form.edit()
			e.Confirm = do == "change_confirm"
			err = p.Reading.Change(ctx, id, at, e)
		}
	default:
		return errs.Missing()
	}
	if err != nil && !web.Mendable(err) {
		return err
	}
	if err == nil && !isPart(r) {
		return web.Redirect(w, r, "/readings/"+id+"?show=all#f"+itoa(n))
	}
	v, f, gone := p.one(r)
	if gone != nil {
		return gone
	}
	v.at, v.err = n, err
	if err != nil && form != nil {
		form.Err, v.editing, v.err = err, form, nil
	}
	switch {
	case isPart(r):
		v.touched = append(touched, v.near(f)...)
		slices.Sort(v.touched)
		v.touched = slices.Compact(v.touched)
		return web.Render(w, r, http.StatusOK, figurePart(v, f))
	case v.editing != nil:
		return web.Render(w, r, web.Status(errs.KindOf(err)), editPage(v, f))
	}
	v.show = "all"
	return web.Render(w, r, web.Status(errs.KindOf(err)), onePage(v))
}

// number writes a value in a field.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// high leaves the field of a range empty where there is none.
func high(v float64) string {
	if v == 0 {
		return ""
	}
	return number(v)
}

// rule is how a metric is counted.
func rule(ctx context.Context, metric string) string {
	if m := catalogue.Get().Metric(metric); m != nil {
		return lang.Say(ctx, m.Rule)
	}
	return ""
}

// coded are the values that are codes; all others are words of the text.
var coded = map[string][]org.Code{
	"level": levels, "organiser_level": levels,
	"form": {{ID: "cash", Title: "现金"}, {ID: "in_kind", Title: "实物"}, {ID: "cash_and_in_kind", Title: "现金和实物"}},
}

// levels are those that a report speaks of.
var levels = append([]org.Code{{ID: "all", Title: "各级合计"}, {ID: "national", Title: "国家级"}, {ID: "district", Title: "区级"}, {ID: "town", Title: "乡镇"}}, org.Levels...)

// dimValue is a value for people.
func dimValue(ctx context.Context, dim, value string) string {
	if i := slices.IndexFunc(coded[dim], func(c org.Code) bool { return c.ID == value }); i >= 0 {
		return lang.Say(ctx, coded[dim][i].Title)
	}
	return value
}

// dimOptions are the values to choose from where they are codes; one that the
// text itself gave stays.
func dimOptions(ctx context.Context, dim, value string) []ui.Option {
	all := append([]ui.Option{{Label: lang.T(ctx, "（无）")}}, options(ctx, coded[dim])...)
	if !slices.ContainsFunc(all, func(o ui.Option) bool { return o.Value == value }) {
		all = append(all, ui.Option{Value: value, Label: value})
	}
	return all
}

func sortedKeys(d reading.Dims) []string {
	var all []string
	for k := range d {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
