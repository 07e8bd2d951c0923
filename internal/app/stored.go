package app

import (
	"context"
	"slices"

	"shangliang/internal/blob"
	"shangliang/internal/db"
)

// CheckFiles reads every stored file and says how many there are, which are
// damaged, and which of those that records name are not there.
func (a *App) CheckFiles(ctx context.Context) (n int, damaged, missing []string, err error) {
	// The records first: what is added meanwhile is there when they are read.
	var named []string
	if err := a.DB.Read(ctx, func(tx *db.Tx) error {
		named = nil
		for _, m := range a.Modules {
			if m.Stored == "" {
				continue
			}
			all, err := db.Column[string](tx, `SELECT DISTINCT sha256 FROM `+m.Stored)
			if err != nil {
				return err
			}
			named = append(named, all...)
		}
		return nil
	}); err != nil {
		return 0, nil, nil, err
	}
	there := map[string]bool{}
	for info, err := range a.Files.List(ctx) {
		if err != nil {
			return 0, nil, nil, err
		}
		there[info.SHA256] = true
	}
	slices.Sort(named)
	for _, sha := range slices.Compact(named) {
		if !there[sha] {
			missing = append(missing, sha)
		}
	}
	n, err = blob.Verify(ctx, a.Files, func(sha string, why error) {
		a.Options.Log.WarnContext(ctx, "a stored file is damaged", "sha256", sha, "error", why)
		damaged = append(damaged, sha)
	})
	return n, damaged, missing, err
}
