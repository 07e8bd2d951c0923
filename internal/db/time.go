package db

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// layout has a fixed width, so that texts sort as their times do.
const layout = "2006-01-02T15:04:05.000000Z"

// Time is an instant as the database keeps it: UTC text of fixed width, to the
// microsecond; the zero Time is the empty text.
type Time struct{ time.Time }

// At makes a Time.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Microsecond)} }

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return "", nil
	}
	return t.UTC().Format(layout), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		if b, isBytes := v.([]byte); isBytes {
			s, ok = string(b), true
		}
	}
	if v == nil || ok && s == "" {
		t.Time = time.Time{}
		return nil
	}
	if !ok {
		return fmt.Errorf("db: %T is not a time", v)
	}
	var err error
	t.Time, err = time.Parse(layout, s)
	return err
}

// MarshalJSON gives RFC 3339, or null for the zero Time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC())
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		t.Time = time.Time{}
		return nil
	}
	return t.Time.UnmarshalJSON(b)
}
