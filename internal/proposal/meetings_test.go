package proposal_test

import (
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/proposal"
	"shangliang/internal/publish"
)

// change saves new rules as of today.
func change(t *testing.T, w *apptest.World, changes map[string]string) {
	t.Helper()
	now, err := w.Rules.Current(w.As("柳文书"))
	check(t, err)
	_, err = w.Rules.Save(w.As("柳文书"), changes, "", "两见面一公开", now.N)
	check(t, err)
}

func talk(on calendar.Date, kind string) proposal.Input {
	return proposal.Input{Kind: kind, On: on, People: "余知秋、江承平", Summary: "通报办理结果"}
}

// A case begun under a rule of two meetings around the reply is closed only when
// both are on record; one begun before is not held up; the office may do without,
// with a reason.
func TestTwoMeetings(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		old := w.Play(proposal.FeedbackOpen)
		change(t, w, map[string]string{"proposal.meetings": "2", "proposal.meeting_after": "true"})
		p, other := w.Play(proposal.FeedbackOpen), w.Play(proposal.FeedbackOpen)
		for _, id := range []string{old.ID, p.ID, other.ID} {
			check(t, w.Proposals.Rate(w.As("余知秋"), id, apptest.Rating("satisfied")))
		}
		check(t, do(t, w, "柳文书", old.ID, "proposal.close", proposal.Input{}))

		lacks := func(id string) string {
			t.Helper()
			all, err := w.Proposals.Compliances(w.As("柳文书"), 0)
			check(t, err)
			i := slices.IndexFunc(all.All, func(c *proposal.Complying) bool { return c.ID == id })
			if i < 0 {
				return "not listed"
			}
			var missing []string
			for _, f := range all.All[i].Missing() {
				missing = append(missing, f.Msg)
			}
			return strings.Join(missing, "；")
		}
		if got := lacks(old.ID); got != "not listed" {
			t.Errorf("a case that began before: %s", got)
		}
		if got := lacks(p.ID); got != "签发答复之后还没有见面" {
			t.Errorf("lacks %q", got)
		}
		wantKind(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}), errs.Conflict)
		if c := read(t, w, "柳文书", p.ID); c.State != proposal.FeedbackOpen || c.Compliance == nil || c.Compliance.Before != 1 || c.Compliance.After != 0 {
			t.Fatalf("%s %+v", c.State, c.Compliance)
		}

		as := read(t, w, "江承平", p.ID).Current()[0].ID
		w.Go("2026-03-16")
		wantKind(t, w.Proposals.Meet(w.As("田会办"), p.ID, as, talk("2026-03-16", "visit")), errs.NotFound)
		wantKind(t, w.Proposals.Meet(w.As("余知秋"), p.ID, as, talk("2026-03-16", "visit")), errs.Forbidden)
		wantKind(t, w.Proposals.Meet(w.As("江承平"), p.ID, as, talk("2026-03-19", "visit")), errs.Invalid) // not yet
		check(t, w.Proposals.Meet(w.As("江承平"), p.ID, as, talk("2026-03-16", "phone")))                  // is no meeting
		wantKind(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}), errs.Conflict)
		check(t, w.Proposals.Meet(w.As("江承平"), p.ID, as, talk("2026-03-16", "visit")))
		if got := lacks(p.ID); got != "" {
			t.Errorf("lacks %q", got)
		}
		check(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}))
		wantKind(t, w.Proposals.Meet(w.As("江承平"), p.ID, as, talk("2026-03-16", "visit")), errs.Conflict) // closed

		wantKind(t, w.Proposals.Exempt(w.As("江承平"), other.ID, proposal.Meetings, "无法见面"), errs.Forbidden)
		wantKind(t, w.Proposals.Exempt(w.As("柳文书"), other.ID, proposal.Meetings, " "), errs.Invalid)
		wantKind(t, w.Proposals.Exempt(w.As("柳文书"), other.ID, proposal.Disclosure, "不宜公开"), errs.Conflict) // not asked for
		check(t, w.Proposals.Exempt(w.As("柳文书"), other.ID, proposal.Meetings, "提案人在外地，已书面通报"))
		check(t, do(t, w, "柳文书", other.ID, "proposal.close", proposal.Input{}))

		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{IDs: []string{"proposal.met_twice", "proposal.must_meet", "proposal.met_enough_rate"}})
		check(t, err)
		var got []string
		for _, v := range rep.Values {
			got = append(got, v.Text())
		}
		if strings.Join(got, " ") != "1 2 50%" && strings.Join(got, " ") != "1 2 50.0%" {
			t.Errorf("figures: %v", got)
		}
	})
}

