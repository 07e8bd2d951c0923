package supervision

import (
	"shangliang/internal/actor"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// actorName is the name under which the actor appears: the department's.
func (w *work) actorName() string {
	if w.a.Body != "" {
		if names, err := org.BodyNames(w.tx, w.Tenant, []string{w.a.Body}); err == nil && names[w.a.Body] != "" {
			return names[w.a.Body]
		}
	}
	return w.a.Name
}

// everybody are who takes part: those invited, the leader and the departments'
// people.
func (w *work) everybody() (all []notify.Told, err error) {
	all = append(notify.As(notify.Participant, w.people...), notify.Told{Person: w.Leader, Why: notify.Leader})
	for _, unit := range w.units {
		staff, err := proposal.Staff(w.tx, w.Tenant, unit)
		if err != nil {
			return nil, err
		}
		all = append(all, notify.As(notify.Unit, staff...)...)
	}
	return all, nil
}

func (w *work) tell(kind string, to func() ([]notify.Told, error)) error {
	people, err := to()
	if err != nil {
		return err
	}
	return w.send(kind, people, notify.Params{"title": w.Title, "on": w.OnDate, "place": w.Place, "reason": w.Reason}, "")
}

// tellCases tells who has to do with each case that there is a result.
func (w *work) tellCases() error {
	cases, err := proposal.Briefs(w.tx, actor.System(w.Tenant), w.cases)
	if err != nil {
		return err
	}
	for _, c := range cases {
		to, err := proposal.Concerned(w.tx, w.Tenant, c.ID)
		if err != nil {
			return err
		}
		if to = notify.Others(to, w.a.Person); len(to) == 0 {
			continue
		}
		if err := w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "supervision.hold", Link: "/proposals/" + c.ID + "#supervision", Object: "proposal", ObjectID: c.ID,
			Params: notify.Params{"case": c.Title, "title": w.Title}}); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) tellOwner(t *Task, kind string) error {
	to := notify.As(notify.Owner, t.Person)
	if t.Unit != "" {
		staff, err := proposal.Staff(w.tx, w.Tenant, t.Unit)
		if err != nil {
			return err
		}
		to = notify.As(notify.Unit, staff...)
	}
	return w.send(kind, to, notify.Params{"title": w.Title, "text": t.Text, "due": t.DueOn, "reason": w.in.Reason}, "#task-"+t.ID)
}

func (w *work) send(kind string, to []notify.Told, params notify.Params, anchor string) error {
	if to = notify.Others(to, w.a.Person); len(to) == 0 {
		return nil
	}
	return w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "supervision." + kind, Link: "/supervision/" + w.ID + anchor, Object: Object, ObjectID: w.ID, Params: params})
}
