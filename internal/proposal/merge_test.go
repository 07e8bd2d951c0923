package proposal_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
	"shangliang/internal/search"
)

// by hands in a text of one's own and brings it before the chair.
func by(t *testing.T, w *apptest.World, who string, text proposal.Text) *proposal.Proposal {
	t.Helper()
	p, err := w.Proposals.Create(w.As(who), text)
	check(t, err)
	for _, x := range [][2]string{{who, "submit"}, {"柳文书", "receive"}, {"纪审言", "pass"}, {"纪审言", "pass"}} {
		check(t, do(t, w, x[0], p.ID, "proposal."+x[1], proposal.Input{}))
	}
	return read(t, w, "柳文书", p.ID).Proposal
}

// answer lets the department answer a case that was filed.
func answer(t *testing.T, w *apptest.World, id string) {
	t.Helper()
	check(t, do(t, w, "岳交之", id, "proposal.dispatch", proposal.Input{Units: []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Sole}}}))
	check(t, do(t, w, "水清源", id, "assignment.sign", proposal.Input{}))
	check(t, do(t, w, "江承平", id, "assignment.contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋", Summary: "看了渠段"}))
	check(t, do(t, w, "江承平", id, "assignment.draft", proposal.Input{Body: "现答复如下", DocNo: "临水提1号", Outcome: "a", Disclosure: "full", ContactName: "江承平", ContactPhone: "12345"}))
	check(t, do(t, w, "汪签远", id, "assignment.sign_off", proposal.Input{}))
	check(t, do(t, w, "柳文书", id, "assignment.check", proposal.Input{}))
}

// told are the kinds of notice that somebody got about a case.
func told(t *testing.T, w *apptest.World, who, id string) (kinds []string) {
	t.Helper()
	check(t, w.DB.Read(w.As(who), func(tx *db.Tx) (err error) {
		kinds, err = db.Column[string](tx, `SELECT kind FROM notice WHERE tenant = $1 AND person = $2 AND object_id = $3 ORDER BY id`, w.Tenant, w.People[who], id)
		return err
	}))
	return kinds
}

