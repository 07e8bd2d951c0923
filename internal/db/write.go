package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"shangliang/internal/errs"
)

// Read runs f in a transaction that sees one snapshot and changes nothing.
// Inside another transaction (by its context) it joins that one.
func (d *DB) Read(ctx context.Context, f func(*Tx) error) error {
	if t, ok := ctx.Value(txKey{}).(*Tx); ok && t.db == d {
		defer t.within(ctx)()
		return f(t)
	}
	if d.dialect == SQLite {
		return d.readSQLite(ctx, f)
	}
	s, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return err
	}
	defer s.Rollback()
	if err := f(d.tx(ctx, s, false)); err != nil {
		return err
	}
	return s.Commit()
}

// readSQLite begins and ends the transaction itself: a sql.Tx starts a goroutine,
// and another for every query in it, which together cost as much as a query.
func (d *DB) readSQLite(ctx context.Context, f func(*Tx) error) error {
	c, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.ExecContext(context.Background(), "BEGIN"); err != nil {
		return err
	}
	defer c.ExecContext(context.Background(), "ROLLBACK") // nothing was written; also after a panic
	return f(d.tx(ctx, c, false))
}

// tx makes the Tx of a transaction that has begun.
func (d *DB) tx(ctx context.Context, on runner, write bool) *Tx {
	t := &Tx{db: d, on: on, now: At(d.now()).Time, write: write}
	t.ctx = context.WithValue(ctx, txKey{}, t)
	return t
}

