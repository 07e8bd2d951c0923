package doctor

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Permission is needed to have the records of one's tenant examined and mended;
// whoever builds the platform declares it.
const Permission = "doctor.mend"

// States of a visit.
const (
	Waiting   = "waiting"
	Examining = "examining"
	Mending   = "mending"
	Ended     = "done"
	Failed    = "failed"
)

// mostFound bounds what is kept of one check; how many more there are is told.
const mostFound = 500

// Found is a finding as it is kept for the page.
type Found struct {
	Check  string `json:"check"`
	Kind   string `json:"kind"`
	Object string `json:"object"`
	Name   string `json:"name"`
	Mended bool   `json:"mended,omitempty"`
	Why    string `json:"why,omitempty"`  // why it was not mended, in Simplified Chinese
	More   int    `json:"more,omitempty"` // so many of this check are not listed
}

// Visit is the last examination of a tenant.
type Visit struct {
	Tenant, ID  string
	State       string
	Done, Total int // checks examined, or findings mended
	Found       []Found
	Person      string
	AskedAt     db.Time
	EndedAt     db.Time

	found  string
	Name   string  // of the person, read with it
	Checks []Check // those of the doctor, to say what is wrong and what mending does
}

// Open reports whether the work is still going on.
func (v *Visit) Open() bool { return v.State == Waiting || v.State == Examining || v.State == Mending }

const visitColumns = `v.tenant, v.id, v.state, v.done, v.total, v.found, v.person, v.asked_at, v.ended_at`

func (v *Visit) fields() []any {
	return []any{&v.Tenant, &v.ID, &v.State, &v.Done, &v.Total, &v.found, &v.Person, &v.AskedAt, &v.EndedAt}
}

// row names what was asked for; how far it has come is no act.
func (v *Visit) row() ledger.Row {
	return ledger.RowOf("doctor_visit", "tenant", v.Tenant).Without("state", "done", "total", "found", "ended_at")
}

// Desk lets the keepers of a tenant have its records examined and mended, in the
// background since it reads all that there is. It is safe for concurrent use.
type Desk struct {
	db     *db.DB
	doctor *Doctor
	queue  *jobs.Queue
}

// NewDesk makes the desk of a doctor.
func NewDesk(d *db.DB, doctor *Doctor, queue *jobs.Queue) *Desk { return &Desk{d, doctor, queue} }

// Last returns the last examination of the actor's tenant; nil if there was none.
// Wants [Permission].
func (k *Desk) Last(ctx context.Context) (v *Visit, err error) {
	a, err := actor.Require(ctx, Permission)
	if err != nil {
		return nil, err
	}
	err = k.db.Read(ctx, func(tx *db.Tx) error {
		v, err = visit(tx, a.Tenant)
		if errs.Is(err, errs.NotFound) {
			v, err = nil, nil
		}
		return err
	})
	if v != nil {
		v.Checks = k.doctor.checks
	}
	return v, err
}

func visit(tx *db.Tx, tenant string) (*Visit, error) {
	v, err := db.One(tx, func(v *Visit) []any { return append(v.fields(), &v.Name) },
		`SELECT `+visitColumns+`, COALESCE((SELECT p.name FROM person p WHERE p.tenant = v.tenant AND p.id = v.person), '') FROM doctor_visit v WHERE v.tenant = $1`, tenant)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(v.found), &v.Found); err != nil {
		return nil, fmt.Errorf("doctor: %w", err)
	}
	return v, nil
}

