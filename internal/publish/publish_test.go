package publish_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/flow"
	"shangliang/internal/flow/flowtest"
	"shangliang/internal/ledger"
	"shangliang/internal/proposal"
	"shangliang/internal/publish"
)

const (
	clerk = "柳文书"
	chair = "莫定安"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// site is the public site of the world's tenant.
func site(t testing.TB, w *apptest.World) *publish.Site {
	t.Helper()
	s, err := w.Publish.Public().Site(context.Background(), "lc")
	must(t, err)
	return s
}

// published carries a case through to the public by the default plan.
func published(t testing.TB, w *apptest.World) *publish.Disclosure {
	t.Helper()
	p := w.Play(proposal.FollowingUp)
	d, err := w.Publish.ProposeAsPlanned(w.As(clerk), p.ID)
	must(t, err)
	d, err = w.Publish.Do(w.As(chair), p.ID, d.Version, "publish", publish.Input{})
	must(t, err)
	return d
}

// A case becomes public by two people, and the public copy is what the plan says:
// no contact of the department, and the name of the proposer only if open.
func TestPublish(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FollowingUp)
		d, err := w.Publish.Start(w.As(clerk), p.ID)
		must(t, err)
		if d.State != publish.Draft || d.Plan["title"].Mode != publish.Full || d.Plan["analysis"].Mode != publish.Full {
			t.Fatalf("the default plan is %+v", d)
		}
		if _, err := w.Publish.Save(w.As(clerk), p.ID, d.Version, publish.Changes{Plan: map[string]publish.Choice{"analysis": {Mode: publish.Closed}}}); !errs.Is(err, errs.Invalid) {
			t.Errorf("closing a part without a reason: %v", err)
		}
		d, err = w.Publish.Save(w.As(clerk), p.ID, d.Version, publish.Changes{
			Plan: map[string]publish.Choice{"analysis": {Mode: publish.Closed, Reason: "process"}}, Add: []publish.Mark{{Text: "两次漫堤", Code: "other"}}})
		must(t, err)
		d, err = w.Publish.Do(w.As(clerk), p.ID, d.Version, "propose", publish.Input{})
		must(t, err)
		if _, err := w.Publish.Do(w.As(clerk), p.ID, d.Version, "publish", publish.Input{}); !errs.Is(err, errs.Conflict) {
			t.Errorf("who prepared decides: %v", err)
		}
		for _, name := range []string{"余知秋", "江承平", "岳交之"} {
			if _, err := w.Publish.Do(w.As(name), p.ID, d.Version, "publish", publish.Input{}); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s decides: %v", name, err)
			}
		}
		public := w.Publish.Public()
		if _, _, err := public.Case(context.Background(), site(t, w), d.Code); !errs.Is(err, errs.NotFound) {
			t.Errorf("public before the decision: %v", err)
		}
		d, err = w.Publish.Do(w.As(chair), p.ID, d.Version, "publish", publish.Input{})
		must(t, err)
		c, _, err := public.Case(context.Background(), site(t, w), d.Code)
		must(t, err)
		if len(c.Parts) != 2 || c.Proposer != "余知秋" || len(c.Replies) != 1 || len(c.Promises) != 1 || c.Meaning != "in_progress" {
			t.Errorf("the copy is %+v", c.Copy)
		}
		text := c.Parts[0].Spans
		if len(text) != 3 || text[1].Gone != "other" || strings.Contains(publish.Flat(text, c.Label), "两次漫堤") {
			t.Errorf("the situation reads %+v", text)
		}
		for words, want := range map[string]int{"排洪渠": 1, "统一管护": 1, "两次漫堤": 0, "责任不清": 0, "1234567": 0, "余知秋": 1} {
			l, err := public.Cases(context.Background(), site(t, w), publish.OpenFilter{Text: words})
			must(t, err)
			if len(l.Cases) != want || l.Count != want {
				t.Errorf("a search for %s finds %d", words, len(l.Cases))
			}
		}
		for _, f := range []struct {
			f    publish.OpenFilter
			want int
		}{{publish.OpenFilter{Year: 2026}, 1}, {publish.OpenFilter{Year: 2025}, 0}, {publish.OpenFilter{Subject: "society"}, 1}, {publish.OpenFilter{Unit: w.Bodies["县水利局"]}, 1},
			{publish.OpenFilter{Unit: w.Bodies["县水利局"], OnTime: "yes"}, 1}, {publish.OpenFilter{Unit: w.Bodies["县水利局"], OnTime: "no"}, 0},
			{publish.OpenFilter{Unit: w.Bodies["县水利局"], Meaning: "in_progress"}, 1}, {publish.OpenFilter{Meaning: "resolved"}, 0},
			{publish.OpenFilter{Text: "排洪渠", Unit: w.Bodies["县水利局"]}, 1}, {publish.OpenFilter{Text: "排洪渠", Unit: w.Bodies["县交通运输局"]}, 0}} {
			l, err := public.Cases(context.Background(), site(t, w), f.f)
			must(t, err)
			if len(l.Cases) != f.want || l.Count != f.want {
				t.Errorf("%+v finds %d of %d", f.f, len(l.Cases), l.Count)
			}
		}
		must(t, w.DB.Read(context.Background(), func(tx *db.Tx) error {
			disclosed, err := publish.Disclosed(tx, w.Tenant, []string{p.ID, "none"})
			if len(disclosed) != 1 || !disclosed[p.ID] {
				t.Errorf("disclosed: %v", disclosed)
			}
			return err
		}))
		d, err = w.Publish.Do(w.As(clerk), p.ID, d.Version, "withdraw", publish.Input{Reason: "当事人要求"})
		must(t, err)
		if _, _, err := public.Case(context.Background(), site(t, w), d.Code); !errs.Is(err, errs.NotFound) {
			t.Errorf("public after withdrawal: %v", err)
		}
		if l, err := public.Cases(context.Background(), site(t, w), publish.OpenFilter{Text: "排洪渠"}); err != nil || len(l.Cases) != 0 {
			t.Errorf("found after withdrawal: %+v %v", l, err)
		}
		verify(t, w)
	})
}

