package ui

import (
	"context"

	"github.com/a-h/templ"

	"shangliang/internal/flow"
	"shangliang/internal/lang"
)

// StepFields draws the inputs of a step. values are what stands in them by name;
// more completes a field with what there is to choose from, or with its limits.
func StepFields(ctx context.Context, fields []flow.Field, values map[string][]string, more func(f flow.Field, x *Field)) templ.Component {
	word := func(zh string) string {
		if zh == "" {
			return ""
		}
		return lang.Say(ctx, zh)
	}
	var all []templ.Component
	for _, f := range fields {
		x := Field{Name: f.Name, Label: word(f.Label), Help: word(f.Help), Required: f.Required, Max: f.Max, Values: values[f.Name]}
		if len(x.Values) == 1 {
			x.Value = x.Values[0]
		}
		if f.Kind == "area" {
			x.Rows = 4
			if f.Max > 2000 {
				x.Rows = 8
			}
		}
		more(f, &x)
		all = append(all, Input(f.Kind, x))
	}
	return Group(all...)
}
