package calendar

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// Moving days about changes no year's sum: what is worked is the plain week less
// the days that the law gives, eleven and since 2025 thirteen, and in 2020 less
// the two working days by which the Spring Festival was extended.
func TestNationalYears(t *testing.T) {
	d, plain := National(), new(Days)
	for year := 2018; year <= 2026; year++ {
		before, last := Date(strconv.Itoa(year-1)+"-12-31"), Date(strconv.Itoa(year)+"-12-31")
		want := plain.Between(before, last) - 11
		if year >= 2025 {
			want -= 2
		}
		if year == 2020 {
			want -= 2
		}
		if got := d.Between(before, last); got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
		if !d.Known(year) || d.Provisional(year) {
			t.Errorf("%d: known %v, provisional %v", year, d.Known(year), d.Provisional(year))
		}
	}
	if !d.Known(2027) || !d.Provisional(2027) || d.Known(2017) || d.Known(2028) || d.Provisional(2028) {
		t.Error("2027 is provisional; 2017 and 2028 are not in the table")
	}
}

// Every row changes something or is named in a notice; make-up days are weekends.
func TestNationalRows(t *testing.T) {
	rows, err := ParseDays(holidays)
	if err != nil {
		t.Fatal(err)
	}
	words, err := lang.New(nil, Words)
	if err != nil {
		t.Fatal(err)
	}
	plain := new(Days)
	for i, row := range rows {
		if i > 0 && rows[i-1].Date >= row.Date {
			t.Errorf("%s follows %s", row.Date, rows[i-1].Date)
		}
		if row.Kind == Workday && plain.Working(row.Date) {
			t.Errorf("%s is worked anyway: not a make-up day", row.Date)
		}
		if !words.Has(row.Name) {
			t.Errorf("%s: %q has no English", row.Date, row.Name)
		}
		if row.Provisional != (row.Date.Year() == 2027) {
			t.Errorf("%s: provisional %v", row.Date, row.Provisional)
		}
	}
}

func TestNationalDays(t *testing.T) {
	d := National()
	for _, c := range []struct {
		on      Date
		working bool
		name    string
	}{
		{"2019-04-28", true, "劳动节"}, {"2019-05-04", false, "劳动节"}, {"2019-05-05", true, "劳动节"}, {"2018-12-29", true, "元旦"},
		{"2018-12-31", false, "元旦"}, {"2020-01-31", false, "春节（延长）"}, {"2020-02-01", false, "春节（延长）"}, {"2020-02-02", false, "春节（延长）"},
		{"2020-02-03", true, ""}, {"2021-09-18", true, "中秋节"}, {"2022-10-08", true, "国庆节"}, {"2023-09-29", false, "中秋节、国庆节"},
		{"2023-10-07", true, "中秋节、国庆节"}, {"2024-02-09", true, ""}, {"2024-02-29", true, ""}, {"2025-01-28", false, "春节"},
		{"2026-02-14", true, "春节"}, {"2026-02-23", false, "春节"}, {"2026-11-21", false, "周末"}, {"2027-09-15", false, "中秋节"}, {"", false, ""},
	} {
		if d.Working(c.on) != c.working || d.Name(c.on) != c.name {
			t.Errorf("%s: working %v, name %q; want %v, %q", c.on, d.Working(c.on), d.Name(c.on), c.working, c.name)
		}
	}
	if got := d.Next("2023-09-28"); got != "2023-10-07" {
		t.Errorf("the working day after 28 September 2023 is %s", got)
	}
	if got := d.OnOrAfter("2023-09-28"); got != "2023-09-28" {
		t.Errorf("a working day is moved to %s", got)
	}
	if got := d.Between("2026-03-16", "2026-03-12"); got != -2 {
		t.Errorf("backwards: %d", got)
	}
}

func TestWhy(t *testing.T) {
	d := National()
	zh, hant, en := speak(t, lang.Hans), speak(t, lang.Hant), speak(t, lang.En)
	for _, c := range []struct{ got, want string }{
		{d.Why(zh, "2026-04-05"), "清明节"}, {d.Why(hant, "2026-04-05"), "清明節"}, {d.Why(en, "2026-04-05"), "Qingming Festival"},
		{d.Why(zh, "2026-05-09"), "补班（劳动节）"}, {d.Why(en, "2026-05-09"), "make-up workday (Labour Day)"},
		{d.Why(zh, "2026-03-14"), "周末"}, {d.Why(zh, "2026-03-12"), "工作日"},
		{d.Why(zh, "2031-03-12"), "工作日（2031年的节假日安排未收录，只按周末计算）"},
		{d.Why(zh, "2027-02-05"), "春节（2027年的调休安排尚未收录，只计法定节假日）"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestWith(t *testing.T) {
	d := National().With([]Day{
		{Date: "2026-04-03", Kind: Holiday, Name: "三月三"},
		{Date: "2026-05-09", Kind: ""},
		{Date: "2026-06-20", Kind: Workday, Name: "抢险"},
	})
	for on, want := range map[Date]bool{"2026-04-03": false, "2026-05-09": false, "2026-06-20": true, "2026-06-19": false} {
		if d.Working(on) != want {
			t.Errorf("%s: working %v", on, !want)
		}
	}
	if !National().Working("2026-04-03") || !National().Working("2026-05-09") {
		t.Error("a tenant's rows changed the country's table")
	}
	if rows := d.In(2026); len(rows) != len(National().In(2026))+1-1 || !slices.IsSortedFunc(rows, func(a, b Day) int { return strings.Compare(string(a.Date), string(b.Date)) }) {
		t.Errorf("the year's rows: %v", rows)
	}

	// The notice for 2027 comes: all provisional rows are stated anew.
	var notice []Day
	for _, row := range d.In(2027) {
		row.Provisional = false
		notice = append(notice, row)
	}
	if d.With(notice[1:]).Provisional(2027) != true || d.With(notice).Provisional(2027) != false {
		t.Error("a year is provisional until each of its rows is stated anew")
	}
}

func TestParseDaysRefuses(t *testing.T) {
	for _, bad := range []string{"2026-02-30\tholiday\t春节", "2026-02-03\tfree\t春节", "2026-02-03\tholiday\t", "2026-02-03", "\tholiday\t春节"} {
		if rows, err := ParseDays([]byte("# head\n" + bad)); !errs.Is(err, errs.Invalid) || rows != nil {
			t.Errorf("%q: %v, %v", bad, rows, err)
		}
	}
	rows, err := ParseDays([]byte("2026-02-03\tholiday\t庙会\r\n\n"))
	if err != nil || len(rows) != 1 || rows[0] != (Day{Date: "2026-02-03", Kind: Holiday, Name: "庙会"}) {
		t.Errorf("%v, %v", rows, err)
	}
}

// Every text for people in this package has its English. What is read rather
// than shown is listed here.
func TestWordsComplete(t *testing.T) {
	words, err := lang.New(nil, Words)
	if err != nil {
		t.Fatal(err)
	}
	read := []string{"工作日", "天", "日", "月", "个"}
	files, _ := os.ReadDir(".")
	seen := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING || strings.HasPrefix(lit.Value, "`") {
				return true
			}
			zh, _ := strconv.Unquote(lit.Value)
			if strings.ContainsFunc(zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !slices.Contains(read, zh) {
				seen++
				if !words.Has(zh) {
					t.Errorf("%s: %q has no English", f.Name(), zh)
				}
			}
			return true
		})
	}
	if seen < 50 {
		t.Errorf("only %d texts were found: the test does not look properly", seen)
	}
}
