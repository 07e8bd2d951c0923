package award_test

import (
	"context"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/award"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/flow/flowtest"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
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

func read(t testing.TB, w *apptest.World, who, id string) *award.View {
	t.Helper()
	v, err := w.Awards.Get(w.As(who), id)
	check(t, err)
	return v
}

func do(t testing.TB, w *apptest.World, who, id, action string, in award.Input) error {
	t.Helper()
	_, err := w.Awards.Do(w.As(who), id, read(t, w, "柳文书", id).Version, action, in)
	return err
}

// seat gives people a seat for the term.
func seat(t testing.TB, w *apptest.World, kind string, names ...string) {
	t.Helper()
	ctx := actor.With(context.Background(), actor.System(w.Tenant))
	for _, name := range names {
		check(t, w.DB.Write(ctx, func(tx *db.Tx) error {
			term, err := org.CurrentTerm(tx, w.Tenant)
			if err != nil {
				return err
			}
			_, err = w.Org.AddSeat(tx.Context(), org.Seat{Person: w.People[name], Term: term.ID, Kind: kind})
			return err
		}))
	}
}

// begin calls an award and brings it to voting with some closed proposals.
func begin(t testing.TB, w *apptest.World, places, n int) (id string, proposals []string) {
	t.Helper()
	for range n {
		proposals = append(proposals, w.Play(proposal.FollowingUp).ID)
	}
	id, err := w.Awards.Call(w.As("柳文书"), "2026年度好提案", 2026, places, "2026-03-20")
	check(t, err)
	for _, p := range proposals {
		check(t, w.Awards.Nominate(w.As("余知秋"), id, p, "选题准，见实效"))
	}
	check(t, do(t, w, "柳文书", id, "close", award.Input{}))
	check(t, w.Awards.Choose(w.As("柳文书"), id, read(t, w, "柳文书", id).Version, proposals))
	check(t, do(t, w, "柳文书", id, "open", award.Input{Voters: award.AllMembers}))
	return id, proposals
}

func TestAward(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		seat(t, w, org.Member, "余知秋", "𠮷野川", "凌若谷")
		a, b := w.Play(proposal.FollowingUp), w.Play(proposal.FollowingUp)
		open := w.Play(proposal.Handling)
		_, err := w.Awards.Call(w.As("余知秋"), "好提案", 2026, 1, "2026-03-20")
		wantKind(t, err, errs.Forbidden)
		_, err = w.Awards.Call(w.As("柳文书"), "好提案", 1990, 0, "2026-03-01")
		wantKind(t, err, errs.Invalid)
		id, err := w.Awards.Call(w.As("柳文书"), "2026年度好提案", 2026, 1, "2026-03-20")
		check(t, err)

		// Members nominate what they can see, departments what they handled.
		check(t, w.Awards.Nominate(w.As("余知秋"), id, a.ID, "选题准"))
		wantKind(t, w.Awards.Nominate(w.As("余知秋"), id, a.ID, "再提"), errs.Conflict)
		wantKind(t, w.Awards.Nominate(w.As("余知秋"), id, open.ID, "还在办"), errs.Conflict)
		wantKind(t, w.Awards.Nominate(w.As("凌若谷"), id, a.ID, "别人的"), errs.NotFound)
		wantKind(t, w.Awards.Nominate(w.As("余知秋"), id, b.ID, ""), errs.Invalid)
		check(t, w.Awards.Nominate(w.As("江承平"), id, b.ID, "建议实"))
		wantKind(t, w.Awards.Nominate(w.As("田会办"), id, b.ID, "没有办过"), errs.NotFound)
		if v := read(t, w, "江承平", id); len(v.Candidates) != 1 || v.Candidates[0].Proposal != b.ID {
			t.Errorf("a department sees %d nominations", len(v.Candidates))
		}
		check(t, do(t, w, "柳文书", id, "close", award.Input{}))
		wantKind(t, w.Awards.Nominate(w.As("纪审言"), id, b.ID, "晚了"), errs.Conflict)
		wantKind(t, do(t, w, "柳文书", id, "open", award.Input{Voters: award.AllMembers}), errs.Conflict) // nothing shortlisted
		check(t, w.Awards.Choose(w.As("柳文书"), id, read(t, w, "柳文书", id).Version, []string{a.ID, b.ID}))
		wantKind(t, do(t, w, "柳文书", id, "open", award.Input{Voters: award.StandingMembers}), errs.Invalid) // nobody on the list
		check(t, do(t, w, "柳文书", id, "open", award.Input{Voters: award.AllMembers}))

		wantKind(t, w.Awards.Vote(w.As("余知秋"), id, []string{a.ID, b.ID}), errs.Invalid) // more than places
		wantKind(t, w.Awards.Vote(w.As("余知秋"), id, []string{open.ID}), errs.Invalid)
		wantKind(t, w.Awards.Vote(w.As("高望舒"), id, []string{a.ID}), errs.Forbidden) // not on the list
		check(t, w.Awards.Vote(w.As("余知秋"), id, []string{a.ID}))
		wantKind(t, w.Awards.Vote(w.As("余知秋"), id, []string{b.ID}), errs.Conflict)
		if v := read(t, w, "余知秋", id); !v.Voted || v.Candidates[0].Votes != 0 {
			t.Errorf("before the count: voted %v, votes %d", v.Voted, v.Candidates[0].Votes)
		}
		if v := read(t, w, "柳文书", id); v.Ballots != 1 || strings.Join(v.Missing, "") == "" {
			t.Errorf("%d ballots, missing %v", v.Ballots, v.Missing)
		}
		// One of three is no quorum: void, and done again.
		check(t, do(t, w, "柳文书", id, "count", award.Input{}))
		if v := read(t, w, "柳文书", id); v.State != award.Void || v.VoidReason != award.NoQuorum {
			t.Fatalf("%s %s", v.State, v.VoidReason)
		}
		check(t, do(t, w, "柳文书", id, "open", award.Input{Voters: award.AllMembers}))
		check(t, w.Awards.Vote(w.As("余知秋"), id, []string{a.ID}))
		// More paper ballots back than were given out: void.
		wantKind(t, do(t, w, "柳文书", id, "count", award.Input{Paper: award.Paper{Issued: 3, Collected: 3}}), errs.Invalid) // only two have not voted
		wantKind(t, do(t, w, "柳文书", id, "count", award.Input{Paper: award.Paper{Issued: 2, Collected: 1, Votes: map[string]int{a.ID: 2}}}), errs.Invalid)
		check(t, do(t, w, "柳文书", id, "count", award.Input{Paper: award.Paper{Issued: 1, Collected: 2, Votes: map[string]int{a.ID: 2}}}))
		if v := read(t, w, "柳文书", id); v.State != award.Void || v.VoidReason != award.Surplus {
			t.Fatalf("%s %s", v.State, v.VoidReason)
		}
		check(t, do(t, w, "柳文书", id, "open", award.Input{Voters: award.AllMembers}))
		check(t, w.Awards.Vote(w.As("余知秋"), id, []string{a.ID}))
		check(t, w.Awards.Vote(w.As("𠮷野川"), id, nil)) // abstains
		check(t, do(t, w, "柳文书", id, "count", award.Input{Paper: award.Paper{Issued: 1, Collected: 1, Votes: map[string]int{a.ID: 1}}}))
		v := read(t, w, "柳文书", id)
		if v.State != award.Counted || v.Candidates[0].Proposal != a.ID || v.Candidates[0].Votes != 2 || !v.Candidates[0].Won || v.Candidates[1].Won || v.Cast != 3 {
			t.Fatalf("%+v %+v", v.Award, v.Candidates)
		}
		if !v.Shares.TooFewCollective() || v.Shares.TooMany() {
			t.Errorf("shares %+v", v.Shares)
		}
		if v := read(t, w, "凌若谷", id); len(v.Candidates) != 0 {
			t.Error("the result is read before it is published")
		}
		wantKind(t, do(t, w, "莫定安", id, "publish", award.Input{}), errs.Invalid)
		check(t, do(t, w, "莫定安", id, "publish", award.Input{Decision: "主席会议通过"}))
		if v := read(t, w, "凌若谷", id); len(v.Candidates) != 1 || v.Candidates[0].Votes != 2 || v.Candidates[0].Reason == "" {
			t.Errorf("published: %+v", v.Candidates)
		}
		won, err := w.Awards.Won(w.As("余知秋"), a.ID)
		check(t, err)
		if won == nil || won.ID != id {
			t.Error("the proposal does not know of its award")
		}
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, IDs: []string{"award.nominated", "award.shortlisted", "award.won"}})
		check(t, err)
		for i, want := range []int64{2, 2, 1} {
			if rep.Values[i].Amount != want {
				t.Errorf("%s is %d, want %d", rep.Values[i].Def.ID, rep.Values[i].Amount, want)
			}
		}
		other := w.Neighbour()
		_, err = other.Awards.Get(other.As("柳文书"), id)
		wantKind(t, err, errs.NotFound)
		_, err = ledger.Seal(t.Context(), w.DB, w.Key)
		check(t, err)
		report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}, Now: w.Now()})
		check(t, err)
		if !report.OK() {
			t.Errorf("the ledger does not hold: %v", report.Lines(t.Context()))
		}
	})
}

