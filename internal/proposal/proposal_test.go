package proposal_test

import (
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

// text is a proposal that could be handed in.
func text() proposal.Text {
	return proposal.Text{Kind: proposal.Individual, Title: "关于疏浚城西排洪渠的提案", Situation: "城西排洪渠多年未清淤，去年汛期两次漫堤。",
		Analysis: "渠道由三个单位分段管护，责任不清，经费没有着落。", Suggestions: "一、明确由县水利局统一管护；二、汛前完成清淤；三、沿渠设警示水位。",
		Subject: "society", Researched: true, SelfWritten: true, OpenChoice: "open"}
}

// play carries a case along its main path up to a state.
func play(t *testing.T, w *apptest.World, until string) *proposal.Proposal {
	t.Helper()
	p, err := w.Proposals.Create(w.As("余知秋"), text())
	check(t, err)
	do := func(who, action string, in proposal.Input) {
		t.Helper()
		p, err = w.Proposals.Do(w.As(who), p.ID, p.Version, action, in)
		check(t, err)
	}
	assignment := func(who, action string, in proposal.Input) {
		t.Helper()
		c, err := w.Proposals.Get(w.As(who), p.ID)
		check(t, err)
		as := c.Current()[0]
		_, err = w.Proposals.DoAssignment(w.As(who), p.ID, as.ID, as.Version, action, in)
		check(t, err)
		c, err = w.Proposals.Get(w.As("柳文书"), p.ID)
		check(t, err)
		p = c.Proposal
	}
	steps := []struct {
		state string
		act   func()
	}{
		{proposal.Submitted, func() { do("余知秋", "submit", proposal.Input{}) }},
		{proposal.InReview, func() { do("柳文书", "receive", proposal.Input{}) }},
		{proposal.InReview, func() { do("纪审言", "pass", proposal.Input{Score: 4}) }},
		{proposal.InReview, func() { do("纪审言", "pass", proposal.Input{}) }},
		{proposal.Filed, func() { do("莫定安", "file", proposal.Input{}) }},
		{proposal.Dispatched, func() {
			do("岳交之", "dispatch", proposal.Input{Units: []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Sole}}})
		}},
		{proposal.Handling, func() { assignment("水清源", "sign", proposal.Input{}) }},
		{proposal.Handling, func() {
			assignment("江承平", "contact", proposal.Input{Kind: "consult_in_person", On: "2026-03-12", People: "余知秋、江承平", Summary: "实地看了渠段"})
		}},
		{proposal.Handling, func() {
			assignment("江承平", "draft", proposal.Input{Body: "您的提案收悉。现答复如下……", DocNo: "临水提〔2026〕1号", Outcome: "b", Disclosure: "full",
				ContactName: "江承平", ContactPhone: "0000-1234567", Promises: []proposal.Promise{{Text: "汛前完成清淤", DueOn: "2026-05-31"}}})
		}},
		{proposal.Handling, func() { assignment("汪签远", "sign_off", proposal.Input{}) }},
		{proposal.FeedbackOpen, func() { assignment("柳文书", "check", proposal.Input{}) }},
		{proposal.FeedbackOpen, func() {
			check(t, w.Proposals.Rate(w.As("余知秋"), p.ID, rating("satisfied")))
			c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
			check(t, err)
			p = c.Proposal
		}},
		{proposal.FollowingUp, func() { do("柳文书", "close", proposal.Input{}) }},
	}
	reached := p.State == until
	for _, s := range steps {
		if reached && s.state != until {
			break
		}
		s.act()
		if p.State != s.state {
			t.Fatalf("is %s, want %s", p.State, s.state)
		}
		reached = s.state == until
	}
	return p
}

func rating(overall string) proposal.Rating {
	return proposal.Rating{Overall: overall, Contacted: true, Comment: "还应抓紧",
		Scores: map[string]string{"attitude": "satisfied", "contact": "satisfied", "pertinence": "basically", "result": overall}}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t *testing.T, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Errorf("got %v, want %s", err, k)
	}
}

func TestMainPath(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := play(t, w, proposal.FollowingUp)
		if p.SerialNo != 1 || p.CaseNo != 1 || p.Meaning != "in_progress" || p.Satisfaction != "satisfied" {
			t.Errorf("got %+v", p)
		}
		c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
		check(t, err)
		if len(c.Commitments) != 1 || c.Commitments[0].State != "open" {
			t.Fatalf("commitments: %+v", c.Commitments)
		}
		x := c.Commitments[0]
		_, err = w.Proposals.Do(w.As("柳文书"), p.ID, p.Version, "archive", proposal.Input{})
		wantKind(t, err, errs.Conflict) // the promise is not kept yet
		check(t, w.Proposals.ReportCommitment(w.As("江承平"), p.ID, x.ID, x.Version, "5月20日完成清淤3.2公里"))
		check(t, w.Proposals.DecideCommitment(w.As("柳文书"), p.ID, x.ID, x.Version+1, true, ""))
		p, err = w.Proposals.Do(w.As("柳文书"), p.ID, p.Version, "archive", proposal.Input{})
		check(t, err)
		if p.State != proposal.Archived {
			t.Errorf("is %s", p.State)
		}
	})
}
