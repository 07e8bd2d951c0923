package ruleweb_test

import (
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/rule"
	"shangliang/internal/web/webtest"
)

const form = "main form"

func admin(t *testing.T) (*apptest.World, *webtest.Client) {
	w := apptest.New(t, db.SQLite)
	return w, w.Browser(t, "管一平")
}

// edit is the address of the form over one group.
func edit(t *testing.T, c *webtest.Client, group string) *webtest.Answer {
	t.Helper()
	page := c.Get("/rules").Want(200)
	for _, a := range page.Select("a[href^=/rules/edit]") {
		for _, x := range a.Attr {
			if x.Key == "title" && strings.Contains(x.Val, group) {
				for _, y := range a.Attr {
					if y.Key == "href" {
						return c.Get(y.Val).Want(200)
					}
				}
			}
		}
	}
	t.Fatalf("no way to change %s", group)
	return nil
}

func TestEveryRuleIsShown(t *testing.T) {
	w, c := admin(t)
	page := c.Get("/rules").Want(200)
	for _, d := range w.Rules.Definitions() {
		page.Contains(d.Title)
	}
	page.Contains("3个月", "三个月内答复、最长不超过六个月的规定", "面商", "相同")
	w.Browser(t, "余知秋").Get("/rules").Want(200).Lacks("/rules/edit")
	w.Browser(t, "余知秋").Get("/rules/edit?group=x").Want(403)
	c.Get("/rules/edit?group=x").Want(404)
}

func TestChangeTerm(t *testing.T) {
	w, c := admin(t)
	f := edit(t, c, "交办与承办")
	saved := c.Submit(f, form, "assignment.reply", "60", "assignment.reply.unit", "d", "note", "按新的办理办法").Want(303)
	c.Follow(saved).Want(200).Contains("第 1 版规则已保存", "答复时限", "3个月", "60天", "按新的办理办法")
	c.Get("/rules").Want(200).Contains("60天")
	c.Get("/rules/versions").Want(200).Contains("第 1 版", "现行", "1 项")
	v, err := w.Rules.Current(w.As("余知秋"))
	if err != nil || v.Term("assignment.reply") != (calendar.Term{N: 60, Unit: calendar.CalendarDays}) || !v.Bool("assignment.in_person") {
		t.Fatalf("%v %v", v, err)
	}
	// The same form sent again does nothing again.
	c.Get("/rules/versions").Lacks("第 2 版")
	bad := c.Submit(edit(t, c, "交办与承办"), form, "assignment.reply", "很久", "assignment.extensions", "99", "valid_from", "2026-03-01").Want(422)
	bad.Contains("“很久”不是时限", "应在 0 到 5 之间", "生效日期不能早于今天", `value="很久"`, `value="99"`)
	c.Submit(edit(t, c, "交办与承办"), form).Want(422).Contains("没有需要保存的修改")
}

func TestSwitchOff(t *testing.T) {
	w, c := admin(t)
	f := edit(t, c, "交办与承办")
	// Leaving a box out is how a browser sends that it is not ticked.
	c.Submit(f, form, "assignment.in_person", "").Want(303)
	v, err := w.Rules.Current(w.As("柳文书"))
	if err != nil || v.Bool("assignment.in_person") || !v.Bool("assignment.contact_required") {
		t.Fatal("the switch is not off, or another is", err)
	}
}

func TestCodes(t *testing.T) {
	w, c := admin(t)
	f := edit(t, c, "交办与承办")
	more := c.Submit(f, form, "add", "assignment.contact_kinds", "assignment.contact_kinds.1.label", "上门走访").Want(200)
	more.Contains("上门走访")
	if n := more.Attr(`input[name="assignment.contact_kinds.rows"]`, "value"); n != "5" {
		t.Fatalf("%s lines", n)
	}
	if v, _ := w.Rules.Current(w.As("柳文书")); v.N != 0 {
		t.Fatal("another line is saved already")
	}
	bad := c.Submit(more, form, "assignment.contact_kinds.4.label", "视频").Want(422)
	bad.Contains("第 5 项要选择统一含义", "视频")
	ok := c.Submit(bad, form, "assignment.contact_kinds.4.canonical", "remote", "assignment.contact_kinds.4.place", "1",
		"assignment.contact_kinds.3.retired", "yes").Want(303)
	c.Follow(ok).Contains("新增“视频”", "“走访”改名为“上门走访”", "停用“电话沟通”")
	v, err := w.Rules.Current(w.As("柳文书"))
	if err != nil {
		t.Fatal(err)
	}
	codes := v.Codes("assignment.contact_kinds")
	want := rule.Codes{
		{Key: "consult_in_person", Label: "面商", Canonical: "in_person"}, {Key: "x1", Label: "视频", Canonical: "remote"},
		{Key: "visit", Label: "上门走访", Canonical: "in_person"}, {Key: "forum", Label: "座谈", Canonical: "in_person"},
		{Key: "phone", Label: "电话沟通", Canonical: "remote", Retired: true}}
	if codes.String() != want.String() {
		t.Fatalf("got %s", codes)
	}
	// A saved key can be neither changed nor dropped.
	f = edit(t, c, "交办与承办")
	c.Submit(f, form, "assignment.contact_kinds.0.key", "other").Want(422).Contains("只能停用")
}

