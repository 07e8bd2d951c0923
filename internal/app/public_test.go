package app_test

import (
	"bytes"
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
	"shangliang/internal/publish"
	"shangliang/internal/web/webtest"
)

// reader is somebody who is not signed in and keeps what a cache would keep.
type reader struct {
	*webtest.Client
	t     *testing.T
	known map[string]string // path → ETag of the last answer
	body  map[string]string // path → body of the last answer
}

// reads follows every link from the public entrances and asks again for
// everything that was ever seen, with the tag that a cache has of it. It returns
// what is answered, by path.
func (r *reader) reads() map[string]string {
	r.t.Helper()
	seen := map[string]string{}
	queue := []string{"/open", "/robots.txt", "/open/lc", "/open/lc/sitemap.xml", "/open/lc/feed.atom", "/open/lc/data", "/api/v1/open", "/api/v1/open/lc", "/api/v1/open/lc/cases",
		"/api/v1/open/lc/cases/2026-0001", "/api/v1/open/lc/units", "/api/v1/open/lc/figures", "/open/lc/figures", "/open/lc/cases?lang=zh-Hant", "/open/lc?lang=en"}
	for path := range r.known {
		queue = append(queue, path)
		if code, ok := strings.CutPrefix(path, "/open/lc/cases/"); ok && !strings.ContainsAny(code, "?/") {
			queue = append(queue, "/api/v1/open/lc/cases/"+code, path+"/comment", path+"/files/1", path+"/files/2", path+"/files/9")
		}
	}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if _, done := seen[path]; done || !strings.HasPrefix(path, "/open") && !strings.HasPrefix(path, "/api/v1/open") && path != "/robots.txt" {
			continue
		}
		r.Header.Del("If-None-Match")
		if tag := r.known[path]; tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		a := r.Get(path)
		r.Header.Del("If-None-Match")
		body := a.Body
		switch a.Status {
		case 304: // the cache shows what it has
			body = r.body[path]
		case 200:
			if cache := a.Header.Get("Cache-Control"); strings.Contains(cache, "max-age") || !strings.Contains(cache, "no-") {
				r.t.Errorf("%s may be kept without asking: %q", path, cache)
			}
			if c := a.Header.Get("Set-Cookie"); c != "" {
				r.t.Errorf("%s sets a cookie: %s", path, c)
			}
		case 404:
			if a.Header.Get("Cache-Control") != "no-store" && !strings.HasPrefix(path, "/api/") {
				r.t.Errorf("%s: the absence may be kept: %q", path, a.Header.Get("Cache-Control"))
			}
		default:
			r.t.Errorf("%s answers %d", path, a.Status)
		}
		seen[path], r.body[path], r.known[path] = body, body, a.Header.Get("ETag")
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.Status != 200 {
			continue
		}
		for _, sel := range []string{"a[href]", "link[href]"} {
			for _, node := range a.Select(sel) {
				for _, attr := range node.Attr {
					if link := local(path, attr.Val); attr.Key == "href" && link != "" {
						queue = append(queue, link)
					}
				}
			}
		}
	}
	return seen
}

// finds says whether the public search, by page or by REST, finds something.
func (r *reader) finds(words string) bool {
	page := r.Get("/open/lc/cases?q=" + url.QueryEscape(words))
	rest := r.Get("/api/v1/open/lc/cases?q=" + url.QueryEscape(words))
	return len(page.Select(".open-cases li")) > 0 || strings.Contains(rest.Body, `"id"`)
}

