package notify

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/gateway"
)

// sending is one notice while it is sent.
type sending struct {
	Notice
	kind       *Kind
	persons    []string // of To
	why        map[string]Why
	known      map[string]Address
	off        map[string]off // who does not want this kind on some channel
	timing     func(person string) Timing
	gateways   []*Gateway
	now        db.Time
	params     string
	notices    [][]any
	deliveries [][]any
	queued     bool
}

const noticeInsert = `notice (tenant, id, person, kind, title, body, params, link, object, object_id, created_at, shown, read_at, recipients, why)`

const deliveryInsert = `delivery (tenant, notice, channel, person, kind, state, reason, detail, address, name, lang, tries, next_at, claim, created_at, done_at, gateway)`

func (d *Delivery) values(tenant string) []any {
	return []any{tenant, d.Notice, d.Channel, d.Person, d.Kind, d.State, d.Reason, d.Detail, d.Address, d.Name, d.lang, d.Tries, d.NextAt, "", d.CreatedAt, d.DoneAt, d.gateway}
}

// Send records a notice for each person, shows it to those with an account at
// once and queues what goes outside; all of it with tx or not at all.
func (n *Notifier) Send(tx *db.Tx, m Notice) (err error) {
	s := &sending{Notice: m, kind: n.byID[m.Kind], now: db.At(tx.Now())}
	if s.kind == nil || m.Tenant == "" {
		return fmt.Errorf("notify: no kind %q, or no tenant", m.Kind)
	}
	if s.Title == "" {
		s.Title = s.kind.Title
	}
	if s.Body == "" {
		s.Body = s.kind.Body
	}
	if s.params, err = m.Params.encode(); err != nil {
		return err
	}
	s.why = map[string]Why{}
	for _, t := range Others(m.To, "") {
		if whys[t.Why].you == "" {
			return fmt.Errorf("notify: %s does not say why it tells somebody", m.Kind)
		}
		if _, ok := s.why[t.Person]; !ok {
			s.why[t.Person], s.persons = t.Why, append(s.persons, t.Person)
		}
	}
	slices.Sort(s.persons)
	if s.known, err = n.addresses(tx, m.Tenant, s.persons); err != nil {
		return err
	}
	if s.off, err = switchedOff(tx, m.Tenant, m.Kind, s.persons); err != nil {
		return err
	}
	if s.timing, err = timings(tx, m.Tenant, s.persons); err != nil {
		return err
	}
	if s.gateways, err = gatewaysOf(tx, m.Tenant); err != nil {
		return err
	}
	s.tell(n)
	if err := s.others(); err != nil {
		return err
	}
	if err := insert(tx, noticeInsert, s.notices); err != nil {
		return err
	}
	if err := insert(tx, deliveryInsert, s.deliveries); err != nil {
		return err
	}
	if s.queued {
		tx.AfterCommit(n.nudge)
	}
	return nil
}

// tell tells each person.
func (s *sending) tell(n *Notifier) {
	to := s.persons
	if len(to) == 0 {
		to = []string{""}
	}
	sms := slices.IndexFunc(s.gateways, func(g *Gateway) bool { return g.Kind == gateway.SMS && g.Active })
	for _, person := range to {
		a := s.known[person]
		untold := "" // the reason for not being told at all
		switch {
		case s.Superseded:
			untold = "superseded"
		case person == "":
			untold = "no_recipient"
		case a.Account == "":
			untold = "no_account"
		}
		id := s.notice(person, untold == "", "")
		d := Delivery{Notice: id, Person: person, Name: a.Name, lang: string(a.Lang)}
		d.Channel, d.Address = App, a.Email
		s.record(d, Sent, untold)
		d.Channel = Mail
		s.record(d, Pending, n.unmailed(s.kind, a, untold, s.off[person].mail))
		if sms >= 0 {
			g := s.gateways[sms]
			d.Channel, d.Address, d.gateway = SMS, mobile(a.Phone), g.ID
			s.record(d, Pending, untexted(g, s.kind, d.Address, untold, s.off[person].sms))
		}
	}
}

// others tells the groups and systems that want notices of this kind, once for
// all whom it tells.
func (s *sending) others() error {
	if s.Superseded || len(s.persons) == 0 {
		return nil
	}
	var recipients []byte
	for _, g := range s.gateways {
		if g.Kind == gateway.SMS || !g.carries(s.kind.ID) {
			continue
		}
		if recipients == nil {
			all := make([]gateway.Recipient, 0, len(s.persons))
			for _, person := range s.persons {
				if a, ok := s.known[person]; ok {
					all = append(all, gateway.Recipient{ID: person, Name: a.Name})
				}
			}
			var err error
			if recipients, err = json.Marshal(all); err != nil {
				return err
			}
		}
		s.record(Delivery{Notice: s.notice("", false, string(recipients)), Channel: g.Kind, Name: g.Name, gateway: g.ID}, Pending, "")
	}
	return nil
}

// notice adds a notice and returns its id.
func (s *sending) notice(person string, shown bool, recipients string) string {
	id := db.NewID()
	s.notices = append(s.notices, []any{s.Tenant, id, person, s.kind.ID, s.Title, s.Body, s.params, s.Link, s.Object, s.ObjectID, s.now, shown, db.Time{}, recipients, string(s.why[person])})
	return id
}

// record adds a delivery in a state; with a reason it is skipped. A pending one
// may have to wait.
func (s *sending) record(d Delivery, state, reason string) {
	d.Kind, d.State, d.CreatedAt = s.kind.ID, state, s.now
	switch {
	case reason != "":
		d.State, d.Reason, d.DoneAt = Skipped, reason, s.now
	case state == Pending:
		at, why := s.timing(d.Person).wait(s.now.Time, d.Channel, s.kind)
		d.NextAt, d.Reason, s.queued = db.At(at), why, true
	default:
		d.DoneAt = s.now
	}
	s.deliveries = append(s.deliveries, d.values(s.Tenant))
}

// unmailed says why a notice is not mailed; "" if it is.
func (n *Notifier) unmailed(kind *Kind, a Address, untold string, off bool) string {
	switch {
	case untold != "":
		return untold
	case !kind.Mail:
		return "not_mailed"
	case off && !kind.Must:
		return "switched_off"
	case a.Email == "":
		return "no_email"
	case !n.smtp.configured():
		return "no_smtp"
	}
	return ""
}

// untexted says why a notice goes to no telephone; "" if it does.
func untexted(g *Gateway, kind *Kind, phone, untold string, off bool) string {
	switch {
	case untold != "":
		return untold
	case !g.carries(kind.ID):
		return "not_texted"
	case off:
		return "switched_off"
	case phone == "":
		return "no_phone"
	}
	return ""
}

var (
	mobileForm = regexp.MustCompile(`^(\+86)?1[3-9][0-9]{9}$`)
	abroadForm = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// mobile is a number as an SMS gateway takes it, "" for one that gets no text
// messages, such as that of an office.
func mobile(phone string) string {
	phone = strings.NewReplacer(" ", "", "-", "").Replace(phone)
	switch {
	case mobileForm.MatchString(phone):
		return strings.TrimPrefix(phone, "+86")
	case abroadForm.MatchString(phone) && !strings.HasPrefix(phone, "+86"):
		return phone
	}
	return ""
}