// verify: nothing stands in the tables that the ledger does not know.
func verify(t testing.TB, w *apptest.World) {
	t.Helper()
	_, err := ledger.Seal(context.Background(), w.DB, w.Key)
	must(t, err)
	report, err := ledger.Verify(context.Background(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}})
	must(t, err)
	if !report.OK() {
		t.Errorf("verify: %s", strings.Join(report.Lines(context.Background()), "\n"))
	}
}

// What the proposer wished and what the department said make the default plan.
func TestDefaultPlan(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	for choice, want := range map[string]map[string]string{
		"open":    {"title": "full", "proposer": "full", "situation": "full", "suggestions": "full", "outcome": "full"},
		"summary": {"title": "full", "proposer": "closed", "situation": "closed", "suggestions": "summary", "outcome": "full"},
		"closed":  {"title": "closed", "proposer": "closed", "situation": "closed", "suggestions": "closed", "outcome": "closed"},
	} {
		text := w.Text()
		text.OpenChoice, text.OpenReason = choice, "涉及他人"
		if choice == "open" {
			text.OpenReason = ""
		}
		text.Suggestions += "余知秋建议如此。"
		p := w.PlayText(proposal.FollowingUp, text)
		d, err := w.Publish.Start(w.As(clerk), p.ID)
		must(t, err)
		for key, mode := range want {
			if d.Plan[key].Mode != mode || mode != "full" && d.Plan[key].Reason == "" {
				t.Errorf("%s: %s is %+v, want %s", choice, key, d.Plan[key], mode)
			}
		}
		named := false
		for _, m := range d.Marks {
			named = named || m.Text == "余知秋" && !m.Keep
		}
		if named != (choice == "summary") {
			t.Errorf("%s: the proposer's name is removed from the text: %v", choice, named)
		}
		if choice == "closed" {
			if _, err := w.Publish.Do(w.As(clerk), p.ID, d.Version, "propose", publish.Input{}); !errs.Is(err, errs.Invalid) {
				t.Errorf("a case without its title is proposed: %v", err)
			}
		}
	}
}

