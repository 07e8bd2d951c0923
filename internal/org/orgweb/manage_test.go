package orgweb_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"shangliang/internal/document"
	"shangliang/internal/web/webtest"
)

func first(t *testing.T, body, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no %s in %s", pattern, body)
	}
	return m[1]
}

func TestAccount(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "余知秋")
	page := c.Get("/account").Want(200).Contains("余知秋", w.Logins["余知秋"], "当前设备")
	c.Submit(page, "form#contact", "phone", "电话").Want(422).Contains("contact-phone-err", `value="电话"`)
	c.Submit(page, "form#contact", "phone", "13911112222", "email", "yu@example.cn").Want(303)
	c.Submit(page, "form#contact", "phone", "13911113333").Want(409) // it was changed meanwhile
	c.Get("/account").Contains("13911112222", "联系方式已保存")

	// Another device is signed out from here.
	other := w.Browser(t, "")
	other.PostForm("/sign-in", "login", w.Logins["余知秋"], "password", "Chang-Hong-2026").Want(303)
	page = c.Get("/account")
	id := first(t, page.Body, `name="sign_in" value="([^"]+)"`)
	c.PostForm("/account/sign-ins/end", "sign_in", id).Want(303)
	other.Get("/account").Want(303)

	form := c.Get("/account/password").Want(200)
	c.Submit(form, "form.form", "old", "wrong", "password", "Heron-over-7-lakes", "password_again", "Heron-over-7-lakes").Want(422).Contains("原密码不正确")
	c.Submit(form, "form.form", "old", "Chang-Hong-2026", "password", "Heron-over-7-lakes", "password_again", "Heron-over-7-lakes").Want(303)
	c.Get("/account").Want(200).Contains("密码已修改")
}

func TestTwoSteps(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "余知秋")
	w.Wait(time.Hour) // the password was entered long ago
	to := c.Get("/account/two-step").Want(303).Header.Get("Location")
	if to != "/reauthenticate?next=%2Faccount%2Ftwo-step" {
		t.Errorf("leads to %q", to)
	}
	c.PostForm("/account/two-step/begin").Want(303)
	page := c.Get(to).Want(200)
	c.Submit(page, "form.form", "password", "wrong").Want(422).Contains("密码或动态验证码不正确")
	c.Follow(c.Submit(page, "form.form", "password", "Chang-Hong-2026").Want(303)).Want(200).Contains("开始设置")
	enrol := c.PostForm("/account/two-step/begin").Want(200).Contains(`<svg class="qr"`)
	secret := first(t, enrol.Body, `name="secret" value="([^"]+)"`)
	again := c.Submit(enrol, "form.form", "code", "000000").Want(422).Contains("动态验证码不正确", secret, `<svg class="qr"`)
	code, err := totp.GenerateCode(secret, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	codes := c.Submit(again, "form.form", "code", code).Want(200)
	if n := len(codes.Select(".codes li")); n != 10 {
		t.Errorf("%d recovery codes, want 10", n)
	}
	c.Get("/account").Contains("已启用")

	guest := w.Browser(t, "")
	guest.PostForm("/sign-in", "login", w.Logins["余知秋"], "password", "Chang-Hong-2026").Want(303)
	guest.Get("/sign-in").Contains("动态验证码")
	w.Wait(time.Minute)
	code, err = totp.GenerateCode(secret, w.Now())
	if err != nil {
		t.Fatal(err)
	}
	guest.PostForm("/sign-in", "step", "totp", "code", code).Want(303)
	guest.Get("/account").Want(200)
	c.PostForm("/account/two-step/end").Want(303)
	c.Get("/account").Contains("两步验证已停用")
}

