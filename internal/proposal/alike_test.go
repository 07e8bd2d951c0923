package proposal_test

import (
	"strings"
	"testing"
	"time"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/likeness/sample"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// long is a proposal with enough text to be compared.
func long(seed uint64) proposal.Text {
	all := strings.SplitAfter(sample.Text(seed, 12), "。")
	return proposal.Text{Kind: proposal.Individual, Title: "关于第" + string(rune('一'+seed)) + "件事的提案", Situation: strings.Join(all[:5], ""),
		Analysis: strings.Join(all[5:8], ""), Suggestions: strings.Join(all[8:], ""), Subject: "society", OpenChoice: "open"}
}

// Who writes is told what was proposed before, in their reach and, of what was
// filed and agreed to be published, the passages that agree; nobody else's draft,
// nobody else's case in review, nothing of another tenant.
func TestAlikeWhileWriting(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		filed := w.PlayText(proposal.Filed, long(1))
		closed := long(2)
		closed.OpenChoice, closed.OpenReason = "closed", "涉及商业秘密"
		w.PlayText(proposal.Filed, closed)
		inReview := w.PlayText(proposal.InReview, long(3))
		_, err := w.Proposals.Create(w.As("𠮷野川"), long(4)) // a draft
		check(t, err)
		ask := func(who string, seed uint64) []*proposal.Alike {
			t.Helper()
			text := long(seed)
			text.Situation = sample.Edited(seed, text.Situation, 20)
			all, err := w.Proposals.Alike(w.As(who), "", text)
			check(t, err)
			return all
		}
		// Another member: the filed one, to read what agrees but not to open.
		all := ask("凌若谷", 1)
		if len(all) != 1 || all[0].ID != filed.ID || all[0].Opens || all[0].Proposer != "" || all[0].Likeness < 0.5 || len(all[0].Passages) == 0 {
			t.Fatalf("while writing what was filed before: %+v", all)
		}
		for _, p := range all[0].Passages {
			if p.Same && p.Ours == "" || !strings.Contains(filed.Situation+filed.Analysis+filed.Suggestions+filed.Title, p.Theirs) {
				t.Errorf("passage %+v", p)
			}
		}
		if all := ask("余知秋", 1); len(all) != 1 || !all[0].Opens || all[0].Proposer != "余知秋" {
			t.Errorf("the proposer, of their own: %+v", all)
		}
		for _, seed := range []uint64{2, 3, 4} {
			if all := ask("凌若谷", seed); len(all) > 0 {
				t.Errorf("learns of number %d: %+v", seed, all[0])
			}
		}
		if all, err := w.Proposals.AlikeTo(w.As("柳文书"), inReview.ID); err != nil || len(all) != 0 {
			t.Errorf("%v %v", all, err)
		}
		_, err = w.Proposals.AlikeTo(w.As("余知秋"), inReview.ID)
		wantKind(t, err, errs.Forbidden)
		_, err = w.Proposals.Compare(w.As("凌若谷"), filed.ID, inReview.ID)
		wantKind(t, err, errs.NotFound)
		other := w.Neighbour()
		if all, err := other.Proposals.Alike(other.As("柳文书"), "", long(1)); err != nil || len(all) > 0 {
			t.Errorf("another tenant learns of it: %v %v", all, err)
		}
		// A rule of the place: nothing of others at all.
		setRule(t, w, "proposal.alike_filed", "false")
		if all := ask("凌若谷", 1); len(all) > 0 {
			t.Errorf("against the rule: %+v", all[0])
		}
	})
}

// Who judges is shown the earlier ones, ranked; a text that was revised is found
// by its new words and no longer by the old.
func TestAlikeFollowsTheText(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.PlayText(proposal.InReview, long(1))
		near, far := long(1), long(1)
		near.Title, far.Title = "关于近的提案", "关于远的提案"
		far.Situation = sample.Text(50, 4)
		one := w.PlayText(proposal.InReview, near)
		two := w.PlayText(proposal.InReview, far)
		all, err := w.Proposals.AlikeTo(w.As("纪审言"), p.ID)
		check(t, err)
		if len(all) != 2 || all[0].ID != one.ID || all[1].ID != two.ID || all[0].Likeness <= all[1].Likeness {
			t.Fatalf("found %+v", all)
		}
		_, err = w.Proposals.Do(w.As("柳文书"), one.ID, one.Version, "return", proposal.Input{Reason: "请补充数据"})
		check(t, err)
		back := read(t, w, "余知秋", one.ID)
		_, err = w.Proposals.Save(w.As("余知秋"), one.ID, back.Version, long(9))
		check(t, err)
		if all, err = w.Proposals.AlikeTo(w.As("纪审言"), p.ID); err != nil || len(all) != 1 || all[0].ID != two.ID {
			t.Errorf("after the revision: %+v %v", all, err)
		}
		again := w.PlayText(proposal.InReview, long(9))
		if all, err = w.Proposals.AlikeTo(w.As("纪审言"), again.ID); err != nil || len(all) != 1 || all[0].ID != one.ID || all[0].Likeness < 0.9 {
			t.Errorf("by its new words: %+v %v", all, err)
		}
	})
}

