package app_test

import (
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/assessment"
	"shangliang/internal/db"
	"shangliang/internal/digest"
	"shangliang/internal/dispatch"
	"shangliang/internal/keyproposal"
	"shangliang/internal/proposal"
	"shangliang/internal/reading"
	"shangliang/internal/supervision"
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
	w.Hire("评一川", "evaluator", "expert", w.Region+"评价中心")
	ok(w.Assessments.PlanEvaluation(clerk, test, assessment.EvaluationPlan{Body: w.Bodies[w.Region+"评价中心"], Way: assessment.ByAccount, Cases: 3, DueOn: "2026-03-20"}))
	ok(w.Assessments.DoEvaluation(clerk, test, 1, "draw", w.Region))
	o, err := w.Assessments.Opinion(clerk, test)
	ok(err)
	for _, c := range o.Cases {
		p := assessment.Points{Version: c.Version, Of: map[string]int{}, Remark: w.Region + "评语"}
		for _, x := range o.Indicators() {
			p.Of[x.Key] = x.Weight
		}
		ok(w.Assessments.Evaluate(w.As("评一川"), test, c.ID, p))
		ids = append(ids, c.ID)
	}
	ok(w.Assessments.DoEvaluation(w.As("评一川"), test, 2, "submit", w.Region+"总评"))
	ok(w.Assessments.DoEvaluation(clerk, test, 3, "accept", ""))
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
	for _, id := range within(t, w, closed, w.Region) {
		ids = append(ids, id)
	}
	must(w.Reading.Add(clerk, reading.Upload{Name: w.Region + "收藏的报告.txt", Data: []byte(yunshanReport)}))
	must(w.Reading.Check(clerk, w.Region+"文稿.txt", []byte("2026年共收到提案3件。"), 2026))
	return slices.DeleteFunc(append(ids, filed, closed), func(id string) bool { return id == "" })
}

// within plays what the office does about a case and tells only a few: a key
// proposal on its way, an event, a digest with an instruction, messages. The mark
// stands in all of their texts. It returns the ids of the records by their routes.
func within(t *testing.T, w *apptest.World, id, mark string) map[string]string {
	t.Helper()
	clerk := w.As("柳文书")
	leaders, err := w.Keys.Leaders(clerk, 2026)
	must(t, err)
	leader := ""
	if len(leaders) > 0 {
		leader = leaders[0].ID
	} else {
		leader, err = w.Keys.SaveLeader(clerk, keyproposal.Leader{Person: w.People["高望舒"], Post: "副主席", Kind: "conference", Principal: true})
		must(t, err)
	}
	keys, err := w.Keys.Nominate(clerk, []string{id}, []string{"broad"}, mark+"提名理由")
	must(t, err)
	for _, x := range [][2]string{{"柳文书", "ask"}, {"柳文书", "consult"}, {"莫定安", "approve"}, {"柳文书", "bind"}, {"柳文书", "plan"}, {"高望舒", "sign"}, {"柳文书", "log"}} {
		d, err := w.Keys.Get(clerk, keys[0])
		must(t, err)
		_, err = w.Keys.Do(w.As(x[0]), keys[0], d.Version, x[1], keyproposal.Input{Reason: mark + "情况", Bodies: []string{w.Bodies["民盟临川县支部"]}, On: "2026-03-12",
			Leader: leader, Committee: w.Bodies["提案委员会"], Forms: []string{"visit"}, Form: "visit", Text: mark + "方案"})
		must(t, err)
	}
	event, err := w.Events.Save(clerk, "", 0, supervision.Plan{Type: "meeting", Title: mark + "督办会", On: "2026-03-12", Place: mark + "会议室", Committee: w.Bodies["提案委员会"], Agenda: mark + "议程", Proposals: []string{id}})
	must(t, err)
	_, err = w.Events.Do(clerk, event.ID, event.Version, "hold", supervision.Input{Issues: mark + "问题", Conclusions: mark + "结论"})
	must(t, err)
	d, err := w.Digests.Save(clerk, "", 0, digest.Text{Title: mark + "摘报", Body: mark + "正文", Proposals: []string{id}, Recipients: []string{w.People["高望舒"]}})
	must(t, err)
	for i, x := range [][2]string{{"莫定安", "approve"}, {"柳文书", "send"}} {
		_, err = w.Digests.Do(w.As(x[0]), d.ID, d.Version+i, x[1], "")
		must(t, err)
	}
	_, err = w.Digests.Instruct(clerk, d.ID, digest.Given{Person: w.People["高望舒"], On: "2026-03-12", Text: mark + "批示", Unit: w.Bodies["县水利局"], DueOn: "2026-04-01"}, nil)
	must(t, err)
	m, err := w.Messages.Send(clerk, id, []string{w.Bodies["县水利局"]}, mark+"消息")
	must(t, err)
	return map[string]string{"/key-proposals/": keys[0], "/supervision/": event.ID, "/digests/": d.ID, "/proposals/": m.ID}
}

// Of what departments are handed, how they are assessed and inspected, what is
// awarded and proposed jointly, supervised, told to leaders and said in messages, nobody finds anything of a neighbour: not by
// following links, and not by guessing.
func TestCrawlBeside(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	other := w.Neighbour()
	mine, theirs := beside(t, w), beside(t, other)
	if len(mine) != len(theirs) || len(mine) < 7 {
		t.Fatalf("%d records here, %d there", len(mine), len(theirs))
	}
	kinds := []string{"/dispatches/", "/assessments/", "/inspections/", "/awards/", "/regional/", "/readings/", "/draft-checks/", "/key-proposals/", "/supervision/", "/digests/"}
	for _, name := range []string{"余知秋", "柳文书", "莫定安", "岳交之", "水清源", "汪签远", "高望舒", "严察微", "评一川"} {
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