// Examine has the records of the actor's tenant examined, in the background.
// Conflict while they are. Wants [Permission].
func (k *Desk) Examine(ctx context.Context) error {
	a, err := actor.Require(ctx, Permission)
	if err != nil {
		return err
	}
	return k.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		old, err := visit(tx, a.Tenant)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if old != nil && old.Open() {
			return errs.New(errs.Conflict, "正在检查或修复，请等它完成")
		}
		v := &Visit{Tenant: a.Tenant, ID: db.NewID(), State: Waiting, Person: a.Person, AskedAt: db.At(tx.Now())}
		if _, err := tx.Exec(`INSERT INTO doctor_visit (tenant, id, state, person, asked_at) VALUES (`+db.Marks(5)+`) ON CONFLICT (tenant) DO UPDATE SET
			id = excluded.id, state = excluded.state, done = 0, total = 0, found = '[]', person = excluded.person, asked_at = excluded.asked_at, ended_at = ''`,
			v.Tenant, v.ID, v.State, v.Person, v.AskedAt); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "doctor.examine", Kind: "doctor", Object: v.ID, Rows: []ledger.Row{v.row()}}); err != nil {
			return err
		}
		return k.queue.Add(tx, examineKind, work{Tenant: v.Tenant, Visit: v.ID})
	})
}

// Mend has some of what an examination found mended, in the background: by their
// places in [Visit.Found]. Conflict if there was another examination since, or
// while one goes on. Each mend has its own entry in the ledger, by the platform;
// this act's says who wanted it. Wants [Permission].
func (k *Desk) Mend(ctx context.Context, id string, chosen []int) error {
	a, err := actor.Require(ctx, Permission)
	if err != nil {
		return err
	}
	return k.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		v, err := visit(tx, a.Tenant)
		if err != nil {
			return err
		}
		switch {
		case v.ID != id:
			return errs.New(errs.Conflict, "已经重新检查过，请按最新的结果选择")
		case v.Open():
			return errs.New(errs.Conflict, "正在检查或修复，请等它完成")
		}
		slices.Sort(chosen)
		chosen = slices.Compact(chosen)
		var f errs.Fields
		f.Check(len(chosen) > 0, "id", "请选择要修复的记录")
		wanted := map[string]int{}
		for _, n := range chosen {
			ok := n >= 0 && n < len(v.Found) && !v.Found[n].Mended && v.Found[n].More == 0
			if ok {
				c := k.doctor.check(v.Found[n].Check)
				ok = c != nil && c.Mend != nil
				wanted[v.Found[n].Check]++
			}
			f.Check(ok, "id", "选中的记录里有不能修复的")
		}
		if err := f.Err(); err != nil {
			return err
		}
		v.State, v.Done, v.Total = Mending, 0, len(chosen)
		if err := progress(tx, v); err != nil {
			return err
		}
		if err := ledger.Append(tx, ledger.Entry{Action: "doctor.consent", Kind: "doctor", Object: v.ID, Data: wanted, Rows: []ledger.Row{v.row()}}); err != nil {
			return err
		}
		return k.queue.Add(tx, mendKind, work{v.Tenant, v.ID, chosen})
	})
}

// progress writes down how far a visit has come. Nothing is said in the ledger:
// it is no act.
func progress(tx *db.Tx, v *Visit) error {
	found, err := json.Marshal(v.Found)
	if err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	_, err = tx.Exec(`UPDATE doctor_visit SET state = $3, done = $4, total = $5, found = $6, ended_at = $7 WHERE tenant = $1 AND id = $2`,
		v.Tenant, v.ID, v.State, v.Done, v.Total, string(found), v.EndedAt)
	return err
}

// — in the background —

const (
	examineKind = "doctor.examine"
	mendKind    = "doctor.mend"
)

// work are the arguments of the jobs.
type work struct {
	Tenant string `json:"tenant"`
	Visit  string `json:"visit"`
	Chosen []int  `json:"chosen,omitempty"`
}

// Jobs are the work in the background.
func (k *Desk) Jobs() []jobs.Job {
	job := func(kind string, do func(ctx context.Context, v *Visit, w work) error) jobs.Job {
		return jobs.Job{Kind: kind, MaxAttempts: 3, Timeout: 30 * time.Minute, Work: func(ctx context.Context, args json.RawMessage) error {
			var w work
			if err := json.Unmarshal(args, &w); err != nil {
				return err
			}
			return k.run(actor.With(ctx, actor.System(w.Tenant)), w, do)
		}}
	}
	return []jobs.Job{job(examineKind, k.examine), job(mendKind, k.mend)}
}

