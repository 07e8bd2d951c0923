// Package attachment keeps which files belong to a record of a capability: a
// signed plan to a key proposal, the minutes to a meeting.
//
// A service keeps the bytes first ([Store.Keep]) and adds the file in the
// transaction of its own act ([Add]), naming its [File.Row] in the ledger. Main
// types: [Store], [File].
//
// It owns the table attachment. It deliberately checks no permission and writes
// no ledger entry: who may add or read a file is for the capability to say. The
// files of a case are older than this package and stay with proposal.
package attachment

import (
	"context"
	"embed"
	"io"
	"io/fs"

	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Most bounds the files of one record.
const Most = 50

// Upload is a file that somebody sends.
type Upload struct {
	Purpose string // a word of the capability: "scan"
	Name    string
	Size    int64
	Content interface {
		io.Reader
		io.ReaderAt
	}
}

// Kept is an upload whose bytes are on disk, not yet part of any record.
type Kept struct {
	purpose, name, kind, sha256 string
	size                        int64
}

// Store keeps the bytes.
type Store struct{ blobs blob.Store }

// New makes the store.
func New(blobs blob.Store) *Store { return &Store{blobs} }

// Limits say what is taken.
func (s *Store) Limits() document.Limits { return document.Defaults() }

// Keep looks at what an upload really is and keeps its bytes. Ask before whether
// the person may add it, so that nobody fills the disk who may not.
func (s *Store) Keep(ctx context.Context, up Upload) (*Kept, error) {
	kind, err := document.Inspect(up.Name, up.Content, up.Size, s.Limits())
	if err != nil {
		return nil, err
	}
	info, err := s.blobs.Put(ctx, up.Content, s.Limits().Kinds[kind])
	if err != nil {
		return nil, err
	}
	return &Kept{up.Purpose, document.FileName(up.Name), string(kind), info.SHA256, info.Size}, nil
}

// Open opens a file for reading; the caller closes it and keeps ctx until then.
func (s *Store) Open(ctx context.Context, f *File) (io.ReadSeekCloser, error) {
	return s.blobs.Get(ctx, f.SHA256)
}

// File is one file of a record.
type File struct {
	Tenant, ID, Object, ObjectID string
	Purpose, Name, Kind          string
	Size                         int64
	SHA256, Person               string
	At                           db.Time
}

const fileColumns = `tenant, id, object, object_id, purpose, name, kind, size, sha256, person, at`

func (f *File) fields() []any {
	return []any{&f.Tenant, &f.ID, &f.Object, &f.ObjectID, &f.Purpose, &f.Name, &f.Kind, &f.Size, &f.SHA256, &f.Person, &f.At}
}

// Row names the file's row for the entry of the act that added it.
func (f *File) Row() ledger.Row { return ledger.RowOf("attachment", "tenant", f.Tenant, "id", f.ID) }

// Add makes a kept upload part of a record. More than [Most] files of one record
// are a Conflict.
func Add(tx *db.Tx, tenant, object, id, person string, k *Kept) (*File, error) {
	f := &File{Tenant: tenant, ID: db.NewID(), Object: object, ObjectID: id, Purpose: k.purpose, Name: k.name, Kind: k.kind, Size: k.size,
		SHA256: k.sha256, Person: person, At: db.At(tx.Now())}
	var n int
	if err := tx.Get(`SELECT COUNT(*) FROM attachment WHERE tenant = $1 AND object = $2 AND object_id = $3`, []any{tenant, object, id}, &n); err != nil {
		return nil, err
	}
	if n >= Most {
		return nil, errs.New(errs.Conflict, "最多 %d 个文件", Most)
	}
	_, err := tx.Exec(`INSERT INTO attachment (`+fileColumns+`) VALUES (`+db.Marks(11)+`)`,
		f.Tenant, f.ID, f.Object, f.ObjectID, f.Purpose, f.Name, f.Kind, f.Size, f.SHA256, f.Person, f.At)
	return f, err
}

// Of lists the files of a record, the oldest first.
func Of(tx *db.Tx, tenant, object, id string) ([]*File, error) {
	return db.All(tx, (*File).fields, `SELECT `+fileColumns+` FROM attachment WHERE tenant = $1 AND object = $2 AND object_id = $3 ORDER BY at, id`, tenant, object, id)
}

// Find returns one of a record's files, else NotFound.
func Find(tx *db.Tx, tenant, object, id, file string) (*File, error) {
	return db.One(tx, (*File).fields, `SELECT `+fileColumns+` FROM attachment WHERE tenant = $1 AND object = $2 AND object_id = $3 AND id = $4`, tenant, object, id, file)
}
