package calendar

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Date is a day in the form "2006-01-02"; "" is no day. It sorts as text, is
// stored as text and travels in JSON as it stands. Make one with [ParseDate] or
// [On]; the methods of a Date that is neither a day nor "" treat it as "".
type Date string

// china is the one civil time of the country: UTC+8 everywhere, and no daylight
// saving since 1991, so no zone database is needed.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

const layout = "2006-01-02"

// The years that a date may lie in. What is outside is a slip of the keyboard.
const firstYear, lastYear = 1800, 2199

var (
	dateForm = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?$`)
	compact  = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})$`)
)

// ParseDate reads a day as people write it: 2026-03-12, 2026/3/12, 2026.3.12,
// 2026年3月12日, 20260312, also in full-width digits. Blank is no day. Anything
// else, and a day that no calendar has, is an Invalid error that names it.
func ParseDate(s string) (Date, error) {
	narrow := strings.Map(narrow, strings.TrimSpace(s))
	if narrow == "" {
		return "", nil
	}
	m := dateForm.FindStringSubmatch(narrow)
	if m == nil {
		m = compact.FindStringSubmatch(narrow)
	}
	if m == nil {
		return "", errs.New(errs.Invalid, "“%s”不是日期，请按2026-03-12的样式填写", s)
	}
	year, _ := strconv.Atoi(m[1]) // four digits at most: cannot fail
	month, _ := strconv.Atoi(m[2])
	day, _ := strconv.Atoi(m[3])
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return "", errs.New(errs.Invalid, "日历上没有“%s”这一天", s)
	}
	if year < firstYear || year > lastYear {
		return "", errs.New(errs.Invalid, "“%s”的年份不对", s)
	}
	return Date(t.Format(layout)), nil
}

// narrow turns the full-width characters that Chinese input methods produce in
// numbers into ASCII and drops blanks.
func narrow(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == ' ' || r == '　':
		return -1
	}
	return r
}

// On returns the day that it is in China at t; for the zero time, no day.
func On(t time.Time) Date {
	if t.IsZero() {
		return ""
	}
	return Date(t.In(china).Format(layout))
}

// UnmarshalText reads a day from JSON or a form as [ParseDate] does.
func (d *Date) UnmarshalText(text []byte) error {
	v, err := ParseDate(string(text))
	*d = v
	return err
}

// String returns the day in the form 2006-01-02.
func (d Date) String() string { return string(d) }

// Time returns the midnight in China at which the day begins; the zero time for
// no day.
func (d Date) Time() time.Time {
	t, err := time.ParseInLocation(layout, string(d), china)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Year returns the year, 0 for no day.
func (d Date) Year() int {
	if n, ok := d.number(); ok {
		return n.year()
	}
	return 0
}

// Weekday returns the day of the week; Sunday for no day.
func (d Date) Weekday() time.Weekday {
	if n, ok := d.number(); ok {
		return n.weekday()
	}
	return time.Sunday
}

// AddDays returns the day n days later.
func (d Date) AddDays(n int) Date {
	if v, ok := d.number(); ok {
		return (v + number(n)).date()
	}
	return ""
}

// AddMonths returns the same day of the month n months later, or that month's
// last day where it has none: 31 January and a month is 28 or 29 February.
func (d Date) AddMonths(n int) Date {
	if v, ok := d.number(); ok {
		return v.addMonths(n).date()
	}
	return ""
}

// Sub returns the number of days from other to d; 0 if either is no day.
func (d Date) Sub(other Date) int {
	a, ok := d.number()
	b, both := other.number()
	if !ok || !both {
		return 0
	}
	return int(a - b)
}

var weekdays = [...]string{"周日", "周一", "周二", "周三", "周四", "周五", "周六"}

var months = [...]string{"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"}

// Long writes the day out: 2026年3月12日（周四）; "" for no day.
func (d Date) Long(ctx context.Context) string {
	n, ok := d.number()
	if !ok {
		return ""
	}
	t := n.time()
	return lang.T(ctx, "%[1]d年%[2]s%[3]d日（%[4]s）", t.Year(), lang.Word(months[t.Month()-1]), t.Day(), lang.Word(weekdays[t.Weekday()]))
}

// Short writes the day without its year: 3月12日; "" for no day.
func (d Date) Short(ctx context.Context) string {
	n, ok := d.number()
	if !ok {
		return ""
	}
	t := n.time()
	return lang.T(ctx, "%[1]s%[2]d日", lang.Word(months[t.Month()-1]), t.Day())
}

// Span writes the days from d to last: 4月4日—6日, 9月29日—10月6日, or the one day.
func (d Date) Span(ctx context.Context, last Date) string {
	if last == "" || last == d {
		return d.Short(ctx)
	}
	from, to := d.Time(), last.Time()
	if from.Year() == to.Year() && from.Month() == to.Month() {
		return lang.T(ctx, "%[1]s%[2]d日—%[3]d日", lang.Word(months[from.Month()-1]), from.Day(), to.Day())
	}
	return lang.T(ctx, "%[1]s—%[2]s", d.Short(ctx), last.Short(ctx))
}

// Relative says how far the day is from today: 今天, 明天, 3天后, 2天前.
func (d Date) Relative(ctx context.Context, today Date) string {
	switch n := d.Sub(today); {
	case d == "" || today == "":
		return ""
	case n == 0:
		return lang.T(ctx, "今天")
	case n == 1:
		return lang.T(ctx, "明天")
	case n == -1:
		return lang.T(ctx, "昨天")
	case n > 0:
		return lang.T(ctx, "%d天后", n)
	default:
		return lang.T(ctx, "%d天前", -n)
	}
}

// A number counts days from 1 January 1970. Sums are made with it, so that a
// clock of months does not format and parse a text for each of its days.
type number int

func (d Date) number() (number, bool) {
	t, err := time.Parse(layout, string(d))
	if err != nil {
		return 0, false
	}
	return numberOf(t), true
}

const secondsOfDay = 24 * 60 * 60

func numberOf(t time.Time) number {
	return number(t.Unix() / secondsOfDay) // exact: t is a midnight in UTC
}

func (n number) time() time.Time { return time.Unix(int64(n)*secondsOfDay, 0).UTC() }

func (n number) date() Date {
	t := n.time()
	return Date(fmt.Sprintf("%04d-%02d-%02d", t.Year(), t.Month(), t.Day()))
}

func (n number) year() int { return n.time().Year() }

// weekday: 1 January 1970 was a Thursday; days before it have negative numbers.
func (n number) weekday() time.Weekday { return time.Weekday(((int(n)+4)%7 + 7) % 7) }

func (n number) addMonths(m int) number {
	t := n.time()
	first := time.Date(t.Year(), t.Month()+time.Month(m), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return numberOf(first) + number(min(t.Day(), last)-1)
}