// run does the work of a visit that is still the last one, and writes down how it
// ended. It may be called again: what is mended is left as it is.
func (k *Desk) run(ctx context.Context, w work, do func(ctx context.Context, v *Visit, w work) error) error {
	var v *Visit
	err := k.db.Read(ctx, func(tx *db.Tx) (err error) { v, err = visit(tx, w.Tenant); return err })
	if errs.Is(err, errs.NotFound) || err == nil && (v.ID != w.Visit || v.State == Ended) {
		return nil
	}
	if err == nil {
		err = do(ctx, v, w)
	}
	if v == nil || ctx.Err() != nil {
		return err // the process ends: it begins again
	}
	v.State = Ended
	if err != nil {
		v.State = Failed
	}
	return errors.Join(err, k.db.Write(ctx, func(tx *db.Tx) error {
		v.EndedAt = db.At(tx.Now())
		return progress(tx, v)
	}))
}

func (k *Desk) tell(ctx context.Context, v *Visit) error {
	return k.db.Write(ctx, func(tx *db.Tx) error { return progress(tx, v) })
}

// examine makes the checks one by one and keeps what is the tenant's own.
func (k *Desk) examine(ctx context.Context, v *Visit, _ work) error {
	v.State, v.Total, v.Found = Examining, len(k.doctor.checks), nil
	for i := range k.doctor.checks {
		c := &k.doctor.checks[i]
		v.Done = i
		if err := k.tell(ctx, v); err != nil {
			return err
		}
		var all []Finding
		if err := k.db.Read(ctx, func(tx *db.Tx) (err error) { all, err = c.Find(tx); return err }); err != nil {
			return fmt.Errorf("doctor: %s: %w", c.ID, err)
		}
		all = slices.DeleteFunc(all, func(f Finding) bool { return f.Tenant != v.Tenant })
		for _, f := range all[:min(len(all), mostFound)] {
			v.Found = append(v.Found, Found{Check: c.ID, Kind: f.Kind, Object: f.Object, Name: f.Name})
		}
		if more := len(all) - mostFound; more > 0 {
			v.Found = append(v.Found, Found{Check: c.ID, More: more})
		}
	}
	v.Done = v.Total
	return nil
}

// mend mends what was chosen, check by check, and writes down why something is
// not mended. What is not wrong any more counts as mended.
func (k *Desk) mend(ctx context.Context, v *Visit, w work) error {
	v.State, v.Done, v.Total = Mending, 0, len(w.Chosen)
	for len(w.Chosen) > 0 {
		n, c := 0, k.doctor.check(v.Found[w.Chosen[0]].Check)
		var some []Finding
		for n < len(w.Chosen) && n < atOnce && v.Found[w.Chosen[n]].Check == v.Found[w.Chosen[0]].Check {
			f := v.Found[w.Chosen[n]]
			some = append(some, Finding{c, v.Tenant, f.Kind, f.Object, f.Name})
			n++
		}
		refused, err := k.doctor.Mend(ctx, some...)
		for i, why := range refused {
			f := &v.Found[w.Chosen[i]]
			f.Mended, f.Why = why == nil || errors.Is(why, notWrong), ""
			if e, ok := errors.AsType[*errs.Error](why); ok && !f.Mended {
				f.Why = fmt.Sprintf(e.Msg, e.Args...)
			}
		}
		if err != nil {
			return err
		}
		v.Done += n
		w.Chosen = w.Chosen[n:]
		if err := k.tell(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// check is a check by its id, nil if there is none such.
func (d *Doctor) check(id string) *Check {
	for i := range d.checks {
		if d.checks[i].ID == id {
			return &d.checks[i]
		}
	}
	return nil
}