// Two proposals on one matter are handled as one: both proposers get the reply
// and rate it, each for themself; the originals stay; the figures count each once.
func TestMerge(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		lead, second := by(t, w, "余知秋", w.Text()), by(t, w, "凌若谷", w.Text())
		merge := func(who, id, into string) error {
			return do(t, w, who, id, "proposal.merge", proposal.Input{Into: into, Reason: "同一渠段"})
		}
		wantKind(t, merge("纪审言", second.ID, lead.ID), errs.Forbidden)
		wantKind(t, merge("莫定安", second.ID, second.ID), errs.Invalid)
		wantKind(t, merge("莫定安", second.ID, "nothing"), errs.Invalid)
		_, err := w.Proposals.Get(w.As("凌若谷"), lead.ID)
		wantKind(t, err, errs.NotFound)
		check(t, merge("莫定安", second.ID, lead.ID))
		wantKind(t, merge("莫定安", lead.ID, second.ID), errs.Conflict) // it leads
		third := by(t, w, "𠮷野川", w.Text())
		wantKind(t, merge("莫定安", third.ID, second.ID), errs.Invalid) // it follows itself

		c := read(t, w, "凌若谷", second.ID)
		if c.State != proposal.Merged || c.Leading == nil || c.Leading.ID != lead.ID || c.Title != second.Title {
			t.Errorf("merged it is %s, after %+v", c.State, c.Leading)
		}
		if c := read(t, w, "凌若谷", lead.ID); len(c.Merged) != 1 || c.Merged[0].Lead != w.People["凌若谷"] {
			t.Errorf("the lead has %+v", c.Merged)
		}
		if got := told(t, w, "凌若谷", second.ID); !slices.Contains(got, "proposal.merge") {
			t.Errorf("the second proposer is told %v", got)
		}
		if got := told(t, w, "余知秋", second.ID); !slices.Contains(got, "proposal.merge_lead") {
			t.Errorf("the first proposer is told %v", got)
		}

		check(t, do(t, w, "莫定安", lead.ID, "proposal.file", proposal.Input{}))
		answer(t, w, lead.ID)
		if c := read(t, w, "江承平", second.ID); c.Title == "" { // the department answers both and reads both
			t.Error("no title")
		}
		found := func(who string) (n int) {
			check(t, w.DB.Read(w.As(who), func(tx *db.Tx) error {
				u := "u:" + w.Bodies["县水利局"]
				res, err := search.Find(tx, search.Query{Tenant: w.Tenant, Text: "排洪渠", Audience: []string{u}})
				n = len(res.Hits)
				return err
			}))
			return n
		}
		if n := found("江承平"); n != 2 {
			t.Errorf("the department finds %d of the two", n)
		}
		if got := told(t, w, "凌若谷", lead.ID); !slices.Contains(got, "proposal.merged_reply") || !slices.Contains(got, "proposal.merged_feedback") {
			t.Errorf("the second proposer is told %v", got)
		}
		wantKind(t, do(t, w, "莫定安", second.ID, "proposal.unmerge", proposal.Input{Reason: "另办"}), errs.Conflict)

		queue, err := w.Proposals.List(w.As("凌若谷"), proposal.Filter{Queue: "to_rate"})
		check(t, err)
		if len(queue.Items) != 1 || queue.Items[0].ID != lead.ID {
			t.Errorf("to rate: %+v", queue.Items)
		}
		wantKind(t, w.Proposals.Rate(w.As("𠮷野川"), lead.ID, apptest.Rating("satisfied")), errs.NotFound)
		check(t, w.Proposals.Rate(w.As("余知秋"), lead.ID, apptest.Rating("satisfied")))
		wantKind(t, do(t, w, "柳文书", lead.ID, "proposal.close", proposal.Input{}), errs.Conflict) // one has not rated
		check(t, w.Proposals.Rate(w.As("凌若谷"), lead.ID, apptest.Rating("basically")))
		c = read(t, w, "凌若谷", lead.ID)
		if len(c.Feedback) != 1 || c.Feedback[0].Person != w.People["凌若谷"] {
			t.Errorf("sees the ratings %+v", c.Feedback)
		}
		check(t, do(t, w, "柳文书", lead.ID, "proposal.close", proposal.Input{}))
		if c := read(t, w, "柳文书", lead.ID); c.Satisfaction != "basically" {
			t.Errorf("counts as %q", c.Satisfaction)
		}
		if c := read(t, w, "江承平", lead.ID); !c.Ratings.Visible || c.Ratings.Count != 2 || len(c.Feedback) != 0 {
			t.Errorf("the department sees %+v", c.Ratings)
		}
		counted(t, w, map[string]int{"submitted": 3, "filed": 1, "merged": 1, "pending": 1, "rated": 1, "withdrawn": 0})
	})
}

