package document

import "net/http"

// Serve answers with a workbook to be saved under a name (without extension).
func Serve(w http.ResponseWriter, name string, sheets ...Sheet) error {
	h := w.Header()
	h.Set("Content-Type", ContentType(XLSX))
	h.Set("Content-Disposition", Disposition(name+".xlsx", XLSX, false))
	h.Set("Cache-Control", "no-store")
	return WriteTable(w, sheets...)
}
