package document

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/errs"
)

// Sheet is a table to be written. A cell is nil, a string, a whole or broken
// number, a bool (written 是 or 否), a time.Time (written as a day if it falls
// on midnight, else to the minute) or anything with a String method. A string
// is always text, whatever it begins with.
type Sheet struct {
	Name   string
	Title  string // a line above the header; may be empty
	Header []string
	Rows   iter.Seq2[[]any, error] // an error ends the writing
}

// Each makes the rows of a sheet from a slice.
func Each(rows [][]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

const (
	mostCellText  = 32_000 // a program's own limit is 32,767
	mostSheetRows = 1_048_000
	measuredRows  = 200 // rows that decide about the widths of columns
	widest        = 60
)

// WriteTable writes the sheets as xlsx: a header that stays in sight, columns
// wide enough for Chinese, no formulas. Rows are streamed.
func WriteTable(w io.Writer, sheets ...Sheet) error {
	f := excelize.NewFile()
	defer f.Close()
	styles, err := newStyles(f)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for i, s := range sheets {
		name := sheetName(s.Name, i, used)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = writeSheet(f, name, s, styles)
		}
		if err != nil {
			return fmt.Errorf("document: sheet %s: %w", name, err)
		}
	}
	f.SetActiveSheet(0)
	return f.Write(w)
}

type styles struct{ title, header, text, day, minute int }

func newStyles(f *excelize.File) (s styles, err error) {
	border := []excelize.Border{{Type: "bottom", Color: "8C8C8C", Style: 1}}
	wrap := &excelize.Alignment{Vertical: "top", WrapText: true}
	day, minute := "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
	for _, x := range []struct {
		id *int
		st excelize.Style
	}{
		{&s.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 14}}},
		{&s.header, excelize.Style{Font: &excelize.Font{Bold: true}, Border: border,
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"EDEDED"}},
			Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}},
		{&s.text, excelize.Style{NumFmt: 49, Alignment: wrap}}, // 49: text, so that editing a cell keeps it text
		{&s.day, excelize.Style{CustomNumFmt: &day, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}}},
		{&s.minute, excelize.Style{CustomNumFmt: &minute, Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left"}}},
	} {
		id, e := f.NewStyle(&x.st)
		*x.id, err = id, errors.Join(err, e)
	}
	return s, err
}

func writeSheet(f *excelize.File, name string, s Sheet, st styles) error {
	sw, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	// Widths come before rows in the file, so the first rows wait.
	widths := make([]int, len(s.Header))
	for i, h := range s.Header {
		widths[i] = width(h)
	}
	next, stop := iter.Pull2(s.Rows)
	defer stop()
	var waiting [][]any
	for len(waiting) < measuredRows {
		row, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		waiting = append(waiting, row)
		for i, v := range row {
			if i < len(widths) {
				widths[i] = max(widths[i], width(plain(v)))
			}
		}
	}
	for i, n := range widths {
		if err := sw.SetColWidth(i+1, i+1, float64(min(max(n, 6), widest)+2)); err != nil {
			return err
		}
	}
	line := 1
	if s.Title != "" {
		line = 2
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: line, TopLeftCell: "A" + strconv.Itoa(line+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if s.Title != "" {
		if err := sw.SetRow("A1", []any{excelize.Cell{StyleID: st.title, Value: cellText(s.Title)}}); err != nil {
			return err
		}
	}
	header := make([]any, len(s.Header))
	for i, h := range s.Header {
		header[i] = excelize.Cell{StyleID: st.header, Value: cellText(h)}
	}
	if err := sw.SetRow("A"+strconv.Itoa(line), header); err != nil {
		return err
	}
	write := func(row []any) error {
		if line++; line > mostSheetRows {
			return errs.New(errs.TooLarge, "内容超过了 %d 行，请缩小范围后再导出", mostSheetRows)
		}
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = st.cell(v)
		}
		return sw.SetRow("A"+strconv.Itoa(line), cells)
	}
	for _, row := range waiting {
		if err := write(row); err != nil {
			return err
		}
	}
	for {
		row, err, ok := next()
		if err != nil {
			return err
		}
		if !ok {
			return sw.Flush()
		}
		if err := write(row); err != nil {
			return err
		}
	}
}

func (st styles) cell(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return v
	case time.Time:
		switch {
		case v.IsZero():
			return nil
		case isDay(v):
			return excelize.Cell{StyleID: st.day, Value: v}
		}
		return excelize.Cell{StyleID: st.minute, Value: v}
	}
	return excelize.Cell{StyleID: st.text, Value: cellText(plain(v))}
}

