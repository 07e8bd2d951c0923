// Package secret holds texts that must not be shown: keys and passwords of other
// services.
//
// Main types: [Text], [Sealer]. It owns no tables. It deliberately keeps nothing:
// who needs the text converts it at the place where it leaves, and who stores it
// seals it first.
package secret

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Text never shows itself, whatever prints, logs or encodes it.
type Text string

const hidden = "(secret)"

// Format implements [fmt.Formatter].
func (Text) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// MarshalText implements [encoding.TextMarshaler], for slog and JSON.
func (Text) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// File reads the n words of a file, one on each line.
func File(name string, n int) ([]Text, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	words := strings.Fields(string(b))
	if len(words) != n {
		return nil, fmt.Errorf("%s must have %d lines with one word each", name, n)
	}
	all := make([]Text, n)
	for i, w := range words {
		all[i] = Text(w)
	}
	return all, nil
}
