package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/doctor"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

// seen waits until the last examination of the tenant has ended.
func seen(t *testing.T, w *apptest.World) *doctor.Visit {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		v, err := w.Desk.Last(w.As("管一平"))
		must(t, err)
		if v != nil && !v.Open() {
			return v
		}
		if time.Now().After(end) {
			t.Fatalf("the visit does not end: %+v", v)
		}
	}
}

// entries counts the ledger entries of an action in a tenant.
func entries(t *testing.T, w *apptest.World, action string) (n int) {
	t.Helper()
	must(t, w.DB.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Get(`SELECT COUNT(*) FROM ledger_entry WHERE tenant = $1 AND action = $2`, []any{w.Tenant, action}, &n)
	}))
	return n
}

// lame takes the clock of a case away, so that there is something to mend.
func lame(t *testing.T, w *apptest.World, p *proposal.Proposal) {
	t.Helper()
	must(t, w.DB.Write(actor.With(context.Background(), actor.System(w.Tenant)), func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM clock WHERE kind = 'assignment.reply' AND object_id IN (SELECT id FROM assignment WHERE proposal = $1)`, p.ID)
		return err
	}))
}

// The keeper of a tenant has its own records examined and mends what they choose;
// nothing of a neighbour is found, nothing of the neighbour is mended.
func TestDoctorDesk(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		other := w.Neighbour()
		first, second := w.Play(proposal.Handling), w.Play(proposal.Handling)
		theirs := other.Play(proposal.Handling)
		must(t, w.SealAll(context.Background()))
		must(t, w.Jobs.Start(context.Background()))
		defer w.Jobs.Stop(context.Background())

		keeper := w.As("管一平")
		if v, err := w.Desk.Last(keeper); err != nil || v != nil {
			t.Fatalf("before any examination: %+v, %v", v, err)
		}
		for _, who := range []string{"柳文书", "高望舒", "严察微"} {
			if err := w.Desk.Examine(w.As(who)); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s may examine: %v", who, err)
			}
		}
		must(t, w.Desk.Examine(keeper))
		if v := seen(t, w); v.State != doctor.Ended || len(v.Found) > 0 || v.Done != v.Total || v.Total < 8 {
			t.Fatalf("a healthy tenant: %+v", v)
		}
		for _, p := range []*proposal.Proposal{first, second, theirs} {
			lame(t, w, p)
		}
		must(t, w.Desk.Examine(keeper))
		v := seen(t, w)
		if len(v.Found) != 2 || v.Found[0].Check != "assignment.without_clock" || strings.Contains(v.Found[0].Name, "排洪渠") {
			t.Fatalf("found %+v", v.Found)
		}
		for _, chosen := range [][]int{nil, {2}, {-1}} {
			if err := w.Desk.Mend(keeper, v.ID, chosen); !errs.Is(err, errs.Invalid) {
				t.Errorf("%v is taken: %v", chosen, err)
			}
		}
		if err := w.Desk.Mend(keeper, "older", []int{0}); !errs.Is(err, errs.Conflict) {
			t.Errorf("an older examination is taken: %v", err)
		}
		if err := w.Desk.Mend(other.As("管一平"), v.ID, []int{0}); !errs.Is(err, errs.NotFound) {
			t.Errorf("a neighbour mends: %v", err)
		}
		key := actor.WithRequest(keeper, actor.Request{Key: "mend-1", Hash: "x"})
		must(t, w.Desk.Mend(key, v.ID, []int{1, 1}))
		v = seen(t, w)
		if v.State != doctor.Ended || v.Found[0].Mended || !v.Found[1].Mended || v.Total != 1 {
			t.Errorf("after mending one: %+v", v.Found)
		}
		must(t, w.Desk.Mend(key, v.ID, []int{1})) // the same request again
		if n := entries(t, w, "doctor.mend"); n != 1 {
			t.Errorf("%d entries of mending", n)
		}
		if n := entries(t, w, "doctor.consent"); n != 1 {
			t.Errorf("%d entries of consent", n)
		}
		all, err := w.Doctor().Examine(context.Background())
		must(t, err)
		if len(all) != 2 { // one of ours, and the neighbour's
			t.Errorf("left are %+v", all)
		}
		must(t, w.SealAll(context.Background()))
	})
}

// The page says what there is to do before, while and after; on the way it asks
// for its next state.
func TestDoctorPage(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Handling)
	lame(t, w, p)
	b := w.Browser(t, "管一平")
	page := b.Get("/doctor").Want(200).Contains("还没有检查过")
	page = b.Follow(b.Submit(page, `form[action="/doctor/examine"]`).Want(303)).Want(200).Contains("正在检查", `hx-get="/doctor/state"`)
	b.Get("/doctor/state").Want(200)
	b.PostForm("/doctor/examine").Want(409).Contains("请等它完成")
	must(t, w.Jobs.Start(context.Background()))
	defer w.Jobs.Stop(context.Background())
	seen(t, w)
	b.Get("/doctor/state").Want(204)
	page = b.Get("/doctor").Want(200).Contains("办理中的承办任务没有期限", "按交办之日重新计算期限", "1项待修复")
	b.Follow(b.Submit(page, `form[action="/doctor/mend"]`, "id", "0", "mend", "yes").Want(303)).Want(200)
	seen(t, w)
	b.Get("/doctor").Want(200).Contains("已修复")
	b.Get("/api/v1/doctor").Want(200).Contains(`"mended":true`)
	w.Browser(t, "柳文书").Get("/doctor").Want(403)
	b.Get("/audit").Want(200).Contains("同意修复记录")
}
