package ui

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/lang"
)

// zone is China's, the one time zone of the whole country.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// ShortDay writes a date with its year and without the weekday, for tables:
// 2026年3月12日. What is not a date is given back as it is.
func ShortDay(ctx context.Context, d calendar.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	if lang.Of(ctx) == lang.En {
		return t.Format("2 Jan 2006")
	}
	// This is in every row of every list, so it is put together by hand.
	var b [24]byte
	s := strconv.AppendInt(b[:0], int64(t.Year()), 10)
	s = append(s, "年"...)
	s = strconv.AppendInt(s, int64(t.Month()), 10)
	s = append(s, "月"...)
	s = strconv.AppendInt(s, int64(t.Day()), 10)
	return string(append(s, "日"...))
}

// Instant writes date and time of day in China: 2026年3月12日（周四）14:05; "" for
// the zero time.
func Instant(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return calendar.On(t).Long(ctx) + " " + t.In(zone).Format("15:04")
}

// When shows an instant; the script writes beside it how long ago that is.
func When(t time.Time) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if t.IsZero() {
			return nil
		}
		_, err := io.WriteString(w, `<time datetime="`+t.UTC().Format(time.RFC3339)+`" data-ago>`+templ.EscapeString(Instant(ctx, t))+`</time>`)
		return err
	})
}

// On shows a date, short, as in a cell of a table.
func On(d calendar.Date) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if d == "" {
			return nil
		}
		_, err := io.WriteString(w, `<time datetime="`+templ.EscapeString(string(d))+`">`+templ.EscapeString(ShortDay(ctx, d))+`</time>`)
		return err
	})
}

// stepDay shows a date that may break after or before its year, where there is
// little room.
func stepDay(d calendar.Date) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		year, rest, ok := strings.Cut(ShortDay(ctx, d), "年")
		if ok {
			year += "年"
		} else if i := strings.LastIndexByte(year, ' '); i > 0 {
			year, rest = year[:i], year[i:]
		}
		_, err := io.WriteString(w, `<time datetime="`+templ.EscapeString(string(d))+`"><span>`+templ.EscapeString(year)+`</span><span>`+templ.EscapeString(rest)+`</span></time>`)
		return err
	})
}

// LongDay shows a date in full: 2026年3月12日（周四）.
func LongDay(d calendar.Date) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if d == "" {
			return nil
		}
		_, err := io.WriteString(w, `<time datetime="`+templ.EscapeString(string(d))+`">`+templ.EscapeString(d.Long(ctx))+`</time>`)
		return err
	})
}
