package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/db"
	"shangliang/internal/figure"
	"shangliang/internal/org"
)

// figures prints the figures of a tenant's year, each with its bases.
func figures(ctx context.Context, e env, args []string) error {
	var o app.Options
	var tenant string
	var year int
	var asJSON bool
	var cover string
	f := e.flags("figures", "-tenant CODE -year YEAR [flags]")
	f.StringVar(&cover, "coverage", "", "instead, say for each metric of this `FILE` of figures (JSON lines) which definition answers it")
	e.options(f, &o)
	f.StringVar(&tenant, "tenant", "", "code of the tenant; may be left out if there is only one")
	f.IntVar(&year, "year", time.Now().Year(), "year of the session")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	if err := parse(f, args, 0, 0); err != nil {
		return err
	}
	if cover != "" {
		return coverage(e, cover)
	}
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	defer a.Close()
	id, err := tenantOf(ctx, a, tenant)
	if err != nil {
		return err
	}
	ctx = actor.With(ctx, actor.System(id))
	report, err := a.Figures.Compute(ctx, figure.Request{Year: year})
	if err != nil {
		return err
	}
	return figure.Print(ctx, e.out, report, asJSON)
}

// coverage lists the metrics of a file of figures with the definitions that
// answer them. It is an error if some have none.
func coverage(e env, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	answers, err := figure.Cover(file, app.Figures())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	missing := 0
	for _, a := range answers {
		switch {
		case a.Known == nil:
			missing++
			fmt.Fprintf(e.out, "%s\t%d\tMISSING: no definition answers it\n", a.Metric, a.Count)
		case len(a.By) == 0:
			fmt.Fprintf(e.out, "%s\t%d\t%s\tread in texts; no query yet\n", a.Metric, a.Count, a.Known.Name)
		default:
			fmt.Fprintf(e.out, "%s\t%d\t%s\tcomputed by %s\n", a.Metric, a.Count, a.Known.Name, strings.Join(a.By, ", "))
		}
	}
	fmt.Fprintf(e.out, "%d metrics, %d missing\n", len(answers), missing)
	if missing > 0 {
		return fmt.Errorf("%d metrics have no definition", missing)
	}
	return nil
}

// tenantOf finds a tenant by its code; without one, the only tenant there is.
func tenantOf(ctx context.Context, a *app.App, code string) (id string, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := org.Tenants(tx)
		if err != nil {
			return err
		}
		codes := ""
		for _, t := range all {
			if t.Code == code || code == "" && len(all) == 1 {
				id = t.ID
			}
			codes += " " + t.Code
		}
		if id == "" {
			return fmt.Errorf("there is no tenant %q; those here:%s", code, codes)
		}
		return nil
	})
	return id, err
}
