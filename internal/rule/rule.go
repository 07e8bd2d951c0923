// Package rule keeps every number and every code set by which a tenant works as
// versioned data: deadlines, limits, switches, lists of reasons and outcome
// classes, and the regulations that they come from.
//
// A module declares its settings with defaults ([Definition]); a tenant saves
// versions of them ([Rules.Save]), each in force from a day on; a case stores
// the number of the [Version] it began under and keeps it. Main types: [Rules],
// [Definition], [Version], [Code], [Regulation].
//
// It owns the tables rule_version and regulation. It deliberately computes no
// deadline (calendar does), runs none (clock does) and draws no page.
package rule

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the schema of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words are the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// Manage is the permission to save rule versions and regulations. Everyone
// signed in may read them.
const Manage = "rule.manage"

// Kind says what a setting holds.
type Kind string

// The kinds. Choice is one of Definition.Choices, by key.
const (
	Term    Kind = "term"
	Int     Kind = "int"
	Bool    Kind = "bool"
	CodeSet Kind = "codes"
	Text    Kind = "text"
	Choice  Kind = "choice"
)

// Code is one entry of a code set or of the choices of a setting.
type Code struct {
	Key       string `json:"key"`                 // stored in records; never changes
	Label     string `json:"label"`               // shown to people
	Canonical string `json:"canonical,omitempty"` // meaning across tenants and years
	Retired   bool   `json:"retired,omitempty"`   // no longer to be chosen; old cases keep it
	Weight    int    `json:"weight,omitempty"`    // how much it counts, where the set is weighted
}

// Codes is a code set in the order in which it is shown.
type Codes []Code

// String returns the codes as the text form of a setting, for Definition.Default.
func (c Codes) String() string {
	b, err := json.Marshal(c)
	if err != nil { // strings and booleans always marshal
		panic(err)
	}
	return string(b)
}

// Find returns the code with a key, retired or not.
func (c Codes) Find(key string) (Code, bool) {
	for _, code := range c {
		if code.Key == key {
			return code, true
		}
	}
	return Code{}, false
}

// Active returns the codes that may still be chosen.
func (c Codes) Active() Codes {
	var active Codes
	for _, code := range c {
		if !code.Retired {
			active = append(active, code)
		}
	}
	return active
}

// Weight is what the active codes weigh together.
func (c Codes) Weight() (sum int) {
	for _, code := range c.Active() {
		sum += code.Weight
	}
	return sum
}

// Definition declares one setting.
type Definition struct {
	ID         string // "proposal.reply"
	Title      string // "答复时限"
	Group      string // heading under which it is edited: "提案办理时限"
	Kind       Kind
	Default    string // in text form: "3m", "3", "true", Codes{…}.String(); a Term may be "": none
	Help       string // what it does, in a sentence
	Source     string // the regulation or practice the default comes from
	Min, Max   int    // bounds of an Int (both 0: none), of the amount of a Term, of the length of a Text
	Choices    Codes  // of a Choice
	Canonicals Codes  // the meanings that codes of a CodeSet may have; empty: they need none
	Weighted   bool   // each active code of a CodeSet weighs something, from 1 to 100
}

// value is a parsed setting.
type value struct {
	text  string
	term  calendar.Term
	n     int
	yes   bool
	codes Codes
}

var codeKey = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// maxText bounds a Text setting that names no Max.
const maxText = 4000

// parse reads the text form; problems are errs.Fields named by the setting.
func (d *Definition) parse(text string) (value, error) {
	v := value{text: text}
	var wrong errs.Fields
	switch d.Kind {
	case Term:
		t, err := calendar.ParseTerm(strings.TrimSpace(text))
		if e, ok := errors.AsType[*errs.Error](err); ok {
			wrong.Add(d.ID, e.Msg, e.Args...)
			break
		}
		v.term, v.text = t, t.String()
		if !t.IsZero() {
			d.bounds(&wrong, t.N)
		} else {
			wrong.Check(d.Default == "", d.ID, "请填写时限")
		}
	case Int:
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			wrong.Add(d.ID, "请填写整数")
			break
		}
		v.n, v.text = n, strconv.Itoa(n)
		d.bounds(&wrong, n)
	case Bool:
		yes, err := strconv.ParseBool(cmp.Or(strings.TrimSpace(text), "false"))
		wrong.Check(err == nil, d.ID, "请选择是或否")
		v.yes, v.text = yes, strconv.FormatBool(yes)
	case CodeSet:
		v.codes = d.parseCodes(text, &wrong)
		v.text = v.codes.String()
	case Text:
		most := cmp.Or(d.Max, maxText)
		n := utf8.RuneCountInString(text)
		wrong.Check(n <= most, d.ID, "最多 %d 个字", most)
		wrong.Check(n >= d.Min, d.ID, "至少 %d 个字", d.Min)
	case Choice:
		_, ok := d.Choices.Find(text)
		wrong.Check(ok, d.ID, "请从列出的选项中选择")
	}
	return v, wrong.Err()
}

