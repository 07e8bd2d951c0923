package webtest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Select returns the elements that a selector finds, in the order of the page.
// Selectors know tag, #id, .class, [attr], [attr=value], [attr^=value] and,
// parted by spaces, elements within elements.
func (a *Answer) Select(sel string) []*html.Node {
	a.t.Helper()
	if a.doc == nil {
		doc, err := html.Parse(strings.NewReader(a.Body))
		if err != nil {
			a.t.Fatalf("%s: %v", a.what, err)
		}
		a.doc = doc
	}
	found := []*html.Node{a.doc}
	for _, part := range words.FindAllString(sel, -1) {
		want := compile(part)
		if want == nil {
			a.t.Fatalf("webtest: not a selector: %q", sel)
		}
		var next []*html.Node
		for _, n := range found {
			for d := range n.Descendants() {
				if d.Type == html.ElementNode && want(d) && !slices.Contains(next, d) {
					next = append(next, d)
				}
			}
		}
		found = next
	}
	return found
}

// Text returns the text of the one element that a selector finds, with runs of
// space as one.
func (a *Answer) Text(sel string) string {
	a.t.Helper()
	found := a.Select(sel)
	if len(found) != 1 {
		a.t.Fatalf("%s: %q finds %d elements, want one\n%s", a.what, sel, len(found), a.shown())
	}
	return text(found[0])
}

// Attr returns an attribute of the first element that a selector finds.
func (a *Answer) Attr(sel, name string) string {
	a.t.Helper()
	found := a.Select(sel)
	if len(found) == 0 {
		a.t.Fatalf("%s: %q finds nothing\n%s", a.what, sel, a.shown())
	}
	return attr(found[0], name)
}

var (
	words = regexp.MustCompile(`(?:[^\s\[]|\[[^\]]*\])+`)
	step  = regexp.MustCompile(`^(?:([a-z][a-z0-9]*|\*)|#([\w-]+)|\.([\w-]+)|\[([\w-]+)(?:(\^?=)"?([^"\]]*)"?)?\])`)
)

// compile returns nil for what is not a selector.
func compile(part string) func(*html.Node) bool {
	var all []func(*html.Node) bool
	for part != "" {
		m := step.FindStringSubmatch(part)
		if m == nil {
			return nil
		}
		part = part[len(m[0]):]
		switch {
		case m[1] == "*":
		case m[1] != "":
			all = append(all, func(n *html.Node) bool { return n.Data == m[1] })
		case m[2] != "":
			all = append(all, func(n *html.Node) bool { return attr(n, "id") == m[2] })
		case m[3] != "":
			all = append(all, func(n *html.Node) bool { return slices.Contains(strings.Fields(attr(n, "class")), m[3]) })
		case m[5] == "=":
			all = append(all, func(n *html.Node) bool { return has(n, m[4]) && attr(n, m[4]) == m[6] })
		case m[5] == "^=":
			all = append(all, func(n *html.Node) bool { return strings.HasPrefix(attr(n, m[4]), m[6]) && has(n, m[4]) })
		default:
			all = append(all, func(n *html.Node) bool { return has(n, m[4]) })
		}
	}
	return func(n *html.Node) bool {
		for _, f := range all {
			if !f(n) {
				return false
			}
		}
		return true
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// formValues are the fields that a browser would send if nothing was typed.
func formValues(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if n.Type != html.ElementNode || name == "" || has(n, "disabled") {
			continue
		}
		switch n.Data {
		case "input":
			switch attr(n, "type") {
			case "checkbox", "radio":
				if !has(n, "checked") {
					continue
				}
				if !has(n, "value") {
					v.Add(name, "on")
					continue
				}
			case "submit", "button", "file", "image", "reset":
				continue
			}
			v.Add(name, attr(n, "value"))
		case "textarea":
			var b strings.Builder
			for d := range n.Descendants() {
				b.WriteString(d.Data)
			}
			v.Add(name, b.String())
		case "select":
			addSelected(v, name, n)
		}
	}
	return v
}

func addSelected(v url.Values, name string, sel *html.Node) {
	var options, chosen []string
	for o := range sel.Descendants() {
		if o.Type != html.ElementNode || o.Data != "option" {
			continue
		}
		value := attr(o, "value")
		if !has(o, "value") {
			value = text(o)
		}
		options = append(options, value)
		if has(o, "selected") {
			chosen = append(chosen, value)
		}
	}
	if len(chosen) == 0 && len(options) > 0 && !has(sel, "multiple") {
		chosen = options[:1]
	}
	for _, c := range chosen {
		v.Add(name, c)
	}
}
