package proposal_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

// do takes a step of a case, or of its first current assignment.
func do(t *testing.T, w *apptest.World, who, id, action string, in proposal.Input) error {
	t.Helper()
	c, err := w.Proposals.Get(w.As(who), id)
	check(t, err)
	machine, action, _ := strings.Cut(action, ".")
	if machine == "proposal" {
		_, err = w.Proposals.Do(w.As(who), id, c.Version, action, in)
		return err
	}
	for _, as := range c.Current() {
		if machine == "assignment" || w.Bodies[machine] == as.Unit {
			_, err = w.Proposals.DoAssignment(w.As(who), id, as.ID, as.Version, action, in)
			return err
		}
	}
	t.Fatalf("%s has no current assignment", machine)
	return nil
}

func read(t *testing.T, w *apptest.World, who, id string) *proposal.Case {
	t.Helper()
	c, err := w.Proposals.Get(w.As(who), id)
	check(t, err)
	return c
}

// Each co-signer answers as themself; who has not by the deadline drops off, and
// the proposal is handed in with the others.
func TestCosigning(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := w.Text()
		text.Kind, text.Cosigners = proposal.Joint, []string{w.People["𠮷野川"], w.People["凌若谷"]}
		p, err := w.Proposals.Create(w.As("余知秋"), text)
		check(t, err)
		_, err = w.Proposals.Get(w.As("凌若谷"), p.ID)
		wantKind(t, err, errs.NotFound) // not asked yet
		check(t, do(t, w, "余知秋", p.ID, "proposal.invite", proposal.Input{}))
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.submit_joint", proposal.Input{}), errs.Conflict) // nobody confirmed
		_, err = w.Proposals.Cosign(w.As("余知秋"), p.ID, true)
		wantKind(t, err, errs.Forbidden)
		_, err = w.Proposals.Cosign(w.As("𠮷野川"), p.ID, true)
		check(t, err)
		_, err = w.Proposals.Cosign(w.As("𠮷野川"), p.ID, false)
		wantKind(t, err, errs.Conflict) // answered
		w.Go("2026-03-20")
		check(t, w.Clocks.Tick(t.Context()))
		if c := read(t, w, "余知秋", p.ID); c.State != proposal.Cosigning {
			t.Fatalf("before the deadline it is %s", c.State)
		}
		w.Go("2026-03-24")
		check(t, w.Clocks.Tick(t.Context()))
		c := read(t, w, "余知秋", p.ID)
		states := ""
		for _, x := range c.Parties {
			states += " " + x.State
		}
		if c.State != proposal.Submitted || states != " confirmed confirmed dropped" {
			t.Errorf("after the deadline it is %s with%s", c.State, states)
		}
		_, err = w.Proposals.Get(w.As("凌若谷"), p.ID)
		wantKind(t, err, errs.NotFound)
	})
}

func TestCollectiveIsApprovedByItsOfficer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := w.Text()
		text.Kind, text.Body = proposal.Collective, w.Bodies["民盟临川县支部"]
		p, err := w.Proposals.Create(w.As("余知秋"), text)
		check(t, err)
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.submit", proposal.Input{}), errs.Forbidden)
		check(t, do(t, w, "余知秋", p.ID, "proposal.propose", proposal.Input{}))
		wantKind(t, do(t, w, "裴远山", p.ID, "proposal.send_back", proposal.Input{}), errs.Invalid) // wants a reason
		check(t, do(t, w, "裴远山", p.ID, "proposal.send_back", proposal.Input{Reason: "数据请核实"}))
		check(t, do(t, w, "余知秋", p.ID, "proposal.propose", proposal.Input{}))
		check(t, do(t, w, "裴远山", p.ID, "proposal.approve", proposal.Input{}))
		if c := read(t, w, "柳文书", p.ID); c.State != proposal.Submitted || c.SerialNo != 1 {
			t.Errorf("is %s with serial number %d", c.State, c.SerialNo)
		}
	})
}

