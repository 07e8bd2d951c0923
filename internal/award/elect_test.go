package award

import (
	"strings"
	"testing"
)

// A tie for the last place wins none of it; a majority is of the ballots that
// came back.
func TestElect(t *testing.T) {
	for _, c := range []struct {
		name     string
		places   int
		cast     int
		majority bool
		votes    string // a letter for each vote
		want     string
	}{
		{"the most votes", 1, 5, true, "aaab", "a"},
		{"no majority", 1, 6, true, "aaabbb", ""},
		{"without majority a tie wins nothing", 1, 6, false, "aaabbb", ""},
		{"a tie below the last place does not matter", 1, 5, false, "aaabc", "a"},
		{"two places", 2, 5, true, "aaaabbbc", "ab"},
		{"a tie for the second place", 2, 9, false, "aaaabbcc", "a"},
		{"nobody voted for it", 3, 3, false, "aa", "a"},
		{"nobody at all", 2, 3, true, "", ""},
	} {
		var all []*Candidate
		for _, id := range []string{"a", "b", "c"} {
			all = append(all, &Candidate{Proposal: id, Shortlisted: true, Votes: strings.Count(c.votes, id)})
		}
		all = append(all, &Candidate{Proposal: "x", Votes: 100}) // not on the shortlist
		elect(all, &Award{Places: c.places, Cast: c.cast}, c.majority)
		got := ""
		for _, x := range all {
			if x.Won {
				got += x.Proposal
			}
		}
		if got != c.want {
			t.Errorf("%s: %q won, want %q", c.name, got, c.want)
		}
	}
}
