package paperwork_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/blob"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/paper"
	"shangliang/internal/paperwork"
	"shangliang/internal/proposal"
)

var tags = regexp.MustCompile(`</w:p>|<[^>]*>`)

// read is what a Word file says, its header and its text.
func read(t *testing.T, b []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range []string{"word/header1.xml", "word/document.xml"} {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(tags.ReplaceAllStringFunc(string(part), func(tag string) string {
			if tag == "</w:p>" {
				return "\n"
			}
			return ""
		}))
	}
	return all.String()
}

func says(t *testing.T, d *paper.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := paper.DOCX(&b, d); err != nil {
		t.Fatal(err)
	}
	return read(t, b.Bytes())
}

// keys are the documents that somebody has of a case, "" for each if it is out
// of their reach; ids are left out.
func keys(t *testing.T, w *apptest.World, who, id string) string {
	t.Helper()
	_, all, err := w.Papers.Papers(w.As(who), id)
	if errs.Is(err, errs.NotFound) {
		return "-"
	}
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, p := range all {
		kinds = append(kinds, p.Kind)
	}
	return strings.Join(kinds, " ")
}

func draw(t *testing.T, w *apptest.World, who, id, kind string) string {
	t.Helper()
	_, all, err := w.Papers.Papers(w.As(who), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slices.Backward(all) { // of feedback the filled one, if there is one
		if p.Kind == kind {
			d, name, err := w.Papers.Draw(w.As(who), id, p.Key)
			if err != nil || name == "" {
				t.Fatal(name, err)
			}
			return says(t, d)
		}
	}
	t.Fatalf("%s has no %s", who, kind)
	return ""
}

func wants(t *testing.T, what, text string, has, lacks []string) {
	t.Helper()
	for _, s := range has {
		if !strings.Contains(text, s) {
			t.Errorf("%s does not say %q:\n%s", what, s, text)
		}
	}
	for _, s := range lacks {
		if strings.Contains(text, s) {
			t.Errorf("%s says %q", what, s)
		}
	}
}

// Who has which documents as a case goes its way, and what must not stand in
// them.
func TestPapersOfCase(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		const none = "-"
		for _, c := range []struct {
			state string
			want  map[string]string
		}{
			{proposal.Submitted, map[string]string{"余知秋": "form", "凌若谷": none, "柳文书": "form", "岳交之": none, "水清源": none, "严察微": none}},
			{proposal.Handling, map[string]string{"余知秋": "form", "凌若谷": none, "柳文书": "form handling", "岳交之": "form handling", "水清源": "form handling", "田会办": none}},
		} {
			p := w.Play(c.state)
			for who, want := range c.want {
				if got := keys(t, w, who, p.ID); got != want {
					t.Errorf("%s: %s has %q, want %q", c.state, who, got, want)
				}
			}
		}

		p := w.Play(proposal.FollowingUp)
		for who, want := range map[string]string{"余知秋": "form reply feedback feedback", "柳文书": "form handling reply feedback feedback", "水清源": "form handling reply feedback", "凌若谷": none, "田会办": none} {
			if got := keys(t, w, who, p.ID); got != want {
				t.Errorf("%s has %q, want %q", who, got, want)
			}
		}
		if _, _, err := w.Papers.Draw(w.As("凌若谷"), p.ID, "form"); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else draws the form: %v", err)
		}
		if _, _, err := w.Papers.Draw(w.As("余知秋"), p.ID, "handling"); !errs.Is(err, errs.NotFound) {
			t.Errorf("the proposer draws the handling sheet: %v", err)
		}
		wants(t, "the form", draw(t, w, "余知秋", p.ID, "form"), []string{"政协临川县委员会提案", p.Title, "第" + fmt.Sprint(p.CaseNo) + "号", "余知秋", "一、情况", "三、建议", "独办：县水利局", "本人撰写"}, []string{"纪审言", "莫定安", "satisfied"})
		wants(t, "the clerk's form", draw(t, w, "柳文书", p.ID, "form"), []string{"莫定安"}, nil)
		wants(t, "the reply", draw(t, w, "余知秋", p.ID, "reply"), []string{"县水利局", "临水提〔2026〕1号", "关于临川县政协九届五次会议第" + fmt.Sprint(p.CaseNo) + "号提案的答复", "余知秋委员：", "您的提案收悉。现答复如下……", "汛前完成清淤", "2026年5月31日", "联系人：江承平，联系电话：0000-1234567", "抄送：临川县政协提案委员会，县政府办督查室。", "2026年3月12日", "B"}, []string{"草稿"})
		wants(t, "the proposer's rating", draw(t, w, "余知秋", p.ID, "feedback"), []string{"■满意", "还应抓紧", "■承办单位与本人沟通过"}, nil)
		wants(t, "the department's form", draw(t, w, "水清源", p.ID, "feedback"), []string{"□满意", "签　　名"}, []string{"■", "还应抓紧"})
		wants(t, "the handling sheet", draw(t, w, "水清源", p.ID, "handling"), []string{"实地看了渠段", "领导签批", "临水提〔2026〕1号"}, []string{"满意"})
	})
}

