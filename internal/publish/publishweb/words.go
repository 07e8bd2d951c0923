package publishweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/ui"
)

type templComponent = templ.Component

func (v *listView) empty(ctx context.Context) string {
	for _, q := range v.Queues {
		if q.ID == v.queue {
			return lang.Say(ctx, q.Empty)
		}
	}
	return ""
}

func yearOptions(ctx context.Context, years []int) []ui.Option {
	all := []ui.Option{{Value: "", Label: lang.T(ctx, "全部年度")}}
	for _, y := range years {
		all = append(all, ui.Option{Value: strconv.Itoa(y), Label: strconv.Itoa(y)})
	}
	return all
}

// errOf is what went wrong with one form of the page.
func (v *editView) errOf(form string) error {
	if v.form == form {
		return v.err
	}
	return nil
}

func disclosureClass(ctx context.Context, class string) string {
	switch class {
	case "full":
		return lang.T(ctx, "全文公开")
	case "summary":
		return lang.T(ctx, "摘要公开")
	}
	return lang.T(ctx, "不公开")
}

func outcomeLabel(v *editView) string {
	c, _ := v.Case.Rules.Code("reply.outcomes", v.Case.Outcome)
	return c.Label
}

func panelFacts(ctx context.Context, st *publish.Standing) []ui.Item {
	items := []ui.Item{{Term: lang.T(ctx, "状态"), Value: standingBadge(ctx, st.Disclosure)}}
	if st.Reason != "" && (st.Office || st.State == publish.Refused || st.State == publish.Withdrawn) {
		items = append(items, ui.Say(lang.T(ctx, "理由"), st.Reason))
	}
	if st.Public != nil {
		items = append(items, ui.Item{Term: lang.T(ctx, "公开日期"), Value: ui.On(day(st.PublishedAt.Time))}, ui.Say(lang.T(ctx, "公开副本"), lang.T(ctx, "第%d版", st.Live)))
		var open []string
		for _, p := range st.Public.Open() {
			open = append(open, partName(ctx, p.Kind, p.Name))
		}
		items = append(items, ui.Say(lang.T(ctx, "公众可以看到"), strings.Join(open, lang.T(ctx, "、"))))
	}
	return items
}

func yearTabs(years []int, current int) []ui.Tab {
	var tabs []ui.Tab
	for _, y := range years {
		tabs = append(tabs, ui.Tab{Title: strconv.Itoa(y), URL: "/publish/figures?year=" + strconv.Itoa(y), Count: -1, Current: y == current})
	}
	return tabs
}

func day(t time.Time) calendar.Date { return calendar.On(t) }

// unitWord is the unit of a figure; a rate carries its own.
func unitWord(ctx context.Context, f *publish.OpenFigure) string {
	if f.Unit == "%" {
		return ""
	}
	return lang.Say(ctx, f.Unit)
}

// figureStat is a released figure; what a rate is of stands below it.
func figureStat(ctx context.Context, url string, f *publish.OpenFigure) ui.StatInfo {
	value, base, _ := strings.Cut(f.Value, "（")
	return ui.StatInfo{Label: lang.Say(ctx, f.Name), Value: value, Note: strings.TrimSuffix(base, "）"), Unit: unitWord(ctx, f), URL: url}
}

// description is a case in one line, for search engines and feeds.
func description(ctx context.Context, c *publish.OpenCase) string {
	s := ""
	if c.Meaning != "" {
		s = meaning(ctx, c.Meaning) + "。"
	}
	for _, r := range c.Replies {
		if len(r.Spans) > 0 {
			t := []rune(publish.Flat(r.Spans, c.Label))
			if len(t) > 120 {
				t = append(t[:120], '…')
			}
			return text(ctx, s+r.Name+"："+string(t))
		}
	}
	return text(ctx, s)
}

func fileURL(v *openView, c *publish.OpenCase, f publish.CopyFile) string {
	if v.preview && f.Kind != "" { // nothing is there yet for the public
		return caseURL(v.proposal) + "/files/" + strings.TrimPrefix(f.Key, "file:")
	}
	return "/open/" + v.Tenant.Code + "/cases/" + c.Code + "/files/" + f.ID
}
