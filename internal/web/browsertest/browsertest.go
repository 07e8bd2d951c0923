// Package browsertest drives a real Chromium for tests, the way a person does:
// by the words on buttons and the labels of fields, on a phone's or a desk's
// screen. Every page that it comes to, and every new look of one, is checked with axe.
//
// Main type: [Tab]. It owns no tables. It needs Chromium and the built assets,
// which "make test" installs; without them tests skip and say so.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	assets "shangliang/web"
)

// Screen is the size of a window in CSS pixels.
type Screen struct {
	Name          string
	Width, Height int64
}

// The two screens that everything is tried on.
var (
	Phone = Screen{"phone", 390, 844}
	Desk  = Screen{"desk", 1440, 900}
)

// Browser is one running Chromium; each person gets a [Tab] of their own.
type Browser struct {
	ctx  context.Context
	url  string
	axe  string
	seen map[string]bool // what pages were made of that were checked, by path
}

// Start starts Chromium for a site.
func Start(t testing.TB, url string) *Browser {
	t.Helper()
	if err := assets.Check(); err != nil {
		t.Skip(err)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("needs Chromium: make test installs it")
	}
	axe, err := os.ReadFile(filepath.Join(root(t), "web", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("needs axe-core: make assets installs it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatal(err)
	}
	return &Browser{ctx, url, string(axe), map[string]bool{}}
}

// root is the folder of go.mod.
func root(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}

// Tab is the window of one person. Its methods fail the test.
type Tab struct {
	T      testing.TB
	Name   string
	ctx    context.Context
	of     *Browser
	screen Screen
}

// Open opens a window of its own, with its own cookies.
func (b *Browser) Open(t testing.TB, name string, s Screen) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	tab := &Tab{T: t, Name: name, ctx: ctx, of: b, screen: s}
	tab.do(chromedp.EmulateViewport(s.Width, s.Height))
	return tab
}

func (b *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if chromedp.FromContext(b.ctx).Target == nil { // the first run binds the browser to its context
		ctx = b.ctx
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.T.Fatalf("%s: %v\n%s", b.Name, err, b.text())
	}
}

// eval evaluates a JavaScript expression.
func eval[T any](b *Tab, expression string) T {
	b.T.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.T.Fatalf("%s: %v in %s", b.Name, err, expression)
	}
	return v
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always marshals
	return string(b)
}

func (b *Tab) text() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body ? location.pathname + '\\n' + document.body.innerText : ''"))
	return text
}

// Text is what the first element of a selector says.
func (b *Tab) Text(css string) string {
	b.T.Helper()
	b.Is("document.querySelector(" + quote(css) + ")")
	return eval[string](b, "document.querySelector("+quote(css)+").innerText")
}

// Path is where the tab is.
func (b *Tab) Path() string { return eval[string](b, "location.pathname") }

// Visit goes to a path of the site.
func (b *Tab) Visit(path string) {
	b.T.Helper()
	b.do(chromedp.Navigate(b.of.url + path))
	b.arrived()
}

// Is waits until an expression is true in the page.
func (b *Tab) Is(expression string) {
	b.T.Helper()
	end := time.Now().Add(30 * time.Second)
	for {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			b.T.Fatalf("%s: never true: %s (%v)\n%s", b.Name, expression, err, b.text())
		}
		time.Sleep(25 * time.Millisecond)
	}
}

// Sees waits until texts stand on the page.
func (b *Tab) Sees(texts ...string) {
	b.T.Helper()
	for _, s := range texts {
		b.Is("document.body && document.body.innerText.includes(" + quote(s) + ")")
	}
}

// SeesNot fails if a text stands on the page.
func (b *Tab) SeesNot(texts ...string) {
	b.T.Helper()
	for _, s := range texts {
		if eval[bool](b, "document.body.innerText.includes("+quote(s)+")") {
			b.T.Errorf("%s sees %q at %s", b.Name, s, b.Path())
		}
	}
}

// find is a JavaScript function that finds what a person would click: the
// visible link, button or summary that reads exactly so, else the first that
// begins so, else one that contains it.
const find = `(words => {
	const shown = e => e.checkVisibility({visibilityProperty: true}) && !e.disabled;
	const all = [...document.querySelectorAll('dialog[open] button, dialog[open] a')].filter(shown);
	if (!all.length) all.push(...[...document.querySelectorAll('a[href], button, summary, label.btn, input[type=submit], [role=option], [role=tab]')].filter(shown));
	const says = e => (e.innerText || e.value || e.getAttribute('aria-label') || '').trim();
	const main = e => e.closest('main') ? 0 : 1;
	all.sort((a, b) => main(a) - main(b));
	return all.find(e => says(e) === words) || all.find(e => says(e).split('\n')[0].trim() === words) || all.find(e => says(e).startsWith(words)) || all.find(e => says(e).includes(words));
})`

// Click clicks what reads so, and waits for the page that follows if one does.
func (b *Tab) Click(words string) {
	b.T.Helper()
	b.Is(find + "(" + quote(words) + ")")
	b.press(find + "(" + quote(words) + ")")
}