func TestTokens(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "柳文书")
	page := c.Get("/account/tokens/new").Want(200).Contains("org.roster").Lacks("org.manage")
	c.Submit(page, "form.form", "name", "").Want(422).Contains("请至少选择一项权限")
	c.Submit(page, "form.form", "name", "同步", "scopes", "org.manage").Want(422)
	made := c.Submit(page, "form.form", "name", "同步", "scopes", "org.people").Want(200)
	token := first(t, made.Body, `<code>(slt_[^<]+)</code>`)
	c.Get("/account").Contains("同步").Lacks(token)

	p := w.Browser(t, "")
	p.Header.Set("Authorization", "Bearer "+token)
	var me struct {
		Role        string
		Permissions []string
	}
	p.Get("/api/v1/me").Want(200).Decode(&me)
	if me.Role != "clerk" || strings.Join(me.Permissions, " ") != "org.people" {
		t.Errorf("acts as %+v", me)
	}
	var people struct {
		Items []struct{ ID, Name string }
		Next  string
	}
	p.Get("/api/v1/people?limit=2").Want(200).Decode(&people)
	if len(people.Items) != 2 || people.Next == "" {
		t.Fatalf("first page %+v", people)
	}
	seen := map[string]bool{people.Items[0].ID: true, people.Items[1].ID: true}
	for people.Next != "" {
		next := people.Next
		people.Items, people.Next = nil, ""
		p.Get("/api/v1/people?limit=2&cursor=" + next).Want(200).Decode(&people)
		for _, x := range people.Items {
			if seen[x.ID] {
				t.Errorf("%s comes twice", x.Name)
			}
			seen[x.ID] = true
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d people", len(seen))
	}
	p.Get("/api/v1/people?cursor=nonsense").Want(422)
	p.JSON("POST", "/api/v1/people", map[string]string{"name": "某人"}).Want(403) // beyond its scope
	p.JSON("POST", "/api/v1/tokens", map[string]any{"name": "x", "scopes": []string{"org.people"}, "until": "2026-05-01"}).Want(403)
	var sessions struct {
		Items []struct {
			Title   string
			Current bool
		}
	}
	p.Get("/api/v1/sessions").Want(200).Decode(&sessions)
	if len(sessions.Items) == 0 || !sessions.Items[0].Current {
		t.Errorf("sessions %+v", sessions)
	}

	revoke := first(t, c.Get("/account").Body, `action="(/account/tokens/[^"]+/revoke)"`)
	c.PostForm(revoke).Want(303)
	p.Get("/api/v1/me").Want(401)
	c.PostForm(revoke).Want(404)
}

func TestRest(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	var made struct{ ID string }
	c.Header.Set("Idempotency-Key", "made-once-1")
	c.JSON("POST", "/api/v1/people", map[string]any{"name": "某人", "phone": "13900000007"}).Want(201).Decode(&made)
	once := made.ID
	c.JSON("POST", "/api/v1/people", map[string]any{"name": "某人", "phone": "13900000007"}).Want(201).Decode(&made)
	if made.ID != once {
		t.Error("the same request made two people")
	}
	c.Header.Del("Idempotency-Key")
	c.JSON("PUT", "/api/v1/people/"+once, map[string]any{"name": "某人", "post": "教师", "version": 1}).Want(204)
	c.JSON("PUT", "/api/v1/people/"+once, map[string]any{"name": "某人", "post": "校长", "version": 1}).Want(409).Contains("conflict")
	c.JSON("POST", "/api/v1/people", map[string]any{"name": "某人", "phone": "abc"}).Want(422).Contains("phone")
	c.JSON("POST", "/api/v1/bodies", map[string]any{"name": "县图书馆", "kind": "department", "system": "government"}).Want(201).Decode(&made)
	c.JSON("PUT", "/api/v1/bodies/"+made.ID, map[string]any{"name": "县图书馆", "kind": "department", "system": "government", "version": 1}).Want(204)
	var bodies struct {
		Items []struct {
			Name   string
			Active bool
		}
	}
	c.Get("/api/v1/bodies?kind=department").Want(200).Decode(&bodies)
	for _, b := range bodies.Items {
		if b.Name == "县图书馆" && b.Active {
			t.Error("a change without active leaves it active")
		}
	}
}

func TestBodies(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	page := c.Get("/bodies?kind=department").Want(200).Contains("县水利局")
	c.Submit(page, "main form.form", "lines", "县图书馆，图书馆，政协\n县水利局\n县委宣传部，党群").Want(303)
	c.Get("/bodies?kind=department").Contains("县图书馆", "县委宣传部", "党群", "政协")
	c.Submit(page, "main form.form", "lines", "某局，一，二，三").Want(422).Contains("第1行写得不对", "某局，一，二，三")
	c.Submit(page, "main form.form", "lines", "").Want(422)
	edit := c.Get("/bodies/" + w.Bodies["县水利局"]).Want(200)
	c.Submit(edit, "form.form", "name", "").Want(422)
	c.Submit(edit, "form.form", "name", "县水务局", "active", "").Want(303)
	c.Get("/bodies?kind=department").Contains("县水务局", "已停用")
	c.Get("/bodies/nothing").Want(404)
}