// What the database keeps of two votings that differ only in who voted what is the
// same but for ids and times: neither order nor digest nor hash tells.
func TestBallotsAreUnlinkable(t *testing.T) {
	traces := func(first, second int) (text string) {
		w := apptest.New(t, db.SQLite)
		seat(t, w, org.Member, "余知秋", "𠮷野川")
		id, proposals := begin(t, w, 1, 2)
		vote := func(who string, which int) {
			ctx := actor.WithRequest(w.As(who), actor.Request{Key: "vote-" + who, Hash: "hash of " + proposals[which]})
			check(t, w.Awards.Vote(ctx, id, []string{proposals[which]}))
		}
		vote("余知秋", first)
		vote("𠮷野川", second)
		check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
			var urn string
			if err := tx.Get(`SELECT ballots FROM award_urn WHERE tenant = $1 AND award = $2`, []any{w.Tenant, id}, &urn); err != nil {
				return err
			}
			hashes, err := db.Column[string](tx, `SELECT e.action || ' ' || e.data || ' ' || e.request_hash || ' ' || e.note FROM ledger_entry e WHERE e.tenant = $1 AND e.action = 'award.vote' ORDER BY e.id`, w.Tenant)
			if err != nil {
				return err
			}
			for i, p := range proposals {
				urn = strings.ReplaceAll(urn, p, "P"+string(rune('0'+i)))
			}
			text = urn + "\n" + strings.Join(hashes, "\n")
			for _, p := range proposals {
				if strings.Contains(strings.Join(hashes, "\n"), p) {
					t.Error("the ledger names a ballot")
				}
			}
			return nil
		}))
		return text
	}
	if a, b := traces(0, 1), traces(1, 0); a != b {
		t.Errorf("who voted what leaves a trace:\n%s\n\n%s", a, b)
	}
}

// In every state every action is tried by every role.
func TestEveryStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	seat(t, w, org.Member, "余知秋", "𠮷野川")
	id, _ := begin(t, w, 1, 1)
	flowtest.Walk(t, award.Flow, func(t *testing.T, p flowtest.Pair) {
		for _, c := range apptest.Cast {
			var version int
			check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
				return tx.Get(`UPDATE award SET state = $3 WHERE tenant = $1 AND id = $2 RETURNING version`, []any{w.Tenant, id, p.State.ID}, &version)
			}))
			got, err := w.Awards.Do(w.As(c.Name), id, version, p.Action, award.Input{Voters: award.AllMembers, Decision: "主席会议通过"})
			switch {
			case err != nil && errs.KindOf(err) == errs.Internal:
				t.Errorf("%s: %v", c.Name, err)
			case err == nil && (!p.Allowed || got.State != p.Step.To && got.State != award.Void):
				t.Errorf("%s led from %s to %s", c.Name, p.State.ID, got.State)
			}
		}
	})
}