// Offers reports whether there is something to click that reads so.
func (b *Tab) Offers(words string) bool {
	b.T.Helper()
	return eval[bool](b, "Boolean("+find+"("+quote(words)+"))")
}

// ClickCSS clicks the first element of a selector.
func (b *Tab) ClickCSS(css string) {
	b.T.Helper()
	b.Is("document.querySelector(" + quote(css) + ")")
	b.press("document.querySelector(" + quote(css) + ")")
}

// press clicks an element with the mouse where it is, as a person would: what
// lies under something else is not clicked.
func (b *Tab) press(element string) {
	b.T.Helper()
	eval[bool](b, "(addEventListener('beforeunload', () => { window.__leaving = true }), window.__leaving = false, window.__here = true)")
	point := eval[[]float64](b, `(e => { e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getClientRects()[0]; return [r.left + r.width / 2, r.top + r.height / 2]; })(`+element+`)`)
	if hit := eval[bool](b, fmt.Sprintf(`(e => { const x = document.elementFromPoint(%f, %f); return !!x && (e.contains(x) || x.contains(e)); })(%s)`, point[0], point[1], element)); !hit {
		b.T.Errorf("%s: something covers %s at %s", b.Name, element, b.Path())
	}
	b.do(chromedp.MouseClickXY(point[0], point[1]))
	b.settle()
}

