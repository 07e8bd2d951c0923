package intake

import (
	"unicode/utf8"
)

// work is a text on its way from the original to the clean one: its characters,
// the place of each in the original, and what was done so far. A step reads it
// through an [editor] and never changes the slices, so that the first ones stay
// the original.
type work struct {
	r        []rune
	from, to []int32
	original []rune
	repairs  []Repair
	outside  []Outside
	tried    int // bytes looked at in search of damage, which bounds the time
}

func begin(s string) *work {
	n := utf8.RuneCountInString(s)
	w := &work{r: make([]rune, 0, n), from: make([]int32, n), to: make([]int32, n)}
	for _, r := range s {
		w.r = append(w.r, r)
	}
	for i := range w.from {
		w.from[i], w.to[i] = int32(i), int32(i+1)
	}
	w.original = w.r
	return w
}

// note records a repair of [start, end) of the original; one that continues the
// last of its kind becomes part of it.
func (w *work) note(kind RepairKind, start, end int, became string, proved bool) {
	if n := len(w.repairs); n > 0 {
		last := &w.repairs[n-1]
		if last.Kind == kind && last.End == start && last.Proved == proved && len(last.Was) < 200 {
			last.End = end
			last.Was = string(w.original[last.Start:end])
			last.Became += became
			return
		}
	}
	w.repairs = append(w.repairs, Repair{kind, start, end, string(w.original[start:end]), became, proved})
}

// editor makes the next text of a work from left to right. Until something
// changes it copies nothing.
type editor struct {
	w        *work
	read     int // of the old text
	r        []rune
	from, to []int32
}

func (w *work) edit() *editor { return &editor{w: w} }

// copyTo takes the characters before place i over as they are.
func (e *editor) copyTo(i int) {
	if e.r == nil {
		n := len(e.w.r)
		e.r, e.from, e.to = make([]rune, 0, n), make([]int32, 0, n), make([]int32, 0, n)
	}
	e.r = append(e.r, e.w.r[e.read:i]...)
	e.from = append(e.from, e.w.from[e.read:i]...)
	e.to = append(e.to, e.w.to[e.read:i]...)
	e.read = i
}

// put replaces the characters [i, end) by others, each of which then came from
// all of them; with as many others, each from its own. It notes nothing.
func (e *editor) put(i, end int, text ...rune) {
	e.copyTo(i)
	from, to := e.w.from[i], e.w.to[end-1]
	for j, r := range text {
		if len(text) == end-i {
			from, to = e.w.from[i+j], e.w.to[i+j]
		}
		e.r = append(e.r, r)
		e.from = append(e.from, from)
		e.to = append(e.to, to)
	}
	e.read = end
}

// repair is put with a note.
func (e *editor) repair(kind RepairKind, i, end int, text ...rune) {
	e.w.note(kind, int(e.w.from[i]), int(e.w.to[end-1]), string(text), true)
	e.put(i, end, text...)
}

// done makes the text so far the text of the work.
func (e *editor) done() {
	if e.r == nil {
		return // nothing changed
	}
	e.copyTo(len(e.w.r))
	e.w.r, e.w.from, e.w.to = e.r, e.from, e.to
}

func (w *work) text() Text {
	return Text{Clean: string(w.r), Repairs: w.repairs, Outside: w.outside, from: w.from, to: w.to, end: len(w.original)}
}
