package ui_test

import (
	"context"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/ui"
	assets "shangliang/web"
)

// checkPage tells what must hold on every page: a strict CSP does not break it,
// every field has a name, every reference has its target.
func checkPage(t *testing.T, doc *html.Node) {
	t.Helper()
	ids := map[string]int{}
	labels := map[string]bool{}
	var titles int
	each(doc, func(n *html.Node) {
		if id := attr(n, "id"); id != "" {
			ids[id]++
		}
		if n.Data == "label" {
			labels[attr(n, "for")] = true
		}
		if n.Data == "h1" {
			titles++
		}
	})
	if titles != 1 {
		t.Errorf("%d h1, want 1", titles)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	sprite, _ := fs.ReadFile(assets.FS, "icons.svg")
	each(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s>: the CSP forbids it", n.Data, a.Key)
			}
			if slices.Contains([]string{"aria-describedby", "aria-labelledby", "aria-controls", "for"}, a.Key) {
				for id := range strings.FieldsSeq(a.Val) {
					if ids[id] == 0 {
						t.Errorf("<%s %s=%q>: nothing has this id", n.Data, a.Key, id)
					}
				}
			}
			if a.Key == "href" && strings.HasPrefix(a.Val, "#") && ids[a.Val[1:]] == 0 {
				t.Errorf("<%s href=%q> leads nowhere", n.Data, a.Val)
			}
		}
		switch n.Data {
		case "style":
			t.Error("<style>: the CSP forbids it")
		case "script":
			if attr(n, "src") == "" && attr(n, "type") != "application/json" {
				t.Error("inline script: the CSP forbids it")
			}
		case "input", "select", "textarea":
			if attr(n, "type") != "hidden" && !labels[attr(n, "id")] && attr(n, "aria-label") == "" {
				t.Errorf("<%s name=%q> has no label", n.Data, attr(n, "name"))
			}
		case "button", "a", "summary", "h1", "h2", "th", "label", "legend", "option":
			if strings.TrimSpace(text(n)) == "" && attr(n, "class") != "pickbox" {
				t.Errorf("<%s %v> has no words", n.Data, n.Attr)
			}
		case "form":
			if attr(n, "method") == "post" && attr(n, "action") != "/sign-out" && attr(n, "action") != "/role" && attr(n, "action") != "/preferences" {
				found := false
				each(n, func(m *html.Node) { found = found || attr(m, "name") == ui.KeyField })
				if !found {
					t.Errorf("<form action=%q> has no request key", attr(n, "action"))
				}
			}
		case "use":
			_, name, _ := strings.Cut(attr(n, "href"), "#")
			if len(sprite) > 0 && !strings.Contains(string(sprite), `id="`+name+`"`) {
				t.Errorf("icon %q is not in the sprite", name)
			}
		}
	})
}

func each(n *html.Node, f func(*html.Node)) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode {
			f(d)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// find returns the first element with an attribute of this value.
func find(t *testing.T, s, key, value string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	var found *html.Node
	each(doc, func(n *html.Node) {
		if found == nil && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key && a.Val == value }) {
			found = n
		}
	})
	if found == nil {
		t.Fatalf("no element with %s=%q in\n%s", key, value, s)
	}
	return found
}

