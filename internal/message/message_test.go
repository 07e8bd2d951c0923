package message_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/attachment"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/message"
	"shangliang/internal/proposal"
)

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

// reads are the messages that somebody reads of a case.
func reads(t *testing.T, w *apptest.World, who, id string) (all []string) {
	t.Helper()
	th, err := w.Messages.Of(w.As(who), id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	check(t, err)
	for _, m := range th.Messages {
		all = append(all, m.Body)
	}
	return all
}

// Who reads what is what the sender chose: a department never sees what goes
// between the proposers and the office, nor what goes to another department.
func TestWhoReadsWhat(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := w.Text()
		text.Kind, text.Cosigners = proposal.Joint, []string{w.People["𠮷野川"]}
		p := w.PlayText(proposal.Filed, text)
		c, err := w.Proposals.Get(w.As("岳交之"), p.ID)
		check(t, err)
		_, err = w.Proposals.Do(w.As("岳交之"), p.ID, c.Version, "dispatch", proposal.Input{Units: []proposal.UnitRole{
			{Unit: w.Bodies["县水利局"], Role: proposal.Host}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}}})
		check(t, err)
		water, farm := w.Bodies["县水利局"], w.Bodies["县农业农村局"]
		send := func(who, body string, to ...string) {
			t.Helper()
			_, err := w.Messages.Send(w.As(who), p.ID, to, body)
			check(t, err)
		}
		send("余知秋", "只给提案委", message.Office)
		send("柳文书", "只给提案人", message.Proposer)
		send("余知秋", "给水利局", water)
		send("江承平", "水利局答提案人", message.Proposer)
		send("柳文书", "给两个单位", water, farm)
		send("田会办", "农业局只给提案委", message.Office)
		for who, want := range map[string]string{
			"余知秋": "只给提案委 只给提案人 给水利局 水利局答提案人",
			"𠮷野川": "只给提案委 只给提案人 给水利局 水利局答提案人",
			"柳文书": "只给提案委 只给提案人 给两个单位 农业局只给提案委",
			"江承平": "给水利局 水利局答提案人 给两个单位",
			"水清源": "给水利局 水利局答提案人 给两个单位",
			"田会办": "给两个单位 农业局只给提案委",
			"凌若谷": "", "纪审言": "", "莫定安": "", "高望舒": "", "岳交之": "", "严察微": "",
		} {
			if got := strings.Join(reads(t, w, who, p.ID), " "); got != want {
				t.Errorf("%s reads %q, want %q", who, got, want)
			}
		}
		for who, to := range map[string][]string{"江承平": {farm}, "余知秋": {message.Proposer}, "柳文书": {"nobody"}, "田会办": {water}, "𠮷野川": nil} {
			_, err := w.Messages.Send(w.As(who), p.ID, to, "越界")
			wantKind(t, err, errs.Invalid)
		}
		for _, who := range []string{"凌若谷", "莫定安", "岳交之"} {
			_, err := w.Messages.Send(w.As(who), p.ID, []string{message.Office}, "越界")
			wantKind(t, err, errs.NotFound)
		}
		_, err = w.Messages.Send(w.As("余知秋"), p.ID, []string{message.Office}, " \n")
		wantKind(t, err, errs.Invalid)
		other := w.Neighbour()
		_, err = other.Messages.Of(other.As("柳文书"), p.ID)
		wantKind(t, err, errs.NotFound)
		// The history of the case tells nobody that others spoke.
		c, err = w.Proposals.Get(w.As("柳文书"), p.ID)
		check(t, err)
		if slices.ContainsFunc(c.History, func(e *ledger.Entry) bool { return strings.HasPrefix(e.Action, "message.") }) {
			t.Error("messages stand in the history of the case")
		}
		_, err = ledger.Seal(t.Context(), w.DB, w.Key)
		check(t, err)
		report, err := ledger.Verify(t.Context(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}, Now: w.Now()})
		check(t, err)
		if !report.OK() {
			t.Errorf("the ledger does not hold: %v", report.Lines(t.Context()))
		}
	})
}

// The people there are told, once; what they have not seen waits on their first
// page; a co-signer's reading is not the lead's.
func TestUnread(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		text := w.Text()
		text.Kind, text.Cosigners = proposal.Joint, []string{w.People["𠮷野川"]}
		p := w.PlayText(proposal.InReview, text)
		ctx := actor.WithRequest(w.As("柳文书"), actor.Request{Key: "m1", Hash: "m1"})
		first, err := w.Messages.Send(ctx, p.ID, []string{message.Proposer}, "请补充数据来源")
		check(t, err)
		again, err := w.Messages.Send(ctx, p.ID, []string{message.Proposer}, "请补充数据来源")
		check(t, err)
		if first.ID != again.ID || len(reads(t, w, "余知秋", p.ID)) != 1 {
			t.Error("sent again it is sent twice")
		}
		waiting := func(who string) (n int) {
			all, err := w.Messages.Waiting(w.As(who))
			check(t, err)
			for _, x := range all {
				n += x.Count
			}
			return n
		}
		if a, b, c := waiting("余知秋"), waiting("𠮷野川"), waiting("柳文书"); a != 1 || b != 1 || c != 0 {
			t.Errorf("%d, %d and %d wait", a, b, c)
		}
		check(t, w.Messages.See(w.As("余知秋"), p.ID))
		if a, b := waiting("余知秋"), waiting("𠮷野川"); a != 0 || b != 1 {
			t.Errorf("after one has seen it %d and %d wait", a, b)
		}
		var told int
		check(t, w.DB.Read(w.As("余知秋"), func(tx *db.Tx) error {
			return tx.Get(`SELECT COUNT(*) FROM notice WHERE tenant = $1 AND kind = 'message.new' AND person IN ($2, $3)`, []any{w.Tenant, w.People["余知秋"], w.People["𠮷野川"]}, &told)
		}))
		if told != 2 {
			t.Errorf("%d notices, want one for each proposer", told)
		}
	})
}

// A file goes where its message goes, and is the author's to add.
func TestFilesOfMessages(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	m, err := w.Messages.Send(w.As("余知秋"), p.ID, []string{message.Office}, "照片附后")
	check(t, err)
	up := func() attachment.Upload {
		content := "渠段,长度\n城西,3.2公里\n"
		return attachment.Upload{Name: "渠段.csv", Size: int64(len(content)), Content: strings.NewReader(content)}
	}
	_, err = w.Messages.Attach(w.As("柳文书"), p.ID, m.ID, up())
	wantKind(t, err, errs.Forbidden)
	_, err = w.Messages.Attach(w.As("江承平"), p.ID, m.ID, up())
	wantKind(t, err, errs.NotFound)
	f, err := w.Messages.Attach(w.As("余知秋"), p.ID, m.ID, up())
	check(t, err)
	open := func(ctx context.Context) error {
		_, content, err := w.Messages.Open(ctx, p.ID, m.ID, f.ID)
		if err == nil {
			content.Close()
		}
		return err
	}
	check(t, open(w.As("柳文书")))
	wantKind(t, open(w.As("江承平")), errs.NotFound)
	wantKind(t, open(w.As("凌若谷")), errs.NotFound)
}
