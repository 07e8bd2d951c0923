package figure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"shangliang/internal/lang"
)

// Line is a figure as programs read it.
type Line struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Group       string      `json:"group"`
	Unit        string      `json:"unit"`
	Value       *float64    `json:"value" doc:"A rate is in percent; null where there is nothing to divide by"`
	Text        string      `json:"text" doc:"The value as reports write it"`
	Numerator   *int64      `json:"numerator,omitempty" doc:"Of a rate"`
	Denominator *int64      `json:"denominator,omitempty" doc:"Of a rate"`
	Rule        string      `json:"rule" doc:"How it is counted"`
	Records     string      `json:"records,omitempty" doc:"Where its records are"`
	Groups      []GroupLine `json:"groups,omitempty"`
}

// GroupLine is a figure of one value of a dimension.
type GroupLine struct {
	Key         string   `json:"key"`
	Label       string   `json:"label"`
	Value       *float64 `json:"value"`
	Text        string   `json:"text"`
	Numerator   *int64   `json:"numerator,omitempty"`
	Denominator *int64   `json:"denominator,omitempty"`
}

// Lines are the values of a report as programs read them, in the language of
// the context.
func (r *Report) Lines(ctx context.Context) []Line {
	all := make([]Line, len(r.Values))
	for i, v := range r.Values {
		l := Line{ID: v.Def.ID, Name: v.Name, Group: lang.Say(ctx, v.Def.Group), Unit: v.Def.Unit, Text: v.Text(), Rule: v.Rule}
		l.Value, l.Numerator, l.Denominator = v.numbers()
		if !v.Closed {
			l.Records = "/api/v1/figures/" + v.Def.ID + "/records"
		}
		for _, g := range v.Groups {
			x := GroupLine{Key: g.Key, Label: g.Label, Text: g.Text()}
			x.Value, x.Numerator, x.Denominator = g.numbers()
			l.Groups = append(l.Groups, x)
		}
		all[i] = l
	}
	return all
}

func (c Count) numbers() (value *float64, num, den *int64) {
	if c.Known() {
		v := c.Value()
		value = &v
	}
	if c.Rate {
		num, den = &c.Num, &c.Den
	}
	return value, num, den
}

// Print writes a report for the command line: as JSON, or as lines of name and
// value with both bases of a rate.
func Print(ctx context.Context, w io.Writer, r *Report, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(struct {
			Year    int    `json:"year"`
			Session string `json:"session,omitempty"`
			AsOf    string `json:"as_of"`
			Figures []Line `json:"figures"`
		}{r.Year, r.SessionTitle, string(r.AsOf), r.Lines(ctx)})
	}
	for _, v := range r.Values {
		bases := ""
		if v.Rate {
			bases = fmt.Sprintf("\t%d/%d", v.Num, v.Den)
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s%s\n", v.Def.ID, v.Name, v.Text(), bases); err != nil {
			return err
		}
	}
	return nil
}
