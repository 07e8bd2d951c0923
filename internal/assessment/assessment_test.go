package assessment_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/assessment"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/flow/flowtest"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("got %v, want kind %v", err, k)
	}
}

func read(t testing.TB, w *apptest.World, who, id string) *assessment.Result {
	t.Helper()
	r, err := w.Assessments.Get(w.As(who), id)
	check(t, err)
	return r
}

func do(t testing.TB, w *apptest.World, who, id, action, decision string) error {
	t.Helper()
	_, err := w.Assessments.Do(w.As(who), id, read(t, w, "柳文书", id).Version, action, decision)
	return err
}

func plan(t testing.TB, w *apptest.World, units ...string) string {
	t.Helper()
	p := assessment.Plan{Title: "2026年提案办理工作测评", Year: 2026, AsOf: "2026-03-12", RateUntil: "2026-03-20"}
	for _, name := range units {
		p.Units = append(p.Units, w.Bodies[name])
	}
	id, err := w.Assessments.Save(w.As("柳文书"), p)
	check(t, err)
	return id
}

func marks(w *apptest.World, pairs ...any) (all []assessment.Mark) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, assessment.Mark{Of: w.Bodies[pairs[i].(string)], Value: pairs[i+1].(int)})
	}
	return all
}

// From the plan to the published result: figures and ratings make the score, each
// with its base; a department sees its own only, and only once it is published.
func TestAssessment(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FeedbackOpen) // 水利局: answered in time, met in person, being resolved
		check(t, w.Proposals.Rate(w.As("余知秋"), p.ID, apptest.Rating("unsatisfied")))
		id := plan(t, w, "县水利局", "县交通运输局", "县农业农村局")
		wantKind(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 80)), errs.NotFound) // not open yet
		wantKind(t, do(t, w, "岳交之", id, "open", ""), errs.Forbidden)
		check(t, do(t, w, "柳文书", id, "open", ""))
		_, err := w.Assessments.Save(w.As("柳文书"), assessment.Plan{ID: id, Version: 2, Title: "x", Year: 2026, AsOf: "2026-03-12", RateUntil: "2026-03-20", Units: []string{w.Bodies["县水利局"]}})
		wantKind(t, err, errs.Conflict)

		check(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 60, "县农业农村局", 90)))
		check(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 80))) // instead of the 60
		check(t, w.Assessments.Rate(w.As("𠮷野川"), id, marks(w, "县水利局", 100)))
		check(t, w.Assessments.Rate(w.As("柳文书"), id, marks(w, "县水利局", 70)))
		check(t, w.Assessments.Rate(w.As("高望舒"), id, marks(w, "县水利局", 50)))
		wantKind(t, w.Assessments.Rate(w.As("高望舒"), id, marks(w, "县水利局", 101)), errs.Invalid)
		wantKind(t, w.Assessments.Rate(w.As("高望舒"), id, marks(w, "经济界", 50)), errs.Invalid)
		for _, who := range []string{"汪签远", "水清源", "裴远山", "严察微"} {
			wantKind(t, w.Assessments.Rate(w.As(who), id, marks(w, "县交通运输局", 10)), errs.Forbidden)
		}

		// The other way round: a department rates what it answered.
		check(t, w.Assessments.RateQuality(w.As("江承平"), id, []assessment.Mark{{Of: p.ID, Value: 92}}))
		wantKind(t, w.Assessments.RateQuality(w.As("田会办"), id, []assessment.Mark{{Of: p.ID, Value: 10}}), errs.NotFound)
		wantKind(t, w.Assessments.RateQuality(w.As("余知秋"), id, []assessment.Mark{{Of: p.ID, Value: 10}}), errs.Forbidden)
		if q := read(t, w, "柳文书", id).Quality; q.N != 1 || q.Mean != 92 || q.Levels["excellent"] != 1 {
			t.Errorf("quality %+v", q)
		}

		check(t, do(t, w, "柳文书", id, "score", ""))
		wantKind(t, w.Assessments.Rate(w.As("高望舒"), id, marks(w, "县水利局", 90)), errs.Conflict)
		r := read(t, w, "柳文书", id)
		var got []string
		for _, u := range r.Units {
			line := fmt.Sprintf("%s %d %.1f %s", u.Name, u.Place, u.Total, u.Level)
			for _, s := range u.Scores {
				line += fmt.Sprintf(" %s=%.0f(%d/%d)", s.Indicator, s.Value, s.Num, s.Den)
			}
			got = append(got, line)
		}
		// Ratings: members (80+100)/2, office 70, leader 50, weighed 40 30 30: 72.
		// 水利局: (20·100 + 15·100 + 20·0 + 15·100 + 10·100 + 20·72) / 100; its promise is not due yet.
		want := []string{"县农业农村局 1 90.0 excellent rating=90(1/0)",
			"县水利局 2 74.4 fair on_time=100(1/1) in_person=100(1/1) satisfaction=0(0/1) progress=100(1/1) kept=100(1/1) rating=72(4/0)",
			"县交通运输局 0 0.0 "}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, s := range r.Units[1].Scores {
			if i := indicator(s.Indicator); i.Figure != "" && i.Of == "" {
				rec, err := w.Figures.Records(w.As("柳文书"), i.Figure, figure.Request{Year: 2026, Filter: []figure.Tag{{Dim: "unit", Value: w.Bodies["县水利局"]}}})
				check(t, err)
				if rec.Value.Num != s.Num || rec.Value.Den != s.Den {
					t.Errorf("%s is %d/%d, its records say %d/%d", s.Indicator, s.Num, s.Den, rec.Value.Num, rec.Value.Den)
				}
			}
		}

		check(t, w.Assessments.Improve(w.As("柳文书"), id, w.Bodies["县水利局"], r.Units[1].Version, "答复前应充分沟通"))
		_, err = w.Assessments.Get(w.As("汪签远"), id)
		wantKind(t, err, errs.NotFound) // not published
		wantKind(t, do(t, w, "柳文书", id, "publish", "主席会议通过"), errs.Forbidden)
		wantKind(t, do(t, w, "莫定安", id, "publish", ""), errs.Invalid)
		check(t, do(t, w, "莫定安", id, "publish", "主席会议第3次会议审议通过"))
		own := read(t, w, "汪签远", id)
		if len(own.Units) != 1 || own.Units[0].Improve != "答复前应充分沟通" || own.Of != 3 || own.Quality.N != 0 || len(own.Rated) != 0 {
			t.Errorf("the department reads %+v", own)
		}
		if n, err := w.Notices.Count(w.As("汪签远")); err != nil || n == 0 {
			t.Errorf("%d notices, %v", n, err)
		}
		wantKind(t, w.Assessments.Improve(w.As("柳文书"), id, w.Bodies["县水利局"], 5, "晚了"), errs.Conflict)

		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, IDs: []string{"assessment.units", "assessment.excellent_rate"}})
		check(t, err)
		if rep.Values[0].Amount != 3 || rep.Values[1].Num != 1 {
			t.Errorf("figures %+v", rep.Values)
		}
		a, err := w.Assessments.Appraisal(w.As("高望舒"), 2026)
		check(t, err)
		if len(a.Lines) == 0 || a.Lines[0].Name != "县水利局" || a.Lines[0].Values[0].Amount != 1 || a.Lines[0].Total != 74.4 {
			t.Errorf("appraisal %+v", a.Lines)
		}
		sealed(t, w)
	})
}