// A case that is merged after the reply: its proposer gets the reply that there is
// and rates it within a period of their own; the case is closed when that is over
// too, and not before. Who was a rater already is asked nothing anew.
func TestMergeAfterReply(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		lead, second, own := by(t, w, "余知秋", w.Text()), by(t, w, "凌若谷", w.Text()), by(t, w, "余知秋", w.Text())
		check(t, do(t, w, "莫定安", lead.ID, "proposal.file", proposal.Input{}))
		answer(t, w, lead.ID)
		windows := func() (due []string) {
			for _, k := range read(t, w, "柳文书", lead.ID).Clocks {
				if k.Kind == "feedback.window" && k.State == "running" {
					due = append(due, string(k.DueOn))
				}
			}
			return due
		}
		first := windows()
		if len(first) != 1 {
			t.Fatalf("windows %v", first)
		}
		merge := func(id string) error {
			return do(t, w, "莫定安", id, "proposal.merge", proposal.Input{Into: lead.ID, Reason: "同一渠段"})
		}
		w.Go("2026-03-24")
		check(t, merge(own.ID))
		if got := windows(); !slices.Equal(got, first) {
			t.Errorf("the same proposer's case moved the windows to %v", got)
		}
		check(t, merge(second.ID))
		both := windows()
		if len(both) != 2 || both[1] <= first[0] {
			t.Fatalf("windows %v after %v", both, first)
		}
		got := told(t, w, "凌若谷", lead.ID)
		if !slices.Equal(got, []string{"proposal.merged_reply", "proposal.merged_feedback"}) {
			t.Errorf("the proposer who came later is told %v", got)
		}
		if c := read(t, w, "凌若谷", lead.ID); len(c.Replies) != 1 || c.Replies[0].State != "delivered" {
			t.Errorf("reads the replies %+v", c.Replies)
		}
		wantKind(t, do(t, w, "莫定安", second.ID, "proposal.unmerge", proposal.Input{Reason: "另办"}), errs.Conflict)
		check(t, w.Proposals.Rate(w.As("余知秋"), lead.ID, apptest.Rating("satisfied")))

		// The first window ends: the case waits for the second, by hand and by itself.
		w.Go(calendar.Date(first[0]).AddDays(1))
		check(t, w.Clocks.Tick(t.Context()))
		if c := read(t, w, "柳文书", lead.ID); c.State != proposal.FeedbackOpen {
			t.Fatalf("after the first window it is %s", c.State)
		}
		wantKind(t, do(t, w, "柳文书", lead.ID, "proposal.close", proposal.Input{}), errs.Conflict)
		third := by(t, w, "𠮷野川", w.Text())
		w.Go(calendar.Date(both[1]).AddDays(1))
		check(t, w.Clocks.Tick(t.Context()))
		c := read(t, w, "柳文书", lead.ID)
		if c.State != proposal.Closed || c.Satisfaction != "satisfied" || len(c.Unrated()) != 1 {
			t.Errorf("silence made it %s, %s, %d unrated", c.State, c.Satisfaction, len(c.Unrated()))
		}
		if got := windows(); len(got) != 0 {
			t.Errorf("windows %v run on", got)
		}
		wantKind(t, merge(third.ID), errs.Invalid) // closed
		sealed(t, w)
	})
}

// A case of which one department has answered and another has not takes others in:
// they get the reply that there is now, the other one later, and rate both.
func TestMergeAfterOneReply(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	lead, second := by(t, w, "余知秋", w.Text()), by(t, w, "凌若谷", w.Text())
	check(t, do(t, w, "莫定安", lead.ID, "proposal.file", proposal.Input{}))
	check(t, do(t, w, "岳交之", lead.ID, "proposal.dispatch", proposal.Input{Units: []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Split}, {Unit: w.Bodies["县农业农村局"], Role: proposal.Split}}}))
	reply := func(unit, sign, draft, approve string) {
		check(t, do(t, w, sign, lead.ID, unit+".sign", proposal.Input{}))
		check(t, do(t, w, draft, lead.ID, unit+".contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋", Summary: "看了渠段"}))
		check(t, do(t, w, draft, lead.ID, unit+".draft", proposal.Input{Body: "现答复如下", DocNo: "1号", Outcome: "a", Disclosure: "full", ContactName: "江承平", ContactPhone: "12345"}))
		check(t, do(t, w, approve, lead.ID, unit+".sign_off", proposal.Input{}))
		check(t, do(t, w, "柳文书", lead.ID, unit+".check", proposal.Input{}))
	}
	reply("县水利局", "水清源", "江承平", "汪签远")
	check(t, do(t, w, "莫定安", second.ID, "proposal.merge", proposal.Input{Into: lead.ID, Reason: "同一渠段"}))
	if got := told(t, w, "凌若谷", lead.ID); !slices.Equal(got, []string{"proposal.merged_reply"}) {
		t.Errorf("is told %v", got)
	}
	reply("县农业农村局", "田会办", "田会办", "田会办")
	if got := told(t, w, "凌若谷", lead.ID); !slices.Equal(got, []string{"proposal.merged_reply", "proposal.merged_reply", "proposal.merged_feedback"}) {
		t.Errorf("is told %v", got)
	}
	check(t, w.Proposals.Rate(w.As("凌若谷"), lead.ID, apptest.Rating("satisfied")))
}