func TestTerms(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	page := c.Get("/terms").Want(200).Contains("九届", "九届五次", "当前")
	form := c.Get("/sessions/new").Want(200)
	c.Submit(form, "form.form", "opens_on", "2027-02-20", "closes_on", "2027-02-19").Want(422).Contains("闭幕日期不能早于开幕日期")
	c.Submit(form, "form.form", "opens_on", "2027-02-20", "closes_on", "2027-02-23", "cutoff_at", "2027-02-22T17:30").Want(303)
	c.Get("/terms").Contains("九届六次", "17:30", "2026年11月20日")
	session := first(t, c.Get("/terms").Body, `href="(/sessions/[0-9a-f-]{36})"`)
	edit := c.Get(session).Want(200).Contains("2027-02-22T17:30")
	c.Submit(edit, "form.form", "cutoff_at", "soon").Want(422).Contains("请填写日期和时间")
	c.Submit(edit, "form.form", "closes_on", "2027-02-24").Want(303)
	c.Submit(edit, "form.form", "closes_on", "2027-02-25").Want(409)
	c.Submit(page, "main form.form", "session", strings.TrimPrefix(session, "/sessions/")).Want(303)
	c.Get("/").Want(200)
	term := c.Get("/terms/new").Want(200)
	c.Submit(term, "form.form", "no", "9", "from", "2027-01-10").Want(422)
	c.Get("/terms/nothing").Want(404)
	c.Get("/sessions/nothing").Want(404)
}

func TestCalendar(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	set := func(fields ...string) *webtest.Answer {
		return c.Submit(c.Get("/calendar").Want(200), "form#f", fields...)
	}
	page := c.Get("/calendar").Want(200).Contains("2026年工作日历")
	if n := len(page.Select("table.month")); n != 12 {
		t.Errorf("%d months", n)
	}
	c.Get("/calendar?day=2026-10-01").Contains("2026年10月1日（周四）：国庆节")
	set("date", "2026-03-13", "kind", "").Want(422).Contains("请选择这一天放假还是上班")
	set("date", "2026-03-13", "kind", "holiday", "name", "建县纪念日").Want(303)
	c.Get("/calendar?day=2026-03-13").Contains("建县纪念日", "本级设置的日子")
	set("date", "2026-10-02", "kind", "plain").Want(303)
	c.Get("/calendar?day=2026-10-02").Contains("：工作日")
	c.PostForm("/calendar/2026-03-13/drop").Want(303)
	c.PostForm("/calendar/2026-03-13/drop").Want(404)
	c.Get("/calendar?day=2026-03-13").Contains("：工作日")
	c.Get("/calendar?year=2099&day=nonsense").Want(200)
	w.Browser(t, "余知秋").Get("/calendar").Want(200).Lacks("设置某一天")
}

func TestTenants(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	page := c.Get("/tenants").Want(200).Contains("政协临川县委员会").Lacks("添加下级政协") // a county has none below
	c.Submit(page, "form.form", "name", "").Want(422)
	c.Submit(page, "form.form", "name", "政协临川县委员会", "short_name", "临川政协").Want(303)
	c.PostForm("/tenants/new", setUp...).Want(422).Contains("下级政协的层级必须低于本级")

	// The city above founds another county.
	city := w.Browser(t, "")
	city.PostForm("/sign-in", "login", "yt-admin", "password", "Chang-Hong-2026").Want(303)
	city.Get("/tenants").Want(200).Contains("政协临川县委员会")
	form := city.Get("/tenants/new").Want(200)
	slips := city.Submit(form, "form.form", setUp...).Want(200).Contains("政协望川县委员会”已设立")
	login, password := slip(t, slips.Body)
	guest := w.Browser(t, "")
	guest.PostForm("/sign-in", "login", login, "password", password).Want(303)
	guest.PostForm("/sign-in", "step", "password", "password", "Heron-over-7-lakes", "password_again", "Heron-over-7-lakes").Want(303)
	guest.Get("/").Want(200).Contains("政协望川县委员会", "开始使用前")
	guest.Get("/people/" + w.People["余知秋"]).Want(404)
}

