// Package flowtest is for the tests of capabilities that have a lifecycle: it
// walks a machine through every pair of state and action, leads a record to any
// state by the shortest way, and draws random sequences of actions.
//
// It owns no tables and knows nothing of records: what an action does is told by
// the function that the test passes. It is imported by tests only.
package flowtest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"shangliang/internal/errs"
	"shangliang/internal/flow"
)

// Pair is one state with one action of the machine. Allowed says whether the
// table has a Step for it.
type Pair struct {
	State   flow.State
	Action  string
	Allowed bool
	Step    flow.Step
}

// Pairs returns every state with every action of the machine.
func Pairs(m flow.Machine) []Pair {
	var pairs []Pair
	for _, state := range m.States {
		for _, action := range m.Actions() {
			step, err := m.Find(state.ID, action)
			pairs = append(pairs, Pair{State: state, Action: action, Allowed: err == nil, Step: step})
		}
	}
	return pairs
}

// Walk checks the machine, then runs try as a subtest for every pair of state and
// action. What try does with the record of the capability is its own: lead it to
// the state with [Path], act, and compare.
func Walk(t *testing.T, m flow.Machine, try func(t *testing.T, p Pair)) {
	t.Helper()
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	for _, p := range Pairs(m) {
		t.Run(p.State.ID+"/"+p.Action, func(t *testing.T) { try(t, p) })
	}
}

// Refused fails the test unless err is the Conflict that an action gets in a
// state that does not allow it.
func Refused(t testing.TB, p Pair, err error) {
	t.Helper()
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("%s in the state %s: got %v, want a conflict", p.Action, p.State.ID, err)
	}
}

// Path returns the shortest sequence of steps from the initial state to a state,
// avoiding the named actions; nil and false if there is none. The initial state is
// reached by no step.
func Path(m flow.Machine, to string, avoid ...string) ([]flow.Step, bool) {
	type node struct {
		state string
		steps []flow.Step
	}
	seen := map[string]bool{m.Initial: true}
	for queue := []node{{state: m.Initial}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.state == to {
			return at.steps, true
		}
		for _, s := range m.Open(at.state) {
			next := s.Next(at.state)
			if seen[next] || slices.Contains(avoid, s.Action) {
				continue
			}
			seen[next] = true
			queue = append(queue, node{next, append(slices.Clone(at.steps), s)})
		}
	}
	return nil, false
}

// Any draws up to max actions of the machine in any order, most of them refused
// somewhere: for invariants that must hold whatever is tried.
func Any(m flow.Machine, max int) *rapid.Generator[[]string] {
	return rapid.SliceOfN(rapid.SampledFrom(m.Actions()), 0, max)
}

// Legal draws up to max steps that the table allows one after the other from the
// initial state; guards may still refuse them.
func Legal(m flow.Machine, max int) *rapid.Generator[[]flow.Step] {
	return rapid.Custom(func(t *rapid.T) []flow.Step {
		state, steps := m.Initial, []flow.Step{}
		for range rapid.IntRange(0, max).Draw(t, "length") {
			open := m.Open(state)
			if len(open) == 0 {
				break
			}
			step := open[rapid.IntRange(0, len(open)-1).Draw(t, "step")]
			steps = append(steps, step)
			state = step.Next(state)
		}
		return steps
	})
}
