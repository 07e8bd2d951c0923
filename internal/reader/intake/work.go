package intake

import "unicode/utf8"

// work is a text on its way from the original to the clean one: its characters,
// the place of each in the original, and what was done so far.
type work struct {
	r        []rune
	from, to []int32
	original []rune
	repairs  []Repair
	outside  []Outside
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

func (w *work) text(end int) Text {
	return Text{Clean: string(w.r), Repairs: w.repairs, Outside: w.outside, from: w.from, to: w.to, end: end}
}
