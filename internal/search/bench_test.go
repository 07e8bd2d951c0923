package search

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/han"
)

// words makes texts of invented words, some far more frequent than others.
type words struct {
	all  []string
	draw *rand.Zipf
	r    *rand.Rand
}

func newWords(n int) *words {
	r := rand.New(rand.NewPCG(1, 2))
	w := &words{r: r, draw: rand.NewZipf(r, 1.05, 20, uint64(n-1))}
	for range n {
		word := make([]rune, []int{2, 2, 2, 3, 4}[r.IntN(5)])
		for i := range word {
			word[i] = rune(0x4E00 + r.IntN(6000))
		}
		w.all = append(w.all, string(word))
	}
	return w
}

// text returns a text of about n characters.
func (w *words) text(n int) string {
	var b strings.Builder
	for n > 0 {
		s := w.all[w.draw.Uint64()]
		b.WriteString(s)
		n -= len(s) / 3
		if w.r.IntN(6) == 0 {
			b.WriteString([]string{"，", "。", "、", "\n"}[w.r.IntN(4)])
			n--
		}
	}
	return b.String()
}

// doc is a proposal of one of 2,000 people; two in three are filed.
func (w *words) doc(i, length int) Doc {
	d := Doc{Tenant: "t1", Kind: "proposal", ID: fmt.Sprint(i), Number: fmt.Sprintf("第%04d号", i), Title: w.text(16), Body: w.text(length),
		People: []string{w.text(3)}, Audience: []string{"staff", fmt.Sprintf("p:%d", i%2000), fmt.Sprintf("b:%d", i%200)},
		Facets: map[string]string{"state": fmt.Sprint(i % 9), "year": fmt.Sprint(2018 + i%8)}}
	if i%3 > 0 {
		d.Audience = append(d.Audience, "filed")
	}
	return d
}

func (w *words) reader(i int) []string {
	if i%2 == 0 {
		return []string{"staff"}
	}
	return []string{"filed", fmt.Sprintf("p:%d", i), fmt.Sprintf("b:%d", i)}
}

// filled returns a database with n documents of 500 characters.
func filled(b *testing.B, dialect db.Dialect, n int) (*db.DB, *words) {
	b.Helper()
	d := ready(b, dbtest.Open(b, dialect, nil))
	w := newWords(4000)
	for i := 0; i < n; i += 500 {
		docs := make([]Doc, 500)
		for j := range docs {
			docs[j] = w.doc(i+j, 500)
		}
		put(b, d, docs...)
	}
	if err := Tidy(context.Background(), d); err != nil {
		b.Fatal(err)
	}
	return d, w
}

// size is how many documents the benchmarks have; SHANGLIANG_SEARCH_DOCS changes it.
func size() int {
	n := 50_000
	if s := os.Getenv("SHANGLIANG_SEARCH_DOCS"); s != "" {
		fmt.Sscan(s, &n)
	}
	return n
}

// cpu reports the processor time of an operation in this process, which other
// work on the machine does not lengthen.
func cpu(b *testing.B) (report func()) {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N)/1000, "cpu-µs/op") }
}

func BenchmarkFind(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			d, w := filled(b, dialect, size())
			var two, more []string
			for _, s := range w.all {
				if len(s) == 6 {
					two = append(two, s)
				} else {
					more = append(more, s)
				}
			}
			ask := func(name string, words []string, reader func(i int) []string, change func(*Query)) {
				b.Run(name, func(b *testing.B) {
					i, hits, report := 0, 0, cpu(b)
					for b.Loop() {
						q := Query{Tenant: "t1", Text: words[i*7%len(words)], Audience: reader(i)}
						if change != nil {
							change(&q)
						}
						hits += find(b, d, q).Count
						i++
					}
					report()
					b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
				})
			}
			clerk := func(int) []string { return []string{"staff"} }
			member := func(i int) []string { return w.reader(2*i%2000 + 1) }
			ask("two/clerk", two, clerk, nil)
			ask("two/member", two, member, nil)
			ask("long/clerk", more, clerk, nil)
			ask("single/clerk", two, clerk, func(q *Query) { q.Text = q.Text[:3] })
			ask("and/member", two, member, func(q *Query) { q.Text += " " + two[0] })
			ask("filter/clerk", two, clerk, func(q *Query) {
				q.Kinds, q.Facets = []string{"proposal"}, map[string]string{"state": "3"}
			})
		})
	}
}

func BenchmarkPut(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			n := min(size(), 10_000)
			d, w := filled(b, dialect, n)
			docs := make([]Doc, 1000)
			for i := range docs {
				docs[i] = w.doc(n+i, 500)
			}
			i := 0
			run := func(name string, change func(*Doc)) {
				b.Run(name, func(b *testing.B) {
					b.SetParallelism(8)
					next := make(chan Doc, 64)
					go func() {
						for range b.N {
							i++
							doc := docs[i%len(docs)]
							change(&doc)
							next <- doc
						}
						close(next)
					}()
					report := cpu(b)
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							put(b, d, <-next)
						}
					})
					report()
				})
			}
			run("new", func(doc *Doc) { doc.ID = fmt.Sprint(n + i) })
			run("again", func(doc *Doc) { doc.ID, doc.Body = fmt.Sprint(i%n), doc.Body+fmt.Sprint(i) })
		})
	}
}

// BenchmarkSuggest types what begins a title or a name, a key at a time, and
// reports what one in a hundred takes at least.
func BenchmarkSuggest(b *testing.B) {
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(dialect), func(b *testing.B) {
			d, w := filled(b, dialect, size())
			if err := Renew(b.Context(), d); err != nil {
				b.Fatal(err)
			}
			if err := Tidy(b.Context(), d); err != nil {
				b.Fatal(err)
			}
			for _, kind := range []struct {
				name string
				ways int // which of the ways to type a word: itself, its pinyin, its initials
				keys int
			}{{"characters", 0, 3}, {"pinyin", 1, 10}, {"initials", 2, 4}} {
				b.Run(kind.name, func(b *testing.B) {
					var times []time.Duration
					found := 0
					for i := 0; b.Loop(); i++ {
						typed := first(typed(w.all[i*7%len(w.all)], kind.ways), 1+i%kind.keys)
						start := time.Now()
						s := suggestNow(b, d, Query{Tenant: "t1", Text: typed, Audience: w.reader(i)})
						times = append(times, time.Since(start))
						found += len(s.Names) + len(s.Docs)
					}
					slices.Sort(times)
					b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
					b.ReportMetric(float64(found)/float64(b.N), "found/op")
				})
			}
		})
	}
}

// typed writes a word as itself, in pinyin or by its initials, as its starts say.
func typed(word string, way int) string {
	if way == 0 {
		return word
	}
	var b strings.Builder
	place := ""
	for _, said := range strings.Fields(han.Starts(word, false)[0].Said) {
		if said[:1] == place || said[1] > 'z' {
			continue // another reading, or the character itself
		}
		place = said[:1]
		b.WriteString(said[1:])
		if way == 2 {
			s := b.String()
			b.Reset()
			b.WriteString(s[:len(s)-len(said)+2])
		}
	}
	return b.String()
}