func indicator(id string) assessment.Indicator {
	for _, x := range assessment.Indicators {
		if x.ID == id {
			return x
		}
	}
	return assessment.Indicator{}
}

func sealed(t *testing.T, w *apptest.World) {
	t.Helper()
	_, err := ledger.Seal(t.Context(), w.DB, w.Key)
	check(t, err)
	report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}, Now: w.Now()})
	check(t, err)
	if !report.OK() {
		t.Errorf("the ledger does not hold: %v", report.Lines(t.Context()))
	}
}

// Counting again takes the old scores away, and the ledger still holds.
func TestReopen(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id := plan(t, w, "县水利局")
	check(t, do(t, w, "柳文书", id, "open", ""))
	check(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 60)))
	check(t, do(t, w, "柳文书", id, "score", ""))
	check(t, do(t, w, "柳文书", id, "reopen", ""))
	check(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 95)))
	check(t, do(t, w, "柳文书", id, "score", ""))
	if u := read(t, w, "柳文书", id).Units[0]; u.Total != 95 || len(u.Scores) != 1 {
		t.Errorf("%+v", u)
	}
	w.Go("2026-03-21")
	check(t, do(t, w, "柳文书", id, "reopen", ""))
	wantKind(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 1)), errs.Conflict) // too late
	sealed(t, w)
}

