package publishweb_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/proposal"
)

// A whole queue is proposed and decided at once; what cannot be done is told and
// holds up nothing.
func TestBulk(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	for _, choice := range []string{"open", "summary", "closed"} {
		text := w.Text()
		if text.OpenChoice = choice; choice != "open" {
			text.OpenReason = "涉及他人"
		}
		w.PlayText(proposal.FollowingUp, text)
	}
	clerk, chair, public := w.Browser(t, "柳文书"), w.Browser(t, "莫定安"), w.Browser(t, "")
	page := clerk.Get("/publish").Contains("全部3件：按默认方案提请决定")
	done := clerk.Submit(page, "form.mb-3", "action", "plan").Want(200).Contains("已办2件，1件没有办成")
	done.Contains("案由不公开时整件都不能公开")
	page = clerk.Get("/publish?queue=proposed").Contains("/publish.xlsx?queue=proposed")
	out := clerk.Get("/publish.xlsx?queue=proposed").Want(200)
	table, err := document.Open("a.xlsx", strings.NewReader(out.Body), int64(len(out.Body)), document.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := table.Read([]document.Column{{ID: "no", Title: "案号", Required: true}, {ID: "who", Title: "准备人", Required: true}}); err != nil || len(table.Rows) != 2 {
		t.Fatalf("%v of %v", table.Rows, err)
	}
	if row := strings.Join(table.Rows[0].Cells, "|"); !strings.Contains(row, "待决定|柳文书") {
		t.Errorf("the first row is %s", row)
	}
	clerk.Get("/publish.xlsx?queue=nothing").Want(404)
	clerk.Submit(page, "form.mb-3", "action", "publish").Want(200).Contains("已办0件，2件没有办成", "须由另一位同事复核")
	page = chair.Get("/publish").Contains("全部2件：同意公开")
	chair.Submit(page, "form.mb-3", "action", "publish").Want(303)
	if n := len(public.Get("/open/lc/cases").Select(".open-cases li")); n != 2 {
		t.Errorf("%d cases are public", n)
	}
	page = chair.Get("/publish?queue=published")
	ids := page.Select("input[name=id]")
	if len(ids) != 2 {
		t.Fatalf("%d can be selected", len(ids))
	}
	id := page.Attr("input[name=id]", "value")
	chair.PostForm("/publish/bulk?queue=published", "id", id, "action", "withdraw").Want(200).Contains("请写明理由")
	chair.PostForm("/publish/bulk?queue=published", "id", id, "action", "withdraw", "reason", "当事人要求").Want(303)
	if n := len(public.Get("/open/lc/cases").Select(".open-cases li")); n != 1 {
		t.Errorf("%d cases are public after one was withdrawn", n)
	}
	for _, name := range []string{"余知秋", "江承平", "岳交之", "严察微"} {
		w.Browser(t, name).Get("/publish").Want(403)
		w.Browser(t, name).Get("/publish.xlsx?queue=proposed").Want(403)
		w.Browser(t, name).Get("/publish/comments").Want(403)
	}
}

// What programs read: feed, map, data sets and REST say the same as the pages.
func TestData(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	text := w.Text()
	text.Title = "=关于疏浚城西排洪渠的提案"
	p := w.PlayText(proposal.FollowingUp, text)
	d, err := w.Publish.ProposeAsPlanned(w.As("柳文书"), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	chair := w.Browser(t, "莫定安")
	chair.Submit(chair.Get("/publish/cases/"+p.ID), "#publish-form").Want(303)
	public := w.Browser(t, "")

	sheet := public.Get("/open/lc/data/cases.csv").Want(200)
	if !strings.HasPrefix(sheet.Body, "\uFEFFid,year,case_no,") {
		t.Errorf("the sheet begins %q", sheet.Body[:30])
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet.Body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != d.Code || rows[1][4] != "'"+text.Title {
		t.Errorf("%v, rows %q", err, rows)
	}
	var set struct {
		Items []map[string]any
	}
	public.Get("/open/lc/data/replies.json").Want(200).Decode(&set)
	if len(set.Items) != 1 || set.Items[0]["on_time"] != true || set.Items[0]["unit"] != "县水利局" {
		t.Errorf("replies: %v", set.Items)
	}
	public.Get("/open/lc/data/secrets.csv").Want(404)

	var feed struct {
		Entries []struct {
			Title string `xml:"title"`
			Link  struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	for _, path := range []string{"/open/lc/feed.atom", "/open/lc/units/" + w.Bodies["县水利局"] + "/feed.atom"} {
		if err := xml.Unmarshal([]byte(public.Get(path).Want(200).Body), &feed); err != nil || len(feed.Entries) == 0 || feed.Entries[0].Title != text.Title || feed.Entries[0].Link.Href != "/open/lc/cases/"+d.Code {
			t.Errorf("%s: %v %+v", path, err, feed)
		}
	}
	public.Get("/open/lc/units/" + w.Bodies["县交通运输局"] + "/feed.atom").Want(404)
	public.Get("/open/lc/sitemap.xml").Want(200).Contains("/open/lc/cases/" + d.Code)
	public.Get("/robots.txt").Want(200).Contains("Allow: /open", "Disallow: /\n")

	var rest struct {
		ID      string
		Replies []struct {
			Text string
		}
	}
	if err := json.Unmarshal([]byte(public.Get("/api/v1/open/lc/cases/"+d.Code).Want(200).Body), &rest); err != nil || rest.ID != d.Code || len(rest.Replies) != 1 || rest.Replies[0].Text == "" {
		t.Errorf("%v %+v", err, rest)
	}
	public.Get("/api/v1/open/lc/cases?q=排洪渠&limit=5").Want(200).Contains(d.Code)
	public.Get("/api/v1/open/none/cases").Want(404)
	public.Get("/api/v1/publish/cases/" + p.ID).Want(401)

	public.Get("/open/lc/cases/"+d.Code+"?lang=zh-Hant").Contains("怎麼答覆", "縣水利局")
	public.Get("/open/lc/cases/"+d.Code+"?lang=en").Contains("What was answered", `hreflang="zh-Hant"`, `rel="canonical"`)
}

// A program that fills in what people do not see is told nothing and leaves
// nothing; too many comments from one place are refused, with what was typed.
func TestCommentForm(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.FollowingUp)
	d, err := w.Publish.ProposeAsPlanned(w.As("柳文书"), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	chair := w.Browser(t, "莫定安")
	chair.Submit(chair.Get("/publish/cases/"+p.ID), "#publish-form").Want(303)
	public := w.Browser(t, "")
	path := "/open/lc/cases/" + d.Code + "/comment"
	send := func(fields ...string) int {
		return public.Submit(public.Get(path), "main form", fields...).Status
	}
	if s := send("text", "买药点这里", "website", "http://x"); s != 303 {
		t.Errorf("a program gets %d", s)
	}
	if n, err := w.Publish.WaitingComments(w.As("柳文书")); err != nil || n != 0 {
		t.Errorf("%d comments wait: %v", n, err)
	}
	public.Submit(public.Get(path), "main form", "text", "短", "name", "渠边人").Want(422).Contains("渠边人", "不少于 4 个字")
	a := public.Submit(public.Get(path), "main form", "text", "渠边能装护栏吗").Want(303)
	public.Follow(a).Contains("谢谢，已收到")
	last := 0
	for range 4 {
		last = send("text", "渠边能装护栏吗")
	}
	if last != 429 {
		t.Errorf("one after the other is answered %d", last)
	}
}
