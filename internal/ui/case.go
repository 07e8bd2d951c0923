package ui

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/calendar"
	"shangliang/internal/lang"
)

// StepState says where a step of a lifecycle stands.
type StepState uint8

// The states of a step.
const (
	StepNext    StepState = iota // not reached yet
	StepDone                     // behind us
	StepCurrent                  // where the case stands
	StepFailed                   // ended here: not filed, withdrawn, returned
)

// Step is one step of a lifecycle as drawn on top of a case.
type Step struct {
	Title string
	State StepState
	On    calendar.Date // when it was reached
	Note  string        // one short line: who, or what is waited for
}

var stepIcons = [...]string{"circle", "circle-check", "player-play", "circle-x"}
var stepClasses = [...]string{"step-next", "step-done", "step-current", "step-failed"}

func (s Step) word(ctx context.Context) string {
	switch s.State {
	case StepDone:
		return lang.T(ctx, "已完成")
	case StepCurrent:
		return lang.T(ctx, "现在")
	case StepFailed:
		return lang.T(ctx, "到此为止")
	}
	return lang.T(ctx, "未开始")
}

// Entry is one thing that happened, as a history tells it.
type Entry struct {
	At      time.Time
	Who     string // the person, and in which role
	What    string
	Note    string
	Icon    string // "point" unless given
	Kind    Kind
	Details templ.Component // shown on demand
}

func (e Entry) icon() string {
	if e.Icon == "" {
		return "point"
	}
	return e.Icon
}

// Action is something that the person can do now. Fields, if any, open under
// the button; without them the button acts at once.
type Action struct {
	ID      string // unique on the page, prefixes the ids of Fields
	Label   string
	Follows string // one sentence: what happens then
	Icon    string
	URL     string // posted to
	Kind    ButtonKind
	Version int64
	Confirm string // asked before, only for what cannot be undone
	Hidden  []Link // Title is the name, URL the value
	Fields  templ.Component
	Submit  string // label of the button under Fields; Label unless given
	Upload  bool
	Open    bool   // Fields are in sight from the start
	Err     error  // of the last try, shown here and keeping Fields open
	Not     string // why it cannot be done just now; shows the reason instead of a button
	Href    string // leads to a page of its own, for what needs room or must be read first
}

func (a Action) submit() string {
	if a.Submit == "" {
		return a.Label
	}
	return a.Submit
}

func (a Action) icon() string {
	if a.Icon == "" {
		return "chevron-right"
	}
	return a.Icon
}

// ClockInfo is a deadline that runs, ran out or was met.
type ClockInfo struct {
	Title   string // what must be done by then
	Started calendar.Date
	Due     calendar.Date
	Hard    calendar.Date // the latest that extensions may reach
	Half    calendar.Date // reminders
	Eighty  calendar.Date
	Today   calendar.Date
	Met     calendar.Date // when it was done, if it was
	Paused  bool
	Why     []string // how the date came about, step by step
}

// clockState is what a clock says at one glance.
type clockState struct {
	kind  Kind
	icon  string
	word  string
	days  string // how far away
	short string // both in the few characters of a cell; word unless given
	part  int    // of the time used, 0 to 100
}

// State is the clock's badge: its kind and its word.
func (c ClockInfo) State(ctx context.Context) (Kind, string) {
	s := c.state(ctx)
	return s.kind, s.word
}

func (c ClockInfo) state(ctx context.Context) clockState {
	s := clockState{part: c.part(c.Today)}
	left := c.Due.Sub(c.Today)
	switch {
	case c.Met != "" && c.Met > c.Due:
		s.kind, s.icon, s.word, s.part = Warn, "clock-check", lang.T(ctx, "逾期完成"), 100
		s.days = lang.T(ctx, "晚了%d天", c.Met.Sub(c.Due))
	case c.Met != "":
		s.kind, s.icon, s.word, s.part = Good, "clock-check", lang.T(ctx, "按期完成"), c.part(c.Met)
	case c.Paused:
		s.kind, s.icon, s.word = Neutral, "clock-pause", lang.T(ctx, "计时暂停中")
	case left < 0:
		s.kind, s.icon, s.word, s.part = Bad, "clock-exclamation", lang.T(ctx, "已逾期"), 100
		s.days = lang.T(ctx, "已超过%d天", -left)
		s.short = lang.T(ctx, "逾期%d天", -left)
	case left == 0:
		s.kind, s.icon, s.word = Warn, "clock-exclamation", lang.T(ctx, "今天到期")
	case s.part >= 80:
		s.kind, s.icon, s.word = Warn, "clock-exclamation", lang.T(ctx, "临近期限")
		s.days = lang.T(ctx, "还有%d天", left)
		s.short = s.days
	default:
		s.kind, s.icon, s.word = Info, "clock", lang.T(ctx, "进行中")
		s.days = lang.T(ctx, "还有%d天", left)
		s.short = s.days
	}
	return s
}

// part is how much of the time was used on a day, in percent.
func (c ClockInfo) part(on calendar.Date) int {
	whole := c.Due.Sub(c.Started)
	if c.Started == "" || whole <= 0 {
		return 0
	}
	return min(100, max(0, on.Sub(c.Started)*100/whole))
}

// DueBadge is the state of a deadline in a cell of a list: the badge with the
// days that are left or were missed.
func DueBadge(c ClockInfo) templ.Component { return dueBadge(c) }

// badgeText says in a cell what the clock's icon and colour say.
func (s clockState) badgeText() string {
	if s.short != "" {
		return s.short
	}
	return s.word
}

func itoa(n int) string { return strconv.Itoa(n) }

// Until shows a day by which something is due, and from ten days before how far
// it is away; nothing without a day.
func Until(day, today calendar.Date) templ.Component {
	if day == "" {
		return nil
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		parts := []templ.Component{On(day)}
		switch left := day.Sub(today); {
		case left < 0:
			parts = append(parts, Str(" "), Badge(Bad, lang.T(ctx, "逾期%d天", -left)))
		case left == 0:
			parts = append(parts, Str(" "), Badge(Warn, lang.T(ctx, "今天到期")))
		case left <= 10:
			parts = append(parts, Str(" "), Badge(Warn, lang.T(ctx, "还有%d天", left)))
		}
		return Group(parts...).Render(ctx, w)
	})
}