// cellText cuts what no spreadsheet can hold and says so in the cell; control
// characters have no place in XML.
func cellText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if utf8.RuneCountInString(s) > mostCellText/2 { // counted in halves of rare characters
		s = string([]rune(s)[:mostCellText/2]) + "……（未完，全文请在平台查看）"
	}
	return s
}

// plain writes a cell as text.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "是"
		}
		return "否"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'f', -1, 32)
	case time.Time:
		switch {
		case v.IsZero():
			return ""
		case isDay(v):
			return v.Format(time.DateOnly)
		}
		return v.Format("2006-01-02 15:04")
	}
	return fmt.Sprint(v)
}

func isDay(t time.Time) bool { h, m, s := t.Clock(); return h+m+s == 0 }

// width is how many columns of a Latin letter the longest line takes.
func width(s string) int {
	longest, n := 0, 0
	for _, r := range s {
		switch {
		case r == '\n':
			n = 0
		case r >= 0x1100:
			n += 2
		default:
			n++
		}
		if longest = max(longest, n); longest >= widest {
			break
		}
	}
	return longest
}

// sheetName makes a name that spreadsheets accept and no other sheet has.
func sheetName(name string, i int, used map[string]bool) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`[]:*?/\`, r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(strings.TrimSpace(name), "'")
	if name == "" {
		name = "Sheet" + strconv.Itoa(i+1)
	}
	short := func(n int) string { rs := []rune(name); return string(rs[:min(len(rs), n)]) }
	unique := short(15) // 31 places, two for a rare character
	for n := 2; used[strings.ToLower(unique)]; n++ {
		unique = short(12) + strconv.Itoa(n)
	}
	used[strings.ToLower(unique)] = true
	return unique
}

// WriteCSV writes one sheet as csv that spreadsheets open as they should: UTF-8
// with its mark, and an apostrophe before text that would be taken for a
// formula ([Open] removes it again).
func WriteCSV(w io.Writer, s Sheet) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	write := func(cells []string) error {
		for i, v := range cells {
			if formulaLike(v) {
				cells[i] = "'" + v
			}
		}
		return c.Write(cells)
	}
	if err := write(append([]string(nil), s.Header...)); err != nil {
		return err
	}
	for row, err := range s.Rows {
		if err != nil {
			return err
		}
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = plain(v)
		}
		if err := write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// formulaLike reports whether a spreadsheet would compute a csv cell. Plain
// numbers with a sign are left alone.
func formulaLike(s string) bool {
	s = strings.TrimLeft(s, " '\t\r\n")
	if s == "" || !strings.ContainsRune("=+-@\uFF1D\uFF0B\uFF0D\uFF20", []rune(s)[0]) {
		return false
	}
	_, isNumber := number(s)
	return !isNumber
}

// templateRows are how many rows of a template are prepared for filling in.
const templateRows = 1000

// WriteTemplate writes an empty xlsx to be filled in and read with the same
// columns: required ones are marked with an asterisk, choices drop down, and
// cells are text, so that nothing typed is turned into something else.
func WriteTemplate(w io.Writer, name string, columns []Column) error {
	f := excelize.NewFile()
	defer f.Close()
	st, err := newStyles(f)
	if err != nil {
		return err
	}
	sheet := sheetName(name, 0, map[string]bool{})
	err = f.SetSheetName("Sheet1", sheet)
	for i, c := range columns {
		title := c.Title
		if c.Required {
			title += "*"
		}
		col, _ := excelize.ColumnNumberToName(i + 1)
		err = errors.Join(err,
			f.SetColStyle(sheet, col, st.text),
			f.SetColWidth(sheet, col, col, float64(max(width(title), 10)+4)),
			f.SetCellValue(sheet, col+"1", cellText(title)),
			f.SetCellStyle(sheet, col+"1", col+"1", st.header))
		var names []string
		switch {
		case c.Type == Bool:
			names = []string{"是", "否"}
		case c.Type == Choice && !c.Many:
			for _, o := range c.Options {
				names = append(names, o.names()[0])
			}
		}
		// A list in a cell holds 255 characters and no commas.
		if joined := strings.Join(names, ","); len(names) > 0 && utf8.RuneCountInString(joined) <= 255 && strings.Count(joined, ",") == len(names)-1 {
			v := excelize.NewDataValidation(true)
			v.SetSqref(fmt.Sprintf("%s2:%s%d", col, col, templateRows))
			err = errors.Join(err, v.SetDropList(names), f.AddDataValidation(sheet, v))
		}
	}
	err = errors.Join(err, f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	if err != nil {
		return err
	}
	return f.Write(w)
}
