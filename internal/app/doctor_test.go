package app_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/doctor"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

// Each contradiction is planted, found, mended with an entry in the ledger, and
// not found again; a healthy platform has none.
func TestDoctor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		ctx := context.Background()
		filed, handling := w.Play(proposal.Filed), w.Play(proposal.Handling)
		merged := w.Play(proposal.InReview)
		if err := w.Proposals.Merge(w.As("莫定安"), filed.ID, []proposal.Chosen{{ID: merged.ID, Version: merged.Version}}, "内容相近"); err != nil {
			t.Fatal(err)
		}
		must(t, w.SealAll(ctx))
		d := w.Doctor()
		findings := func() []doctor.Finding {
			t.Helper()
			all, err := d.Examine(ctx)
			must(t, err)
			return all
		}
		if all := findings(); len(all) > 0 {
			t.Fatalf("a healthy platform: %s %+v", all[0].Check.ID, all)
		}
		stray, err := w.Files.Put(ctx, strings.NewReader("nobody's"), 0)
		must(t, err)
		if all := findings(); len(all) > 0 {
			t.Fatalf("an upload under way: %+v", all)
		}
		old := time.Now().Add(-2 * time.Hour)
		must(t, os.Chtimes(filepath.Join(w.Options.Data, "files", filepath.FromSlash(blob.Name(stray.SHA256))), old, old))
		for _, plant := range []struct {
			check, query string
			args         []any
		}{
			{"proposal.merged_without_lead", `UPDATE proposal SET merged_into = 'gone' WHERE id = $1`, []any{merged.ID}},
			{"assignment.without_clock", `DELETE FROM clock WHERE kind = 'assignment.reply' AND object_id IN (SELECT id FROM assignment WHERE proposal = $1)`, []any{handling.ID}},
			{"proposal.counter_behind", `UPDATE proposal_counter SET n = 1 WHERE name = 'serial'`, nil},
			{"proposal.unindexed", `DELETE FROM search_doc WHERE id = $1`, []any{handling.ID}},
			{"proposal.indexed_for_nothing", `UPDATE search_doc SET id = 'gone' WHERE id = $1`, []any{filed.ID}},
			{"ledger.unsealed", `DELETE FROM ledger_pending WHERE entry = (SELECT MIN(entry) FROM ledger_pending)`, nil},
			{"clock.without_object", `UPDATE clock SET object_id = 'gone' WHERE state = 'running' AND object = 'proposal' AND object_id = $1`, []any{filed.ID}},
			{"notice.without_delivery", `DELETE FROM delivery WHERE notice = (SELECT MAX(id) FROM notice)`, nil},
			{"file.unknown", `UPDATE tenant SET id = id WHERE id = $1`, []any{stray.SHA256}}, // planted above
		} {
			must(t, w.DB.Write(actor.With(ctx, actor.System(w.Tenant)), func(tx *db.Tx) error {
				_, err := tx.Exec(plant.query, plant.args...)
				return err
			}))
			all := findings()
			i := slices.IndexFunc(all, func(f doctor.Finding) bool { return f.Check.ID == plant.check })
			if i < 0 {
				t.Errorf("%s is not found: %+v", plant.check, all)
				continue
			}
			f := all[i]
			if refused, err := d.Mend(ctx, f); err != nil || refused[0] != nil {
				t.Errorf("%s: %v %v", plant.check, refused, err)
				continue
			}
			if all := findings(); slices.ContainsFunc(all, func(x doctor.Finding) bool { return x.Check.ID == plant.check && x.Object == f.Object }) {
				t.Errorf("%s is found again", plant.check)
			}
			entries := 0
			must(t, w.DB.Read(ctx, func(tx *db.Tx) error {
				return tx.Get(`SELECT COUNT(*) FROM ledger_entry WHERE action = 'doctor.mend' AND object = $1 AND role = 'system'`, []any{f.Object}, &entries)
			}))
			if entries == 0 {
				t.Errorf("%s: no entry says that it was mended", plant.check)
			}
			if refused, err := d.Mend(ctx, f); err != nil || !errs.Is(refused[0], errs.Conflict) {
				t.Errorf("%s is mended twice: %v %v", plant.check, refused, err)
			}
		}
		// A file that is gone is for a person.
		p, err := w.Proposals.Create(w.As("余知秋"), w.Text())
		must(t, err)
		must(t, w.DB.Write(actor.With(ctx, actor.System(w.Tenant)), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO attachment (tenant, id, object, object_id, purpose, name, kind, size, sha256, person, at) VALUES ($1, 'a', 'proposal', $2, '', '附件.pdf', 'pdf', 1, $3, '', '')`,
				w.Tenant, p.ID, strings.Repeat("0", 64))
			return err
		}))
		all := findings()
		i := slices.IndexFunc(all, func(f doctor.Finding) bool { return f.Check.ID == "file.missing" && f.Name == "附件.pdf" })
		if i < 0 {
			t.Fatalf("a file that is gone: %+v", all)
		}
		if refused, err := d.Mend(ctx, all[i]); err != nil || !errs.Is(refused[0], errs.Invalid) {
			t.Errorf("a file that is gone is mended: %v %v", refused, err)
		}
		must(t, w.SealAll(ctx))
	})
}

// Every table that names a stored file is examined.
func TestDoctorKnowsFiles(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	var tables []string
	must(t, w.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
		tables, err = db.Column[string](tx, `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'sha256' ORDER BY m.name`)
		return err
	}))
	// Of what is published the hash is that of the text, of which the edition
	// names the files; what was made to be collected is in a store of its own.
	known := []string{"open_case", "paper_run"}
	for _, m := range w.Modules {
		for _, s := range m.Stored {
			known = append(known, s.Table)
		}
	}
	slices.Sort(known)
	if !slices.Equal(tables, known) {
		t.Errorf("tables with files are %v, examined are %v", tables, known)
	}
}
