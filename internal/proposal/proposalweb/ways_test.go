package proposalweb_test

import (
	"strconv"
	"strings"
	"testing"

	"shangliang/internal/web/webtest"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestJoint: each co-signer answers as themself; who declines sees it no more.
func TestJoint(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	path := m.Submit(m.Get("/proposals/new"), "form#f", with("kind", "joint", "cosigners", p.w.People["𠮷野川"], "then", "save")...).Want(303).Header.Get("Location")
	path = strings.TrimSuffix(path, "/edit")
	edit := m.Get(path + "/edit").Want(200).Contains("𠮷野川")
	m.Submit(edit, "form#f", "kind", "joint", "cosigners", p.w.People["𠮷野川"], "cosigners", p.w.People["凌若谷"], "then", "invite").Want(303)
	p.as("柳文书").Get(path).Want(404)
	p.as("𠮷野川").Get("/").Want(200).Contains("待我确认联名")
	p.as("𠮷野川").Submit(p.as("𠮷野川").Get(path).Want(200), "form#do-cosign-form").Want(303)
	p.as("凌若谷").Submit(p.as("凌若谷").Get(path).Want(200), "form#do-refuse-form").Want(303)
	p.as("凌若谷").Get(path).Want(404)
	p.as("𠮷野川").PostForm(path+"/cosign", "answer", "maybe").Want(422)
	m.Get(path).Want(200).Contains("已确认", "已谢绝")
	p.do("余知秋", path, "submit_joint").Want(303)
	p.as("柳文书").Get(path).Want(200).Contains("余知秋等2人")
}

// TestPick answers the type-ahead, and works as a form where no scripts run.
func TestPick(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	m.Header.Set("Accept", "application/json")
	var found []struct{ ID, Title string }
	m.Get("/people/pick?q=" + "若谷").Want(200).Decode(&found)
	m.Header.Del("Accept")
	if len(found) != 1 || found[0].ID != p.w.People["凌若谷"] {
		t.Errorf("found %v", found)
	}
	a := m.Submit(m.Get("/proposals/new"), "form#f", with("kind", "joint", "find", "若谷", "then", "find")...).Want(200).Contains("凌若谷", "城西排洪渠多年未清淤")
	m.Submit(a, "form#f", "kind", "joint", "cosigners", p.w.People["凌若谷"], "then", "invite").Want(303)
	p.as("江承平").Get("/people/pick?q=余").Want(403)
}

// TestCollective: drafted for a body, approved by its officer.
func TestCollective(t *testing.T) {
	p := here(t)
	c := p.as("裴远山")
	path := c.Submit(c.Get("/proposals/new").Want(200).Contains("集体提案"), "form#f", with("kind", "collective", "then", "propose")...).Want(303).Header.Get("Location")
	c.Get(path).Want(200).Contains("待负责人审定", "民盟")
	p.do("裴远山", path, "approve").Want(303)
	p.as("柳文书").Get(path).Want(200).Contains("已提交", "民盟")
	c.Get("/proposals/mine").Want(200).Contains("疏浚城西排洪渠")
}

var pdf = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

// TestPaper: the office enters a paper with its scan, and a rating on paper.
func TestPaper(t *testing.T) {
	p := here(t)
	c := p.as("柳文书")
	form := c.Get("/proposals/paper").Want(200).Contains("代录纸质提案")
	c.Submit(form, "form#f", with("then", "submit")...).Want(422).Contains("请选择提案人", "城西排洪渠多年未清淤")
	name := value(t, form, "input[name=draft]", "value")
	a := c.PostFiles("/proposals/new", []webtest.File{{Field: "files", Name: "签名件.pdf", Body: pdf}}, with("draft", name, "proposer", p.w.People["余知秋"], "then", "submit", "request_key", "paper-key-1")...).Want(303)
	path := a.Header.Get("Location")
	page := c.Get(path).Want(200).Contains("纸质件，由工作人员代录", "签名件.pdf")
	file := value(t, page, "ul.files a", "href")
	got := c.Get(file).Want(200)
	if got.Header.Get("Content-Type") != "application/pdf" || got.Body != string(pdf) {
		t.Errorf("the scan came back as %s", got.Header.Get("Content-Type"))
	}
	p.as("凌若谷").Get(file).Want(404)
	p.as("余知秋").Get(path).Want(200).Contains("已提交")
	p.as("江承平").Get("/proposals/paper").Want(403)
}

// TestPaperRating: the office enters what a proposer signed, and only with the
// scan of it.
func TestPaperRating(t *testing.T) {
	p := here(t)
	path := p.replied()
	c := p.as("柳文书")
	c.Get(path).Want(200).Contains("代录纸质评价")
	form := c.Get(path + "/rate?paper=yes").Want(200).Contains("余知秋")
	rating := []string{"paper", "yes", "person", p.w.People["余知秋"], "overall", "basically", "attitude", "satisfied", "contact", "satisfied", "pertinence", "basically", "result", "basically", "comment", "还要抓紧"}
	c.Submit(form, "form#f", rating...).Want(422).Contains("请先上传扫描件", "还要抓紧")
	c.PostFiles(path+"/rate", []webtest.File{{Field: "files", Name: "评价表.pdf", Body: pdf}}, append(rating, "request_key", "paper-rate-1")...).Want(303)
	c.Get(path).Want(200).Contains("纸质评价，代录", "评价表.pdf", "还要抓紧")
	c.Get(path + "/rate?paper=yes").Want(303) // nobody is left to rate
	p.as("余知秋").Get(path).Want(200).Contains("还要抓紧", "修改评价")
}

// TestFiles: what may come in, who may add and remove, what is refused.
func TestFiles(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	edit := m.Submit(m.Get("/proposals/new"), "form#f", with("then", "save")...).Want(303).Header.Get("Location")
	path := strings.TrimSuffix(edit, "/edit")
	m.PostFiles(path+"/files", []webtest.File{{Field: "files", Name: "报告.pdf", Body: pdf}}, "purpose", "attachment", "request_key", "upload-key-1").Want(303)
	m.PostFiles(path+"/files", []webtest.File{{Field: "files", Name: "报告.pdf", Body: pdf}}, "purpose", "attachment", "request_key", "upload-key-1").Want(303) // sent twice
	page := m.Get(path).Want(200).Contains("报告.pdf")
	if n := len(page.Select("ul.files li")); n != 1 {
		t.Errorf("%d files", n)
	}
	m.PostFiles(path+"/files", []webtest.File{{Field: "files", Name: "坏.pdf", Body: []byte("<html><script>alert(1)</script>")}}, "purpose", "attachment").Want(422).Lacks("<script>alert")
	m.PostFiles(path+"/files", nil, "purpose", "attachment").Want(422).Contains("请选择文件")
	m.PostFiles(path+"/files", []webtest.File{{Field: "files", Name: "报告.pdf", Body: pdf}}, "purpose", "reply").Want(404)
	m.PostForm(value(t, page, "ul.files form", "action")).Want(303)
	m.Get(path).Want(200).Lacks("报告.pdf")
}

// TestBulk: many at once, each by itself: what cannot be done says why and holds
// up nothing.
func TestBulk(t *testing.T) {
	p := here(t)
	a, b, c := p.submitted(), p.submitted(), p.submitted()
	clerk := p.as("柳文书")
	list := clerk.Get("/proposals?queue=new").Want(200)
	var ids []string
	for _, box := range list.Select("input[name=id]") {
		ids = append(ids, "id", attribute(box, "value"))
	}
	if len(ids) != 6 {
		t.Fatalf("%d rows can be selected", len(ids)/2)
	}
	p.do("柳文书", b, "receive").Want(303) // somebody was faster with one
	key := []string{"request_key", "bulk-key-1", "action", "receive"}
	clerk.PostForm("/proposals/bulk?queue=new", append(ids, key...)...).Want(200).Contains("已办2件", "有1件没有办", b)
	clerk.Get("/proposals?queue=in_review").Want(200).Contains(a[len("/proposals/"):], b[len("/proposals/"):], c[len("/proposals/"):])
	clerk.PostForm("/proposals/bulk?queue=new", append(ids, key...)...).Want(200).Contains("已办2件") // sent again: nothing twice
	clerk.PostForm("/proposals/bulk?queue=new", "action", "receive").Want(422).Contains("请先选中")
	clerk.PostForm("/proposals/bulk?queue=new", "action", "file", "id", "x@1").Want(422)
	clerk.PostForm("/proposals/bulk?queue=new", "action", "receive", "id", "x").Want(422)
	clerk.PostForm("/proposals/bulk?queue=new", "action", "receive", "id", "x@1").Want(200).Contains("没有找到")
	p.as("余知秋").PostForm("/proposals/bulk?queue=new", append(ids, "action", "receive")...).Want(200).Contains("不能进行这项操作")

	for _, path := range []string{a, b, c} {
		p.do("纪审言", path, "pass").Want(303)
		p.do("纪审言", path, "pass").Want(303)
	}
	ids = ids[:0]
	for _, box := range p.as("莫定安").Get("/proposals?queue=in_review").Select("input[name=id]") {
		ids = append(ids, "id", attribute(box, "value"))
	}
	p.as("莫定安").PostForm("/proposals/bulk?queue=in_review", append(ids, "action", "file")...).Want(303)
	ids = ids[:0]
	for _, box := range p.as("岳交之").Get("/proposals?queue=to_dispatch").Want(200).Contains("县水利局").Select("input[name=id]") {
		ids = append(ids, "id", attribute(box, "value"))
	}
	p.as("岳交之").PostForm("/proposals/bulk?queue=to_dispatch", append(ids, "action", "dispatch", "unit", p.w.Bodies["县水利局"])...).Want(303)
	ids = ids[:0]
	for _, box := range p.as("水清源").Get("/inbox?queue=unit_new").Want(200).Select("input[name=id]") {
		ids = append(ids, "id", attribute(box, "value"))
	}
	p.as("水清源").PostForm("/proposals/bulk?queue=unit_new", append(ids, "action", "sign")...).Want(303)
	p.as("水清源").Get("/inbox?queue=unit_handling").Want(200).Contains("已签收")
}

// TestQueueGoesOn: after an act the next case of the queue is shown.
func TestQueueGoesOn(t *testing.T) {
	p := here(t)
	a, b := p.submitted(), p.submitted()
	clerk := p.as("柳文书")
	to := clerk.Submit(clerk.Get(a+"?queue=new").Want(200), "form#do-receive-form").Want(303).Header.Get("Location")
	if to != b+"?queue=new" {
		t.Errorf("goes on to %s", to)
	}
	to = clerk.Submit(clerk.Get(to).Want(200), "form#do-receive-form").Want(303).Header.Get("Location")
	if to != "/proposals?queue=new" {
		t.Errorf("goes on to %s", to)
	}
	clerk.Get(to).Want(200).Contains("都办完了")
}

// TestLists: pages forth and back, filters in the address, the file of all pages.
func TestLists(t *testing.T) {
	p := here(t)
	for range 5 {
		p.submitted()
	}
	clerk := p.as("柳文书")
	one := clerk.Get("/proposals?limit=2&year=2026").Want(200).Contains("2 条以上")
	two := clerk.Get(value(t, one, "a[rel=next]", "href")).Want(200).Contains("4 条以上")
	three := clerk.Get(value(t, two, "a[rel=next]", "href")).Want(200).Contains("共 5 条")
	if len(three.Select("a[rel=next]")) != 0 || len(three.Select("tbody tr")) != 1 {
		t.Error("the third page is not the last")
	}
	back := clerk.Get(value(t, three, "a[rel=prev]", "href")).Want(200)
	if value(t, back, "tbody a", "href") != value(t, two, "tbody a", "href") {
		t.Error("the way back leads elsewhere")
	}
	if first := clerk.Get(value(t, back, "a[rel=prev]", "href")).Want(200); value(t, first, "tbody a", "href") != value(t, one, "tbody a", "href") {
		t.Error("the beginning is elsewhere")
	}
	for _, sort := range []string{"due", "-due", "case_no", "-case_no"} {
		page := clerk.Get("/proposals?limit=2&sort=" + sort).Want(200)
		clerk.Get(value(t, page, "a[rel=next]", "href")).Want(200).Contains("4 条以上")
	}
	clerk.Get("/proposals?q=排洪&state=submitted&subject=society&kind=individual").Want(200).Contains("疏浚城西排洪渠", "共 5 条")
	clerk.Get("/proposals?q=公园").Want(200).Contains("没有符合条件的提案")
	clerk.Get("/proposals?unit=" + p.w.Bodies["县水利局"]).Want(200).Contains("承办单位：县水利局")
	clerk.Get("/proposals?sort=x").Want(422)
	clerk.Get("/proposals?after=1.x").Want(422)
	clerk.Get("/proposals?queue=unit_new").Want(404)
	clerk.Get("/proposals/filter?year=2026&state=submitted").Want(200)
	file := clerk.Get("/proposals.xlsx?year=2026").Want(200)
	if !strings.HasPrefix(file.Body, "PK") || !strings.Contains(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file is %q, %q", file.Body[:4], file.Header.Get("Content-Disposition"))
	}
	p.as("凌若谷").Get("/proposals/mine").Want(200).Contains("您还没有提案", "写提案")
	p.as("江承平").Get("/inbox").Want(200).Contains("还没有交给本单位的提案")
}

// TestReturnAndRedispatch: a department asks to be released, the dispatch office
// rules; several departments with their roles.
func TestReturnAndRedispatch(t *testing.T) {
	p := here(t)
	path := p.dispatched()
	p.do("水清源", path, "request_return", "unit", p.w.Bodies["县交通运输局"], "reason", "不属本单位职责").Want(303)
	p.as("岳交之").Get(path).Want(200).Contains("不属本单位职责", "县交通运输局")
	p.do("岳交之", path, "grant_return").Want(303)
	p.as("水清源").Get(path).Want(404)
	again := p.do("岳交之", path, "dispatch", "units", "host", "host", p.w.Bodies["县交通运输局"]).Want(422)
	again.Contains("主办单位须有且只有一个")
	if value(t, again, "select[name=host] option[selected]", "value") != p.w.Bodies["县交通运输局"] {
		t.Error("the choice is lost")
	}
	p.as("岳交之").Submit(again, "form#f", "units", "host", "host", p.w.Bodies["县交通运输局"], "co", p.w.Bodies["县农业农村局"]).Want(303)
	p.as("田会办").Get("/inbox").Want(200).Contains("疏浚城西排洪渠")
	p.do("田会办", path, "sign").Want(303)
	page := p.as("田会办").Get(path).Want(200)
	opinion := p.as("田会办").Get(value(t, page, "a[href^="+path+"/assignments]", "href"))
	_ = opinion
	p.do("田会办", path, "draft", "body", "我局意见如下").Want(303)
	p.do("田会办", path, "send_opinion").Want(303)
	p.as("余知秋").Get(path).Want(200).Lacks("我局意见如下")
}

// TestDraftSavesItself: a reply keeps itself while it is written.
func TestDraftSavesItself(t *testing.T) {
	p := here(t)
	path := p.dispatched()
	p.do("水清源", path, "sign").Want(303)
	u := p.as("江承平")
	link := ""
	for _, a := range u.Get(path).Select("a[href]") {
		if strings.HasSuffix(attribute(a, "href"), "/draft") {
			link = attribute(a, "href")
		}
	}
	form := u.Get(link).Want(200)
	version := value(t, form, "form#f input[name=version]", "value")
	u.Header.Set("X-Autosave", "1")
	u.Header.Set("Accept", "application/json")
	var saved struct {
		Version int
		Fields  map[string]string
	}
	u.PostForm(link, "version", version, "body", "初稿").Want(200).Decode(&saved)
	u.PostForm(link, "version", version, "body", "另一窗口的稿").Want(409).Decode(&saved)
	if saved.Fields["body"] != "初稿" {
		t.Errorf("theirs is %v", saved.Fields)
	}
	u.Header.Del("X-Autosave")
	u.Header.Del("Accept")
	u.Get(link).Want(200).Contains("初稿")
}