func (d *Definition) bounds(wrong *errs.Fields, n int) {
	if d.Min != 0 || d.Max != 0 {
		wrong.Check(n >= d.Min && n <= d.Max, d.ID, "应在 %d 到 %d 之间", d.Min, d.Max)
	}
}

func (d *Definition) parseCodes(text string, wrong *errs.Fields) Codes {
	var codes Codes
	if err := json.Unmarshal([]byte(text), &codes); err != nil {
		wrong.Add(d.ID, "代码表的格式不正确")
		return nil
	}
	seen := map[string]bool{}
	for i := range codes {
		c := &codes[i]
		c.Label = strings.TrimSpace(c.Label)
		wrong.Check(codeKey.MatchString(c.Key), d.ID, "第 %d 项的代码只能用小写字母、数字和下划线", i+1)
		wrong.Check(!seen[c.Key], d.ID, "代码“%s”重复", c.Key)
		seen[c.Key] = true
		n := utf8.RuneCountInString(c.Label)
		wrong.Check(n > 0 && n <= 100, d.ID, "第 %d 项要有名称，不超过 100 个字", i+1)
		if len(d.Canonicals) > 0 {
			_, ok := d.Canonicals.Find(c.Canonical)
			wrong.Check(ok, d.ID, "第 %d 项要选择统一含义", i+1)
		}
		if d.Weighted {
			wrong.Check(c.Weight >= 1 && c.Weight <= 100 || c.Retired && c.Weight == 0, d.ID, "第 %d 项的权重应在 1 到 100 之间", i+1)
		} else {
			c.Weight = 0
		}
	}
	wrong.Check(len(codes.Active()) > 0, d.ID, "至少要有一项启用的代码")
	return codes
}

// Rules is the settings of all tenants.
type Rules struct {
	db       *db.DB
	defs     []Definition // in the order of declaration
	byID     map[string]*Definition
	defaults map[string]value

	mu    sync.RWMutex
	cache map[string]*Version // by the version's own id
}

// New checks the definitions of all modules. A default that does not satisfy
// its own definition, or an id declared twice, is an error.
func New(d *db.DB, defs ...Definition) (*Rules, error) {
	r := &Rules{db: d, defs: defs, byID: map[string]*Definition{}, defaults: map[string]value{}, cache: map[string]*Version{}}
	for i := range defs {
		def := &defs[i]
		if def.ID == "" || def.Title == "" || def.Group == "" {
			return nil, fmt.Errorf("rule: definition %d (%q) needs ID, Title and Group", i, def.ID)
		}
		if r.byID[def.ID] != nil {
			return nil, fmt.Errorf("rule: %s is declared twice", def.ID)
		}
		switch def.Kind {
		case Term, Int, Bool, CodeSet, Text, Choice:
		default:
			return nil, fmt.Errorf("rule: %s has the unknown kind %q", def.ID, def.Kind)
		}
		v, err := def.parse(def.Default)
		if err != nil {
			return nil, fmt.Errorf("rule: default of %s: %w", def.ID, err)
		}
		r.byID[def.ID], r.defaults[def.ID] = def, v
	}
	return r, nil
}

// Definitions returns every declared setting, in the order of declaration. The
// slice is shared and must not be changed.
func (r *Rules) Definitions() []Definition { return r.defs }

// Definition returns one setting's declaration.
func (r *Rules) Definition(id string) (Definition, bool) {
	d, ok := r.byID[id]
	if !ok {
		return Definition{}, false
	}
	return *d, true
}
