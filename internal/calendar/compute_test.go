package calendar

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shangliang/internal/lang"
)

func termOf(t testing.TB, s string) Term {
	t.Helper()
	v, err := ParseTerm(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Real years: reckoned by hand with the notices and a wall calendar. A line here
// is the easiest test to add.
func TestComputeRealYears(t *testing.T) {
	for _, c := range []struct {
		name       string
		start      Date
		term, hard string
		want       Date
		wantHard   Date
	}{
		{"labour day 2019 with both make-up Sundays", "2019-04-26", "5wd", "", "2019-05-06", ""},
		{"a make-up Sunday counts", "2019-04-26", "1wd", "", "2019-04-28", ""},
		{"the extended Spring Festival 2020", "2020-01-22", "2wd", "", "2020-02-03", ""},
		{"Sunday 19 January 2020 was worked", "2020-01-17", "5wd", "", "2020-01-23", ""},
		{"a month that ended in the extended festival", "2019-12-31", "1m", "", "2020-02-03", ""},
		{"Mid-Autumn and National Day 2023", "2023-09-28", "1wd", "", "2023-10-07", ""},
		{"ten working days over the same", "2023-09-22", "10wd", "", "2023-10-12", ""},
		{"a month to a worked Sunday", "2023-09-08", "1m", "", "2023-10-08", ""},
		{"the leap day", "2024-01-31", "1m", "", "2024-02-29", ""},
		{"a leap year's day is a day", "2024-02-27", "3d", "", "2024-03-01", ""},
		{"no leap day", "2023-01-31", "1m", "", "2023-02-28", ""},
		{"three months; six at most, which is a Saturday", "2026-03-12", "3m", "6m", "2026-06-12", "2026-09-14"},
		{"the maximum rolls too: 20 September 2026 is worked, the 26th is Mid-Autumn", "2026-03-26", "3m", "6m", "2026-06-26", "2026-09-28"},
		{"a Saturday", "2026-03-13", "1m", "", "2026-04-13", ""},
		{"a Sunday", "2026-05-14", "1m", "", "2026-06-15", ""},
		{"thirty days are not a month", "2026-01-31", "30d", "", "2026-03-02", ""},
	} {
		s := Spec{Start: c.start, Term: termOf(t, c.term), Hard: termOf(t, c.hard), Roll: true}
		if got := Compute(National(), s); got.Due != c.want || got.Hard != c.wantHard {
			t.Errorf("%s: %s + %s = %s (at most %s), want %s (%s)", c.name, c.start, c.term, got.Due, got.Hard, c.want, c.wantHard)
		}
	}
	if got := Compute(National(), Spec{Start: "2026-05-14", Term: Term{1, Months}}); got.Due != "2026-06-14" {
		t.Errorf("without rolling a Sunday stays: %s", got.Due)
	}
	for _, s := range []Spec{{}, {Start: "2026-03-12"}, {Term: Term{3, Months}}, {Start: "soon", Term: Term{3, Months}}} {
		if got := Compute(National(), s); !reflect.DeepEqual(got, Result{}) {
			t.Errorf("%+v is no deadline, but got %+v", s, got)
		}
	}
}

// What a person reads: result and explanation together.
func TestComputeExplains(t *testing.T) {
	zh := speak(t, lang.Hans)
	for name, c := range map[string]struct {
		spec                    Spec
		due, hard, half, eighty Date
		steps                   []string
	}{
		"months over a weekend": {
			Spec{Start: "2026-03-13", Term: Term{3, Months}, Hard: Term{6, Months}, Roll: true},
			"2026-06-15", "2026-09-14", "2026-04-29", "2026-05-28",
			[]string{"自2026年3月13日（周五）起3个月，至2026年6月13日（周六）", "最长期限6个月，至2026年9月13日（周日）", "最长期限届满日遇周日，顺延至2026年9月14日（周一）",
				"遇周六，顺延至2026年6月15日（周一）"},
		},
		"working days over holidays and a make-up day": {
			Spec{Start: "2026-04-29", Term: Term{5, Workdays}, Roll: true},
			"2026-05-09", "", "2026-05-07", "2026-05-08",
			[]string{"自2026年4月29日（周三）起5个工作日，次日起算", "跳过：劳动节5月1日—5日", "5月9日补班，计为工作日", "第5个工作日为2026年5月9日（周六）"},
		},
		"a weekend beside a holiday is one step": {
			Spec{Start: "2024-06-07", Term: Term{1, Workdays}, Roll: true},
			"2024-06-11", "", "2024-06-11", "2024-06-11",
			[]string{"自2024年6月7日（周五）起1个工作日，次日起算", "跳过：周末、端午节6月8日—10日", "第1个工作日为2024年6月11日（周二）"},
		},
		"an extension up to the maximum": {
			Spec{Start: "2026-03-12", Term: Term{3, Months}, Hard: Term{6, Months}, Roll: true, Extensions: []Extension{
				{Term: Term{30, CalendarDays}, On: "2026-06-01", Why: "等待省里批复"}, {Term: Term{3, Months}, On: "2026-07-01"}}},
			"2026-09-14", "2026-09-14", "2026-06-13", "2026-08-08",
			[]string{"自2026年3月12日（周四）起3个月，至2026年6月12日（周五）", "最长期限6个月，至2026年9月12日（周六）", "最长期限届满日遇周六，顺延至2026年9月14日（周一）",
				"第1次延期30天，至2026年7月12日（周日），理由：等待省里批复", "遇周日，顺延至2026年7月13日（周一）",
				"第2次延期3个月，至2026年10月13日（周二）", "不超过最长期限，以2026年9月14日（周一）为限"},
		},
		"a pause of calendar days": {
			Spec{Start: "2026-03-12", Term: Term{30, CalendarDays}, Roll: true, Pauses: []Pause{{From: "2026-03-20", To: "2026-03-24", Why: "补充材料"}}},
			"2026-04-16", "", "2026-04-01", "2026-04-10",
			[]string{"自2026年3月12日（周四）起30天，至2026年4月11日（周六）", "3月20日—24日暂停计时，补足5天，至2026年4月16日（周四），原因：补充材料"},
		},
		"a pause of working days": {
			Spec{Start: "2026-03-12", Term: Term{5, Workdays}, Roll: true, Pauses: []Pause{{From: "2026-03-16", To: "2026-03-18"}}},
			"2026-03-24", "", "2026-03-20", "2026-03-23",
			[]string{"自2026年3月12日（周四）起5个工作日，次日起算", "跳过：周末3月14日—15日", "第5个工作日为2026年3月19日（周四）",
				"3月16日—18日暂停计时，补足3个工作日，至2026年3月24日（周二）", "跳过：周末3月21日—22日"},
		},
		"a pause of a weekend costs no working day": {
			Spec{Start: "2026-03-12", Term: Term{5, Workdays}, Pauses: []Pause{{From: "2026-03-14", To: "2026-03-15"}}},
			"2026-03-19", "", "2026-03-17", "2026-03-18",
			[]string{"自2026年3月12日（周四）起5个工作日，次日起算", "跳过：周末3月14日—15日", "第5个工作日为2026年3月19日（周四）", "3月14日—15日暂停计时，其间没有工作日"},
		},
		"a pause that begins too late": {
			Spec{Start: "2026-03-12", Term: Term{5, Workdays}, Pauses: []Pause{{From: "2026-03-20"}}},
			"2026-03-19", "", "2026-03-17", "2026-03-18",
			[]string{"自2026年3月12日（周四）起5个工作日，次日起算", "跳过：周末3月14日—15日", "第5个工作日为2026年3月19日（周四）"},
		},
		"a due date rolls over a pause": {
			Spec{Start: "2026-03-12", Term: Term{2, CalendarDays}, Roll: true, Pauses: []Pause{{From: "2026-03-16", To: "2026-03-17"}}},
			"2026-03-18", "", "2026-03-14", "2026-03-18",
			[]string{"自2026年3月12日（周四）起2天，至2026年3月14日（周六）", "遇周六，顺延至2026年3月18日（周三）"},
		},
		"a running pause leaves the maximum": {
			Spec{Start: "2026-03-12", Term: Term{3, Months}, Hard: Term{6, Months}, Roll: true, Pauses: []Pause{{From: "2026-04-01"}},
				Extensions: []Extension{{Term: Term{1, Months}, On: "2026-04-02"}}},
			"2026-09-14", "2026-09-14", "", "",
			[]string{"自2026年3月12日（周四）起3个月，至2026年6月12日（周五）", "最长期限6个月，至2026年9月12日（周六）", "最长期限届满日遇周六，顺延至2026年9月14日（周一）",
				"自2026年4月1日（周三）起暂停计时，恢复后重新计算", "第1次延期1个月，恢复计时后一并计算"},
		},
		"a running pause without one": {
			Spec{Start: "2026-03-12", Term: Term{3, Months}, Roll: true, Pauses: []Pause{{From: "2026-04-01", Why: "等待司法结论"}}},
			"", "", "", "",
			[]string{"自2026年3月12日（周四）起3个月，至2026年6月12日（周五）", "自2026年4月1日（周三）起暂停计时，恢复后重新计算，原因：等待司法结论"},
		},
		"a year that is not in the table": {
			Spec{Start: "2030-12-27", Term: Term{5, Workdays}},
			"2031-01-03", "", "2031-01-01", "2031-01-02",
			[]string{"自2030年12月27日（周五）起5个工作日，次日起算", "跳过：周末12月28日—29日", "第5个工作日为2031年1月3日（周五）",
				"2030年的节假日安排未收录，只按周末计算", "2031年的节假日安排未收录，只按周末计算"},
		},
		"a provisional year": {
			Spec{Start: "2026-11-20", Term: Term{3, Months}, Roll: true},
			"2027-02-22", "", "2027-01-06", "2027-02-04",
			[]string{"自2026年11月20日（周五）起3个月，至2027年2月20日（周六）", "遇周六，顺延至2027年2月22日（周一）", "2027年的调休安排尚未收录，只计法定节假日"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := Compute(National(), c.spec)
			if got.Due != c.due || got.Hard != c.hard || got.Half != c.half || got.Eighty != c.eighty {
				t.Errorf("due %s, hard %s, half %s, eighty %s; want %s, %s, %s, %s", got.Due, got.Hard, got.Half, got.Eighty, c.due, c.hard, c.half, c.eighty)
			}
			var steps []string
			for _, s := range got.Steps {
				steps = append(steps, s.Text(zh))
			}
			if !slices.Equal(steps, c.steps) {
				t.Errorf("got\n  %s\nwant\n  %s", strings.Join(steps, "\n  "), strings.Join(c.steps, "\n  "))
			}
			text, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var back Result
			if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, got) {
				t.Errorf("stored and read: %+v, %v\nwas %+v", back, err, got)
			}
		})
	}
}

func TestStepsInThreeLanguages(t *testing.T) {
	r := Compute(National(), Spec{Start: "2026-04-02", Term: Term{4, Workdays}, Extensions: []Extension{{Term: Term{1, Workdays}, On: "2026-04-09", Why: "会议"}}})
	want := map[lang.Lang][]string{
		lang.Hant: {"自2026年4月2日（周四）起4个工作日，次日起算", "跳過：清明節4月4日—6日", "第4个工作日为2026年4月9日（周四）", "第1次延期1个工作日，至2026年4月10日（周五），理由：会议"},
		lang.En:   {"4 working days from Thu 2 Apr 2026, counted from the next day", "Skipped: Qingming Festival, 4–6 Apr", "Working day 4 is Thu 9 Apr 2026", "Extension 1: 1 working day, to Fri 10 Apr 2026; reason: 会议"},
	}
	for l, lines := range want {
		ctx := speak(t, l)
		for i, s := range r.Steps {
			if got := s.Text(ctx); got != lines[i] {
				t.Errorf("%s: got %q, want %q", l, got, lines[i])
			}
		}
	}
}

var (
	someDate = rapid.Custom(func(t *rapid.T) Date {
		return Date("2017-06-01").AddDays(rapid.IntRange(0, 4200).Draw(t, "day"))
	})
	someTerm = rapid.Custom(func(t *rapid.T) Term {
		u := rapid.SampledFrom([]Unit{Workdays, CalendarDays, Months}).Draw(t, "unit")
		return Term{rapid.IntRange(1, map[Unit]int{Workdays: 90, CalendarDays: 200, Months: 14}[u]).Draw(t, "n"), u}
	})
)

// someSpec draws a spec whose pauses begin after it has started, as they do.
func someSpec(t *rapid.T) Spec {
	s := Spec{Start: someDate.Draw(t, "start"), Term: someTerm.Draw(t, "term"), Roll: rapid.Bool().Draw(t, "roll")}
	if rapid.Bool().Draw(t, "limited") {
		s.Hard = someTerm.Draw(t, "hard")
	}
	for range rapid.IntRange(0, 3).Draw(t, "extensions") {
		s.Extensions = append(s.Extensions, Extension{Term: someTerm.Draw(t, "extension"), On: s.Start.AddDays(rapid.IntRange(0, 200).Draw(t, "granted"))})
	}
	for range rapid.IntRange(0, 3).Draw(t, "pauses") {
		from := s.Start.AddDays(rapid.IntRange(2, 150).Draw(t, "from"))
		s.Pauses = append(s.Pauses, Pause{From: from, To: from.AddDays(rapid.IntRange(0, 40).Draw(t, "long"))})
	}
	return s
}

// slow reckons as a clerk does who turns the pages of a wall calendar. It shares
// no code with Compute but the question whether a day is worked.
func slow(days *Days, s Spec) Date {
	type span struct{ from, to Date }
	var past []span
	in := func(d Date) bool {
		return slices.ContainsFunc(past, func(p span) bool { return p.from <= d && d <= p.to })
	}
	counts := func(d Date) bool {
		return !in(d) && (s.Term.Unit != Workdays || days.Working(d))
	}
	after := func(from Date, t Term) Date {
		day := from.Time()
		if t.Unit == Months {
			y, m := day.Year(), int(day.Month())+t.N
			for m > 12 {
				y, m = y+1, m-12
			}
			for day.Year() < y || int(day.Month()) < m || (day.Day() < from.Time().Day() && day.AddDate(0, 0, 1).Day() != 1) {
				day = day.AddDate(0, 0, 1)
			}
			return On(day)
		}
		for left := t.N; left > 0; {
			day = day.AddDate(0, 0, 1)
			if t.Unit == CalendarDays || days.Working(On(day)) {
				left--
			}
		}
		return On(day)
	}
	end := after(s.Start, s.Term)
	due := func() Date {
		d := end
		for s.Roll && (!days.Working(d) || in(d)) {
			d = On(d.Time().Add(24 * time.Hour))
		}
		return d
	}
	// Extensions first when both fall on one day.
	todoE, todoP := slices.Clone(s.Extensions), slices.Clone(s.Pauses)
	slices.SortStableFunc(todoE, func(a, b Extension) int { return strings.Compare(string(a.On), string(b.On)) })
	slices.SortStableFunc(todoP, func(a, b Pause) int { return strings.Compare(string(a.From), string(b.From)) })
	for len(todoE)+len(todoP) > 0 {
		if len(todoP) == 0 || len(todoE) > 0 && todoE[0].On <= todoP[0].From {
			end = after(due(), todoE[0].Term)
			todoE = todoE[1:]
			continue
		}
		p := todoP[0]
		todoP = todoP[1:]
		if p.From > due() {
			continue
		}
		left := 0
		for d := s.Start.AddDays(1); d <= end; d = d.AddDays(1) {
			if counts(d) {
				left++
			}
		}
		past = append(past, span{p.From, p.To})
		if p.From > end {
			continue
		}
		for d := s.Start.AddDays(1); left > 0; d = d.AddDays(1) {
			if counts(d) {
				left--
				end = d
			}
		}
	}
	return due()
}

func TestComputeAgainstSlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := someSpec(t)
		for i := range s.Extensions { // what is paused is made up in one unit: extend in the same
			e := &s.Extensions[i]
			if (e.Term.Unit == Workdays) != (s.Term.Unit == Workdays) {
				e.Term.Unit = s.Term.Unit
			}
			if e.Term.Unit == Months {
				e.Term.N = min(e.Term.N, 14)
			}
		}
		s.Pauses = apart(s.Pauses)
		s.Hard = Term{}
		if got, want := Compute(National(), s).Due, slow(National(), s); got != want {
			t.Fatalf("%+v: due %s, by hand %s", s, got, want)
		}
	})
}

