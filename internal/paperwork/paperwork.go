// Package paperwork draws up the documents (文书) of proposals: the form, the
// handling sheet, the reply, the form for feedback; of a session the lists of
// what departments got, the catalogue and the collection.
//
// Main types: [Service], [Paper] for what there is of one case, [Run] for what
// takes a while and is fetched later. It owns the table paper_run and the folder
// of papers. It deliberately decides nothing about who sees what: every document
// is drawn from what package proposal gives to the person who asks for it, in
// the role in which they ask.
package paperwork

import (
	"embed"
	"io"
	"io/fs"

	"shangliang/internal/blob"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/paper"
	"shangliang/internal/proposal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// Collect is the permission to have catalogues and collections made of the
// proposals that one may see.
const Collect = "paperwork.collect"

// Permissions of this package.
var Permissions = []org.Permission{
	{ID: Collect, Title: "生成提案目录和汇编", Roles: []string{"member", "collective", "clerk", "reviewer", "review_chair", "dispatcher", "leader", "unit_clerk", "unit_officer", "unit_leader"}},
}

// Notices are the kinds of notice about documents.
var Notices = []notify.Kind{
	{ID: "paperwork.ready", Name: "文书已生成", Title: "“{title}”已经生成", Body: "请在{due}前下载，之后自动删除"},
	{ID: "paperwork.failed", Name: "文书已生成", Title: "“{title}”没有生成", Body: "{reason}"},
}

// Formats in which documents are written.
var Formats = []document.Kind{document.DOCX, document.PDF}

// Service draws documents. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	org       *org.Service
	proposals *proposal.Service
	notices   *notify.Notifier
	queue     *jobs.Queue
	faces     *paper.Faces
	files     blob.Store
}

// New makes the service. The files of large documents lie in a store of their
// own, from which they are swept.
func New(d *db.DB, o *org.Service, proposals *proposal.Service, notices *notify.Notifier, queue *jobs.Queue, faces *paper.Faces, files blob.Store) *Service {
	return &Service{d, o, proposals, notices, queue, faces, files}
}

// Ready reports whether PDF can be written; the error says what to do.
func (s *Service) Ready() error { return s.faces.Ready() }

// Write writes a document in a format.
func (s *Service) Write(w io.Writer, format document.Kind, d *paper.Document) error {
	switch format {
	case document.DOCX:
		return paper.DOCX(w, d)
	case document.PDF:
		return s.faces.PDF(w, d)
	}
	return errs.Missing()
}

// Files is the store of the files that were made.
func (s *Service) Files() blob.Store { return s.files }
