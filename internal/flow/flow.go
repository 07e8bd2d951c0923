// Package flow holds a lifecycle as a table: which action leads from which state
// to which, with whose permission and under which guards. The same table is
// searched when somebody acts, drawn on pages and in documents, and walked by
// tests.
//
// Main types: [Machine], [State], [Step], [Guards]. It owns no tables and keeps no
// state. It deliberately checks neither permissions nor guards of itself and
// changes no record: the service that owns the record has both checked in its
// transaction. Package flowtest walks a machine exhaustively and at random.
package flow

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Words is the English of this package's messages. The titles of states and steps
// are in the catalogue of the capability whose machine they belong to.
//
//go:embed en.tsv
var Words []byte

// Machine is a lifecycle. It is a value that is written down once and never
// changed; [Machine.Check] says whether it makes sense.
type Machine struct {
	Name    string // identifier, such as "proposal"
	Title   string // for people, in Simplified Chinese, as all titles
	Initial string // the state in which a record begins
	States  []State
	Steps   []Step
}

// State is where a record can be.
type State struct {
	ID    string
	Title string
	// Stage groups states into the few steps that a page draws; a state without
	// one, such as withdrawn, stands beside them.
	Stage string
	Final bool // nothing follows
}

// Step is something that can be done.
type Step struct {
	Action     string // identifier, such as "file"
	Title      string // on the button
	Says       string // what follows, told to the person before they do it
	From       []string
	To         string // "" stays where it is
	Permission string // required of the actor; System steps have none
	Guards     []string
	Danger     bool // cannot be taken back: ask first
	// Undo is the action that takes the step back, if one does; it has guards of
	// its own and may no longer be possible.
	Undo   string
	System bool // done by the platform, never offered to a person
}

// Next returns the state in which the step leaves a record that was in from.
func (s Step) Next(from string) string {
	if s.To == "" {
		return from
	}
	return s.To
}

// State returns a state by its id; the zero State if there is none.
func (m Machine) State(id string) State {
	for _, s := range m.States {
		if s.ID == id {
			return s
		}
	}
	return State{}
}

// Open returns the steps that lead on from a state, in the order of the table,
// those of the system included.
func (m Machine) Open(state string) []Step {
	var open []Step
	for _, s := range m.Steps {
		if slices.Contains(s.From, state) {
			open = append(open, s)
		}
	}
	return open
}

// Find returns the step for an action on a record in a state. An action that the
// state does not allow is a Conflict whose message names both; an action or state
// that the machine does not have is NotFound or Internal.
func (m Machine) Find(state, action string) (Step, error) {
	title := ""
	for _, s := range m.Steps {
		if s.Action != action {
			continue
		}
		if slices.Contains(s.From, state) {
			return s, nil
		}
		title = s.Title
	}
	at := m.State(state)
	switch {
	case at.ID == "":
		return Step{}, fmt.Errorf("flow: %s: a record is in the state %q, which is not in the table", m.Name, state)
	case title == "":
		return Step{}, errs.New(errs.NotFound, "没有“%s”这一操作", action)
	}
	return Step{}, errs.New(errs.Conflict, "当前状态“%s”不能“%s”", lang.Word(at.Title), lang.Word(title))
}

// Permit says whether somebody may do an action at all, before anything is said
// about the record: else it is [actor.Denied]. An action that is not in the table
// is Invalid.
func (m Machine) Permit(a actor.Actor, action string) error {
	for _, s := range m.Steps {
		if s.Action != action {
			continue
		}
		if s.System || !a.Can(s.Permission) {
			return actor.Denied
		}
		return nil
	}
	return errs.New(errs.Invalid, "没有这项操作")
}

// Stages returns the stages in the order in which the states name them.
func (m Machine) Stages() []string {
	var stages []string
	for _, s := range m.States {
		if s.Stage != "" && !slices.Contains(stages, s.Stage) {
			stages = append(stages, s.Stage)
		}
	}
	return stages
}

