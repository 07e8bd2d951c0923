package readingweb_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/proposal"
	"shangliang/internal/reading"
	"shangliang/internal/web/webtest"
)

const yunshan = "政协云山县委员会常务委员会工作报告\n2025年工作回顾\n2025年，县政协认真履职。全年共收到提案132件，经审查立案118件，办复率100%。报送社情民意信息86篇，其中向省政协报送31篇、向市政协报送56篇。"

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Several files at once: each is read or told why not; what is there already is
// told with the way to it.
func TestUpload(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	clerk := w.Browser(t, "柳文书")
	w.Browser(t, "高望舒").Get("/readings/new").Want(403)
	w.Browser(t, "余知秋").Get("/readings").Want(403)
	clerk.PostFiles("/readings/new", nil, "text", "").Want(422).Contains("请选择文件，或者把文字粘贴在下面")
	page := clerk.PostFiles("/readings/new", []webtest.File{{Field: "files", Name: "云山.txt", Body: []byte(yunshan)}, {Field: "files", Name: "表.xls", Body: []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
		{Field: "files", Name: "天气.txt", Body: []byte("今天晴。")}}, "source", "https://zx.example/1").Want(422)
	page.Contains("云山.txt", "已读入", "表.xls", "天气.txt", "看不出这是政协的工作报告")
	clerk.PostFiles("/readings/new", nil, "text", yunshan, "title", "再来一次").Want(422).Contains("这份文件已经读入过", "/readings/")
	one := clerk.Follow(clerk.PostFiles("/readings/new", nil, "text", "本年立案提案12件。", "anyway", "yes").Want(303)).Want(200)
	one.Contains("更正地方、层级、年份", "12件").Lacks("确认有把握的") // first say whose it is
	clerk.Get("/readings").Want(200).Contains("政协云山县委员会 2025")
}

// Deciding works without scripts, keeps what was typed when it cannot be, and
// tells scripts only the part that changed.
func TestDecide(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, err := w.Reading.Add(w.As("柳文书"), reading.Upload{Name: "云山.txt", Data: []byte(yunshan)})
	check(t, err)
	clerk := w.Browser(t, "柳文书")
	page := clerk.Get("/readings/" + id).Want(200)
	page.Contains("对不上的地方（1）", "31＋56")
	late := clerk.Get("/readings/" + id).Want(200)
	clerk.Follow(clerk.Submit(page, "#f0 form", "do", "confirm").Want(303)).Want(200).Contains("已确认")
	clerk.Submit(late, "#f0 form", "do", "drop").Want(409).Contains("刚刚被其他人修改过")
	edit := clerk.Get("/readings/" + id + "/figures/1").Want(200)
	clerk.Submit(edit, "main form.figure-edit", "value", "很多", "do", "change").Want(422).Contains("请填写数字")
	clerk.Submit(edit, "main form.figure-edit", "metric", "", "do", "change_confirm").Want(422).Contains("请选定口径")
	clerk.Submit(edit, "main form.figure-edit", "unit", "%", "value", "99", "do", "change").Want(422).Contains("这个口径的单位是")
	clerk.Submit(edit, "main form.figure-edit", "value", "120", "do", "change_confirm").Want(303)
	clerk.Get("/readings/"+id+"?show=confirmed").Want(200).Contains("120件", "撤回确认")
	clerk.Submit(clerk.Get("/readings/"+id), ".reading-bar form").Want(303)
	rest := clerk.Follow(clerk.Submit(clerk.Get("/readings/"+id), ".reading-bar form").Want(303)).Want(200)
	rest.Contains("3项不采用", "待确认0项")
	clerk.Follow(clerk.Submit(rest, "[data-flash] form").Want(303)).Want(200).Contains("已撤回3项", "待确认3项")
	leader := w.Browser(t, "高望舒")
	leader.Get("/readings/"+id).Want(200).Lacks("撤回确认", "移除这份报告")
	leader.Get("/readings/" + id + "/figures/1").Want(403)
	w.Neighbour().Browser(t, "柳文书").Get("/readings/" + id).Want(404)
	file := clerk.Get("/readings/" + id + "/file").Want(200)
	if file.Body != yunshan || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("the original came back as %s: %q", file.Header.Get("Content-Type"), file.Body)
	}

	table := leader.Get("/published-export?year=2025").Want(200)
	got, err := document.Open("a.xlsx", bytes.NewReader([]byte(table.Body)), int64(len(table.Body)), document.Defaults())
	check(t, err)
	if text := strings.Join(cells(t, got), "|"); !strings.Contains(text, "云山县|县级|2025") || !strings.Contains(text, "120") {
		t.Errorf("the table is %s", text)
	}
	leader.Get("/published/proposals_filed").Want(200).Contains("120件").Lacks("历年立案提案")
	older, err := w.Reading.Add(w.As("柳文书"), reading.Upload{Name: "云山2024.txt", Data: []byte(strings.NewReplacer("2025", "2024", "118", "109").Replace(yunshan))})
	check(t, err)
	clerk.Submit(clerk.Get("/readings/"+older), ".reading-bar form").Want(303)
	leader.Get("/published/proposals_filed").Want(200).Contains("历年立案提案", "109件", "比上年 +11（+10.1%）", "历年最高")
	leader.Get("/published/proposals_filed/export").Want(200)
	leader.Get("/published/nothing").Want(404)
}

