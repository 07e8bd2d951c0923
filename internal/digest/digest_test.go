package digest_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/digest"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/flow"
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

func want(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func text(w *apptest.World, p *proposal.Proposal) digest.Text {
	return digest.Text{Title: "汛前疏浚城西排洪渠", Body: "委员反映排洪渠两次漫堤，建议统一管护。", Proposals: []string{p.ID}, Recipients: []string{w.People["高望舒"]}}
}

func write(t testing.TB, w *apptest.World, p *proposal.Proposal) *digest.Digest {
	t.Helper()
	d, err := w.Digests.Save(w.As("柳文书"), "", 0, text(w, p))
	check(t, err)
	return d
}

func do(t testing.TB, w *apptest.World, who string, d *digest.Digest, action string) *digest.Digest {
	t.Helper()
	now, err := w.Digests.Get(w.As("柳文书"), d.ID)
	check(t, err)
	d, err = w.Digests.Do(w.As(who), d.ID, now.Version, action, "")
	check(t, err)
	return d
}

func sent(t testing.TB, w *apptest.World, p *proposal.Proposal) *digest.Digest {
	t.Helper()
	d := write(t, w, p)
	do(t, w, "莫定安", d, "approve")
	return do(t, w, "柳文书", d, "send")
}

// A digest from the draft to the instruction that was followed up.
func TestMainPath(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		d := write(t, w, p)
		leader, unit, office := w.As("高望舒"), w.As("水清源"), w.As("柳文书")
		if _, err := w.Digests.Get(leader, d.ID); !errs.Is(err, errs.NotFound) {
			t.Errorf("a leader sees a draft: %v", err)
		}
		_, err := w.Digests.Instruct(office, d.ID, digest.Given{Person: w.People["高望舒"], On: "2026-03-12", Text: "请水利局研究"}, nil)
		want(t, err, errs.Conflict) // not sent yet
		do(t, w, "莫定安", d, "approve")
		_, err = w.Digests.Save(office, d.ID, d.Version+1, text(w, p))
		want(t, err, errs.Conflict)
		d = do(t, w, "柳文书", d, "send")
		if d.No != 1 || d.Year != 2026 || d.WorkYear != 2026 || d.SentOn != "2026-03-12" {
			t.Errorf("%+v", d)
		}

		scan := []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
		for _, c := range []struct {
			change func(g *digest.Given)
			kind   errs.Kind
		}{{func(g *digest.Given) { g.Person = w.People["余知秋"] }, errs.Invalid}, {func(g *digest.Given) { g.On = "2026-03-11" }, errs.Invalid}, {func(g *digest.Given) { g.On = "2026-03-13" }, errs.Invalid},
			{func(g *digest.Given) { g.Text = "" }, errs.Invalid}, {func(g *digest.Given) { g.Unit = w.Bodies["经济界"] }, errs.Invalid}, {func(g *digest.Given) { g.DueOn = "2026-03-12" }, errs.Invalid}} {
			g := digest.Given{Person: w.People["高望舒"], On: "2026-03-12", Text: "请水利局研究落实", Unit: w.Bodies["县水利局"]}
			c.change(&g)
			_, err := w.Digests.Instruct(office, d.ID, g, nil)
			want(t, err, c.kind)
		}
		in, err := w.Digests.Instruct(office, d.ID, digest.Given{Person: w.People["高望舒"], On: "2026-03-12", Text: "请水利局研究落实", Unit: w.Bodies["县水利局"]},
			&digest.Upload{Name: "批示.pdf", Size: int64(len(scan)), Content: bytes.NewReader(scan)})
		check(t, err)
		if in.Method != "paper" || in.State != "open" || in.DueOn != "2026-04-12" || in.File == "" {
			t.Errorf("%+v", in)
		}
		mine, err := w.Digests.Instruct(leader, d.ID, digest.Given{Person: w.People["高望舒"], On: "2026-03-12", Text: "另请交办机关关注"}, nil)
		check(t, err)
		if mine.Method != "web" || mine.State != "" {
			t.Errorf("%+v", mine)
		}

		// The department sees the one it has to follow up, and its scan; another
		// department and the proposer nothing of it.
		got, err := w.Digests.Get(unit, d.ID)
		check(t, err)
		if len(got.Instructions) != 1 || got.Instructions[0].ID != in.ID || len(got.Files) != 1 || len(got.Recipients) != 0 || got.History != nil {
			t.Errorf("the department sees %+v", got)
		}
		for _, name := range []string{"田会办", "余知秋", "裴远山", "岳交之"} {
			if _, err := w.Digests.Get(w.As(name), d.ID); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		of, err := w.Digests.OfCase(w.As("余知秋"), p.ID)
		check(t, err)
		if len(of) != 1 || of[0].Opens || of[0].Body != "" || of[0].Title != "" || of[0].Instructions != 0 || of[0].No != 1 {
			t.Errorf("the proposer is told %+v", of[0])
		}
		c, err := w.Proposals.Get(w.As("余知秋"), p.ID)
		check(t, err)
		for _, e := range c.History {
			if strings.HasPrefix(e.Action, "digest.") && e.Note != "" {
				t.Errorf("the case's history gives away %q", e.Note)
			}
		}

		want(t, w.Digests.Report(w.As("田会办"), d.ID, in.ID, 1, "不是我的"), errs.NotFound)
		check(t, w.Digests.Report(unit, d.ID, in.ID, 1, "已制定方案"))
		check(t, w.Digests.Accept(office, d.ID, in.ID, 2, false, "缺完成时间"))
		want(t, w.Digests.Accept(office, d.ID, in.ID, 2, true, ""), errs.Conflict)
		check(t, w.Digests.Report(unit, d.ID, in.ID, 3, "五月底完成"))
		check(t, w.Digests.Accept(office, d.ID, in.ID, 4, true, ""))
		owed, _, err := w.Digests.Owed(unit)
		check(t, err)
		if len(owed) != 0 {
			t.Errorf("%d owed", len(owed))
		}
		_, err = ledger.Seal(t.Context(), w.DB, w.Key)
		check(t, err)
		report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}})
		check(t, err)
		if !report.OK() {
			t.Errorf("verify: %v", report.Lines(t.Context()))
		}
	})
}