// When the window for rating has passed, a case that lacks a meeting waits for
// the office instead of being closed by itself.
func TestSilenceDoesNotSkipMeetings(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	change(t, w, map[string]string{"proposal.meetings": "2"})
	p := w.Play(proposal.FeedbackOpen)
	w.Go("2026-05-06")
	check(t, w.Clocks.Tick(t.Context()))
	if c := read(t, w, "柳文书", p.ID); c.State != proposal.FeedbackOpen {
		t.Fatalf("closed by itself: %s", c.State)
	}
	as := read(t, w, "江承平", p.ID).Current()[0].ID
	check(t, w.Proposals.Meet(w.As("江承平"), p.ID, as, talk("2026-05-06", "forum")))
	check(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}))
}

// A reviewer's department, the proposer's wish and like cases of before rank
// departments, each with its reason.
func TestCandidates(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Play(proposal.Dispatched) // 水利局 has handled a case with such a title
		text := w.Text()
		text.Title = "关于再次疏浚" + w.Region + "城西排洪渠的提案"
		text.UnitsWish = []string{w.Bodies["县农业农村局"]}
		p := w.PlayText(proposal.InReview, text)
		check(t, do(t, w, "纪审言", p.ID, "proposal.pass", proposal.Input{Suggested: []string{w.Bodies["县交通运输局"]}}))
		wantKind(t, do(t, w, "纪审言", p.ID, "proposal.pass", proposal.Input{Suggested: []string{w.Bodies["经济界"]}}), errs.Invalid)
		check(t, do(t, w, "纪审言", p.ID, "proposal.pass", proposal.Input{}))
		_, err := w.Proposals.Candidates(w.As("余知秋"), []string{p.ID})
		wantKind(t, err, errs.Forbidden)
		all, err := w.Proposals.Candidates(w.As("岳交之"), []string{p.ID})
		check(t, err)
		if len(all) != 0 {
			t.Error("a case that is not filed has candidates for who sees filed ones only")
		}
		check(t, do(t, w, "莫定安", p.ID, "proposal.file", proposal.Input{}))
		all, err = w.Proposals.Candidates(w.As("岳交之"), []string{p.ID})
		check(t, err)
		names := map[string]string{}
		for name, id := range w.Bodies {
			names[id] = name
		}
		var got []string
		for _, c := range all[p.ID] {
			line := names[c.Unit]
			for _, r := range c.Reasons {
				line += " " + r.Kind
			}
			got = append(got, line)
		}
		if want := "县交通运输局 review|县水利局 likeness subject|县农业农村局 wish"; strings.Join(got, "|") != want {
			t.Errorf("got %s, want %s", strings.Join(got, "|"), want)
		}
		c := read(t, w, "余知秋", p.ID)
		for _, r := range c.Reviews {
			if len(r.Units) > 0 {
				t.Error("the proposer sees whom the reviewer would ask")
			}
		}
	})
}

// A case whose rules ask for disclosure is closed once the public can read it, or
// if its proposers did not agree to that.
func TestOneDisclosure(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	change(t, w, map[string]string{"proposal.disclosure_required": "true"})
	text := w.Text()
	text.OpenChoice, text.OpenReason = "closed", "涉及在谈项目"
	p, shut := w.Play(proposal.FeedbackOpen), w.PlayText(proposal.FeedbackOpen, text)
	for _, id := range []string{p.ID, shut.ID} {
		check(t, w.Proposals.Rate(w.As("余知秋"), id, apptest.Rating("satisfied")))
	}
	check(t, do(t, w, "柳文书", shut.ID, "proposal.close", proposal.Input{}))
	wantKind(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}), errs.Conflict)
	d, err := w.Publish.ProposeAsPlanned(w.As("柳文书"), p.ID)
	check(t, err)
	_, err = w.Publish.Do(w.As("莫定安"), p.ID, d.Version, "publish", publish.Input{})
	check(t, err)
	all, err := w.Proposals.Compliances(w.As("柳文书"), 0)
	check(t, err)
	for _, c := range all.All {
		if len(c.Missing()) != 0 {
			t.Errorf("%s lacks %v", c.ID, c.Missing())
		}
	}
	check(t, do(t, w, "柳文书", p.ID, "proposal.close", proposal.Input{}))
}
