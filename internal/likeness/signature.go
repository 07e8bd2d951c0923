package likeness

import (
	"encoding/binary"
	"fmt"
)

// Form numbers the way in which signatures are made. One that was kept under
// another number is made anew.
const Form = 1

// slots is how many numbers a signature has.
const slots = 128

// bands and rows say how a signature is looked up: each band is that many of its
// numbers taken together. Texts with the likeness j share a band with the
// probability 1-(1-j^rows)^bands: .996 at one half, .94 at four tenths, .0003 at
// one fiftieth, which is what unrelated texts have.
const (
	bands = 42
	rows  = 3
)

// Signature is a text in 512 bytes, made by one-permutation hashing: the grams
// are dealt into slots by their hash, and each slot keeps the least.
type Signature [slots]uint32

// Sign makes the signature of a text; false if there is not enough of it.
func (t *Text) Sign() (s Signature, ok bool) {
	if !t.Enough() {
		return s, false
	}
	var filled [slots]bool
	for g, counts := range t.grams {
		if !counts {
			continue
		}
		slot, low := g>>57, uint32(g)
		if !filled[slot] || low < s[slot] {
			s[slot], filled[slot] = low, true
		}
	}
	// A slot without grams takes what another has, the same for all texts in
	// which it is empty and the other is not.
	full := s
	for i := range s {
		for try := uint64(1); !filled[i]; try++ {
			j := mix(uint64(i)<<32|try) % slots
			if filled[j] {
				s[i] = uint32(mix(uint64(full[j])<<7 | uint64(i)))
				break
			}
		}
	}
	return s, true
}

// Estimate is the likeness of the two texts as far as their signatures tell: the
// share of equal slots, right within about a twelfth.
func (s Signature) Estimate(o Signature) float64 {
	same := 0
	for i := range s {
		if s[i] == o[i] {
			same++
		}
	}
	return float64(same) / slots
}

// Bands are the keys under which the text is looked up; texts that are alike
// have some in common.
func (s Signature) Bands() []int64 {
	keys := make([]int64, bands)
	for b := range keys {
		h := mix(uint64(b) + 0x51_7C_C1_B7_27_22_0A_95)
		for _, v := range s[b*rows : (b+1)*rows] {
			h = mix(h ^ uint64(v))
		}
		keys[b] = int64(h)
	}
	return keys
}

// Bytes is the signature as it is kept.
func (s Signature) Bytes() []byte {
	b := make([]byte, 0, 4*slots)
	for _, v := range s {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// Parse reads a signature that was kept.
func Parse(b []byte) (s Signature, err error) {
	if len(b) != 4*slots {
		return s, fmt.Errorf("likeness: a signature has %d bytes, not %d", 4*slots, len(b))
	}
	for i := range s {
		s[i] = binary.BigEndian.Uint32(b[4*i:])
	}
	return s, nil
}
