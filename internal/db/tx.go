package db

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"shangliang/internal/errs"
)

// Tx is a transaction. It is used by one goroutine, inside the function that
// [DB.Read] or [DB.Write] was given, and never after that function returned.
type Tx struct {
	db    *DB
	on    runner
	ctx   context.Context
	id    string
	now   time.Time
	write bool
	depth int      // of nested writes, for the savepoints' names
	after []func() // to run once committed

	whole  bool  // see Whole
	broken error // the first error of a part, once whole
}

// runner is what statements run on: a *sql.Tx, or the *sql.Conn of a reader on
// SQLite.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

type txKey struct{}

// Context returns the context of the transaction. A service called with it
// joins this transaction instead of opening its own.
func (t *Tx) Context() context.Context { return t.ctx }

// ID identifies this attempt at the transaction.
func (t *Tx) ID() string {
	if t.id == "" {
		t.id = NewID()
	}
	return t.id
}

// Now is the one time of everything that happens in this transaction, in UTC
// and to the microsecond, as the database keeps it.
func (t *Tx) Now() time.Time { return t.now }

// Whole says that what joins this transaction from here on stands and falls
// with it: an error of one part undoes everything, whatever the function that
// called it makes of the error. Who does thousands of acts in one transaction
// thereby saves a savepoint for each.
func (t *Tx) Whole() { t.whole = true }

// SQL gives the transaction of the standard library, for the job queue only; nil
// in a Read.
func (t *Tx) SQL() *sql.Tx {
	s, _ := t.on.(*sql.Tx)
	return s
}

// Dialect says which database this is; for search and jobs only.
func (t *Tx) Dialect() Dialect { return t.db.dialect }

// AfterCommit runs f once the outermost transaction is on disk, and not at all
// if it is not. It must not fail: what may fail is a job.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// Exec runs a statement and returns how many rows it touched.
func (t *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := t.on.ExecContext(t.statement(), query, args...)
	if err != nil {
		return 0, explain(err, query)
	}
	return res.RowsAffected()
}

// Query runs a query; the caller closes the rows.
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	if err := t.ctx.Err(); err != nil {
		return nil, err
	}
	rows, err := t.on.QueryContext(t.statement(), query, args...)
	return rows, explain(err, query)
}

// statement is the context for one statement. On SQLite who gave up waiting is
// noticed between statements: to watch for it during each one costs several
// goroutines, and interrupting one that writes would roll back the whole batch.
func (t *Tx) statement() context.Context {
	if t.db.dialect == SQLite {
		return context.Background()
	}
	return t.ctx
}

// Get scans the one row of a query into dest; no row is an errs.NotFound error.
func (t *Tx) Get(query string, args []any, dest ...any) error {
	rows, err := t.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return explain(err, query)
		}
		return errs.Missing()
	}
	if err := rows.Scan(dest...); err != nil {
		return explain(err, query)
	}
	return rows.Close()
}

// All runs a query and scans every row through fields, which returns the
// pointers in the order of the query's columns.
func All[T any](t *Tx, fields func(*T) []any, query string, args ...any) ([]*T, error) {
	rows, err := t.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*T
	for rows.Next() {
		v := new(T)
		if err := rows.Scan(fields(v)...); err != nil {
			return nil, explain(err, query)
		}
		all = append(all, v)
	}
	return all, explain(rows.Err(), query)
}

// One is [All] for a query that has one row; no row is an errs.NotFound error.
func One[T any](t *Tx, fields func(*T) []any, query string, args ...any) (*T, error) {
	v := new(T)
	if err := t.Get(query, args, fields(v)...); err != nil {
		return nil, err
	}
	return v, nil
}

// Column runs a query with one column and returns its values.
func Column[T any](t *Tx, query string, args ...any) ([]T, error) {
	rows, err := t.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, explain(err, query)
		}
		all = append(all, v)
	}
	return all, explain(rows.Err(), query)
}

// Touch checks what an UPDATE … WHERE version = … returned: no row touched
// means that somebody else changed the record in between.
func Touch(n int64, err error) error {
	if err == nil && n == 0 {
		return Stale()
	}
	return err
}

// Stale is the error for a change made on an old version of a record.
func Stale() error {
	return errs.New(errs.Conflict, "这条记录刚刚被其他人修改过，请刷新页面查看后再操作；您填写的内容没有丢失")
}

// In expands a list: it returns "($n,$n+1,…)" starting at the parameter number
// after args, and args with the values appended. An empty list matches nothing.
func In[T any](args []any, values []T) (string, []any) {
	if len(values) == 0 {
		return "(NULL)", args
	}
	var b strings.Builder
	b.WriteByte('(')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		args = append(args, v)
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(len(args)))
	}
	b.WriteByte(')')
	return b.String(), args
}

// Marks returns "$1,$2,…,$n".
func Marks(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		if i > 1 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(i))
	}
	return b.String()
}

// NewID makes an id: a UUIDv7, so that ids made later sort later.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// explain says which query failed, unless the caller gave up.
func explain(err error, query string) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &queryError{query: query, err: err}
}

type queryError struct {
	query string
	err   error
}

func (e *queryError) Error() string {
	return "db: " + e.err.Error() + " in: " + strings.Join(strings.Fields(e.query), " ")
}
func (e *queryError) Unwrap() error { return e.err }

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Like is the pattern of LIKE … ESCAPE '\' for what contains a text.
func Like(text string) string { return "%" + likeEscaper.Replace(text) + "%" }
