package figureweb_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/figure"
	"shangliang/internal/figure/figuretest"
	"shangliang/internal/figure/figureweb"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
	"shangliang/internal/web/webtest"
)

// house serves the pages over a world's tea; who acts is in the header Who.
func house(t *testing.T) (*figuretest.World, http.Handler, *module.Module) {
	w := figuretest.New(t, dbtest.Open(t, db.SQLite, nil))
	acting := map[string]context.Context{"clerk": w.Clerk, "auditor": w.Person("严察微", "auditor", ""), "leader": w.Person("高望舒", "leader", ""), "member": w.Person("余知秋", "member", "")}
	words, err := lang.New(nil, figure.Words, figureweb.Words, ui.Words, web.Words)
	if err != nil {
		t.Fatal(err)
	}
	rt := web.New(web.Config{Log: slog.New(slog.DiscardHandler), Authenticate: func(ctx context.Context, r *http.Request) (context.Context, error) {
		ctx = lang.With(ctx, words, lang.Hans)
		if who, ok := acting[r.Header.Get("Who")]; ok {
			a, _ := actor.From(who)
			ctx = actor.With(ctx, a)
		}
		return ctx, nil
	}})
	m := &module.Module{Name: "figure", Title: "数据"}
	figureweb.Add(m, figureweb.Deps{Figures: w.Figures})
	m.Routes(rt)
	m.API(web.NewAPI(rt, "test", "1"))
	w.Pour("龙井", "green", "壶一", true)
	w.Pour("碧螺春", "green", "壶一,壶二", false)
	w.Pour("祁门", "black", "", true)
	return w, rt, m
}

func client(t *testing.T, h http.Handler, who string) *webtest.Client {
	c := webtest.New(t, h)
	c.Header.Set("Who", who)
	return c
}

func hrefs(a *webtest.Answer, selector string) (all []string) {
	for _, n := range a.Select(selector) {
		for _, x := range n.Attr {
			if x.Key == "href" {
				all = append(all, x.Val)
			}
		}
	}
	return all
}

// TestAll opens every number of the page: behind it are as many records.
func TestAll(t *testing.T) {
	_, h, _ := house(t)
	c := client(t, h, "clerk")
	page := c.Get("/figures?year=2026").Want(200).Contains("2026年", "倒茶", "66.7%", "2 / 3", "凉茶不计", "增减", "统计口径").Lacks("{cold}")
	links := hrefs(page, "td.num a")
	if len(links) < 8 {
		t.Fatalf("only %d numbers lead to their records: %v", len(links), links)
	}
	for _, l := range links {
		c.Get(l).Want(200)
	}
	c.Get("/figures?year=2026&session=nowhere").Want(404)
	c.Get("/figures?year=1066").Want(422)
	client(t, h, "member").Get("/figures").Want(403)
	client(t, h, "").Get("/figures").Want(303)
}

func TestRecords(t *testing.T) {
	_, h, _ := house(t)
	c := client(t, h, "clerk")
	page := c.Get("/figures/tea.poured?year=2026").Want(200).Contains("龙井", "碧螺春", "祁门", "倒出的茶", "共 3 条")
	if n := len(page.Select("tbody tr")); n != 3 {
		t.Errorf("%d rows", n)
	}
	page = c.Get("/figures/tea.poured?year=2026&by=leaf").Want(200).Contains("绿", "红", "chart-share")
	groups := hrefs(page, ".bars a")
	if len(groups) != 2 || !strings.Contains(groups[0], "leaf=green") {
		t.Fatalf("groups lead to %v", groups)
	}
	c.Get(groups[0]).Want(200).Contains("龙井", "碧螺春", "茶叶：绿", "共 2 条").Lacks("祁门")
	page = c.Get("/figures/tea.rate?year=2026&by=pot").Want(200).Contains("50.0%（1 / 2）", "可能大于总数", "是否计入", "全部（分母）")
	for _, l := range hrefs(page, ".bars a") {
		c.Get(l).Want(200)
	}
	c.Get("/figures/tea.rate?year=2026&pot=-").Want(200).Contains("祁门", "茶壶：（无）", "100%").Lacks("龙井")
	c.Get("/figures/tea.rate?year=2026&show=in").Want(200).Contains("龙井", "祁门").Lacks("碧螺春")
	c.Get("/figures/tea.rate?year=2026&show=out").Want(200).Contains("碧螺春").Lacks("龙井")
	c.Get("/figures/tea.rate?year=2025").Want(200).Contains("—", "没有这样的记录").Lacks("100%")
	c.Get("/figures/tea.spilt?year=2026").Want(404)
	c.Get("/figures/tea.poured?year=2026&by=cup").Want(422)
	// Who may not read a record sees that it counts, and no more.
	a := client(t, h, "auditor")
	a.Get("/figures/tea.poured?year=2026").Want(200).Contains("共 3 条", "不能查看这一件").Lacks("龙井", "陆羽", "/tea/")
	a.Get("/figures/tea.secret?year=2026").Want(403)
	if links := hrefs(a.Get("/figures?year=2026").Want(200).Contains("私藏"), "a"); strings.Contains(strings.Join(links, " "), "tea.secret") {
		t.Error("a link to what one may not open")
	}
}

