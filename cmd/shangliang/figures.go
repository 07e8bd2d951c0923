package main

import (
	"context"
	"fmt"
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
	f := e.flags("figures", "-tenant CODE -year YEAR [flags]")
	e.options(f, &o)
	f.StringVar(&tenant, "tenant", "", "code of the tenant; may be left out if there is only one")
	f.IntVar(&year, "year", time.Now().Year(), "year of the session")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	if err := parse(f, args, 0, 0); err != nil {
		return err
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
