package regional_test

import (
	"context"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/regional"
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

func read(t testing.TB, w *apptest.World, who, id string) *regional.View {
	t.Helper()
	v, err := w.Regional.Get(w.As(who), id)
	check(t, err)
	return v
}

// third is a tenant that takes no part.
func third(t testing.TB, w *apptest.World) context.Context {
	t.Helper()
	var upper string
	check(t, w.DB.Read(w.As("柳文书"), func(tx *db.Tx) error {
		own, err := org.TenantOf(tx, w.Tenant)
		upper = own.Parent
		return err
	}))
	f := org.Founding{Tenant: org.Tenant{Code: "qs", Name: "政协青山县委员会", ShortName: "青山县政协", Level: org.County, Region: "青山县"},
		Term: org.Term{No: 9, From: "2022-01-10"}, Session: org.Session{No: 5, OpensOn: "2026-02-24", ClosesOn: "2026-02-27"}, Admin: org.Person{Name: "旁观者"}}
	id, _, err := w.Org.CreateTenant(actor.With(context.Background(), actor.System(upper)), f)
	check(t, err)
	a := actor.Actor{Tenant: id, Person: "nobody", Role: "clerk", Channel: "cli"}
	return actor.With(context.Background(), a.Allowing(w.Org.Roles().Of("clerk")))
}

// Two conferences of the platform and one outside, from the invitation to what a
// ministry took up: each approves by its own officer, and a new version of the text
// asks all of them again.
func TestJoint(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		o := w.Neighbour()
		_, err := w.Regional.Begin(w.As("余知秋"), "流域共治", []string{"望溪县政协"})
		wantKind(t, err, errs.Forbidden)
		_, err = w.Regional.Begin(w.As("柳文书"), "流域共治", []string{"临川县政协", " "})
		wantKind(t, err, errs.Invalid) // only itself
		id, err := w.Regional.Begin(w.As("柳文书"), "关于三地文旅线路共推的联名提案", []string{"政协望溪县委员会", "远山市政协", "望溪县政协"})
		check(t, err)
		v := read(t, w, "柳文书", id)
		if len(v.Partners) != 3 || v.Partners[1].Partner != o.Tenant || v.Partners[2].Partner != "" || v.Partners[0].Partner != w.Tenant {
			t.Fatalf("partners %+v", v.Partners)
		}
		if n, err := o.Notices.Count(o.As("柳文书")); err != nil || n != 1 {
			t.Errorf("the partner has %d notices, %v", n, err)
		}
		version := func() int { return read(t, w, "柳文书", id).Version }
		wantKind(t, w.Regional.Approve(w.As("莫定安"), id, version(), 0), errs.Conflict) // nothing to approve

		// Either writes; a partner's clerk under the partner's own tenant.
		check(t, w.Regional.Revise(w.As("柳文书"), id, version(), "关于共推线路的提案", "第一稿的正文", ""))
		seen := version()
		check(t, o.Regional.Revise(o.As("柳文书"), id, version(), "关于共推线路的提案", "第二稿的正文", "补充望溪的数据"))
		wantKind(t, w.Regional.Revise(w.As("柳文书"), id, seen, "x", "y", ""), errs.Conflict)
		wantKind(t, w.Regional.Approve(w.As("莫定安"), id, version(), 1), errs.Conflict) // the old text
		wantKind(t, w.Regional.Approve(w.As("柳文书"), id, version(), 2), errs.Forbidden)
		check(t, w.Regional.Approve(w.As("莫定安"), id, version(), 2))
		check(t, o.Regional.Approve(o.As("高望舒"), id, version(), 2))
		wantKind(t, w.Regional.Submit(w.As("柳文书"), id, version(), "全国政协", org.Nation, "", "2026-03-12"), errs.Conflict) // one is missing
		wantKind(t, o.Regional.ApproveFor(o.As("柳文书"), id, version(), 2, 2, "邱", "来函"), errs.Forbidden)                 // not theirs to record
		wantKind(t, w.Regional.ApproveFor(w.As("柳文书"), id, version(), 1, 2, "邱", "来函"), errs.Invalid)                   // it is on the platform
		check(t, w.Regional.ApproveFor(w.As("柳文书"), id, version(), 2, 2, "邱望远", "远政函〔2026〕3号"))
		if v := read(t, w, "柳文书", id); v.State != regional.Agreed || v.Partners[1].Officer != "高望舒" {
			t.Fatalf("%s %+v", v.State, v.Partners[1])
		}
		check(t, w.Regional.Revise(w.As("柳文书"), id, version(), "关于共推线路的提案", "第三稿的正文", "改错字"))
		if v := read(t, w, "柳文书", id); v.State != regional.Drafting {
			t.Fatal("approvals of the old text still count")
		}
		check(t, w.Regional.Approve(w.As("莫定安"), id, version(), 3))
		check(t, o.Regional.Approve(o.As("莫定安"), id, version(), 3))
		check(t, w.Regional.ApproveFor(w.As("柳文书"), id, version(), 2, 3, "邱望远", "远政函〔2026〕4号"))

		wantKind(t, o.Regional.Submit(o.As("柳文书"), id, version(), "全国政协", org.Nation, "", "2026-03-12"), errs.Forbidden)
		wantKind(t, w.Regional.Submit(w.As("柳文书"), id, version(), "全国政协", "moon", "", "2026-03-32"), errs.Invalid)
		check(t, w.Regional.Submit(w.As("柳文书"), id, version(), "全国政协", org.Nation, "临政发〔2026〕1号", "2026-03-12"))
		wantKind(t, w.Regional.Revise(w.As("柳文书"), id, version(), "x", "y", ""), errs.Conflict)
		wantKind(t, w.Regional.Cancel(w.As("柳文书"), id, version()), errs.Conflict)
		check(t, w.Regional.Stand(w.As("柳文书"), id, version(), "key", "", "2026-03-12"))
		wantKind(t, o.Regional.Adopt(o.As("柳文书"), id, version(), "文化和旅游部", "线路共推", "", "2026-03-12"), errs.Invalid) // no evidence
		check(t, o.Regional.Adopt(o.As("柳文书"), id, version(), "文化和旅游部", "线路共推纳入规划", "文旅函〔2026〕8号", "2026-03-12"))

		// Each partner counts it; who takes no part does not.
		for _, p := range []*apptest.World{w, o} {
			rep, err := p.Figures.Compute(p.As("柳文书"), figure.Request{Year: 2026, IDs: []string{"regional.submitted", "regional.key", "regional.adopted"}})
			check(t, err)
			for _, f := range rep.Values {
				if f.Amount != 1 {
					t.Errorf("%s: %s is %d", p.Region, f.Def.ID, f.Amount)
				}
			}
			rec, err := p.Figures.Records(p.As("柳文书"), "regional.submitted", figure.Request{Year: 2026})
			check(t, err)
			if len(rec.Records) != 1 || rec.Records[0].Hidden {
				t.Errorf("records %+v", rec.Records)
			}
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

// A partner reads the shared record and nothing else of the other; a third finds
// nothing, by any page or operation.
func TestNothingElseIsShared(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	o := w.Neighbour()
	outsider := third(t, w)
	id, err := w.Regional.Begin(w.As("柳文书"), "流域共治的联名提案", []string{"望溪县政协"})
	check(t, err)
	check(t, w.Regional.Revise(w.As("柳文书"), id, 1, "关于流域共治的提案", "正文", ""))
	private, err := w.Regional.Begin(w.As("柳文书"), "与平台外的联名提案", []string{"远山市政协"})
	check(t, err)

	_, err = w.Regional.Get(outsider, id)
	wantKind(t, err, errs.NotFound)
	wantKind(t, w.Regional.Revise(outsider, id, 2, "x", "y", ""), errs.NotFound)
	all, err := w.Regional.List(outsider)
	check(t, err)
	if len(all) != 0 {
		t.Errorf("a third sees %d", len(all))
	}
	_, err = o.Regional.Get(o.As("柳文书"), private)
	wantKind(t, err, errs.NotFound)

	b := o.Browser(t, "柳文书")
	own := map[string]bool{}
	for _, p := range w.People {
		own[p] = true
	}
	for _, x := range w.Bodies {
		own[x] = true
	}
	own[w.Tenant] = true
	for _, path := range []string{"/regional", "/regional/" + id, "/regional/" + id + "/text", "/regional/" + id + "/text/1", "/api/v1/joint-proposals", "/api/v1/joint-proposals/" + id, "/figures/regional.submitted?year=2026"} {
		a := b.Get(path).Want(200)
		for x := range own {
			if strings.Contains(a.Body, x) {
				t.Errorf("%s holds the id %s of the other tenant", path, x)
			}
		}
		if strings.Contains(a.Body, "与平台外的联名提案") {
			t.Errorf("%s shows what is not shared", path)
		}
	}
	b.Get("/regional/" + private).Want(404)
	for _, who := range []string{"余知秋", "水清源", "严察微", "岳交之"} {
		o.Browser(t, who).Get("/regional/" + id).Want(403)
	}
}

// The pages take it from the beginning to the approval.
func TestPages(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	b := w.Browser(t, "柳文书")
	b.Get("/regional").Want(200).Contains("还没有跨区域联名提案", "发起联名")
	form := b.Get("/regional/new").Want(200)
	b.Submit(form, "form#f", "topic", "流域共治", "partners", "").Want(422).Contains("请至少写一个联名的政协", "流域共治")
	text := b.Follow(b.Submit(form, "form#f", "topic", "流域共治", "partners", "远山市政协\n近水县政协").Want(303)).Want(200).Contains("起草第1稿")
	b.Follow(b.Submit(text, "form#f", "title", "关于流域共治的提案", "body", "正文").Want(303)).Want(200).Contains("远山市政协（平台外）", "未审定", "登记远山市政协的审定")
	b.Submit(text, "form#f", "title", "别人的", "body", "旧版上的修改").Want(409).Contains("别人刚刚保存了第1稿", "旧版上的修改")
}
