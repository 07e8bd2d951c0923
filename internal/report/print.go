package report

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"shangliang/internal/docx"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/reader/intake"
)

// PrintJSON writes a result as JSON.
func (r *Result) PrintJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Print writes a result for people: the draft with a mark behind each figure, ✓
// for what agrees and the number of the remark for what does not, and the
// remarks.
func (r *Result) Print(ctx context.Context, w io.Writer) error {
	text := []rune(r.Draft.Source.Text)
	var b strings.Builder
	from, n := 0, 0
	var remarks []string
	for _, i := range r.order() {
		f := &r.Findings[i]
		until := min(max(f.Until, from), len(text))
		b.WriteString(string(text[from:until]))
		from = until
		switch {
		case f.Kind.Wrong():
			n++
			fmt.Fprintf(&b, "〔✗%d〕", n)
			remark := fmt.Sprintf("✗%d\t%s\t%s\t%s", n, f.Quote, f.Kind.Title(ctx), f.Text(ctx))
			if f.Right != nil && f.Right.Link != "" {
				remark += "\t" + f.Right.Link
			}
			remarks = append(remarks, remark)
		case f.Kind == Rounded:
			b.WriteString("〔≈〕")
		case f.Kind == Agrees:
			b.WriteString("〔✓〕")
		}
	}
	b.WriteString(string(text[from:]))
	_, err := fmt.Fprintf(w, "%s\n\n%s\n%s\n", strings.TrimRight(b.String(), "\n"), strings.Join(remarks, "\n"),
		lang.T(ctx, "共 %d 个数：相符 %d，概数合理 %d，无从核对 %d，要改 %d", len(r.Findings), r.Counts[Agrees], r.Counts[Rounded], r.Counts[Alone], r.Wrong()))
	return err
}

// order lists the findings by the place of their numbers.
func (r *Result) order() []int {
	all := make([]int, len(r.Findings))
	for i := range all {
		all[i] = i
	}
	slices.SortStableFunc(all, func(a, b int) int { return r.Findings[a].Until - r.Findings[b].Until })
	return all
}

// Annotate returns the Word file that the draft was, with a comment on each
// figure that somebody must look at. Invalid if the draft is no Word file.
func (r *Result) Annotate(ctx context.Context, data []byte, at time.Time) ([]byte, error) {
	if r.Draft.Source.Kind != intake.DOCX {
		return nil, errs.New(errs.Invalid, "只有 .docx 文稿能加批注")
	}
	f, err := docx.Open(data)
	if err != nil {
		return nil, err
	}
	author := lang.T(ctx, "数据核对")
	for _, i := range r.order() {
		x := &r.Findings[i]
		if !x.Kind.Wrong() {
			continue
		}
		note := x.Kind.Title(ctx) + "：" + x.Text(ctx)
		if x.Right != nil && x.Right.Link != "" {
			note += "\n" + x.Right.Link
		}
		f.Comment(x.At, x.Until, author, note)
	}
	return f.Write(at)
}
