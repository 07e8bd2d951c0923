// Package sample makes up texts and edited copies of them, for tests and
// measurements of what is alike. It is imported by tests and cmd/bench only.
package sample

import (
	_ "embed"
	"math/rand/v2"
	"strings"
)

//go:embed words.txt
var wordList string

// words are what texts are made of: fictional, and none of them rare.
var words = strings.Fields(wordList)

// Text makes up a text of about so many sentences, always the same for a seed.
func Text(seed uint64, sentences int) string {
	r := rand.New(rand.NewPCG(seed, 20))
	var b strings.Builder
	for range sentences {
		b.WriteString(sentence(r))
	}
	return b.String()
}

func sentence(r *rand.Rand) string {
	var b strings.Builder
	clauses := 2 + r.IntN(3)
	for c := range clauses {
		for range 4 + r.IntN(5) {
			b.WriteString(words[r.IntN(len(words))])
		}
		if c < clauses-1 {
			b.WriteString("，")
		}
	}
	b.WriteString("。")
	return b.String()
}

// Edited is a copy of a text in which a share of the clauses, in percent, was
// changed: written anew, left out or added to, and two sentences changed places.
func Edited(seed uint64, text string, percent int) string {
	r := rand.New(rand.NewPCG(seed, 21))
	var sentences []string
	for s := range strings.SplitAfterSeq(text, "。") {
		if s == "" {
			continue
		}
		var clauses []string
		for c := range strings.SplitAfterSeq(s, "，") {
			if r.IntN(100) < percent {
				fresh := strings.TrimSuffix(sentence(r), "。")
				first, _, _ := strings.Cut(fresh, "，")
				switch end := c[len(c)-len("。"):]; r.IntN(3) {
				case 0: // written anew
					c = first + end
				case 1: // left out
					c = ""
				case 2: // added to
					c = strings.TrimSuffix(c, end) + first + end
				}
			}
			clauses = append(clauses, c)
		}
		sentences = append(sentences, strings.Join(clauses, ""))
	}
	if n := len(sentences); n > 3 {
		i, j := r.IntN(n), r.IntN(n)
		sentences[i], sentences[j] = sentences[j], sentences[i]
	}
	return strings.Join(sentences, "")
}
