package orgweb_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shangliang/internal/document"
	"shangliang/internal/web/webtest"
)

// upload sends a roster file and returns its preview.
func upload(t *testing.T, c *webtest.Client, name string, body []byte) *webtest.Answer {
	t.Helper()
	a := c.PostFiles("/people/import", []webtest.File{{Field: "file", Name: name, Body: body}}).Want(303)
	return c.Follow(a).Want(200)
}

func gbk(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const roster = `姓名,性别,委员类别,界别,党派,手机,出生年份
秦望舟,女,常委,经济界,民盟,13900000001,1970
𠮷见山,男,委员,教育,,13900000002,1981年5月
陆不详,不明,主席,,,abc,19xx
秦望舟,女,委员,,,13900000001,
`

func TestImportRoster(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	c.Get("/people/import").Want(200).Contains("下载模板")

	page := upload(t, c, "名册.csv", gbk(t, roster))
	page.Contains("要改正的行", "没有“不明”这一项", "没有“主席”这一项", "电话号码应为", "出生年份不对", "与第2行重复", "导入2人")
	if n := len(page.Select("tr.row-bad")); n != 2 {
		t.Errorf("%d bad rows are marked, want 2", n)
	}
	// All or nothing, unless the good rows are asked for.
	a := c.Submit(page, "form#import", "good_only", "")
	a.Want(422).Contains("有2行需要改正")
	c.Get("/people?q=秦望舟").Want(200).Contains("没有相符的人员")

	a = c.Submit(page, "form#import", "good_only", "yes", "accounts", "yes").Want(200)
	a.Contains("秦望舟", "𠮷见山", "导入了2人", "2行有误")
	if h := a.Header.Get("Cache-Control"); h != "no-store" {
		t.Errorf("a page of passwords is kept: %q", h)
	}
	slips := a.Select(".slip")
	if len(slips) != 2 {
		t.Fatalf("%d slips, want 2", len(slips))
	}
	login, password := slip(t, a.Body)
	guest := w.Browser(t, "")
	guest.PostForm("/sign-in", "login", login, "password", password).Want(303)
	guest.Get("/sign-in").Contains("设置新密码")

	// Whoever sends it again does not import again and sees no password.
	c.Submit(page, "form#import", "good_only", "yes", "accounts", "yes").Want(303)
	c.Get("/people").Contains("这个文件已经导入过，导入了2人")
	c.Get("/people?q=秦望舟").Want(200).Contains("共 1 条", "常委", "13900000001")

	// The same file finds them in the roster.
	upload(t, c, "名册.csv", gbk(t, roster)).Contains("原已在册", "没有可以导入的新人员")
}

var slipCodes = regexp.MustCompile(`<li class="slip">.*?<code>([^<]+)</code>.*?<code>([^<]+)</code>`)

func slip(t *testing.T, body string) (login, password string) {
	t.Helper()
	m := slipCodes.FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no slip in %s", body)
	}
	return m[1], m[2]
}

