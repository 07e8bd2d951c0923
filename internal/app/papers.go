package app

import (
	"context"
	"path/filepath"

	"shangliang/internal/module"
	"shangliang/internal/paper"
	"shangliang/internal/paperwork"
	"shangliang/internal/paperwork/paperworkweb"
)

// paperModule declares the documents of proposals.
var paperModule = module.Module{Name: "paperwork", Title: "文书", Migrations: paperwork.Migrations, Words: paperwork.Words, Permissions: paperwork.Permissions, Notices: paperwork.Notices}

// paperWords are the catalogues of what writes and shows documents.
var paperWords = [][]byte{paper.Words, paperworkweb.Words}

// openPapers makes the service of documents. The store papers holds what was made;
// the folder fonts of the data the installation's own faces.
func (a *App) openPapers(ctx context.Context) error {
	files, err := a.Options.store(ctx, "papers")
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