// Numbers have no gaps in their year and begin anew in the next; what is discarded
// takes none.
func TestNumbers(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Filed)
		do(t, w, "柳文书", write(t, w, p), "discard")
		var got []int
		for range 2 {
			got = append(got, sent(t, w, p).No)
		}
		w.Go("2027-01-05")
		last := sent(t, w, p)
		if got = append(got, last.No); !slices.Equal(got, []int{1, 2, 1}) || last.Year != 2027 || last.WorkYear != 2026 {
			t.Errorf("numbers %v, the last of %d, counted in %d", got, last.Year, last.WorkYear)
		}
		if other := w.Neighbour(); sent(t, other, other.Play(proposal.Filed)).No != 1 {
			t.Error("the neighbour's numbers are not its own")
		}
	})
}

func TestText(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Filed)
	theirs := w.Neighbour().Play(proposal.Filed)
	office := w.As("柳文书")
	for _, c := range []struct {
		change func(x *digest.Text)
		kind   errs.Kind
	}{{func(x *digest.Text) { x.Title = "" }, errs.Invalid}, {func(x *digest.Text) { x.Title = strings.Repeat("长", 61) }, errs.Invalid}, {func(x *digest.Text) { x.Body = strings.Repeat("长", 1501) }, errs.Invalid},
		{func(x *digest.Text) { x.Proposals = nil }, errs.Invalid}, {func(x *digest.Text) { x.Recipients = []string{"nobody"} }, errs.Invalid}, {func(x *digest.Text) { x.Proposals = []string{theirs.ID} }, errs.NotFound}} {
		x := text(w, p)
		c.change(&x)
		_, err := w.Digests.Save(office, "", 0, x)
		want(t, err, c.kind)
	}
	_, err := w.Digests.Save(w.As("高望舒"), "", 0, text(w, p))
	want(t, err, errs.Forbidden)
	x := text(w, p)
	x.Recipients = nil
	d, err := w.Digests.Save(office, "", 0, x)
	check(t, err)
	_, err = w.Digests.Do(w.As("莫定安"), d.ID, d.Version, "approve", "")
	want(t, err, errs.Conflict) // to nobody
	keyed := actor.WithRequest(office, actor.Request{Key: "digest-1", Hash: "x"})
	one, err := w.Digests.Save(keyed, "", 0, text(w, p))
	check(t, err)
	again, err := w.Digests.Save(keyed, "", 0, text(w, p))
	check(t, err)
	if one.ID != again.ID {
		t.Error("the same request wrote two")
	}
	first, err := w.Digests.Draft(office, []string{p.ID})
	check(t, err)
	if !strings.Contains(first.Body, "去年汛期两次漫堤") || first.Title != p.Title {
		t.Errorf("%+v", first)
	}
}

