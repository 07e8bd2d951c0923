package proposalweb_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
)

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPages asks for whole pages through the router, as signed-in people
// do, over a few hundred proposals; cmd/bench measures the budgets on a full
// data set. cpu-us/op is what counts where other work shares the machine.
func BenchmarkPages(b *testing.B) {
	w := apptest.New(b, db.SQLite)
	path := ""
	for i := range 200 {
		p, err := w.Proposals.Create(w.As("余知秋"), proposal.Text{Kind: proposal.Individual, Title: fmt.Sprintf("关于疏浚第%d条排洪渠的提案", i), Situation: long, Analysis: long, Suggestions: long,
			Subject: "society", Researched: true, OpenChoice: "open"})
		do := func(who, action string, in proposal.Input) {
			if err == nil {
				p, err = w.Proposals.Do(w.As(who), p.ID, p.Version, action, in)
			}
		}
		do("余知秋", "submit", proposal.Input{})
		if i%2 == 0 {
			do("柳文书", "receive", proposal.Input{})
			do("纪审言", "pass", proposal.Input{Score: 4})
			do("纪审言", "pass", proposal.Input{})
			do("莫定安", "file", proposal.Input{})
			do("岳交之", "dispatch", proposal.Input{Units: []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Host}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}}})
			path = "/proposals/" + p.ID
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, x := range []struct{ name, who, path string }{
		{"list-clerk", "柳文书", "/proposals"}, {"list-queue", "柳文书", "/proposals?queue=new"}, {"list-member", "余知秋", "/proposals/mine"}, {"list-department", "江承平", "/inbox"},
		{"case-clerk", "柳文书", path}, {"case-department", "江承平", path}, {"case-member", "余知秋", path}, {"home-clerk", "柳文书", "/"},
	} {
		b.Run(x.name, func(b *testing.B) {
			cookie := &http.Cookie{Name: app.SessionCookie, Value: w.Token(x.who)}
			size := 0
			before := cpu()
			for b.Loop() {
				r := httptest.NewRequest("GET", "http://example.com"+x.path, nil)
				r.Header.Set("Accept-Encoding", "gzip")
				r.AddCookie(cookie)
				rec := httptest.NewRecorder()
				w.Router.ServeHTTP(rec, r)
				if rec.Code != 200 {
					b.Fatal(rec.Code)
				}
				size = rec.Body.Len()
			}
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/op")
			b.ReportMetric(float64(size), "bytes")
		})
	}
}

// long is a part of a proposal's text of the usual length.
const long = "本县城区排洪渠道大多建成于二十年前，渠底淤积、岸坡失稳，去年汛期有三处漫堤，沿线居民和商户受到影响。渠道分别由三个单位管护，清淤计划和经费各自安排，上下游不能同步，淤积反复出现。"
