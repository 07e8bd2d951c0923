package flow

import (
	"errors"
	"fmt"
	"slices"
)

// Guard reports why a step cannot be taken now, as an error for the person; nil
// lets it pass. T is what the capability's guards look at: the record, the input,
// the transaction.
type Guard[T any] func(T) error

// Guards are a capability's guards by name.
type Guards[T any] map[string]Guard[T]

// Run runs the named guards in order and returns the first refusal. A name
// without a guard is an internal error, never a pass.
func (g Guards[T]) Run(names []string, on T) error {
	for _, name := range names {
		guard := g[name]
		if guard == nil {
			return fmt.Errorf("flow: there is no guard %q", name)
		}
		if err := guard(on); err != nil {
			return err
		}
	}
	return nil
}

// Check reports guards that the machines name and that do not exist, and guards
// that no step names.
func (g Guards[T]) Check(machines ...Machine) error {
	var all []error
	named := map[string]bool{}
	for _, m := range machines {
		for _, s := range m.Steps {
			for _, name := range s.Guards {
				named[name] = true
				if g[name] == nil {
					all = append(all, fmt.Errorf("flow: %s: step %q names the guard %q, which does not exist", m.Name, s.Action, name))
				}
			}
		}
	}
	for name := range g {
		if !named[name] {
			all = append(all, fmt.Errorf("flow: no step names the guard %q", name))
		}
	}
	slices.SortFunc(all, func(a, b error) int {
		if a.Error() < b.Error() {
			return -1
		}
		return 1
	})
	return errors.Join(all...)
}
