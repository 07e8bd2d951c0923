package reader

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"shangliang/internal/lang"
	"shangliang/internal/reader/intake"
	"shangliang/internal/report/claim"
)

// PrintJSON writes reports as a list with one object for each. Places count code
// points of the decoded file, of a page with its markup.
func PrintJSON(w io.Writer, reports []*Report) error {
	reports = slices.Clone(reports)
	for i, r := range reports {
		if r.Source.Kind != intake.HTML {
			continue
		}
		page := *r
		page.Figures = slices.Clone(r.Figures)
		for k := range page.Figures {
			f := &page.Figures[k]
			f.Start, f.End = r.Source.Decoded(f.Start, f.End)
		}
		reports[i] = &page
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(reports)
}

// kinds are the kinds of claims for people.
var kinds = map[claim.Kind]string{claim.Stat: "已完成", claim.Plan: "计划", claim.Norm: "规定", claim.Context: "背景"}

// Print writes a report for people: the text with its figures marked, a table of
// them, and what does not add up.
func (r *Report) Print(ctx context.Context, w io.Writer) error {
	p := &printer{w: w}
	p.line("%s", lang.T(ctx, "文件：%s", r.File))
	if r.Body == "" {
		p.line("%s", lang.T(ctx, "这不是政协的工作报告，没有读取指标。"))
		return p.err
	}
	p.line("%s", lang.T(ctx, "单位：%s　层级：%s　时间：%s", r.Body, orNone(r.Level), orNone(r.Period)))
	p.line("")
	p.line("%s", r.marked())
	p.line("")
	for i, f := range r.Figures {
		name := f.Figure
		if name == "" {
			name = lang.T(ctx, "（目录中没有的指标）")
		}
		p.line("[%d]\t%s\t%s\t%s\t%s\t%s", i+1, lang.Say(ctx, kinds[f.Kind]), name, f.text(), f.Quote, f.Metric)
	}
	wrong := 0
	for i := range r.Relations {
		if x := &r.Relations[i]; !x.Holds {
			if wrong == 0 {
				p.line("")
				p.line("%s", lang.T(ctx, "对不上的地方："))
			}
			wrong++
			var at []string
			for _, f := range x.Figures {
				at = append(at, fmt.Sprintf("[%d]", f+1))
			}
			p.line("- %s %s", strings.Join(at, ""), x.Text(ctx))
		}
	}
	p.line("")
	p.line("%s", lang.T(ctx, "共读出%d项指标，核对%d处关系，%d处对不上。", len(r.Figures), len(r.Relations), wrong))
	return p.err
}

// marked is the text that was read, each figure's number followed by its place
// in the table.
func (r *Report) marked() string {
	text := r.runes()
	var b strings.Builder
	from := 0
	for i := range r.Figures {
		c := &r.Figures[i].Claim
		if c.Until > from {
			b.WriteString(string(text[from:c.Until]))
			from = c.Until
		}
		fmt.Fprintf(&b, "[%d]", i+1)
	}
	b.WriteString(string(text[from:]))
	return b.String()
}

func orNone(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// printer writes lines and keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
