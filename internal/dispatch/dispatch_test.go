package dispatch_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/dispatch"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
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

func keyed(ctx context.Context, key string) context.Context {
	return actor.WithRequest(ctx, actor.Request{Key: key, Hash: key})
}

func alone(w *apptest.World, unit string) []proposal.UnitRole {
	return []proposal.UnitRole{{Unit: w.Bodies[unit], Role: proposal.Sole}}
}

// call makes a meeting with filed cases on its agenda.
func call(t *testing.T, w *apptest.World, n int) (id string, cases []string) {
	t.Helper()
	for range n {
		cases = append(cases, w.Play(proposal.Filed).ID)
	}
	id, err := w.Dispatch.Save(w.As("柳文书"), dispatch.Meeting{Title: "九届五次会议提案交办会", OnDate: "2026-03-12", Place: "县政府会议室", Units: []string{w.Bodies["县水利局"]}})
	check(t, err)
	got, err := w.Dispatch.Put(w.As("柳文书"), id, cases)
	check(t, err)
	if got != n {
		t.Fatalf("%d on the agenda, want %d", got, n)
	}
	return id, cases
}

func read(t *testing.T, w *apptest.World, who, id string) *dispatch.Agenda {
	t.Helper()
	g, err := w.Dispatch.Get(w.As(who), id)
	check(t, err)
	return g
}

// A whole meeting goes out in one act; what cannot go is named and stays; the
// act may be repeated.
func TestMeetingIsHandedOver(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id, cases := call(t, w, 3)
		office := w.As("岳交之")
		wantKind(t, w.Dispatch.Choose(w.As("柳文书"), id, cases[0], 1, alone(w, "县水利局"), ""), errs.Forbidden)
		wantKind(t, w.Dispatch.Choose(office, id, cases[0], 1, nil, ""), errs.Invalid)
		wantKind(t, w.Dispatch.Choose(office, id, cases[0], 1, []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Host}}, ""), errs.Invalid)
		wantKind(t, w.Dispatch.Choose(office, id, cases[0], 1, alone(w, "经济界"), ""), errs.Invalid)
		check(t, w.Dispatch.Choose(office, id, cases[0], 1, []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Host}, {Unit: w.Bodies["县农业农村局"], Role: proposal.CoHandler}}, "请县水利局牵头"))
		wantKind(t, w.Dispatch.Choose(office, id, cases[0], 1, alone(w, "县交通运输局"), ""), errs.Conflict) // not as it was seen
		check(t, w.Dispatch.Choose(office, id, cases[1], 1, alone(w, "县农业农村局"), ""))

		// Meanwhile somebody hands the second one over by itself.
		p, err := w.Proposals.Get(office, cases[1])
		check(t, err)
		_, err = w.Proposals.Do(office, p.ID, p.Version, "dispatch", proposal.Input{Units: alone(w, "县交通运输局")})
		check(t, err)

		out, err := w.Dispatch.Send(keyed(office, "send-1"), id, "")
		check(t, err)
		if len(out) != 2 || out[0].Err != nil || !errs.Is(out[1].Err, errs.Conflict) {
			t.Fatalf("outcomes: %v", out)
		}
		if waiting, chosen := read(t, w, "岳交之", id).Left(); waiting != 1 || chosen != 1 {
			t.Errorf("%d wait, %d are ready", waiting, chosen)
		}
		out, err = w.Dispatch.Send(keyed(office, "send-1"), id, "")
		check(t, err)
		if len(out) != 1 || out[0].Proposal != cases[1] {
			t.Errorf("again: %v", out)
		}
		c, err := w.Proposals.Get(office, cases[0])
		check(t, err)
		if len(c.Assignments) != 2 || c.Assignments[0].Note != "请县水利局牵头" {
			t.Errorf("handed over as %+v", c.Assignments)
		}
		wantKind(t, w.Dispatch.TakeOff(office, id, cases[0]), errs.Conflict)
		check(t, w.Dispatch.TakeOff(office, id, cases[1]))
		wantKind(t, w.Dispatch.Cancel(office, id, 1), errs.Conflict) // something went out

		rep, err := w.Figures.Compute(w.As("柳文书"), figure.Request{IDs: []string{"dispatch.meetings", "dispatch.cases"}, By: "unit"})
		check(t, err)
		if m, c := rep.Values[0], rep.Values[1]; m.Amount != 1 || c.Amount != 1 || len(c.Groups) != 2 {
			t.Errorf("figures %+v", rep.Values)
		}
		for _, id := range []string{"dispatch.meetings", "dispatch.cases"} {
			_, err := w.Figures.Records(w.As("柳文书"), id, figure.Request{})
			check(t, err)
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

// A department reads what was handed to it, and nothing else; another tenant
// nothing.
func TestWhoReadsAMeeting(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		id, cases := call(t, w, 2)
		office := w.As("岳交之")
		check(t, w.Dispatch.Choose(office, id, cases[0], 1, alone(w, "县水利局"), ""))
		_, err := w.Dispatch.Get(w.As("水清源"), id)
		wantKind(t, err, errs.NotFound) // chosen, but not handed over
		check(t, w.Dispatch.Choose(office, id, cases[1], 1, alone(w, "县农业农村局"), ""))
		_, err = w.Dispatch.Send(office, id, "")
		check(t, err)
		g := read(t, w, "水清源", id)
		if sheets := g.Sheets(); len(g.Items) != 1 || g.Items[0].Proposal != cases[0] || len(sheets) != 1 || sheets[0].Part(g.Items[0]).DueOn != "2026-06-12" {
			t.Errorf("the department reads %+v", g.Items)
		}
		if sheets := read(t, w, "岳交之", id).Sheets(); len(sheets) != 2 {
			t.Errorf("%d lists to print", len(sheets))
		}
		for _, who := range []string{"余知秋", "裴远山", "严察微"} {
			_, err := w.Dispatch.Get(w.As(who), id)
			wantKind(t, err, errs.NotFound)
			_, _, err = w.Dispatch.List(w.As(who), "")
			wantKind(t, err, errs.Forbidden)
		}
		other := w.Neighbour()
		for _, who := range []string{"岳交之", "柳文书", "水清源"} {
			_, err := w.Dispatch.Get(other.As(who), id)
			wantKind(t, err, errs.NotFound)
			all, _, err := w.Dispatch.List(other.As(who), "")
			check(t, err)
			if len(all) > 0 {
				t.Error("another tenant sees a meeting")
			}
		}
		_, err = w.Dispatch.Put(other.As("岳交之"), id, cases)
		wantKind(t, err, errs.NotFound)
		all, _, err := w.Dispatch.List(w.As("水清源"), "")
		check(t, err)
		if len(all) != 1 || all[0].Cases != 1 || all[0].Sent != 1 {
			t.Errorf("the department's list: %+v", all)
		}
	})
}

