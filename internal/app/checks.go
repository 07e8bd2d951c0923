package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"shangliang/internal/db"
	"shangliang/internal/doctor"
	"shangliang/internal/ledger"
)

// clocked are the tables of the records that deadlines run for, by kind.
var clocked = map[string]string{
	"proposal": "proposal", "assignment": "assignment", "commitment": "commitment", "digest_instruction": "digest_instruction",
	"evaluation": "assessment", "inspection": "inspection", "key_proposal": "key_proposal", "supervision_task": "supervision_task",
}

// Doctor examines all that the platform keeps.
func (a *App) Doctor() *doctor.Doctor {
	checks := []doctor.Check{
		{ID: "ledger.unsealed", Title: "操作记录没有封存", Cure: "重新封存",
			Find: func(tx *db.Tx) (all []doctor.Finding, err error) {
				found, err := ledger.Unsealed(tx, time.Minute)
				for _, e := range found {
					all = append(all, doctor.Finding{Tenant: e.Tenant, Kind: "ledger", Object: e.ID, Name: e.Action})
				}
				return all, err
			},
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) { return nil, ledger.Await(tx, f.Object) }},
		{ID: "clock.without_object", Title: "期限所属的记录已不存在", Cure: "取消这项期限", Find: strayClocks,
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
				c, err := a.Clocks.Stop(tx, f.Tenant, f.Object, false)
				if err != nil {
					return nil, err
				}
				return []ledger.Row{c.Row()}, nil
			}},
		{ID: "notice.without_delivery", Title: "通知没有发送记录", Cure: "补记为没有送达",
			Find: doctor.Query("notice", `SELECT n.tenant, n.id, n.kind FROM notice n WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.tenant = n.tenant AND d.notice = n.id) ORDER BY n.id`),
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
				return nil, a.Notices.Undelivered(tx, f.Tenant, f.Object)
			}},
		{ID: "file.missing", Title: "文件的内容不在了", Find: a.lostFiles},
		{ID: "file.unknown", Title: "没有记录用到的文件", Cure: "删去文件",
			Find: a.strayFiles,
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
				tx.AfterCommit(func() {
					if err := a.Files.Remove(context.Background(), f.Object); err != nil {
						a.Options.Log.Warn("a file is not removed", "sha256", f.Object, "error", err)
					}
				})
				return nil, nil
			}},
	}
	return doctor.New(a.DB, append(a.Proposals.Checks(), checks...)...)
}

// SealAll seals what waits for it.
func (a *App) SealAll(ctx context.Context) error {
	for {
		if n, err := ledger.Seal(ctx, a.DB, a.Key); n == 0 || err != nil {
			return err
		}
	}
}

func strayClocks(tx *db.Tx) (all []doctor.Finding, err error) {
	for _, kind := range slices.Sorted(maps.Keys(clocked)) {
		found, err := doctor.Query("clock", `SELECT c.tenant, c.id, c.kind FROM clock c WHERE c.state = 'running' AND c.object = $1
			AND NOT EXISTS (SELECT 1 FROM `+clocked[kind]+` o WHERE o.tenant = c.tenant AND o.id = c.object_id) ORDER BY c.id`, kind)(tx)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// lostFiles finds records whose file is not in the store. Only a backup brings
// it back.
func (a *App) lostFiles(tx *db.Tx) (all []doctor.Finding, err error) {
	files, err := a.named(tx)
	there := map[string]bool{}
	for _, f := range files {
		is, known := there[f.sha]
		if !known {
			if is, err = a.Files.Has(tx.Context(), f.sha); err != nil {
				return nil, err
			}
			there[f.sha] = is
		}
		if !is {
			all = append(all, doctor.Finding{Tenant: f.tenant, Kind: "file", Object: f.sha, Name: f.name})
		}
	}
	return all, err
}

// underWay is how long a file may be kept before the record that names it.
const underWay = time.Hour

// strayFiles finds stored files that no record names, of uploads that were never
// finished. They belong to the tenant above all others.
func (a *App) strayFiles(tx *db.Tx) (all []doctor.Finding, err error) {
	files, err := a.named(tx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range files {
		known[f.sha] = true
	}
	top := ""
	for info, err := range a.Files.List(tx.Context()) {
		if err != nil {
			return nil, err
		}
		if known[info.SHA256] || time.Since(info.At) < underWay {
			continue
		}
		if top == "" {
			if err := tx.Get(`SELECT id FROM tenant WHERE parent IS NULL ORDER BY id LIMIT 1`, nil, &top); err != nil {
				return nil, err
			}
		}
		all = append(all, doctor.Finding{Tenant: top, Kind: "file", Object: info.SHA256, Name: info.SHA256[:12]})
	}
	return all, nil
}
