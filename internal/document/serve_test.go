package document

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func TestServe(t *testing.T) {
	w := httptest.NewRecorder()
	rows := [][]any{{"=1+1", 7, "@SUM(A1)"}}
	if err := Serve(w, "提案 一", Sheet{Name: "提案", Header: []string{"案由", "件数", "说明"}, Rows: Each(rows)}); err != nil {
		t.Fatal(err)
	}
	h := w.Header()
	if h.Get("Content-Type") != ContentType(XLSX) || !strings.Contains(h.Get("Content-Disposition"), "attachment") || h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%v", h)
	}
	f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeInlineString, "B2": excelize.CellTypeUnset, "C2": excelize.CellTypeInlineString} {
		formula, _ := f.GetCellFormula("提案", cell)
		if got, err := f.GetCellType("提案", cell); err != nil || got != want || formula != "" {
			t.Errorf("%s is of type %v, formula %q (%v)", cell, got, formula, err)
		}
	}
	if panes, err := f.GetPanes("提案"); err != nil || !panes.Freeze {
		t.Errorf("the header does not stay: %+v, %v", panes, err)
	}

	// What fails halfway is no answer yet.
	w = httptest.NewRecorder()
	gone := errors.New("gone")
	err = Serve(w, "x", Sheet{Name: "x", Header: []string{"a"}, Rows: func(yield func([]any, error) bool) {
		for range 500 {
			if !yield([]any{1}, nil) {
				return
			}
		}
		yield(nil, gone)
	}})
	if !errors.Is(err, gone) || len(w.Header()) > 0 || w.Body.Len() > 0 {
		t.Errorf("%v, %v, %d bytes", err, w.Header(), w.Body.Len())
	}
	w = httptest.NewRecorder()
	if err := ServeTemplate(w, "模板", []Column{{Title: "姓名"}}); err != nil || w.Header().Get("Content-Type") != ContentType(XLSX) {
		t.Errorf("%v, %v", err, w.Header())
	}
}
