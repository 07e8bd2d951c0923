package proposalweb

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/web"
)

var rewrite = flag.Bool("update", false, "write testdata/api.txt anew")

// TestContract compares what REST offers with what it offered before: every
// operation, parameter and field. Programs of others rest on it; a change is
// made on purpose, with -update, and seen in the review.
func TestContract(t *testing.T) {
	api := web.NewAPI(web.New(web.Config{}), "Shangliang", "1")
	addAPI(api, Deps{})
	got := contract(api.OpenAPI())
	const file = "testdata/api.txt"
	if *rewrite {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	old, now := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for _, line := range old {
		if !slices.Contains(now, line) {
			t.Errorf("gone:  %s", line)
		}
	}
	for _, line := range now {
		if !slices.Contains(old, line) {
			t.Errorf("new:   %s", line)
		}
	}
	t.Error("REST has changed; if that is meant, run go test -run Contract ./internal/proposal/proposalweb -update")
}

// contract writes the operations and the types that they speak in, a line each.
func contract(o *huma.OpenAPI) string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		item := o.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			fmt.Fprintf(&b, "%s %s: %s", op.Method, path, op.OperationID)
			if op.RequestBody != nil {
				for kind, m := range op.RequestBody.Content {
					fmt.Fprintf(&b, " takes %s %s", kind, typeOf(m.Schema))
				}
			}
			for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
				if !strings.HasPrefix(status, "2") {
					continue
				}
				fmt.Fprintf(&b, " gives %s", status)
				for _, m := range op.Responses[status].Content {
					fmt.Fprintf(&b, " %s", typeOf(m.Schema))
				}
			}
			b.WriteByte('\n')
			for _, p := range op.Parameters {
				fmt.Fprintf(&b, "%s %s %s: %s\n", op.OperationID, p.In, p.Name, typeOf(p.Schema))
			}
		}
	}
	for name, s := range o.Components.Schemas.Map() {
		if name == "Problem" || name == "ProblemField" {
			continue
		}
		for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
			fmt.Fprintf(&b, "%s.%s: %s", name, field, typeOf(s.Properties[field]))
			if slices.Contains(s.Required, field) {
				b.WriteString(" required")
			}
			b.WriteByte('\n')
		}
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// typeOf writes a schema in a word or two.
func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return "-"
	case s.Ref != "":
		return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
	case s.Type == huma.TypeArray:
		return "[]" + typeOf(s.Items)
	case s.Type == huma.TypeObject:
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			fields = append(fields, name+" "+typeOf(s.Properties[name]))
		}
		if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
			fields = append(fields, "* "+typeOf(more))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	text := s.Type
	if s.Format != "" {
		text += "(" + s.Format + ")"
	}
	if len(s.Enum) > 0 {
		text += fmt.Sprint(s.Enum)
	}
	return text
}
