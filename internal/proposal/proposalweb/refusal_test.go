package proposalweb_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"shangliang/internal/web/webtest"
)

// value is an attribute of the first element that a selector finds.
func value(t *testing.T, a *webtest.Answer, sel, name string) string {
	t.Helper()
	found := a.Select(sel)
	if len(found) == 0 {
		t.Fatalf("no %s in\n%.3000s", sel, a.Body)
	}
	return attribute(found[0], name)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// TestWrongStep: a step that the state does not allow is told as such, and the
// page then shows the case as it is, with what was typed.
func TestWrongStep(t *testing.T) {
	p := here(t)
	path := p.submitted()
	p.as("莫定安").PostForm(path+"/file", "version", "4", "reason", "选题重要，拟予立案").Want(409).Contains("办理进程", "选题重要，拟予立案")
	p.as("莫定安").PostForm(path+"/nothing", "version", "4").Want(422)
	p.as("莫定安").PostForm(path + "/file").Want(422) // nobody changes what they have not seen
	p.as("余知秋").PostForm(path+"/file", "version", "4").Want(403)
	p.as("高望舒").PostForm(path+"/receive", "version", "4").Want(403)
	p.as("水清源").PostForm(path+"/receive", "version", "4").Want(404) // out of a department's reach
	p.as("柳文书").Get(path + "/receive").Want(303)                    // has its form on the case page
	p.as("柳文书").Get(path + "/nothing").Want(303)
}

// TestTwoClerks: the second of two clerks is told, keeps the words, sees the new
// state and can act on it.
func TestTwoClerks(t *testing.T) {
	p := here(t)
	path := p.submitted()
	first := p.as("柳文书").Get(path).Want(200)
	second := p.w.Browser(t, "柳文书")
	p.as("柳文书").Submit(first, "form#do-receive-form").Want(303)
	late := second.Submit(first, "form#do-return-form", "reason", "请补充清淤的数据和费用").Want(409)
	late.Contains("请补充清淤的数据和费用", "刚刚被其他人修改过")
	second.Submit(late, "form#do-return-form").Want(303)
	p.as("余知秋").Get(path).Want(200).Contains("退回修改", "请补充清淤的数据和费用")
}

// TestMissingInput: an empty reason is told at its field.
func TestMissingInput(t *testing.T) {
	p := here(t)
	path := p.submitted()
	a := p.do("柳文书", path, "return", "reason", "  ").Want(422)
	if got := value(t, a, "textarea[name=reason]", "aria-invalid"); got != "true" {
		t.Errorf("the field is not marked")
	}
	a.Contains("请填写“退回理由”")
}

// TestOtherTenant: nothing of a case can be reached from another tenant, nor by
// guessing, nor by those of the same tenant who have no business with it.
func TestOtherTenant(t *testing.T) {
	p := here(t)
	path := p.submitted()
	page := p.as("柳文书").Get(path).Want(200)
	version := value(t, page, "form#do-receive-form input[name=version]", "value")
	other := newPeople(t, p.w.Neighbour())
	other.as("余知秋").Submit(other.as("余知秋").Get("/proposals/new"), "form#f", with("then", "submit")...).Want(303)
	for _, name := range []string{"柳文书", "莫定安", "岳交之", "余知秋", "江承平", "高望舒"} {
		c := other.as(name)
		for _, get := range []string{path, path + "/edit", path + "/rate", path + "/dispatch", path + "/files/x", "/proposals/" + "guess"} {
			if a := c.Get(get); a.Status != 404 {
				t.Errorf("%s of another tenant: GET %s is %d", name, get, a.Status)
			}
		}
		for _, post := range []string{"/receive", "/cosign", "/save", "/edit", "/rate", "/files", "/files/x/remove", "/commitments/x/confirm", "/assignments/x/sign"} {
			a := c.PostForm(path+post, "version", version, "answer", "accept", "overall", "satisfied", "purpose", "scan", "title", "改")
			if a.Status != 404 && a.Status != 403 {
				t.Errorf("%s of another tenant: POST %s is %d", name, post, a.Status)
			}
		}
	}
	other.as("柳文书").Get("/proposals").Want(200).Lacks(strings.TrimPrefix(path, "/proposals/"))
	p.as("凌若谷").Get(path).Want(404)
	p.as("江承平").Get(path).Want(404)
	p.as("岳交之").Get(path).Want(404) // not filed yet
	draft := p.as("余知秋").Submit(p.as("余知秋").Get("/proposals/new"), "form#f", with("then", "save")...).Want(303).Header.Get("Location")
	p.as("柳文书").Get(strings.TrimSuffix(draft, "/edit")).Want(404) // a draft is its author's own
}

const script = `<script>alert("x")</script><img src=x onerror=alert(1)>`

// TestScriptEverywhere puts a script into every field of every form and reads
// every page that shows it.
func TestScriptEverywhere(t *testing.T) {
	p := here(t)
	p.as("余知秋").Get("/proposals?title="+url.QueryEscape(script)).Want(200).Lacks("<script>alert", "<img src=x")
	p.as("余知秋").PostForm("/proposals/new", with("draft", script, "title", script, "then", "submit", "kind", script, "subject", script)...).Want(422).Lacks("<script>alert", "<img src=x")
	m := p.as("余知秋")
	path := m.Submit(m.Get("/proposals/new"), "form#f", with("title", "关于"+script, "situation", script, "analysis", script, "suggestions", script+"十个字以上的建议", "open_choice", "closed", "open_reason", script, "then", "submit")...).Want(303).Header.Get("Location")
	p.do("柳文书", path, "receive").Want(303)
	p.do("纪审言", path, "pass", "reason", script).Want(303)
	p.do("纪审言", path, "pass", "reason", script).Want(303)
	p.do("莫定安", path, "file", "reason", script).Want(303)
	p.do("岳交之", path, "dispatch", "units", "sole", "host", p.w.Bodies["县水利局"], "reason", script).Want(303)
	p.do("水清源", path, "sign").Want(303)
	p.do("江承平", path, "contact", "kind", "visit", "on", "2026-03-12", "people", script, "summary", script).Want(303)
	p.do("汪签远", path, "request_extension", "reason", script).Want(303)
	p.do("岳交之", path, "grant_extension", "reason", script).Want(303)
	p.do("江承平", path, "draft", "body", script, "doc_no", script[:40], "outcome", "a", "disclosure", "full", "contact_name", script[:40], "contact_phone", script[:40],
		"contact_waiver", script, "promise_text_0", script, "promise_due_0", "2026-06-30").Want(303)
	p.do("江承平", path, "draft", "doc_no", script+script).Want(422).Lacks("<script>alert", "<img src=x")
	p.do("汪签远", path, "sign_off").Want(303)
	p.do("柳文书", path, "reject", "reason", script).Want(303)
	p.do("汪签远", path, "sign_off").Want(303)
	p.do("柳文书", path, "check", "reason", script).Want(303)
	p.do("余知秋", path, "rate", "overall", "unsatisfied", "attitude", "satisfied", "contact", "satisfied", "pertinence", "basically", "result", "satisfied", "comment", script).Want(303)
	p.do("余知秋", path, "rate", "overall", "basically", "reason", script).Want(303)
	p.do("柳文书", path, "close").Want(303)
	p.do("江承平", path, "report", "evidence", script).Want(303)
	p.do("柳文书", path, "refuse", "answer", script).Want(303)
	for _, name := range []string{"余知秋", "柳文书", "纪审言", "岳交之", "江承平", "高望舒"} {
		for _, page := range []string{path, "/", "/proposals", "/proposals/mine", "/inbox", "/proposals/filter"} {
			if a := p.as(name).Get(page); a.Status == 200 {
				a.Lacks("<script>alert", "<img src=x")
			}
		}
	}
	p.as("柳文书").Get(path).Contains("&lt;script&gt;")
}

// TestDoubleClick: sending the same form twice makes one proposal and submits
// it once.
func TestDoubleClick(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	form := m.Get("/proposals/new").Want(200)
	first := m.Submit(form, "form#f", with("then", "submit")...).Want(303)
	second := m.Submit(form, "form#f", with("then", "submit")...).Want(303)
	if a, b := first.Header.Get("Location"), second.Header.Get("Location"); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if n := len(m.Get("/proposals/mine").Select("tbody tr")); n != 1 {
		t.Errorf("there are %d proposals", n)
	}
}

// TestSaves: a page saves itself, first into a draft of its own; two windows
// never overwrite each other; a lost session is told as such.
func TestSaves(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	name := value(t, m.Get("/proposals/new").Want(200), "input[name=draft]", "value")
	var made struct {
		Version           int
		URL, Action, Path string
	}
	m.PostForm("/proposals/new/save", with("draft", name, "title", "关于甲")...).Want(200).Decode(&made)
	m.PostForm("/proposals/new/save", with("draft", name, "title", "关于甲乙")...).Want(200).Decode(&made) // its answer was lost; it is sent again
	if n := len(m.Get("/proposals/mine").Select("tbody tr")); n != 1 || made.Version == 0 || made.URL != made.Path[:len(made.Path)-4]+"save" {
		t.Fatalf("%d drafts, %+v", n, made)
	}
	var saved struct {
		Version int
		Fields  map[string][]string
	}
	m.PostForm(made.URL, with("version", itoa(made.Version), "title", "关于丙")...).Want(200).Decode(&saved)
	if saved.Version <= made.Version {
		t.Errorf("version %d after %d", saved.Version, made.Version)
	}
	m.PostForm(made.URL, with("version", itoa(made.Version), "title", "关于丁")...).Want(409).Decode(&saved)
	if saved.Fields["title"][0] != "关于丙" {
		t.Errorf("theirs is %v", saved.Fields)
	}
	// Without scripts the same conflict shows both texts, and the second try counts.
	conflict := m.PostForm(made.Action, with("version", itoa(made.Version), "title", "关于丁", "then", "save")...).Want(409).Contains("关于丁", "关于丙", "对方保存的版本")
	m.Submit(conflict, "form#f", "then", "save").Want(303)
	m.Get(made.Path).Want(200).Contains("关于丁")

	nobody := p.w.Browser(t, "")
	nobody.Header.Set("Accept", "application/json")
	nobody.PostForm(made.URL, with("version", "1")...).Want(401)
	nobody.Header.Set("Accept", "text/html")
	nobody.PostForm(made.Action, with("situation", "写了很久的一段话，会话却过期了", "then", "submit")...).Want(401).Contains("写了很久的一段话")
}

// TestNotComplete: what is missing is told at the fields; nothing typed is lost.
func TestNotComplete(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	a := m.Submit(m.Get("/proposals/new"), "form#f", with("then", "submit", "analysis", "", "subject", "", "open_choice", "summary", "units_wish", p.w.Bodies["县水利局"])...).Want(422)
	a.Contains("请填写分析部分", "请选择提案类别", "请说明理由", "城西排洪渠多年未清淤", "明确由县水利局统一管护")
	if n := len(a.Select("select[name=units_wish] option[selected]")); n != 1 {
		t.Errorf("%d departments are chosen", n)
	}
	m.Submit(a, "form#f", "then", "submit", "analysis", "责任不清。", "subject", "society", "open_reason", "涉及个人").Want(303)
}

// TestRateAgainNeedsPassword: some minutes after signing in a rating needs the
// password; what was said stays on the page.
func TestRateNeedsPerson(t *testing.T) {
	p := here(t)
	path := p.replied()
	p.w.Wait(11 * time.Minute)
	rating := []string{"overall", "satisfied", "attitude", "satisfied", "contact", "satisfied", "pertinence", "satisfied", "result", "satisfied", "comment", "清淤及时，感谢"}
	ask := p.do("余知秋", path, "rate", rating...).Want(403).Contains("清淤及时，感谢", "确认是您本人")
	m := p.as("余知秋")
	wrong := m.Submit(ask, "form#f", "password", "nicht-richtig").Want(422).Contains("清淤及时，感谢")
	m.Submit(wrong, "form#f", "password", p.w.Password("余知秋")).Want(303)
	m.Get(path).Want(200).Contains("清淤及时，感谢", "修改评价")
	p.as("江承平").Get(path + "/rate").Want(303)
	p.as("江承平").PostForm(path+"/rate", rating...).Want(403)
	p.as("凌若谷").Get(path + "/rate").Want(404)
}
