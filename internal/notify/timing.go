package notify

import (
	"context"
	"regexp"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// Timing is when a person is told outside the platform, or of the tenant what
// holds for those who chose nothing and for groups. What is urgent does not wait.
type Timing struct {
	Quiet       string // "" as the tenant, QuietNone or QuietOwn
	QuietFrom   string // "22:00", in China
	QuietUntil  string // "07:00"; before QuietFrom it is on the next day
	Roundup     string // of mails: "" at once, Daily or Weekly
	RoundupTime string // "08:00"
	Weekday     int    // of a weekly roundup; 1 is Monday
	Version     int    // 0 while nothing is chosen
	TenantQuiet [2]string
}

// Values of a Timing.
const (
	QuietNone = "none"
	QuietOwn  = "own"
	Daily     = "daily"
	Weekly    = "weekly"
)

const timingColumns = `quiet, quiet_from, quiet_until, roundup, roundup_time, weekday, version`

func (t *Timing) fields() []any {
	return []any{&t.Quiet, &t.QuietFrom, &t.QuietUntil, &t.Roundup, &t.RoundupTime, &t.Weekday, &t.Version}
}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// minute is the minute of the day that a time names.
func minute(clock string) time.Duration {
	t, err := time.Parse("15:04", clock)
	if err != nil { // what is stored was checked
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// quiet are the hours in which a person is not disturbed; the same twice is none.
func (t Timing) quiet() (from, until time.Duration) {
	switch t.Quiet {
	case QuietOwn:
		return minute(t.QuietFrom), minute(t.QuietUntil)
	case QuietNone:
		return 0, 0
	}
	return minute(t.TenantQuiet[0]), minute(t.TenantQuiet[1])
}

// morning is when what tells of a day begins to go outside.
const morning = 8 * time.Hour

// wait is when a notice of a kind may be sent that is ready now, and why not at
// once: "" if it may.
func (t Timing) wait(now time.Time, channel string, kind *Kind) (time.Time, string) {
	at, why := t.rest(now, channel, kind.Urgent)
	if eight := calendar.On(at).Time().Add(morning); kind.Morning && why != "roundup" && at.Before(eight) {
		return eight, "morning"
	}
	return at, why
}

// rest is when the person may be told.
func (t Timing) rest(now time.Time, channel string, urgent bool) (time.Time, string) {
	if urgent {
		return now, ""
	}
	midnight := calendar.On(now).Time()
	at := now.Sub(midnight)
	const day = 24 * time.Hour
	if channel == Mail && t.Roundup != "" {
		next := midnight.Add(minute(t.RoundupTime))
		for !next.After(now) || t.Roundup == Weekly && weekday(next) != t.Weekday {
			next = next.Add(day)
		}
		return next, "roundup"
	}
	from, until := t.quiet()
	switch {
	case from < until && from <= at && at < until:
		return midnight.Add(until), "quiet_hours"
	case from > until && at >= from:
		return midnight.Add(day + until), "quiet_hours"
	case from > until && at < until:
		return midnight.Add(until), "quiet_hours"
	}
	return now, ""
}

// weekday is 1 for Monday to 7 for Sunday, in China.
func weekday(at time.Time) int {
	return (int(calendar.On(at).Time().Add(8*time.Hour).UTC().Weekday())+6)%7 + 1
}

// timings are those of some persons, and of "" the tenant's; who chose nothing
// has the tenant's.
func timings(tx *db.Tx, tenant string, persons []string) (func(person string) Timing, error) {
	list, args := db.In([]any{tenant}, append([]string{""}, persons...))
	type own struct {
		person string
		Timing
	}
	all, err := db.All(tx, func(o *own) []any { return append([]any{&o.person}, o.Timing.fields()...) },
		`SELECT person, `+timingColumns+` FROM notice_timing WHERE tenant = $1 AND person IN `+list, args...)
	if err != nil {
		return nil, err
	}
	chosen := map[string]Timing{}
	for _, o := range all {
		chosen[o.person] = o.Timing
	}
	quiet := [2]string{chosen[""].QuietFrom, chosen[""].QuietUntil}
	return func(person string) Timing {
		t := chosen[person]
		t.TenantQuiet = quiet
		if person == "" {
			t.Quiet = ""
		}
		return t
	}, nil
}

// Timing returns the actor's own.
func (n *Notifier) Timing(ctx context.Context) (t Timing, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return t, err
	}
	return n.timing(ctx, a.Tenant, a.Person)
}

// TenantTiming returns the tenant's. It needs [SetUp].
func (n *Notifier) TenantTiming(ctx context.Context) (t Timing, err error) {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return t, err
	}
	return n.timing(ctx, a.Tenant, "")
}

func (n *Notifier) timing(ctx context.Context, tenant, person string) (t Timing, err error) {
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		of, err := timings(tx, tenant, []string{person})
		if err == nil {
			t = of(person)
		}
		return err
	})
	return t, err
}

