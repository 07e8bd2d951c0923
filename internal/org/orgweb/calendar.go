package orgweb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/web"
)

// calendarPage is the year of a tenant's working days.
type calendarPage struct {
	Year    int
	Days    *calendar.Days
	Own     []calendar.Day // of the year
	Today   calendar.Date
	Edits   bool
	Picked  calendar.Date
	In      dayForm
	Err     error
	Working int
}

// dayForm is a day as the tenant wants it.
type dayForm struct {
	Date calendar.Date `form:"date"`
	Kind string        `form:"kind"`
	Name string        `form:"name"`
}

// firstYear is the first that the national table holds.
const firstYear = 2018

// plainDay is the kind that gives a day back to the plain week.
const plainDay = "plain"

func (p *pages) calendarPage(ctx context.Context, year int, picked calendar.Date) (*calendarPage, error) {
	v := &calendarPage{Year: year, Today: p.today(), Edits: can(ctx, "org.manage"), Picked: picked}
	if v.Year < 1990 || v.Year > 2100 {
		v.Year = v.Today.Year()
	}
	var err error
	if v.Days, err = p.Org.Days(ctx); err != nil {
		return nil, err
	}
	own, err := p.Org.OwnDays(ctx)
	for _, d := range own {
		if d.Date.Year() == v.Year {
			v.Own = append(v.Own, d)
		}
	}
	first := calendar.Date(fmt.Sprintf("%04d-01-01", v.Year))
	v.Working = v.Days.Between(first.AddDays(-1), first.AddMonths(12).AddDays(-1))
	v.In.Date = picked
	if picked != "" {
		v.In.Name = v.Days.Name(picked)
		v.In.Kind = string(calendar.Holiday)
		if !v.Days.Working(picked) {
			v.In.Kind = string(calendar.Workday)
		}
	}
	return v, err
}

func (p *pages) showCalendar(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	picked, err := calendar.ParseDate(q.Get("day"))
	if err != nil {
		picked = ""
	}
	year, err := strconv.Atoi(q.Get("year"))
	switch {
	case picked != "":
		year = picked.Year()
	case err != nil:
		year = p.today().Year()
	}
	v, err := p.calendarPage(r.Context(), year, picked)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, calendarView(v))
}

func (p *pages) saveDay(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	in, err := web.Decode[dayForm](r)
	if err == nil {
		d := calendar.Day{Date: in.Date, Kind: calendar.Kind(in.Kind), Name: in.Name}
		if in.Kind == plainDay {
			d.Kind, d.Name = "", ""
		} else if in.Kind == "" {
			d.Kind = "none" // nothing was chosen, which is not the plain week
		}
		err = p.Org.SaveDay(ctx, d)
	}
	if err != nil {
		v, e := p.calendarPage(ctx, in.Date.Year(), in.Date)
		if e != nil {
			return e
		}
		v.In, v.Err = in, err
		return again(w, r, err, calendarView(v))
	}
	return done(w, r, lang.T(ctx, "%s已设置，此后计算的期限按新的日历", in.Date.Long(ctx)), calendarPath(in.Date.Year()))
}

func (p *pages) dropDay(w http.ResponseWriter, r *http.Request) error {
	day := calendar.Date(r.PathValue("day"))
	if err := p.Org.DropDay(r.Context(), day); err != nil {
		if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind == errs.NotFound {
			return err
		}
		return failed(w, r, err, calendarPath(day.Year()))
	}
	return done(w, r, lang.T(r.Context(), "已恢复为国家规定的安排"), calendarPath(day.Year()))
}

func calendarPath(year int) string { return "/calendar?year=" + strconv.Itoa(year) }

// month is a month in weeks from Monday on, with empty days before and after.
func month(year int, m time.Month) [][]calendar.Date {
	first := calendar.Date(fmt.Sprintf("%04d-%02d-01", year, int(m)))
	var weeks [][]calendar.Date
	week := make([]calendar.Date, (int(first.Weekday())+6)%7)
	for d := first; d < first.AddMonths(1); d = d.AddDays(1) {
		week = append(week, d)
		if len(week) == 7 {
			weeks, week = append(weeks, week), nil
		}
	}
	if len(week) > 0 {
		for len(week) < 7 {
			week = append(week, "")
		}
		weeks = append(weeks, week)
	}
	return weeks
}
