package publish

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"shangliang/internal/actor"
	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/pdftext"
	"shangliang/internal/picture"
	"shangliang/internal/proposal"
)

// Whole is a copy of a picture or a PDF that shows what the original shows and
// carries nothing else. Nothing can be removed from it: it is public as it is or
// not at all.
type Whole struct {
	Kind     string // pdf, jpeg, png or webp
	SHA256   string
	Size     int64
	Pictures int // in a PDF: what they show cannot be searched
}

// Type is the media type of a whole copy's kind.
func (w *Whole) Type() string { return typeOf(w.Kind) }

// Type is the media type of the copy.
func (f CopyFile) Type() string { return typeOf(f.Kind) }

// IsPicture reports whether small copies of it can be shown.
func (f CopyFile) IsPicture() bool { return f.Kind != "" && f.Kind != "pdf" }

func typeOf(kind string) string {
	switch kind {
	case "":
		return "text/plain"
	case "pdf":
		return "application/pdf"
	}
	return "image/" + kind
}

// original is what was read of an attachment.
type original struct {
	text  string
	whole *Whole // of pictures and PDF
}

// originals keeps what was read of the last files, by digest and kind: reading a
// PDF takes a while and it never changes.
type originals struct {
	mu   sync.Mutex
	read map[string]original
}

// mostOriginals is how many are kept; the longest text is 300 KB.
const mostOriginals = 64

func (o *originals) get(key string) (original, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	x, ok := o.read[key]
	return x, ok
}

func (o *originals) put(key string, x original) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.read == nil || len(o.read) >= mostOriginals {
		o.read = map[string]original{}
	}
	o.read[key] = x
}

// originals reads a case's attachments before a transaction needs them. What
// cannot be read is not among them.
func (s *Service) originals(ctx context.Context, tenant, id string) (map[string]original, error) {
	var files []*proposal.File
	err := s.db.Read(actor.WithRequest(ctx, actor.Request{}), func(tx *db.Tx) (err error) {
		files, err = proposal.FilesOf(tx, tenant, id)
		return err
	})
	all := map[string]original{}
	for _, f := range files {
		if f.Purpose == "scan" {
			continue // never public
		}
		key := f.SHA256 + " " + f.Kind
		x, known := s.kept.get(key)
		if !known {
			var ok bool
			if x, ok, err = s.original(ctx, f); err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			s.kept.put(key, x)
		}
		all[f.ID] = x
	}
	return all, err
}

// original reads an attachment. ok is false for what cannot be read, and so
// cannot be checked: old formats, damaged and encrypted files.
func (s *Service) original(ctx context.Context, f *proposal.File) (x original, ok bool, err error) {
	switch document.Kind(f.Kind) {
	case document.PDF, document.JPG, document.PNG, document.WEBP:
		b, err := s.whole(ctx, f, &x)
		return x, b != nil, err
	}
	x.text, ok, err = s.fileText(ctx, f)
	return x, ok, err
}

// whole makes the whole copy of a picture or a PDF; nil if there can be none.
func (s *Service) whole(ctx context.Context, f *proposal.File, x *original) ([]byte, error) {
	b, err := blob.Read(ctx, s.files, f.SHA256)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x.whole = &Whole{}
	if document.Kind(f.Kind) == document.PDF {
		c, err := pdftext.Clean(b)
		if _, is := errors.AsType[*errs.Error](err); is { // it says why it cannot be read
			return nil, nil
		}
		if err != nil || len(c.Text) > mostFileText {
			return nil, err
		}
		x.text, x.whole.Kind, x.whole.Pictures = han.Clean(c.Text), "pdf", c.Pictures
		b = c.PDF
	} else {
		if _, err := picture.Check(bytes.NewReader(b)); err != nil {
			return nil, nil // what cannot be shown cannot be looked at
		}
		if b, x.whole.Kind, err = picture.Strip(b); err != nil {
			return nil, nil
		}
	}
	x.whole.SHA256, x.whole.Size = digest(string(b)), int64(len(b))
	return b, nil
}

// Preview is the copy of a picture or PDF of a case that would be public, for who
// decides about it. Wants publish.prepare or publish.decide.
func (s *Service) Preview(ctx context.Context, id, file string) (name string, w *Whole, b []byte, err error) {
	a, err := office(ctx)
	if err != nil {
		return "", nil, nil, err
	}
	var files []*proposal.File
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		files, err = proposal.FilesOf(tx, a.Tenant, id)
		return err
	}); err != nil {
		return "", nil, nil, err
	}
	for _, f := range files {
		if f.ID != file || f.Purpose == "scan" {
			continue
		}
		var x original
		switch document.Kind(f.Kind) {
		case document.PDF, document.JPG, document.PNG, document.WEBP:
			if b, err = s.whole(ctx, f, &x); err != nil || b != nil {
				return f.Name, x.whole, b, err
			}
		}
	}
	return "", nil, nil, errs.Missing()
}

// keepWhole keeps the whole copies of a public copy, so that their bytes are on
// disk before anything points to them.
func (s *Service) keepWhole(ctx context.Context, cp *Copy, files []*proposal.File) error {
	for _, public := range cp.Files {
		if public.Kind == "" {
			continue
		}
		there, err := s.files.Has(ctx, public.SHA256)
		if err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		for _, f := range files {
			if "file:"+f.ID != public.Key {
				continue
			}
			b, err := s.whole(ctx, f, &original{})
			if err != nil {
				return err
			}
			if b != nil {
				if _, err := s.files.Put(ctx, bytes.NewReader(b), 0); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readBack is the text of a whole copy as it is kept, read anew. A copy that is
// not clean any more is an error.
func readBack(kind string, b []byte) (string, error) {
	if kind != "pdf" {
		clean, _, err := picture.Strip(b)
		if err == nil && !bytes.Equal(clean, b) {
			err = errors.New("publish: a picture that carries something")
		}
		return "", err
	}
	c, err := pdftext.Clean(b)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(c.PDF, b) {
		return "", errors.New("publish: a PDF that carries something")
	}
	return han.Clean(c.Text), nil
}