// counted compares figures of this year; each is the sum of its records.
func counted(t *testing.T, w *apptest.World, want map[string]int) {
	t.Helper()
	ctx := w.As("柳文书")
	for id, n := range want {
		got, err := w.Figures.Records(ctx, "proposal."+id, figure.Request{Year: 2026})
		check(t, err)
		if len(got.Records) != n {
			t.Errorf("%s: %d records, want %d", id, len(got.Records), n)
		}
	}
}

// A merger is undone, and ends by itself when the lead will not be handled.
func TestUnmerge(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		lead, second, third := by(t, w, "余知秋", w.Text()), by(t, w, "凌若谷", w.Text()), by(t, w, "𠮷野川", w.Text())
		check(t, do(t, w, "莫定安", third.ID, "proposal.file", proposal.Input{}))
		third = read(t, w, "莫定安", third.ID).Proposal
		chair := w.As("莫定安")
		check(t, w.Proposals.Merge(chair, lead.ID, []proposal.Chosen{{ID: lead.ID, Version: lead.Version}, {ID: second.ID, Version: second.Version}, {ID: third.ID, Version: third.Version}}, "同一渠段"))
		counted(t, w, map[string]int{"submitted": 3, "filed": 0, "merged": 2, "pending": 1})
		wantKind(t, w.Proposals.Merge(chair, lead.ID, []proposal.Chosen{{ID: second.ID, Version: 1}}, "再来"), errs.Conflict)
		wantKind(t, w.Proposals.Merge(chair, lead.ID, nil, "没有"), errs.Invalid)
		check(t, do(t, w, "莫定安", second.ID, "proposal.unmerge", proposal.Input{Reason: "不是一回事"}))
		if c := read(t, w, "凌若谷", second.ID); c.State != proposal.InReview || c.Leading != nil {
			t.Errorf("is %s", c.State)
		}
		_, err := w.Proposals.Get(w.As("凌若谷"), lead.ID)
		wantKind(t, err, errs.NotFound)
		check(t, do(t, w, "莫定安", lead.ID, "proposal.decline", proposal.Input{Code: "vague", Disposition: "letter", Reason: "空泛"}))
		c := read(t, w, "莫定安", third.ID)
		if c.State != proposal.InReview || c.MergedInto != "" || c.CaseNo != third.CaseNo {
			t.Errorf("after the lead was declined it is %s with number %d", c.State, c.CaseNo)
		}
		check(t, do(t, w, "莫定安", third.ID, "proposal.file", proposal.Input{}))
		if c := read(t, w, "莫定安", third.ID); c.CaseNo != third.CaseNo {
			t.Errorf("filed again it has the number %d", c.CaseNo)
		}
		counted(t, w, map[string]int{"submitted": 3, "filed": 1, "merged": 0, "declined": 1, "pending": 1})
	})
}

// What could be merged is suggested: of this session, not closed, the one that
// has come furthest to lead; nothing of a case that was merged already.
func TestMergeGroups(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		one, two := by(t, w, "余知秋", long(1)), by(t, w, "凌若谷", long(1))
		by(t, w, "𠮷野川", long(2))
		check(t, do(t, w, "莫定安", two.ID, "proposal.file", proposal.Input{}))
		_, err := w.Proposals.MergeGroups(w.As("柳文书"))
		wantKind(t, err, errs.Forbidden)
		groups, err := w.Proposals.MergeGroups(w.As("莫定安"))
		check(t, err)
		if len(groups) != 1 || len(groups[0].Cases) != 2 || groups[0].Cases[0].ID != two.ID || groups[0].Cases[1].ID != one.ID || groups[0].Likeness < 0.9 {
			t.Fatalf("suggested: %+v", groups)
		}
		leads, err := w.Proposals.Leads(w.As("莫定安"), one.ID, "")
		check(t, err)
		if len(leads) != 2 || leads[0].ID != two.ID {
			t.Errorf("leads: %+v", leads)
		}
		if leads, err = w.Proposals.Leads(w.As("莫定安"), one.ID, "1"); err != nil || !slices.ContainsFunc(leads, func(m *proposal.MergeCase) bool { return m.ID == two.ID }) {
			t.Errorf("by its number: %+v %v", leads, err)
		}
		check(t, do(t, w, "莫定安", one.ID, "proposal.merge", proposal.Input{Into: two.ID, Reason: "同一件事"}))
		if groups, err = w.Proposals.MergeGroups(w.As("莫定安")); err != nil || len(groups) != 0 {
			t.Errorf("after merging: %+v %v", groups, err)
		}
	})
}