// A change of the original is flagged; the public copy does not change.
func TestChanged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := published(t, w)
		before, _, err := w.Publish.Public().Case(context.Background(), site(t, w), d.Code)
		must(t, err)
		must(t, w.Publish.Watch(context.Background()))
		c, err := w.Proposals.Get(w.As("江承平"), d.Proposal)
		must(t, err)
		x := c.Commitments[0]
		must(t, w.Proposals.ReportCommitment(w.As("江承平"), d.Proposal, x.ID, x.Version, "清淤三公里，电话13800138000"))
		must(t, w.Proposals.DecideCommitment(w.As(clerk), d.Proposal, x.ID, x.Version+1, true, ""))
		must(t, w.Publish.Watch(context.Background()))
		v, err := w.Publish.Get(w.As(clerk), d.Proposal)
		must(t, err)
		if len(v.Disclosure.Changed) != 1 || v.Disclosure.Changed[0] != "promise:"+x.ID {
			t.Errorf("changed: %v", v.Disclosure.Changed)
		}
		after, _, err := w.Publish.Public().Case(context.Background(), site(t, w), d.Code)
		must(t, err)
		if after.SHA256 != before.SHA256 || after.Promises[0].State != "open" {
			t.Error("the public copy changed by itself")
		}
		l, err := w.Publish.List(w.As(clerk), "changed", 0, "")
		must(t, err)
		if len(l.Lines) != 1 {
			t.Errorf("%d cases are flagged", len(l.Lines))
		}
		n, err := w.Publish.ProposeAsPlanned(w.As(clerk), d.Proposal)
		must(t, err)
		n, err = w.Publish.Do(w.As(chair), d.Proposal, n.Version, "publish", publish.Input{})
		must(t, err)
		if len(n.Changed) != 0 || n.Live != 2 || !n.PublishedAt.Equal(d.PublishedAt.Time) {
			t.Errorf("published again: %+v", n)
		}
		after, _, err = w.Publish.Public().Case(context.Background(), site(t, w), d.Code)
		must(t, err)
		if p := after.Promises[0]; p.State != "done" || !strings.Contains(publish.Flat(p.Result, after.Label), "清淤三公里") || strings.Contains(publish.Flat(p.Result, after.Label), "138") {
			t.Errorf("the promise reads %+v", p)
		}
		verify(t, w)
	})
}

// Taking away needs no second pair of eyes and takes effect at once.
func TestReduce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := published(t, w)
		d, err := w.Publish.Reduce(w.As(clerk), d.Proposal, d.Version, []string{"proposer"}, []publish.Mark{{Text: "三个单位", Code: "other"}}, "privacy", "当事人要求")
		must(t, err)
		c, _, err := w.Publish.Public().Case(context.Background(), site(t, w), d.Code)
		must(t, err)
		all := ""
		for _, p := range c.Parts {
			all += publish.Flat(p.Spans, c.Label)
		}
		if c.Proposer != "" || strings.Contains(all, "三个单位") || c.Edition != 2 || d.State != publish.Published {
			t.Errorf("after reducing: %+v", c.Copy)
		}
		if _, err := w.Publish.Reduce(w.As(clerk), d.Proposal, d.Version, []string{"title"}, nil, "privacy", "不行"); !errs.Is(err, errs.Invalid) {
			t.Errorf("the title is taken away: %v", err)
		}
		// A later edition does not bring it back.
		d, err = w.Publish.Do(w.As(clerk), d.Proposal, d.Version, "revise", publish.Input{})
		must(t, err)
		d, err = w.Publish.Do(w.As(clerk), d.Proposal, d.Version, "propose", publish.Input{})
		must(t, err)
		_, err = w.Publish.Do(w.As(chair), d.Proposal, d.Version, "publish", publish.Input{})
		must(t, err)
		if c, _, err = w.Publish.Public().Case(context.Background(), site(t, w), d.Code); err != nil || c.Proposer != "" || c.Edition != 3 {
			t.Errorf("published again: %+v %v", c, err)
		}
		verify(t, w)
	})
}

// What is scheduled becomes public on its day, by itself.
func TestSchedule(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FollowingUp)
		d, err := w.Publish.ProposeAsPlanned(w.As(clerk), p.ID)
		must(t, err)
		if _, err := w.Publish.Do(w.As(chair), p.ID, d.Version, "schedule", publish.Input{On: "2026-03-12"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("scheduled for today: %v", err)
		}
		d, err = w.Publish.Do(w.As(chair), p.ID, d.Version, "schedule", publish.Input{On: "2026-03-20"})
		must(t, err)
		w.Go("2026-03-19")
		must(t, w.Publish.Release(context.Background()))
		if _, _, err := w.Publish.Public().Case(context.Background(), site(t, w), d.Code); !errs.Is(err, errs.NotFound) {
			t.Errorf("public a day early: %v", err)
		}
		w.Go("2026-03-20")
		must(t, w.Publish.Release(context.Background()))
		if _, _, err := w.Publish.Public().Case(context.Background(), site(t, w), d.Code); err != nil {
			t.Error(err)
		}
		verify(t, w)
	})
}