// A case stands on one open agenda at a time; a cancelled meeting frees it, and
// so does a department that sends it back.
func TestAgendas(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, cases := call(t, w, 1)
	clerk := w.As("柳文书")
	second, err := w.Dispatch.Save(keyed(clerk, "second"), dispatch.Meeting{Title: "第二次交办会", OnDate: "2026-03-20"})
	check(t, err)
	again, err := w.Dispatch.Save(keyed(clerk, "second"), dispatch.Meeting{Title: "第二次交办会", OnDate: "2026-03-20"})
	check(t, err)
	if again != second {
		t.Error("the same request made two meetings")
	}
	_, err = w.Dispatch.Put(clerk, second, cases)
	wantKind(t, err, errs.Conflict)
	check(t, w.Dispatch.Cancel(clerk, id, 1))
	_, err = w.Dispatch.Put(clerk, id, cases)
	wantKind(t, err, errs.Conflict)
	_, err = w.Dispatch.Put(clerk, second, cases)
	check(t, err)
	office := w.As("岳交之")
	check(t, w.Dispatch.Choose(office, second, cases[0], 1, alone(w, "县水利局"), ""))
	_, err = w.Dispatch.Send(office, second, "")
	check(t, err)
	c, err := w.Proposals.Get(w.As("水清源"), cases[0])
	check(t, err)
	as := c.Current()[0]
	_, err = w.Proposals.DoAssignment(w.As("水清源"), cases[0], as.ID, as.Version, "request_return", proposal.Input{Reason: "不属本单位职责"})
	check(t, err)
	_, err = w.Proposals.DoAssignment(office, cases[0], as.ID, as.Version+1, "grant_return", proposal.Input{})
	check(t, err)
	third, err := w.Dispatch.Save(clerk, dispatch.Meeting{Title: "第三次交办会", OnDate: "2026-03-27"})
	check(t, err)
	_, err = w.Dispatch.Put(clerk, third, cases)
	check(t, err)
	check(t, w.Dispatch.Choose(office, third, cases[0], 1, alone(w, "县农业农村局"), ""))
	out, err := w.Dispatch.Send(office, third, "")
	check(t, err)
	if len(out) != 1 || out[0].Err != nil {
		t.Fatalf("%v", out)
	}
	if g := read(t, w, "田会办", third); g.Items[0].Units[0].DueOn == "" {
		t.Error("no due date on the list")
	}

	// What is wrong in a form is told at its field, and files belong to a record.
	_, err = w.Dispatch.Save(clerk, dispatch.Meeting{Title: " ", OnDate: "2026-02-30", Units: []string{"nobody"}})
	wantKind(t, err, errs.Invalid)
	text := []byte("会议纪要\n")
	check(t, w.Dispatch.Attach(clerk, third, dispatch.Upload{Name: "纪要.txt", Size: int64(len(text)), Content: bytes.NewReader(text)}))
	g := read(t, w, "柳文书", third)
	_, content, err := w.Dispatch.OpenFile(clerk, third, g.Files[0].ID)
	check(t, err)
	content.Close()
	_, _, err = w.Dispatch.OpenFile(w.As("余知秋"), third, g.Files[0].ID)
	wantKind(t, err, errs.NotFound)
	check(t, w.Dispatch.Detach(clerk, third, g.Files[0].ID))
	if g := read(t, w, "柳文书", third); len(g.Files) != 0 {
		t.Error("the file is still there")
	}
}

