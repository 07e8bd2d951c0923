package app

import (
	"path/filepath"

	"shangliang/internal/blob"
	"shangliang/internal/module"
	"shangliang/internal/paper"
	"shangliang/internal/paperwork"
	"shangliang/internal/paperwork/paperworkweb"
)

// paperModule declares the documents of proposals.
var paperModule = module.Module{Name: "paperwork", Title: "文书", Migrations: paperwork.Migrations, Words: paperwork.Words, Permissions: paperwork.Permissions, Notices: paperwork.Notices}

// paperWords are the catalogues of what writes and shows documents.
var paperWords = [][]byte{paper.Words, paperworkweb.Words}

// openPapers makes the service of documents. In the data folder, papers holds
// what was made and fonts the installation's own faces.
func (a *App) openPapers() error {
	files, err := blob.Open(filepath.Join(a.Options.Data, "papers"))
	if err != nil {
		return err
	}
	faces := paper.NewFaces(filepath.Join(a.Options.Data, "fonts"), paper.SystemFolders...)
	a.Papers = paperwork.New(a.DB, a.Org, a.Proposals, a.Notices, a.Jobs, faces, files)
	return nil
}

// paperPages adds the pages of documents.
func (a *App) paperPages(m *module.Module) {
	paperworkweb.Add(m, paperworkweb.Deps{Papers: a.Papers, Org: a.Org})
}
