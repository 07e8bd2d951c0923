package document

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/han"
)

// Table is a file of rows and columns as it came in. [Table.Read] makes records
// of it; what it found is then in Sheet, Header, HeaderLine and Unknown.
type Table struct {
	Kind       Kind
	Sheet      string   // name of the sheet that was read; empty for csv
	Header     []string // the header row as written
	HeaderLine int      // its line, as the person's program numbers it
	Unknown    []string // headers that no column wanted: not read
	Rows       []Row    // what stands below the header, without blank rows

	sheets   []sheet
	from1904 bool // days are counted from 1904, as on old Macintoshes
}

// Row is one row: its cells as text, and its line as the person's program
// numbers it.
type Row struct {
	Line  int
	Cells []string

	raw []string // xlsx: what is stored where it differs from what is shown
}

type sheet struct {
	name string
	rows []Row
}

// Open reads a table: xlsx, or csv and tsv in any encoding and with any usual
// separator. What cannot be read as one, or holds more than the limits allow,
// is an error that says what to do.
func Open(name string, r io.ReaderAt, size int64, lim Limits) (t *Table, err error) {
	switch ext := extension(name); {
	case macros[ext]:
		return nil, errMacros
	case ext == "xls", ext == "et":
		return nil, errs.New(errs.Invalid, "这是旧版表格（.%s），请另存为 .xlsx 后再上传", ext)
	}
	kind, err := Inspect(name, r, size, lim.only(XLSX, CSV))
	if err != nil {
		return nil, err
	}
	t = &Table{Kind: kind}
	if kind == XLSX {
		err = t.readXLSX(r, size, lim)
	} else {
		err = t.readCSV(r, size, lim)
	}
	if err != nil {
		return nil, err
	}
	for _, s := range t.sheets {
		if len(s.rows) > 0 {
			return t, nil
		}
	}
	return nil, errs.New(errs.Invalid, "表格里没有内容")
}

// add keeps a row that is not blank, within the limits.
func (s *sheet) add(row Row, lim Limits) error {
	last := 0
	for i, c := range row.Cells {
		if c = strings.TrimSpace(c); c != "" {
			last = i + 1
		}
		row.Cells[i] = c
	}
	if last == 0 {
		return nil
	}
	if last > lim.Columns {
		return errs.New(errs.TooLarge, "表格超过了 %d 列，请删去多余的列（第 %d 行）", lim.Columns, row.Line)
	}
	// A header and some lines of title do not count.
	if len(s.rows) >= lim.Rows+titleRows {
		return tooManyRows(lim)
	}
	row.Cells = row.Cells[:last:last]
	s.rows = append(s.rows, row)
	return nil
}

func tooManyRows(lim Limits) error {
	return errs.New(errs.TooLarge, "表格超过了 %d 行，请分成几个文件上传", lim.Rows)
}

func (t *Table) readCSV(r io.ReaderAt, size int64, lim Limits) error {
	b := make([]byte, size)
	if n, err := r.ReadAt(b, 0); n < len(b) {
		return errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	text, _, err := han.Decode(b)
	if err != nil {
		return err
	}
	text = strings.TrimSuffix(text, "\x1a") // the end of a file under DOS
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	skipped := 0
	var sep rune
	if first, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(first, "sep=") && len(first) == 5 {
		sep, text, skipped = rune(first[4]), rest, 1
	} else {
		sep = separator(text)
	}
	if sep == '"' || sep >= 0x80 {
		sep = ','
	}
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.LazyQuotes, c.FieldsPerRecord = sep, true, -1
	s := sheet{}
	for {
		cells, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			line := 0
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				line = pe.StartLine + skipped
			}
			return errs.Because(err, errs.Invalid, "第 %d 行读不懂，请检查引号是否成对", line)
		}
		line, _ := c.FieldPos(0)
		for i, v := range cells {
			cells[i] = plainCell(v)
		}
		if err := s.add(Row{Line: line + skipped, Cells: cells}, lim); err != nil {
			return err
		}
	}
	t.sheets = []sheet{s}
	return nil
}

// plainCell undoes what programs write so that a spreadsheet keeps text as
// text: ="007", and an apostrophe before what would be a formula.
func plainCell(s string) string {
	if inner, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(inner, `"`) {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	if inner, ok := strings.CutPrefix(s, "'"); ok && formulaLike(inner) {
		return inner
	}
	return s
}

// separator returns what separates the cells: that of the usual ones which
// stands in the first lines most evenly.
func separator(text string) rune {
	const candidates = ",\t;|"
	best, bestScore := ',', 0
	for _, sep := range candidates {
		score, quoted, lines, n := 0, false, 0, 0
		for _, r := range text {
			switch {
			case r == '"':
				quoted = !quoted
			case quoted:
			case r == sep:
				n++
			case r == '\n':
				if n > 0 {
					score += 10 + min(n, 10) // a line that has it at all counts most
				}
				n = 0
				lines++
			}
			if lines == 20 {
				break
			}
		}
		if n > 0 {
			score += 10 + min(n, 10)
		}
		if score > bestScore {
			best, bestScore = sep, score
		}
	}
	return best
}
