package report

import (
	"context"
	"fmt"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/figure"
	"shangliang/internal/reader"
)

// Service checks drafts against the records of a tenant. It wants figure.read.
type Service struct {
	figures *figure.Service
}

// New makes the service.
func New(figures *figure.Service) *Service { return &Service{figures} }

// Check reads a draft and compares its figures with those of a year and the year
// before it. Errors are those of reading a file and of computing figures.
func (s *Service) Check(ctx context.Context, name string, data []byte, year int) (*Result, error) {
	if _, err := actor.Require(ctx, "figure.read"); err != nil {
		return nil, err
	}
	draft, err := reader.ReadDraft(name, data)
	if err != nil {
		return nil, err
	}
	known, err := s.Known(ctx, year)
	if err != nil {
		return nil, err
	}
	return Check(draft, known), nil
}

// Known returns the figures of a year that answer to a metric of the catalogue,
// with those of the year before and links to their records. A year without any
// record is Invalid: nothing could be said of a draft.
func (s *Service) Known(ctx context.Context, year int) ([]Known, error) {
	now, before, err := s.figures.Compare(ctx, figure.Request{Year: year})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(now.Values, func(v figure.Value) bool { return v.Amount > 0 || v.Den > 0 }) {
		return nil, errs.New(errs.Invalid, "%d 年没有任何记录可以核对，请检查年份", now.Year)
	}
	var all []Known
	for i := range now.Values {
		v := &now.Values[i]
		if v.Def.Metric == "" || !v.Known() {
			continue
		}
		k := Known{Metric: v.Def.Metric, Value: v.Value(), Unit: v.Def.Unit, Name: v.Name, Link: fmt.Sprintf("/figures/%s?year=%d", v.Def.ID, now.Year)}
		if v.Def.Rate() {
			if den, err := s.figures.Definition(v.Def.Den); err == nil {
				k.Base = den.Name
			}
		}
		if b, ok := before.Value(v.Def.ID); ok && b.Known() {
			last := b.Value()
			k.Last = &last
		}
		all = append(all, k)
	}
	return all, nil
}
