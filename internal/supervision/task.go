package supervision

import (
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/notify"
	"shangliang/internal/org"
)

// assign makes a task with its clock.
func assign(w *work) error {
	t := &Task{Tenant: w.Tenant, ID: db.NewID(), Event: w.ID, Proposal: w.in.Proposal, Unit: w.in.Unit, Person: w.in.Person, Text: w.in.Text, CreatedAt: db.At(w.tx.Now()), State: "open", Version: 1}
	var f errs.Fields
	f.Check((t.Unit == "") != (t.Person == ""), "unit", "请选择责任单位或者责任人")
	if t.Unit != "" {
		b, err := org.BodyOf(w.tx, w.Tenant, t.Unit)
		f.Check(err == nil && b.Kind == "department" && b.Active, "unit", "请从列出的选项中选择")
	}
	if t.Person != "" {
		_, err := org.PersonOf(w.tx, w.Tenant, t.Person)
		f.Check(err == nil, "person", "请选择名册中的人员")
	}
	f.Check(t.Proposal == "" || slices.Contains(w.cases, t.Proposal), "proposal", "请从列出的选项中选择")
	f.Check(w.in.DueOn == "" || w.in.DueOn > w.today, "due_on", "完成日期必须晚于今天")
	if err := f.Err(); err != nil {
		return err
	}
	c, err := w.s.clocks.Start(w.tx, clock.Clock{Tenant: w.Tenant, Kind: "supervision.task", Title: "跟踪事项", Subject: w.Title, Object: "supervision_task", ObjectID: t.ID,
		Link: "/supervision/" + w.ID + "#task-" + t.ID, Holder: t.holders(), RuleVersion: w.rules.N, Term: w.rules.Term("supervision.task"), Until: w.in.DueOn})
	if err != nil {
		return err
	}
	t.DueOn = c.DueOn
	if _, err := w.tx.Exec(`INSERT INTO supervision_task (`+strings.ReplaceAll(taskColumns, "t.", "")+`) VALUES (`+db.Marks(16)+`)`,
		t.Tenant, t.ID, t.Event, t.Proposal, t.Unit, t.Person, t.Text, t.DueOn, t.CreatedAt, t.State, t.Report, t.ReportedAt, t.Answer, t.DecidedBy, t.DecidedAt, t.Version); err != nil {
		return err
	}
	w.tasks = append(w.tasks, t)
	w.rows = append(w.rows, t.row(), c.Row())
	w.note("task", t.ID)
	return nil
}

// holders are who has to do a task.
func (t *Task) holders() []clock.Holder {
	if t.Person != "" {
		return clock.Persons(t.Person)
	}
	return []clock.Holder{{Role: "unit_clerk", Body: t.Unit}, {Role: "unit_officer", Body: t.Unit}, {Role: "unit_leader", Body: t.Unit}}
}

// Report says of a task that it is done; its owner says so. Wants
// supervision.report.
func (s *Service) Report(ctx context.Context, event, task string, version int, text string) error {
	return s.onTask(ctx, event, task, version, "report", text, func(w *work, t *Task) error {
		if !(t.Unit != "" && w.a.Body == t.Unit || t.Person != "" && w.a.Person == t.Person) {
			return actor.Denied
		}
		if t.State != "open" {
			return errs.New(errs.Conflict, "这项事项已经报告过")
		}
		t.State, t.Report, t.ReportedAt, t.Answer = "reported", han.Tidy(text), db.At(w.tx.Now()), ""
		return nil
	})
}

// Accept decides that a task is done, or with accept false that it is not, which
// gives it back to its owner. Wants supervision.manage.
func (s *Service) Accept(ctx context.Context, event, task string, version int, accept bool, answer string) error {
	action := "accept"
	if !accept {
		action = "refuse"
	}
	return s.onTask(ctx, event, task, version, action, answer, func(w *work, t *Task) error {
		if !w.a.Can("supervision.manage") {
			return actor.Denied
		}
		if t.State == "done" || t.State == "open" && !accept {
			return errs.New(errs.Conflict, "现在没有要核实的")
		}
		t.State, t.Answer, t.DecidedBy, t.DecidedAt = "open", han.Tidy(answer), w.a.Person, db.At(w.tx.Now())
		if accept {
			t.State = "done"
			all, err := s.clocks.StopFor(w.tx, w.Tenant, "supervision_task", t.ID, true)
			for _, c := range all {
				w.rows = append(w.rows, c.Row())
			}
			return err
		}
		return nil
	})
}

// onTask carries out an act on a task. Reports and refusals say something.
func (s *Service) onTask(ctx context.Context, event, task string, version int, action, text string, change func(w *work, t *Task) error) error {
	a, err := actor.Require(ctx, "supervision.report")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, event)
		if err != nil || done {
			return err
		}
		i := slices.IndexFunc(w.tasks, func(t *Task) bool { return t.ID == task })
		if i < 0 {
			return errs.Missing()
		}
		t := w.tasks[i]
		if version != t.Version {
			return db.Stale()
		}
		if err := change(w, t); err != nil {
			return err
		}
		var f errs.Fields
		n := len([]rune(han.Tidy(text)))
		f.Check(n > 0 || action == "accept", "text", "请说明情况")
		f.Check(n <= 2000, "text", "不能超过 %d 个字", 2000)
		if err := f.Err(); err != nil {
			return err
		}
		if err := db.Touch(tx.Exec(`UPDATE supervision_task SET state = $4, report = $5, reported_at = $6, answer = $7, decided_by = $8, decided_at = $9, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
			t.Tenant, t.ID, t.Version, t.State, t.Report, t.ReportedAt, t.Answer, t.DecidedBy, t.DecidedAt)); err != nil {
			return err
		}
		w.rows = append(w.rows, t.row())
		w.note("task", t.ID)
		if err := w.record(action, w.State); err != nil {
			return err
		}
		w.in.Reason = han.Tidy(text)
		if action == "report" {
			clerks, err := org.PeopleWith(tx, w.Tenant, "clerk", "")
			if err != nil {
				return err
			}
			return w.send("report", notify.As(notify.Office, clerks...), notify.Params{"title": w.Title, "actor": w.actorName()}, "#task-"+t.ID)
		}
		return w.tellOwner(t, action)
	})
}
