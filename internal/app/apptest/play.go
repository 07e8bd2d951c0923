package apptest

import (
	"slices"

	"shangliang/internal/proposal"
)

// Text is a proposal that could be handed in.
func (w *World) Text() proposal.Text {
	return proposal.Text{Kind: proposal.Individual, Title: "关于疏浚" + w.Region + "城西排洪渠的提案", Situation: "城西排洪渠多年未清淤，去年汛期两次漫堤。",
		Analysis: "渠道由三个单位分段管护，责任不清，经费没有着落。", Suggestions: "一、明确由县水利局统一管护；二、汛前完成清淤；三、沿渠设警示水位。",
		Subject: "society", Researched: true, SelfWritten: true, OpenChoice: "open"}
}

// Play carries a case along its main path up to the first step that leads to a state.
func (w *World) Play(until string) *proposal.Proposal {
	w.T.Helper()
	return w.PlayText(until, w.Text())
}

// PlayText is Play with a text of one's own; those asked to co-sign do.
func (w *World) PlayText(until string, text proposal.Text) *proposal.Proposal {
	w.T.Helper()
	p, err := w.Proposals.Create(w.As("余知秋"), text)
	w.must(err)
	do := func(who, action string, in proposal.Input) {
		w.T.Helper()
		p, err = w.Proposals.Do(w.As(who), p.ID, p.Version, action, in)
		w.must(err)
	}
	assignment := func(who, action string, in proposal.Input) {
		w.T.Helper()
		c, err := w.Proposals.Get(w.As(who), p.ID)
		w.must(err)
		as := c.Current()[0]
		_, err = w.Proposals.DoAssignment(w.As(who), p.ID, as.ID, as.Version, action, in)
		w.must(err)
		c, err = w.Proposals.Get(w.As("柳文书"), p.ID)
		w.must(err)
		p = c.Proposal
	}
	steps := []struct {
		state string
		act   func()
	}{
		{proposal.Submitted, func() {
			if text.Kind != proposal.Joint {
				do("余知秋", "submit", proposal.Input{})
				return
			}
			do("余知秋", "invite", proposal.Input{})
			for name, id := range w.People {
				if slices.Contains(text.Cosigners, id) {
					_, err := w.Proposals.Cosign(w.As(name), p.ID, true)
					w.must(err)
				}
			}
			do("余知秋", "submit_joint", proposal.Input{})
		}},
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
			w.must(w.Proposals.Rate(w.As("余知秋"), p.ID, Rating("satisfied")))
			c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
			w.must(err)
			p = c.Proposal
		}},
		{proposal.FollowingUp, func() { do("柳文书", "close", proposal.Input{}) }},
	}
	reached := p.State == until
	for _, s := range steps {
		if reached {
			break
		}
		s.act()
		if p.State != s.state {
			w.T.Fatalf("is %s, want %s", p.State, s.state)
		}
		reached = s.state == until
	}
	return p
}

// Rating is a whole rating with a level.
func Rating(overall string) proposal.Rating {
	return proposal.Rating{Overall: overall, Contacted: true, Comment: "还应抓紧",
		Scores: map[string]string{"attitude": "satisfied", "contact": "satisfied", "pertinence": "basically", "result": overall}}
}
