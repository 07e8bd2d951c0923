package assessment

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"shangliang/internal/proposal"
)

// newSeed is a seed that nobody could know before.
func newSeed() string {
	b := make([]byte, 8)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// draw puts what a department answered into the order of the draw and takes the
// first ones: those with the smallest SHA-256 of "seed/unit/proposal", in hex.
// Whoever has the seed and the list comes to the same sample, with any tool, in
// whatever order the list is; and no answer's place depends on another's.
func draw(seed string, year int, pool []proposal.Answer, cases, back int) (all []*Evaluated) {
	order := func(x *Evaluated) string {
		sum := sha256.Sum256([]byte(seed + "/" + x.Unit + "/" + x.Proposal))
		return hex.EncodeToString(sum[:])
	}
	for _, x := range pool {
		all = append(all, &Evaluated{Proposal: x.Proposal, Unit: x.Unit, Back: x.Year < year})
	}
	slices.SortFunc(all, func(a, b *Evaluated) int {
		return cmp.Or(strings.Compare(a.Unit, b.Unit), compareBool(a.Back, b.Back), strings.Compare(order(a), order(b)))
	})
	place := 0
	for i, x := range all {
		if place++; i == 0 || all[i-1].Unit != x.Unit || all[i-1].Back != x.Back {
			place = 1
		}
		most := cases
		if x.Back {
			most = back
		}
		x.Place, x.Drawn = place, place <= most
	}
	return all
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
