// Package calendar reckons days and deadlines the way an office does: working
// days over the national holidays with their make-up days, calendar days and
// calendar months, extensions, pauses and hard maxima. Every date that it gives
// explains itself step by step.
//
// Main types: [Date], [Term], [Days] (the holiday table, data in holidays.tsv),
// [Spec] and [Result] of [Compute], [Step]. It owns no tables and reads no clock:
// what today is, and which days a tenant has changed, comes from the caller. It
// deliberately knows no hours (a clock runs in whole days) and sends no
// reminders; package clock does.
package calendar

import _ "embed"

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte
