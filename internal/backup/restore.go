package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/ledger"
)

func invalid(cause error, msg string, args ...any) error {
	return errs.Because(cause, errs.Invalid, msg, args...)
}

// Target is where a backup is restored to.
type Target struct {
	URL        string     // of an empty database: "sqlite:PATH" of a file that is not there yet, or postgres://…
	Data       string     // the data folder, which learns to trust the backup's public keys
	Blobs      blob.Store // of the stored files; must be empty
	Migrations []fs.FS    // of all packages
}

// Restore brings a backup back into an empty place and verifies its ledger
// there. A damaged backup is an Invalid error that names the part, and nothing
// has then been restored. What the report says is for people to judge: data that
// was changed before the backup was made is restored as it was.
func Restore(ctx context.Context, file string, t Target) (m *Manifest, report *ledger.Report, err error) {
	a, err := open(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	defer a.zip.Close()
	url := t.URL
	final, isFile := strings.CutPrefix(t.URL, "sqlite:")
	if isFile { // loaded beside its place and moved there when complete
		if _, err := os.Stat(final); err == nil {
			return nil, nil, invalid(nil, "数据库文件 %s 已经存在，不能恢复到这里", final)
		}
		url = t.URL + ".restoring"
		defer removeSQLite(final + ".restoring")
		removeSQLite(final + ".restoring") // left by an attempt that was killed
		if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
			return nil, nil, err
		}
	}
	put, damaged, err := a.extract(ctx, t.Blobs)
	defer func() {
		if err != nil {
			for _, sha := range put {
				_ = t.Blobs.Remove(context.WithoutCancel(ctx), sha) // what stays is no hindrance to another attempt
			}
		}
	}()
	if err != nil {
		return nil, nil, err
	}
	report, err = a.load(ctx, url, t.Migrations, ledger.Proof{Keys: a.manifest.Keys}, true)
	if err != nil {
		return nil, nil, err
	}
	report.Findings = append(report.Findings, DamagedFiles(damaged)...)
	if isFile {
		if err := os.Rename(final+".restoring", final); err != nil {
			return nil, nil, err
		}
	}
	if err := os.MkdirAll(t.Data, 0o700); err != nil {
		return nil, nil, err
	}
	for _, k := range a.manifest.Keys {
		if err := ledger.Trust(t.Data, k); err != nil {
			return nil, nil, err
		}
	}
	return a.manifest, report, nil
}

// Verify checks a backup without restoring it: its parts, and its ledger, which
// is loaded into a database that is thrown away. Keys of the proof, if given,
// are those to trust; else the backup's own.
func Verify(ctx context.Context, file string, migrations []fs.FS, p ledger.Proof) (*Manifest, *ledger.Report, error) {
	a, err := open(ctx, file)
	if err != nil {
		return nil, nil, err
	}
	defer a.zip.Close()
	dir, err := os.MkdirTemp("", "shangliang-verify-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	if len(p.Keys) == 0 {
		p.Keys = a.manifest.Keys
	}
	report, err := a.load(ctx, "sqlite:"+filepath.Join(dir, "verify.db"), migrations, p, false)
	if err != nil {
		return nil, nil, err
	}
	all, err := a.blobs()
	if err != nil {
		return nil, nil, err
	}
	var damaged []string
	for _, sha := range slices.Sorted(maps.Keys(all)) {
		if all[sha].SHA256 != sha {
			damaged = append(damaged, sha)
		}
	}
	report.Findings = append(report.Findings, DamagedFiles(damaged)...)
	return a.manifest, report, nil
}

// DamagedFiles are the findings about stored files whose content is no longer
// what it was.
func DamagedFiles(shas []string) []ledger.Finding {
	return findings("存储的文件已损坏，与存入时不同", shas)
}

// MissingFiles are the findings about files that records name and no store has.
func MissingFiles(shas []string) []ledger.Finding {
	return findings("存储的文件不见了", shas)
}

func findings(msg string, shas []string) (all []ledger.Finding) {
	for _, sha := range shas {
		all = append(all, ledger.Finding{Msg: msg, Key: sha})
	}
	return all
}

// load fills the database and verifies what it then holds. Only afterwards is
// it brought up to date, since newer migrations may change rows.
func (a *archive) load(ctx context.Context, url string, migrations []fs.FS, p ledger.Proof, migrate bool) (*ledger.Report, error) {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	r, err := a.files[tablesName].Open()
	if err != nil {
		return nil, invalid(err, "备份中的 %s 已损坏", tablesName)
	}
	defer r.Close()
	if err := db.Load(ctx, d, r, migrations...); err != nil {
		if _, is := errors.AsType[*db.Damage](err); is {
			return nil, invalid(err, "备份中的 %s 已损坏", tablesName)
		}
		if errors.Is(err, db.ErrNotEmpty) {
			return nil, invalid(err, "目标数据库不是空的，不能恢复到这里")
		}
		return nil, fmt.Errorf("backup: load: %w", err)
	}
	p.Now = a.manifest.At
	if a.manifest.Checkpoint != "" {
		p.Checkpoints = append(p.Checkpoints, a.manifest.Checkpoint)
	}
	report, err := ledger.Verify(ctx, d, p)
	if err != nil {
		return nil, err
	}
	if migrate {
		if err := d.Migrate(ctx, migrations...); err != nil {
			return nil, err
		}
		if err := a.loadJobs(ctx, d); err != nil {
			return nil, err
		}
	}
	return report, d.Close()
}

// loadJobs queues again what was still to be done.
func (a *archive) loadJobs(ctx context.Context, d *db.DB) error {
	if err := jobs.Migrate(ctx, d); err != nil {
		return err
	}
	f := a.files[jobsName]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		return invalid(err, "备份中的 %s 已损坏", jobsName)
	}
	defer r.Close()
	return jobs.Carry(ctx, d, r)
}

func removeSQLite(path string) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(path + suffix)
	}
}