// TestPublicHidesNothingFound plays publication step by step. After each, the
// public reads everything it can reach, caches included: what is public stands
// there, and what is not stands nowhere.
func TestPublicHidesNothingFound(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	text := w.Text()
	text.Situation = "城西排洪渠多年未清淤，沿渠住户柳三变（13900001111，家住柳荫路18号3幢502室）反映两次漫堤。"
	p := w.PlayText(proposal.FollowingUp, text)
	c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
	must(t, err)
	file := "验收意见：合格。\n记录人电话 13700002222，内部结论：暂缓付款。"
	_, err = w.Proposals.Attach(w.As("江承平"), p.ID, proposal.Upload{Purpose: "evidence", Assignment: c.Assignments[0].ID, Name: "验收-13600003333.txt", Size: int64(len(file)), Content: bytes.NewReader([]byte(file))})
	must(t, err)
	c, err = w.Proposals.Get(w.As("柳文书"), p.ID)
	must(t, err)
	reply, attachment := "reply:"+c.Assignments[0].ID, "file:"+c.Files[0].ID
	var d *publish.Disclosure
	do := func(who, action, reason string) {
		t.Helper()
		d, err = w.Publish.Do(w.As(who), p.ID, d.Version, action, publish.Input{Reason: reason})
		must(t, err)
	}
	save := func(ch publish.Changes) {
		t.Helper()
		d, err = w.Publish.Save(w.As("柳文书"), p.ID, d.Version, ch)
		must(t, err)
	}
	comment := func(text string) *publish.Comment {
		t.Helper()
		site, err := w.Publish.Public().Site(context.Background(), "lc")
		must(t, err)
		must(t, w.Publish.Comment(context.Background(), site, d.Code, publish.Reader{Name: "渠边人", Text: text, Contact: "微信号渠边七七", Device: text}))
		all, _, err := w.Publish.Comments(w.As("柳文书"), publish.Waiting, "")
		must(t, err)
		return all[len(all)-1]
	}
	// What the office does about the case, and all there is about another that is
	// never published; the neighbour's site is open, with comments that wait.
	kept := within(t, w, p.ID, "暗号本件")
	quiet := w.Text()
	quiet.Title, quiet.Situation = "关于暗号他案的提案", "暗号他案从不公开。"
	hidden := w.PlayText(proposal.FollowingUp, quiet)
	for path, id := range within(t, w, hidden.ID, "暗号他案") {
		kept[path+"2"] = id
	}
	other := w.Neighbour()
	loud := other.Text()
	loud.Title = "关于邻县公开的提案"
	theirs := other.PlayText(proposal.FollowingUp, loud)
	for path, id := range within(t, other, theirs.ID, "暗号邻县") {
		kept[path+"3"] = id
	}
	public, err := w.Publish.ProposeAsPlanned(other.As("柳文书"), theirs.ID)
	must(t, err)
	public, err = w.Publish.Do(other.As("莫定安"), theirs.ID, public.Version, "publish", publish.Input{})
	must(t, err)
	beyond, err := w.Publish.Public().Site(context.Background(), "wx")
	must(t, err)
	must(t, w.Publish.Comment(context.Background(), beyond, public.Code, publish.Reader{Name: "邻县人", Text: "暗号邻县留言", Device: "a"}))
	must(t, w.Publish.Comment(context.Background(), beyond, public.Code, publish.Reader{Name: "邻县人", Text: "邻县的留言已经公开", Device: "b"}))
	waiting, _, err := w.Publish.Comments(other.As("柳文书"), publish.Waiting, "")
	must(t, err)
	for _, x := range waiting {
		if x.Text == "邻县的留言已经公开" {
			must(t, w.Publish.Judge(other.As("柳文书"), x.ID, 0, true, ""))
		}
	}
	var judged *publish.Comment
	// Never public, whatever happens.
	never := []string{"13900001111", "柳荫路18号", "江承平", "1234567", "还应抓紧", "实地看了渠段", "微信号渠边七七", "13700002222", "13600003333", "渠道由三个单位", "暂缓付款", "暗号", hidden.ID, p.ID, w.People["余知秋"], other.People["余知秋"], theirs.ID}
	for _, id := range kept {
		never = append(never, id)
	}
	const title, name, situation, suggestion, answer, promise, wet, rails, spam = "疏浚临川县城西排洪渠", "余知秋", "反映两次漫堤", "汛前完成清淤；三、", "您的提案收悉", "汛前完成清淤", "验收意见", "能不能装护栏", "见不得人的话"
	all := []string{title, name, situation, suggestion, answer, promise, wet, rails, spam, "柳三变"}
	r := &reader{Client: webtest.New(t, w.Router), t: t, known: map[string]string{}, body: map[string]string{}}
	for _, step := range []struct {
		what   string
		do     func()
		public []string
	}{
		{"before anything", func() {}, nil},
		{"while it is prepared", func() {
			d, err = w.Publish.Start(w.As("柳文书"), p.ID)
			must(t, err)
			save(publish.Changes{Plan: map[string]publish.Choice{"analysis": {Mode: publish.Closed, Reason: "process"}, attachment: {Mode: publish.Full}},
				Add: []publish.Mark{{Text: "内部结论：暂缓付款", Code: "other"}}})
		}, nil},
		{"while it waits", func() { do("柳文书", "propose", "") }, nil},
		{"published", func() { do("莫定安", "publish", "") }, []string{title, name, situation, suggestion, answer, promise, wet, "柳三变"}},
		{"with comments that wait", func() { judged = comment("渠边" + rails); comment(spam) }, []string{title, name, situation, suggestion, answer, promise, wet, "柳三变"}},
		{"a comment approved", func() { must(t, w.Publish.Judge(w.As("柳文书"), judged.ID, 0, true, "")) }, []string{title, name, situation, suggestion, answer, promise, wet, rails, "柳三变"}},
		{"a redaction added", func() {
			d, err = w.Publish.Reduce(w.As("柳文书"), p.ID, d.Version, nil, []publish.Mark{{Text: "柳三变", Code: "name"}}, "", "本人要求")
			must(t, err)
		}, []string{title, name, situation, suggestion, answer, promise, wet, rails}},
		{"parts withdrawn", func() {
			d, err = w.Publish.Reduce(w.As("柳文书"), p.ID, d.Version, []string{reply, attachment}, nil, "privacy", "涉及个人")
			must(t, err)
		}, []string{title, name, situation, suggestion, promise, rails}},
		{"while it is revised", func() {
			do("柳文书", "revise", "")
			save(publish.Changes{Plan: map[string]publish.Choice{"proposer": {Mode: publish.Closed, Reason: "privacy"}, "suggestions": {Mode: publish.Closed, Reason: "process"}}})
		}, []string{title, name, situation, suggestion, promise, rails}},
		{"revised", func() { do("柳文书", "propose", ""); do("莫定安", "publish", "") }, []string{title, situation, promise, rails}},
		{"a comment taken down", func() { must(t, w.Publish.Judge(w.As("柳文书"), judged.ID, 0, false, "不合适")) }, []string{title, situation, promise}},
		{"withdrawn", func() { do("莫定安", "withdraw", "当事人要求") }, nil},
		{"published again", func() { do("柳文书", "revise", ""); do("柳文书", "propose", ""); do("莫定安", "publish", "") }, []string{title, situation, promise}},
		{"the site closed", func() {
			_, err := w.Rules.Save(w.As("柳文书"), map[string]string{"publish.site": "false"}, "", "", 0)
			must(t, err)
		}, nil},
	} {
		step.do()
		pages := r.reads()
		beside := ""
		for path, body := range pages {
			if strings.Contains(path, "/open/wx") { // the neighbour's own, where only what is never public counts
				beside += body
				for _, words := range never[:len(never)-len(kept)] {
					if strings.Contains(body, words) && words != "渠道由三个单位" && words != "江承平" {
						t.Errorf("%s: %q stands at %s", step.what, words, path)
					}
				}
				delete(pages, path)
			} else if path != "/open" && !strings.HasPrefix(path, "/open?") && path != "/api/v1/open" && (strings.Contains(body, "邻县") || strings.Contains(body, "望溪")) {
				t.Errorf("%s: %s shows something of the neighbour", step.what, path)
			}
		}
		if !strings.Contains(beside, "关于邻县公开的提案") || !strings.Contains(beside, "邻县的留言已经公开") {
			t.Errorf("%s: the reader did not come to the neighbour's site", step.what)
		}
		for _, words := range all {
			want := slices.Contains(step.public, words)
			found := ""
			for path, body := range pages {
				if strings.Contains(body, words) {
					found = path
				}
			}
			switch {
			case want && found == "":
				t.Errorf("%s: %q stands nowhere", step.what, words)
			case !want && found != "" && !(words == promise && strings.Contains(strings.Join(step.public, " "), promise)):
				t.Errorf("%s: %q stands at %s", step.what, words, found)
			}
			if words != wet && words != rails && words != "柳三变" && want != r.finds(words) && !(words == promise) && !(words == suggestion) {
				t.Errorf("%s: a search for %q finds: %v", step.what, words, !want)
			}
		}
		for _, words := range never {
			for path, body := range pages {
				if strings.Contains(body, words) {
					t.Errorf("%s: %q stands at %s", step.what, words, path)
				}
			}
			if r.finds(words) {
				t.Errorf("%s: a search finds %q", step.what, words)
			}
		}
		for _, path := range []string{"/open/lc", "/open/lc/cases", "/open/lc/cases/2026-0001", "/open/lc/data/cases.csv", "/open/lc/data/cases.json", "/open/lc/feed.atom", "/api/v1/open/lc/cases", "/api/v1/open/lc/cases/2026-0001"} {
			if want := len(step.public) > 0; want != strings.Contains(pages[path], title) && (want || r.known[path] != "" || pages[path] != "") {
				t.Errorf("%s: %s shows the case: %v", step.what, path, !want)
			}
		}
		if len(step.public) > 0 && len(pages) < 25 {
			t.Errorf("%s: only %d pages", step.what, len(pages))
		}
		// Nothing changed since: a cache is told so.
		again := 0
		for path, tag := range r.known {
			if tag == "" || r.body[path] == "" {
				continue
			}
			r.Header.Set("If-None-Match", tag)
			if a := r.Get(path); a.Status == 304 {
				again++
			}
			r.Header.Del("If-None-Match")
		}
		if len(step.public) > 0 && again < 10 {
			t.Errorf("%s: only %d answers are confirmed without being sent again", step.what, again)
		}
	}
	// Nor does anybody who is not signed in open one of the records by its address.
	for _, id := range append(slices.Collect(maps.Values(kept)), hidden.ID, theirs.ID) {
		for _, route := range w.Router.Routes() {
			if route.Method != "GET" || !strings.Contains(route.Path, "{") {
				continue
			}
			if a := r.Get(fill(route.Path, id)); a.Status == 200 {
				t.Errorf("%s opens to everybody with %s", route.Path, id)
			}
		}
	}
}

// must ends the test with an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
