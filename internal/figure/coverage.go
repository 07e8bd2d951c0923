package figure

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"shangliang/internal/figure/catalogue"
)

// Answer says who answers a metric that a file of figures names.
type Answer struct {
	Metric string
	Count  int // how often the file names it
	// Known is its definition in the catalogue, nil if there is none.
	Known *catalogue.Metric
	// By are the figures that compute it from records, none if it has no query
	// yet and is only read in texts.
	By []string
}

// Cover reads a file of figures, one JSON object with metric and kind a line,
// and says of each metric of work done who answers it. The metrics come in the
// order of the file; a line that cannot be read is an error that names it.
func Cover(r io.Reader, defs []Definition) ([]Answer, error) {
	c := catalogue.Get()
	var all []Answer
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var x struct{ Metric, Kind string }
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return nil, fmt.Errorf("line %d is not a figure as JSON: %w", n, err)
		}
		if x.Kind != "" && x.Kind != "stat" {
			continue
		}
		i := slices.IndexFunc(all, func(a Answer) bool { return a.Metric == x.Metric })
		if i < 0 {
			i = len(all)
			a := Answer{Metric: x.Metric, Known: c.Metric(x.Metric)}
			for _, d := range defs {
				if d.Metric == x.Metric {
					a.By = append(a.By, d.ID)
				}
			}
			all = append(all, a)
		}
		all[i].Count++
	}
	return all, lines.Err()
}