func TestTwoAtOnce(t *testing.T) {
	w, c := admin(t)
	clerk := w.Browser(t, "柳文书")
	mine, theirs := edit(t, c, "交办与承办"), edit(t, clerk, "交办与承办")
	clerk.Submit(theirs, form, "assignment.extensions", "2").Want(303)
	stale := c.Submit(mine, form, "assignment.reply", "4", "note", "改为四个月").Want(409)
	stale.Contains("规则刚刚被其他人修改过", "别人刚刚保存的改动", "延期次数", "改为四个月")
	if got := stale.Attr(`input[name="assignment.extensions"]`, "value"); got != "2" {
		t.Fatalf("the other's change is %s in the form", got)
	}
	if got := stale.Attr(`input[name="assignment.reply"]`, "value"); got != "4" {
		t.Fatalf("what was typed is %s in the form", got)
	}
	c.Submit(stale, form).Want(303)
	v, _ := w.Rules.Current(w.As("柳文书"))
	if v.N != 2 || v.Int("assignment.extensions") != 2 || v.Term("assignment.reply").String() != "4m" {
		t.Fatalf("version %d", v.N)
	}
}

func TestWithdraw(t *testing.T) {
	_, c := admin(t)
	c.Submit(edit(t, c, "评价与跟踪"), form, "feedback.aggregate_below", "5", "valid_from", "2026-04-01").Want(303)
	c.Get("/rules").Contains("第 1 版将自2026年4月1日", "默认值")
	list := c.Get("/rules/versions").Want(200).Contains("将执行")
	gone := c.Submit(list, `form[action="/rules/versions/1/withdraw"]`).Want(303)
	c.Follow(gone).Contains("第 1 版规则已撤回", "已撤回").Lacks("将执行")
	c.Get("/rules").Lacks("第 1 版")
	again := c.PostForm("/rules/versions/1/withdraw").Want(303)
	c.Follow(again).Contains("只能撤回尚未生效的规则版本")
	c.Get("/rules/versions/9").Want(404)
	c.Get("/rules/versions/1").Want(200).Contains("评价人少于此数时只给汇总")
	c.Get("/rules/compare?a=0&b=1").Want(200).Contains("评价人少于此数时只给汇总")
	c.Get("/rules/compare?a=0&b=0").Want(200).Contains("没有不同")
}

func TestRegulations(t *testing.T) {
	w, c := admin(t)
	c.Get("/regulations").Want(200).Contains("还没有登记制度")
	f := c.Get("/regulations/new").Want(200)
	c.Submit(f, form, "title", "").Want(422).Contains("请填写标题", "请填写施行日期")
	ok := c.Submit(f, form, "title", "临川县政协提案办理办法", "edition", "2021年", "issuer", "县政协办公室", "effective_on", "2021-05-01",
		"clauses", "第八条 承办单位应当在三个月内答复。\n<script>alert(1)</script>").Want(303)
	page := c.Follow(ok).Want(200).Contains("第八条", "&lt;script&gt;", "2021年5月1日").Lacks("<script>alert")
	old := page.Attr("main a[href^=/regulations/new]", "href")
	next := c.Get(old).Want(200).Contains("第八条")
	ok = c.Submit(next, form, "edition", "2026年修订", "effective_on", "2026-03-01").Want(303)
	c.Follow(ok).Contains("替代", "临川县政协提案办理办法（2021年）")
	c.Get("/regulations").Contains("已被替代", "2026年修订")
	// Two people correct the same one.
	mine := c.Get(ok.Header.Get("Location") + "/edit").Want(200)
	theirs := w.Browser(t, "柳文书").Get(ok.Header.Get("Location") + "/edit").Want(200)
	w.Browser(t, "柳文书").Submit(theirs, form, "issuer", "县政协").Want(303)
	stale := c.Submit(mine, form, "title", "提案办理办法").Want(409).Contains("提案办理办法")
	c.Submit(stale, form).Want(303)
	w.Browser(t, "余知秋").Get("/regulations").Want(200).Lacks("/regulations/new")
	w.Browser(t, "余知秋").Get("/regulations/new").Want(403)
	w.Browser(t, "余知秋").PostForm("/regulations", "title", "x", "issuer", "x", "effective_on", "2026-03-01").Want(403)
	c.Get("/regulations/none").Want(404)
}

