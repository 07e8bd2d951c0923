package ui_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"shangliang/internal/ui"
	assets "shangliang/web"
)

// site is a small site made of the kit's parts that remembers what was sent, so
// that the scripts are tried in a real browser under the real content policy.
type site struct {
	*httptest.Server
	mu      sync.Mutex
	sent    []sending
	text    string // the draft as the server has it
	version string
	answer  int // how a save of the draft is answered
}

type sending struct {
	path string
	form map[string][]string
}

const policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func newSite(t *testing.T) *site {
	s := &site{version: "1", answer: http.StatusOK}
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, assets.Handler())
	mux.Handle("GET /sw.js", assets.ServiceWorker())
	show := func(c *ui.Chrome, page func() templ.Component) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			s.mu.Lock()
			p := page()
			s.mu.Unlock()
			if err := p.Render(ui.WithChrome(r.Context(), c), w); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("GET /draft", show(member, func() templ.Component {
		version := int64(s.version[0] - '0')
		return page(ui.PageInfo{Title: "草稿"}, with(ui.Form(ui.FormInfo{Action: "/draft", Autosave: "/draft/save", Version: version}),
			ui.TextField(ui.Field{Name: "title", Label: "题目", Value: s.text, Max: 5}), ui.Submit("提交")))
	}))
	mux.HandleFunc("GET /list", show(clerk, listPage))
	mux.HandleFunc("GET /form", show(member, func() templ.Component {
		return page(ui.PageInfo{Title: "表"}, with(ui.Form(ui.FormInfo{Action: "/send", Upload: true}),
			ui.RadioField(ui.Field{Name: "kind", Label: "类别", Value: "one", Options: ui.Options("one", "个人", "joint", "联名")}),
			ui.TextField(ui.Field{Name: "who", Label: "联名人", ShowWhen: "kind=joint", Required: true}),
			ui.SelectField(ui.Field{Name: "unit", Label: "单位", Pick: "list", Options: ui.Options("u1", "县民政局", "u2", "县财政局", "u3", "县教育局")}),
			ui.FileField(ui.Field{Name: "file", Label: "附件", MaxBytes: 1000}),
			ui.Submit("提交")))
	}))
	mux.HandleFunc("GET /done", show(member, func() templ.Component { return page(ui.PageInfo{Title: "完成"}) }))
	mux.HandleFunc("GET /sign-in", show(&ui.Chrome{}, func() templ.Component { return ui.Plain("登录") }))
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseMultipartForm(1 << 20) // other kinds of form are parsed all the same
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = append(s.sent, sending{r.URL.Path, r.PostForm})
		if r.URL.Path != "/draft/save" {
			time.Sleep(300 * time.Millisecond) // time for a second click
			http.Redirect(w, r, "/done", http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		answer := map[string]any{}
		switch {
		case s.answer == http.StatusConflict && r.PostForm.Get("version") == s.version:
			s.answer = http.StatusOK
			fallthrough
		case s.answer == http.StatusOK:
			s.text, s.version = r.PostForm.Get("title"), string(s.version[0]+1)
			answer["version"] = s.version
		case s.answer == http.StatusConflict:
			answer = map[string]any{"version": s.version, "fields": map[string]string{"title": s.text}}
		}
		w.WriteHeader(s.answer)
		_ = json.NewEncoder(w).Encode(answer)
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// set changes what the server does or has.
func (s *site) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// posts returns what was sent to a path so far.
func (s *site) posts(path string) []map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []map[string][]string
	for _, x := range s.sent {
		if x.path == path {
			out = append(out, x.form)
		}
	}
	return out
}

// browser is one tab. Its methods fail the test.
type browser struct {
	t   *testing.T
	ctx context.Context
	url string
}

func open(t *testing.T, s *site) *browser {
	t.Helper()
	if err := assets.Check(); err != nil {
		t.Skip(err)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("needs Chromium: make test installs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t, ctx, s.URL}
	b.do(chromedp.EmulateViewport(1280, 900))
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	// The first run binds the browser to its context, so that one has no limit.
	if chromedp.FromContext(b.ctx).Target == nil {
		ctx = b.ctx
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + path))
}

func (b *browser) click(css string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS(css))) }
func (b *browser) keys(css, text string) {
	b.t.Helper()
	b.do(chromedp.SendKeys(chromedp.CSS(css), text))
}

