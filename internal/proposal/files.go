package proposal

import (
	"context"
	"io"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// Upload is a file that somebody adds to a case.
type Upload struct {
	Purpose    string // "attachment", "scan", "reply" or "evidence"
	Assignment string // of a department's file
	Name       string
	Size       int64
	Content    interface {
		io.Reader
		io.ReaderAt
	}
}

// maxFiles bounds the files of one case.
const maxFiles = 50

// FileLimits say what may be uploaded to a case.
func (s *Service) FileLimits() document.Limits { return document.Defaults() }

// Attach adds a file. What it really is decides whether it is taken, not its
// name; the bytes are on disk before the case points to them.
func (s *Service) Attach(ctx context.Context, id string, up Upload) (f *File, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	// Who may not add a file must not fill the disk either: asked before the
	// bytes are kept, and again with the transaction that needs it. This first
	// look is no act, so it has no key.
	if err := s.db.Read(actor.WithRequest(ctx, actor.Request{}), func(tx *db.Tx) error {
		w, _, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		return w.mayAttach(up)
	}); err != nil {
		return nil, err
	}
	kind, err := document.Inspect(up.Name, up.Content, up.Size, s.FileLimits())
	if err != nil {
		return nil, err
	}
	info, err := s.files.Put(ctx, up.Content, s.FileLimits().Kinds[kind])
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil {
			return err
		}
		if done {
			i := slices.IndexFunc(w.Files, func(x *File) bool { return x.SHA256 == info.SHA256 })
			if i >= 0 {
				f = w.Files[i]
			}
			return nil
		}
		if err := w.mayAttach(up); err != nil {
			return err
		}
		if len(w.Files) >= maxFiles {
			return errs.New(errs.Conflict, "一件提案最多 %d 个文件", maxFiles)
		}
		f = &File{Tenant: w.Tenant, ID: db.NewID(), Proposal: id, Assignment: up.Assignment, Purpose: up.Purpose, Name: document.FileName(up.Name),
			Kind: string(kind), Size: info.Size, SHA256: info.SHA256, Person: a.Person, At: db.At(tx.Now())}
		if err := insertFile(tx, f); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "proposal.attach", Kind: "proposal", Object: id, From: w.State, To: w.State,
			Data: map[string]any{"file": f.ID, "sha256": f.SHA256, "purpose": f.Purpose}, Rows: []ledger.Row{f.row()}})
	})
	return f, err
}

// mayAttach: proposers while they write, the office scans of papers at any
// time, a department to its own assignment until its answer is delivered, and
// evidence as long as promises are open.
func (w *work) mayAttach(up Upload) error {
	switch up.Purpose {
	case "attachment":
		return w.mayWrite()
	case "scan":
		if w.a.Can("proposal.paper") {
			return nil
		}
	case "reply", "evidence":
		as, err := w.Case.Assignment(up.Assignment)
		if err != nil || as.Unit != w.a.Body || !w.a.Can("assignment.handle") {
			return errs.Missing()
		}
		if up.Purpose == "reply" && !as.Open() {
			return errs.New(errs.Conflict, "答复已经送达，不能再加文件")
		}
		return nil
	}
	return actor.Denied
}

// Detach takes a file off a case that is still being written. The bytes stay:
// another case may have the same, and [Service.Reattach] takes it back.
func (s *Service) Detach(ctx context.Context, id, file string) error {
	return s.remove(ctx, id, file, true)
}

// Reattach puts a file back that who asks has taken off, as long as they may
// still add files.
func (s *Service) Reattach(ctx context.Context, id, file string) error {
	return s.remove(ctx, id, file, false)
}

func (s *Service) remove(ctx context.Context, id, file string, removed bool) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, done, err := s.begin(tx, a, id)
		if err != nil || done {
			return err
		}
		f, err := fileOf(tx, w.Tenant, id, file)
		if err != nil {
			return err
		}
		if f.Removed == removed {
			return errs.Missing()
		}
		if f.Person != a.Person {
			return actor.Denied
		}
		if err := w.mayAttach(Upload{Purpose: f.Purpose, Assignment: f.Assignment}); err != nil {
			return err
		}
		action := "proposal.detach"
		if !removed {
			if action = "proposal.reattach"; len(w.Files) >= maxFiles {
				return errs.New(errs.Conflict, "一件提案最多 %d 个文件", maxFiles)
			}
		}
		if _, err := tx.Exec(`UPDATE proposal_file SET removed = $1 WHERE tenant = $2 AND id = $3`, removed, w.Tenant, file); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "proposal", Object: id, From: w.State, To: w.State,
			Data: map[string]any{"file": f.ID}, Rows: []ledger.Row{f.row()}})
	})
}

// OpenFile opens a file of a case that the actor may see.
func (s *Service) OpenFile(ctx context.Context, id, file string) (*File, io.ReadSeekCloser, error) {
	c, err := s.Get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range c.Files {
		if f.ID == file {
			content, err := s.files.Get(ctx, f.SHA256)
			return f, content, err
		}
	}
	return nil, nil, errs.Missing()
}
