package keyproposal

import (
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// audiences name who is told of what after each act.
var audiences = map[string][]struct {
	kind string
	to   func(w *work) ([]notify.Told, error)
}{
	"ask":         {{"ask", askedNow}},
	"opine":       {{"opine", clerks}},
	"approve":     {{"approve", concerned}},
	"bind":        {{"bind", leads}, {"charge", inCharge}},
	"plan":        {{"plan", leads}},
	"sign":        {{"sign", inChargeAndClerks}},
	"record_sign": {{"sign", inChargeAndClerks}},
	"report":      {{"report", leads}, {"report", clerks}},
	"return":      {{"return", inChargeAndClerks}},
	"close":       {{"close", concerned}},
}

func leads(w *work) ([]notify.Told, error)  { return notify.As(notify.Leader, w.Leader), nil }
func clerks(w *work) ([]notify.Told, error) { return w.with(notify.Office, "clerk", "") }
func inCharge(w *work) ([]notify.Told, error) {
	return w.with(notify.Committee, "collective", w.Committee)
}
func concerned(w *work) ([]notify.Told, error) { return proposal.Concerned(w.tx, w.Tenant, w.Proposal) }

// with are those who have a role, and are told for that reason.
func (w *work) with(why notify.Why, role, body string) ([]notify.Told, error) {
	ids, err := org.PeopleWith(w.tx, w.Tenant, role, body)
	return notify.As(why, ids...), err
}

func inChargeAndClerks(w *work) ([]notify.Told, error) {
	all, err := inCharge(w)
	if err != nil {
		return nil, err
	}
	more, err := clerks(w)
	return append(all, more...), err
}

func askedNow(w *work) (all []notify.Told, err error) {
	for _, id := range w.in.Bodies {
		more, err := w.with(notify.Asked, "collective", id)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// announce tells those concerned; nobody is told of what they did themselves.
func (w *work) announce(act string) error {
	for _, n := range audiences[act] {
		to, err := n.to(w)
		if err != nil {
			return err
		}
		if to = notify.Others(to, w.a.Person); len(to) == 0 {
			continue
		}
		link := "/key-proposals/" + w.ID
		if n.kind == "approve" || n.kind == "close" {
			link = "/proposals/" + w.Proposal
		}
		name := w.a.Name
		if w.a.Body != "" {
			names, err := org.BodyNames(w.tx, w.Tenant, []string{w.a.Body})
			if err != nil {
				return err
			}
			name = names[w.a.Body]
		}
		if err := w.s.notices.Send(w.tx, notify.Notice{Tenant: w.Tenant, To: to, Kind: "key_proposal." + n.kind, Link: link, Object: Object, ObjectID: w.ID,
			Params: notify.Params{"title": w.title, "due": w.OpinionsDue, "actor": name, "reason": w.in.Reason}}); err != nil {
			return err
		}
	}
	return nil
}