// Every step in every state: it is taken where the table has it, refused
// elsewhere.
func TestFlow(t *testing.T) {
	if err := publish.CheckGuards(); err != nil {
		t.Error(err)
	}
	w := apptest.New(t, db.SQLite)
	who := func(permission string) context.Context {
		if permission == publish.Decide {
			return w.As(chair)
		}
		return w.As(clerk)
	}
	in := publish.Input{Reason: "试一试", On: "2026-04-01"}
	flowtest.Walk(t, publish.Flow, func(t *testing.T, pair flowtest.Pair) {
		if pair.Step.System || pair.Action == "release" {
			return
		}
		for _, live := range []bool{false, true} {
			p := w.Play(proposal.FollowingUp)
			d, err := w.Publish.Start(w.As(clerk), p.ID)
			must(t, err)
			do := func(s flow.Step) {
				t.Helper()
				d, err = w.Publish.Do(who(s.Permission), p.ID, d.Version, s.Action, in)
				must(t, err)
			}
			if live {
				for _, action := range []string{"propose", "publish", "revise"} {
					s, err := publish.Flow.Find(d.State, action)
					must(t, err)
					do(s)
				}
			}
			avoid := []string{"drop"}
			if live && pair.State.ID == publish.Refused {
				continue // what is public is not refused but withdrawn
			}
			if !live && pair.State.ID == publish.Withdrawn {
				continue
			}
			path, ok := flowtest.Path(publish.Flow, pair.State.ID, avoid...)
			if !ok {
				t.Fatalf("no way to %s", pair.State.ID)
			}
			for _, s := range path {
				do(s)
			}
			before := d.Live
			permission := pair.Step.Permission
			for _, s := range publish.Flow.Steps {
				if s.Action == pair.Action {
					permission = s.Permission
				}
			}
			got, err := w.Publish.Do(who(permission), p.ID, d.Version, pair.Action, in)
			switch {
			case !pair.Allowed:
				flowtest.Refused(t, pair, err)
			case (pair.Action == "withdraw" || pair.Action == "drop") && before == 0, pair.Action == "refuse" && before > 0:
				if !errs.Is(err, errs.Conflict) {
					t.Errorf("live %v: %v", live, err)
				}
			default:
				must(t, err)
				if got.State != pair.Step.Next(pair.State.ID) {
					t.Errorf("is %s, want %s", got.State, pair.Step.To)
				}
			}
		}
	})
}

// Readers write, the office judges, the department answers; nobody else sees
// what is not approved, and nobody but the office a contact.
func TestComments(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		d := published(t, w)
		write := func(text string) error {
			return w.Publish.Comment(context.Background(), site(t, w), d.Code, publish.Reader{Name: "渠边人", Text: text, Contact: "wechat-secret-77", Device: "1.2.3.4"})
		}
		must(t, write("渠道两边能不能装护栏？"))
		must(t, write("请找13800138000的人"))
		if err := write("短"); !errs.Is(err, errs.Invalid) {
			t.Errorf("a short one: %v", err)
		}
		must(t, w.Publish.Comment(context.Background(), site(t, w), d.Code, publish.Reader{Text: "买药请点这里", Trap: "http://x"}))
		waiting, _, err := w.Publish.Comments(w.As(clerk), publish.Waiting, "")
		must(t, err)
		if len(waiting) != 2 || waiting[0].Contact != "wechat-secret-77" {
			t.Fatalf("waiting: %+v", waiting)
		}
		must(t, w.DB.Read(context.Background(), func(tx *db.Tx) error {
			all, err := db.Column[string](tx, `SELECT contact FROM open_comment WHERE tenant = $1`, w.Tenant)
			for _, c := range all {
				if strings.Contains(c, "secret") || c == "" {
					t.Errorf("the contact is kept as %q", c)
				}
			}
			return err
		}))
		if _, _, err := w.Publish.Comments(w.As("江承平"), publish.Waiting, ""); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a department reads the queue: %v", err)
		}
		if err := w.Publish.AnswerComment(w.As("江承平"), waiting[0].ID, "正在研究护栏方案"); !errs.Is(err, errs.NotFound) {
			t.Errorf("answered before it is approved: %v", err)
		}
		if err := w.Publish.Judge(w.As(clerk), waiting[1].ID, 0, true, ""); !errs.Is(err, errs.Conflict) {
			t.Errorf("one with a phone number is approved: %v", err)
		}
		must(t, w.Publish.Judge(w.As(clerk), waiting[1].ID, 0, false, "有电话号码"))
		must(t, w.Publish.Judge(w.As(clerk), waiting[0].ID, 0, true, ""))
		if err := w.Publish.AnswerComment(w.As("田会办"), waiting[0].ID, "正在研究护栏方案"); !errs.Is(err, errs.NotFound) {
			t.Errorf("another department answers: %v", err)
		}
		must(t, w.Publish.AnswerComment(w.As("江承平"), waiting[0].ID, "正在研究护栏方案"))
		_, public, err := w.Publish.Public().Case(context.Background(), site(t, w), d.Code)
		must(t, err)
		if len(public) != 1 || public[0].Contact != "" || public[0].Device != "" || len(public[0].Answers) != 1 || public[0].Answers[0].UnitName != "县水利局" {
			t.Errorf("public: %+v", public)
		}
		for range 3 {
			must(t, write("再说一次护栏的事"))
		}
		if err := write("再说一次护栏的事"); !errs.Is(err, errs.TooMany) {
			t.Errorf("the sixth of a day: %v", err)
		}
		must(t, w.Publish.RemoveAnswer(w.As(clerk), public[0].Answers[0].ID, "有误"))
		verify(t, w)
	})
}

