package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// openKept opens SQLite so that each connection keeps the statements that ran on
// it: parsing a query costs more than most of our queries do. A pool's own
// prepared statements would not do, since within a transaction database/sql
// makes them anew.
func openKept(dsn string) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keptConnector{c}), nil
}

type keptConnector struct{ driver.Connector }

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is what the driver's statements can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteRows is what the driver's rows can do; dumps ask for the types.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

func (k keptConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	own, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("db: the SQLite driver is not the one we know"), c.Close())
	}
	return &keptConn{sqliteConn: own, idle: map[string]sqliteStmt{}}, nil
}

// maxKept bounds the statements of a connection: texts with lists expand to
// many forms.
const maxKept = 400

// keptConn is a connection with the statements that are not in use. Like every
// driver.Conn it is used by one goroutine at a time.
type keptConn struct {
	sqliteConn
	idle map[string]sqliteStmt
}

// take returns a statement and keeps it from being taken twice.
func (c *keptConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if s, ok := c.idle[query]; ok {
		delete(c.idle, query)
		return s, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.(sqliteStmt), nil
}

// give takes a statement back.
func (c *keptConn) give(query string, s sqliteStmt) error {
	if _, twice := c.idle[query]; twice {
		return s.Close()
	}
	if len(c.idle) >= maxKept {
		for old, one := range c.idle { // any of them
			delete(c.idle, old)
			if err := one.Close(); err != nil {
				return errors.Join(err, s.Close())
			}
			break
		}
	}
	c.idle[query] = s
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *keptConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(ctx, args)
	if err != nil {
		s.Close() // its error would be the same
		return nil, err
	}
	return r, c.give(query, s)
}

// QueryContext implements driver.QueryerContext.
func (c *keptConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		s.Close()
		return nil, err
	}
	return &keptRows{rows.(sqliteRows), c, s, query}, nil
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	sqliteRows
	conn  *keptConn
	stmt  sqliteStmt
	query string
}

func (r *keptRows) Close() error {
	if err := r.sqliteRows.Close(); err != nil {
		r.stmt.Close()
		return err
	}
	return r.conn.give(r.query, r.stmt)
}

// BeginTx implements driver.ConnBeginTx, for transactions that write: one that
// only reads could not begin to write later.
func (c *keptConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE", nil); err != nil {
		return nil, err
	}
	return keptTx{c}, nil
}

type keptTx struct{ conn *keptConn }

// Commit leaves no transaction behind, also when it fails.
func (t keptTx) Commit() error {
	if _, err := t.conn.ExecContext(context.Background(), "COMMIT", nil); err != nil {
		_, _ = t.conn.ExecContext(context.Background(), "ROLLBACK", nil) // fails if the commit ended it
		return err
	}
	return nil
}

func (t keptTx) Rollback() error {
	_, err := t.conn.ExecContext(context.Background(), "ROLLBACK", nil)
	return err
}

// Close implements driver.Conn.
func (c *keptConn) Close() error {
	var all error
	for _, s := range c.idle {
		all = errors.Join(all, s.Close())
	}
	c.idle = nil
	return errors.Join(all, c.sqliteConn.Close())
}
