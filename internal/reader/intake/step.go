package intake

import (
	"cmp"
	"math"
	"slices"
)

// A page that was put together byte by byte sometimes lost a byte, or had one
// put in, in the middle of a character of two bytes. From there on the pairs are
// read out of step, each of the second byte of a character and the first of the
// next, until a byte below 128 ends it:
//
//	常    ”    方    式    与         as written
//	B3 A3 A1 B1 B7 BD CA BD D3 EB
//	?  A3A1  B1B7  BDCA  BDD3 …     as read: ?！狈绞接…
//
// stepper tries what the missing bytes may have been and keeps the readings that
// the model of the language finds the most likely.
type stepper struct {
	gbk   *gbk
	model *model
	nodes []node
	next  []state // buffers
	gaps  []state
	tried int     // characters that were tried, which is what takes time
	best  float64 // score of the best reading of this step
	blind int     // readings of this step across two bytes of which neither is known
}

// beam is how many readings are followed at once, and how far one may lie behind
// the best.
const (
	beam   = 48
	behind = 8
)

// longest is how many symbols a garbled stretch may have.
const longest = 160

// symbol is a character as it was read, as the bytes that it may stand for.
type symbol struct {
	r        rune
	at, end  int  // places in the text
	two      bool // b1 b2, else b1 alone
	b1, b2   byte
	wide     byte // of !,:;?(): the second byte of its full width form, 0 for others
	lost     bool // the sign for what could not be decoded
	readings []rune
	odd      float64 // how unlikely it is as it stands, besides the character
}

// node is a character of a reading.
type node struct {
	r        rune
	from, to int   // symbols it came from
	guess    bool  // one of its bytes is unknown
	prev     int32 // index of the one before, 0 for none
}

// state is a reading up to some symbol.
type state struct {
	score float64
	pend  int // the first byte of the next character; unknown; or none, when in step
	last  rune
	n     int   // characters
	gaps  int   // pairs that must have been lost
	from  int   // symbol that the pending byte came from
	start int   // symbol with which it began
	tail  int32 // of its nodes
}

const (
	none    = -1
	unknown = -2
)

// What is rare costs: a byte lost without a sign, and a pair lost between two.
const (
	unsignedCost = 5
	gapCost      = 0.2
)

// hopeless is how much less likely than the text as it stands a reading may be
// in the middle.
const hopeless = 14

// reading is what the symbols [start,end) are read as.
type reading struct {
	start, end int
	gain       float64 // over the text as it stands
	chars      []readChar
}

// readChar is a character of a reading.
type readChar struct {
	r        rune
	from, to int     // symbols that it came from
	guess    bool    // one of its bytes was lost
	alone    bool    // it forms no word with its neighbours
	p        float64 // how probable it is
}

// ended is a reading that is in step again before symbol at.
type ended struct {
	state
	at   int
	gain float64
}

// read looks for the stretch that is read better out of step: it begins with
// one of the first symbols, up to entry. before is the character in front, gaps
// how many pairs may have been lost for each eight symbols.
func (s *stepper) read(before rune, syms []symbol, entry, gaps int) (best reading, ok bool) {
	s.nodes, s.next, s.best = append(s.nodes[:0], node{}), s.next[:0], math.Inf(-1)
	var states []state
	var ends []ended
	asIs, prev := 0.0, before
	for k := range syms {
		sym := &syms[k]
		states = append(states[:0], s.kept()...)
		if k > entry && (len(states) == 0 || states[0].score < asIs-hopeless) {
			break
		}
		if gaps > 0 {
			states = append(states, s.gap(states, k, gaps*(1+k/8))...)
		}
		s.next, s.best, s.blind = s.next[:0], math.Inf(-1), 0
		outside := state{score: asIs, last: prev, from: k, start: k, pend: unknown}
		if k <= entry && !sym.lost {
			states = append(states, outside)
			states[len(states)-1].score -= unsignedCost
		}
		for i := range states {
			s.advance(&states[i], sym, k)
		}
		if k <= entry {
			s.enter(outside, before, sym)
		}
		asIs += s.model.asIs(prev, sym.r) - sym.odd
		before, prev = prev, sym.r
		var follow rune
		if k+1 < len(syms) {
			follow = syms[k+1].r
		}
		for i := range s.next {
			st := &s.next[i]
			if st.pend != none || st.score < s.best-behind {
				continue
			}
			gain := st.score - asIs
			if follow != 0 {
				gain += s.model.after(st.last, follow) - s.model.asIs(prev, follow)
			}
			ends = append(ends, ended{*st, k + 1, gain})
		}
	}
	if len(ends) == 0 {
		return best, false
	}
	return s.judge(ends), true
}

// judge takes the best of the readings; what all likely ones with the same end
// agree about is probable.
func (s *stepper) judge(ends []ended) reading {
	top := slices.MaxFunc(ends, func(a, b ended) int { return cmp.Compare(a.gain, b.gain) })
	chars := make([]readChar, 0, top.n)
	for at := top.tail; at != 0; at = s.nodes[at].prev {
		n := &s.nodes[at]
		chars = append(chars, readChar{r: n.r, from: n.from, to: n.to, guess: n.guess})
	}
	total := 0.0
	for _, e := range ends {
		if e.at != top.at || e.gain < top.gain-behind {
			continue
		}
		weight := math.Exp(e.gain - top.gain)
		total += weight
		for i, at := 0, e.tail; at != 0 && i < len(chars); i, at = i+1, s.nodes[at].prev {
			if n := &s.nodes[at]; n.r == chars[i].r && n.to == chars[i].to {
				chars[i].p += weight
			}
		}
	}
	for i := range chars {
		chars[i].p /= total
	}
	slices.Reverse(chars)
	return reading{start: top.start, end: top.at, gain: top.gain, chars: chars}
}