// is waits until an expression is true in the page.
func (b *browser) is(expression string) {
	b.t.Helper()
	end := time.Now().Add(10 * time.Second)
	for {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.querySelector('main')?.innerText || ''"))
			b.t.Fatalf("never true: %s (%v)\n%s", expression, err, text)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

// wait waits until a condition of the server holds.
func (b *browser) wait(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(30 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal("never happened: " + what)
		}
	}
}

const title = `document.querySelector('main [name=title]').value`
const state = `document.querySelector('[data-save-state]').textContent`

// A text that is being written reaches the server by itself, outlives a lost
// session, and is not overwritten by somebody else's.
func TestBrowserAutosave(t *testing.T) {
	s := newSite(t)
	b := open(t, s)

	b.visit("/draft")
	b.keys("main [name=title]", "甲")
	b.is(state + `.startsWith('已保存')`)
	if got := s.posts("/draft/save"); len(got) != 1 || got[0]["title"][0] != "甲" || got[0]["version"][0] != "1" {
		t.Fatalf("saved: %v", got)
	}

	s.set(func() { s.answer = http.StatusUnauthorized })
	b.keys("main [name=title]", "乙")
	b.is(state + `.includes('登录已失效')`)
	b.visit("/sign-in")
	s.set(func() { s.answer = http.StatusOK })
	b.visit("/draft")
	b.is(title + ` === '甲乙'`)
	b.wait("the restored text is saved", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.text == "甲乙" })

	s.set(func() { s.answer, s.version, s.text = http.StatusConflict, "8", "别人的" })
	b.keys("main [name=title]", "丙")
	b.is(`document.querySelector('dialog[open] pre')`)
	b.is(`[...document.querySelectorAll('dialog pre')].map((p) => p.textContent).join() === '甲乙丙,别人的'`)
	b.click("dialog .btn-primary")
	b.wait("my text won", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.text == "甲乙丙" })

	// Sent for good: the copy in the browser goes once the next page is there.
	b.click("main form button.btn-primary")
	b.is(`location.pathname === '/done' && document.readyState === 'complete'`)
	b.is(`!Object.keys(localStorage).some((k) => k.startsWith('draft|'))`)
}

// The second of two quick clicks does nothing.
func TestBrowserDoubleClick(t *testing.T) {
	s := newSite(t)
	b := open(t, s)
	b.visit("/draft")
	b.is(`document.querySelector('.field-count').textContent === '0 / 5 字'`)
	b.keys("main [name=title]", "𠮷𠮷")
	b.is(`document.querySelector('.field-count').textContent === '2 / 5 字'`) // one character each
	b.do(chromedp.DoubleClick(chromedp.CSS("main form button.btn-primary")))
	b.is(`location.pathname === '/done'`)
	if got := s.posts("/draft"); len(got) != 1 || got[0][ui.KeyField][0] == "" {
		t.Errorf("sent %d times: %v", len(got), got)
	}
}

// Who sends while the page is saving sends after it: on what was just saved, not
// against it.
func TestBrowserSendWhileSaving(t *testing.T) {
	s := newSite(t)
	b := open(t, s)
	b.visit("/draft")
	s.mu.Lock() // the server takes its time
	b.keys("main [name=title]", "甲")
	b.is(state + `.startsWith('正在保存')`)
	b.click("main form button.btn-primary")
	s.mu.Unlock()
	b.is(`location.pathname === '/done'`)
	if got := s.posts("/draft"); len(got) != 1 || got[0]["version"][0] != "2" || got[0]["title"][0] != "甲" {
		t.Errorf("sent: %v", got)
	}
}

