package calendar

import (
	"context"

	"shangliang/internal/lang"
)

// Step is one line of why a date is what it is. It is stored with the clock as
// JSON and shown later in the reader's language.
type Step struct {
	Date   Date   `json:"date,omitzero"` // the day that the step is about
	Format string `json:"format"`        // in Simplified Chinese; see en.tsv
	Args   []Arg  `json:"args,omitempty"`
}

// Arg is one argument of a step: exactly one of a day, a span of days, a term,
// words of the catalogues, a text as a person typed it, or a number.
type Arg struct {
	Day   Date     `json:"day,omitzero"`
	From  Date     `json:"from,omitzero"`
	To    Date     `json:"to,omitzero"`
	Term  Term     `json:"term,omitzero"`
	Words []string `json:"words,omitempty"`
	Text  string   `json:"text,omitzero"`
	N     int      `json:"n,omitzero"`
}

func day(n number) Arg   { return Arg{Day: n.date()} }
func term(t Term) Arg    { return Arg{Term: t} }
func word(zh string) Arg { return Arg{Words: []string{zh}} }

// The formats of the steps. Stored steps hold them: a format that is changed
// stays in en.tsv.
const (
	startDays      = "自%[1]s起%[2]s，至%[3]s"
	startWorkdays  = "自%[1]s起%[2]s，次日起算"
	endWorkdays    = "第%[1]d个工作日为%[2]s"
	skipped        = "跳过：%[1]s%[2]s"
	madeUp         = "%s补班，计为工作日"
	rolled         = "遇%[1]s，顺延至%[2]s"
	hardLimit      = "最长期限%[1]s，至%[2]s"
	hardRolled     = "最长期限届满日遇%[1]s，顺延至%[2]s"
	capped         = "不超过最长期限，以%s为限"
	extended       = "第%[1]d次延期%[2]s，至%[3]s"
	extendedWhy    = "第%[1]d次延期%[2]s，至%[3]s，理由：%[4]s"
	extendedPaused = "第%[1]d次延期%[2]s，恢复计时后一并计算"
	paused         = "%[1]s暂停计时，补足%[2]s，至%[3]s"
	pausedWhy      = "%[1]s暂停计时，补足%[2]s，至%[3]s，原因：%[4]s"
	pausedIdle     = "%s暂停计时，其间没有工作日"
	pausedIdleWhy  = "%[1]s暂停计时，其间没有工作日，原因：%[2]s"
	pausedOpen     = "自%s起暂停计时，恢复后重新计算"
	pausedOpenWhy  = "自%[1]s起暂停计时，恢复后重新计算，原因：%[2]s"
	pausedDay      = "暂停计时"
)

// Text tells the step in the context's language.
func (s Step) Text(ctx context.Context) string {
	args := make([]any, len(s.Args))
	for i, a := range s.Args {
		args[i] = a.value(ctx)
	}
	return lang.T(ctx, s.Format, args...)
}

func (a Arg) value(ctx context.Context) any {
	switch {
	case a.Day != "":
		return a.Day.Long(ctx)
	case a.From != "":
		return a.From.Span(ctx, a.To)
	case !a.Term.IsZero():
		return a.Term.Text(ctx)
	case len(a.Words) > 0:
		list := lang.Say(ctx, a.Words[0])
		for _, w := range a.Words[1:] {
			list = lang.T(ctx, "%[1]s、%[2]s", list, lang.Word(w))
		}
		return list
	case a.Text != "":
		return a.Text
	}
	return a.N
}