// TestYears draws a figure in all years from the first of which there is
// anything, under the filters of its page.
func TestYears(t *testing.T) {
	w, h, _ := house(t)
	c := client(t, h, "clerk")
	c.Get("/figures/tea.poured/years").Want(200).Lacks("历年")
	for _, s := range []org.Session{{No: 1, OpensOn: "2025-01-20", ClosesOn: "2025-01-23"}, {No: 3, OpensOn: "2027-01-20", ClosesOn: "2027-01-23"}, {No: 4, OpensOn: "2028-01-20", ClosesOn: "2028-01-23"}} {
		s.Term = w.Term
		if _, err := w.Org.SaveSession(w.Admin, s); err != nil {
			t.Fatal(err)
		}
	}
	w.PourIn(2028, "毛尖", "green", "壶一", true)
	page := c.Get("/figures/tea.poured/years").Want(200).Contains("历年", "2026年", "2027年", "2028年").Lacks("2025年")
	links := hrefs(page, ".bars a")
	if len(links) != 3 {
		t.Fatalf("years lead to %v", links)
	}
	c.Get(links[2]).Want(200).Contains("毛尖", "共 1 条")
	if n := len(hrefs(c.Get("/figures/tea.poured/years?leaf=black").Want(200), ".bars a")); n != 3 {
		t.Errorf("%d years of black tea", n)
	}
	c.Get("/figures/tea.rate/years").Want(200).Contains("100%", "66.7%")
	c.Get("/figures/tea.spilt/years").Want(404)
	client(t, h, "member").Get("/figures/tea.poured/years").Want(403)
	if links := hrefs(client(t, h, "auditor").Get("/figures/tea.secret/years").Want(200), "a"); len(links) > 0 {
		t.Errorf("links to what one may not open: %v", links)
	}
}

func TestPaging(t *testing.T) {
	w, h, _ := house(t)
	for range 230 {
		w.Pour("铁观音", "oolong", "", false)
	}
	c := client(t, h, "clerk")
	rows, next, pages := 0, "/figures/tea.poured?year=2026", 0
	for next != "" {
		page := c.Get(next).Want(200)
		rows += len(page.Select("tbody tr"))
		pages++
		next = strings.Join(hrefs(page, "a[rel=next]"), "")
	}
	if rows != 233 || pages != 5 {
		t.Errorf("%d rows on %d pages", rows, pages)
	}
}

