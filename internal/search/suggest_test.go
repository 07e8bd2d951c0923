package search

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/db"
)

// suggest asks once the background has done its part.
func suggest(t testing.TB, d *db.DB, q Query) Suggestions {
	t.Helper()
	if err := Renew(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	return suggestNow(t, d, q)
}

func suggestNow(t testing.TB, d *db.DB, q Query) (s Suggestions) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
		s, err = Suggest(tx, q)
		return err
	}); err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return s
}

// told writes suggestions as "name name | id id", what was typed marked in names.
func told(s Suggestions) string {
	var names, docs []string
	for _, n := range s.Names {
		names = append(names, marked(n.Title))
	}
	for _, c := range s.Docs {
		docs = append(docs, c.ID)
	}
	return strings.TrimSpace(strings.Join(names, " ") + " | " + strings.Join(docs, " "))
}

func TestSuggest(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		a := paper("a", "关于疏浚城西排洪渠的提案", "正文里的张三不算。")
		a.Number, a.People = "2026-0007", []string{"单雄风", "张三"}
		b := paper("b", "關於重建鄉村校舍的提案", "")
		b.Number, b.People = "2026-0023", []string{"歐陽聽雨", "县水利局"}
		c := paper("c", "关于建设5G基站的建议", "")
		c.Audience, c.People = []string{"p:me"}, []string{"张山"}
		put(t, d, a, b, c)
		for _, x := range []struct{ typed, want string }{
			{"zhangsan", "[张三] |"}, {"zs", "[张三] |"}, {"ZhangS", "[张三] |"}, {"zhang san", "[张三] |"}, {"张", "[张]三 |"}, {"zhang", "[张]三 |"}, {"zh", "[张]三 |"}, {"張三", "[张三] |"},
			{"shanx", "[单雄]风 |"}, {"dx", "[单雄]风 |"}, {"ouyang", "[歐陽]聽雨 |"}, {"欧阳", "[歐陽]聽雨 |"}, {"slj", "县[水利局] |"},
			{"phq", "| a"}, {"paihongq", "| a"}, {"排洪", "| a"}, {"排", "|"}, {"pai", "|"}, {"chongjian", "| b"}, {"zhongjian", "| b"}, {"乡村", "| b"}, {"鄉村", "| b"}, {"xcxs", "| b"},
			{"排洪 疏", "| a"}, {"phq sj", "| a"}, {"phq xs", "|"},
			{"2026-0023", "| b"}, {"23", "| b"}, {"0007", "| a"}, {"7", "| a"},
			{"guanyu", "|"}, {"tian", "|"}, {"z", "|"}, {"", "|"}, {"%_", "|"}, {`"' OR *`, "|"}, {"7__tphq", "|"}, {"jizhan", "|"},
			{"paihongqudeshenmene", "|"}, {strings.Repeat("zhang", 60), "|"},
		} {
			if got := told(suggest(t, d, staff(x.typed))); got != x.want {
				t.Errorf("%q: %s, not %s", x.typed, got, x.want)
			}
		}
		me := Query{Tenant: "t1", Audience: []string{"p:me"}}
		for typed, want := range map[string]string{"zs": "[张山] |", "jizhan": "| c", "5g": "| c", "5gjz": "| c", "phq": "|", "张三": "|"} {
			me.Text = typed
			if got := told(suggest(t, d, me)); got != want {
				t.Errorf("%q by one who sees c: %s", typed, got)
			}
		}
		if got := told(suggest(t, d, Query{Tenant: "t2", Text: "zs", Audience: []string{"staff", "p:me"}})); got != "|" {
			t.Errorf("another tenant: %s", got)
		}
		if got := told(suggest(t, d, Query{Tenant: "t1", Text: "zs"})); got != "|" {
			t.Errorf("nobody: %s", got)
		}
		s := suggest(t, d, staff("排洪"))
		if got := marked(s.Docs[0].Title); got != "关于疏浚城西[排洪]渠的提案" || s.Docs[0].Number != "2026-0007" || s.Docs[0].Kind != "proposal" {
			t.Errorf("%+v", s.Docs[0])
		}
	})
}