// cells are the texts of a table.
func cells(t testing.TB, table *document.Table) (all []string) {
	t.Helper()
	records, problems, err := table.Read([]document.Column{{ID: "place", Title: "地方"}, {ID: "level", Title: "层级"}, {ID: "period", Title: "时间"}, {ID: "value", Title: "数值"}})
	check(t, err)
	for _, p := range problems {
		t.Error(p)
	}
	for _, r := range records {
		all = append(all, r.Values["place"], r.Values["level"], r.Values["period"], r.Values["value"])
	}
	return all
}

// bare is a text without white space, which pages may fold.
func bare(s string) string { return strings.Join(strings.Fields(s), "") }

// A damaged report is read with its places, and shows where it is damaged.
func TestDamaged(t *testing.T) {
	data, err := os.ReadFile("../../reader/testdata/reports/01-county-year-summary.shift.txt")
	check(t, err)
	w := apptest.New(t, db.SQLite)
	id, err := w.Reading.Add(w.As("柳文书"), reading.Upload{Name: "云溪.txt", Data: data})
	check(t, err)
	v, err := w.Reading.Get(w.As("柳文书"), id)
	check(t, err)
	text := []rune(v.Text)
	damaged := 0
	for _, f := range v.Figures {
		if string(text[f.Start:f.End]) != f.Quote {
			t.Errorf("%q is not at %d", f.Quote, f.Start)
		}
		if f.Damaged {
			damaged++
		}
	}
	if len(v.Repairs) == 0 || damaged == 0 {
		t.Fatalf("%d repairs, %d damaged figures of %d", len(v.Repairs), damaged, len(v.Figures))
	}
	for _, p := range v.Confident {
		if v.Figure(p.N).Damaged {
			t.Errorf("%q is damaged and yet safe", v.Figure(p.N).Quote)
		}
	}
	page := w.Browser(t, "柳文书").Get("/readings/" + id + "?show=all").Want(200)
	page.Contains("处损坏", "text-damage")
	// The marks leave the text as it is.
	if got, want := bare(page.Text(".reading-text")), bare(v.Text); got != want {
		t.Errorf("the page shows %q\nof %q", got, want)
	}
}

// REST does what the pages do, under the same guards.
func TestREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	w.Play(proposal.Filed)
	clerk, leader := w.Browser(t, "柳文书"), w.Browser(t, "高望舒")
	const api = "/api/v1"
	w.Browser(t, "余知秋").Get(api + "/published-reports").Want(403)
	leader.PostFiles(api+"/published-reports", []webtest.File{{Field: "file", Name: "a.txt", Body: []byte(yunshan)}}).Want(403)
	var made struct{ ID string }
	clerk.PostFiles(api+"/published-reports", []webtest.File{{Field: "file", Name: "a.txt", Body: []byte(yunshan)}}, "source", "报纸").Want(201).Decode(&made)
	var body struct {
		Version int
		Safe    []map[string]int
		Figures []struct {
			N       int
			Version int
			Metric  string
		}
		Relations []struct{ Holds bool }
	}
	clerk.Get(api + "/published-reports/" + made.ID).Want(200).Decode(&body)
	if len(body.Safe) == 0 || len(body.Figures) < 6 || len(body.Relations) == 0 {
		t.Fatalf("%+v", body)
	}
	var done struct{ Confirmed int }
	clerk.JSON("POST", api+"/published-reports/"+made.ID+"/confirmations", map[string]any{"figures": body.Safe}).Want(200).Decode(&done)
	if done.Confirmed != len(body.Safe) {
		t.Errorf("%d confirmed", done.Confirmed)
	}
	clerk.JSON("POST", api+"/published-reports/"+made.ID+"/confirmations", map[string]any{"figures": body.Safe}).Want(409)
	clerk.JSON("POST", api+"/published-reports/"+made.ID+"/figures/1", map[string]any{"version": 2, "value": 119, "unit": "件", "kind": "stat", "metric": "proposals_filed"}).Want(204)
	leader.Get(api + "/published-figures?metric=proposals_filed").Want(200).Contains(`"value":119`)
	leader.Get(api+"/comparisons/proposals_filed").Want(200).Contains("云山县", "119件", `"records":true`)
	leader.JSON("POST", api+"/comparisons/proposals_filed/targets", map[string]any{"year": 2026, "rank": 3}).Want(204)
	clerk.JSON("POST", api+"/published-reports/"+made.ID+"/states", map[string]any{"figures": []map[string]int{{"n": 1, "version": 3}}, "state": "dropped"}).Want(204)
	clerk.JSON("POST", api+"/published-reports/"+made.ID+"/identity", map[string]any{"version": body.Version, "place": "云山县", "level": "county", "period": "2024"}).Want(204)
	leader.Get(api + "/published-figures?period=2025").Want(200).Lacks("云山县")
	clerk.JSON("POST", api+"/published-reports/"+made.ID+"/removal", map[string]any{"version": body.Version + 1}).Want(204)

	clerk.PostFiles(api+"/draft-checks", []webtest.File{{Field: "file", Name: "稿.txt", Body: []byte("2026年共收到提案3件，经审查立案1件。")}}, "year", "2026").Want(201).Decode(&made)
	clerk.Get(api+"/draft-checks/"+made.ID).Want(200).Contains(`"kind":"differs"`, `"wrong":1`)
	clerk.Get(api + "/draft-checks/" + made.ID + "/file").Want(422) // no Word file
	leader.JSON("DELETE", api+"/draft-checks/"+made.ID, nil).Want(404)
	clerk.JSON("DELETE", api+"/draft-checks/"+made.ID, nil).Want(204)
}