// No page, list or record of the platform says to a department, or to anybody,
// who rated what; nobody of another tenant sees anything.
func TestRatingsAreBackToBack(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	w.Play(proposal.FeedbackOpen)
	id := plan(t, w, "县水利局", "县农业农村局")
	check(t, do(t, w, "柳文书", id, "open", ""))
	check(t, w.Assessments.Rate(w.As("余知秋"), id, marks(w, "县水利局", 37)))
	check(t, do(t, w, "柳文书", id, "score", ""))
	check(t, do(t, w, "莫定安", id, "publish", "主席会议通过"))
	for _, who := range []string{"柳文书", "莫定安", "高望舒", "汪签远", "水清源", "岳交之"} {
		b := w.Browser(t, who)
		for _, path := range []string{"/assessments/" + id, "/assessments/" + id + "/units/" + w.Bodies["县水利局"], "/assessments", "/api/v1/assessments/" + id} {
			a := b.Get(path)
			if strings.Contains(a.Body, w.People["余知秋"]) || strings.Contains(a.Body, "余知秋") {
				t.Errorf("%s finds on %s who rated", who, path)
			}
		}
	}
	if a := w.Browser(t, "田会办").Get("/assessments/" + id).Want(200); strings.Contains(a.Body, "县水利局") {
		t.Error("a department reads of another")
	}
	w.Browser(t, "田会办").Get("/assessments/" + id + "/units/" + w.Bodies["县水利局"]).Want(404)
	other := w.Neighbour()
	for _, who := range []string{"柳文书", "汪签远", "余知秋"} {
		b := other.Browser(t, who)
		for _, path := range []string{"", "/rate", "/quality", "/export", "/units/" + w.Bodies["县水利局"]} {
			if a := b.Get("/assessments/" + id + path); a.Status != 404 && a.Status != 403 {
				t.Errorf("%s of another tenant gets %d from %s", who, a.Status, path)
			}
		}
	}
}

// An inspection is answered in time or late, sent back, and done.
func TestInspection(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		issue := assessment.Inspection{Unit: w.Bodies["县水利局"], Title: "第1号提案承诺事项落实情况", Content: "请说明清淤进度", DueOn: "2026-03-20"}
		_, err := w.Assessments.Issue(w.As("水清源"), issue)
		wantKind(t, err, errs.Forbidden)
		bad := issue
		bad.DueOn = "2026-03-01"
		_, err = w.Assessments.Issue(w.As("岳交之"), bad)
		wantKind(t, err, errs.Invalid)
		key := actor.WithRequest(w.As("岳交之"), actor.Request{Key: "issue-1", Hash: "x"})
		id, err := w.Assessments.Issue(key, issue)
		check(t, err)
		again, err := w.Assessments.Issue(key, issue)
		check(t, err)
		if again != id {
			t.Error("the same request issued two")
		}
		act := func(who, action, said string) error {
			x, _, _, _, err := w.Assessments.Inspect(w.As("岳交之"), id)
			check(t, err)
			return w.Assessments.DoInspection(w.As(who), id, x.Version, action, said)
		}
		wantKind(t, act("田会办", "report", "已办"), errs.NotFound)
		wantKind(t, act("水清源", "report", ""), errs.Invalid)
		w.Go("2026-03-23")
		check(t, w.Clocks.Tick(t.Context()))
		check(t, act("水清源", "report", "已完成六成"))
		wantKind(t, act("水清源", "accept", ""), errs.Forbidden)
		for who, rows := range map[string]int{"岳交之": 1, "水清源": 1, "田会办": 0} { // whose department it is not
			out := w.Browser(t, who).Get("/inspections.xlsx").Want(200)
			table, err := document.Open("a.xlsx", strings.NewReader(out.Body), int64(len(out.Body)), document.Defaults())
			check(t, err)
			_, _, err = table.Read([]document.Column{{ID: "title", Title: "督查事项", Required: true}, {ID: "result", Title: "落实情况", Required: true}})
			if rows == 0 {
				wantKind(t, err, errs.Invalid) // there is nothing below the header
				continue
			}
			check(t, err)
			if len(table.Rows) != rows {
				t.Errorf("%s exports %d inspections, want %d", who, len(table.Rows), rows)
			}
		}
		check(t, act("岳交之", "return", "请写明完成日期"))
		check(t, act("水清源", "report", "五月底前完成"))
		check(t, act("岳交之", "accept", "属实"))
		wantKind(t, act("岳交之", "withdraw", "x"), errs.Conflict)
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{IDs: []string{"inspection.items", "inspection.done", "inspection.late"}})
		check(t, err)
		for _, v := range rep.Values {
			if v.Amount != 1 {
				t.Errorf("%s is %d", v.Def.ID, v.Amount)
			}
		}
		other := w.Neighbour()
		_, _, _, _, err = w.Assessments.Inspect(other.As("岳交之"), id)
		wantKind(t, err, errs.NotFound)
		sealed(t, w)
	})
}

