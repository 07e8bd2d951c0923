package flow

import (
	"errors"
	"strings"
	"testing"

	"shangliang/internal/errs"
)

func TestCheckFields(t *testing.T) {
	fields := []Field{
		{Name: "why", Label: "理由", Kind: "area", Required: true, Max: 5},
		{Name: "on", Label: "日期", Kind: "date"},
		{Name: "n", Label: "数量", Kind: "int", Max: 9},
		{Name: "ways", Label: "方式", Kind: "codes", Codes: "ways"},
	}
	known := func(set, key string) bool { return set == "ways" && key == "visit" }
	for _, c := range []struct {
		values map[string][]string
		wrong  string // the fields that are refused
	}{
		{map[string][]string{"why": {"五个字理由"}, "on": {"2026-02-28"}, "n": {"9"}, "ways": {"visit"}}, ""},
		{map[string][]string{"why": {"五个字理由"}}, ""},
		{nil, "why"},
		{map[string][]string{"why": {""}}, "why"},
		{map[string][]string{"why": {"六个字的理由"}}, "why"},
		{map[string][]string{"why": {"有"}, "on": {"2026-02-30"}, "n": {"10"}, "ways": {"visit", "fly"}}, "on n ways"},
		{map[string][]string{"why": {"有"}, "n": {"-1"}}, "n"},
		{map[string][]string{"why": {"有"}, "n": {"几"}}, "n"},
	} {
		err := CheckFields(fields, c.values, known)
		e, _ := errors.AsType[*errs.Error](err)
		var got []string
		if e != nil {
			for _, f := range e.Fields {
				got = append(got, f.Name)
			}
		}
		if strings.Join(got, " ") != c.wrong {
			t.Errorf("%v: refused %q, want %q", c.values, got, c.wrong)
		}
	}
}