// The pages: forty cases are cleared by Enter alone, and what did not go is told.
func TestPages(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id, cases := call(t, w, 5)
	b := w.Browser(t, "岳交之")
	page := b.Get("/dispatches/"+id).Want(200).Contains("待确定单位", "逐件确定单位（5）")
	at := page.Attr(`.btn-list a[href^="/dispatches/`+id+`/cases/"]`, "href")
	for i := range cases {
		desk := b.Get(at).Want(200)
		if n := len(desk.Select("input[autofocus]")); n != 1 {
			t.Fatalf("%d fields have the focus", n)
		}
		res := b.Submit(desk, "form#f", "host", "other", "other", w.Bodies["县水利局"]).Want(303)
		at = res.Header.Get("Location")
		if last := i == len(cases)-1; last != (at == "/dispatches/"+id) {
			t.Fatalf("after %d of %d it goes to %s", i+1, len(cases), at)
		}
	}
	p, err := w.Proposals.Get(w.As("岳交之"), cases[2])
	check(t, err)
	_, err = w.Proposals.Do(w.As("岳交之"), p.ID, p.Version, "dispatch", proposal.Input{Units: alone(w, "县交通运输局")})
	check(t, err)
	page = b.Get("/dispatches/" + id).Want(200)
	b.Submit(page, `form[action="/dispatches/`+id+`/send"]`).Want(200).Contains("已交办4件", "有1件没有交办", "已有单位承办")
	b.Get("/dispatches/"+id+"/sheets").Want(200).Contains("县水利局提案交办表", "签收人：", "2026年6月12日")
	b.Get("/dispatches/" + id + "/export").Want(200)
	var agenda struct {
		Sent  int
		Items []struct{ State string }
	}
	b.Get("/api/v1/dispatch-meetings/" + id).Want(200).Decode(&agenda)
	if agenda.Sent != 4 || len(agenda.Items) != 5 {
		t.Errorf("%+v", agenda)
	}
	if got := fmt.Sprint(agenda.Items); strings.Count(got, "sent") != 4 {
		t.Errorf("%s", got)
	}
}
