// Package jobs does work after the answer: jobs added in the caller's
// transaction, done at least once by workers, tried again with growing pauses,
// and visible to the administrators of the tenant that they belong to.
//
// Main types: [Queue], [Job], [Every]. The engine is River on both databases;
// it owns the tables river_*, made by [Migrate]. The package deliberately knows
// nothing of what jobs do, and promises no order and no "exactly once": workers
// are idempotent.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"shangliang/internal/actor"
	"shangliang/internal/db"
)

// Job says how one kind of job is done.
type Job struct {
	Kind        string // "notify.mail"
	Work        func(ctx context.Context, args json.RawMessage) error
	MaxAttempts int           // 12 when 0: the last one about half a day after the first
	Timeout     time.Duration // one minute when 0
}

// Every is work done again and again in this process; it is idempotent, since
// every process does it.
type Every struct {
	Name     string
	Interval time.Duration
	Work     func(ctx context.Context) error
}

// Config has what is different from one platform to the next; all may be zero.
type Config struct {
	Log     *slog.Logger
	Workers int // jobs done at the same time; 8 when 0
	// Keeps reports whether a tenant's administrators keep the installation too:
	// they alone manage the work that belongs to no tenant, and see the repeated
	// work. No tenant does when nil.
	Keeps func(ctx context.Context, tenant string) (bool, error)
	// Record writes down, in the transaction of the act, that a person did a job
	// again ("job.retry") or gave it up ("job.discard"); done says that this very
	// request was recorded before, so that nothing is done. Nothing is written
	// when nil.
	Record func(tx *db.Tx, action string, it Item) (done bool, err error)
	// Observe is told of each job and each round of an Every when it ended.
	Observe func(kind string, took time.Duration, err error)

	poll, rescue time.Duration // for tests
}

// Queue adds jobs and, once started, does them.
type Queue struct {
	db     *db.DB
	config Config
	client *river.Client[*sql.Tx] // adds and lists
	worker *river.Client[*sql.Tx] // does; nil until Start

	mu      sync.Mutex
	jobs    map[string]Job
	every   []Every
	cancel  context.CancelFunc
	tickers sync.WaitGroup
	rounds  rounds
}

// New makes a queue; it touches no database.
func New(d *db.DB, c Config) (*Queue, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Workers == 0 {
		c.Workers = 8
	}
	if c.Keeps == nil {
		c.Keeps = func(context.Context, string) (bool, error) { return false, nil }
	}
	if c.Record == nil {
		c.Record = func(*db.Tx, string, Item) (bool, error) { return false, nil }
	}
	if c.Observe == nil {
		c.Observe = func(string, time.Duration, error) {}
	}
	if c.poll == 0 {
		c.poll = 500 * time.Millisecond
	}
	client, err := river.NewClient(driver(d), &river.Config{Logger: quiet(c.Log)})
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &Queue{db: d, config: c, client: client, jobs: map[string]Job{}}, nil
}

func driver(d *db.DB) riverdriver.Driver[*sql.Tx] {
	if d.Dialect() == db.SQLite {
		return riversqlite.New(d.Pool())
	}
	return riverdatabasesql.New(d.Pool())
}

// quiet leaves out the engine's chatter; it logs failed jobs as errors.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(atLeast{l.Handler(), slog.LevelError}) }

type atLeast struct {
	slog.Handler
	level slog.Level
}

func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}

// Migrate makes or updates the engine's tables. Call it after [db.DB.Migrate].
func Migrate(ctx context.Context, d *db.DB) error {
	m, err := rivermigrate.New(driver(d), &rivermigrate.Config{Logger: quiet(slog.Default())})
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("jobs: migrate: %w", err)
	}
	return nil
}

// Register says how kinds of jobs are done; before Start.
func (q *Queue) Register(all ...Job) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range all {
		if _, twice := q.jobs[j.Kind]; twice || j.Kind == "" || j.Work == nil {
			panic("jobs: bad or double registration of " + j.Kind)
		}
		if j.MaxAttempts == 0 {
			j.MaxAttempts = 12
		}
		if j.Timeout == 0 {
			j.Timeout = time.Minute
		}
		q.jobs[j.Kind] = j
	}
}