// Rows are selected together, by keyboard too, and what cannot be undone is
// asked before.
func TestBrowserBulk(t *testing.T) {
	s := newSite(t)
	b := open(t, s)
	b.visit("/list")
	b.is(`document.querySelector('.bulk').hidden`)
	b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent("x"), chromedp.KeyEvent("j"), chromedp.KeyEvent("x"))
	b.is(`document.querySelector('[data-selected]').textContent === '已选 2'`)
	b.click("[data-select-all]")
	b.is(`document.querySelector('[data-selected]').textContent === '已选 12'`)

	b.click(".bulk [value=decline]")
	b.click("dialog .btn:not(.btn-primary)")
	b.is(`!document.querySelector('dialog')`)
	if got := s.posts("/proposals/bulk"); len(got) != 0 {
		t.Fatalf("sent although it was refused: %v", got)
	}
	b.click(".bulk [value=decline]")
	b.click("dialog .btn-primary")
	b.is(`location.pathname === '/done'`)
	got := s.posts("/proposals/bulk")
	if len(got) != 1 || len(got[0]["id"]) != 12 || !slices.Equal(got[0]["action"], []string{"decline"}) {
		t.Errorf("sent: %v", got)
	}
}

// Fields that do not count are not sent; a list that one types into sends what
// was picked; a file that is too large does not travel.
func TestBrowserForm(t *testing.T) {
	s := newSite(t)
	b := open(t, s)
	b.visit("/form")
	b.is(`document.querySelector('[name=who]').disabled`)
	b.click("[name=kind][value=joint]")
	b.is(`!document.querySelector('[name=who]').disabled && document.querySelector('[name=who]').offsetParent`)
	b.click("[name=kind][value=one]")

	b.keys("main [role=combobox]", "czj") // as 财政局 is said
	b.is(`document.querySelectorAll('[role=option]').length === 1`)
	b.keys("main [role=combobox]", "\r")
	b.is(`document.querySelector('select[name=unit]').value === 'u2' && document.querySelector('main [role=combobox]').value === '县财政局'`)

	dir := t.TempDir()
	writeFile(t, dir+"/large.pdf", make([]byte, 2000))
	writeFile(t, dir+"/small.pdf", make([]byte, 200))
	b.do(chromedp.SetUploadFiles(chromedp.CSS("[type=file]"), []string{dir + "/large.pdf"}))
	b.is(`document.querySelector('[type=file]').validationMessage.includes('large.pdf')`)
	b.do(chromedp.SetUploadFiles(chromedp.CSS("[type=file]"), []string{dir + "/small.pdf"}))
	b.click("main form button.btn-primary")
	b.is(`location.pathname === '/done' && document.querySelector('h1').textContent === '完成'`)
	got := s.posts("/send")
	if len(got) != 1 || got[0]["who"] != nil || !slices.Equal(got[0]["unit"], []string{"u2"}) {
		t.Errorf("sent: %v", got)
	}
}

// Theme and size change on the spot and are told to the server.
func TestBrowserPreferences(t *testing.T) {
	s := newSite(t)
	b := open(t, s)
	b.visit("/done")
	b.click("details.drop summary")
	b.click("[name=theme][value=dark]")
	b.is(`document.documentElement.dataset.bsTheme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(22, 24, 27)'`)
	b.click("[name=size][value=large]")
	b.is(`getComputedStyle(document.documentElement).fontSize === '20px'`)
	b.wait("the server was told", func() bool { return len(s.posts("/preferences")) == 2 })
	b.do(chromedp.KeyEvent("\x1b"))
	b.is(`!document.querySelector('details.drop').open`)
}

// Nothing on any page is stopped by the content policy or fails in a script.
func TestBrowserConsole(t *testing.T) {
	s := newSite(t)
	b := open(t, s)
	b.do()
	ctx, stop := context.WithCancel(b.ctx)
	messages := chromedp.Console(ctx)
	for _, path := range []string{"/list", "/form", "/draft", "/done", "/sign-in"} {
		b.visit(path)
		b.is(`document.readyState === 'complete'`)
	}
	// The page says one thing itself, so that the list is known to be read.
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`console.log("the end") || true`)); err != nil {
		t.Fatal(err)
	}
	defer stop()
	for m, err := range messages {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(m.Text, "the end") {
			return
		}
		if m.Type == "error" || m.IsException() {
			t.Errorf("%s: %s", m.URL, m.Text)
		}
	}
	t.Error(io.ErrUnexpectedEOF)
}
