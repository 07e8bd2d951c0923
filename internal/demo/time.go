package demo

import (
	"sync/atomic"
	"time"

	"shangliang/internal/calendar"
)

// Time is the clock of a platform that plays: it stands where the play put it,
// and once the play is over it shows the real time. The zero Time shows the real
// time.
type Time struct{ at atomic.Pointer[time.Time] }

// Now is what the platform's Options.Now takes.
func (t *Time) Now() time.Time {
	if at := t.at.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// set puts the clock to an hour and minute, in China, of a day.
func (t *Time) set(day calendar.Date, hour, minute int) {
	at := day.Time().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	t.at.Store(&at)
}

// release lets the clock run with the world's again.
func (t *Time) release() { t.at.Store(nil) }

// workdays counts working days from a day; n may be negative.
func workdays(from calendar.Date, n int) calendar.Date {
	days := calendar.National()
	day := from
	for ; n > 0; n-- {
		day = days.Next(day)
	}
	for ; n < 0; n++ {
		for day = day.AddDays(-1); !days.Working(day); {
			day = day.AddDays(-1)
		}
	}
	return day
}