// What is missing is said where it is missing, and nothing is handed in.
func TestIncomplete(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	for field, spoil := range map[string]func(*proposal.Text){
		"title":       func(x *proposal.Text) { x.Title = " " },
		"situation":   func(x *proposal.Text) { x.Situation = "" },
		"analysis":    func(x *proposal.Text) { x.Analysis = "\n" },
		"suggestions": func(x *proposal.Text) { x.Suggestions = "请重视" },
		"subject":     func(x *proposal.Text) { x.Subject = "" },
		"open_reason": func(x *proposal.Text) { x.OpenChoice = "closed" },
	} {
		text := w.Text()
		spoil(&text)
		p, err := w.Proposals.Create(w.As("余知秋"), text)
		check(t, err)
		err = do(t, w, "余知秋", p.ID, "proposal.submit", proposal.Input{})
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "["+field+":") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// A department may return the work within its window; the hard maximum of the
// case does not move by that.
func TestReturnAndDispatchAgain(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Dispatched)
		check(t, do(t, w, "水清源", p.ID, "assignment.request_return", proposal.Input{Reason: "属交通职责", Unit: w.Bodies["县交通运输局"]}))
		check(t, do(t, w, "岳交之", p.ID, "assignment.refuse_return", proposal.Input{Reason: "渠道由你局管护"}))
		w.Go("2026-03-20") // six working days later: too late
		wantKind(t, do(t, w, "水清源", p.ID, "assignment.request_return", proposal.Input{Reason: "再请退回"}), errs.Conflict)
		w.Go("2026-03-19") // the fifth working day
		check(t, do(t, w, "水清源", p.ID, "assignment.request_return", proposal.Input{Reason: "再请退回"}))
		check(t, do(t, w, "岳交之", p.ID, "assignment.grant_return", proposal.Input{}))
		_, err := w.Proposals.Get(w.As("水清源"), p.ID)
		wantKind(t, err, errs.NotFound) // no longer theirs
		if c := read(t, w, "岳交之", p.ID); c.State != proposal.Dispatched || len(c.Current()) != 0 {
			t.Fatalf("is %s", c.State)
		}
		w.Go("2026-07-01")
		check(t, do(t, w, "岳交之", p.ID, "proposal.dispatch", proposal.Input{Units: []proposal.UnitRole{{Unit: w.Bodies["县农业农村局"], Role: proposal.Sole}}}))
		c := read(t, w, "岳交之", p.ID)
		for _, k := range c.Clocks {
			if k.Kind == "assignment.reply" && k.State == clock.Running && (k.HardOn > "2026-09-14" || k.DueOn > k.HardOn) {
				t.Errorf("due on %s, at the latest on %s: later than six months after the first dispatch", k.DueOn, k.HardOn)
			}
		}
		if c.DueOn == "" {
			t.Error("no due date with the case")
		}
	})
}

func TestExtension(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		before := read(t, w, "汪签远", p.ID).Current()[0].DueOn
		wantKind(t, do(t, w, "水清源", p.ID, "assignment.request_extension", proposal.Input{Reason: "待汛后"}), errs.Forbidden)
		check(t, do(t, w, "汪签远", p.ID, "assignment.request_extension", proposal.Input{Reason: "待汛后勘测"}))
		check(t, do(t, w, "岳交之", p.ID, "assignment.grant_extension", proposal.Input{}))
		after := read(t, w, "汪签远", p.ID)
		if as := after.Current()[0]; as.DueOn <= before || after.DueOn != as.DueOn {
			t.Errorf("due on %s, was %s; the case says %s", as.DueOn, before, after.DueOn)
		}
		wantKind(t, do(t, w, "汪签远", p.ID, "assignment.request_extension", proposal.Input{Reason: "再延"}), errs.Conflict) // once only
	})
}

