package document

import (
	"io"
	"net/http"
)

// Serve answers with a workbook to be saved under a name (without extension).
// What goes wrong before the first byte is returned with nothing sent, so that it
// can still be answered as an error.
func Serve(w http.ResponseWriter, name string, sheets ...Sheet) error {
	return WriteTable(&download{w, name, false}, sheets...)
}

// ServeTemplate answers with an empty workbook to fill in.
func ServeTemplate(w http.ResponseWriter, name string, columns []Column) error {
	return WriteTemplate(&download{w, name, false}, name, columns)
}

// download writes an answer that says what it is once there is something of it.
type download struct {
	http.ResponseWriter
	name  string
	begun bool
}

var _ io.Writer = (*download)(nil)

func (b *download) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		h := b.Header()
		h.Set("Content-Type", ContentType(XLSX))
		h.Set("Content-Disposition", Disposition(b.name+".xlsx", XLSX, false))
		h.Set("Cache-Control", "private, no-store")
	}
	return b.ResponseWriter.Write(p)
}