// What somebody proposes may be short or long, with thirty co-signers and rare
// characters; what stands of a person's contacts goes to few.
func TestFormOfJoint(t *testing.T) {
	w := apptest.New(t, "sqlite")
	clerk := w.As("柳文书")
	text := w.Text()
	text.Kind, text.Title = proposal.Joint, "关于"+strings.Repeat("疏浚", 25)+"的提案"
	for i := range 30 {
		id, err := w.Org.SavePerson(actor.With(context.Background(), actor.System(w.Tenant)), org.Person{Name: fmt.Sprintf("𠮷㙓%02d", i), Active: true})
		if err != nil {
			t.Fatal(err)
		}
		text.Cosigners = append(text.Cosigners, id)
	}
	page, err := w.Org.Person(clerk, w.People["余知秋"])
	if err != nil {
		t.Fatal(err)
	}
	lead := *page.Person
	lead.Phone, lead.Post, lead.MemberNo = "13900000000", "临川县实验小学教师", "090101"
	if _, err := w.Org.SavePerson(actor.With(context.Background(), actor.System(w.Tenant)), lead); err != nil {
		t.Fatal(err)
	}
	p, err := w.Proposals.Create(w.As("余知秋"), text)
	if err != nil {
		t.Fatal(err)
	}
	form := draw(t, w, "余知秋", p.ID, "form")
	wants(t, "one's own form", form, []string{"𠮷㙓29（30人）", text.Title, "13900000000", "临川县实验小学教师", "090101"}, nil)
	d, _, err := w.Papers.Draw(w.As("余知秋"), p.ID, "form")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Papers.Ready(); err != nil {
		t.Skip(err)
	}
	if err := w.Papers.Write(io.Discard, document.PDF, d); err != nil {
		t.Errorf("as PDF: %v", err)
	}
	filed := w.Play(proposal.Handling)
	wants(t, "the department's form", draw(t, w, "水清源", filed.ID, "form"), []string{"临川县实验小学教师"}, []string{"13900000000"})
	wants(t, "the dispatcher's form", draw(t, w, "岳交之", filed.ID, "form"), []string{"13900000000"}, nil)
}

func TestHanded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		session, err := w.Org.CurrentSession(w.As("柳文书"))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Papers.Handed(w.As("岳交之"), session.ID, ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("an empty list: %v", err)
		}
		first := w.Play(proposal.Dispatched)
		text := w.Text()
		text.Title = "关于整治临川县西门市场的提案"
		second := w.PlayText(proposal.Filed, text)
		if second, err = w.Proposals.Do(w.As("岳交之"), second.ID, second.Version, "dispatch", proposal.Input{Reason: "请协同办理",
			Units: []proposal.UnitRole{{Unit: w.Bodies["县农业农村局"], Role: proposal.Host}, {Unit: w.Bodies["县水利局"], Role: proposal.CoHandler}}}); err != nil {
			t.Fatal(err)
		}
		d, name, err := w.Papers.Handed(w.As("岳交之"), session.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		wants(t, name, says(t, d), []string{"承办单位：县水利局（共2件）", "承办单位：县农业农村局（共1件）", first.Title, "请协同办理", "会办", "主办", "签收人："}, nil)
		d, name, err = w.Papers.Handed(w.As("田会办"), session.ID, w.Bodies["县水利局"]) // whatever is asked for, a department gets its own
		if err != nil || name != "九届五次提案交办表（县农业农村局）" {
			t.Fatal(name, err)
		}
		wants(t, name, says(t, d), []string{second.Title, "县水利局"}, []string{first.Title, "县水利局（共"})
		if _, _, err := w.Papers.Handed(w.As("凌若谷"), session.ID, ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("somebody else: %v", err)
		}
		if _, _, err := w.Papers.Handed(w.Neighbour().As("岳交之"), session.ID, ""); !errs.Is(err, errs.NotFound) {
			t.Errorf("another place: %v", err)
		}
	})
}