// Write runs f in a transaction that behaves as if it were alone; when Write
// returns nil, what f wrote is on disk. f may be run again after a conflict
// with another process, so it changes nothing but the database; what must
// happen once goes to [Tx.AfterCommit]. An error of f undoes all of it.
//
// Called with the context of a running Write it joins that one: an error then
// undoes the inner part only, and the outer f decides.
func (d *DB) Write(ctx context.Context, f func(*Tx) error) error {
	if t, ok := ctx.Value(txKey{}).(*Tx); ok && t.db == d {
		if !t.write {
			return errors.New("db: Write inside Read")
		}
		defer t.within(ctx)()
		return t.nested(f)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.dialect == Postgres {
		return d.writePostgres(ctx, f)
	}
	return d.writeSQLite(ctx, f)
}

// within makes ctx the transaction's context until the function it returns is
// called: who joins a transaction may do so as another actor.
func (t *Tx) within(ctx context.Context) (restore func()) {
	outer := t.ctx
	if t.write && t.db.dialect == SQLite { // as in runOne
		ctx = context.WithoutCancel(ctx)
	}
	t.ctx = ctx
	return func() { t.ctx = outer }
}

// nested runs f under a savepoint, unless the transaction is whole.
func (t *Tx) nested(f func(*Tx) error) (err error) {
	if t.whole {
		if err = f(t); err != nil && t.broken == nil {
			t.broken = err
		}
		return err
	}
	t.depth++
	name := fmt.Sprintf("s%d", t.depth)
	mark := len(t.after)
	defer func() { t.depth-- }()
	if _, err := t.on.ExecContext(t.statement(), "SAVEPOINT "+name); err != nil {
		return err
	}
	finished := false
	defer func() {
		if !finished { // f panicked
			t.on.ExecContext(t.statement(), "ROLLBACK TO "+name)
		}
	}()
	if err = f(t); err == nil {
		err = t.broken
	}
	finished = true
	if err != nil {
		t.after = t.after[:mark]
		if _, e := t.on.ExecContext(t.statement(), "ROLLBACK TO "+name); e != nil {
			return errors.Join(err, e)
		}
	}
	if _, e := t.on.ExecContext(t.statement(), "RELEASE "+name); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// — SQLite: one writer, many requests to a commit —

type writeRequest struct {
	ctx    context.Context
	f      func(*Tx) error
	result chan error
	err    error
	after  []func()
	panic  any
}

// A batch ends when it is this large or has run this long: every caller in it
// waits for all of it.
const (
	batchSize = 128
	batchTime = 10 * time.Millisecond
)

func (d *DB) writeSQLite(ctx context.Context, f func(*Tx) error) error {
	r := &writeRequest{ctx: ctx, f: f, result: make(chan error, 1)}
	if err := d.enqueue(r); err != nil {
		return err
	}
	// Once queued the request runs, whether or not the caller still waits: an
	// answer of "cancelled" for something that was then written would be a lie.
	err := <-r.result
	if r.panic != nil {
		panic(r.panic)
	}
	if err == nil {
		for _, g := range r.after {
			g()
		}
	}
	return err
}

func (d *DB) enqueue(r *writeRequest) (err error) {
	defer func() {
		if recover() != nil { // the queue was closed
			err = errs.New(errs.Unavailable, "系统正在关闭，请稍后再试")
		}
	}()
	d.queue <- r
	return nil
}

// writer commits requests in batches: an fsync costs as much for a hundred
// writes as for one. Each request has its savepoint, so that the failure of one
// undoes only its own.
func (d *DB) writer() {
	defer close(d.done)
	for first := range d.queue {
		batch := []*writeRequest{first}
		s, err := d.write.BeginTx(context.Background(), nil)
		if err != nil {
			first.result <- err
			continue
		}
		start := time.Now()
		d.runOne(s, first)
	more:
		for len(batch) < batchSize && time.Since(start) < batchTime {
			select {
			case r, ok := <-d.queue:
				if !ok {
					break more
				}
				batch = append(batch, r)
				d.runOne(s, r)
			default:
				break more
			}
		}
		err = s.Commit()
		if err != nil {
			s.Rollback()
		}
		for _, r := range batch {
			if r.err == nil && r.panic == nil {
				r.err = err
			}
			r.result <- r.err
		}
	}
}

func (d *DB) runOne(s *sql.Tx, r *writeRequest) {
	if r.err = r.ctx.Err(); r.err != nil {
		return
	}
	// An interrupted statement would roll back the whole batch in SQLite.
	t := d.tx(context.WithoutCancel(r.ctx), s, true)
	defer func() {
		if p := recover(); p != nil {
			r.panic = p
		}
	}()
	r.err = t.nested(r.f)
	r.after = t.after
}

// — PostgreSQL: serializable, tried again after a conflict —

// Who has met a conflict so often waits for the one turn that this process gives
// to such writes, so that under load they do not keep meeting each other.
const (
	maxTries   = 40
	triesAlone = 4
)

func (d *DB) writePostgres(ctx context.Context, f func(*Tx) error) error {
	after, err := d.insistPostgres(ctx, f)
	if err != nil {
		return err
	}
	for _, g := range after { // which may write, and wait for the turn
		g()
	}
	return nil
}

func (d *DB) insistPostgres(ctx context.Context, f func(*Tx) error) (after []func(), err error) {
	for try := 1; ; try++ {
		if try == triesAlone {
			select {
			case d.turn <- struct{}{}:
				defer func() { <-d.turn }()
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		after, err := d.tryPostgres(ctx, f)
		if err == nil || !conflict(err) {
			return after, err
		}
		if try == maxTries {
			return nil, errs.Because(err, errs.Unavailable, "系统繁忙，请稍后再试")
		}
		pause := time.Duration(1+rand.IntN(4<<min(try, 5))) * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (d *DB) tryPostgres(ctx context.Context, f func(*Tx) error) ([]func(), error) {
	s, err := d.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return nil, err
	}
	defer s.Rollback()
	t := d.tx(ctx, s, true)
	if err := f(t); err != nil || t.broken != nil {
		if err == nil {
			err = t.broken
		}
		return nil, err
	}
	return t.after, s.Commit()
}

// conflict reports whether another transaction was in the way, or a change of
// the schema made a prepared statement invalid, so that trying again helps.
func conflict(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "40001" || e.Code == "40P01" || e.Code == "0A000" && strings.HasPrefix(e.Message, "cached plan")
	}
	return false
}

// Duplicate reports whether err is the breach of a UNIQUE or PRIMARY KEY
// constraint.
func Duplicate(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return e.Code() == 1555 || e.Code() == 2067 // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE
	}
	return false
}