// In English nothing of the kit's own stays Chinese.
func TestEnglish(t *testing.T) {
	words, err := lang.New(nil, ui.Words, calendar.Words)
	if err != nil {
		t.Fatal(err)
	}
	ctx := lang.With(ui.WithChrome(t.Context(), &ui.Chrome{SignedIn: true, PersonName: "A", Menu: []ui.MenuGroup{{Items: []ui.MenuItem{{Path: "/", Title: "Home", Icon: "home"}, {Path: "/x", Title: "X", Icon: "x", Count: 3}}}}, Unread: 2}), words, lang.En)
	c := running("2026-04-13")
	c.Title, c.Why = "Reply", []string{"why"}
	out := render(t, ctx, page(ui.PageInfo{Title: "T"},
		ui.Clock(c), ui.Pager(ui.PagerInfo{Count: 3, Next: "/"}), ui.Steps("s", []ui.Step{{Title: "a", State: ui.StepDone, On: today}, {Title: "b", State: ui.StepCurrent}, {Title: "c"}, {Title: "d", State: ui.StepFailed}}),
		ui.FileField(ui.Field{Name: "f", Label: "F", MaxBytes: 1 << 20}), ui.Share("t", "a", "b", []ui.Part{{"x", 1, ""}}),
	))
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	switcher := regexp.MustCompile("简体|繁體")
	for d := range doc.Descendants() {
		if d.Type == html.TextNode && strings.ContainsFunc(switcher.ReplaceAllString(d.Data, ""), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("still Chinese: %q", d.Data)
		}
	}
}

// Every text of the kit has its English, and no English is left over.
func TestWords(t *testing.T) {
	used := map[string]bool{}
	call := regexp.MustCompile(`lang\.(?:T\(ctx, |Word\()"([^"]*)"`)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), "_templ.go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(b), -1) {
			if m[1] != "%s" { // a word that somebody else's catalogue has
				used[m[1]] = true
			}
		}
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(ui.Words)) {
		zh, _, _ := strings.Cut(line, "\t")
		known[zh] = true
		if !used[zh] {
			t.Errorf("en.tsv: %q is not used any more", zh)
		}
	}
	for zh := range used {
		if !known[zh] {
			t.Errorf("en.tsv: no English for %q", zh)
		}
	}
}

func TestClockState(t *testing.T) {
	for _, c := range []struct {
		name string
		in   ui.ClockInfo
		kind ui.Kind
		word string
	}{
		{"running", ui.ClockInfo{Started: "2026-03-01", Due: "2026-06-01", Today: today}, ui.Info, "进行中"},
		{"near", ui.ClockInfo{Started: "2025-12-12", Due: "2026-03-20", Today: today}, ui.Warn, "临近期限"},
		{"today", ui.ClockInfo{Started: "2025-12-12", Due: today, Today: today}, ui.Warn, "今天到期"},
		{"late", ui.ClockInfo{Started: "2025-12-12", Due: "2026-03-11", Today: today}, ui.Bad, "已逾期"},
		{"met", ui.ClockInfo{Started: "2025-12-12", Due: "2026-03-11", Met: "2026-03-11", Today: today}, ui.Good, "按期完成"},
		{"met late", ui.ClockInfo{Started: "2025-12-12", Due: "2026-03-10", Met: "2026-03-11", Today: today}, ui.Warn, "逾期完成"},
		{"paused", ui.ClockInfo{Started: "2025-12-12", Due: "2026-03-10", Paused: true, Today: today}, ui.Neutral, "计时暂停中"},
	} {
		if kind, word := c.in.State(t.Context()); kind != c.kind || word != c.word {
			t.Errorf("%s: %v %q, want %v %q", c.name, kind, word, c.kind, c.word)
		}
	}
}

func TestWith(t *testing.T) {
	for _, c := range []struct{ here, name, value, want string }{
		{"/p", "sort", "due", "/p?sort=due"},
		{"/p?sort=due&after=x", "sort", "-due", "/p?sort=-due"},
		{"/p?state=a&before=y", "state", "", "/p"},
		{"/p?%zz", "q", "a b", "/p?q=a+b"},
	} {
		if got := ui.With(c.here, c.name, c.value); got != c.want {
			t.Errorf("With(%q, %q, %q) = %q, want %q", c.here, c.name, c.value, got, c.want)
		}
	}
}

