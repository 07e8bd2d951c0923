package assessment_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/assessment"
	"shangliang/internal/attachment"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/flow/flowtest"
	"shangliang/internal/proposal"
)

const (
	bureau = "县水利局"
	center = "云汀社会评价中心"
)

func opinion(t testing.TB, w *apptest.World, who, id string) *assessment.Opinion {
	t.Helper()
	o, err := w.Assessments.Opinion(w.As(who), id)
	check(t, err)
	return o
}

func evaluation(w *apptest.World, way string) assessment.EvaluationPlan {
	return assessment.EvaluationPlan{Body: w.Bodies[center], Way: way, Cases: 2, Back: 1, DueOn: "2026-03-25"}
}

func step(t testing.TB, w *apptest.World, who, id, action, said string) error {
	t.Helper()
	return w.Assessments.DoEvaluation(w.As(who), id, opinion(t, w, "柳文书", id).Version, action, said)
}

// played is a world in which the bureau answered three cases of the year and one
// of the year before, which it promised to resolve.
func played(t *testing.T, w *apptest.World) (id string, old *proposal.Proposal) {
	w.Hire("评一川", "evaluator", "expert", center)
	w.Hire("评二川", "evaluator", "expert", "望溪评估所")
	for i := range 4 {
		text := w.Text()
		text.Title = fmt.Sprintf("关于第%d段排洪渠的提案", i+1)
		text.Situation = strings.Repeat(fmt.Sprintf("第%d段多年未清淤。", i+1), i+1)
		old = w.PlayText(proposal.FeedbackOpen, text)
	}
	check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE proposal SET year = 2025 WHERE tenant = $1 AND id = $2`, w.Tenant, old.ID)
		return err
	}))
	check(t, w.Proposals.Rate(w.As("余知秋"), old.ID, apptest.Rating("unsatisfied")))
	return plan(t, w, bureau, "县农业农村局"), old
}

// From the plan to the published result, by the evaluators themselves: they read
// what was drawn and nothing else, and nobody's ratings; a department reads what
// was said of it, once it is published.
func TestEvaluation(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id, old := played(t, w)
		bad := evaluation(w, assessment.ByAccount)
		bad.Body = w.Bodies[bureau]
		wantKind(t, w.Assessments.PlanEvaluation(w.As("柳文书"), id, bad), errs.Invalid)
		wantKind(t, w.Assessments.PlanEvaluation(w.As("岳交之"), id, evaluation(w, assessment.ByAccount)), errs.Forbidden)
		key := actor.WithRequest(w.As("柳文书"), actor.Request{Key: "plan-1", Hash: "x"})
		check(t, w.Assessments.PlanEvaluation(key, id, evaluation(w, assessment.ByAccount)))
		check(t, w.Assessments.PlanEvaluation(key, id, evaluation(w, assessment.ByAccount))) // the same request again
		if v := opinion(t, w, "柳文书", id).Version; v != 1 {
			t.Errorf("the same request was done twice: version %d", v)
		}
		_, err := w.Assessments.Opinion(w.As("评一川"), id)
		wantKind(t, err, errs.NotFound) // nothing to do yet
		check(t, step(t, w, "柳文书", id, "draw", "摇号 2026-03-12 甲"))

		o := opinion(t, w, "评一川", id)
		if len(o.Cases) != 3 || len(o.Pool) != 0 || !o.Writes || len(o.History) != 0 {
			t.Fatalf("the evaluator reads %d cases, %d of the pool", len(o.Cases), len(o.Pool))
		}
		if c := o.Cases[2]; !c.Back || c.Proposal != old.ID {
			t.Errorf("looking back: %+v", c)
		}
		if n := len(opinion(t, w, "柳文书", id).Pool); n != 4 {
			t.Errorf("the pool has %d", n)
		}
		if n, err := w.Notices.Count(w.As("评一川")); err != nil || n != 1 {
			t.Errorf("%d notices, %v", n, err)
		}
		for _, who := range []string{"评二川", "汪签远", "余知秋"} {
			_, err := w.Assessments.Opinion(w.As(who), id)
			wantKind(t, err, errs.NotFound)
		}
		other := w.Neighbour()
		_, err = w.Assessments.Opinion(other.As("柳文书"), id)
		wantKind(t, err, errs.NotFound)

		// One case: the text, the reply, no rating.
		x, err := w.Assessments.Sheet(w.As("评一川"), id, o.Cases[2].ID)
		check(t, err)
		if x.Case.ID != old.ID || x.Reply == nil || x.Outcome != "B 类：正在解决" || len(x.Contacts) != 1 || len(x.Commitments) != 1 || !slices.Equal(x.Proposers, []string{"余知秋"}) {
			t.Errorf("the sheet: %+v", x)
		}
		if text := fmt.Sprintf("%+v", *x.Case); strings.Contains(text, "unsatisfied") {
			t.Errorf("the sheet tells the rating: %s", text)
		}
		pool := opinion(t, w, "柳文书", id).Pool
		for _, c := range pool {
			if _, err := w.Assessments.Sheet(w.As("评一川"), id, c.ID); c.Drawn != (err == nil) {
				t.Errorf("a case that was drawn=%v: %v", c.Drawn, err)
			}
		}

		// Points: all indicators, within the weight, with a remark, by the evaluators only.
		full := map[string]int{"organisation": 15, "procedure": 20, "proposer": 10, "effect": 5, "result": 25, "innovation": 5} // 80 of 100
		give := func(who string, c *assessment.Evaluated, of map[string]int, remark string) error {
			return w.Assessments.Evaluate(w.As(who), id, c.ID, assessment.Points{Version: c.Version, Of: of, Remark: remark})
		}
		wantKind(t, give("评一川", o.Cases[0], map[string]int{"organisation": 15}, "好"), errs.Invalid)
		over := map[string]int{"organisation": 16, "procedure": 20, "proposer": 10, "effect": 5, "result": 25, "innovation": 5}
		wantKind(t, give("评一川", o.Cases[0], over, "好"), errs.Invalid)
		wantKind(t, give("评一川", o.Cases[0], full, ""), errs.Invalid)
		wantKind(t, give("柳文书", o.Cases[0], full, "好"), errs.Forbidden)
		wantKind(t, give("评二川", o.Cases[0], full, "好"), errs.NotFound)
		check(t, give("评一川", o.Cases[0], full, "做法扎实"))
		wantKind(t, give("评一川", o.Cases[0], full, "旧版本"), errs.Conflict)
		wantKind(t, step(t, w, "评一川", id, "submit", "总体较好"), errs.Conflict) // two are left
		low := map[string]int{"organisation": 5, "procedure": 10, "proposer": 5, "effect": 0, "result": 15, "innovation": 5}
		check(t, give("评一川", o.Cases[1], low, "答复空泛"))
		check(t, give("评一川", o.Cases[2], full, "往年承诺已兑现"))
		check(t, step(t, w, "评一川", id, "submit", "总体较好"))
		wantKind(t, give("评一川", opinion(t, w, "评一川", id).Cases[0], low, "再改"), errs.Conflict)
		check(t, do(t, w, "柳文书", id, "open", ""))
		check(t, do(t, w, "柳文书", id, "score", ""))
		wantKind(t, do(t, w, "莫定安", id, "publish", "主席会议通过"), errs.Conflict) // not accepted yet
		check(t, step(t, w, "柳文书", id, "return", "第一件的评语请写具体"))
		check(t, give("评一川", opinion(t, w, "评一川", id).Cases[0], full, "建议逐条回应，汛前完成"))
		check(t, step(t, w, "评一川", id, "submit", "总体较好"))
		check(t, step(t, w, "柳文书", id, "accept", ""))
		_, err = w.Assessments.Opinion(w.As("汪签远"), id)
		wantKind(t, err, errs.NotFound) // not published
		check(t, do(t, w, "莫定安", id, "publish", "主席会议第3次会议审议通过"))
		wantKind(t, step(t, w, "柳文书", id, "return", "晚了"), errs.Conflict)

		u := opinion(t, w, "高望舒", id).Units
		if len(u) != 1 || u[0].Score != 60 || u[0].N != 2 || u[0].Level != "fair" || u[0].BackScore != 80 || u[0].Means["procedure"] != 15 {
			t.Errorf("results %+v", *u[0])
		}
		own := opinion(t, w, "汪签远", id)
		if !own.Own || len(own.Cases) != 3 || own.Remark != "" || own.Seed != "" || own.Cases[0].Person != "" || len(own.Steps) != 0 {
			t.Errorf("the department reads %+v", own)
		}
		if theirs := opinion(t, w, "田会办", id); len(theirs.Cases) != 0 {
			t.Errorf("another department reads %d cases", len(theirs.Cases))
		}
		a, err := w.Assessments.Appraisal(w.As("高望舒"), 2026)
		check(t, err)
		if l := a.Lines[0]; l.Name != bureau || l.Third == nil || l.Third.Score != 60 {
			t.Errorf("appraisal %+v", l)
		}
		rep, err := w.Figures.Records(w.As("柳文书"), "assessment.evaluated", figure.Request{Year: 2026})
		check(t, err)
		if rep.Value.Amount != 3 || len(rep.Records) != 3 {
			t.Errorf("the figure is %d of %d records", rep.Value.Amount, len(rep.Records))
		}
		sealed(t, w)
	})
}

// Paper that the office enters needs a scan; whoever has a part in a case keeps out.
func TestEvaluationByPaper(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, _ := played(t, w)
	check(t, w.Assessments.PlanEvaluation(w.As("柳文书"), id, evaluation(w, assessment.ByPaper)))
	check(t, step(t, w, "柳文书", id, "draw", ""))
	_, err := w.Assessments.Opinion(w.As("评一川"), id)
	wantKind(t, err, errs.NotFound)
	o := opinion(t, w, "柳文书", id)
	if len(o.Seed) != 16 {
		t.Errorf("seed %q", o.Seed)
	}
	for _, c := range o.Cases {
		of := map[string]int{}
		for _, x := range o.Indicators() {
			of[x.Key] = x.Weight
		}
		check(t, w.Assessments.Evaluate(w.As("柳文书"), id, c.ID, assessment.Points{Version: c.Version, Of: of, Remark: "见评估表"}))
	}
	wantKind(t, step(t, w, "柳文书", id, "submit", ""), errs.Conflict)
	paper := []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
	f, err := w.Assessments.AttachPaper(w.As("柳文书"), id, attachment.Upload{Name: "评估表.pdf", Size: int64(len(paper)), Content: bytes.NewReader(paper)})
	check(t, err)
	_, _, err = w.Assessments.OpenPaper(w.As("汪签远"), id, f.ID)
	wantKind(t, err, errs.NotFound)
	check(t, step(t, w, "柳文书", id, "submit", ""))
	if u := opinion(t, w, "柳文书", id).Units[0]; u.Score != 100 {
		t.Errorf("%+v", u)
	}
	sealed(t, w)
}

// Nobody evaluates what they proposed; nobody evaluates the department they work for.
func TestEvaluatorsKeepOut(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, _ := played(t, w)
	check(t, w.Assessments.PlanEvaluation(w.As("柳文书"), id, evaluation(w, assessment.ByAccount)))
	check(t, step(t, w, "柳文书", id, "draw", ""))
	c := opinion(t, w, "柳文书", id).Cases[0]
	of := map[string]int{}
	for _, x := range opinion(t, w, "柳文书", id).Indicators() {
		of[x.Key] = 1
	}
	for _, who := range []string{"余知秋", "江承平"} {
		a, _ := actor.From(w.As("评一川"))
		a.Person = w.People[who]
		err := w.Assessments.Evaluate(actor.With(context.Background(), a), id, c.ID, assessment.Points{Version: c.Version, Of: of, Remark: "好"})
		wantKind(t, err, errs.Forbidden)
	}
	check(t, w.Assessments.Evaluate(w.As("评一川"), id, c.ID, assessment.Points{Version: c.Version, Of: of, Remark: "好"}))
	check(t, step(t, w, "柳文书", id, "redraw", "名单有误"))
	if o := opinion(t, w, "柳文书", id); len(o.Pool) != 0 || o.Seed != "" || o.State != assessment.Planned {
		t.Errorf("after it was drawn anew: %+v", o.Evaluation)
	}
	check(t, step(t, w, "柳文书", id, "draw", "乙"))
	check(t, step(t, w, "柳文书", id, "cancel", "经费没有落实"))
	check(t, step(t, w, "柳文书", id, "restart", ""))
	sealed(t, w)
}

// The same seed over the same answers draws the same, in whatever order they come;
// of each department as many as are wanted or as there are; and what one of them
// answered does not move another.
func TestDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.StringN(1, 20, -1).Draw(t, "seed")
		cases, back := rapid.IntRange(1, 4).Draw(t, "cases"), rapid.IntRange(0, 3).Draw(t, "back")
		var pool []proposal.Answer
		for i := range rapid.IntRange(0, 40).Draw(t, "n") {
			pool = append(pool, proposal.Answer{Proposal: fmt.Sprintf("p%d", i), Unit: fmt.Sprintf("u%d", rapid.IntRange(0, 3).Draw(t, "unit")), Year: rapid.IntRange(2024, 2026).Draw(t, "year")})
		}
		first := assessment.Draw(seed, 2026, pool, cases, back)
		mixed := rapid.Permutation(pool).Draw(t, "mixed")
		if got, want := fmt.Sprint(drawn(assessment.Draw(seed, 2026, mixed, cases, back), "")), fmt.Sprint(drawn(first, "")); got != want {
			t.Fatalf("another order draws\n%s\nnot\n%s", got, want)
		}
		n := map[string]int{}
		for _, x := range pool {
			n[fmt.Sprint(x.Unit, x.Year < 2026)]++
		}
		got := map[string]int{}
		for _, c := range first {
			if c.Drawn {
				got[fmt.Sprint(c.Unit, c.Back)]++
			}
		}
		for key, have := range n {
			want := cases
			if strings.HasSuffix(key, "true") {
				want = back
			}
			if got[key] != min(have, want) {
				t.Fatalf("of %s %d were drawn, there are %d", key, got[key], have)
			}
		}
		others := slices.DeleteFunc(slices.Clone(pool), func(x proposal.Answer) bool { return x.Unit == "u0" })
		if got, want := fmt.Sprint(drawn(assessment.Draw(seed, 2026, others, cases, back), "u1")), fmt.Sprint(drawn(first, "u1")); got != want {
			t.Fatalf("without another department it draws\n%s\nnot\n%s", got, want)
		}
	})
}

func drawn(all []*assessment.Evaluated, unit string) (out []string) {
	for _, c := range all {
		if unit == "" || c.Unit == unit {
			out = append(out, fmt.Sprint(c.Unit, c.Proposal, c.Place, c.Drawn))
		}
	}
	return out
}

// In every state every action is tried by every role; and once the assessment is
// published or cancelled, none leads anywhere.
func TestEvaluationFlow(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, _ := played(t, w)
	check(t, w.Assessments.PlanEvaluation(w.As("柳文书"), id, evaluation(w, assessment.ByAccount)))
	check(t, step(t, w, "柳文书", id, "draw", ""))
	o := opinion(t, w, "评一川", id)
	for _, c := range o.Cases {
		of := map[string]int{}
		for _, x := range o.Indicators() {
			of[x.Key] = 1
		}
		check(t, w.Assessments.Evaluate(w.As("评一川"), id, c.ID, assessment.Points{Version: c.Version, Of: of, Remark: "好"}))
	}
	set := func(state, whole string) (version int) {
		check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
			if _, err := tx.Exec(`UPDATE assessment SET state = $3 WHERE tenant = $1 AND id = $2`, w.Tenant, id, whole); err != nil {
				return err
			}
			if state == assessment.Planned { // nothing is drawn then
				for _, table := range []string{"evaluation_mark", "evaluation_case"} {
					if _, err := tx.Exec(`DELETE FROM `+table+` WHERE tenant = $1`, w.Tenant); err != nil {
						return err
					}
				}
			}
			return tx.Get(`UPDATE evaluation SET state = $3 WHERE tenant = $1 AND assessment = $2 RETURNING version`, []any{w.Tenant, id, state}, &version)
		}))
		return version
	}
	names := []string{"评一川", "评二川"}
	for _, c := range apptest.Cast {
		names = append(names, c.Name)
	}
	led := map[string]bool{}
	flowtest.Walk(t, assessment.EvaluationFlow, func(t *testing.T, p flowtest.Pair) {
		for _, whole := range []string{assessment.Rating, assessment.Published, assessment.Cancelled} {
			for _, name := range names {
				version := set(p.State.ID, whole)
				err := w.Assessments.DoEvaluation(w.As(name), id, version, p.Action, "理由")
				now := opinion(t, w, "柳文书", id).State
				switch {
				case err != nil && (errs.KindOf(err) == errs.Internal || now != p.State.ID):
					t.Errorf("%s: %v, and it is %s", name, err, now)
				case err == nil && (!p.Allowed || now != p.Step.To || whole != assessment.Rating):
					t.Errorf("%s led from %s to %s while the assessment is %s", name, p.State.ID, now, whole)
				case err == nil:
					led[p.Action] = true
				}
			}
		}
	})
	for _, s := range assessment.EvaluationFlow.Steps {
		if !led[s.Action] {
			t.Errorf("nobody could take the step %s", s.Action)
		}
	}
}

// The pages keep what was typed when something is wrong, and REST has the same
// guards.
func TestEvaluationPages(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, _ := played(t, w)
	url := "/assessments/" + id + "/evaluation"
	b := w.Browser(t, "柳文书")
	page := b.Get(url).Want(200).Contains("还没有安排第三方评估")
	b.Submit(page, "form#plan", "body", w.Bodies[center], "way", "account", "cases", "0", "back", "1", "due_on", "2026-03-25").Want(422).Contains("应在 1 到 100 之间")
	b.Follow(b.Submit(page, "form#plan", "body", w.Bodies[center], "way", "account", "cases", "2", "back", "1", "due_on", "2026-03-25").Want(303)).Want(200).Contains("待抽取")
	check(t, step(t, w, "柳文书", id, "draw", "甲"))
	b.Get(url).Want(200).Contains("抽取记录", "甲")
	b.Get(url + "/export").Want(200)

	e := w.Browser(t, "评一川")
	e.Get("/evaluations").Want(200).Contains("2026年提案办理工作测评")
	c := opinion(t, w, "评一川", id).Cases[0]
	sheet := e.Get(url+"/cases/"+c.ID).Want(200).Contains("现答复如下", "实地看了渠段")
	e.Submit(sheet, "form#f", "p-organisation", "九", "remark", "认真").Want(422).Contains("应在 0 到 15 之间", "认真")
	if a := e.Get("/api/v1/assessments/" + id + "/evaluation/cases/" + c.ID).Want(200); strings.Contains(a.Body, "satisfied") || strings.Contains(a.Body, "还应抓紧") {
		t.Error("REST tells a rating")
	}
	for _, path := range []string{"/proposals/" + c.Proposal, "/assessments/" + id, "/proposals", "/figures"} {
		if a := e.Get(path); a.Status == 200 && (path != "/proposals" || strings.Contains(a.Body, "排洪渠")) {
			t.Errorf("an evaluator reads %s", path)
		}
	}
	w.Browser(t, "评二川").Get(url).Want(404)
	w.Browser(t, "汪签远").Get(url + "/cases/" + c.ID).Want(404)
	w.Neighbour().Browser(t, "柳文书").Get("/api/v1/assessments/" + id + "/evaluation").Want(404)
}

// By REST an evaluation goes all its way, and the appraisal holds its result.
func TestEvaluationREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, _ := played(t, w)
	c, e := w.Browser(t, "柳文书"), w.Browser(t, "评一川")
	url := "/api/v1/assessments/" + id + "/evaluation"
	c.JSON("PUT", url, map[string]any{"version": 0, "body": w.Bodies[center], "way": "account", "cases": 2, "back": 0, "due_on": "2026-03-25"}).Want(204)
	c.JSON("POST", url+"/actions/draw", map[string]any{"version": 1, "said": "甲"}).Want(204)
	var got struct {
		Seed       string
		Version    int
		Indicators []struct {
			Key    string
			Weight int
		}
		Units []struct{ Score float64 }
		Drawn []struct {
			ID      string
			Version int
		}
	}
	e.Get("/api/v1/evaluations").Want(200).Contains(id)
	e.Get(url).Want(200).Decode(&got)
	if got.Seed != "甲" || len(got.Drawn) != 2 {
		t.Fatalf("%+v", got)
	}
	points := map[string]int{}
	for _, x := range got.Indicators {
		points[x.Key] = x.Weight
	}
	for _, x := range got.Drawn {
		e.JSON("PUT", url+"/cases/"+x.ID, map[string]any{"version": x.Version, "points": map[string]int{"organisation": 99}, "remark": "好"}).Want(422)
		e.JSON("PUT", url+"/cases/"+x.ID, map[string]any{"version": x.Version, "points": points, "remark": "好"}).Want(204)
	}
	c.JSON("POST", url+"/actions/submit", map[string]any{"version": got.Version}).Want(403)
	e.JSON("POST", url+"/actions/submit", map[string]any{"version": got.Version, "said": "总体较好"}).Want(204)
	e.JSON("POST", url+"/actions/accept", map[string]any{"version": got.Version + 1}).Want(403)
	c.JSON("POST", url+"/actions/accept", map[string]any{"version": got.Version + 1}).Want(204)
	c.Get(url).Want(200).Decode(&got)
	if len(got.Units) != 1 || got.Units[0].Score != 100 {
		t.Errorf("%+v", got.Units)
	}
	check(t, do(t, w, "柳文书", id, "open", ""))
	check(t, do(t, w, "柳文书", id, "score", ""))
	check(t, do(t, w, "莫定安", id, "publish", "主席会议通过"))
	c.Get("/api/v1/appraisal?year=2026").Want(200).Contains(`"third":100`)
	c.Get("/appraisal?year=2026").Want(200).Contains("第三方评估")
	w.Browser(t, "汪签远").Get("/assessments/" + id).Want(200).Contains("第三方评估")
}
