package claim

// zone is what belongs to a number: its part of the clause, and what surrounds it.
type zone struct {
	n                  *numeral
	left, right        int  // the number's part
	clause, till       int  // where its clause begins and ends
	names              bool // what is counted stands behind the number
	nextFrom, nextTill int  // the following part, if it goes on about it
}

// zoneOf finds what belongs to the i-th number of the sentence.
func (r *reading) zoneOf(i int, s line) zone {
	n := &r.nums[i]
	z := zone{n: n, left: s.start, right: s.end, clause: s.start, till: s.end}
	after := i + 1 // the number behind that parts the clause
	for after < len(r.nums) && r.weak(after) {
		after++
	}
	part := -1
	for _, p := range r.seps {
		switch {
		case p.at < n.start && p.level >= 2:
			z.clause = p.at + 1
		case p.at >= n.end && p.level == 1 && part < 0:
			part = p.at
		case p.at >= n.end && p.level >= 2 && p.at < z.till:
			z.till = p.at
			if p.level == 2 && r.text[p.at] != ':' {
				z.nextFrom = p.at + 1
			}
		}
	}
	z.right = z.till
	if part >= 0 && part < z.till && (part-n.end < 1 || after < len(r.nums) && r.nums[after].start < z.till) {
		z.right = part
	}
	z.left = z.clause
	for k := i - 1; k >= 0; k-- {
		if r.weak(k) {
			continue
		}
		p := r.nums[k].end
		if p <= z.left {
			break
		}
		if r.joins(p, n.start) {
			continue // 8期640人次: both are about the same
		}
		z.left = p
		for _, q := range r.seps {
			if q.at >= p && q.at < n.start {
				z.left = q.at + 1
				break
			}
		}
		break
	}
	if after < len(r.nums) && r.nums[after].start < z.right {
		z.right = r.nums[after].start
		z.nextFrom = 0
	}
	if z.nextFrom > 0 {
		z.nextTill = s.end
		for _, p := range r.seps {
			if p.at > z.nextFrom {
				z.nextTill = p.at
				break
			}
		}
		if i+1 < len(r.nums) && r.nums[i+1].start < z.nextTill || !goesOn(r.text[z.nextFrom:z.nextTill]) {
			z.nextFrom, z.nextTill = 0, 0
		}
	}
	z.names = z.right-n.end > 1 && !r.endsPart(&z)
	// A number alone in its part is about the part before: 立案提案:204件.
	if z.left > s.start && r.empty(z.left, n.start) && r.emptyBehind(n.end, z.right) {
		from := s.start
		for _, p := range r.seps {
			if p.level >= 2 && p.at < z.left-1 {
				from = p.at + 1
			}
		}
		if i > 0 {
			from = max(from, r.nums[i-1].end)
		}
		z.left = min(z.left, from)
	}
	return z
}

// joins reports whether only a mark or a link stands between two numbers, so
// that both are about the same: 8期、640人次, 由94%提高到99%.
func (r *reading) joins(from, to int) bool {
	for from < to {
		n := links.at(r.text[:to], from)
		if n == 0 {
			return false
		}
		from += n
	}
	return true
}

// weak reports whether a number is a small one written out before its noun,
// which seldom counts and does not part a clause: 三项指标均为100%.
func (r *reading) weak(i int) bool {
	n := &r.nums[i]
	return n.chinese && n.value <= 10 && n.bound == Exact && n.unit != "%" && n.end < len(r.text) && r.text[n.end] >= 0x4E00
}

// empty reports whether no word of the catalogue stands between two places.
func (r *reading) empty(from, to int) bool {
	for _, h := range r.hits {
		if int(h.start) >= from && int(h.end) <= to {
			return false
		}
	}
	return true
}

func (r *reading) emptyBehind(from, to int) bool {
	return to-from <= 1 || r.empty(from, to) && to-from <= 4
}

// endsPart reports whether the number's part of the clause ends with it.
func (r *reading) endsPart(z *zone) bool {
	if closings.at(r.text, z.n.end) > 0 {
		return true
	}
	return z.right <= z.n.end || z.right-z.n.end == 1 && (r.text[z.n.end] == ' ' || r.text[z.n.end] == '和' || r.text[z.n.end] == '及')
}
