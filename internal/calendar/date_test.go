package calendar

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// speak returns a context in a language, with a converter that marks what it
// converts.
func speak(t testing.TB, l lang.Lang) context.Context {
	t.Helper()
	w, err := lang.New(func(s string) string { return strings.NewReplacer("节", "節", "过", "過", "顺", "順").Replace(s) }, Words)
	if err != nil {
		t.Fatal(err)
	}
	return lang.With(t.Context(), w, l)
}

func TestParseDate(t *testing.T) {
	for in, want := range map[string]Date{
		"2026-03-12": "2026-03-12", "2026-3-2": "2026-03-02", "2026/3/12": "2026-03-12", "2026.3.12": "2026-03-12",
		"2026年3月12日": "2026-03-12", "2026年3月12": "2026-03-12", "2026年03月12号": "2026-03-12", "20260312": "2026-03-12",
		" 2026 年 3 月 12 日 ": "2026-03-12", "２０２６－０３－１２": "2026-03-12", "2024-02-29": "2024-02-29",
		"": "", "  ": "", "1949-10-01": "1949-10-01",
	} {
		if got, err := ParseDate(in); err != nil || got != want {
			t.Errorf("ParseDate(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "20260230", "0202-01-01", "9999-01-01",
		"今天", "2026-3", "26-3-12", "2026-03-12T00:00:00Z", "2026-03-123", "46093", "-2026-03-12"} {
		got, err := ParseDate(in)
		if !errs.Is(err, errs.Invalid) || got != "" {
			t.Errorf("ParseDate(%q) = %q, %v; want Invalid", in, got, err)
		} else if !strings.Contains(err.Error(), in) {
			t.Errorf("the error about %q does not name it: %v", in, err)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-03-12", "2026年3月12日", "20260312", "2026-02-30", "", "２０２６/３/１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			if !errs.Is(err, errs.Invalid) || d != "" {
				t.Fatalf("ParseDate(%q) = %q, %v", s, d, err)
			}
			return
		}
		if again, err := ParseDate(string(d)); err != nil || again != d {
			t.Fatalf("%q parsed as %q, which parses as %q, %v", s, d, again, err)
		}
		if d != "" && (d.Time().IsZero() || On(d.Time()) != d) {
			t.Fatalf("%q does not survive the clock", d)
		}
	})
}

func TestOnIsChinasDay(t *testing.T) {
	if got := On(time.Date(2026, 3, 11, 16, 0, 0, 0, time.UTC)); got != "2026-03-12" {
		t.Errorf("at 16:00 UTC it is midnight in China: got %s", got)
	}
	if got := On(time.Date(2026, 3, 11, 15, 59, 59, 0, time.UTC)); got != "2026-03-11" {
		t.Errorf("a second before: got %s", got)
	}
	if got := On(time.Time{}); got != "" {
		t.Errorf("no time is no day: got %s", got)
	}
}

func TestDateSums(t *testing.T) {
	for _, c := range []struct {
		from   Date
		months int
		want   Date
	}{
		{"2026-01-31", 1, "2026-02-28"}, {"2024-01-31", 1, "2024-02-29"}, {"2023-11-30", 3, "2024-02-29"},
		{"2026-03-12", 3, "2026-06-12"}, {"2026-12-31", 2, "2027-02-28"}, {"2026-03-31", -1, "2026-02-28"},
		{"2026-01-15", -1, "2025-12-15"}, {"", 3, ""},
	} {
		if got := c.from.AddMonths(c.months); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
	if got := Date("2024-02-28").AddDays(2); got != "2024-03-01" {
		t.Errorf("leap year: %s", got)
	}
	if d := Date("2026-03-12"); d.Year() != 2026 || d.Weekday() != time.Thursday {
		t.Errorf("%s: %d %v", d, d.Year(), d.Weekday())
	}
	for _, bad := range []Date{"", "nonsense"} {
		if bad.AddDays(1) != "" || bad.Year() != 0 || !bad.Time().IsZero() || bad.Sub("2026-01-01") != 0 || bad.Weekday() != time.Sunday {
			t.Errorf("%q is not treated as no day", bad)
		}
	}
}

// The sums on day numbers agree with package time.
func TestDateSumsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(1800, 1, 1+rapid.IntRange(0, 146000).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		n := rapid.IntRange(-4000, 4000).Draw(t, "n")
		d := Date(day.Format(layout))
		if got, want := d.AddDays(n), Date(day.AddDate(0, 0, n).Format(layout)); got != want {
			t.Fatalf("%s + %d days = %s, want %s", d, n, got, want)
		}
		if d.AddDays(n).Sub(d) != n {
			t.Fatalf("%s + %d - %[1]s = %d", d, n, d.AddDays(n).Sub(d))
		}
		if d.Weekday() != day.Weekday() {
			t.Fatalf("%s is a %v, not a %v", d, day.Weekday(), d.Weekday())
		}
	})
}