func TestAccounts(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	c.Get("/accounts").Want(200).Contains("余知秋", "交办机关 · 县政府办督查室", "未启用")
	c.Get("/accounts?q=余知秋").Contains("共 1 条")
	c.Get("/accounts?role=leader").Contains("高望舒").Lacks("余知秋")
	c.Get("/accounts?state=disabled").Contains("没有相符的账号")
	to := first(t, c.Get("/accounts?q=余知秋").Body, `href="(/accounts/[0-9a-f-]{36})"`)

	// Locked and unlocked.
	guest := w.Browser(t, "")
	for range 5 {
		guest.PostForm("/sign-in", "login", w.Logins["余知秋"], "password", "wrong")
	}
	c.Get(to).Want(200).Contains("已锁定", "解除锁定")
	c.PostForm(to + "/unlock").Want(303)
	c.Get(to).Lacks("已锁定")

	c.PostForm(to+"/grant", "role", "unit_clerk").Want(422).Contains("需要选择所属单位")
	c.PostForm(to+"/grant", "role", "unit_clerk", "body", w.Bodies["县水利局"]).Want(303)
	page := c.Get(to).Contains("承办单位联络员")
	end := first(t, page.Body, `action="(/accounts/[^"]+/grants/[^"]+/end)"`)
	c.PostForm(end, "version", "1").Want(303)
	c.Get(to).Contains("已结束")

	member := w.Browser(t, "柳文书")
	member.Get("/account").Want(200)
	clerk := first(t, c.Get("/accounts?q=柳文书").Body, `href="(/accounts/[0-9a-f-]{36})"`)
	version := first(t, c.Get(clerk).Body, `(?s)action="`+clerk+`/disable".*?name="version" value="(\d+)"`)
	c.PostForm(clerk+"/disable", "version", version).Want(303)
	member.Get("/account").Want(303) // out at once
	version = first(t, c.Get(clerk).Body, `(?s)action="`+clerk+`/enable".*?name="version" value="(\d+)"`)
	c.PostForm(clerk+"/enable", "version", version).Want(303)
	slips := c.PostForm(clerk + "/reset").Want(200)
	if login, _ := slip(t, slips.Body); login != w.Logins["柳文书"] {
		t.Errorf("reset %q", login)
	}
	c.PostForm(clerk + "/nothing").Want(404)

	// Nobody ends the last administrator's role, nor their own account.
	own := first(t, c.Get("/accounts?q=管一平").Body, `href="(/accounts/[0-9a-f-]{36})"`)
	page = c.Get(own)
	end = first(t, page.Body, `action="(/accounts/[^"]+/grants/[^"]+/end)"`)
	c.PostForm(end, "version", "1").Want(303)
	c.Get(own).Contains("至少要保留一名系统管理员")

	// An account for somebody who is not in the roster.
	form := c.Get("/accounts/new?role=dispatcher").Want(200)
	c.Submit(form, "form.form", "name", "甘督办").Want(422).Contains("请选择所属单位", "甘督办")
	c.Get("/people?q=甘督办").Contains("没有相符的人员")
	c.Submit(form, "form.form", "name", "甘督办", "body", w.Bodies["县政府办督查室"]).Want(200).Contains("甘督办", "一次性密码")
}

func TestAudit(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	c.PostForm("/people/new", "name", "某人").Want(303)
	a := w.Browser(t, "严察微")
	a.Get("/audit").Want(200).Contains("加入名册", "管一平（系统管理员）", "某人", "网页").Lacks(`href="/people/`, "person.create")
	c.Get("/audit?area=person.").Want(200).Contains(`href="/people/`).Lacks("授予角色</td>")
	c.Get("/audit?since=2026-03-13").Contains("没有相符的记录")
	c.Get("/audit?until=2026-03-12&area=body.").Contains("添加单位")
	w.Browser(t, "").PostForm("/sign-in", "login", w.Logins["管一平"], "password", "Chang-Hong-2026").Want(303)
	c.Get("/audit/sign-ins").Want(200).Contains(w.Logins["管一平"], "192.0.2.1")

	out := a.Get("/audit.xlsx?area=person.").Want(200)
	table, err := document.Open("a.xlsx", strings.NewReader(out.Body), int64(len(out.Body)), document.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := table.Read([]document.Column{{ID: "what", Title: "操作", Required: true}}); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) < 10 || !strings.Contains(strings.Join(table.Rows[0].Cells, " "), "人员 某人") {
		t.Errorf("%d rows, first %v", len(table.Rows), table.Rows[0].Cells)
	}

	// Page after page, to the end, each act once.
	for i := range 120 {
		c.PostForm("/people/new", "name", "第"+strings.Repeat("一", 1+i%9)+"人").Want(303)
	}
	page := a.Get("/audit?area=person.").Want(200).Contains("更早的")
	next := strings.ReplaceAll(first(t, page.Body, `href="(/audit[^"]*after=[^"]+)"`), "&amp;", "&")
	a.Get(next).Want(200).Contains("回到最新")
}

func TestChecklist(t *testing.T) {
	a := empty(t)
	c := newClient(t, a)
	c.PostForm("/set-up", withCode(a)...).Want(303)
	c.Get("/").Want(200).Contains("开始使用前", "导入委员名册", "/accounts/new?role=dispatcher", "2个单位")
	w := world(t)
	w.Browser(t, "管一平").Get("/").Want(200)
	w.Browser(t, "余知秋").Get("/").Want(200).Lacks("开始使用前")
}
