package main

import (
	"context"
	"fmt"

	"shangliang/internal/app"
	"shangliang/internal/demo"
)

// demonstrate starts a platform with demonstration data and prints who can sign
// in. The data is made once; a second start keeps it.
func demonstrate(ctx context.Context, e env, args []string) error {
	var o app.Options
	var addr string
	f := e.flags("demo", "[flags]")
	e.options(f, &o)
	e.serving(f, &o, &addr)
	if e.getenv("SHANGLIANG_DATA") == "" {
		o.Data = "./data/demo"
		f.Lookup("data").DefValue = o.Data
	}
	if err := parse(f, args, 0, 0); err != nil {
		return err
	}
	clock := new(demo.Time)
	o.Now = clock.Now
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	p := demo.Play{DB: a.DB, Org: a.Org, Proposals: a.Proposals, Dispatch: a.Dispatch, Assessments: a.Assessments, Publish: a.Publish, Awards: a.Awards, Regional: a.Regional, Reading: a.Reading, Keys: a.Keys, Events: a.Events, Digests: a.Digests, Clocks: a.Clocks, Time: clock, Progress: e.err, Messages: a.Messages, Notices: a.Notices}
	list, err := p.Ensure(ctx, o.Data)
	if err != nil {
		a.Close()
		return err
	}
	return e.answer(ctx, a, addr, func() {
		fmt.Fprintf(e.out, "\nThe demonstration answers on http://%s\n%s\n", addr, list)
	})
}
