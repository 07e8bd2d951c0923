package publish

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"strings"
	"unicode/utf8"

	"shangliang/internal/blob"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/proposal"
)

// mostFileText bounds the text that is read of one file.
const mostFileText = 300_000

// fileText reads the text of an attachment, so that it can be looked through. ok
// is false for what holds no text that can be read: pictures, PDF, old formats.
func (s *Service) fileText(ctx context.Context, f *proposal.File) (text string, ok bool, err error) {
	switch f.Kind {
	case "docx", "txt", "csv":
	default:
		return "", false, nil
	}
	b, err := blob.Read(ctx, s.files, f.SHA256)
	if errs.Is(err, errs.NotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	switch {
	case f.Kind == "docx":
		text, err = wordText(b)
	case len(b) > mostFileText || !utf8.Valid(b):
		return "", false, nil
	default:
		text = han.Clean(string(b))
	}
	if err != nil || len(text) > mostFileText || strings.TrimSpace(text) == "" {
		return "", false, nil // what cannot be read cannot be published
	}
	return text, true, nil
}

// wordText is the text of a Word document: its paragraphs, those of tables
// included. Comments, headers and what was deleted are not in it.
func wordText(file []byte) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return "", err
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	inText := false
	d := xml.NewDecoder(io.LimitReader(f, 20<<20))
	for b.Len() <= mostFileText {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "t":
				inText = true
			case "tab":
				b.WriteByte('\t')
			case "br":
				b.WriteByte('\n')
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "t":
				inText = false
			case "p":
				b.WriteByte('\n')
			}
		case xml.CharData:
			if inText {
				b.Write(t)
			}
		}
	}
	return han.Clean(b.String()), nil
}
