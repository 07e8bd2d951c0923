// Command bench measures the platform against its budgets: pages, search,
// creating and figures over 50,000 proposals, on SQLite and on PostgreSQL; and
// what is alike among 50,000 texts and a million (likeness.go).
//
// It makes a data set once (dataset.go, play.go, multiply.go), starts the
// platform as a second process on a copy of it (server.go), asks it as signed-in
// people do (load.go) and prints a table (report.go). It owns nothing and
// measures only what it started itself, on this machine.
//
//	make bench                                  both databases, the table
//	make bench BENCH='-db sqlite -seconds 5'    a quick look
//	make bench BENCH='-write docs/benchmarks.md'
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	data     string
	dbs      string
	only     string
	write    string
	profile  string
	seconds  int
	clients  int
	texts    int
	plain    bool
	dataOnly bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if s := os.Getenv(asServer); s != "" {
		err = serveChild(ctx, s)
	} else {
		var s settings
		flag.StringVar(&s.data, "data", "./data/bench", "folder of the data set, made if it is not there")
		flag.StringVar(&s.dbs, "db", "sqlite,postgres", "databases to measure; postgres wants $SHANGLIANG_TEST_POSTGRES")
		flag.StringVar(&s.only, "only", "", "measure only these, by name: list,case,search,suggest,create,figures,likeness")
		flag.StringVar(&s.write, "write", "", "document whose table between the markers is replaced")
		flag.StringVar(&s.profile, "profile", "", "folder for CPU profiles of the server, one for each measurement")
		flag.IntVar(&s.seconds, "seconds", 10, "how long each measurement takes, after warming up")
		flag.IntVar(&s.texts, "texts", alikeMany, "among how many signatures likeness is looked for")
		flag.IntVar(&s.clients, "clients", 16, "requests at a time")
		flag.BoolVar(&s.plain, "plain", false, "do not accept compressed pages")
		flag.BoolVar(&s.dataOnly, "prepare", false, "make the data set and end")
		flag.Parse()
		err = run(ctx, s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	if s.seconds < 1 || s.seconds > 300 || s.clients < 1 || s.clients > 64 {
		return errors.New("-seconds is 1 to 300, -clients 1 to 64")
	}
	var alike []alikeResult
	if s.wants("likeness") && !s.dataOnly {
		for name := range strings.SplitSeq(s.dbs, ",") {
			all, err := measureLikeness(ctx, s, name)
			if err != nil {
				return fmt.Errorf("%s: likeness: %w", name, err)
			}
			alike = append(alike, all...)
		}
		if s.only == "likeness" {
			fmt.Println(reportLikeness(alike))
			return nil
		}
	}
	set, err := prepare(ctx, s.data)
	if err != nil || s.dataOnly {
		return err
	}
	var tables []table
	for name := range strings.SplitSeq(s.dbs, ",") {
		place, err := set.copyTo(ctx, name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		t, err := measure(ctx, s, set, place)
		if e := place.remove(ctx); err == nil {
			err = e
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		tables = append(tables, t)
	}
	text := report(tables, s) + "\n" + reportLikeness(alike)
	fmt.Println(text)
	if s.write != "" {
		return rewrite(s.write, text)
	}
	return nil
}

// wants reports whether something is to be measured.
func (s settings) wants(name string) bool {
	return s.only == "" || slices.Contains(strings.Split(s.only, ","), name)
}

// say tells what is going on and how long the step before took.
func say(format string, args ...any) func() {
	fmt.Fprintf(os.Stderr, format+" … ", args...)
	start := time.Now()
	return func() { fmt.Fprintf(os.Stderr, "%.1f s\n", time.Since(start).Seconds()) }
}