// In every state every action is tried by every role: what the table does not
// allow is refused and changes nothing.
func TestEveryStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id := plan(t, w, "县水利局")
	force := func(table, row, state string) (version int) {
		check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
			return tx.Get(`UPDATE `+table+` SET state = $3 WHERE tenant = $1 AND id = $2 RETURNING version`, []any{w.Tenant, row, state}, &version)
		}))
		return version
	}
	state := func(table, row string) (s string) {
		check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
			return tx.Get(`SELECT state FROM `+table+` WHERE tenant = $1 AND id = $2`, []any{w.Tenant, row}, &s)
		}))
		return s
	}
	try := func(table, row string, act func(ctx context.Context, version int, action string) error) func(*testing.T, flowtest.Pair) {
		return func(t *testing.T, p flowtest.Pair) {
			for _, c := range apptest.Cast {
				version := force(table, row, p.State.ID)
				err := act(w.As(c.Name), version, p.Action)
				switch now := state(table, row); {
				case err != nil && (errs.KindOf(err) == errs.Internal || now != p.State.ID):
					t.Errorf("%s: %v, and it is %s", c.Name, err, now)
				case err == nil && (!p.Allowed || now != p.Step.To):
					t.Errorf("%s led from %s to %s", c.Name, p.State.ID, now)
				}
			}
		}
	}
	flowtest.Walk(t, assessment.Flow, try("assessment", id, func(ctx context.Context, version int, action string) error {
		_, err := w.Assessments.Do(ctx, id, version, action, "主席会议通过")
		return err
	}))
	one, err := w.Assessments.Issue(w.As("岳交之"), assessment.Inspection{Unit: w.Bodies["县水利局"], Title: "督查", DueOn: "2026-03-20"})
	check(t, err)
	flowtest.Walk(t, assessment.InspectionFlow, try("inspection", one, func(ctx context.Context, version int, action string) error {
		return w.Assessments.DoInspection(ctx, one, version, action, "已办")
	}))
}

// The forms keep what was typed when something is wrong, and say where.
func TestForms(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	b := w.Browser(t, "柳文书")
	page := b.Get("/assessments/new").Want(200)
	b.Submit(page, "form#f", "title", "测评", "year", "2026", "as_of", "2026-03-12", "rate_until", "2026-03-20").Want(422).Contains("请选择被测评的单位", "测评")
	page = b.Follow(b.Submit(page, "form#f", "title", "测评", "year", "2026", "as_of", "2026-03-12", "rate_until", "2026-03-20", "all", "yes").Want(303)).Want(200).Contains("县水利局", "县交通运输局")
	id := strings.TrimPrefix(page.Attr(`form[action^="/assessments/"]`, "action"), "/assessments/")
	id, _, _ = strings.Cut(id, "/")
	check(t, do(t, w, "柳文书", id, "open", ""))
	m := w.Browser(t, "余知秋")
	ballot := m.Get("/assessments/" + id + "/rate").Want(200)
	m.Submit(ballot, "form#f", "v-"+w.Bodies["县水利局"], "八十").Want(422).Contains("应在 0 到 100 之间")
	m.Follow(m.Submit(ballot, "form#f", "v-"+w.Bodies["县水利局"], "80").Want(303)).Want(200).Contains(`value="80"`)
	check(t, do(t, w, "柳文书", id, "score", ""))
	b.Get("/assessments/" + id + "/export").Want(200)
	b.Get("/appraisal/export?year=2026").Want(200)
}