func TestDateInWords(t *testing.T) {
	zh, en := speak(t, lang.Hans), speak(t, lang.En)
	for _, c := range []struct{ got, want string }{
		{Date("2026-03-12").Long(zh), "2026年3月12日（周四）"},
		{Date("2026-03-12").Long(en), "Thu 12 Mar 2026"},
		{Date("").Long(zh), ""},
		{Date("2026-04-11").Short(zh), "4月11日"},
		{Date("2026-04-11").Short(en), "11 Apr"},
		{Date("2026-04-04").Span(zh, "2026-04-06"), "4月4日—6日"},
		{Date("2026-04-04").Span(en, "2026-04-06"), "4–6 Apr"},
		{Date("2023-09-29").Span(zh, "2023-10-06"), "9月29日—10月6日"},
		{Date("2023-09-29").Span(en, "2023-10-06"), "29 Sep–6 Oct"},
		{Date("2026-04-04").Span(zh, "2026-04-04"), "4月4日"},
		{Date("2026-03-12").Relative(zh, "2026-03-12"), "今天"},
		{Date("2026-03-13").Relative(zh, "2026-03-12"), "明天"},
		{Date("2026-03-11").Relative(zh, "2026-03-12"), "昨天"},
		{Date("2026-03-15").Relative(zh, "2026-03-12"), "3天后"},
		{Date("2026-03-10").Relative(zh, "2026-03-12"), "2天前"},
		{Date("2026-03-15").Relative(en, "2026-03-12"), "in 3 days"},
		{Date("").Relative(zh, "2026-03-12"), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTerm(t *testing.T) {
	zh, en := speak(t, lang.Hans), speak(t, lang.En)
	for in, want := range map[string]struct {
		term     Term
		text, en string
	}{
		"5wd":    {Term{5, Workdays}, "5个工作日", "5 working days"},
		"1wd":    {Term{1, Workdays}, "1个工作日", "1 working day"},
		"30d":    {Term{30, CalendarDays}, "30天", "30 days"},
		"3m":     {Term{3, Months}, "3个月", "3 months"},
		"3个月":    {Term{3, Months}, "3个月", "3 months"},
		"5 个工作日": {Term{5, Workdays}, "5个工作日", "5 working days"},
		"１天":     {Term{1, CalendarDays}, "1天", "1 day"},
		"1M":     {Term{1, Months}, "1个月", "1 month"},
		"":       {},
	} {
		got, err := ParseTerm(in)
		if err != nil || got != want.term || got.Text(zh) != want.text || got.Text(en) != want.en {
			t.Errorf("ParseTerm(%q) = %v %q %q, %v", in, got, got.Text(zh), got.Text(en), err)
		}
	}
	for _, in := range []string{"0d", "0000m", "-3d", "3", "wd", "3w", "3.5m", "99999d", "3y", "三个月"} {
		if got, err := ParseTerm(in); !errs.Is(err, errs.Invalid) || !got.IsZero() || !strings.Contains(err.Error(), in) {
			t.Errorf("ParseTerm(%q) = %v, %v; want Invalid naming it", in, got, err)
		}
	}
}

func FuzzParseTerm(f *testing.F) {
	for _, s := range []string{"5wd", "30d", "3m", "5个工作日", "", "0d", "９９天"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseTerm(s)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("ParseTerm(%q): %v", s, err)
			}
			return
		}
		if again, err := ParseTerm(v.String()); err != nil || again != v {
			t.Fatalf("%q is %v, whose form %q is %v, %v", s, v, v.String(), again, err)
		}
		if zh, err := ParseTerm(v.Text(context.Background())); err != nil || zh != v {
			t.Fatalf("%v is written %q, which is read as %v, %v", v, v.Text(context.Background()), zh, err)
		}
	})
}

func TestJSON(t *testing.T) {
	var v struct {
		On   Date
		Term Term
	}
	if err := json.Unmarshal([]byte(`{"On":"2026/3/12","Term":"3个月"}`), &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil || string(text) != `{"On":"2026-03-12","Term":"3m"}` {
		t.Fatalf("%s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`{"On":"2026-02-30"}`), &v); err == nil {
		t.Error("JSON brought in a day that does not exist")
	}
}