// What is new, or is called or seen otherwise than before, is suggested as it is
// now, never as it was; what did not change is not written again.
func TestRenew(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		expect := func(typed, before, after string) {
			t.Helper()
			if got := told(suggestNow(t, d, staff(typed))); got != before {
				t.Errorf("%s at once: %s, not %s", typed, got, before)
			}
			for range 2 {
				if got := told(suggest(t, d, staff(typed))); got != after {
					t.Errorf("%s: %s, not %s", typed, got, after)
				}
			}
		}
		rows := func() (n int) {
			t.Helper()
			if err := d.Read(t.Context(), func(tx *db.Tx) error { return tx.Get(`SELECT COUNT(*) FROM search_start`, nil, &n) }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		exec := func(sql string) {
			t.Helper()
			if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(sql); return err }); err != nil {
				t.Fatal(err)
			}
		}
		a := paper("a", "关于疏浚排洪渠的提案", "全文")
		a.People = []string{"张三"}
		put(t, d, a, paper("b", "另一件", ""))
		expect("phq", "|", "| a")
		before := rows()
		a.Body, a.Audience = "另一篇全文", []string{"staff", "p:me"}
		put(t, d, a)
		expect("phq", "| a", "| a")
		exec(`UPDATE search_doc SET form = 0`) // as an earlier program left them
		expect("phq", "| a", "| a")
		if n := rows(); n != before {
			t.Errorf("%d rows, before %d", n, before)
		}
		exec(`DELETE FROM search_start`)
		if err := Rebuild(t.Context(), d, ""); err != nil {
			t.Fatal(err)
		}
		expect("phq", "| a", "| a")
		a.Title = "关于修缮校舍的提案"
		put(t, d, a)
		expect("phq", "|", "|")
		expect("xs", "| a", "| a")
		a.Audience = []string{"p:me"}
		put(t, d, a)
		expect("xs", "|", "|")
		expect("zs", "|", "|")
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return Delete(tx, "t1", "proposal", "b") }); err != nil {
			t.Fatal(err)
		}
		expect("lyj", "|", "|")
		put(t, d, paper("a", "", ""))
		if n := rows(); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// Nothing is suggested to whom it may not be shown, whatever is typed.
func TestSuggestsOnlyWhatOneMaySee(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		audiences := []string{"staff", "filed", "p:me"}
		sees := map[string]string{} // id or name → who sees it
		var called []string
		for i, title := range []string{"重建行会", "长单解会", "区大5a行", "张会重行", "Za单区"} {
			doc := paper(fmt.Sprint("d", i), title, "")
			doc.Audience = []string{audiences[i%3]}
			doc.People = []string{"张单" + string([]rune("甲乙丙丁戊")[i])}
			called = append(called, title, doc.People[0])
			sees[doc.ID], sees[doc.People[0]] = audiences[i%3], audiences[i%3]
			put(t, d, doc)
		}
		some := 0
		rapid.Check(t, func(rt *rapid.T) {
			typed := string(rapid.SliceOfN(rapid.SampledFrom([]rune("重行长单会區zhjxc5ads _'\"*")), 1, 4).Draw(rt, "typed"))
			if rapid.Bool().Draw(rt, "a piece") { // of what there is
				of := []rune(rapid.SampledFrom(called).Draw(rt, "of"))
				from := rapid.IntRange(0, len(of)-2).Draw(rt, "from")
				typed = string(of[from : from+2])
			}
			who := rapid.SampledFrom(audiences).Draw(rt, "who")
			s := suggest(t, d, Query{Tenant: "t1", Text: typed, Audience: []string{who}})
			for _, c := range s.Docs {
				if some++; sees[c.ID] != who {
					rt.Fatalf("%s is suggested to %s", c.ID, who)
				}
			}
			for _, c := range s.Names {
				if some++; sees[c.Text()] != who {
					rt.Fatalf("%s is suggested to %s", c.Text(), who)
				}
			}
		})
		if some == 0 {
			t.Error("nothing was suggested at all")
		}
		// Somebody who sees all that there is, and may have documents of their own.
		doc := paper("other", "重建行会", "")
		doc.Tenant, doc.Audience = "t2", []string{"staff"}
		put(t, d, doc)
		if s := suggest(t, d, Query{Tenant: "t2", Text: "cjhh", Audience: []string{"staff", "p:me"}}); len(s.Docs) != 1 {
			t.Errorf("to whoever sees all: %+v", s)
		}
	})
}
