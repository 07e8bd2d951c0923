package supervisionweb_test

import (
	"bytes"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/proposal"
	"shangliang/internal/supervision"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What is wrong in a form is said at its place, with what was typed kept.
func TestForms(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	office := w.Browser(t, "柳文书")
	form := office.Get("/supervision/new?proposal=" + p.ID + "&meaning=consultation").Want(200)
	form.Contains(p.Title)
	office.Submit(form, "main form", "title", "", "on", "2026-03-12", "place", "一号会议室").Want(422).Contains("请填写名称", "一号会议室")
	saved := office.Submit(form, "main form", "title", "提案协商", "on", "2026-03-12").Want(303)
	page := office.Follow(saved).Want(200)
	page.Contains("安排已保存", "县水利局", p.Title)
	office.Submit(page, "#do-hold-form", "conclusions", "").Want(422).Contains("请填写“议定事项（结果）”")
	page = office.Follow(office.Submit(page, "#do-hold-form", "conclusions", "按月通报").Want(303)).Want(200)
	office.Submit(page, "#do-assign-form", "text", "报进度").Want(422).Contains("请选择责任单位或者责任人")
	page = office.Follow(office.Submit(page, "#do-assign-form", "text", "报进度", "unit", w.Bodies["县水利局"]).Want(303)).Want(200)
	page.Contains("报进度", "还有跟踪事项没有完成")
	w.Browser(t, "水清源").Get("/supervision/tasks").Want(200).Contains("报进度")
	w.Browser(t, "余知秋").Get("/proposals/"+p.ID).Want(200).Contains("督办活动（1）", "按月通报", "督办活动结果")
	w.Browser(t, "余知秋").Get("/supervision").Want(403)
	w.Browser(t, "余知秋").Get("/supervision/new").Want(403)
}

// The lists can be taken along.
func TestExport(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	w.Play(proposal.Handling)
	office := w.Browser(t, "柳文书")
	office.Submit(office.Get("/supervision/new?meaning=visit&unit="+w.Bodies["县水利局"]).Want(200), "main form", "title", "走访县水利局", "on", "2026-03-12").Want(303)
	read := func(path, key, column string) string {
		a := office.Get(path).Want(200)
		table, err := document.Open("x.xlsx", bytes.NewReader([]byte(a.Body)), int64(len(a.Body)), document.Defaults())
		check(t, err)
		rows, problems, err := table.Read([]document.Column{{ID: "key", Title: key, Required: true}, {ID: "x", Title: column, Required: true}})
		check(t, err)
		if len(problems) > 0 || len(rows) != 1 {
			t.Fatalf("%s: %v %v", path, rows, problems)
		}
		return rows[0].Values["x"]
	}
	if got := read("/supervision.xlsx", "名称", "承办单位"); got != "县水利局" {
		t.Errorf("of the event: %q", got)
	}
	if got := read("/supervision/departments.xlsx", "承办单位", "未答复"); got != "1" {
		t.Errorf("of the department: %q", got)
	}
}

// A program meets the same guards.
func TestREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	office := w.Browser(t, "柳文书")
	plan := map[string]any{"type": "consultation", "title": "协商", "on": "2026-03-12", "proposals": []string{p.ID}}
	w.Browser(t, "高望舒").JSON("POST", "/api/v1/supervision-events", plan).Want(403)
	office.JSON("POST", "/api/v1/supervision-events", map[string]any{"type": "consultation", "title": "协商", "on": "2026-03-12"}).Want(422)
	office.JSON("POST", "/api/v1/supervision-events", plan).Want(201)
	all, _, err := w.Events.List(w.As("柳文书"), supervision.Filter{})
	check(t, err)
	id := all[0].ID
	office.Get("/api/v1/supervision-events/"+id).Want(200).Contains(p.ID, w.Bodies["县水利局"])
	w.Browser(t, "田会办").Get("/api/v1/supervision-events/" + id).Want(404)
	office.JSON("POST", "/api/v1/supervision-events/"+id+"/actions/hold", map[string]any{"version": 1, "conclusions": "按月通报"}).Want(200)
	office.JSON("POST", "/api/v1/supervision-events/"+id+"/actions/assign", map[string]any{"version": 2, "text": "报进度", "unit": w.Bodies["县水利局"]}).Want(200)
	d, err := w.Events.Get(w.As("柳文书"), id)
	check(t, err)
	w.Browser(t, "水清源").JSON("POST", "/api/v1/supervision-events/"+id+"/tasks/"+d.Tasks[0].ID+"/report", map[string]any{"version": 1, "text": "已报"}).Want(204)
	office.Get("/api/v1/supervision-tasks").Want(200).Contains(`"state":"reported"`)
	office.Get("/api/v1/supervision-departments?year=2026").Want(200).Contains(`"open":1`)
}
