package ui

import (
	"context"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Bar is one row of Bars: a figure and, if Before is not zero, what it was.
type Bar struct {
	Label  string
	Value  float64
	Before float64
	Text   string // the value as written; a whole number unless given
	URL    string // its records
}

func (b Bar) text() string {
	if b.Text != "" {
		return b.Text
	}
	return number(b.Value)
}

// Part is one part of a whole.
type Part struct {
	Label string
	Value float64
	URL   string
}

// Line is one line of a trend: a value for each label.
type Line struct {
	Name   string
	Values []float64
}

// TrendInfo is how figures went over time. Lines after the first are drawn
// dashed. At most three.
type TrendInfo struct {
	Title  string
	Labels []string // "2021年", …
	Lines  []Line
	URLs   []string // the records of each label, if any
}

// number writes a value shortly: whole numbers with separators, else one decimal.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return Thousands(int(v))
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

// percent writes a share of a whole: 94.9%.
func percent(part, whole float64) string {
	if whole == 0 {
		return "–"
	}
	return strconv.FormatFloat(100*part/whole, 'f', 1, 64) + "%"
}

func largest(bars []Bar) float64 {
	m := 0.0
	for _, b := range bars {
		m = max(m, b.Value, b.Before)
	}
	return m
}

func sum(parts []Part) float64 {
	s := 0.0
	for _, p := range parts {
		s += p.Value
	}
	return s
}

// width is a length on a scale of 100 units, with one decimal.
func width(v, whole float64) string {
	if whole <= 0 || v <= 0 {
		return "0"
	}
	return strconv.FormatFloat(min(100, 100*v/whole), 'f', 1, 64)
}

// partClass is the colour of the i-th part; the table beside tells which it is.
func partClass(i int) string { return "chart-" + string(rune('a'+i%6)) }

// shareBar draws the parts of a whole side by side.
func shareBar(parts []Part) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString(`<svg class="chart chart-share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">`)
		whole, at := sum(parts), 0.0
		for i, p := range parts {
			b.WriteString(`<rect class="` + partClass(i) + `" x="` + width(at, whole) + `" width="` + width(p.Value, whole) + `" height="6"/>`)
			at += p.Value
		}
		b.WriteString("</svg>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// niceTop returns a round number not below v, to end an axis with.
func niceTop(v float64) float64 {
	if v <= 0 {
		return 1
	}
	step := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 5, 10} {
		if m*step >= v {
			return m * step
		}
	}
	return 10 * step
}

// trendLines draws a trend in a box of 640 by 220: an axis in four steps, the
// lines with a dot for each value, the labels under them.
func trendLines(t TrendInfo) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		const left, right, top, bottom = 48.0, 624.0, 14.0, 188.0
		most := 0.0
		for _, l := range t.Lines {
			for _, v := range l.Values {
				most = max(most, v)
			}
		}
		most = niceTop(most)
		x := func(i int) float64 {
			if len(t.Labels) < 2 {
				return (left + right) / 2
			}
			return left + 20 + (right-left-40)*float64(i)/float64(len(t.Labels)-1)
		}
		y := func(v float64) float64 { return bottom - (bottom-top)*v/most }
		at := func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

		var b strings.Builder
		b.WriteString(`<svg class="chart" viewBox="0 0 640 220" role="img" aria-label="` + templ.EscapeString(t.Title) + `">`)
		for i := range 5 {
			v := most * float64(i) / 4
			b.WriteString(`<path class="chart-axis" d="M48 ` + at(y(v)) + `H624"/><text x="42" y="` + at(y(v)+4) + `" text-anchor="end">` + number(v) + `</text>`)
		}
		// Long series name only every second, third … label.
		every := (len(t.Labels) + 11) / 12
		for i, l := range t.Labels {
			if i%every == 0 {
				b.WriteString(`<text x="` + at(x(i)) + `" y="210" text-anchor="middle">` + templ.EscapeString(l) + `</text>`)
			}
		}
		for n := len(t.Lines) - 1; n >= 0; n-- {
			class, dot := "chart-line", "chart-dot"
			if n > 0 {
				class, dot = "chart-old-line", "chart-old"
			}
			b.WriteString(`<path class="` + class + `" d="`)
			for i, v := range t.Lines[n].Values {
				c := "L"
				if i == 0 {
					c = "M"
				}
				b.WriteString(c + at(x(i)) + " " + at(y(v)))
			}
			b.WriteString(`"/>`)
			for i, v := range t.Lines[n].Values {
				b.WriteString(`<circle class="` + dot + `" cx="` + at(x(i)) + `" cy="` + at(y(v)) + `" r="4"/>`)
				if n == 0 && len(t.Labels) <= 12 {
					b.WriteString(`<text x="` + at(x(i)) + `" y="` + at(y(v)-9) + `" text-anchor="middle">` + number(v) + `</text>`)
				}
			}
		}
		b.WriteString("</svg>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}