func TestImportWorkbook(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "柳文书") // a clerk keeps the roster but opens no accounts
	f := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "临川县政协委员名册", "A2": "姓名", "B2": "联系", "B3": "手机", "C2": "所属界别",
		"A4": "=1+1", "B4": "13800000001", "C4": "经济界", "A5": "<script>alert(1)</script>", "B5": "13800000002", "C5": "渔业界"} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range [][2]string{{"A1", "C1"}, {"A2", "A3"}, {"C2", "C3"}} {
		if err := f.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	page := upload(t, c, "名册.xlsx", b.Bytes())
	page.Contains("渔业界", "姓名中没有文字").Lacks("<script>alert(1)", "开通委员账号")
	c.PostForm("/people/import/rows", "file", "x", "accounts", "yes").Want(403)

	// Not a table, no name, too many rows, too large: each is told at the field.
	for name, body := range map[string][]byte{"名册.pdf": []byte("%PDF-1.7\n"), "名册.xlsx": []byte("PK\x03\x04 not a zip"), "空.csv": []byte("\n\n")} {
		c.PostFiles("/people/import", []webtest.File{{Field: "file", Name: name, Body: body}}).Want(422)
	}
	c.Follow(c.PostFiles("/people/import", []webtest.File{{Field: "file", Name: "a.csv", Body: []byte("一,二\n1,2\n")}}).Want(303)).Want(422)
	many := "姓名\n" + strings.Repeat("某某\n", 5100)
	c.PostFiles("/people/import", []webtest.File{{Field: "file", Name: "a.csv", Body: []byte(many)}}).Want(413).Contains("请分成几个文件上传")
	c.PostFiles("/people/import", []webtest.File{{Field: "file", Name: "a.csv", Body: bytes.Repeat([]byte("x"), 8<<20)}}).Want(413)
	c.PostForm("/people/import").Want(422).Contains("请选择文件")

	// Nobody else sees the file; what one uploads next takes its place.
	id := regexp.MustCompile(`name="file" value="([^"]+)"`).FindStringSubmatch(page.Body)[1]
	c.Get("/people/import?file=" + id).Want(409).Contains("已经过期")
	page = upload(t, c, "名册.xlsx", b.Bytes())
	id = regexp.MustCompile(`name="file" value="([^"]+)"`).FindStringSubmatch(page.Body)[1]
	c.Get("/people/import?file=" + id).Want(200)
	w.Browser(t, "管一平").Get("/people/import?file=" + id).Want(409).Contains("已经过期")
}

