package app_test

import (
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/assessment"
	"shangliang/internal/db"
	"shangliang/internal/dispatch"
	"shangliang/internal/proposal"
	"shangliang/internal/reading"
)

// beside plays something of each capability beside the proposal in a tenant and
// returns the ids of the records.
func beside(t *testing.T, w *apptest.World) (ids []string) {
	t.Helper()
	must := func(id string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		return id
	}
	ok := func(err error) { t.Helper(); must("", err) }
	clerk, office := w.As("柳文书"), w.As("岳交之")
	filed := w.Play(proposal.Filed).ID
	closed := w.Play(proposal.FollowingUp).ID
	meeting := must(w.Dispatch.Save(clerk, dispatch.Meeting{Title: w.Region + "交办会", OnDate: "2026-03-12"}))
	_, err := w.Dispatch.Put(clerk, meeting, []string{filed})
	ok(err)
	ok(w.Dispatch.Choose(office, meeting, filed, 1, []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Sole}}, ""))
	_, err = w.Dispatch.Send(office, meeting, "")
	ok(err)
	test := must(w.Assessments.Save(clerk, assessment.Plan{Title: w.Region + "测评", Year: 2026, AsOf: "2026-03-12", RateUntil: "2026-03-20", Units: []string{w.Bodies["县水利局"]}}))
	for i, action := range []string{"open", "score"} {
		_, err = w.Assessments.Do(clerk, test, i+1, action, "")
		ok(err)
	}
	_, err = w.Assessments.Do(w.As("莫定安"), test, 3, "publish", "主席会议通过")
	ok(err)
	must(w.Assessments.Issue(office, assessment.Inspection{Unit: w.Bodies["县水利局"], Title: w.Region + "督查", DueOn: "2026-03-20"}))
	prize := must(w.Awards.Call(clerk, w.Region+"好提案", 2026, 1, "2026-03-20"))
	ok(w.Awards.Nominate(w.As("余知秋"), prize, closed, w.Region+"的好提案"))
	must(w.Regional.Begin(clerk, w.Region+"联名", []string{"远山市政协"}))
	must(w.Reading.Add(clerk, reading.Upload{Name: w.Region + "收藏的报告.txt", Data: []byte(yunshanReport)}))
	must(w.Reading.Check(clerk, w.Region+"文稿.txt", []byte("2026年共收到提案3件。"), 2026))
	return slices.DeleteFunc(append(ids, filed, closed), func(id string) bool { return id == "" })
}

// Of what departments are handed, how they are assessed and inspected, what is
// awarded and proposed jointly, nobody finds anything of a neighbour: not by
// following links, and not by guessing.
func TestCrawlBeside(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	other := w.Neighbour()
	mine, theirs := beside(t, w), beside(t, other)
	if len(mine) != len(theirs) || len(mine) < 7 {
		t.Fatalf("%d records here, %d there", len(mine), len(theirs))
	}
	kinds := []string{"/dispatches/", "/assessments/", "/inspections/", "/awards/", "/regional/", "/readings/", "/draft-checks/"}
	for _, name := range []string{"余知秋", "柳文书", "莫定安", "岳交之", "水清源", "汪签远", "高望舒", "严察微"} {
		t.Run("as "+name, func(t *testing.T) {
			seen := map[string]bool{}
			for path, body := range crawl(t, w, name) {
				for _, k := range kinds {
					seen[k] = seen[k] || strings.HasPrefix(path, k)
				}
				if strings.Contains(body, other.Region) {
					t.Errorf("%s shows something of %s", path, other.Region)
				}
				for _, id := range theirs {
					if strings.Contains(body, id) {
						t.Errorf("%s holds the id %s of another tenant", path, id)
					}
				}
			}
			if name == "柳文书" && len(seen) != len(kinds) {
				t.Errorf("the crawl came to %v only", seen)
			}
			browser := w.Browser(t, name)
			for _, route := range w.Router.Routes() {
				if route.Method != "GET" || !strings.Contains(route.Path, "{") || !slices.ContainsFunc(kinds, func(k string) bool { return strings.HasPrefix(route.Path, k) }) {
					continue
				}
				for _, id := range theirs {
					if a := browser.Get(fill(route.Path, id)); a.Status != 404 && a.Status != 403 {
						t.Errorf("%s with %s of another tenant answers %d", route.Path, id, a.Status)
					}
				}
			}
		})
	}
}
