package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/db"
	"shangliang/internal/likeness"
	"shangliang/internal/likeness/lookup"
	"shangliang/internal/likeness/sample"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// alikeResult is how fast likeness was found among so many texts, and how often
// an edited copy was found at all, by the share of its clauses that was edited.
type alikeResult struct {
	database, title string
	texts           int
	budget          time.Duration
	half, p99       time.Duration
	recall          map[int]float64
}

// edits are the shares, in percent, of the clauses of a copy that are edited.
var edits = []int{10, 30, 50}

const (
	alikeTexts     = 50_000
	alikeMany      = 1_000_000
	alikeSentences = 12
	alikeTries     = 100 // of each share
)

// measureLikeness makes up texts on an empty database and looks for edited
// copies of them: among 50,000 proposals through the service, which reads and
// compares the texts, and among a million signatures.
func measureLikeness(ctx context.Context, s settings, name string) (all []alikeResult, err error) {
	if err := os.MkdirAll(s.data, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.data, "likeness-")
	if err != nil {
		return nil, err
	}
	p := &place{name: name, options: app.Options{Data: filepath.Join(dir, "data"), Log: slog.New(slog.DiscardHandler)}, drop: func(context.Context) error { return nil }}
	defer func() { err = errors.Join(err, p.remove(context.WithoutCancel(ctx))) }()
	if name == "postgres" {
		if err := p.emptyPostgres(ctx); err != nil {
			return nil, err
		}
	}
	a, err := app.New(ctx, p.options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(a.Close(), err) }()
	b := &alikeBench{App: a}
	done := say("%s: %d proposals", name, alikeTexts)
	if err := b.make(ctx); err != nil {
		return nil, err
	}
	done()
	done = say("%s: looking for what is alike among them", name)
	few, err := b.look(alikeTexts, func(text [3]string) (string, error) {
		found, err := a.Proposals.Alike(b.ctx, "", proposal.Text{Situation: text[0], Analysis: text[1], Suggestions: text[2]})
		if err != nil || len(found) == 0 {
			return "", err
		}
		return found[0].ID, nil
	})
	if err != nil {
		return nil, err
	}
	done()
	few.database, few.title, few.texts, few.budget = name, "proposals, read and compared", alikeTexts, 100*time.Millisecond
	all = append(all, few)
	if s.texts <= alikeTexts {
		return all, nil
	}
	done = say("%s: %d signatures", name, s.texts)
	if err := b.sign(alikeTexts, s.texts); err != nil {
		return nil, err
	}
	done()
	done = say("%s: looking for what is alike among them", name)
	many, err := b.look(s.texts, b.find)
	if err != nil {
		return nil, err
	}
	done()
	many.database, many.title, many.texts, many.budget = name, "signatures", s.texts, 250*time.Millisecond
	return append(all, many), nil
}

// alikeBench is a platform whose proposals are made-up texts.
type alikeBench struct {
	*app.App
	tenant string
	ctx    context.Context
}

// text is the text of a number in its three parts, id its case.
func (b *alikeBench) text(n uint64) [3]string {
	s := strings.SplitAfter(sample.Text(n, alikeSentences), "。")
	return [3]string{strings.Join(s[:5], ""), strings.Join(s[5:8], ""), strings.Join(s[8:], "")}
}

func (b *alikeBench) id(n uint64) string { return fmt.Sprintf("bench-%08d", n) }