// A request that is sent twice does nothing twice.
func TestReplay(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.FollowingUp)
	key := func(ctx context.Context) context.Context {
		return actor.WithRequest(ctx, actor.Request{Key: "key-12345678", Hash: "h"})
	}
	d, err := w.Publish.ProposeAsPlanned(key(w.As(clerk)), p.ID)
	must(t, err)
	again, err := w.Publish.ProposeAsPlanned(key(w.As(clerk)), p.ID)
	must(t, err)
	if again.Version != d.Version {
		t.Errorf("done twice: version %d and %d", d.Version, again.Version)
	}
}

// Whoever may decide is told, each once, and not who prepared it.
func TestDecidersAreTold(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Hire("柳再书", "clerk", "", "")
		p := w.Play(proposal.FollowingUp)
		_, err := w.Publish.ProposeAsPlanned(w.As("柳文书"), p.ID)
		must(t, err)
		var told []string
		must(t, w.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
			told, err = db.Column[string](tx, `SELECT p.name FROM notice n JOIN person p ON p.tenant = n.tenant AND p.id = n.person WHERE n.tenant = $1 AND n.kind = 'publish.to_decide' ORDER BY p.name`, w.Tenant)
			return err
		}))
		slices.Sort(told)
		if want := []string{"柳再书", "莫定安"}; !slices.Equal(told, want) {
			t.Errorf("told are %v, want %v", told, want)
		}
	})
}

// A long queue comes in pages that fit a phone: together they are all of it, and
// each leads to the one before.
func TestPagesOfAQueue(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	const all = 53
	for range all {
		w.Play(proposal.FeedbackOpen)
	}
	clerk := w.As("柳文书")
	whole, err := w.Publish.Whole(clerk, "candidates", 0, 1000)
	must(t, err)
	if len(whole.Lines) != all || !whole.First || whole.Next != "" {
		t.Fatalf("the whole queue has %d", len(whole.Lines))
	}
	var seen, begins []string
	for after := ""; ; {
		l, err := w.Publish.List(clerk, "candidates", 2026, after)
		must(t, err)
		if len(l.Lines) > 25 || l.First != (after == "") || !l.First && l.Prev != begins[len(begins)-2] {
			t.Errorf("after %q: %d lines, first %v, before it %q", after, len(l.Lines), l.First, l.Prev)
		}
		for _, x := range l.Lines {
			seen = append(seen, x.ID)
		}
		begins = append(begins, l.Next)
		if len(begins) == 1 {
			begins = []string{"", l.Next}
		}
		if after = l.Next; after == "" {
			break
		}
	}
	for i, x := range whole.Lines {
		if i >= len(seen) || seen[i] != x.ID {
			t.Fatalf("the pages have %d, and differ from the whole at %d", len(seen), i)
		}
	}
	page := w.Browser(t, "柳文书").Get("/publish?year=2026").Want(200).Contains("共 53 条", "下一页").Lacks("上一页")
	second := w.Browser(t, "柳文书").Get(page.Attr("a[rel=next]", "href")).Want(200).Contains("上一页", "下一页")
	if to := second.Attr("a[rel=prev]", "href"); to != "/publish?year=2026" {
		t.Errorf("back leads to %s", to)
	}
}
