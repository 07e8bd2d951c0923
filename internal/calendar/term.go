package calendar

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Unit is what a [Term] counts.
type Unit string

// The units.
const (
	Workdays     Unit = "wd" // working days
	CalendarDays Unit = "d"
	Months       Unit = "m" // calendar months, which are not thirty days
)

// Term is a length of time as rules state it: five working days, thirty days,
// three months. The zero Term is none.
type Term struct {
	N    int
	Unit Unit
}

var termForm = regexp.MustCompile(`^(\d{1,4})(wd|d|m|个?工作日|天|日|个?月)$`)

var unitOf = map[string]Unit{
	"wd": Workdays, "工作日": Workdays,
	"d": CalendarDays, "天": CalendarDays, "日": CalendarDays,
	"m": Months, "月": Months,
}

// ParseTerm reads 5wd, 30d, 3m and their Chinese forms 5个工作日, 30天, 3个月. Blank
// is no term. Anything else is an Invalid error that names it.
func ParseTerm(s string) (Term, error) {
	text := strings.ToLower(strings.Map(narrow, strings.TrimSpace(s)))
	if text == "" {
		return Term{}, nil
	}
	m := termForm.FindStringSubmatch(text)
	if m == nil {
		return Term{}, errs.New(errs.Invalid, "“%s”不是时限，请填写如5个工作日、30天、3个月", s)
	}
	n, _ := strconv.Atoi(m[1]) // at most four digits: cannot fail
	if n == 0 {
		return Term{}, errs.New(errs.Invalid, "时限“%s”至少为1", s)
	}
	return Term{N: n, Unit: unitOf[strings.TrimPrefix(m[2], "个")]}, nil
}

// IsZero reports whether t is no term.
func (t Term) IsZero() bool { return t == Term{} }

// String returns the stored form: 5wd, 30d, 3m; "" for no term.
func (t Term) String() string {
	if t.IsZero() {
		return ""
	}
	return strconv.Itoa(t.N) + string(t.Unit)
}

// MarshalText returns the stored form.
func (t Term) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what [ParseTerm] reads.
func (t *Term) UnmarshalText(text []byte) error {
	v, err := ParseTerm(string(text))
	*t = v
	return err
}

// Text writes the term for a person: 5个工作日, 30天, 3个月; "" for no term.
func (t Term) Text(ctx context.Context) string {
	one := t.N == 1 // English tells one from many
	switch {
	case t.Unit == Workdays && one:
		return lang.T(ctx, "1个工作日")
	case t.Unit == Workdays:
		return lang.T(ctx, "%d个工作日", t.N)
	case t.Unit == CalendarDays && one:
		return lang.T(ctx, "1天")
	case t.Unit == CalendarDays:
		return lang.T(ctx, "%d天", t.N)
	case t.Unit == Months && one:
		return lang.T(ctx, "1个月")
	case t.Unit == Months:
		return lang.T(ctx, "%d个月", t.N)
	}
	return ""
}
