package demo

import "shangliang/internal/calendar"

// OnlyNow leaves 2018 out of the play.
func (p *Play) OnlyNow() { p.onlyNow = true }

// Set moves the clock.
func (t *Time) Set(day calendar.Date, hour, minute int) { t.set(day, hour, minute) }
