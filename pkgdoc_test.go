package shangliang

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

var sentenceEnd = regexp.MustCompile(`[.!?:]("|\))?(\s|$)`)

// TestPackageComments asks every package to say what it is for, in at least two
// sentences: what it holds and what the reader must know before using it.
func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		var comments []string
		for _, f := range p.files {
			if f.Doc != nil && !ast.IsGenerated(f) && strings.TrimSpace(f.Doc.Text()) != "" {
				comments = append(comments, f.Doc.Text())
			}
		}
		switch {
		case len(comments) == 0:
			t.Errorf("%s has no package comment", p.dir)
		case len(comments) > 1:
			t.Errorf("%s has %d package comments; write one", p.dir, len(comments))
		case len(sentenceEnd.FindAllString(comments[0], -1)) < 2:
			t.Errorf("%s: say more than one sentence about it: %q", p.dir, comments[0])
		}
	}
}
