package claim

import (
	"shangliang/internal/figure/catalogue"
)

// found is the best hit of a group for one number.
type found struct {
	with, left, right, verb, near float32 // how well it fits in each sense; 0: not there
	stamp                         int32
}

// matcher scores frames for the numbers of a sentence.
type matcher struct {
	v     *vocabulary
	found []found
	stamp int32
}

func (m *matcher) reset() { m.stamp++ }

func (m *matcher) at(g int32) *found {
	f := &m.found[g]
	if f.stamp != m.stamp {
		*f = found{stamp: m.stamp}
	}
	return f
}

// see notes a hit for the number of a zone. weight is 1 in the number's own
// sentence; hits farther away weigh what they are given.
func (m *matcher) see(h hit, z *zone, clausesBack int, weight float32) {
	long := float32(m.v.size[h.term]-2) * 0.6
	var with, left, right, verb, near float32
	s, e := int(h.start), int(h.end)
	switch {
	case weight < 1:
		near = 3*weight + 0.2*long
	case s >= z.n.end && e <= z.right:
		right = max(10-0.3*float32(s-z.n.end), 5.5) + long
		with, verb, near = right, right, right
	case s >= z.left && e <= z.n.start:
		if left = max(10-0.2*float32(z.n.start-e), 6); z.names {
			left = max(10-0.5*float32(z.n.start-e), 4) // what is counted stands behind
		}
		left += long
		with, verb, near = left, left, left
	case s >= z.nextFrom && e <= z.nextTill:
		with = max(7-0.3*float32(s-z.nextFrom), 4.5) + long
		verb, near = with, with
	case e <= z.n.start:
		verb = max(5-0.7*float32(clausesBack)-0.01*float32(z.n.start-e), 1.5) + 0.3*long
		near = verb
	case s >= z.n.end && e <= z.till: // later in the clause: 对4个区、9个局进行评议
		verb, near = 3.5, 3.5
	default: // later in the sentence
		near = 1
	}
	for _, g := range m.v.groups[h.term] {
		f := m.at(g)
		f.with = max(f.with, with)
		f.left = max(f.left, left)
		f.right = max(f.right, right)
		f.verb = max(f.verb, verb)
		f.near = max(f.near, near)
	}
}

// vetoes is how near a word must be to say that a frame does not hold.
const vetoes = 7

// best returns the frame that fits best, and how well.
func (m *matcher) best(unit string) (*catalogue.Metric, float32) {
	var metric *catalogue.Metric
	var most float32
	frames := m.v.frames[unit]
next:
	for i := range frames {
		f := &frames[i]
		sum := f.prefer
		for _, p := range f.groups {
			x := &m.found[p.group]
			here := x.stamp == m.stamp
			if p.place == catalogue.Never {
				if here && x.with > vetoes {
					continue next
				}
				continue
			}
			if !here {
				if p.place == catalogue.Maybe {
					continue
				}
				continue next
			}
			var s float32
			switch p.place {
			case catalogue.With:
				s = x.with
			case catalogue.Before:
				s = x.left
			case catalogue.After:
				s = x.right
			case catalogue.Verb, catalogue.Maybe:
				s = x.verb
			case catalogue.Near:
				s = x.near
			}
			if s == 0 && p.place != catalogue.Maybe {
				continue next
			}
			sum += s
		}
		if sum > most {
			metric, most = f.metric, sum
		}
	}
	return metric, most
}

// acts reports whether somebody does something in the number's part.
func (m *matcher) acts() bool {
	x := &m.found[m.v.work]
	return x.stamp == m.stamp && (x.with > 0 || x.verb >= 3.5)
}
