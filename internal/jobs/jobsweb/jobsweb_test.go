package jobsweb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/jobs"
	"shangliang/internal/web/webtest"
)

// failing is an error that is longer than a cell.
var failing = "no paper <b>" + strings.Repeat("x", 100)

// work adds jobs and lets them be done once.
func work(t *testing.T, w *apptest.World) {
	t.Helper()
	w.Jobs.Register(
		jobs.Job{Kind: "test.print", MaxAttempts: 1, Work: func(context.Context, json.RawMessage) error { return errors.New(failing) }},
		jobs.Job{Kind: "test.count", Work: func(context.Context, json.RawMessage) error { return nil }})
	ctx := actor.With(context.Background(), actor.System(w.Tenant))
	if err := w.DB.Write(ctx, func(tx *db.Tx) error {
		return errors.Join(w.Jobs.Add(tx, "test.print", 1), w.Jobs.Add(tx, "test.count", 2),
			w.Jobs.Add(tx, "test.count", 3, jobs.At(time.Now().AddDate(1, 0, 0))))
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Jobs.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		counts, err := w.Jobs.Counts(ctx)
		if err != nil || time.Now().After(end) {
			t.Fatal(err, counts)
		}
		seen := map[string]int{}
		for _, c := range counts {
			seen[fmt.Sprint(c.Kind, " ", c.State)] = c.N
		}
		if seen["test.print discarded"] == 1 && seen["test.count completed"] == 1 {
			break
		}
	}
	if err := w.Jobs.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestJobs(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	c := w.Browser(t, "管一平")
	c.Get("/jobs").Want(200).Contains("没有任务")
	work(t, w)
	page := c.Get("/jobs").Want(200).Contains("test.print", "失败", "定时", "已完成", "1 / 1", "no paper &lt;b&gt;").Lacks("<b>x")
	if n := len(page.Select("details")); n == 0 {
		t.Error("the whole error is not there")
	}
	c.Get("/jobs?state=discarded").Want(200).Contains("no paper").Lacks("定时</span>")
	c.Get("/jobs?kind=test.count").Want(200).Lacks("no paper")
	c.Get("/jobs?state=none").Want(404)

	// A failed job is done again, one that waits is given up.
	failed := c.Get("/jobs?state=discarded").Want(200)
	again := c.Submit(failed, "main td form").Want(303)
	if to := again.Header.Get("Location"); to != "/jobs?state=discarded" {
		t.Errorf("goes on to %s", to)
	}
	c.Follow(again).Contains("任务将马上重做", "没有任务")
	waiting := c.Get("/jobs?state=scheduled").Want(200)
	act := ""
	for _, f := range waiting.Select("main td form") {
		for _, a := range f.Attr {
			if a.Key == "action" && strings.HasSuffix(a.Val, "/discard") {
				act = a.Val
			}
		}
	}
	c.Follow(c.PostForm(act).Want(303)).Contains("任务已放弃", "已放弃")
	c.PostForm(act).Want(303) // it has ended: nothing is done, and nothing recorded
	recorded := func() (all []string) {
		if err := w.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
			all, err = db.Column[string](tx, `SELECT action || ' ' || from_state || ' ' || kind FROM ledger_entry WHERE tenant = $1 AND action LIKE 'job.%' AND role = 'admin' ORDER BY id`, w.Tenant)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := fmt.Sprint(recorded()); got != "[job.retry discarded job job.discard scheduled job]" {
		t.Errorf("recorded are %s", got)
	}
	c.Get("/audit").Want(200).Contains("重做后台任务", "放弃后台任务")
	c.PostForm("/jobs/999999/retry").Want(404)
	c.PostForm("/jobs/x/retry").Want(404)

	for _, name := range []string{"余知秋", "柳文书"} {
		other := w.Browser(t, name)
		other.Get("/jobs").Want(403)
		other.PostForm(act).Want(403)
		other.Get("/").Want(200).Lacks(`href="/jobs"`)
	}
	c.Get("/").Want(200).Contains(`href="/jobs"`)

	// Neither the tenant above nor the one beside sees or moves anything.
	for _, other := range []*webtest.Client{w.Keeper(t), w.Neighbour().Browser(t, "管一平")} {
		other.Get("/jobs").Want(200).Lacks("test.print", "test.count", "no paper")
		other.PostForm(act).Want(404)
		other.PostForm(strings.TrimSuffix(act, "discard") + "retry").Want(404)
	}
}

func TestREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	work(t, w)
	c := w.Browser(t, "管一平")
	var page struct {
		Items []struct {
			ID          int64
			Kind, State string
			LastError   string `json:"last_error"`
		}
		Next string
	}
	c.Get("/api/v1/jobs?limit=2").Want(200).Decode(&page)
	if len(page.Items) != 2 || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	next := page.Next
	page.Next, page.Items = "", nil
	c.Get("/api/v1/jobs?limit=2&cursor=" + next).Want(200).Decode(&page)
	if len(page.Items) != 1 || page.Next != "" || page.Items[0].LastError != failing {
		t.Fatalf("%+v", page)
	}
	c.Get("/api/v1/jobs?cursor=x").Want(422)
	c.JSON("POST", fmt.Sprintf("/api/v1/jobs/%d/retry", page.Items[0].ID), nil).Want(204)
	c.Get("/api/v1/jobs?state=available").Want(200).Contains("test.print")
	w.Browser(t, "余知秋").Get("/api/v1/jobs").Want(403)
}

func TestRounds(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	c := w.Keeper(t)
	w.Jobs.Repeat(jobs.Every{Name: "clock.tick", Interval: time.Hour, Work: func(context.Context) error { return nil }},
		jobs.Every{Name: "test.broken", Interval: 10 * time.Millisecond, Work: func(context.Context) error { return errors.New("the disk is full") }})
	c.Get("/jobs").Want(200).Contains("检查期限、发出提醒", "1 小时", "还没有进行过")
	w.Browser(t, "管一平").Get("/jobs").Want(200).Lacks("检查期限、发出提醒", "反复进行的工作") // of the installation
	if err := w.Jobs.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if strings.Contains(c.Get("/jobs").Want(200).Body, "the disk is full") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a failed round is not shown")
		}
	}
	if err := w.Jobs.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}
