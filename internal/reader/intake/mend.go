package intake

import "slices"

// Mend returns the body of a source with its damage repaired where the repair
// is proved and marked where it is not. The order of the steps matters: bytes
// can only be put into step while the characters around them are as they were.
func Mend(src Source) Text {
	w := begin(src.Text)
	w.plain()
	said := w.pinyin()
	w.ungarble(said)
	w.doubled()
	w.body(src.outside)
	w.flow()
	w.simplify()
	slices.SortStableFunc(w.repairs, func(a, b Repair) int { return a.Start - b.Start })
	return w.text()
}
