package digestweb_test

import (
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/digest"
	"shangliang/internal/proposal"
	"shangliang/internal/web/webtest"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sent is a world with a digest that a leader was sent.
func sent(t *testing.T) (w *apptest.World, p *proposal.Proposal, d *digest.Digest) {
	w = apptest.New(t, db.SQLite)
	p = w.Play(proposal.Handling)
	d, err := w.Digests.Save(w.As("柳文书"), "", 0, digest.Text{Title: "疏浚排洪渠", Body: "两次漫堤。", Proposals: []string{p.ID}, Recipients: []string{w.People["高望舒"]}})
	check(t, err)
	d, err = w.Digests.Do(w.As("莫定安"), d.ID, d.Version, "approve", "")
	check(t, err)
	d, err = w.Digests.Do(w.As("柳文书"), d.ID, d.Version, "send", "")
	check(t, err)
	return w, p, d
}

func TestForms(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	office := w.Browser(t, "柳文书")
	form := office.Get("/digests/new?proposal=" + p.ID).Want(200)
	form.Contains("去年汛期两次漫堤")
	office.Submit(form, "main form", "title", "").Want(422).Contains("请填写标题", "去年汛期两次漫堤")
	page := office.Follow(office.Submit(form, "main form").Want(303)).Want(200)
	page.Contains("摘报已保存", "拟稿")
	w.Browser(t, "莫定安").Get("/digests").Want(200).Contains("拟稿")
	w.Browser(t, "高望舒").Get("/digests").Want(200).Lacks("拟稿 ", p.Title)
	w.Browser(t, "余知秋").Get("/digests").Want(403)
}

// An instruction comes with its scan, which the department may open and others
// may not.
func TestInstruct(t *testing.T) {
	w, p, d := sent(t)
	office := w.Browser(t, "柳文书")
	page := office.Get("/digests/" + d.ID).Want(200)
	page.Contains("2026年第1期", "登记批示")
	office.PostFiles("/digests/"+d.ID+"/instructions", nil, "person", w.People["高望舒"], "on", "2026-03-12", "text", "").Want(422).Contains("请填写“批示内容”")
	pdf := []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
	office.PostFiles("/digests/"+d.ID+"/instructions", []webtest.File{{Field: "scan", Name: "批示.pdf", Body: pdf}},
		"person", w.People["高望舒"], "on", "2026-03-12", "text", "请水利局抓紧", "unit", w.Bodies["县水利局"]).Want(303)
	got, err := w.Digests.Get(w.As("柳文书"), d.ID)
	check(t, err)
	file := "/digests/" + d.ID + "/files/" + got.Files[0].ID
	w.Browser(t, "水清源").Get("/digests/"+d.ID).Want(200).Contains("请水利局抓紧", "批示.pdf")
	w.Browser(t, "水清源").Get(file).Want(200)
	for _, name := range []string{"田会办", "余知秋", "岳交之"} {
		w.Browser(t, name).Get("/digests/" + d.ID).Want(404)
		w.Browser(t, name).Get(file).Want(404)
	}
	w.Browser(t, "余知秋").Get("/proposals/"+p.ID).Want(200).Contains("摘入提案摘报2026年第1期", "领导作出批示").Lacks("请水利局抓紧", "疏浚排洪渠")
	office.Get("/digests/"+d.ID+"/print").Want(200).Contains("报送：高望舒", "所据提案")
	office.Get("/digests.xlsx").Want(200)
}

func TestREST(t *testing.T) {
	w, p, d := sent(t)
	office := w.Browser(t, "柳文书")
	office.Get("/api/v1/digests").Want(200).Contains(d.ID, `"no":1`)
	office.JSON("POST", "/api/v1/digests", map[string]any{"title": "又一期", "body": "", "proposals": []string{p.ID}}).Want(422)
	office.JSON("POST", "/api/v1/digests/"+d.ID+"/actions/discard", map[string]any{"version": d.Version}).Want(409)
	w.Browser(t, "水清源").Get("/api/v1/digests/" + d.ID).Want(404)
	w.Browser(t, "高望舒").JSON("POST", "/api/v1/digests/"+d.ID+"/instructions", map[string]any{"person": w.People["高望舒"], "on": "2026-03-12", "text": "请研究", "unit": w.Bodies["县水利局"]}).Want(201)
	got, err := w.Digests.Get(w.As("柳文书"), d.ID)
	check(t, err)
	w.Browser(t, "水清源").JSON("POST", "/api/v1/digests/"+d.ID+"/instructions/"+got.Instructions[0].ID+"/report", map[string]any{"version": 1, "text": "已研究"}).Want(204)
	office.JSON("POST", "/api/v1/digests/"+d.ID+"/instructions/"+got.Instructions[0].ID+"/accept", map[string]any{"version": 2}).Want(204)
}