// kept returns the most likely readings of the last step that are still out of
// step.
func (s *stepper) kept() []state {
	s.next = slices.DeleteFunc(s.next, func(st state) bool { return st.pend == none || st.score < s.best-behind })
	slices.SortFunc(s.next, func(a, b state) int { return cmp.Compare(b.score, a.score) })
	return s.next[:min(len(s.next), beam)]
}

// enter begins readings with a symbol: one that is the sign for a lost byte, or
// one behind whose first byte another was lost.
func (s *stepper) enter(st state, before rune, sym *symbol) {
	if sym.lost {
		// Pronunciation that was put in tells which character the lost byte ends.
		if _, lo, ok := s.gbk.of(st.last); ok {
			for _, c := range sym.readings {
				if h, l, ok := s.gbk.of(c); ok && h == lo {
					st.pend = int(l)
				}
			}
		}
		s.next = append(s.next, st)
		s.best = max(s.best, st.score)
		return
	}
	if !sym.two || sym.b2 < 0x81 {
		return
	}
	st.score -= unsignedCost
	st.pend = int(sym.b1)
	for lo := 0x40; lo <= 0xFE; lo++ {
		if c := s.gbk.char[sym.b1][lo]; c != 0 {
			if n, ok := s.put(&st, c, st.from, st.from+1, true); ok {
				n.pend, n.from = int(sym.b2), st.from
				s.next = append(s.next, n)
			}
		}
	}
}

// put adds a character to a reading. ok is false if that lies too far behind
// others.
func (s *stepper) put(st *state, c rune, from, to int, guess bool) (n state, ok bool) {
	if st.score < s.best-behind {
		return state{}, false // it only gets worse
	}
	s.tried++
	score := st.score + s.model.after(st.last, c)
	if score < s.best-behind {
		return state{}, false
	}
	s.best = max(s.best, score)
	s.nodes = append(s.nodes, node{c, from, to, guess || st.pend == unknown, st.tail})
	return state{score: score, pend: none, last: c, n: st.n + 1, gaps: st.gaps, start: st.start, tail: int32(len(s.nodes) - 1)}, true
}

// take is put for the next step.
func (s *stepper) take(st *state, c rune, to int, guess bool) {
	if n, ok := s.put(st, c, st.from, to, guess); ok {
		s.next = append(s.next, n)
	}
}

// firsts lists what the pending byte of a reading may be.
func firsts(st *state) (from, to int) {
	if st.pend == unknown {
		return 0x81, 0xFE
	}
	return st.pend, st.pend
}

// advance gives the readings that a reading and symbol k make.
func (s *stepper) advance(st *state, sym *symbol, k int) {
	lo, hi := firsts(st)
	pair := func(b1, b2 byte) {
		for p := lo; p <= hi; p++ {
			c := s.gbk.char[p][b1]
			if c == 0 {
				continue
			}
			n, ok := s.put(st, c, st.from, k+1, false)
			if !ok {
				continue
			}
			if b2 >= 0x81 {
				n.pend, n.from = int(b2), k
				s.next = append(s.next, n)
			} else { // a letter, so in step again
				n.from = k
				s.take(&n, rune(b2), k+1, false)
			}
		}
	}
	if sym.wide != 0 {
		pair(0xA3, sym.wide)
	}
	switch {
	case sym.two:
		pair(sym.b1, sym.b2)
	case sym.lost && st.pend == unknown: // two unknown bytes tell nothing by themselves
		for _, c := range sym.readings {
			s.take(st, c, k+1, false)
		}
		if s.blind++; s.blind <= 3 {
			s.next = s.across(s.next, st, k+1, k)
		}
	case sym.lost:
		s.next = s.across(s.next, st, k+1, k)
		for b := 0x40; b <= 0xFE; b++ {
			if c := s.gbk.char[st.pend][b]; c != 0 && (len(sym.readings) == 0 || slices.Contains(sym.readings, c)) {
				s.take(st, c, k+1, len(sym.readings) == 0)
			}
		}
	case sym.b1 >= 0x40:
		for p := lo; p <= hi; p++ {
			if c := s.gbk.char[p][sym.b1]; c != 0 {
				s.take(st, c, k+1, false)
			}
		}
	}
}

// gap returns the readings in which a pair was lost before symbol k without a
// sign.
func (s *stepper) gap(states []state, k, most int) []state {
	s.gaps, s.best = s.gaps[:0], math.Inf(-1)
	for i := range states[:min(len(states), 6)] {
		if st := &states[i]; st.gaps < most && (st.pend != unknown || i < 2) {
			s.gaps = s.across(s.gaps, st, k, k)
		}
	}
	for i := range s.gaps {
		s.gaps[i].score -= gapCost
		s.gaps[i].gaps++
	}
	slices.SortFunc(s.gaps, func(a, b state) int { return cmp.Compare(b.score, a.score) })
	return s.gaps[:min(len(s.gaps), 24)]
}

// across adds to all the readings in which two bytes follow that are a character
// of the area of users when they are read together: the second of one character,
// which ends before symbol to, and the first of the next, which came from symbol
// from.
func (s *stepper) across(all []state, st *state, to, from int) []state {
	lo, hi := firsts(st)
	for p := lo; p <= hi; p++ {
		for _, b := range userFirst {
			c := s.gbk.char[p][b]
			if c == 0 {
				continue
			}
			if n, ok := s.put(st, c, st.from, to, true); ok {
				n.from, n.pend = from, unknown
				all = append(all, n)
			}
		}
	}
	return all
}
