package claim

import (
	"slices"
	"sync"

	"shangliang/internal/figure/catalogue"
)

// vocabulary is the catalogue made ready to search: a trie of all its words and
// its frames by unit.
type vocabulary struct {
	roots  [65536]int32       // node of a first character, 0 if none
	next   map[uint64]int32   // node<<32 | character → node
	term   []int32            // of a node: the word that ends there, -1 if none
	size   []int              // of a term: its length
	groups [][]int32          // of a term: the groups that it is in
	words  []string           // of a term
	frames map[string][]frame // by base unit
	nGroup int

	kinds  map[*catalogue.Metric]map[int32]bool // the words that name a kind of what it counts
	parted map[string]*catalogue.Metric         // by the word that opens a list of its parts
	rates  map[*catalogue.Metric]bool           // what a part in a whole may be
	whole  *catalogue.Metric                    // a part in a whole that is not said more nearly
	work   int32                                // the group of words that say that somebody did something
}

// frame is a catalogue frame with its groups as numbers.
type frame struct {
	metric *catalogue.Metric
	groups []placed
	prefer float32
}

type placed struct {
	place catalogue.Place
	group int32
}

var theVocabulary = sync.OnceValue(func() *vocabulary { return compile(catalogue.Get()) })

func compile(c *catalogue.Catalogue) *vocabulary {
	v := &vocabulary{next: map[uint64]int32{}, term: []int32{-1}, frames: map[string][]frame{}}
	sets := map[string]int32{}
	add := func(words []string) int32 {
		words = slices.Clone(words)
		slices.Sort(words)
		words = slices.Compact(words)
		key := ""
		for _, w := range words {
			key += w + "|"
		}
		if g, ok := sets[key]; ok {
			return g
		}
		g := int32(v.nGroup)
		v.nGroup++
		sets[key] = g
		for _, w := range words {
			t := v.addTerm(w)
			v.groups[t] = append(v.groups[t], g)
		}
		return g
	}
	for _, f := range c.Frames {
		x := frame{metric: c.Metric(f.Metric), prefer: float32(f.Prefer)}
		for _, g := range f.Groups {
			x.groups = append(x.groups, placed{g.Place, add(g.Words)})
		}
		for _, u := range f.Units {
			v.frames[u] = append(v.frames[u], x)
		}
	}
	v.kinds, v.parted, v.rates = map[*catalogue.Metric]map[int32]bool{}, map[string]*catalogue.Metric{}, map[*catalogue.Metric]bool{}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		if class, ok := m.Trait(catalogue.Sort); ok {
			v.kinds[m] = map[int32]bool{}
			for _, w := range c.Classes[class] {
				v.kinds[m][v.addTerm(w)] = true
			}
		}
		if word, ok := m.Trait(catalogue.Parted); ok {
			v.parted[word] = m
		}
		if rate, ok := m.Trait(catalogue.Share); ok {
			v.rates[c.Metric(rate)] = true
		}
		if m.Has(catalogue.Whole) {
			v.whole = m
		}
	}
	v.work = add(c.Classes["工作动词"])
	v.inherit()
	return v
}

// inherit lets a compound speak as its parts do: a 专题讲座 is a 讲座, 走访群众
// is 走访. The scan finds only the longest word at a place.
func (v *vocabulary) inherit() {
	own := make([][]int32, len(v.groups))
	for t := range v.groups {
		own[t] = slices.Clone(v.groups[t])
	}
	for t, w := range v.words {
		rs := []rune(w)
		for i := 1; i < len(rs); i++ {
			if s := v.find(rs[i:]); s >= 0 && len(rs)-i > 1 {
				v.groups[t] = append(v.groups[t], own[s]...)
			}
			if p := v.find(rs[:i]); p >= 0 && slices.Contains(own[p], v.work) {
				v.groups[t] = append(v.groups[t], own[p]...)
			}
		}
		slices.Sort(v.groups[t])
		v.groups[t] = slices.Compact(v.groups[t])
	}
}

// find returns the term that is exactly a word, -1 if there is none.
func (v *vocabulary) find(w []rune) int32 {
	node := v.roots[w[0]&0xFFFF]
	for _, r := range w[1:] {
		if node == 0 {
			return -1
		}
		node = v.next[uint64(node)<<32|uint64(r)]
	}
	if node == 0 {
		return -1
	}
	return v.term[node]
}

// addTerm puts a word into the trie.
func (v *vocabulary) addTerm(w string) int32 {
	node := int32(0)
	n := 0
	for i, r := range w {
		n++
		if i == 0 {
			if node = v.roots[r&0xFFFF]; node == 0 {
				node = v.node()
				v.roots[r&0xFFFF] = node
			}
			continue
		}
		key := uint64(node)<<32 | uint64(r)
		to := v.next[key]
		if to == 0 {
			to = v.node()
			v.next[key] = to
		}
		node = to
	}
	if v.term[node] < 0 {
		v.term[node] = int32(len(v.size))
		v.size = append(v.size, n)
		v.groups = append(v.groups, nil)
		v.words = append(v.words, w)
	}
	return v.term[node]
}

func (v *vocabulary) node() int32 {
	v.term = append(v.term, -1)
	return int32(len(v.term) - 1)
}

// hit is a word of the vocabulary in the text.
type hit struct {
	term       int32
	start, end int32
}

// scan finds the words from start to end, the longest at each place, none inside
// another: 提案 in 提案督办会 is no proposal.
func (v *vocabulary) scan(text []rune, start, end int, hits []hit) []hit {
	for i := start; i < end; {
		r := text[i]
		if r > 0xFFFF || v.roots[r] == 0 {
			i++
			continue
		}
		node := v.roots[r]
		best, size := v.term[node], 1
		if best < 0 {
			size = 0
		}
		for k := i + 1; k < end; k++ {
			node = v.next[uint64(node)<<32|uint64(text[k])]
			if node == 0 {
				break
			}
			if v.term[node] >= 0 {
				best, size = v.term[node], k-i+1
			}
		}
		if size == 0 {
			i++
			continue
		}
		hits = append(hits, hit{best, int32(i), int32(i + size)})
		i += size
	}
	return hits
}
