package ledger_test

import (
	"context"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/db/dbtest"
	"shangliang/internal/ledger"
)

func TestMark(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Migrate(context.Background(), ledger.Migrations); err != nil {
			t.Fatal(err)
		}
		var mark ledger.Mark
		holds := func() (ok bool) {
			err := d.Read(context.Background(), func(tx *db.Tx) (err error) { ok, err = mark.Holds(tx); return err })
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		write := func(tenant string) {
			ctx := actor.With(context.Background(), actor.System(tenant))
			if err := d.Write(ctx, func(tx *db.Tx) error {
				return ledger.Append(tx, ledger.Entry{Action: "tea.pour", Kind: "tea", Object: "1"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		write("here")
		if err := d.Read(context.Background(), func(tx *db.Tx) (err error) { mark, err = ledger.MarkOf(tx, "here"); return err }); err != nil {
			t.Fatal(err)
		}
		if !holds() {
			t.Error("nothing was written")
		}
		write("elsewhere")
		if !holds() {
			t.Error("elsewhere does not count")
		}
		write("here")
		if holds() {
			t.Error("an entry was written")
		}
	})
}
