package searchweb_test

import (
	"fmt"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
	"shangliang/internal/search"
)

// put makes documents found, as a capability does.
func put(t *testing.T, w *apptest.World, docs ...search.Doc) {
	t.Helper()
	ctx := actor.With(t.Context(), actor.System(w.Tenant))
	if err := w.DB.Write(ctx, func(tx *db.Tx) error {
		for _, d := range docs {
			d.Tenant, d.Kind, d.At = w.Tenant, "proposal", db.At(tx.Now())
			if err := search.Put(tx, d); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestSearch(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Filed)
	c := w.Browser(t, "柳文书")
	c.Get("/search").Want(200).Contains("想找什么？")
	page := c.Get("/search?q=清淤").Want(200)
	page.Contains(`<mark>清淤</mark>`, "2026-0001", "余知秋", "已立案", "2026年3月12日", "共 1 条")
	if to := page.Attr("a.row-link", "href"); to != "/proposals/"+p.ID {
		t.Errorf("leads to %s", to)
	}
	for _, q := range []string{"2026-0001", "余知秋", "清淤+警示", "排洪"} {
		c.Get("/search?q=" + q).Want(200).Contains("/proposals/" + p.ID)
	}
	c.Get("/search?q=清淤&year=2026&state=filed").Want(200).Contains("/proposals/"+p.ID, "状态：已立案", "年份：2026")
	none := c.Get("/search?q=清淤&state=archived").Want(200).Contains("没有找到“清淤”").Lacks("/proposals/" + p.ID)
	if to := none.Attr(".empty a", "href"); !strings.HasPrefix(to, "/search?q=") || strings.Contains(to, "state") {
		t.Errorf("the way out of the filters is %s", to)
	}
	c.Get("/search?state=filed").Want(200).Contains("/proposals/" + p.ID)
	c.Get("/search?state=archived").Want(200).Contains("没有符合条件的内容")
	c.Get("/search?q=" + strings.Repeat("长", 300)).Want(200).Contains("没有找到")
	c.Get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").Want(200).Lacks("<script>alert")
	w.Browser(t, "").Get("/search?q=清淤").Want(303)
}

func TestOnlyWhatOneMaySee(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	handed := w.Play(proposal.Submitted)
	for name, sees := range map[string]bool{"余知秋": true, "凌若谷": false, "柳文书": true, "水清源": false, "裴远山": false} {
		page := w.Browser(t, name).Get("/search?q=清淤").Want(200)
		if got := strings.Contains(page.Body, "/proposals/"+handed.ID); got != sees {
			t.Errorf("%s finds it: %v", name, got)
		}
		if sees == strings.Contains(page.Body, "没有找到") {
			t.Errorf("%s is told otherwise", name)
		}
		// Whoever finds it can open it, and nobody else.
		if got := w.Browser(t, name).Get("/proposals/"+handed.ID).Status == 200; got != sees {
			t.Errorf("%s opens it: %v", name, got)
		}
	}
}

func TestPages(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	var docs []search.Doc
	for i := range 45 {
		docs = append(docs, search.Doc{ID: fmt.Sprint("d", i), Title: fmt.Sprintf("第%d件<i>停车</i>", i), Body: "停车难", Audience: []string{"staff"},
			People: []string{"甲", "乙", "丙", "丁"}, Facets: map[string]string{"state": "odd"}})
	}
	put(t, w, docs...)
	c := w.Browser(t, "柳文书")
	page := c.Get("/search?q=停车").Want(200).Contains("共 45 条", "&lt;i&gt;", "甲、乙、丙等4人", "odd").Lacks("<i>停车", "回到第一页")
	seen := map[string]bool{}
	pages := 0
	for {
		pages++
		for _, a := range page.Select("a.row-link") {
			for _, x := range a.Attr {
				if x.Key == "href" {
					seen[x.Val] = true
				}
			}
		}
		next := page.Select(`a[rel="next"]`)
		if len(next) == 0 {
			break
		}
		page = c.Get(page.Attr(`a[rel="next"]`, "href")).Want(200).Contains("共 45 条", "回到第一页")
	}
	if len(seen) != 45 || pages != 3 {
		t.Fatalf("%d hits on %d pages", len(seen), pages)
	}
}

func TestREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	for range 3 {
		w.Play(proposal.Filed)
	}
	c := w.Browser(t, "柳文书")
	var page struct {
		Items []struct {
			ID, Link, Number, Title string
			Snippet                 []struct {
				Text string
				Hit  bool
			}
		}
		Next  string
		Count int
	}
	c.Get("/api/v1/search?q=清淤&limit=2&year=2026").Want(200).Decode(&page)
	if page.Count != 3 || len(page.Items) != 2 || page.Next == "" || page.Items[0].Number != "2026-0003" || page.Items[0].Link != "/proposals/"+page.Items[0].ID {
		t.Fatalf("%+v", page)
	}
	marked := 0
	for _, s := range page.Items[0].Snippet {
		if s.Hit && s.Text == "清淤" {
			marked++
		}
	}
	if marked == 0 {
		t.Errorf("nothing is marked: %+v", page.Items[0].Snippet)
	}
	next := page.Next
	page.Next, page.Items = "", nil
	c.Get("/api/v1/search?q=清淤&limit=2&cursor=" + next).Want(200).Decode(&page)
	if len(page.Items) != 1 || page.Next != "" || page.Items[0].Number != "2026-0001" {
		t.Fatalf("%+v", page)
	}
	c.Get("/api/v1/search?q=清淤&state=archived").Want(200).Contains(`"items":[]`)
	c.Get("/api/v1/search?q=清淤&cursor=x").Want(422)
	w.Browser(t, "凌若谷").Get("/api/v1/search?q=清淤").Want(200)
	w.Browser(t, "").Get("/api/v1/search?q=清淤").Want(401)
}

func TestSuggest(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	filed := w.Play(proposal.Filed)
	handed := w.Play(proposal.Submitted)
	if err := search.Renew(t.Context(), w.DB); err != nil {
		t.Fatal(err)
	}
	c := w.Browser(t, "柳文书")
	page := c.Get("/search/suggest?q=yzq").Want(200).Contains("<mark>余知秋</mark>", "有1条建议").Lacks("<html")
	if to := page.Select(`a[role="option"]`); len(to) != 2 {
		t.Errorf("%d options", len(to))
	}
	c.Get("/search/suggest?q=yuzhiqiu").Want(200).Contains("<mark>余知秋</mark>")
	c.Get("/search/suggest?q=排洪").Want(200).Contains("<mark>排洪</mark>", `href="/proposals/`+handed.ID+`"`, "2026-0001")
	c.Get("/search/suggest?q=qqqqq").Want(200).Contains("没有建议").Lacks("option")
	c.Get("/search/suggest").Want(200).Lacks("option")
	c.Get("/search/suggest?q=%3Cscript%3Ephq").Want(200).Lacks("<script")
	// Only what one may see.
	w.Browser(t, "凌若谷").Get("/search/suggest?q=phq").Want(200).Lacks("/proposals/")
	w.Browser(t, "余知秋").Get("/search/suggest?q=phq").Want(200).Contains(handed.ID)
	w.Browser(t, "水清源").Get("/search/suggest?q=phq").Want(200).Lacks("/proposals/")
	w.Browser(t, "").Get("/search/suggest?q=phq").Want(303)
	// Who sends the field finds nothing in the text, and is offered the same.
	c.Get("/search?q=yuzhiqiu").Want(200).Contains("您是不是要找", "余知秋")
	c.Get("/search?q=phq").Want(200).Contains("您是不是要找", "/proposals/"+handed.ID)
	c.Get("/search?q=qqqqq").Want(200).Lacks("您是不是要找")

	var out struct {
		Names []string
		Items []struct{ ID, Title, Link string }
	}
	c.Get("/api/v1/search/suggestions?q=phq").Want(200).Decode(&out)
	if len(out.Items) != 2 || len(out.Names) != 0 || out.Items[0].Link != "/proposals/"+handed.ID {
		t.Errorf("%+v", out)
	}
	c.Get("/api/v1/search/suggestions?q=yuzhi").Want(200).Contains(`"names":["余知秋"]`, `"items":[]`)
	// The same where a case or a person is picked.
	c.Get("/supervision/cases?q=phq").Want(200).Contains(filed.ID).Lacks(handed.ID)
	c.Get("/supervision/cases?q=疏浚").Want(200).Contains(filed.ID)
	c.Get("/supervision/cases?q=qqq").Want(200).Lacks(filed.ID)
	w.Browser(t, "凌若谷").Get("/people/pick?q=yzq").Want(200).Contains("余知秋")
	w.Browser(t, "").Get("/api/v1/search/suggestions?q=phq").Want(401)
}
