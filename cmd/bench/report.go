package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// table is what one database reached.
type table struct {
	place    *place
	set      *dataset
	results  []result
	resident int64 // bytes after the load
	own      int64
}

// mostMemory is the budget of resident memory.
const mostMemory = 300 << 20

// measure starts the server on a copy and measures all there is.
func measure(ctx context.Context, s settings, set *dataset, p *place) (t table, err error) {
	t = table{place: p, set: set}
	done := say("%s: signing in", p.name)
	who, err := set.signIn(ctx, p, s.clients)
	if err != nil {
		return t, err
	}
	done()
	child := childSettings{Data: p.options.Data, Database: p.options.Database}
	if s.profile != "" {
		child.Profiles = filepath.Join(s.profile, p.name)
		if err := os.MkdirAll(child.Profiles, 0o700); err != nil {
			return t, err
		}
	}
	srv, err := startServer(ctx, child)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	lists, err := set.lists(ctx, srv, who)
	if err != nil {
		return t, err
	}
	for _, m := range set.measurements(who, lists) {
		if !s.wants(m.name) {
			continue
		}
		r, err := m.load(ctx, srv, s, 3*time.Second, time.Duration(s.seconds)*time.Second)
		if err != nil {
			return t, fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %-8s %7.0f/s  median %6s  p99 %6s  max %6s  server CPU %6s each  %6d bytes each  %d failed %s\n",
			p.name, m.name, r.rate, short(r.half), short(r.p99), short(r.max), short(r.cpu), r.bytes, r.failed, r.failure)
		t.results = append(t.results, r)
	}
	t.resident, t.own, err = srv.memory()
	return t, err
}

func short(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
	case d >= time.Millisecond:
		return fmt.Sprintf("%.1f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}

// report writes the tables in Markdown.
func report(tables []table, s settings) string {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "### %s\n\n", t.place.version)
		b.WriteString("| What | Budget | Throughput | Median | p99 | Server CPU | Kept |\n|---|---|---:|---:|---:|---:|---|\n")
		for _, r := range t.results {
			fmt.Fprintf(&b, "| %s | %s | %.0f/s | %s | %s | %s | %s |\n", r.title, r.budget, r.rate, short(r.half), short(r.p99), short(r.cpu), kept(r.met()))
		}
		fmt.Fprintf(&b, "| resident memory after the load | ≤ %d MB | %d MB | | | | %s |\n\n", mostMemory>>20, t.resident>>20, kept(t.resident <= mostMemory))
	}
	if len(tables) == 0 {
		return ""
	}
	set := tables[0].set
	fmt.Fprintf(&b, "Measured on %s: %s.\n\n", time.Now().UTC().Format("2006-01-02"), machine(set.dir))
	gz := "compressed, as browsers ask for them"
	if s.plain {
		gz = "not compressed"
	}
	fmt.Fprintf(&b, "%d requests at a time over kept connections from a second process on the same machine, %d seconds each after 3 to warm up; pages %s. "+
		"The data: %s proposals of %d years, %s people, %s bodies, %s entries in the ledger; %.1f GB on SQLite. "+
		"SQLite writes with `synchronous=FULL`, PostgreSQL with `synchronous_commit=on`.\n",
		s.clients, s.seconds, gz, number(set.Counts["proposal"]), years, number(set.Counts["person"]), number(set.Counts["body"]),
		number(set.Counts["ledger_entry"]), float64(set.Bytes)/(1<<30))
	return b.String()
}

func kept(yes bool) string {
	if yes {
		return "yes"
	}
	return "**no**"
}

// String writes a budget for people.
func (b budget) String() string {
	var parts []string
	if b.rate > 0 {
		parts = append(parts, fmt.Sprintf("≥ %.0f/s", b.rate))
	}
	if b.p99 > 0 {
		parts = append(parts, "p99 ≤ "+short(b.p99))
	}
	if b.half > 0 {
		parts = append(parts, "≤ "+short(b.half))
	}
	return strings.Join(parts, ", ")
}

// number groups the digits of n.
func number(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// machine says what this was measured on.
func machine(dir string) string {
	parts := []string{fmt.Sprintf("%d cores", runtime.NumCPU())}
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		parts[0] += " of " + model
	}
	var kb int64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kb); err == nil {
		parts = append(parts, fmt.Sprintf("%.0f GB of memory", float64(kb)/(1<<20)))
	}
	if d := syncTime(dir); d > 0 {
		parts = append(parts, fmt.Sprintf("a disk that syncs 4 KB in %s", short(d)))
	}
	var u syscall.Utsname
	if syscall.Uname(&u) == nil {
		var release []byte
		for _, c := range u.Release {
			if c == 0 {
				break
			}
			release = append(release, byte(c))
		}
		parts = append(parts, "Linux "+string(release))
	}
	return strings.Join(append(parts, runtime.Version()), ", ")
}

// field is the value of a name in a file of "name: value" lines.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// syncTime is how long the disk takes to sync a small write: what a commit
// waits for at least.
func syncTime(dir string) time.Duration {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var times []time.Duration
	for range 51 {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return 0
		}
		start := time.Now()
		if f.Sync() != nil {
			return 0
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times[len(times)/2]
}

const (
	beginMark = "<!-- bench: begin -->"
	endMark   = "<!-- bench: end -->"
)

// rewrite puts the tables between the markers of a document.
func rewrite(name, text string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), beginMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !ok || !ended {
		return fmt.Errorf("%s has no markers %s and %s", name, beginMark, endMark)
	}
	return os.WriteFile(name, []byte(before+beginMark+"\n"+text+endMark+after), 0o644)
}
