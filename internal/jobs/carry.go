package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/riverqueue/river"

	"shangliang/internal/db"
)

// carried is a job that is still to be done, as a backup keeps it: one line of
// JSON, the same for both databases.
type carried struct {
	Kind        string          `json:"kind"`
	Tenant      string          `json:"tenant,omitempty"`
	Key         string          `json:"key,omitempty"`
	Args        json.RawMessage `json:"args"`
	MaxAttempts int             `json:"max_attempts"`
	DueAt       time.Time       `json:"due_at"`
}

// Waiting writes the jobs that are still to be done, as they are in the
// transaction, for [Carry]. One that is being done counts: whether it will end
// well is not known yet.
func Waiting(tx *db.Tx, w io.Writer) error {
	rows, err := tx.Query(`SELECT kind, args, max_attempts, scheduled_at FROM river_job
		WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	out := json.NewEncoder(w)
	for rows.Next() {
		var c carried
		var args []byte
		var e envelope
		if err := rows.Scan(&c.Kind, &args, &c.MaxAttempts, &c.DueAt); err != nil {
			return err
		}
		if err := json.Unmarshal(args, &e); err != nil {
			return fmt.Errorf("jobs: arguments of %s: %w", c.Kind, err)
		}
		c.Tenant, c.Key, c.Args = e.Tenant, e.Key, e.Args
		if err := out.Encode(c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Carry adds what [Waiting] wrote to the queue of another database, which
// [Migrate] has made. Their tries are counted anew.
func Carry(ctx context.Context, d *db.DB, r io.Reader) error {
	q, err := New(d, Config{})
	if err != nil {
		return err
	}
	var all []carried
	for in := json.NewDecoder(r); ; {
		var c carried
		if err := in.Decode(&c); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("jobs: damaged: %w", err)
		}
		all = append(all, c)
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, c := range all {
			e, o := envelope{kind: c.Kind, Tenant: c.Tenant, Args: c.Args}, river.InsertOpts{MaxAttempts: c.MaxAttempts}
			if c.DueAt.After(tx.Now()) {
				At(c.DueAt)(&e, &o)
			}
			if c.Key != "" {
				Unique(c.Key)(&e, &o)
			}
			if _, err := q.client.InsertTx(tx.Context(), tx.SQL(), e, &o); err != nil {
				return fmt.Errorf("jobs: add %s: %w", c.Kind, err)
			}
		}
		return nil
	})
}
