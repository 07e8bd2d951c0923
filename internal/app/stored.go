package app

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"shangliang/internal/blob"
	"shangliang/internal/db"
)

// named is a stored file that a record names.
type named struct{ tenant, sha, name string }

// within finds the files that a text names.
var within = regexp.MustCompile(`"sha256":"([0-9a-f]{64})"`)

// named lists what the records of all modules name.
func (a *App) named(tx *db.Tx) (all []named, err error) {
	for _, m := range a.Modules {
		for _, s := range m.Stored {
			column := "sha256"
			if s.Text != "" {
				column = s.Text
			}
			rows, err := db.All(tx, func(n *named) []any { return []any{&n.tenant, &n.sha, &n.name} },
				fmt.Sprintf(`SELECT tenant, %s, %s FROM %s`, column, s.Name, s.Table))
			if err != nil {
				return nil, err
			}
			for _, n := range rows {
				if s.Text == "" {
					all = append(all, *n)
					continue
				}
				for _, found := range within.FindAllStringSubmatch(n.sha, -1) {
					all = append(all, named{n.tenant, found[1], n.name})
				}
			}
		}
	}
	return all, nil
}

// CheckFiles reads every stored file and says how many there are, which are
// damaged, and which of those that records name are not there.
func (a *App) CheckFiles(ctx context.Context) (n int, damaged, missing []string, err error) {
	// The records first: what is added meanwhile is there when they are read.
	var files []named
	if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		files, err = a.named(tx)
		return err
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
	for _, f := range files {
		if !there[f.sha] {
			missing = append(missing, f.sha)
		}
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	n, err = blob.Verify(ctx, a.Files, func(sha string, why error) {
		a.Options.Log.WarnContext(ctx, "a stored file is damaged", "sha256", sha, "error", why)
		damaged = append(damaged, sha)
	})
	return n, damaged, missing, err
}