func file(t *testing.T, w *apptest.World, ctx context.Context, id string) string {
	t.Helper()
	r, content, err := w.Papers.OpenFile(ctx, id)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer content.Close()
	b, err := io.ReadAll(content)
	if err != nil || int64(len(b)) != r.Size {
		t.Fatalf("%d bytes of %d, %v", len(b), r.Size, err)
	}
	return read(t, b)
}

// A collection is made as who asked sees the cases, fetched by them alone, and
// thrown away after a week; every act is in the ledger.
func TestRun(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		done := w.Play(proposal.FollowingUp)
		text := w.Text()
		text.Title = "关于整治临川县西门市场的提案"
		fresh := w.PlayText(proposal.Submitted, text)
		ask := func(ctx context.Context, o paperwork.Order) string {
			t.Helper()
			id, err := w.Papers.Ask(ctx, o)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		keyed := actor.WithRequest(w.As("柳文书"), actor.Request{Key: "k1", Hash: "h"})
		all := paperwork.Order{Kind: paperwork.Collection, Format: document.DOCX, Replies: true}
		id := ask(keyed, all)
		if again := ask(keyed, all); again != id {
			t.Errorf("the same request made another run")
		}
		if _, _, err := w.Papers.OpenFile(w.As("柳文书"), id); !errs.Is(err, errs.Conflict) {
			t.Errorf("before it is made: %v", err)
		}
		if err := w.Papers.Make(context.Background(), w.Tenant, id); err != nil {
			t.Fatal(err)
		}
		if err := w.Papers.Make(context.Background(), w.Tenant, id); err != nil {
			t.Errorf("made twice: %v", err)
		}
		r, err := w.Papers.Run(w.As("柳文书"), id)
		if err != nil || r.State != paperwork.Ready || r.Done != 2 || r.Total != 2 || r.Title != "临川县政协提案及答复汇编" {
			t.Fatalf("%+v, %v", r, err)
		}
		wants(t, "the collection", file(t, w, w.As("柳文书"), id), []string{"（共2件）", done.Title, fresh.Title, "您的提案收悉。现答复如下……", "三、建议"}, []string{"还应抓紧", "基本满意"})
		for name, ctx := range map[string]context.Context{"a colleague": w.As("纪审言"), "the department": w.As("水清源"), "another place": w.Neighbour().As("柳文书")} {
			if _, _, err := w.Papers.OpenFile(ctx, id); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s fetches it: %v", name, err)
			}
			if err := w.Papers.Remove(ctx, id); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s throws it away: %v", name, err)
			}
		}

		// A department's holds its own cases only; a catalogue is rows.
		own := ask(w.As("水清源"), paperwork.Order{Kind: paperwork.Catalogue, Format: document.DOCX, Title: "本单位承办提案目录"})
		if err := w.Papers.Make(context.Background(), w.Tenant, own); err != nil {
			t.Fatal(err)
		}
		wants(t, "the department's catalogue", file(t, w, w.As("水清源"), own), []string{"本单位承办提案目录", done.Title, "（共1件）", "正在解决"}, []string{fresh.Title})

		// A program with fewer permissions gets no more than it has.
		a, _ := actor.From(w.As("柳文书"))
		narrow := actor.With(context.Background(), a.Allowing(map[string]bool{paperwork.Collect: true}))
		less := ask(narrow, paperwork.Order{Kind: paperwork.Catalogue, Format: document.DOCX})
		if err := w.Papers.Make(context.Background(), w.Tenant, less); err != nil {
			t.Fatal(err)
		}
		wants(t, "what a program gets", file(t, w, narrow, less), []string{"没有符合条件的提案"}, []string{done.Title})

		for what, o := range map[string]paperwork.Order{"kind": {Kind: "x", Format: document.DOCX}, "format": {Kind: paperwork.Catalogue, Format: document.XLSX}, "heading": {Kind: paperwork.Catalogue, Format: document.DOCX, Title: strings.Repeat("长", 61)}} {
			if _, err := w.Papers.Ask(w.As("柳文书"), o); !errs.Is(err, errs.Invalid) {
				t.Errorf("a wrong %s: %v", what, err)
			}
		}
		if _, err := w.Papers.Ask(w.As("严察微"), all); !errs.Is(err, errs.Forbidden) {
			t.Errorf("who reads no proposals asks: %v", err)
		}
		for range 3 {
			ask(w.As("凌若谷"), all)
		}
		if _, err := w.Papers.Ask(w.As("凌若谷"), all); !errs.Is(err, errs.Conflict) {
			t.Errorf("a fourth at once: %v", err)
		}

		// After a week everything is gone, and nothing was done behind the ledger.
		w.Wait(8 * 24 * time.Hour)
		if err := w.Papers.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Papers.Run(w.As("柳文书"), id); !errs.Is(err, errs.NotFound) {
			t.Errorf("after a week: %v", err)
		}
		if n, err := blob.Verify(context.Background(), w.Papers.Files(), func(string, error) {}); err != nil || n != 0 {
			t.Errorf("%d files are left (%v)", n, err)
		}
		if _, err := ledger.Seal(context.Background(), w.DB, w.Key); err != nil {
			t.Fatal(err)
		}
		report, err := ledger.Verify(context.Background(), w.DB, ledger.Proof{Keys: []string{w.Key.Verifier()}})
		if err != nil || !report.OK() {
			t.Errorf("%v, %+v", err, report)
		}
	})
}