// Host, co-handler, opinion, no reply without talk, correction by the checker,
// delivery, immutable afterwards.
func TestHandling(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Filed)
		for _, units := range [][]proposal.UnitRole{
			{}, {{Unit: w.Bodies["县水利局"], Role: proposal.Host}}, {{Unit: w.Bodies["县水利局"], Role: proposal.Sole}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}},
			{{Unit: w.Bodies["县水利局"], Role: proposal.Split}}, {{Unit: w.Bodies["民盟临川县支部"], Role: proposal.Sole}},
		} {
			wantKind(t, do(t, w, "岳交之", p.ID, "proposal.dispatch", proposal.Input{Units: units}), errs.Invalid)
		}
		check(t, do(t, w, "岳交之", p.ID, "proposal.dispatch", proposal.Input{Units: []proposal.UnitRole{
			{Unit: w.Bodies["县水利局"], Role: proposal.Host}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}}}))
		check(t, do(t, w, "水清源", p.ID, "县水利局.sign", proposal.Input{}))
		check(t, do(t, w, "田会办", p.ID, "县农业农村局.sign", proposal.Input{}))
		wantKind(t, do(t, w, "田会办", p.ID, "县水利局.draft", proposal.Input{}), errs.NotFound)
		reply := input(w)
		reply.OpinionWaiver = ""
		check(t, do(t, w, "江承平", p.ID, "县水利局.draft", reply))
		if c := read(t, w, "余知秋", p.ID); len(c.Replies) != 0 {
			t.Error("the proposer sees a draft")
		}
		wantKind(t, do(t, w, "江承平", p.ID, "县水利局.sign_off", proposal.Input{}), errs.Forbidden) // the leader signs
		wantKind(t, do(t, w, "汪签远", p.ID, "县水利局.sign_off", proposal.Input{}), errs.Conflict)  // nobody was talked to
		phone := proposal.Input{Kind: "phone", On: "2026-03-12", People: "余知秋", Summary: "电话沟通"}
		check(t, do(t, w, "江承平", p.ID, "县水利局.contact", phone))
		wantKind(t, do(t, w, "汪签远", p.ID, "县水利局.sign_off", proposal.Input{}), errs.Conflict) // not in person
		phone.Kind = "visit"
		check(t, do(t, w, "江承平", p.ID, "县水利局.contact", phone))
		wantKind(t, do(t, w, "汪签远", p.ID, "县水利局.sign_off", proposal.Input{}), errs.Conflict) // the opinion is missing
		check(t, do(t, w, "田会办", p.ID, "县农业农村局.draft", proposal.Input{Body: "同意主办意见"}))
		check(t, do(t, w, "田会办", p.ID, "县农业农村局.send_opinion", proposal.Input{}))
		check(t, do(t, w, "汪签远", p.ID, "县水利局.sign_off", proposal.Input{}))
		check(t, do(t, w, "柳文书", p.ID, "县水利局.reject", proposal.Input{Reason: "请逐条答复"}))
		check(t, do(t, w, "汪签远", p.ID, "县水利局.sign_off", proposal.Input{}))
		check(t, do(t, w, "柳文书", p.ID, "县水利局.check", proposal.Input{Code: "c"}))
		c := read(t, w, "余知秋", p.ID)
		if c.State != proposal.FeedbackOpen || c.Outcome != "c" || c.Meaning != "planned" || len(c.Replies) != 1 || c.Replies[0].Kind != "reply" {
			t.Errorf("is %s with outcome %s and %d replies", c.State, c.Outcome, len(c.Replies))
		}
		err := w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
			n, err := tx.Exec(`UPDATE reply SET body = 'x' WHERE tenant = $1 AND id = $2 AND state <> 'delivered'`, w.Tenant, c.Replies[0].ID)
			if n != 0 {
				t.Error("a delivered reply could be changed")
			}
			return err
		})
		check(t, err)
	})
}

// Ratings are the proposers' own: no department's account rates or sees them
// before closing, silence is never satisfied, a changed rating keeps the old.
func TestRatingsAreProtected(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := w.Text()
		text.Kind, text.Cosigners = proposal.Joint, []string{w.People["凌若谷"]}
		p := w.PlayText(proposal.FeedbackOpen, text)
		for _, who := range []string{"汪签远", "江承平", "柳文书", "高望舒"} {
			wantKind(t, w.Proposals.Rate(w.As(who), p.ID, apptest.Rating("satisfied")), errs.Forbidden)
		}
		wantKind(t, w.Proposals.Rate(w.As("𠮷野川"), p.ID, apptest.Rating("satisfied")), errs.NotFound)
		bad := apptest.Rating("unsatisfied")
		bad.Comment = ""
		wantKind(t, w.Proposals.Rate(w.As("余知秋"), p.ID, bad), errs.Invalid)
		check(t, w.Proposals.Rate(w.As("余知秋"), p.ID, apptest.Rating("unsatisfied")))
		wantKind(t, w.Proposals.Rate(w.As("余知秋"), p.ID, apptest.Rating("satisfied")), errs.Invalid) // why the change?
		for _, who := range []string{"汪签远", "江承平"} {
			c := read(t, w, who, p.ID)
			if len(c.Feedback) != 0 || c.Ratings.Visible {
				t.Errorf("%s sees ratings before closing", who)
			}
			for _, e := range c.History {
				if e.Action == "proposal.rate" {
					t.Errorf("%s sees that somebody rated", who)
				}
			}
		}
		if c := read(t, w, "凌若谷", p.ID); len(c.Feedback) != 0 {
			t.Error("a proposer sees another's rating")
		}
		wantKind(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}), errs.Conflict) // one has not rated

		// Handled again: a new round with its own clock.
		check(t, do(t, w, "柳文书", p.ID, "proposal.rehandle", proposal.Input{Reason: "请逐条答复"}))
		c := read(t, w, "汪签远", p.ID)
		if c.Round != 2 || c.State != proposal.Rehandling || len(c.Current()) != 1 || c.Current()[0].DueOn != "2026-04-13" {
			t.Errorf("round %d, %s, %+v", c.Round, c.State, c.Current())
		}
		check(t, do(t, w, "水清源", p.ID, "assignment.sign", proposal.Input{}))
		check(t, do(t, w, "江承平", p.ID, "assignment.contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋", Summary: "再次当面沟通"}))
		check(t, do(t, w, "江承平", p.ID, "assignment.draft", input(w)))
		check(t, do(t, w, "汪签远", p.ID, "assignment.sign_off", proposal.Input{}))
		check(t, do(t, w, "柳文书", p.ID, "assignment.check", proposal.Input{}))
		check(t, w.Proposals.Rate(w.As("余知秋"), p.ID, apptest.Rating("satisfied")))
		w.Go("2026-04-10")
		check(t, w.Clocks.Tick(t.Context())) // the window has passed for the other
		c = read(t, w, "柳文书", p.ID)
		if c.State != proposal.FollowingUp && c.State != proposal.Closed {
			t.Errorf("is %s after the window", c.State)
		}
		if got := fmt.Sprintf("%d %s", len(c.Unrated()), c.Satisfaction); got != "1 satisfied" {
			t.Errorf("unrated and satisfaction: %s", got)
		}
		seen := read(t, w, "汪签远", p.ID)
		if !seen.Ratings.Visible || seen.Ratings.Count != 1 || seen.Ratings.Scores != nil || len(seen.Feedback) != 0 {
			t.Errorf("the department sees %+v", seen.Ratings)
		}
	})
}

