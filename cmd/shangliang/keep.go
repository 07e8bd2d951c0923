package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"shangliang/internal/app"
	"shangliang/internal/backup"
	"shangliang/internal/ledger"
)

// backUp writes to a temporary file first: a file of the given name is always a
// whole backup.
func backUp(ctx context.Context, e env, args []string) (err error) {
	var o app.Options
	f := e.flags("backup", "[flags] FILE")
	e.options(f, &o)
	if err := parse(f, args, 1, 1); err != nil {
		return err
	}
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	defer a.Close()
	keys, err := ledger.Trusted(o.Data)
	if err != nil {
		return err
	}
	name := f.Arg(0)
	out, err := os.CreateTemp(filepath.Dir(name), ".backup-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	m, err := backup.Create(ctx, backup.Source{DB: a.DB, Blobs: a.Files, Version: version, Keys: keys}, out)
	err = errors.Join(err, out.Sync(), out.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(out.Name(), name); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: %d rows, as of %s\n", name, m.Rows(), m.At.Format("2006-01-02 15:04:05 MST"))
	return nil
}

func restore(ctx context.Context, e env, args []string) error {
	var o app.Options
	f := e.flags("restore", "[flags] FILE")
	e.options(f, &o)
	if err := parse(f, args, 1, 1); err != nil {
		return err
	}
	m, report, err := app.Restore(ctx, o, f.Arg(0))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "restored %d rows, as of %s\n", m.Rows(), m.At.Format("2006-01-02 15:04:05 MST"))
	return e.report(ctx, report)
}

// verify checks a backup offline, or the database if no file is given.
func verify(ctx context.Context, e env, args []string) error {
	var o app.Options
	var kept string
	f := e.flags("verify", "[flags] [FILE]")
	e.options(f, &o)
	files := f.Bool("files", true, "read all stored files as well and compare them with what was put in")
	f.StringVar(&kept, "kept", "", "folder with copies of ledger.pub and checkpoints.log that were kept elsewhere; the data folder if not given")
	if err := parse(f, args, 0, 1); err != nil {
		return err
	}
	var p ledger.Proof
	var err error
	if p.Keys, err = ledger.Trusted(cmp.Or(kept, o.Data)); err != nil {
		return err
	}
	if p.Checkpoints, err = ledger.Checkpoints(cmp.Or(kept, o.Data)); err != nil {
		return err
	}
	var report *ledger.Report
	if f.NArg() == 1 {
		_, report, err = backup.Verify(ctx, f.Arg(0), app.Migrations(), p)
	} else {
		var a *app.App
		if a, err = app.New(ctx, o); err != nil {
			return err
		}
		defer a.Close()
		report, err = ledger.Verify(ctx, a.DB, p)
		if err == nil && *files {
			err = e.verifyFiles(ctx, a, report)
		}
	}
	if err != nil {
		return err
	}
	return e.report(ctx, report)
}

// verifyFiles reads every stored file and adds to the report what is damaged or
// gone.
func (e env) verifyFiles(ctx context.Context, a *app.App, report *ledger.Report) error {
	n, damaged, missing, err := a.CheckFiles(ctx)
	if err != nil {
		return err
	}
	report.Findings = append(report.Findings, backup.DamagedFiles(damaged)...)
	report.Findings = append(report.Findings, backup.MissingFiles(missing)...)
	fmt.Fprintf(e.out, "%s: %d stored files, %d damaged, %d missing\n", a.Files, n, len(damaged), len(missing))
	return nil
}

// copyFiles moves an installation between the data folder and a bucket.
func copyFiles(ctx context.Context, e env, args []string) error {
	var o app.Options
	f := e.flags("copy-files", "[-back] [flags]")
	e.options(f, &o)
	back := f.Bool("back", false, "from the bucket into the data folder")
	if err := parse(f, args, 0, 0); err != nil {
		return err
	}
	if o.S3.URL == "" {
		return errors.New("there is no bucket: give -s3")
	}
	n, err := app.CopyFiles(ctx, o, *back)
	fmt.Fprintf(e.out, "%d files copied\n", n)
	return err
}

func (e env) report(ctx context.Context, r *ledger.Report) error {
	for _, line := range r.Lines(ctx) {
		fmt.Fprintln(e.out, line)
	}
	if !r.OK() {
		return errors.New("the data is not as it was recorded")
	}
	return nil
}