// Repeat adds work to be done again and again; before Start.
func (q *Queue) Repeat(all ...Every) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.every = append(q.every, all...)
}

// envelope is what the engine stores of a job.
type envelope struct {
	kind   string
	Tenant string          `json:"tenant,omitempty" river:"unique"` // "" is the installation itself
	Key    string          `json:"key,omitempty" river:"unique"`
	Args   json.RawMessage `json:"args"`
}

// Kind implements river.JobArgs.
func (e envelope) Kind() string { return e.kind }

// Option changes how a job is added.
type Option func(*envelope, *river.InsertOpts)

// Unique adds nothing while a job of the same tenant and kind with the same key
// waits or is being done. It is for work that is the same whenever it is done.
func Unique(key string) Option {
	return func(e *envelope, o *river.InsertOpts) {
		e.Key = key
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
			rivertype.JobStateRetryable, rivertype.JobStateScheduled}}
	}
}

// At does the job at a time, not before.
func At(t time.Time) Option {
	return func(_ *envelope, o *river.InsertOpts) { o.ScheduledAt = t }
}

// Add adds a job in the transaction: it will be done if and only if the
// transaction commits. Args becomes JSON; give ids rather than contents. The job
// belongs to the tenant in which the transaction acts, to the installation if
// nobody acts.
func (q *Queue) Add(tx *db.Tx, kind string, args any, options ...Option) error {
	q.mu.Lock()
	j, known := q.jobs[kind]
	q.mu.Unlock()
	if !known {
		return fmt.Errorf("jobs: nobody does %q", kind)
	}
	data, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("jobs: arguments of %s: %w", kind, err)
	}
	a, _ := actor.From(tx.Context())
	e, o := envelope{kind: kind, Tenant: a.Tenant, Args: data}, river.InsertOpts{MaxAttempts: j.MaxAttempts}
	for _, option := range options {
		option(&e, &o)
	}
	if _, err := q.client.InsertTx(tx.Context(), tx.SQL(), e, &o); err != nil {
		return fmt.Errorf("jobs: add %s: %w", kind, err)
	}
	return nil
}

// work adapts a Job to the engine.
type work struct {
	river.WorkerDefaults[envelope]
	job   Job
	queue *Queue
}

func (w *work) Timeout(*river.Job[envelope]) time.Duration { return w.job.Timeout }

func (w *work) Work(ctx context.Context, j *river.Job[envelope]) error {
	return w.queue.observe(w.job.Kind, func() error { return w.job.Work(ctx, j.Args.Args) })
}

// observe runs f, turns a panic into an error and tells Observe.
func (q *Queue) observe(kind string, f func() error) (err error) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		q.config.Observe(kind, time.Since(start), err)
	}()
	return f()
}

// Start begins to do jobs and repeated work, until Stop.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	ctx, q.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if len(q.jobs) > 0 {
		workers := river.NewWorkers()
		longest := time.Duration(0)
		for _, kind := range slices.Sorted(maps.Keys(q.jobs)) {
			river.AddWorkerArgs(workers, envelope{kind: kind}, &work{job: q.jobs[kind], queue: q})
			longest = max(longest, q.jobs[kind].Timeout)
		}
		rescue := longest + time.Minute
		if q.config.rescue != 0 {
			rescue = q.config.rescue
		}
		var err error
		q.worker, err = river.NewClient(driver(q.db), &river.Config{
			Logger:            quiet(q.config.Log),
			Workers:           workers,
			Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.config.Workers}},
			FetchPollInterval: q.config.poll,
			FetchCooldown:     10 * time.Millisecond,
			JobTimeout:        longest,
			// A job whose process was killed is tried again after this time.
			RescueStuckJobsAfter: rescue,
			PollOnly:             true,
		})
		if err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
		if err := q.worker.Start(ctx); err != nil {
			return fmt.Errorf("jobs: start: %w", err)
		}
	}
	for _, e := range q.every {
		q.tickers.Go(func() { q.tick(ctx, e) })
	}
	return nil
}
