package proposal

import "testing"

// Every lifecycle makes sense by itself, and every guard is there and used.
func TestTables(t *testing.T) {
	for _, err := range []error{CaseFlow.Check(), AssignmentFlow.Check(), guards.Check(CaseFlow, AssignmentFlow)} {
		if err != nil {
			t.Error(err)
		}
	}
	permissions := map[string]bool{}
	for _, p := range Permissions {
		permissions[p.ID] = true
	}
	actions := map[string]bool{}
	for _, s := range CaseFlow.Steps {
		actions["proposal."+s.Action] = true
		if !s.System && !permissions[s.Permission] {
			t.Errorf("%s needs the permission %q, which is not declared", s.Action, s.Permission)
		}
	}
	for _, s := range AssignmentFlow.Steps {
		actions["assignment."+s.Action] = true
		if !permissions[s.Permission] {
			t.Errorf("%s needs the permission %q, which is not declared", s.Action, s.Permission)
		}
	}
	for action := range Fields {
		if !actions[action] {
			t.Errorf("there are fields for %s, which is no step", action)
		}
	}
	for action := range caseEffects {
		if !actions["proposal."+action] {
			t.Errorf("there is an effect for %s, which is no step", action)
		}
	}
	for action := range assignmentEffects {
		if !actions["assignment."+action] {
			t.Errorf("there is an effect for %s, which is no step", action)
		}
	}
	kinds := map[string]bool{}
	for _, k := range Notices {
		kinds[k.ID] = true
	}
	for act, all := range announcements {
		for _, n := range all {
			if !kinds[n.kind] {
				t.Errorf("%s announces %s, which is no kind of notice", act, n.kind)
			}
		}
	}
}
