package proposalweb_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
)

// BenchmarkCreate begins drafts of 500 characters over REST, sixteen at a time.
func BenchmarkCreate(b *testing.B) {
	w := apptest.New(b, db.SQLite)
	body := text()
	body["situation"], body["analysis"] = strings.Repeat("渡口公路坑洼不平。", 28), strings.Repeat("养护经费不足。", 30)
	content, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	token := w.Token("余知秋")
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest("POST", "http://example.com/api/v1/proposals", bytes.NewReader(content))
			r.Header.Set("Content-Type", "application/json")
			r.AddCookie(&http.Cookie{Name: app.SessionCookie, Value: token})
			rec := httptest.NewRecorder()
			w.Router.ServeHTTP(rec, r)
			if rec.Code != 201 {
				b.Errorf("status %d: %s", rec.Code, rec.Body)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "drafts/s")
}