func TestExports(t *testing.T) {
	_, h, _ := house(t)
	c := client(t, h, "clerk")
	open := func(path string) *excelize.File {
		t.Helper()
		a := c.Get(path).Want(200)
		f, err := excelize.OpenReader(bytes.NewReader([]byte(a.Body)))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	rows, err := open("/figures/export?year=2026").GetRows("2026")
	if err != nil || len(rows) != 2+5 || rows[6][2] != "66.7%" || rows[6][4] != "2" || rows[6][5] != "3" {
		t.Errorf("got %v, %v", rows, err)
	}
	f := open("/figures/tea.rate/export?year=2026&by=leaf")
	rows, err = f.GetRows("明细")
	if err != nil || len(rows) != 2+3 || rows[2][1] != "龙井" || !strings.Contains(rows[0][0], "66.7%（2 / 3）") {
		t.Errorf("got %v, %v", rows, err)
	}
	if rows, err = f.GetRows("茶叶"); err != nil || len(rows) != 2+2 || rows[2][0] != "绿" || rows[2][1] != "50.0%" {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestReports(t *testing.T) {
	w, h, _ := house(t)
	c := client(t, h, "clerk")
	c.Get("/figure-freezes").Want(200).Contains("还没有定格过", "报告名称")
	c.PostForm("/figure-freezes", "title", "", "year", "2026").Want(422).Contains("请填写报告名称")
	to := c.PostForm("/figure-freezes", "title", "年终<b>报告</b>", "year", "2026").Want(303).Header.Get("Location")
	c.Get(to).Want(200).Contains("与定格时完全一致", "年终&lt;b&gt;报告")
	w.Pour("普洱", "black", "", false)
	c.Get(to).Want(200).Contains("有 2 项与定格时不同", "（不同）")
	client(t, h, "leader").Get("/figure-freezes").Want(200).Contains("年终").Lacks("定格当前数字")
	client(t, h, "leader").PostForm("/figure-freezes", "title", "x", "year", "2026").Want(403)
	c.Get("/figure-freezes/nothing").Want(404)
}

func TestAPI(t *testing.T) {
	_, h, _ := house(t)
	c := client(t, h, "clerk")
	var rep struct {
		Year    int
		Figures []figure.Line
	}
	c.Get("/api/v1/figures?year=2026&by=leaf").Want(200).Decode(&rep)
	if rep.Year != 2026 || len(rep.Figures) != 4 || rep.Figures[0].Text != "3" || len(rep.Figures[0].Groups) != 2 || *rep.Figures[3].Numerator != 2 {
		t.Fatalf("got %+v", rep)
	}
	type records struct {
		Figure figure.Line
		Total  int
		Items  []struct {
			ID, Title string
			Amount    int64
			Counts    bool
			Hidden    bool
			Values    map[string][]string
		}
		Next string
	}
	// For every figure, the pages of its records add up to its value.
	for _, f := range rep.Figures {
		var num, den int64
		cursor := ""
		for {
			var page records
			c.Get("/api/v1/figures/" + f.ID + "/records?year=2026&limit=2&cursor=" + url.QueryEscape(cursor)).Want(200).Decode(&page)
			for _, r := range page.Items {
				if den += r.Amount; r.Counts {
					num += r.Amount
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if f.Numerator == nil && float64(num) != *f.Value || f.Numerator != nil && (num != *f.Numerator || den != *f.Denominator) {
			t.Errorf("%s is %s, its records add up to %d of %d", f.ID, f.Text, num, den)
		}
	}
	var one records
	c.Get("/api/v1/figures/tea.poured/records?year=2026&filter=pot%3D%E5%A3%B6%E4%BA%8C").Want(200).Decode(&one)
	if one.Total != 1 || one.Items[0].Title != "碧螺春" || len(one.Items[0].Values["pot"]) != 2 {
		t.Errorf("got %+v", one)
	}
	c.Get("/api/v1/figures?as_of=soon").Want(422)
	c.Get("/api/v1/figures?filter=pot").Want(422)
	c.Get("/api/v1/figures/tea.spilt/records").Want(404)
	c.Get("/api/v1/figure-definitions").Want(200).Contains(`"tea.rate"`, `"斟茶"`)
	client(t, h, "member").Get("/api/v1/figures").Want(403)
	client(t, h, "").Get("/api/v1/figures").Want(401)
	var hidden records
	client(t, h, "auditor").Get("/api/v1/figures/tea.poured/records?year=2026").Want(200).Decode(&hidden)
	if hidden.Total != 3 || !hidden.Items[0].Hidden || hidden.Items[0].ID != "" || hidden.Items[0].Values != nil {
		t.Errorf("the auditor got %+v", hidden)
	}
	var frozen struct{ ID string }
	c.JSON("POST", "/api/v1/figure-freezes", map[string]any{"title": "年终报告", "year": 2026}).Want(201).Decode(&frozen)
	c.Get("/api/v1/figure-freezes/" + frozen.ID).Want(200).Contains(`"same":true`).Lacks(`"same":false`)
	c.Get("/api/v1/figure-freezes").Want(200).Contains("年终报告")
}
