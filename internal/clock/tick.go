package clock

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/lang"
	"shangliang/internal/notify"
)

// A mark is a day on which the holders are reminded.
type mark struct {
	id string // also the kind of the notice, after "clock."
	on func(c *Clock) calendar.Date
}

// marks are in the order of their days.
var marks = []mark{
	{"half", func(c *Clock) calendar.Date { return c.HalfOn }},
	{"eighty", func(c *Clock) calendar.Date { return c.EightyOn }},
	{"due", func(c *Clock) calendar.Date { return c.DueOn }},
	{"over1", func(c *Clock) calendar.Date { return c.DueOn.AddDays(1) }},
	{"over7", func(c *Clock) calendar.Date { return c.DueOn.AddDays(7) }},
}

// Kinds are the notices that clocks send.
var Kinds = []notify.Kind{
	{ID: "clock.half", Name: "期限过半提醒", Title: "{subject}：{title}期限已过半，{due}到期", Mail: true, Morning: true},
	{ID: "clock.eighty", Name: "期限将尽提醒", Title: "{subject}：{title}期限已过八成，{due}到期", Mail: true, Morning: true},
	{ID: "clock.due", Name: "到期提醒", Title: "{subject}：{title}今天到期", Mail: true, Morning: true, Urgent: true, Must: true},
	{ID: "clock.over1", Name: "逾期提醒", Title: "{subject}：{title}已逾期，应于{due}前完成", Mail: true, Morning: true, Urgent: true, Must: true},
	{ID: "clock.over7", Name: "逾期一周提醒", Title: "{subject}：{title}逾期已满一周，应于{due}前完成", Mail: true, Morning: true, Urgent: true, Must: true},
}

// schedule names the first mark after a day as the next one.
func (c *Clock) schedule(after calendar.Date) {
	c.nextMark, c.nextOn = "", ""
	for _, m := range marks {
		if on := m.on(c); on != "" && on > after {
			c.nextMark, c.nextOn = m.id, on
			return
		}
	}
}

// reached returns the marks from the next one on whose day has come.
func (c *Clock) reached(today calendar.Date) (ids []string) {
	from := slices.IndexFunc(marks, func(m mark) bool { return m.id == c.nextMark })
	if from < 0 {
		return nil
	}
	for _, m := range marks[from:] {
		if on := m.on(c); on != "" && on <= today {
			ids = append(ids, m.id)
		}
	}
	return ids
}

// advance makes the mark after the last reached one the next.
func (c *Clock) advance(last string) {
	at := slices.IndexFunc(marks, func(m mark) bool { return m.id == last })
	c.nextMark, c.nextOn = "", ""
	for _, m := range marks[at+1:] {
		if on := m.on(c); on != "" {
			c.nextMark, c.nextOn = m.id, on
			return
		}
	}
}

const batch = 200

// Tick sends the reminders of all tenants whose day has come and runs what is to
// run when a clock has run out. A reminder and the note that it was sent are one
// transaction: however many processes tick, and whenever one dies, each is sent
// once. After days of standstill only the latest reminder of a clock is sent,
// the others are recorded as superseded. A clock that fails holds up no other;
// the errors come back joined and it is tried again at the next tick.
func (s *Clocks) Tick(ctx context.Context) error {
	type key struct {
		tenant, id string
		on         calendar.Date
	}
	var failed []error
	var last key
	for ctx.Err() == nil {
		var due []*key
		err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			due, err = db.All(tx, func(k *key) []any { return []any{&k.tenant, &k.id, &k.on} },
				`SELECT tenant, id, next_on FROM clock WHERE next_on <> '' AND next_on <= $1 AND (next_on, tenant, id) > ($2, $3, $4)
				ORDER BY next_on, tenant, id LIMIT $5`,
				string(calendar.On(tx.Now())), string(last.on), last.tenant, last.id, batch)
			return err
		})
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if len(due) == 0 {
			break
		}
		for _, k := range due {
			if ctx.Err() != nil {
				break
			}
			err := s.db.Write(actor.With(ctx, actor.System(k.tenant)), func(tx *db.Tx) error { return s.remind(tx, k.tenant, k.id) })
			if err != nil {
				s.config.Log.Error("clock: remind", "tenant", k.tenant, "clock", k.id, "err", err)
				failed = append(failed, fmt.Errorf("clock %s: %w", k.id, err))
			}
			last = *k
		}
	}
	return errors.Join(append(failed, ctx.Err())...)
}

// remind does what one clock's day asks for, unless another process just did.
func (s *Clocks) remind(tx *db.Tx, tenant, id string) error {
	c, err := s.Get(tx, tenant, id)
	if err != nil {
		return err
	}
	today := calendar.On(tx.Now())
	due := func() bool { return c.State == Running && c.nextOn != "" && c.nextOn <= today }
	if !due() {
		return nil
	}
	if c.Overdue(today) && c.RanOutOn == "" {
		c.RanOutOn = today
		if err := update(tx, c); err != nil {
			return err
		}
		if f := s.onDue[c.Kind]; f != nil {
			if err := f(tx, c); err != nil {
				return err
			}
			if c, err = s.Get(tx, tenant, id); err != nil {
				return err
			}
			if !due() { // stopped or moved: nobody is late
				return nil
			}
		}
	}
	reached := c.reached(today)
	if len(reached) == 0 {
		return fmt.Errorf("clock: %q is to come on %s, but has not", c.nextMark, c.nextOn)
	}
	to, err := s.people(tx, c)
	if err != nil {
		return err
	}
	subject := c.Subject
	if subject == "" {
		subject = c.ObjectID
	}
	for i, m := range reached {
		if err := s.config.Notices.Send(tx, notify.Notice{
			Tenant: tenant, To: notify.As(notify.Holder, to...), Kind: "clock." + m, Link: c.Link, Object: c.Object, ObjectID: c.ObjectID,
			Params:     notify.Params{"subject": subject, "title": lang.Word(c.Title), "due": c.DueOn},
			Superseded: i < len(reached)-1,
		}); err != nil {
			return err
		}
	}
	c.advance(reached[len(reached)-1])
	return update(tx, c)
}