// What was there before is signed in the background, once.
func TestSignAll(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.PlayText(proposal.InReview, long(1))
		copied := w.PlayText(proposal.InReview, long(1))
		count := func() (docs, bands int) {
			check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
				return tx.Get(`SELECT (SELECT COUNT(*) FROM likeness_doc WHERE tenant = $1), (SELECT COUNT(*) FROM likeness_band WHERE tenant = $1)`, []any{w.Tenant}, &docs, &bands)
			}))
			return docs, bands
		}
		docs, bands := count()
		check(t, w.DB.Write(w.As("柳文书"), func(tx *db.Tx) error {
			if _, err := tx.Exec(`DELETE FROM likeness_band`); err != nil {
				return err
			}
			_, err := tx.Exec(`DELETE FROM likeness_doc`)
			return err
		}))
		if all, err := w.Proposals.AlikeTo(w.As("柳文书"), p.ID); err != nil || len(all) != 0 {
			t.Fatalf("%v %v", all, err)
		}
		for range 2 {
			check(t, w.Proposals.SignAll(t.Context()))
			if d, b := count(); d != docs || b != bands {
				t.Errorf("%d texts under %d keys, want %d under %d", d, b, docs, bands)
			}
		}
		if all, err := w.Proposals.AlikeTo(w.As("柳文书"), p.ID); err != nil || len(all) != 1 || all[0].ID != copied.ID {
			t.Errorf("%v %v", all, err)
		}
	})
}

// It is found fast, and edited copies are found, among many.
func TestAlikeAmongMany(t *testing.T) {
	if testing.Short() {
		t.Skip("2,000 proposals")
	}
	w := apptest.New(t, db.SQLite)
	const n = 2000
	ctx := w.As("柳文书")
	check(t, w.DB.Write(ctx, func(tx *db.Tx) error {
		session, err := org.CurrentSession(tx, w.Tenant)
		if err != nil {
			return err
		}
		for i := range uint64(n) {
			x := long(i)
			if _, err := tx.Exec(`INSERT INTO proposal (tenant, id, session, year, serial_no, kind, title, situation, analysis, suggestions, lead, state, created_at, submitted_at, updated_at)
				VALUES ($1, $2, $3, 2026, $4, 'individual', $5, $6, $7, $8, '', 'submitted', $9, $9, $9)`,
				w.Tenant, db.NewID(), session.ID, i+1, x.Title, x.Situation, x.Analysis, x.Suggestions, db.At(tx.Now())); err != nil {
				return err
			}
		}
		return nil
	}))
	check(t, w.Proposals.SignAll(t.Context()))
	setRule(t, w, "proposal.alike_least", "5")
	for percent, least := range map[int]float64{10: 1, 30: 0.97, 50: 0.85} {
		found, tries := 0, 100
		begin := time.Now()
		for i := range uint64(tries) {
			text := long(i * 7)
			text.Situation, text.Analysis, text.Suggestions = sample.Edited(i, text.Situation, percent), sample.Edited(i+1, text.Analysis, percent), sample.Edited(i+2, text.Suggestions, percent)
			all, err := w.Proposals.Alike(ctx, "", text)
			check(t, err)
			if len(all) > 0 && all[0].SerialNo == int(i*7)+1 {
				found++
			}
		}
		took := time.Since(begin) / time.Duration(tries)
		t.Logf("copies edited by %d %%: %d of %d first, %s each", percent, found, tries, took)
		if got := float64(found) / float64(tries); got < least {
			t.Errorf("of copies edited by %d %% a share of %.2f is found, want %.2f", percent, got, least)
		}
		if took > 100*time.Millisecond {
			t.Errorf("a look takes %s", took)
		}
	}
}

// setRule changes a rule of the place from today on.
func setRule(t *testing.T, w *apptest.World, id, value string) {
	t.Helper()
	v, err := w.Rules.Current(w.As("柳文书"))
	check(t, err)
	_, err = w.Rules.Save(w.As("柳文书"), map[string]string{id: value}, "", "", v.N)
	check(t, err)
}
