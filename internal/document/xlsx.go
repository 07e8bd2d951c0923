package document

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/errs"
)

// workbook is what of xl/workbook.xml is needed to find and order the sheets.
type workbook struct {
	Props struct {
		Date1904 string `xml:"date1904,attr"`
	} `xml:"workbookPr"`
	Sheets []struct {
		Name  string `xml:"name,attr"`
		State string `xml:"state,attr"`
		ID    string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
	} `xml:"sheets>sheet"`
}

type relationships struct {
	All []struct {
		ID     string `xml:"Id,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// mostSheets of a file are read: the rest are not tables that people fill in.
const mostSheets = 20

func (t *Table) readXLSX(r io.ReaderAt, size int64, lim Limits) (err error) {
	// The library reads what strangers send; a fault of its own must not be ours.
	defer func() {
		if p := recover(); p != nil {
			err = errs.New(errs.Invalid, errDamaged.Msg)
		}
	}()
	z, err := zip.NewReader(r, size)
	if err != nil {
		return errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	var wb workbook
	var rels relationships
	if err := errors.Join(parsePart(z, "xl/workbook.xml", &wb), parsePart(z, "xl/_rels/workbook.xml.rels", &rels)); err != nil {
		return errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	t.from1904 = wb.Props.Date1904 == "1" || wb.Props.Date1904 == "true"
	targets := map[string]string{}
	for _, rel := range rels.All {
		target := rel.Target
		if !strings.HasPrefix(target, "/") {
			target = path.Join("xl", target)
		}
		targets[rel.ID] = strings.TrimPrefix(target, "/")
	}
	f, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		UnzipSizeLimit: max(lim.Unpacked, 1), UnzipXMLSizeLimit: 8 * mega,
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd",
	})
	if err != nil {
		return errs.Because(err, errs.Invalid, errDamaged.Msg)
	}
	defer f.Close()
	for _, s := range wb.Sheets {
		if s.State != "" && s.State != "visible" || len(t.sheets) == mostSheets {
			continue
		}
		sh, err := readSheet(f, s.Name, lim)
		if err != nil {
			return err
		}
		if err := fillMerged(&sh, z, targets[s.ID]); err != nil {
			return errs.Because(err, errs.Invalid, errDamaged.Msg)
		}
		t.sheets = append(t.sheets, sh)
	}
	return nil
}

func parsePart(z *zip.Reader, name string, into any) error {
	part, err := z.Open(name)
	if err != nil {
		return err
	}
	defer part.Close()
	return xml.NewDecoder(part).Decode(into)
}

// readSheet reads each row twice side by side: as it is shown, which keeps
// leading zeros and what a format adds, and as it is stored, which keeps the
// digits of long numbers and the days behind dates.
func readSheet(f *excelize.File, name string, lim Limits) (sheet, error) {
	s := sheet{name: name}
	damaged := func(err error) (sheet, error) { return s, errs.Because(err, errs.Invalid, errDamaged.Msg) }
	shown, err := f.Rows(name)
	if err != nil {
		return s, nil // a sheet of another kind, such as a chart
	}
	defer shown.Close()
	stored, err := f.Rows(name)
	if err != nil {
		return damaged(err)
	}
	defer stored.Close()
	for line := 1; shown.Next() && stored.Next(); line++ {
		row := Row{Line: line}
		if row.Cells, err = shown.Columns(); err != nil {
			return damaged(err)
		}
		raw, err := stored.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return damaged(err)
		}
		for i, c := range row.Cells {
			if i >= len(raw) || raw[i] == c {
				continue
			}
			if row.raw == nil {
				row.raw = make([]string, len(row.Cells))
			}
			row.raw[i] = raw[i]
			if _, ok := number(raw[i]); ok && (scientific(c) || strings.HasPrefix(c, "###")) {
				row.Cells[i] = digits(raw[i])
			}
		}
		if err := s.add(row, lim); err != nil {
			return s, err
		}
	}
	if err := shown.Error(); err != nil {
		return damaged(err)
	}
	return s, nil
}

// fillMerged gives every row of a merged range the value that the range shows:
// headers of two rows, and values that hold for several rows. Across columns
// nothing is copied, since a note that spans columns is not a value of each.
func fillMerged(s *sheet, z *zip.Reader, part string) error {
	ranges, err := mergedRanges(z, part)
	if err != nil || len(s.rows) == 0 {
		return err
	}
	at := make(map[int]int, len(s.rows)) // line → index
	for i, row := range s.rows {
		at[row.Line] = i
	}
	for _, m := range ranges {
		top, ok := at[m.top]
		col := m.left - 1
		if !ok || col >= len(s.rows[top].Cells) || s.rows[top].Cells[col] == "" {
			continue
		}
		value, raw := s.rows[top].Cells[col], s.rows[top].stored(col)
		// Rows that are blank but for the range stay out.
		for i := top + 1; i < len(s.rows) && s.rows[i].Line <= m.bottom; i++ {
			s.rows[i].set(col, value, raw)
		}
	}
	return nil
}

// stored returns what lies behind a cell where it differs from what it shows.
func (r *Row) stored(col int) string {
	if col < len(r.raw) {
		return r.raw[col]
	}
	return ""
}

// set puts a value into a cell that has none.
func (r *Row) set(col int, value, raw string) {
	for len(r.Cells) <= col {
		r.Cells = append(r.Cells, "")
	}
	if r.Cells[col] != "" {
		return
	}
	r.Cells[col] = value
	if raw != "" {
		for len(r.raw) < len(r.Cells) {
			r.raw = append(r.raw, "")
		}
		r.raw[col] = raw
	}
}

type mergedRange struct{ left, top, right, bottom int }

// mergedRanges reads only the merged ranges of a sheet, which stand after all
// of its cells, without building the sheet in memory.
func mergedRanges(z *zip.Reader, part string) ([]mergedRange, error) {
	f, err := z.Open(part)
	if err != nil {
		return nil, nil // the library found the sheet elsewhere: no ranges then
	}
	defer f.Close()
	var all []mergedRange
	br := bufio.NewReaderSize(f, 64<<10)
	for {
		b, err := br.ReadSlice('>')
		if i := bytes.LastIndexByte(b, '<'); i >= 0 && bytes.Contains(b[i:], []byte("mergeCell ")) {
			if m, ok := parseRange(b[i:]); ok && len(all) < 100_000 {
				all = append(all, m)
			}
		}
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil && err != bufio.ErrBufferFull:
			return nil, err
		}
	}
}

func parseRange(tag []byte) (m mergedRange, ok bool) {
	_, ref, ok := strings.Cut(string(tag), `ref="`)
	if !ok {
		return m, false
	}
	ref, _, _ = strings.Cut(ref, `"`)
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return m, false
	}
	var err1, err2 error
	m.left, m.top, err1 = excelize.CellNameToCoordinates(from)
	m.right, m.bottom, err2 = excelize.CellNameToCoordinates(to)
	return m, err1 == nil && err2 == nil && m.left <= m.right && m.top <= m.bottom
}

// number reads a stored number.
func number(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

func scientific(s string) bool {
	return strings.ContainsAny(s, "eE") && strings.Trim(s, "0123456789.+-eE") == ""
}

// digits writes a stored number without an exponent.
func digits(s string) string {
	if f, ok := number(s); ok && scientific(s) && math.Abs(f) < 1e18 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return s
}
