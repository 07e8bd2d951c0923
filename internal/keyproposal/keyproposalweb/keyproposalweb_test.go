package keyproposalweb_test

import (
	"bytes"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/proposal"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// nominated is a world with one nomination.
func nominated(t *testing.T) (w *apptest.World, id string) {
	w = apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	ids, err := w.Keys.Nominate(w.As("柳文书"), []string{p.ID}, []string{"broad"}, "群众关心")
	check(t, err)
	return w, ids[0]
}

// What is wrong in a form is said at its place, with what was typed kept.
func TestRefusals(t *testing.T) {
	w, id := nominated(t)
	office := w.Browser(t, "柳文书")
	page := office.Get("/key-proposals/" + id).Want(200)
	page.Contains("群众关心", "征求意见", "还没有征求意见")
	office.Submit(page, "#do-decline-form", "reason", "").Want(422).Contains("请填写“理由”")
	office.Submit(page, "#do-ask-form", "bodies", w.Bodies["民盟临川县支部"], "due_on", "2026-02-30").Want(422).Contains("2026-02-30")
	ok := office.Submit(page, "#do-ask-form", "bodies", w.Bodies["民盟临川县支部"]).Want(303)
	office.Follow(ok).Want(200).Contains("已办理：征求意见", "尚未答复", "代录民盟的意见")
	// From a page that is out of date nothing is done, and it is said.
	office.Submit(page, "#do-ask-form", "bodies", w.Bodies["提案委员会"]).Want(409)
}

func TestNominationForm(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	filed, unfiled := w.Play(proposal.Filed), w.Play(proposal.InReview)
	office := w.Browser(t, "柳文书")
	office.Get("/key-proposals/new").Want(200).Contains("还没有选择提案")
	form := office.Get("/key-proposals/new?id=" + filed.ID).Want(200)
	form.Contains(filed.Title)
	office.Submit(form, "main form", "reason", "理由写过").Want(422).Contains("至少符合 1 条标准", "理由写过")
	both := office.Get("/key-proposals/new?id=" + filed.ID + "&id=" + unfiled.ID).Want(200)
	office.Submit(both, "main form", "criteria", "broad").Want(409).Contains("还没有立案")
	office.Submit(form, "main form", "criteria", "broad").Want(303)
	office.Get("/key-proposals").Want(200).Contains(filed.Title, "已提名")
	w.Browser(t, "高望舒").Get("/key-proposals/new?id=" + filed.ID).Want(403)
	w.Browser(t, "余知秋").Get("/key-proposals").Want(403)
}

// exported reads what a list gives to take along: the titles, and one column more.
func exported(t *testing.T, w *apptest.World, path, column string) []document.Record {
	t.Helper()
	a := w.Browser(t, "高望舒").Get(path).Want(200)
	table, err := document.Open("x.xlsx", bytes.NewReader([]byte(a.Body)), int64(len(a.Body)), document.Defaults())
	check(t, err)
	rows, problems, err := table.Read([]document.Column{{ID: "title", Title: "案由", Required: true}, {ID: "x", Title: column, Required: true}})
	check(t, err)
	if len(problems) > 0 {
		t.Errorf("%s: %v", path, problems)
	}
	return rows
}

// The lists can be taken along.
func TestExport(t *testing.T) {
	w, _ := nominated(t)
	if rows := exported(t, w, "/key-proposals.xlsx", "遴选标准"); len(rows) != 1 || rows[0].Values["x"] != "涉及面广、群众普遍关心" {
		t.Errorf("%+v", rows)
	}
}

func TestParties(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	office := w.Browser(t, "柳文书")
	office.Get("/key-proposals/parties").Want(200).Contains("这一年还没有立案的党派提案")
	text := w.Text()
	text.Kind, text.Body = proposal.Collective, w.Bodies["民盟临川县支部"]
	p, err := w.Proposals.Create(w.As("裴远山"), text)
	check(t, err)
	for _, s := range []struct{ who, action string }{{"裴远山", "approve"}, {"柳文书", "receive"}, {"纪审言", "pass"}, {"纪审言", "pass"}, {"莫定安", "file"}} {
		p, err = w.Proposals.Do(w.As(s.who), p.ID, p.Version, s.action, proposal.Input{})
		check(t, err)
	}
	page := office.Get("/key-proposals/parties").Want(200)
	page.Contains("占立案1件的100.0%")
	ok := office.Submit(page, "form[data-bulk]", "id", p.ID, "measure", "consulted").Want(303)
	office.Follow(ok).Want(200).Contains("提案协商")
	if rows := exported(t, w, "/key-proposals/parties.xlsx", "优先办理"); len(rows) != 1 || rows[0].Values["x"] != "提案协商" {
		t.Errorf("%+v", rows)
	}
	office.Get("/proposals/"+p.ID).Want(200).Contains("优先办理的党派提案", "列为优先办理的党派提案")
}

// A program meets the same guards.
func TestREST(t *testing.T) {
	w, id := nominated(t)
	office := w.Browser(t, "柳文书")
	office.Get("/api/v1/key-proposals").Want(200).Contains(id, `"state":"nominated"`)
	d, err := w.Keys.Get(w.As("柳文书"), id)
	check(t, err)
	act := func(name, action string, body map[string]any) int {
		body["version"] = d.Version
		return w.Browser(t, name).JSON("POST", "/api/v1/key-proposals/"+id+"/actions/"+action, body).Status
	}
	if got := act("高望舒", "ask", map[string]any{"bodies": []string{w.Bodies["民盟临川县支部"]}}); got != 403 {
		t.Errorf("a leader asks: %d", got)
	}
	if got := act("余知秋", "ask", map[string]any{"bodies": []string{w.Bodies["民盟临川县支部"]}}); got != 404 {
		t.Errorf("a member asks: %d", got)
	}
	if got := act("柳文书", "ask", map[string]any{}); got != 422 {
		t.Errorf("nobody is asked: %d", got)
	}
	if got := act("柳文书", "ask", map[string]any{"bodies": []string{w.Bodies["民盟临川县支部"]}}); got != 200 {
		t.Errorf("asked: %d", got)
	}
	w.Browser(t, "裴远山").JSON("PUT", "/api/v1/key-proposals/"+id+"/opinions/"+w.Bodies["民盟临川县支部"], map[string]any{"stance": "agree", "opinion": "同意"}).Want(204)
	w.Browser(t, "裴远山").Get("/api/v1/key-proposals/" + id).Want(200).Contains(`"stance":"agree"`)
	office.JSON("POST", "/api/v1/key-leaders", map[string]any{"person": w.People["高望舒"], "post": "副主席", "kind": "conference", "principal": true}).Want(201)
	office.Get("/api/v1/key-leaders?year=2026").Want(200).Contains(`"lacks":true`)
}
