package jobs

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

// Permission is needed to see the jobs of one's tenant and to retry or discard
// them; whoever builds the platform declares it. What belongs to another tenant
// is not there.
const Permission = "job.manage"

// State is where a job stands.
type State string

// The states. Labels for people are the page's concern.
const (
	Available State = "available" // waits for a worker
	Scheduled State = "scheduled" // waits for its time
	Running   State = "running"
	Retryable State = "retryable" // failed, waits for the next attempt
	Completed State = "completed"
	Discarded State = "discarded" // failed too often
	Cancelled State = "cancelled" // by a person
)

// States lists the states in the order of a job's life.
var States = []State{Available, Scheduled, Running, Retryable, Completed, Discarded, Cancelled}

// Item is a job as an administrator sees it.
type Item struct {
	ID          int64
	Kind        string
	State       State
	Attempt     int
	MaxAttempts int
	Key         string // of Unique
	Args        json.RawMessage
	LastError   string
	AddedAt     time.Time
	DueAt       time.Time // of the next attempt, or of the last if there is none
	EndedAt     time.Time // zero while it has not ended
}

// Filter narrows [Queue.List]; empty fields do not narrow.
type Filter struct {
	Kind   string
	State  State
	Before int64 // id: only older jobs, for paging
	N      int   // 50 when 0
}

// reach is what of the jobs an actor manages: those of their tenant, and those of
// the installation if they keep it.
type reach struct {
	tenant string
	keeper bool
}

func (q *Queue) reach(ctx context.Context) (r reach, err error) {
	a, err := actor.Require(ctx, Permission)
	if err != nil {
		return r, err
	}
	r.tenant = a.Tenant
	r.keeper, err = q.config.Keeps(ctx, a.Tenant)
	return r, err
}

// has reports whether a job of a tenant is within reach. It says the same as
// owned.
func (r reach) has(tenant string) bool {
	return tenant == r.tenant && tenant != "" || tenant == "" && r.keeper
}

// others stands for no tenant at all: ids never look like this.
const others = "-"

// owners are the two values that owned compares with.
func (r reach) owners() (tenant, installation string) {
	tenant, installation = cmp.Or(r.tenant, others), others
	if r.keeper {
		installation = ""
	}
	return tenant, installation
}

// owned is the condition over river_job of being within reach.
const owned = `COALESCE(args ->> 'tenant', '') IN (%s, %s)`

// List returns jobs, newest first. The actor needs [Permission].
func (q *Queue) List(ctx context.Context, f Filter) ([]Item, error) {
	r, err := q.reach(ctx)
	if err != nil {
		return nil, err
	}
	if f.N <= 0 {
		f.N = 50
	}
	p := river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(min(f.N, 1000))
	tenant, installation := r.owners()
	p = p.Where(fmt.Sprintf(owned, "@tenant", "@installation"), river.NamedArgs{"tenant": tenant, "installation": installation})
	if f.Kind != "" {
		p = p.Kinds(f.Kind)
	}
	if f.State != "" {
		p = p.States(rivertype.JobState(f.State))
	}
	if f.Before > 0 {
		p = p.Where("id < @before", river.NamedArgs{"before": f.Before})
	}
	found, err := q.client.JobList(ctx, p)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(found.Jobs))
	for i, j := range found.Jobs {
		items[i] = item(j)
	}
	return items, nil
}

// open reads what the engine stored; what it cannot read belongs to nobody's
// tenant and has no arguments.
func open(j *rivertype.JobRow) (e envelope) {
	json.Unmarshal(j.EncodedArgs, &e)
	return e
}

func item(j *rivertype.JobRow) Item {
	e := open(j)
	it := Item{ID: j.ID, Kind: j.Kind, State: State(j.State), Attempt: j.Attempt, MaxAttempts: j.MaxAttempts,
		Key: e.Key, Args: e.Args, AddedAt: j.CreatedAt, DueAt: j.ScheduledAt}
	if n := len(j.Errors); n > 0 {
		it.LastError = j.Errors[n-1].Error
	}
	if j.FinalizedAt != nil {
		it.EndedAt = *j.FinalizedAt
	}
	return it
}

// Count is how many jobs of a kind are in a state.
type Count struct {
	Kind  string
	State State
	N     int
}

// Counts counts the jobs by kind and state. The actor needs [Permission].
func (q *Queue) Counts(ctx context.Context) (counts []*Count, err error) {
	r, err := q.reach(ctx)
	if err != nil {
		return nil, err
	}
	tenant, installation := r.owners()
	err = q.db.Read(ctx, func(tx *db.Tx) error {
		counts, err = db.All(tx, func(c *Count) []any { return []any{&c.Kind, &c.State, &c.N} },
			`SELECT kind, state, COUNT(*) FROM river_job WHERE `+fmt.Sprintf(owned, "$1", "$2")+` GROUP BY kind, state ORDER BY kind, state`, tenant, installation)
		return err
	})
	return counts, err
}

// Retry does a job now, even one that had been discarded, and records who wanted
// it. One that is being done stays as it is. The actor needs [Permission].
func (q *Queue) Retry(ctx context.Context, id int64) error {
	idle := func(j *rivertype.JobRow) bool { return j.State == rivertype.JobStateRunning }
	return q.manage(ctx, id, "job.retry", idle, q.client.JobRetryTx)
}

// Discard gives a job up, and records who wanted it. One that has ended stays as
// it is. The actor needs [Permission].
func (q *Queue) Discard(ctx context.Context, id int64) error {
	idle := func(j *rivertype.JobRow) bool { return j.FinalizedAt != nil }
	return q.manage(ctx, id, "job.discard", idle, q.client.JobCancelTx)
}

// manage does something to a job within reach, and records it, unless it is idle:
// would change nothing.
func (q *Queue) manage(ctx context.Context, id int64, action string, idle func(*rivertype.JobRow) bool, do func(context.Context, *sql.Tx, int64) (*rivertype.JobRow, error)) error {
	r, err := q.reach(ctx)
	if err != nil {
		return err
	}
	return q.db.Write(ctx, func(tx *db.Tx) error {
		j, err := q.client.JobGetTx(tx.Context(), tx.SQL(), id)
		if err == nil && !r.has(open(j).Tenant) {
			err = rivertype.ErrNotFound
		}
		if errors.Is(err, rivertype.ErrNotFound) {
			return errs.Missing()
		}
		if err != nil || idle(j) {
			return err
		}
		if done, err := q.config.Record(tx, action, item(j)); err != nil || done {
			return err
		}
		_, err = do(tx.Context(), tx.SQL(), id)
		return err
	})
}