// Nobody withdraws by themself what the office works on: they ask, the chair
// agrees, the departments are told, what was merged into it is judged by itself.
func TestWithdrawalAfterSubmission(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := w.Text()
		text.Kind, text.Cosigners = proposal.Joint, []string{w.People["𠮷野川"]}
		p := w.PlayText(proposal.Handling, text)
		other := by(t, w, "凌若谷", w.Text())
		check(t, do(t, w, "莫定安", other.ID, "proposal.merge", proposal.Input{Into: p.ID, Reason: "同一渠段"}))
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.withdraw", proposal.Input{Reason: "不提了"}), errs.Conflict)
		wantKind(t, do(t, w, "𠮷野川", p.ID, "proposal.ask_withdrawal", proposal.Input{Reason: "不提了"}), errs.Forbidden)
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.ask_withdrawal", proposal.Input{}), errs.Invalid)
		check(t, do(t, w, "余知秋", p.ID, "proposal.ask_withdrawal", proposal.Input{Reason: "已经解决"}))
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.ask_withdrawal", proposal.Input{Reason: "再说一遍"}), errs.Conflict)
		if c := read(t, w, "江承平", p.ID); len(c.Changes) != 0 || slices.ContainsFunc(c.History, hasAction("proposal.ask_withdrawal")) {
			t.Error("the department learns of what is only asked")
		}
		if got := told(t, w, "𠮷野川", p.ID); !slices.Contains(got, "proposal.told_withdrawal") {
			t.Errorf("the co-signer is told %v", got)
		}
		queue, err := w.Proposals.List(w.As("莫定安"), proposal.Filter{Queue: "changes"})
		check(t, err)
		if len(queue.Items) != 1 {
			t.Errorf("%d wait for the chair", len(queue.Items))
		}
		check(t, do(t, w, "莫定安", p.ID, "proposal.refuse_change", proposal.Input{Reason: "承办单位已在办理"}))
		check(t, do(t, w, "余知秋", p.ID, "proposal.ask_withdrawal", proposal.Input{Reason: "确实已经解决"}))
		check(t, do(t, w, "余知秋", p.ID, "proposal.take_back", proposal.Input{}))
		check(t, do(t, w, "余知秋", p.ID, "proposal.ask_withdrawal", proposal.Input{Reason: "还是撤"}))
		check(t, do(t, w, "莫定安", p.ID, "proposal.grant_withdrawal", proposal.Input{}))
		c := read(t, w, "余知秋", p.ID)
		if c.State != proposal.Withdrawn || c.DueOn != "" || len(c.Current()) != 0 {
			t.Errorf("is %s, due %s, with %d departments", c.State, c.DueOn, len(c.Current()))
		}
		states := ""
		for _, x := range c.Changes {
			states += " " + x.State
		}
		if states != " refused taken_back granted" {
			t.Errorf("the requests are%s", states)
		}
		for _, k := range c.Clocks {
			if k.State == "running" {
				t.Errorf("the clock %s runs on", k.Kind)
			}
		}
		if got := told(t, w, "江承平", p.ID); !slices.Contains(got, "proposal.withdrawn_unit") {
			t.Errorf("the department is told %v", got)
		}
		if c := read(t, w, "凌若谷", other.ID); c.State != proposal.InReview {
			t.Errorf("what was merged into it is %s", c.State)
		}
		counted(t, w, map[string]int{"submitted": 2, "withdrawn": 1, "filed": 0, "merged": 0, "dispatched": 0})

		answered := w.Play(proposal.FeedbackOpen)
		wantKind(t, do(t, w, "余知秋", answered.ID, "proposal.ask_withdrawal", proposal.Input{Reason: "晚了"}), errs.Conflict)
	})
}