// apart drops pauses that overlap an earlier one.
func apart(pauses []Pause) []Pause {
	slices.SortFunc(pauses, func(a, b Pause) int { return strings.Compare(string(a.From), string(b.From)) })
	var out []Pause
	for _, p := range pauses {
		if len(out) == 0 || p.From > out[len(out)-1].To {
			out = append(out, p)
		}
	}
	return out
}

func TestComputeInvariants(t *testing.T) {
	d := National()
	rapid.Check(t, func(t *rapid.T) {
		s := someSpec(t)
		r := Compute(d, s)
		if s.Roll && !d.Working(r.Due) {
			t.Fatalf("%+v: due on %s, which is not worked", s, r.Due)
		}
		if r.Due <= s.Start || r.Half <= s.Start || r.Half > r.Eighty || r.Eighty > r.Due {
			t.Fatalf("%+v: start < half %s <= eighty %s <= due %s does not hold", s, r.Half, r.Eighty, r.Due)
		}
		if (r.Hard == "") != s.Hard.IsZero() || r.Hard != "" && r.Due > r.Hard {
			t.Fatalf("%+v: due %s, hard %s", s, r.Due, r.Hard)
		}
		bare := Compute(d, Spec{Start: s.Start, Term: s.Term, Hard: s.Hard, Roll: s.Roll})
		if bare.Hard != r.Hard {
			t.Fatalf("%+v: extensions and pauses moved the maximum from %s to %s", s, bare.Hard, r.Hard)
		}
		if bare.Due > r.Due {
			t.Fatalf("%+v: extensions and pauses brought the due date forward from %s to %s", s, bare.Due, r.Due)
		}
		if n := len(s.Extensions); n > 0 {
			fewer := s
			fewer.Extensions = s.Extensions[:n-1]
			if f := Compute(d, fewer).Due; f > r.Due {
				t.Fatalf("%+v: the last extension brought the due date forward from %s to %s", s, f, r.Due)
			}
		}
		if n := len(s.Pauses); n > 0 {
			open := s
			open.Pauses = slices.Clone(s.Pauses)
			open.Pauses[n-1].To = ""
			if o := Compute(d, open); o.Paused && (o.Due != o.Hard || o.Half != "" || o.Eighty != "") {
				t.Fatalf("%+v: %+v", open, o)
			}
		}
		for _, step := range r.Steps {
			if text := step.Text(t.Context()); strings.Contains(text, "%!") || text == "" {
				t.Fatalf("%+v: step %+v reads %q", s, step, text)
			}
		}
	})
}

func TestComputeMonotone(t *testing.T) {
	d := National()
	rapid.Check(t, func(t *rapid.T) {
		s := someSpec(t)
		due := Compute(d, s).Due
		longer := s
		longer.Term.N += rapid.IntRange(1, 5).Draw(t, "more")
		if l := Compute(d, longer).Due; l < due {
			t.Fatalf("%+v: %s is due on %s, but %s on %s", s, s.Term, due, longer.Term, l)
		}
		later := s
		later.Start = s.Start.AddDays(1) // every pause begins on the second day or later
		if l := Compute(d, later).Due; l < due {
			t.Fatalf("%+v: started a day later it is due on %s, before %s", s, l, due)
		}
	})
}

func BenchmarkCompute(b *testing.B) {
	s := Spec{Start: "2026-03-12", Term: Term{3, Months}, Hard: Term{6, Months}, Roll: true}
	for b.Loop() {
		Compute(National(), s)
	}
}