func TestEveryStateActionAndRole(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	if err := digest.CheckGuards(); err != nil {
		t.Error(err)
	}
	p := w.Play(proposal.Filed)
	paths := map[string][][2]string{digest.Draft: nil, digest.Approved: {{"莫定安", "approve"}}, digest.Sent: {{"莫定安", "approve"}, {"柳文书", "send"}}, digest.Discarded: {{"柳文书", "discard"}}}
	flowtest.Walk(t, digest.Flow, func(t *testing.T, pair flowtest.Pair) {
		play := func() *digest.Digest {
			d := write(t, w, p)
			for _, s := range paths[pair.State.ID] {
				d = do(t, w, s[0], d, s[1])
			}
			return d
		}
		d := play()
		for _, c := range apptest.Cast {
			a, _ := actor.From(w.As(c.Name))
			can := slices.ContainsFunc(digest.Flow.Steps, func(s flow.Step) bool { return s.Action == pair.Action && a.Can(s.Permission) })
			before, err := w.Digests.Get(w.As("柳文书"), d.ID)
			check(t, err)
			_, err = w.Digests.Do(w.As(c.Name), d.ID, before.Version, pair.Action, "")
			after, gone := w.Digests.Get(w.As("柳文书"), d.ID)
			check(t, gone)
			switch {
			case err == nil:
				if !can || !pair.Allowed || after.State != pair.Step.Next(pair.State.ID) {
					t.Errorf("%s as %s: done, now %s", pair.Action, c.Role, after.State)
				}
				d = play()
				continue
			case !can:
				if !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
					t.Errorf("%s as %s: %v", pair.Action, c.Role, err)
				}
			case pair.Allowed:
				t.Errorf("%s as %s: %v", pair.Action, c.Role, err)
			default:
				flowtest.Refused(t, pair, err)
			}
			if after.Version != before.Version || len(after.History) != len(before.History) {
				t.Errorf("%s as %s was refused and changed something", pair.Action, c.Role)
			}
		}
	})
}

func TestFigures(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Filed)
		write(t, w, p)
		sent(t, w, p)
		d := sent(t, w, p)
		for _, unit := range []string{"", w.Bodies["县水利局"]} {
			_, err := w.Digests.Instruct(w.As("柳文书"), d.ID, digest.Given{Person: w.People["高望舒"], On: "2026-03-12", Text: "请阅", Unit: unit}, nil)
			check(t, err)
		}
		w.Go("2026-05-01")
		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{Year: 2026, By: "recipient"})
		check(t, err)
		for id, n := range map[string]int64{"sent": 2, "cases": 1, "instructions": 2, "follow": 1, "done": 0, "late": 1} {
			if v, ok := rep.Value("digest." + id); !ok || v.Amount != n {
				t.Errorf("%s is %d, want %d", id, v.Amount, n)
			}
		}
	})
}
