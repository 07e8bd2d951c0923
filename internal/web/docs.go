package web

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/errs"
)

// apiDocs is the description of the API as its page shows it.
type apiDocs struct {
	title, version, about string
	tags                  []apiTag
	kinds                 []apiKind
}

type apiTag struct {
	name string
	ops  []apiOperation
}

type apiOperation struct {
	id, method, path, summary, about string
	public                           bool
	params                           []apiField
	body                             []apiField
	answer                           []apiField
	status                           string
}

// apiField is one parameter, or one property of a body with its depth.
type apiField struct {
	name, in, kind, about string
	required              bool
}

type apiKind struct {
	name, title string
	status      int
}

// describe reads the OpenAPI description once, when all operations are known.
func describe(o *huma.OpenAPI) apiDocs {
	d := apiDocs{title: o.Info.Title, version: o.Info.Version, about: o.Info.Description}
	for k := errs.Internal; int(k) < len(outcomes); k++ {
		d.kinds = append(d.kinds, apiKind{k.String(), outcomes[k].title, outcomes[k].status})
	}
	byTag := map[string][]apiOperation{}
	for _, path := range slices.Sorted(maps.Keys(o.Paths)) {
		item := o.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || op.Hidden {
				continue
			}
			tag := ""
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			byTag[tag] = append(byTag[tag], operation(o, op, path))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byTag)) {
		d.tags = append(d.tags, apiTag{name, byTag[name]})
	}
	return d
}

func operation(o *huma.OpenAPI, op *huma.Operation, path string) apiOperation {
	a := apiOperation{id: op.OperationID, method: op.Method, path: apiPrefix + path, summary: op.Summary, about: op.Description,
		public: op.Security != nil && len(op.Security) == 0}
	if a.id == "" {
		a.id = strings.ToLower(op.Method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
	}
	for _, p := range op.Parameters {
		a.params = append(a.params, apiField{name: p.Name, in: p.In, kind: kindOf(o, p.Schema), about: limits(p.Schema, p.Description), required: p.Required})
	}
	if op.RequestBody != nil {
		for _, m := range op.RequestBody.Content {
			a.body = properties(o, m.Schema, "", 0)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		a.status = status
		for _, m := range op.Responses[status].Content {
			a.answer = properties(o, m.Schema, "", 0)
		}
	}
	return a
}

// deepest is how far the page follows objects within objects.
const deepest = 4

func properties(o *huma.OpenAPI, s *huma.Schema, prefix string, depth int) []apiField {
	s = resolve(o, s)
	if s == nil || depth > deepest {
		return nil
	}
	if s.Items != nil && s.Type == huma.TypeArray {
		return properties(o, s.Items, prefix+"[].", depth+1)
	}
	var all []apiField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		all = append(all, apiField{name: prefix + name, kind: kindOf(o, p), about: limits(p, p.Description), required: slices.Contains(s.Required, name)})
		inner := resolve(o, p)
		switch {
		case inner == nil:
		case inner.Type == huma.TypeArray:
			all = append(all, properties(o, inner.Items, prefix+name+"[].", depth+1)...)
		case len(inner.Properties) > 0:
			all = append(all, properties(o, inner, prefix+name+".", depth+1)...)
		}
	}
	return all
}

func resolve(o *huma.OpenAPI, s *huma.Schema) *huma.Schema {
	if s != nil && s.Ref != "" {
		return o.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

func kindOf(o *huma.OpenAPI, s *huma.Schema) string {
	s = resolve(o, s)
	if s == nil {
		return ""
	}
	if s.Type == huma.TypeArray {
		return kindOf(o, s.Items) + "[]"
	}
	return cmp.Or(s.Format, s.Type)
}

// limits adds to a description what the schema allows.
func limits(s *huma.Schema, about string) string {
	if s == nil {
		return about
	}
	var parts []string
	if about != "" {
		parts = append(parts, about)
	}
	if len(s.Enum) > 0 {
		var names []string
		for _, e := range s.Enum {
			names = append(names, fmt.Sprint(e))
		}
		parts = append(parts, strings.Join(names, " | "))
	}
	number := func(sign string, n *float64) {
		if n != nil {
			parts = append(parts, fmt.Sprint(sign, " ", *n))
		}
	}
	length := func(sign string, n *int) {
		if n != nil {
			parts = append(parts, fmt.Sprint("length ", sign, " ", *n))
		}
	}
	number("≥", s.Minimum)
	number("≤", s.Maximum)
	length("≥", s.MinLength)
	length("≤", s.MaxLength)
	if s.Default != nil {
		parts = append(parts, fmt.Sprint("= ", s.Default))
	}
	return strings.Join(parts, "; ")
}