// A field finds its message by its name, is described by it, and keeps what was typed.
func TestFieldError(t *testing.T) {
	wrong := errs.Fields{}
	wrong.Add("title", "题目不能少于%d个字", 5)
	out := render(t, t.Context(), with(ui.Form(ui.FormInfo{ID: "x", Action: "/p", Err: wrong.Err()}), ui.TextField(ui.Field{Name: "title", Label: "题目", Value: `"<b>`, Help: "帮助"})))
	in := find(t, out, "name", "title")
	if attr(in, "aria-invalid") != "true" || attr(in, "aria-describedby") != "x-title-err x-title-help" || attr(in, "value") != `"<b>` {
		t.Errorf("field: %v", in.Attr)
	}
	if got := strings.TrimSpace(text(find(t, out, "id", "x-title-err"))); got != "题目不能少于5个字" {
		t.Errorf("message: %q", got)
	}
	if attr(find(t, out, "href", "#x-title"), "href") == "" {
		t.Error("the summary does not lead to the field")
	}
}

// An internal error is never told.
func TestInternalErrorIsSilent(t *testing.T) {
	out := render(t, t.Context(), ui.Form(ui.FormInfo{Action: "/p", Err: io.ErrUnexpectedEOF}))
	if strings.Contains(out, "EOF") || strings.Contains(out, "alert") {
		t.Errorf("told: %s", out)
	}
}

func TestHighlight(t *testing.T) {
	for _, c := range []struct {
		text  string
		spans []ui.Span
		want  string
	}{
		{"养老<服务>", []ui.Span{{0, 6}}, "<mark>养老</mark>&lt;服务&gt;"},
		{"abc", []ui.Span{{2, 3}, {0, 1}, {1, 9}}, "ab<mark>c</mark>"},
		{"abc", nil, "abc"},
	} {
		if got := render(t, t.Context(), ui.Highlight(c.text, c.spans)); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -54321: "-54,321"} {
		if got := ui.Thousands(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

// The bottom bar of a phone has at most five places, and all else is behind the last.
func TestBottomBar(t *testing.T) {
	var items []ui.MenuItem
	for _, p := range []string{"/a", "/b", "/c", "/d", "/e", "/f"} {
		items = append(items, ui.MenuItem{Path: p, Title: p, Icon: "home", Primary: true})
	}
	for n, want := range map[int]int{3: 3, 5: 5, 6: 5} {
		out := render(t, ui.WithChrome(t.Context(), &ui.Chrome{SignedIn: true, Menu: []ui.MenuGroup{{Items: items[:n]}}}), ui.Page(ui.PageInfo{Title: "t"}))
		links := 0
		each(find(t, out, "class", "bottom"), func(m *html.Node) {
			if m.Data == "a" {
				links++
			}
		})
		if links != want {
			t.Errorf("%d items: %d places, want %d", n, links, want)
		}
	}
}

// A list of fifty rows in its frame must cost well under a millisecond.
func BenchmarkList(b *testing.B) {
	rows := make([]ui.Row, 50)
	for i := range rows {
		c := running("2026-04-13")
		rows[i] = ui.Row{ID: "x", Href: "/proposals/x", Name: "第001号", Cells: []templ.Component{ui.Str("关于加快建设社区养老服务中心的提案"), ui.Str("第001号"), ui.Str("沈岚"), ui.Badge(ui.Info, "办理中"), ui.DueBadge(c), ui.On("2025-12-12")}}
	}
	words, err := lang.New(nil, ui.Words, calendar.Words)
	if err != nil {
		b.Fatal(err)
	}
	ctx := lang.With(ui.WithChrome(context.Background(), clerk), words, lang.Hans)
	list := page(ui.PageInfo{Title: "全部提案"}, ui.Table(ui.TableInfo{Rows: rows, Columns: []ui.Column{{Title: "题目"}, {Title: "案号"}, {Title: "提案者"}, {Title: "状态"}, {Title: "期限"}, {Title: "交办"}}, Bulk: &ui.Bulk{URL: "/x"}}))
	b.ReportAllocs()
	for b.Loop() {
		if err := list.Render(ctx, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
