package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"shangliang/internal/app"
	"shangliang/internal/doctor"
	"shangliang/internal/lang"
)

// shown is how many findings of a kind are printed.
const shown = 20

// examine prints what contradicts itself and, with -fix, mends it: each kind
// when the keeper says yes, or all with -yes.
func examine(ctx context.Context, e env, args []string) error {
	var o app.Options
	f := e.flags("doctor", "[flags]")
	e.options(f, &o)
	fix := f.Bool("fix", false, "mend what can be mended, asking before each kind")
	yes := f.Bool("yes", false, "with -fix: do not ask")
	if err := parse(f, args, 0, 0); err != nil {
		return err
	}
	a, err := app.New(ctx, o)
	if err != nil {
		return err
	}
	defer a.Close()
	ctx = lang.With(ctx, a.Words, lang.Hans)
	d := a.Doctor()
	found, err := d.Examine(ctx)
	if err != nil {
		return err
	}
	left, in := 0, bufio.NewScanner(os.Stdin)
	for len(found) > 0 {
		n := 1
		for n < len(found) && found[n].Check == found[0].Check {
			n++
		}
		kind := found[:n]
		found = found[n:]
		mended, err := e.mend(ctx, d, kind, *fix, func() bool { return *yes || in.Scan() && strings.EqualFold(strings.TrimSpace(in.Text()), "y") })
		if err != nil {
			return err
		}
		left += n - mended
	}
	if err := a.SealAll(ctx); err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("%d records contradict each other", left)
	}
	fmt.Fprintln(e.out, "nothing contradicts itself")
	return nil
}

// mend prints the findings of one kind and mends them if that is wanted and
// agreed to; it returns how many it mended.
func (e env) mend(ctx context.Context, d *doctor.Doctor, kind []doctor.Finding, fix bool, agreed func() bool) (n int, err error) {
	check := kind[0].Check
	fmt.Fprintf(e.out, "%s: %s (%d)\n", check.ID, lang.T(ctx, "%s", lang.Word(check.Title)), len(kind))
	for _, f := range kind[:min(len(kind), shown)] {
		fmt.Fprintf(e.out, "  %s %s %s\n", f.Kind, f.Object, f.Name)
	}
	if len(kind) > shown {
		fmt.Fprintf(e.out, "  … and %d more\n", len(kind)-shown)
	}
	if check.Mend == nil {
		fmt.Fprintln(e.out, "  a person must see to this")
		return 0, nil
	}
	if !fix {
		fmt.Fprintf(e.out, "  -fix would: %s\n", lang.T(ctx, "%s", lang.Word(check.Cure)))
		return 0, nil
	}
	fmt.Fprintf(e.out, "  %s? [y/N] ", lang.T(ctx, "%s", lang.Word(check.Cure)))
	if !agreed() {
		fmt.Fprintln(e.out)
		return 0, nil
	}
	refused, err := d.Mend(ctx, kind...)
	for i, why := range refused {
		if why != nil {
			fmt.Fprintf(e.out, "\n  %s: %v", kind[i].Object, why)
			continue
		}
		n++
	}
	fmt.Fprintf(e.out, "\n  mended %d of %d\n", n, len(kind))
	return n, err
}
