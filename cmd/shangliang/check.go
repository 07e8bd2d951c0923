package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/reader"
	"shangliang/internal/report"
)

// check compares the figures of a draft with the records, or with a file of
// figures, and with each other.
func check(ctx context.Context, e env, args []string) error {
	var o app.Options
	var tenant, known, out string
	var year int
	var asJSON bool
	f := e.flags("check", "DRAFT (-tenant CODE -year YEAR | -figures FILE) [flags]")
	e.options(f, &o)
	f.StringVar(&tenant, "tenant", "", "code of the tenant; may be left out if there is only one")
	f.IntVar(&year, "year", time.Now().Year(), "year of the session that the draft reports")
	f.StringVar(&known, "figures", "", "compare with the figures of this file (json, xlsx, csv) instead of the records")
	f.StringVar(&out, "o", "", "write the Word file with comments here")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	files, err := mixed(f, args)
	if err != nil {
		return err
	}
	if len(files) != 1 {
		f.Usage()
		return errUsage
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	result, err := checked(ctx, o, files[0], data, tenant, year, known)
	if err != nil {
		return err
	}
	if out != "" {
		word, err := result.Annotate(ctx, data, time.Now())
		if err != nil {
			return err
		}
		if err := os.WriteFile(out, word, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(e.err, "%d comments in %s\n", result.Wrong(), out)
	}
	if asJSON {
		return result.PrintJSON(e.out)
	}
	return result.Print(ctx, e.out)
}

func checked(ctx context.Context, o app.Options, name string, data []byte, tenant string, year int, known string) (*report.Result, error) {
	if known != "" {
		b, err := os.ReadFile(known)
		if err != nil {
			return nil, err
		}
		figures, err := report.ReadKnown(known, b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", known, err)
		}
		draft, err := reader.ReadDraft(name, data)
		if err != nil {
			return nil, err
		}
		return report.Check(draft, figures), nil
	}
	a, err := app.New(ctx, o)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	id, err := tenantOf(ctx, a, tenant)
	if err != nil {
		return nil, err
	}
	return report.New(a.Figures).Check(actor.With(ctx, actor.System(id)), name, data, year)
}