// settle waits for the page that follows, if one does: a new page has lost the
// mark, one that is being left says so, one that stays does neither.
func (b *Tab) settle() {
	b.T.Helper()
	begin := time.Now()
	for time.Since(begin) < 30*time.Second {
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("!window.__here ? 'there' : window.__leaving ? 'leaving' : 'here'"))
		switch {
		case err == nil && at == "there":
			b.arrived()
			return
		case err == nil && at == "here" && time.Since(begin) > 200*time.Millisecond:
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.T.Fatalf("%s: no page comes after %s", b.Name, b.Path())
}

// Press presses keys, such as "j" or kb.Enter, and waits for the page that
// follows if one does.
func (b *Tab) Press(keys string) {
	b.T.Helper()
	eval[bool](b, "(addEventListener('beforeunload', () => { window.__leaving = true }), window.__leaving = false, window.__here = true)")
	b.do(chromedp.KeyEvent(keys))
	b.settle()
}

// field is a JavaScript function that finds the field with a label.
const field = `(label => {
	const shown = e => e.checkVisibility({visibilityProperty: true});
	const says = l => l.innerText.replace(/[*＊]|（必填）/g, '').trim();
	const labels = [...document.querySelectorAll('label, legend')].filter(shown);
	const l = labels.find(l => says(l).split('\n')[0].trim() === label) || labels.find(l => says(l).startsWith(label)) || labels.find(l => says(l).includes(label));
	if (!l) return null;
	return l.control || l.querySelector('input, select, textarea') || (l.parentElement && l.parentElement.querySelector('input, select, textarea'));
})`

// Fill types into the field with a label, replacing what is there.
func (b *Tab) Fill(label, value string) {
	b.T.Helper()
	b.Is(field + "(" + quote(label) + ")")
	eval[bool](b, `(e => { e.scrollIntoView({block: 'center', behavior: 'instant'}); e.focus(); if (e.select) e.select(); return true; })(`+field+"("+quote(label)+"))")
	if kind := eval[string](b, field+"("+quote(label)+").type"); kind == "date" || kind == "time" {
		eval[bool](b, `((e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true})); e.dispatchEvent(new Event('change', {bubbles: true})); return true; })(`+field+"("+quote(label)+"), "+quote(value)+")")
		return
	}
	// As if typed: the page sees the same events.
	eval[bool](b, "document.execCommand('delete') || true")
	eval[bool](b, "document.execCommand('insertText', false, "+quote(value)+")")
}

// Choose picks the option of a select that reads so.
func (b *Tab) Choose(label, option string) {
	b.T.Helper()
	b.Is(field + "(" + quote(label) + ")")
	ok := eval[bool](b, `((e, words) => { const o = [...e.options].find(o => o.text.trim() === words) || [...e.options].find(o => o.text.includes(words)); if (!o) return false;
		if (e.multiple) o.selected = true; else e.value = o.value; e.dispatchEvent(new Event('change', {bubbles: true})); return true; })(`+field+"("+quote(label)+"), "+quote(option)+")")
	if !ok {
		b.T.Fatalf("%s: %q has no option %q\n%s", b.Name, label, option, b.text())
	}
}

// Pick types a name into a field that looks things up and takes the one found.
func (b *Tab) Pick(label, name string) {
	b.T.Helper()
	b.Fill(label, name)
	option := "[...document.querySelectorAll('[role=listbox]:not([hidden]) [role=option]:not([aria-disabled])')].find(o => o.innerText.startsWith(" + quote(name) + "))"
	b.Is(option)
	b.press(option)
}

// Tick ticks the checkbox or radio button with a label; within names a legend or
// heading of the group, "" for anywhere.
func (b *Tab) Tick(within, label string) {
	b.T.Helper()
	element := `((within, label) => {
		const groups = within ? [...document.querySelectorAll('fieldset, [role=radiogroup], [role=group]')].filter(g => { const l = g.querySelector('legend') || document.getElementById(g.getAttribute('aria-labelledby')); return l && l.innerText.includes(within); }) : [document];
		for (const g of groups) {
			const l = [...g.querySelectorAll('label')].filter(l => l.checkVisibility({visibilityProperty: true}));
			const hit = l.find(l => l.innerText.trim() === label) || l.find(l => l.innerText.trim().startsWith(label));
			if (hit) return hit;
		}
		return null;
	})(` + quote(within) + ", " + quote(label) + ")"
	b.Is(element)
	eval[bool](b, "(("+element+").scrollIntoView({block: 'center', behavior: 'instant'}), true)")
	if !eval[bool](b, "(l => !!(l.control || l.querySelector('input')).checked)("+element+")") {
		b.press(element)
	}
}

// Slip reads what is printed in fixed width in the item of a list that a name
// stands in: sign-in name and one-time password.
func (b *Tab) Slip(name string) []string {
	b.T.Helper()
	return eval[[]string](b, "[...[...document.querySelectorAll('li')].find(li => li.innerText.includes("+quote(name)+")).querySelectorAll('code')].map(c => c.innerText)")
}

// Han lists the Chinese texts of menus, buttons, headings of tables and labels,
// but those of choices of language: a page in English has none.
func (b *Tab) Han() []string {
	b.T.Helper()
	return eval[[]string](b, `[...document.querySelectorAll('nav a, button, a.btn, th, label.form-label, legend, summary .btn, .drop-head')].filter(e => !e.closest('[lang]:not(html)') && !e.closest('.crumbs'))
		.map(e => (e.textContent + ' ' + (e.title || '')).trim()).filter(s => /\p{Script=Han}/u.test(s)).map(s => s.replace(/\s+/g, ' ').slice(0, 80))`)
}

// Upload gives files to the file field of a selector.
func (b *Tab) Upload(css string, files ...string) {
	b.T.Helper()
	b.do(chromedp.SetUploadFiles(chromedp.CSS(css), files))
}

// SetCookie gives the tab a cookie of the site.
func (b *Tab) SetCookie(name, value string) {
	b.T.Helper()
	b.do(chromedp.Navigate(b.of.url + "/healthz"))
	eval[bool](b, "(document.cookie = "+quote(name+"="+value+"; path=/")+") && true")
}

// arrived waits for the page and checks it: no error page, nothing wider than
// the screen, nothing that axe calls serious.
func (b *Tab) arrived() {
	b.T.Helper()
	b.Is("document.readyState === 'complete'")
	path := eval[string](b, "location.pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')")
	if !eval[bool](b, "!!document.querySelector('main')") || !b.news(path) {
		return
	}
	if wide := eval[float64](b, fmt.Sprintf("document.documentElement.scrollWidth - %d", b.screen.Width)); wide > 1 {
		b.T.Errorf("%s: %s is %.0f pixels wider than the %s", b.Name, path, wide, b.screen.Name)
	}
	b.Axe()
}

// news reports whether the page is made of anything that no page at its path
// was made of before: only then is it worth checking, at a second or so each.
func (b *Tab) news(path string) bool {
	b.T.Helper()
	found := false
	for _, part := range eval[[]string](b, `[...new Set([...document.body.querySelectorAll('*')].map(e => [e.tagName, e.className.baseVal ?? e.className, e.getAttribute('role'), e.type].join(' ')))]`) {
		if key := path + " " + part; !b.of.seen[key] {
			b.of.seen[key], found = true, true
		}
	}
	return found
}

// Axe fails the test for every serious or critical violation on the page.
func (b *Tab) Axe() {
	b.T.Helper()
	eval[bool](b, "(() => { "+b.of.axe+"; return true })()")
	eval[bool](b, `(() => { window.__axe = null; axe.run(document, {resultTypes: ['violations']}).then(r => window.__axe = r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
		.map(v => v.id + ': ' + v.help + ' — ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | '))); return true })()`)
	b.Is("window.__axe !== null")
	for _, v := range eval[[]string](b, "window.__axe") {
		b.T.Errorf("%s: %s on the %s: %s", b.Name, b.Path(), b.screen.Name, v)
	}
}

// Shoot keeps a picture of the whole page in the folder named by
// SHANGLIANG_SCREENSHOTS, if it is set.
func (b *Tab) Shoot(name string) {
	b.T.Helper()
	dir := os.Getenv("SHANGLIANG_SCREENSHOTS")
	if dir == "" {
		return
	}
	eval[bool](b, "(scrollTo({top: 0, behavior: 'instant'}), true)") // what sticks to the top is drawn there
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.T.Fatal(err)
	}
	file := filepath.Join(dir, strings.ReplaceAll(name, "/", "_")+"-"+b.screen.Name+".png")
	if err := os.WriteFile(file, png, 0o644); err != nil {
		b.T.Fatal(err)
	}
}