// The queue makes what was asked for, and tells who asked.
func TestRunByTheQueue(t *testing.T) {
	w := apptest.New(t, "sqlite")
	w.Play(proposal.Filed)
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	id, err := w.Papers.Ask(w.As("柳文书"), paperwork.Order{Kind: paperwork.Catalogue, Format: document.DOCX})
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		r, err := w.Papers.Run(w.As("柳文书"), id)
		if err != nil {
			t.Fatal(err)
		}
		if r.State == paperwork.Ready {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("still %s: %s", r.State, r.Problem)
		}
	}
	wants(t, "the catalogue", file(t, w, w.As("柳文书"), id), []string{"提案目录", "（共1件）"}, nil)
}

// Who holds the role no more gets nothing made in it; the reason is told.
func TestRunAfterTheRoleEnded(t *testing.T) {
	w := apptest.New(t, "sqlite")
	w.Play(proposal.Submitted)
	id, err := w.Papers.Ask(w.As("纪审言"), paperwork.Order{Kind: paperwork.Catalogue, Format: document.DOCX})
	if err != nil {
		t.Fatal(err)
	}
	late := w.As("纪审言")
	page, err := w.Org.Person(actor.With(context.Background(), actor.System(w.Tenant)), w.People["纪审言"])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Org.EndGrant(actor.With(context.Background(), actor.System(w.Tenant)), page.Grants[0].ID, page.Grants[0].Version, ""); err != nil {
		t.Fatal(err)
	}
	if err := w.Papers.Make(context.Background(), w.Tenant, id); err != nil {
		t.Fatal(err)
	}
	r, err := w.Papers.Run(late, id)
	if err != nil || r.State != paperwork.Failed || !strings.Contains(r.Problem, "身份已经变更") {
		t.Errorf("%+v, %v", r, err)
	}
}

// Many cases are one job that tells how far it has come.
func TestRunOfMany(t *testing.T) {
	if testing.Short() {
		t.Skip("writes many proposals")
	}
	w := apptest.New(t, "sqlite")
	const n = 150
	for i := range n {
		text := w.Text()
		text.Title = fmt.Sprintf("关于第%d件事的提案", i)
		text.Situation = strings.Repeat("渠道多年未清淤，去年汛期两次漫堤。", 30)
		p, err := w.Proposals.Create(w.As("余知秋"), text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Proposals.Do(w.As("余知秋"), p.ID, p.Version, "submit", proposal.Input{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range paperwork.Formats {
		if format == document.PDF && w.Papers.Ready() != nil {
			continue
		}
		ctx := w.As("柳文书")
		id, err := w.Papers.Ask(ctx, paperwork.Order{Kind: paperwork.Collection, Format: format})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		stop := make(chan bool)
		go func() {
			for {
				select {
				case <-stop:
					close(stop)
					return
				case <-time.After(2 * time.Millisecond):
					if r, err := w.Papers.Run(ctx, id); err == nil {
						seen[r.Done] = true
					}
				}
			}
		}()
		start := time.Now()
		if err := w.Papers.Make(context.Background(), w.Tenant, id); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		stop <- true
		<-stop
		r, err := w.Papers.Run(ctx, id)
		if err != nil || r.State != paperwork.Ready || r.Done != n || len(seen) < 4 {
			t.Errorf("%s: %+v, %v, progress %v", format, r, err, seen)
		}
		t.Logf("%s of %d: %v, %d bytes", format, n, took, r.Size)
	}
}