// What is sent out can be taken in again.
func TestRosterExport(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	a := upload(t, c, "名册.csv", []byte(roster))
	c.Submit(a, "form#import", "good_only", "yes").Want(303)
	out := c.Get("/people.xlsx").Want(200)
	table, err := document.Open("a.xlsx", strings.NewReader(out.Body), int64(len(out.Body)), document.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := table.Read([]document.Column{{ID: "name", Title: "姓名", Required: true}, {ID: "sector", Title: "界别"}}); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, r := range table.Rows {
		found = found || strings.Join(r.Cells, "|") == "秦望舟|女|1970||常委|经济界|民盟临川县支部||||13900000001" || strings.Contains(strings.Join(r.Cells, "|"), "秦望舟|女|1970")
	}
	if !found {
		t.Errorf("nobody of the roster is in %v", table.Rows)
	}
	upload(t, c, "again.xlsx", []byte(out.Body)).Contains("没有可以导入的新人员")
	template := c.Get("/people/roster-template.xlsx").Want(200)
	if _, err := document.Open("t.xlsx", strings.NewReader(template.Body), int64(len(template.Body)), document.Defaults()); err != nil {
		t.Error(err)
	}
}

// The file of bodies has the columns and the lines of the page.
func TestBodyExport(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	page := c.Get("/bodies?kind=department").Want(200)
	if to := page.Attr(".page-actions a", "href"); to != "/bodies.xlsx?kind=department" {
		t.Errorf("the button leads to %s", to)
	}
	out := c.Get("/bodies.xlsx?kind=department").Want(200)
	table, err := document.Open("a.xlsx", strings.NewReader(out.Body), int64(len(out.Body)), document.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := table.Read([]document.Column{{ID: "name", Title: "名称", Required: true}, {ID: "system", Title: "系统", Required: true}, {ID: "state", Title: "状态", Required: true}}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range table.Rows {
		names = append(names, r.Cells[0])
	}
	if got := strings.Join(names, " "); !strings.Contains(got, "县水利局") || strings.Contains(got, "经济界") {
		t.Errorf("departments: %s", got)
	}
}

func TestPerson(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	form := c.Get("/people/new").Want(200)
	c.Submit(form, "form.form", "name", "", "phone", "abc").Want(422).Contains("f-name-err", "f-phone-err", `value="abc"`)
	to := c.Submit(form, "form.form", "name", "𠮷<b>川", "phone", "13900000009").Want(303).Header.Get("Location")
	c.Get(to).Want(200).Contains("𠮷&lt;b&gt;川", "加入名册", "不是委员").Lacks("<b>川")

	// What is done twice is done once; a stale version changes nothing.
	edit := c.Get(to + "/edit").Want(200)
	c.Submit(edit, "form.form", "post", "县第一中学教师").Want(303)
	c.Submit(edit, "form.form", "post", "县第一中学教师").Want(303)
	c.Submit(edit, "form.form", "post", "县第二中学教师").Want(409).Contains("县第二中学教师")
	c.Get(to).Contains("单位职务：空 → 县第一中学教师")

	c.PostForm(to+"/seat", "term", "none", "kind", "member").Want(404)
	sessions := c.Get("/sessions/new").Want(200)
	term := regexp.MustCompile(`<option value="([0-9a-f-]{36})"`).FindStringSubmatch(sessions.Body)[1]
	c.PostForm(to+"/seat", "term", term, "kind", "chair").Want(422).Contains("请选择委员或常委")
	c.PostForm(to+"/seat", "term", term, "kind", "standing_member").Want(303)
	c.PostForm(to+"/membership", "body", w.Bodies["经济界"]).Want(303)
	c.PostForm(to+"/membership", "body", w.Bodies["教育界"]).Want(422).Contains("这段时间已属于一个")
	page := c.Get(to).Want(200).Contains("常委", "经济界")
	ends := regexp.MustCompile(`action="(/people/[^"]+/membership/[^"]+/end)"`).FindStringSubmatch(page.Body)[1]
	c.PostForm(ends, "version", "7").Want(303) // stale
	c.Get(to).Contains("刚刚", ends)
	c.PostForm(ends, "version", "1").Want(303)
	c.Get(to).Contains("最后一天是今天").Lacks(ends)
	c.PostForm(to+"/account", "role", "dispatcher").Want(422).Contains("需要选择所属单位")
	slips := c.PostForm(to+"/account", "role", "member").Want(200)
	if login, _ := slip(t, slips.Body); !strings.HasPrefix(login, "lc") {
		t.Errorf("sign-in name %q", login)
	}
	c.PostForm(to+"/leave", "on", "2026-03-12", "version", "1").Want(409)
	c.PostForm(to+"/leave", "on", "2026-03-12", "version", "2").Want(303)
	c.Get(to).Contains("已离任", "恢复在册")
	c.PostForm(to + "/nothing").Want(404)
}

func TestBulk(t *testing.T) {
	w := world(t)
	c := w.Browser(t, "管一平")
	var ids []string
	for i := range 3 {
		to := c.PostForm("/people/new", "name", fmt.Sprintf("批量%c", 'A'+i)).Want(303).Header.Get("Location")
		ids = append(ids, "id", strings.TrimPrefix(to, "/people/"))
	}
	fields := append([]string{"request_key", "bulk-open-1", "action", "open"}, ids...)
	a := c.PostForm("/people/bulk", fields...).Want(200)
	if n := len(a.Select(".slip")); n != 3 {
		t.Errorf("%d slips, want 3", n)
	}
	c.Follow(c.PostForm("/people/bulk", fields...).Want(303)).Contains("已有账号") // a second click
	fields[1], fields[3] = "bulk-reset-1", "reset"
	if n := len(c.PostForm("/people/bulk", fields...).Want(200).Select(".slip")); n != 3 {
		t.Errorf("%d slips, want 3", n)
	}
	c.Follow(c.PostForm("/people/bulk", fields...).Want(303)).Contains("只显示一次")
	c.Follow(c.PostForm("/people/bulk", "action", "open").Want(303)).Contains("请先勾选人员")
}

// TestPermission asks for every page and act as each role that may not.
func TestPermission(t *testing.T) {
	w := world(t)
	person := w.People["余知秋"]
	may := map[string]string{"管一平": "manage roster people audit", "柳文书": "roster people", "岳交之": "people", "高望舒": "people", "莫定安": "people", "严察微": "audit", "余知秋": "", "水清源": "", "裴远山": ""}
	for _, x := range []struct{ want, method, path string }{
		{"people", "GET", "/people"}, {"people", "GET", "/people.xlsx"}, {"people", "GET", "/people/" + w.People["柳文书"]}, {"people", "GET", "/bodies"}, {"people", "GET", "/bodies.xlsx?kind=department"},
		{"roster", "GET", "/people/new"}, {"roster", "GET", "/people/import"}, {"roster", "GET", "/people/roster-template.xlsx"},
		{"roster", "POST", "/people/" + person + "/membership"}, {"manage", "POST", "/people/" + person + "/account"},
		{"manage", "GET", "/accounts"}, {"manage", "GET", "/accounts/new"}, {"manage", "GET", "/tenants"}, {"manage", "GET", "/tenants/new"},
		{"manage", "GET", "/terms/new"}, {"manage", "GET", "/sessions/new"}, {"manage", "GET", "/bodies/" + w.Bodies["经济界"]},
		{"manage", "POST", "/calendar"}, {"manage", "POST", "/bodies"},
		{"audit", "GET", "/audit"}, {"audit", "GET", "/audit.xlsx"}, {"audit", "GET", "/audit/sign-ins"},
		{"people", "GET", "/api/v1/people"}, {"manage", "POST", "/api/v1/bodies"}, {"roster", "POST", "/api/v1/people"},
		{"", "GET", "/account"}, {"", "GET", "/calendar"}, {"", "GET", "/terms"}, {"", "GET", "/api/v1/me"}, {"", "GET", "/api/v1/bodies"}, {"", "GET", "/api/v1/sessions"},
	} {
		for name, has := range may {
			c := w.Browser(t, name)
			var a *webtest.Answer
			switch {
			case strings.HasPrefix(x.path, "/api/") && x.method == "POST":
				in := map[string]any{"name": "某"}
				if strings.HasSuffix(x.path, "/bodies") {
					in["kind"] = "sector"
				}
				a = c.JSON(x.method, x.path, in)
			case x.method == "POST":
				a = c.PostForm(x.path, "kind", "sector", "lines", "某界")
			default:
				a = c.Get(x.path)
			}
			if forbidden := a.Status == 403; forbidden == (x.want == "" || strings.Contains(has, x.want)) {
				t.Errorf("%s: %s %s answers %d", name, x.method, x.path, a.Status)
			}
		}
		if a := w.Browser(t, "").Get(x.path); x.method == "GET" && a.Status == 200 {
			t.Errorf("anybody sees %s", x.path)
		}
	}
}

// TestTenancy guesses what belongs to the neighbour.
func TestTenancy(t *testing.T) {
	w := world(t)
	other := w.Neighbour()
	c := w.Browser(t, "管一平")
	theirs := other.People["余知秋"]
	for _, path := range []string{"/people/" + theirs, "/people/" + theirs + "/edit", "/bodies/" + other.Bodies["经济界"], "/api/v1/people/" + theirs} {
		c.Get(path).Want(404)
	}
	c.PostForm("/people/"+theirs+"/leave", "on", "2026-03-12", "version", "1").Want(404)
	c.PostForm("/people/"+theirs+"/edit", "name", "改名", "version", "1").Want(404)
	c.PostForm("/people/bulk", "action", "open", "id", theirs).Want(404)
	c.PostForm("/people/"+w.People["余知秋"]+"/membership", "body", other.Bodies["经济界"]).Want(404)
	c.Get("/people?body=" + other.Bodies["经济界"]).Want(200).Contains("没有相符的人员")
	page, err := other.Org.Person(admin(other), theirs)
	if err != nil {
		t.Fatal(err)
	}
	account := page.Account.ID
	c.Get("/accounts/" + account).Want(404)
	for _, act := range []string{"unlock", "two-step", "reset", "grant"} {
		c.PostForm("/accounts/"+account+"/"+act, "role", "admin").Want(404)
	}
	c.PostForm("/accounts/"+account+"/disable", "version", "1").Want(404)
	c.PostForm("/role", "grant", page.Grants[0].ID).Want(404)
	c.Get("/audit?object=" + theirs).Want(200).Contains("没有相符的记录")
}