// Actions returns every action once, in the order of the table.
func (m Machine) Actions() []string {
	var actions []string
	for _, s := range m.Steps {
		if !slices.Contains(actions, s.Action) {
			actions = append(actions, s.Action)
		}
	}
	return actions
}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Check reports everything that is wrong with the table: names that are no
// identifiers or twice there, unknown states, two steps for one action in one
// state, states that cannot be reached, ends that are not final, final states
// that go on, and states from which no final one can be reached. A test of the
// capability calls it.
func (m Machine) Check() error {
	var all []error
	wrong := func(format string, args ...any) {
		all = append(all, fmt.Errorf("flow: "+m.Name+": "+format, args...))
	}
	known := map[string]bool{}
	for _, s := range m.States {
		if !identifier.MatchString(s.ID) || s.Title == "" {
			wrong("state %q, title %q: want an identifier and a title", s.ID, s.Title)
		}
		if known[s.ID] {
			wrong("state %q is there twice", s.ID)
		}
		known[s.ID] = true
	}
	if !identifier.MatchString(m.Name) || m.Title == "" {
		wrong("want an identifier as name and a title, not %q", m.Title)
	}
	if !known[m.Initial] {
		wrong("the initial state %q is unknown", m.Initial)
	}
	type key struct{ from, action string }
	taken := map[key]bool{}
	titles := map[string]string{}
	for _, s := range m.Steps {
		if !identifier.MatchString(s.Action) || s.Title == "" {
			wrong("step %q, title %q: want an identifier and a title", s.Action, s.Title)
		}
		if s.System != (s.Permission == "") {
			wrong("step %q: want a permission, or none for a step of the system", s.Action)
		}
		if len(s.From) == 0 {
			wrong("step %q begins nowhere", s.Action)
		}
		if s.To != "" && !known[s.To] {
			wrong("step %q leads to the unknown state %q", s.Action, s.To)
		}
		for _, from := range s.From {
			if !known[from] {
				wrong("step %q begins in the unknown state %q", s.Action, from)
			}
			if taken[key{from, s.Action}] {
				wrong("step %q is there twice from %q", s.Action, from)
			}
			taken[key{from, s.Action}] = true
		}
		if old, twice := titles[s.Action]; twice && old != s.Title {
			wrong("step %q is called both %q and %q", s.Action, old, s.Title)
		}
		titles[s.Action] = s.Title
	}
	for _, s := range m.Steps {
		if s.Undo != "" && !slices.ContainsFunc(m.Steps, func(u Step) bool {
			return u.Action == s.Undo && slices.Contains(u.From, s.To) && slices.Contains(s.From, u.To)
		}) {
			wrong("step %q is not taken back by %q", s.Action, s.Undo)
		}
	}
	if len(all) > 0 {
		return errors.Join(all...) // what follows needs a sound table
	}
	reached := m.spread([]string{m.Initial}, func(s Step, from string) (string, string) { return from, s.Next(from) })
	var finals []string
	for _, s := range m.States {
		if s.Final {
			finals = append(finals, s.ID)
		}
	}
	ending := m.spread(finals, func(s Step, from string) (string, string) { return s.Next(from), from })
	for _, s := range m.States {
		leaves := slices.ContainsFunc(m.Open(s.ID), func(st Step) bool { return st.Next(s.ID) != s.ID })
		switch {
		case !reached[s.ID]:
			wrong("state %q cannot be reached", s.ID)
		case s.Final && leaves:
			wrong("state %q is final, but goes on", s.ID)
		case !s.Final && !leaves:
			wrong("state %q is a dead end, but not final", s.ID)
		case len(finals) > 0 && !ending[s.ID]:
			wrong("from state %q no final state can be reached", s.ID)
		}
	}
	return errors.Join(all...)
}

// spread returns the states that are reached from some along the edges.
func (m Machine) spread(from []string, edge func(s Step, from string) (tail, head string)) map[string]bool {
	seen := map[string]bool{}
	for _, id := range from {
		seen[id] = true
	}
	for grew := true; grew; {
		grew = false
		for _, s := range m.Steps {
			for _, f := range s.From {
				if tail, head := edge(s, f); seen[tail] && !seen[head] {
					seen[head], grew = true, true
				}
			}
		}
	}
	return seen
}

// Mermaid draws the machine as a state diagram for the documents.
func (m Machine) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range m.States {
		fmt.Fprintf(&b, "    state \"%s\" as %s\n", quote(s.Title), s.ID)
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", m.Initial)
	for _, s := range m.Steps {
		for _, from := range s.From {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", from, s.Next(from), quote(s.Title))
		}
	}
	for _, s := range m.States {
		if s.Final {
			fmt.Fprintf(&b, "    %s --> [*]\n", s.ID)
		}
	}
	return b.String()
}

// quote takes out what Mermaid would read as its own.
func quote(s string) string {
	return strings.NewReplacer(`"`, "'", ";", "；", ":", "：", "\n", " ").Replace(s)
}
