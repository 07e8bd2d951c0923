package search

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/han"
)

func ready(t testing.TB, d *db.DB) *db.DB {
	t.Helper()
	if err := d.Migrate(t.Context(), Migrations); err != nil {
		t.Fatal(err)
	}
	if err := Setup(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return d
}

func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, ready(t, d)) })
}

func put(t testing.TB, d *db.DB, docs ...Doc) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		for _, doc := range docs {
			if err := Put(tx, doc); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB, d *db.DB, q Query) (res Results) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
		res, err = Find(tx, q)
		return err
	}); err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return res
}

func ids(res Results) string {
	var all []string
	for _, h := range res.Hits {
		all = append(all, h.ID)
	}
	return strings.Join(all, " ")
}

// staff asks as one who sees all of tenant t1.
func staff(text string) Query {
	return Query{Tenant: "t1", Text: text, Audience: []string{"staff"}}
}

func paper(id, title, body string) Doc {
	return Doc{Tenant: "t1", Kind: "proposal", ID: id, Title: title, Body: body, Audience: []string{"staff"}}
}

func marked(spans []han.Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Hit {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestFind(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		a := paper("a", "关于加强农村教育的建议", "乡村学校缺少教师。建议提高待遇，吸引A级人才返乡。")
		a.Number, a.People = "第0023号", []string{"苏望川", "欧阳听雨"}
		b := paper("b", "关于发展智慧养老的建议", "社区食堂与日间照料中心应当并重，2026年先建23个。")
		b.Number, b.People = "2018-0023", []string{"𠮷田秋"}
		c := paper("c", "教育经费问题", "农 村 的学校。Café 100% 满意_度")
		put(t, d, a, b, c)
		for _, x := range []struct{ text, want string }{
			{"教育", "c a"},
			{"农村教育", "a"},
			{"农村 教育", "a"},
			{"学校 教师", "a"},
			{"村教", "a"},
			{"育", "c a"},
			{"第0023号", "a"}, {"第23号", "a"},
			{"23", "b a"}, {"0023", "b a"},
			{"2018-0023", "b"}, {"2018-23", "b"}, {"2018", "b"}, {"201", ""},
			{"望川", "a"}, {"苏望川", "a"}, {"欧阳听雨", "a"}, {"川欧", ""},
			{"𠮷", "b"}, {"𠮷田", "b"}, {"田秋", "b"},
			{"a级", "a"}, {"Ａ级人才", "a"},
			{"CAFÉ", "c"}, {"cafe\u0301", "c"}, {"cafe", ""},
			{"没有的", ""},
			{"2026年", "b"}, {"建23个", "b"}, {"建2", ""},
			{"", "c b a"}, {"  ", "c b a"}, {"？！", "c b a"},
			// None of it is language to the database.
			{`"教育"`, "c a"}, {`"教育`, "c a"}, {`教育"`, "c a"}, {`教育*`, "c a"}, {`-教育`, "c a"}, {`terms:教育`, ""},
			{`教育 OR 养老`, ""}, {`教育 AND 经费`, ""}, {`NOT 教育`, ""}, {`NEAR(教育 经费)`, ""}, {`(教育`, "c a"},
			{`教育)`, "c a"}, {`教育 & 经费`, "c"}, {`教育|养老`, ""}, {`!教育`, "c a"}, {`教育:*`, "c a"}, {`'教育'`, "c a"},
			{`教育\`, "c a"}, {`100%`, "c"}, {`%`, "c b a"}, {`_`, "c b a"}, {"满意_度", "c"}, {"教育\x00经费", ""},
			{"^教育 + 经费", "c"}, {"{教育}", "c a"}, {"1_教育", ""}, {"'); DROP TABLE search_doc; --", ""},
		} {
			res := find(t, d, staff(x.text))
			if got := ids(res); got != x.want || res.Count != len(res.Hits) || res.More || res.Capped {
				t.Errorf("%q: found %q, want %q (count %d)", x.text, got, x.want, res.Count)
			}
		}
		h := find(t, d, staff("农村 待遇")).Hits[0]
		if got := marked(h.Title); got != "关于加强[农村]教育的建议" {
			t.Errorf("title %s", got)
		}
		if got := marked(h.Snippet); got != "乡村学校缺少教师。建议提高[待遇]，吸引A级人才返乡。" {
			t.Errorf("snippet %s", got)
		}
		if h.Number != "第0023号" || h.Kind != "proposal" || !slices.Equal(h.People, a.People) {
			t.Errorf("hit %+v", h)
		}
	})
}

func TestScripts(t *testing.T) {
	if !han.Ready() {
		t.Skip("this build has no conversion tables")
	}
	each(t, func(t *testing.T, d *db.DB) {
		put(t, d, paper("s", "发展养老服务", "为群众办实事"), paper("t", "發展養老服務", "為群眾辦實事"))
		for _, q := range []string{"养老服务", "養老服務", "群众", "羣眾", "办", "辦"} {
			if got := ids(find(t, d, staff(q))); got != "t s" {
				t.Errorf("%s finds %q", q, got)
			}
		}
		if got := marked(find(t, d, staff("养老")).Hits[0].Title); got != "發展[養老]服務" {
			t.Errorf("marked %s", got)
		}
	})
}

func TestVisibility(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		doc := func(tenant, id string, audience ...string) Doc {
			return Doc{Tenant: tenant, Kind: "proposal", ID: id, Title: "城市绿化" + id, Audience: audience}
		}
		// The text of x claims what only marks can say.
		x := doc("t1", "x", "p:1")
		x.Body = "staff p:2 " + mark(audienceMark, "t1", "p:2") + " 1_城市 2_城市 3_"
		put(t, d, doc("t1", "draft", "p:1", "staff"), doc("t1", "filed", "filed", "staff"), doc("t1", "own", "p:2", "b:7"),
			doc("t1", "nobody"), doc("t2", "other", "staff", "filed", "p:1"), x)
		ask := func(want, tenant string, audience ...string) {
			t.Helper()
			for _, text := range []string{"城市", "城市绿化", "绿", ""} {
				res := find(t, d, Query{Tenant: tenant, Text: text, Audience: audience})
				if got := ids(res); got != want || res.Count != len(res.Hits) {
					t.Errorf("%v of %s finds %q by %q, want %q", audience, tenant, got, text, want)
				}
			}
		}
		ask("", "t1")
		ask("filed draft", "t1", "staff")
		ask("filed", "t1", "filed")
		ask("x draft", "t1", "p:1")
		ask("x filed draft", "t1", "filed", "p:1")
		ask("own", "t1", "p:2")
		ask("own", "t1", "b:7", "p:9")
		ask("own filed", "t1", "b:7", "filed")
		ask("x own filed draft", "t1", "staff", "p:1", "p:2")
		ask("", "t1", "p:9", "b:1", "public", "staf", "p:", "")
		ask("other", "t2", "staff")
		ask("other", "t2", "p:1")
		ask("", "t2", "p:2", "b:7")
		ask("", "t3", "staff", "filed", "p:1")
		ask("", "", "staff", "filed", "p:1")
		ask("", "t1", "t1\nstaff", "staff\nfiled", `staff" OR "`)
		for _, forged := range []string{mark(audienceMark, "t1", "p:1"), "1_城市", "城市 " + mark(audienceMark, "t1", "p:2"), `城市" OR "1_`, `城市' | '1_`} {
			if got := ids(find(t, d, Query{Tenant: "t1", Text: forged, Audience: []string{"p:9"}})); got != "" {
				t.Errorf("%s finds %s", forged, got)
			}
		}

		put(t, d, doc("t1", "draft", "p:1"), doc("t1", "filed", "staff"), doc("t1", "own", "staff"))
		ask("own filed", "t1", "staff")
		ask("", "t1", "filed")
		ask("", "t1", "p:2", "b:7")
		put(t, d, doc("t1", "filed"))
		ask("own", "t1", "staff", "filed", "b:7")
	})
}

func TestUpdateAndDelete(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		at := db.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
		put(t, d, paper("a", "旧标题", "旧正文"), paper("b", "旧标题", "旧正文"))
		a := paper("a", "新标题", "新正文")
		a.At, a.Facets = at, map[string]string{"state": "filed", "year": "2026"}
		put(t, d, a)
		expect := func(text, want string) {
			t.Helper()
			if got := ids(find(t, d, staff(text))); got != want {
				t.Errorf("%s finds %q, want %q", text, got, want)
			}
		}
		expect("旧标题", "b")
		expect("旧正文", "b")
		expect("新正文", "a")
		expect("标题", "b a") // a keeps its place
		if h := find(t, d, staff("新标题")).Hits[0]; !h.At.Equal(at.Time) || h.Facets["state"] != "filed" {
			t.Errorf("hit %+v", h)
		}
		facet := func(want string, f map[string]string, kinds ...string) {
			t.Helper()
			q := staff("标题")
			q.Facets, q.Kinds = f, kinds
			if got := ids(find(t, d, q)); got != want {
				t.Errorf("%v of %v finds %q, want %q", f, kinds, got, want)
			}
		}
		facet("a", map[string]string{"state": "filed"})
		facet("a", map[string]string{"state": "filed", "year": "2026"}, "proposal")
		facet("", map[string]string{"state": "filed", "year": "2025"})
		facet("", map[string]string{"year": "filed"})
		facet("", nil, "figure")
		facet("b a", nil, "figure", "proposal")
		a.Facets = map[string]string{"state": "closed"}
		put(t, d, a)
		facet("", map[string]string{"state": "filed"})
		facet("a", map[string]string{"state": "closed"})

		// The same id of another kind or tenant is another document.
		other, far := a, a
		other.Kind, other.Title = "figure", "指标"
		far.Tenant, far.Title = "t2", "外地"
		put(t, d, other, far)
		expect("指标", "a")
		expect("外地", "")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for range 2 { // the second time nothing is there
				if err := Delete(tx, "t1", "proposal", "a"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		expect("标题", "b")
		expect("指标", "a")
		if got := ids(find(t, d, Query{Tenant: "t2", Text: "外地", Audience: []string{"staff"}})); got != "a" {
			t.Errorf("the other tenant's document is gone: %q", got)
		}
		put(t, d, a)
		expect("标题", "a b") // it came anew
	})
}

func TestSameTransaction(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		undone := fmt.Errorf("undone")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := Put(tx, paper("a", "尚未提交", "")); err != nil {
				return err
			}
			res, err := Find(tx, staff("尚未"))
			if err != nil || len(res.Hits) != 1 {
				t.Errorf("in its own transaction: %+v, %v", res, err)
			}
			return undone
		})
		if err != undone {
			t.Fatal(err)
		}
		if got := ids(find(t, d, staff("尚未"))); got != "" {
			t.Errorf("what was undone is found: %q", got)
		}
		for i := range 30 {
			id := fmt.Sprintf("d%02d", i)
			put(t, d, paper(id, "即时可查", id))
			if got := find(t, d, staff(id)); len(got.Hits) != 1 || got.Hits[0].ID != id {
				t.Fatalf("%s is not found at once", id)
			}
		}
	})
}

// Many put at the same time, new scopes among them; nothing is lost.
func TestConcurrentPut(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 10 {
					doc := paper(fmt.Sprintf("%d-%d", g, i), "并发写入", "")
					doc.Audience = []string{"staff", fmt.Sprintf("wide%d", i%3)}
					err := d.Write(t.Context(), func(tx *db.Tx) error { return Put(tx, doc) })
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if res := find(t, d, staff("并发")); res.Count != 80 {
			t.Errorf("%d of 80 are found", res.Count)
		}
		if res := find(t, d, Query{Tenant: "t1", Text: "写入", Audience: []string{"wide1"}}); res.Count != 24 {
			t.Errorf("%d of 24 are found", res.Count)
		}
	})
}

func TestPages(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		var docs []Doc
		for i := range mostCounted + 5 {
			docs = append(docs, paper(fmt.Sprintf("%04d", i), "分页", ""))
		}
		put(t, d, docs...)
		q := staff("分页")
		q.Limit = 100
		seen, last := 0, "9999"
		for {
			res := find(t, d, q)
			if res.Count != mostCounted || !res.Capped {
				t.Fatalf("count %d, capped %v", res.Count, res.Capped)
			}
			for _, h := range res.Hits {
				if h.ID >= last {
					t.Fatalf("%s after %s", h.ID, last)
				}
				last, seen = h.ID, seen+1
			}
			if !res.More {
				break
			}
			q.After = res.Next
		}
		if seen != len(docs) {
			t.Errorf("saw %d of %d", seen, len(docs))
		}
		q.After = 1
		if res := find(t, d, q); len(res.Hits) != 0 || res.Count != mostCounted {
			t.Errorf("past the end: %d hits, count %d", len(res.Hits), res.Count)
		}
	})
}

func TestRebuild(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		docs := make([]Doc, rebuildBatch+20)
		for i := range docs {
			docs[i] = paper(fmt.Sprintf("%04d", i), "重建索引", "")
			docs[i].Audience = append(docs[i].Audience, "p:1")
		}
		docs[3].Tenant = "t2"
		put(t, d, docs...)
		check := func(when string, want int) {
			t.Helper()
			if res := find(t, d, Query{Tenant: "t1", Text: "重建索引", Audience: []string{"p:1"}}); res.Count != want {
				t.Errorf("%s: %d, want %d", when, res.Count, want)
			}
		}
		check("at first", len(docs)-1)
		exec := func(sql string) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(sql); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec(`DELETE FROM search_fts`)
		check("emptied", 0)
		if err := Rebuild(t.Context(), d, "t1"); err != nil {
			t.Fatal(err)
		}
		check("rebuilt", len(docs)-1)
		if err := Rebuild(t.Context(), d, "t1"); err != nil {
			t.Fatal(err)
		}
		check("rebuilt twice", len(docs)-1)
		exec(`DROP TABLE search_fts`)
		if d.Dialect() == db.Postgres { // a backup of the tables only
			exec(`DROP SEQUENCE search_n`)
		}
		if err := Setup(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		check("set up anew", len(docs)-1)
		if err := Setup(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		check("set up twice", len(docs)-1)
		put(t, d, paper("new", "重建索引", ""))
		if res := find(t, d, staff("索引")); res.Count != len(docs) || res.Hits[0].ID != "new" {
			t.Errorf("afterwards %d, first %s", res.Count, res.Hits[0].ID)
		}
	})
}

// alphabet is small, so that random texts and questions meet.
var alphabet = []rune("教育农村水𠮷㐀　 ，。a1B2é-_\"'*%\n")

// Random documents and questions: exactly what answers by reading everything is
// found, and shown to exactly those who may see it, on both databases.
func TestRecall(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			tenant := fmt.Sprintf("r%d", round)
			text := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 30, -1)
			audience := rapid.SliceOfN(rapid.SampledFrom([]string{"staff", "filed", "p:1", "p:2", "b:1"}), 0, 3)
			docs := map[string]Doc{}
			var order []string
			for range rapid.IntRange(1, 12).Draw(rt, "puts") {
				doc := Doc{Tenant: tenant, Kind: "k", ID: fmt.Sprint(rapid.IntRange(0, 8).Draw(rt, "id")),
					Title: text.Draw(rt, "title"), Body: text.Draw(rt, "body"), Audience: audience.Draw(rt, "audience")}
				if rapid.Bool().Draw(rt, "person") {
					doc.People = []string{text.Draw(rt, "name")}
				}
				if _, there := docs[doc.ID]; !there {
					order = append(order, doc.ID)
				}
				docs[doc.ID] = doc
				put(t, d, doc)
			}
			q := Query{Tenant: tenant, Text: rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 4, -1).Draw(rt, "query"),
				Audience: audience.Draw(rt, "reader")}
			var want []string
			for _, id := range slices.Backward(order) {
				doc := docs[id]
				may := slices.ContainsFunc(q.Audience, func(a string) bool { return slices.Contains(doc.Audience, a) })
				if may && han.Match(doc.text(), q.Text) {
					want = append(want, id)
				}
			}
			if got := ids(find(t, d, q)); got != strings.Join(want, " ") {
				rt.Fatalf("found %q, want %q", got, want)
			}
		})
	})
}

// Both databases answer the same to words, phrases and single characters.
func TestSameOnBoth(t *testing.T) {
	one, two := ready(t, dbtest.Open(t, db.SQLite, nil)), ready(t, dbtest.Open(t, db.Postgres, nil))
	w := newWords(300)
	var docs []Doc
	for i := range 400 {
		docs = append(docs, w.doc(i, 80))
	}
	put(t, one, docs...)
	put(t, two, docs...)
	r := rand.New(rand.NewPCG(7, 7))
	hits := 0
	for range 400 {
		doc := docs[r.IntN(len(docs))]
		body := []rune(doc.Body)
		from := r.IntN(len(body) - 8)
		q := Query{Tenant: "t1", Text: string(body[from : from+1+r.IntN(5)]), Audience: w.reader(r.IntN(20)), Limit: 30}
		if r.IntN(3) == 0 {
			q.Text += " " + string(body[r.IntN(len(body)):][:1])
		}
		a, b := find(t, one, q), find(t, two, q)
		if ids(a) != ids(b) || a.Count != b.Count || a.More != b.More || a.Capped != b.Capped {
			t.Errorf("%+v: %d %s and %d %s", q, a.Count, ids(a), b.Count, ids(b))
		}
		hits += a.Count
	}
	if hits < 400 {
		t.Errorf("only %d hits: the questions ask nothing", hits)
	}
}

func TestTidy(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		w := newWords(300)
		for i := range 60 {
			put(t, d, w.doc(i, 40))
		}
		before := find(t, d, staff(w.all[0]))
		for range 2 {
			if err := Tidy(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if after := find(t, d, staff(w.all[0])); ids(after) != ids(before) || after.Count < 2 {
				t.Errorf("%s became %s", ids(before), ids(after))
			}
		}
		if d.Dialect() == db.SQLite {
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				segments, err := db.Column[int](tx, `SELECT DISTINCT segid FROM search_fts_idx`)
				if len(segments) != 1 {
					t.Errorf("%d segments", len(segments))
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestLongText(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		w := newWords(20000)
		long := w.text(longest/3 - 200)
		put(t, d, paper("long", "长文", long+"结尾处的词"), paper("endless", "更长", strings.Repeat(long, 2)+"听不见"))
		if got := ids(find(t, d, staff("结尾处"))); got != "long" {
			t.Errorf("the end of a long text finds %q", got)
		}
		if got := ids(find(t, d, staff("更长"))); got != "endless" {
			t.Errorf("an endless text is found by %q", got)
		}
		h := find(t, d, staff("结尾处")).Hits[0].Snippet
		if s := marked(h); !strings.HasPrefix(s, "…") || !strings.HasSuffix(s, "[结尾处]的词") || len([]rune(s)) > snippetWidth+4 {
			t.Errorf("snippet %s", s)
		}
		if s := marked(find(t, d, staff(string([]rune(long)[:3]))).Hits[1].Snippet); strings.HasPrefix(s, "…") || !strings.HasSuffix(s, "…") {
			t.Errorf("snippet %s", s)
		}
	})
}

func TestWithoutZeros(t *testing.T) {
	for in, want := range map[string]string{"第0023号": "第23号", "2018-0023": "2018-23", "100": "100", "000": "0", "": "", "a007b0": "a7b0", "10-01": "10-1"} {
		if got := withoutZeros(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