func TestREST(t *testing.T) {
	w, c := admin(t)
	var v struct {
		N        int
		Settings []struct {
			ID    string
			Value any
		}
	}
	c.Get("/api/v1/rules").Want(200).Decode(&v)
	if v.N != 0 || len(v.Settings) != len(w.Rules.Definitions()) {
		t.Fatalf("%+v", v)
	}
	c.Header.Set("Idempotency-Key", "rules-rest-1")
	change := map[string]any{"base": 0, "note": "接口", "changes": map[string]any{"assignment.extensions": 3, "assignment.in_person": false, "assignment.reply": "90d"}}
	c.JSON("PUT", "/api/v1/rules", change).Want(200).Decode(&v)
	c.JSON("PUT", "/api/v1/rules", change).Want(200).Decode(&v)
	if v.N != 1 {
		t.Fatalf("version %d", v.N)
	}
	now, _ := w.Rules.Current(w.As("柳文书"))
	if now.Int("assignment.extensions") != 3 || now.Bool("assignment.in_person") || now.Raw("assignment.reply") != "90d" {
		t.Fatal("not as sent")
	}
	c.Header.Del("Idempotency-Key")
	c.JSON("PUT", "/api/v1/rules", change).Want(409)
	c.JSON("PUT", "/api/v1/rules", map[string]any{"base": 1, "changes": map[string]any{"assignment.extensions": 77}}).Want(422).Contains("assignment.extensions")
	w.Browser(t, "余知秋").JSON("PUT", "/api/v1/rules", change).Want(403)
	w.Browser(t, "余知秋").Get("/api/v1/rules/versions/1").Want(200)
	w.Browser(t, "").Get("/api/v1/rules").Want(401)

	var g struct {
		ID      string
		Version int
	}
	c.JSON("POST", "/api/v1/regulations", map[string]any{"title": "办法", "issuer": "县政协", "effective_on": "2026-01-01"}).Want(201).Decode(&g)
	c.JSON("PUT", "/api/v1/regulations/"+g.ID, map[string]any{"title": "办法", "issuer": "县政协", "effective_on": "2026-02-01"}).Want(422)
	c.JSON("PUT", "/api/v1/regulations/"+g.ID, map[string]any{"title": "办法", "issuer": "县政协", "effective_on": "2026-02-01", "version": g.Version}).Want(200).Decode(&g)
	if g.Version != 2 {
		t.Fatalf("%+v", g)
	}
	c.Get("/api/v1/regulations").Want(200).Contains("2026-02-01")
}

// The weights of a code set are changed where its codes are, and a wrong one is
// told with what was typed.
func TestWeights(t *testing.T) {
	w, c := admin(t)
	const id = "assessment.third_indicators"
	c.Get("/rules").Want(200).Contains("权重：25")
	bad := c.Submit(edit(t, c, "第三方评估"), form, id+".0.weight", "很重").Want(422).Contains("第 1 项的权重应在 1 到 100 之间")
	c.Follow(c.Submit(bad, form, id+".0.weight", "40").Want(303)).Contains("“组织领导”的权重由 15 改为 40")
	v, err := w.Rules.Current(w.As("柳文书"))
	if err != nil || v.Codes(id)[0].Weight != 40 || v.Codes(id).Weight() != 125 {
		t.Errorf("%v %v", v.Codes(id), err)
	}
	edit(t, c, "交办与承办").Lacks(`.weight"`)
}