// make writes the proposals as rows and has them signed by the service.
func (b *alikeBench) make(ctx context.Context) (err error) {
	if b.tenant, err = b.Org.SetUp(ctx, b.Org.SetUpCode(), org.Founding{
		Tenant: org.Tenant{Code: "bench", Name: "政协泊舟市委员会", ShortName: "泊舟市政协", Level: org.City, Region: "泊舟市"},
		Term:   org.Term{No: 9, From: "2022-01-10"}, Session: org.Session{No: 1, OpensOn: "2022-02-10", ClosesOn: "2022-02-14"},
		Admin: org.Person{Name: "管一平"}, Login: "bench-admin"}, password); err != nil {
		return err
	}
	b.ctx = actor.With(ctx, actor.System(b.tenant))
	for from := uint64(0); from < alikeTexts; from += 1000 {
		err := b.DB.Write(b.ctx, func(tx *db.Tx) error {
			session, err := org.CurrentSession(tx, b.tenant)
			if err != nil {
				return err
			}
			for n := from; n < from+1000; n++ {
				x := b.text(n)
				if _, err := tx.Exec(`INSERT INTO proposal (tenant, id, session, year, serial_no, kind, title, situation, analysis, suggestions, state, created_at, submitted_at, updated_at)
					VALUES ($1, $2, $3, $4, $5, 'individual', '', $6, $7, $8, 'archived', $9, $9, $9)`,
					b.tenant, b.id(n), session.ID, session.Year, n+1, x[0], x[1], x[2], db.At(tx.Now())); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return b.Proposals.SignAll(ctx)
}

// sign writes the signatures of more texts, in the order of the index: as what
// was put over the years has come to lie.
func (b *alikeBench) sign(from, to int) error {
	const batch = 5000
	for n := from; n < to; n += batch {
		err := b.DB.Write(b.ctx, func(tx *db.Tx) error {
			all := make([]lookup.Text, 0, batch)
			for i := n; i < min(n+batch, to); i++ {
				x := b.text(uint64(i))
				all = append(all, lookup.Text{ID: b.id(uint64(i)), Text: likeness.Read(x[:]...)})
			}
			return lookup.PutNew(tx, b.tenant, "proposal", all)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// find looks among the signatures alone and compares the ten best exactly.
func (b *alikeBench) find(text [3]string) (best string, err error) {
	t := likeness.Read(text[:]...)
	err = b.DB.Read(b.ctx, func(tx *db.Tx) error {
		found, err := lookup.Find(tx, lookup.Query{Kind: "proposal", Text: t, Where: "1 = 1", Args: []any{b.tenant}, Most: 10})
		most := 0.0
		for _, f := range found {
			var n uint64
			if _, err := fmt.Sscanf(f.ID, "bench-%d", &n); err != nil {
				return err
			}
			x := b.text(n)
			if like := likeness.Of(t, likeness.Read(x[:]...)); like > most {
				best, most = f.ID, like
			}
		}
		return err
	})
	return best, err
}

// look asks for edited copies of texts spread over all there are.
func (b *alikeBench) look(texts int, ask func([3]string) (string, error)) (r alikeResult, err error) {
	r.recall = map[int]float64{}
	var took []time.Duration
	for _, percent := range edits {
		found := 0
		for i := range alikeTries {
			n := uint64(i * (texts / alikeTries))
			x := b.text(n)
			for k := range x {
				x[k] = sample.Edited(n+uint64(k), x[k], percent)
			}
			start := time.Now()
			id, err := ask(x)
			if err != nil {
				return r, err
			}
			took = append(took, time.Since(start))
			if id == b.id(n) {
				found++
			}
		}
		r.recall[percent] = float64(found) / alikeTries
	}
	slices.Sort(took)
	r.half, r.p99 = took[len(took)/2], took[len(took)*99/100]
	return r, nil
}

// reportLikeness writes the results as a table.
func reportLikeness(all []alikeResult) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("### What is alike\n\n| Among | Budget | Median | p99 | Copies found, 10 % edited | 30 % | 50 % | Kept |\n|---|---|---:|---:|---:|---:|---:|---|\n")
	for _, r := range all {
		fmt.Fprintf(&b, "| %s %s (%s) | p99 ≤ %s | %s | %s |", number(int64(r.texts)), r.title, r.database, short(r.budget), short(r.half), short(r.p99))
		for _, percent := range edits {
			fmt.Fprintf(&b, " %.0f %% |", 100*r.recall[percent])
		}
		fmt.Fprintf(&b, " %s |\n", kept(r.p99 <= r.budget))
	}
	b.WriteString("\n")
	return b.String()
}
