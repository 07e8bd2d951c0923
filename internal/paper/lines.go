package paper

import (
	"strings"
	"unicode"
)

// Breaking lines (避头尾): no line begins with what closes or ends something, and
// none ends with what opens something; words and numbers stay whole.

const (
	notFirst = "，。、；：！？）》」』】〕〉”’％‰℃°…—·～,.;:!?)]}%〗»"
	notLast  = "（《「『【〔〈“‘￥＄([{〖«№"
)

// wordy reports whether a character is a part of a word or number that stays
// whole.
func wordy(r rune) bool {
	return r < 0x2E80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-+./:@#&'", r))
}

// mayBreak reports whether a line may end between two characters.
func mayBreak(before, after rune) bool {
	switch {
	case unicode.IsSpace(before):
		return !strings.ContainsRune(notFirst, after)
	case strings.ContainsRune(notFirst, after), strings.ContainsRune(notLast, before):
		return false
	case wordy(before) && wordy(after):
		return false
	}
	return !unicode.IsSpace(after)
}

// breakLines cuts a paragraph into lines of the widths given; the first may
// differ. What cannot be kept whole in a line is cut where the line is full.
func breakLines(text []rune, first, rest float64, width func(rune) float64) [][]rune {
	var lines [][]rune
	room := first
	start, end := 0, -1 // end: where the line may end at the latest known
	used := 0.0
	for i := 0; i < len(text); i++ {
		if i > start && mayBreak(text[i-1], text[i]) {
			end = i
		}
		w := width(text[i])
		if used+w > room+0.01 && i > start && !unicode.IsSpace(text[i]) {
			at := end
			if at <= start {
				at = i
			}
			lines = append(lines, trimLine(text[start:at]))
			start, end, used, room = at, -1, 0, rest
			for start < len(text) && text[start] == ' ' {
				start++
			}
			i = start - 1 // measure anew what was carried over
			continue
		}
		used += w
	}
	if start < len(text) || len(lines) == 0 {
		lines = append(lines, trimLine(text[start:]))
	}
	return lines
}

func trimLine(line []rune) []rune {
	for len(line) > 0 && line[len(line)-1] == ' ' {
		line = line[:len(line)-1]
	}
	return line
}

// balance breaks a title into lines of about the same length, as titles are set:
// no line holds a last word alone.
func balance(text []rune, room float64, width func(rune) float64) [][]rune {
	lines := breakLines(text, room, room, width)
	if len(lines) < 2 {
		return lines
	}
	lo, hi := room/4, room
	for range 12 { // the narrowest width that needs no more lines
		mid := (lo + hi) / 2
		if len(breakLines(text, mid, mid, width)) > len(lines) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return breakLines(text, hi, hi, width)
}
