package module

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"shangliang/internal/lang"
)

var name = regexp.MustCompile(`^[a-z]+$`)

// Check returns everything that is wrong with the entries of a list of modules:
// names and ids given twice or without their module's name in front, menu items
// that lead nowhere or ask for an unknown permission, texts without English.
// words are those of the whole platform.
func Check(modules []Module, words *lang.Words) error {
	c := checker{words: words, seen: map[string]bool{}}
	permissions := map[string]bool{}
	for _, m := range modules {
		for _, p := range m.Permissions {
			permissions[p.ID] = true
		}
	}
	for _, m := range modules {
		c.module, c.parts = m.Name, m.Parts
		c.must(name.MatchString(m.Name), "name %q is not lower-case letters", m.Name)
		c.once("module", m.Name)
		c.text(m.Title)
		for _, p := range m.Permissions {
			c.id("permission", p.ID)
			c.text(p.Title)
			c.must(len(p.Roles) > 0, "permission %s: no role has it", p.ID)
		}
		for _, r := range m.Rules {
			c.id("rule", r.ID)
			c.text(r.Title)
		}
		for _, n := range m.Notices {
			c.id("notice", n.ID)
			c.text(n.Name)
		}
		for _, s := range m.Sources {
			c.once("source", s.ID)
			c.text(s.Title)
			for _, d := range s.Dims {
				c.text(d.Title)
			}
		}
		for _, f := range m.Figures {
			c.id("figure", f.ID)
			for _, zh := range []string{f.Group, f.Name, f.Rule, f.Unit} {
				c.text(zh)
			}
		}
		for _, j := range m.Jobs {
			c.id("job", j.Kind)
			c.must(j.Work != nil, "job %s does nothing", j.Kind)
		}
		for _, e := range m.Every {
			c.id("every", e.Name)
			c.must(e.Work != nil && e.Interval > 0, "every %s does nothing", e.Name)
		}
		for _, i := range m.Menu {
			c.once("menu", i.Path)
			c.must(strings.HasPrefix(i.Path, "/"), "menu %s: not a path", i.Path)
			c.must(i.Icon != "", "menu %s: no icon", i.Path)
			c.must(i.Permission == "" || permissions[i.Permission], "menu %s: no permission %q is declared", i.Path, i.Permission)
			c.text(i.Title)
			if i.Group != "" {
				c.text(i.Group)
			}
		}
		for action, zh := range m.Acts {
			c.id("act", action)
			c.text(zh)
		}
		for n, p := range m.Panels {
			c.must(p.On != "" && p.Load != nil, "panel %d stands nowhere or shows nothing", n)
		}
		for _, b := range m.Bulks {
			c.must(b.On != "" && strings.HasPrefix(b.Path, "/"), "bulk %q stands nowhere or leads nowhere", b.Title)
			c.must(permissions[b.Permission], "bulk %s: no permission %q is declared", b.Path, b.Permission)
			c.text(b.Title)
			c.text(b.Says)
		}
		for n, h := range m.Home {
			c.must(h.Load != nil, "home card %d shows nothing", n)
		}
	}
	return errors.Join(c.wrong...)
}

type checker struct {
	words  *lang.Words
	module string
	parts  []string
	seen   map[string]bool
	wrong  []error
}

func (c *checker) must(ok bool, format string, args ...any) {
	if !ok {
		c.wrong = append(c.wrong, fmt.Errorf("module %s: "+format, append([]any{c.module}, args...)...))
	}
}

func (c *checker) once(kind, id string) {
	c.must(!c.seen[kind+" "+id], "%s %q is declared twice", kind, id)
	c.seen[kind+" "+id] = true
}

// id checks an id that must be unique and begin with a word of its module.
func (c *checker) id(kind, id string) {
	c.once(kind, id)
	word, _, dotted := strings.Cut(id, ".")
	c.must(dotted && (word == c.module || slices.Contains(c.parts, word)), "%s %q does not begin with %q", kind, id, c.module+".")
}

func (c *checker) text(zh string) {
	c.must(zh != "", "a text is empty")
	if strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		c.must(c.words.Has(zh), "no English for %q", zh)
	}
}