// Nobody rated: closed as no response.
func TestSilenceIsNotSatisfaction(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FeedbackOpen)
		w.Go("2026-04-02") // the fifteenth working day: still time
		check(t, w.Clocks.Tick(t.Context()))
		if c := read(t, w, "柳文书", p.ID); c.State != proposal.FeedbackOpen {
			t.Fatalf("is %s before the window ends", c.State)
		}
		w.Go("2026-04-08")
		check(t, w.Clocks.Tick(t.Context()))
		if c := read(t, w, "柳文书", p.ID); c.Satisfaction != "no_response" {
			t.Errorf("is %s, %q", c.State, c.Satisfaction)
		}
	})
}

// Many are filed at once; the numbers are gapless and none is given twice.
func TestCaseNumbersAreGapless(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const n = 12
		type job struct {
			id      string
			version int
		}
		var jobs []job
		for range n {
			p := w.Play(proposal.Submitted)
			for _, x := range [][2]string{{"柳文书", "receive"}, {"纪审言", "pass"}, {"纪审言", "pass"}} {
				check(t, do(t, w, x[0], p.ID, "proposal."+x[1], proposal.Input{}))
			}
			jobs = append(jobs, job{p.ID, read(t, w, "莫定安", p.ID).Version})
		}
		ctx := w.As("莫定安")
		var wg sync.WaitGroup
		for i, j := range jobs {
			for range 2 { // two clerks on one case
				wg.Go(func() {
					_, err := w.Proposals.Do(ctx, j.id, j.version, "file", proposal.Input{})
					if err != nil && !errs.Is(err, errs.Conflict) {
						t.Errorf("%d: %v", i, err)
					}
				})
			}
		}
		wg.Wait()
		seen := map[int]bool{}
		for _, j := range jobs {
			seen[read(t, w, "莫定安", j.id).CaseNo] = true
		}
		for i := 1; i <= n; i++ {
			if !seen[i] {
				t.Errorf("number %d is missing: %v", i, seen)
			}
		}
	})
}

// A proposer learns what was decided and why, not who judged and how well.
func TestReviewersAreNotShown(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Filed)
	c := read(t, w, "余知秋", p.ID)
	if len(c.Reviews) != 1 || c.Reviews[0].Verdict != "file" || c.Reviews[0].Reviewer != "" || c.Reviews[0].Score != 0 {
		t.Errorf("the proposer sees %+v", c.Reviews)
	}
	for _, e := range c.History {
		if e.Name == "纪审言" || e.Name == "莫定安" || e.Person == w.People["纪审言"] {
			t.Errorf("the proposer sees that %s did %s", e.Name, e.Action)
		}
	}
	if c := read(t, w, "柳文书", p.ID); len(c.Reviews) != 3 || c.Reviews[0].Score != 4 || c.Reviews[0].Reviewer == "" {
		t.Errorf("the office sees %+v", c.Reviews)
	}
}