// SetTiming changes the actor's own. What waits for them is timed anew.
func (n *Notifier) SetTiming(ctx context.Context, t Timing) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	if a.Person == "" {
		return errs.New(errs.Invalid, "当前身份不对应名册中的人员")
	}
	return n.setTiming(ctx, a.Tenant, a.Person, t)
}

// SetTenantTiming changes the quiet hours of the tenant: none when both are
// empty. It needs [SetUp].
func (n *Notifier) SetTenantTiming(ctx context.Context, from, until string, version int) error {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return err
	}
	t := Timing{Quiet: QuietOwn, QuietFrom: from, QuietUntil: until, Version: version}
	if from == "" && until == "" {
		t.Quiet = QuietNone
	}
	return n.setTiming(ctx, a.Tenant, "", t)
}

// check clears what does not count and says what is wrong.
func (t *Timing) check() error {
	var f errs.Fields
	if t.Quiet != QuietOwn {
		t.QuietFrom, t.QuietUntil = "", ""
	}
	if t.Roundup == "" {
		t.RoundupTime = ""
	}
	if t.Roundup != Weekly {
		t.Weekday = 0
	}
	f.Check(t.Quiet == "" || t.Quiet == QuietNone || t.Quiet == QuietOwn, "quiet", "请选择免打扰时间")
	f.Check(t.Quiet != QuietOwn || clockForm.MatchString(t.QuietFrom), "quiet_from", "请填写开始的时间，例如 22:00")
	f.Check(t.Quiet != QuietOwn || clockForm.MatchString(t.QuietUntil), "quiet_until", "请填写结束的时间，例如 07:00")
	f.Check(t.Quiet != QuietOwn || t.QuietFrom != t.QuietUntil, "quiet_until", "开始和结束的时间不能相同")
	f.Check(t.Roundup == "" || t.Roundup == Daily || t.Roundup == Weekly, "roundup", "请选择邮件怎么发")
	f.Check(t.Roundup == "" || clockForm.MatchString(t.RoundupTime), "roundup_time", "请填写汇总的时间，例如 08:00")
	f.Check(t.Roundup != Weekly || t.Weekday >= 1 && t.Weekday <= 7, "weekday", "请选择星期几")
	return f.Err()
}

func (n *Notifier) setTiming(ctx context.Context, tenant, person string, t Timing) error {
	if err := t.check(); err != nil {
		return err
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if _, ok, err := ledger.Replayed(tx); ok || err != nil {
			return err
		}
		of, err := timings(tx, tenant, []string{person})
		if err != nil {
			return err
		}
		old := of(person)
		if old.Version != t.Version {
			return db.Stale()
		}
		if _, err := tx.Exec(`INSERT INTO notice_timing (tenant, person, `+timingColumns+`) VALUES (`+db.Marks(9)+`)
			ON CONFLICT (tenant, person) DO UPDATE SET quiet = excluded.quiet, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
			roundup = excluded.roundup, roundup_time = excluded.roundup_time, weekday = excluded.weekday, version = notice_timing.version + 1`,
			tenant, person, t.Quiet, t.QuietFrom, t.QuietUntil, t.Roundup, t.RoundupTime, t.Weekday, t.Version+1); err != nil {
			return err
		}
		if person != "" {
			t.TenantQuiet = old.TenantQuiet
			if err := retime(tx, tenant, person, t); err != nil {
				return err
			}
			tx.AfterCommit(n.nudge)
		}
		kind, object := "person", person
		if person == "" {
			kind, object = "tenant", tenant
		}
		return ledger.Append(tx, ledger.Entry{Action: "notify.timing", Kind: kind, Object: object, Data: map[string]any{"quiet": t.Quiet, "roundup": t.Roundup, "weekday": t.Weekday},
			Rows: []ledger.Row{ledger.RowOf("notice_timing", "tenant", tenant, "person", person)}})
	})
}

// retime gives what waits for a person the time of what they chose now.
func retime(tx *db.Tx, tenant, person string, t Timing) error {
	for _, channel := range []string{Mail, SMS} {
		at, why := t.rest(tx.Now(), channel, false)
		if _, err := tx.Exec(`UPDATE delivery SET next_at = $1, reason = $2 WHERE tenant = $3 AND person = $4 AND channel = $5 AND state = $6
			AND next_at <> '' AND reason IN ('quiet_hours', 'roundup')`, db.At(at), why, tenant, person, channel, Pending); err != nil {
			return err
		}
	}
	return nil
}