// A change of a filed text is approved and becomes the next revision; the
// department is told and can compare.
func TestChangeAfterFiling(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		in := proposal.Input{Title: p.Title, Situation: p.Situation, Analysis: p.Analysis, Suggestions: p.Suggestions, Reason: "数字有误"}
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.ask_change", in), errs.Invalid) // nothing changed
		in.Suggestions = ""
		wantKind(t, do(t, w, "余知秋", p.ID, "proposal.ask_change", in), errs.Invalid)
		in.Suggestions = strings.Replace(p.Suggestions, "汛前", "五月底前", 1)
		check(t, do(t, w, "余知秋", p.ID, "proposal.ask_change", in))
		c := read(t, w, "莫定安", p.ID)
		diff := c.Asked().Against(c.Proposal)
		if c.Suggestions != p.Suggestions || len(diff) != 1 || diff[0].Part != "suggestions" {
			t.Fatalf("asked for: %+v", diff)
		}
		wantKind(t, do(t, w, "纪审言", p.ID, "proposal.grant_change", proposal.Input{}), errs.Forbidden)
		check(t, do(t, w, "莫定安", p.ID, "proposal.grant_change", proposal.Input{}))
		c = read(t, w, "江承平", p.ID)
		if c.Suggestions != in.Suggestions || c.Revision != p.Revision+1 || c.State != proposal.Handling {
			t.Errorf("is revision %d: %s", c.Revision, c.Suggestions)
		}
		if got := told(t, w, "江承平", p.ID); !slices.Contains(got, "proposal.changed_unit") {
			t.Errorf("the department is told %v", got)
		}
		_, all, err := w.Proposals.Revisions(w.As("江承平"), p.ID)
		check(t, err)
		if len(all) != 2 || all[0].Suggestions != p.Suggestions || all[1].Suggestions != in.Suggestions || all[1].Person != "余知秋" {
			t.Errorf("revisions: %+v", all)
		}
		_, _, err = w.Proposals.Revisions(w.As("凌若谷"), p.ID)
		wantKind(t, err, errs.NotFound)
		// The reply overtakes what is still asked for.
		in.Suggestions += "四、公布进度。"
		check(t, do(t, w, "余知秋", p.ID, "proposal.ask_change", in))
		check(t, do(t, w, "江承平", p.ID, "assignment.contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋", Summary: "看了渠段"}))
		check(t, do(t, w, "江承平", p.ID, "assignment.draft", proposal.Input{Body: "现答复如下", DocNo: "临水提1号", Outcome: "a", Disclosure: "full", ContactName: "江承平", ContactPhone: "12345"}))
		check(t, do(t, w, "汪签远", p.ID, "assignment.sign_off", proposal.Input{}))
		check(t, do(t, w, "柳文书", p.ID, "assignment.check", proposal.Input{}))
		c = read(t, w, "余知秋", p.ID)
		if last := c.Changes[len(c.Changes)-1]; c.State != proposal.FeedbackOpen || last.State != "lapsed" {
			t.Errorf("is %s, the request %s", c.State, last.State)
		}
	})
}

// Sending the same again merges nothing twice.
func TestMergeReplayed(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	lead, second := by(t, w, "余知秋", w.Text()), by(t, w, "凌若谷", w.Text())
	ctx := withKey(w.As("莫定安"), "merge-1")
	for range 2 {
		check(t, w.Proposals.Merge(ctx, lead.ID, []proposal.Chosen{{ID: second.ID, Version: second.Version}}, "同一渠段"))
	}
	if c := read(t, w, "莫定安", second.ID); c.Version != second.Version+1 {
		t.Errorf("is version %d", c.Version)
	}
}

func withKey(ctx context.Context, key string) context.Context {
	return actor.WithRequest(ctx, actor.Request{Key: key, Hash: key})
}

func hasAction(action string) func(*ledger.Entry) bool {
	return func(e *ledger.Entry) bool { return e.Action == action }
}
