package rule

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/ledger"
)

// Current returns the version in force today in the actor's tenant.
func (r *Rules) Current(ctx context.Context) (v *Version, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		v, err = r.Now(tx, a.Tenant)
		return err
	})
	return v, err
}

// Get returns one version of the actor's tenant.
func (r *Rules) Get(ctx context.Context, n int) (v *Version, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		v, err = r.Load(tx, a.Tenant, n)
		return err
	})
	return v, err
}

// List returns the versions of the actor's tenant, the newest first, ending with
// version 0.
func (r *Rules) List(ctx context.Context) (all []*Version, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		all, err = r.Versions(tx, a.Tenant)
		return err
	})
	return append(all, r.Defaults(a.Tenant)), err
}

// Save makes a new version out of the newest one and changes (setting id → text
// form), in force from validFrom on; none is today. base is the number of the
// version that the person looked at: if it is no longer the newest, Conflict.
// Wrong values are Invalid with a field for each setting, the day as
// "valid_from". It needs [Manage].
//
// A version's day is never in the past, since cases began under what was in
// force then, and never before that of the version it is built on. A code may be
// retired but not dropped: old cases name it.
func (r *Rules) Save(ctx context.Context, changes map[string]string, validFrom calendar.Date, note string, base int) (v *Version, err error) {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return nil, err
	}
	note = strings.TrimSpace(note)
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		if done, ok, err := ledger.Replayed(tx); err != nil {
			return err
		} else if ok {
			n, err := strconv.Atoi(done)
			if err != nil {
				return err
			}
			v, err = r.Load(tx, a.Tenant, n)
			return err
		}
		versions, err := r.Versions(tx, a.Tenant)
		if err != nil {
			return err
		}
		last, from := 0, r.Defaults(a.Tenant) // last: also a withdrawn one has its number
		for i, old := range versions {
			if i == 0 {
				last = old.N
			}
			if !old.Withdrawn {
				from = old
				break
			}
		}
		if base != from.N {
			return errs.New(errs.Conflict, "规则刚刚被其他人修改过（现为第 %d 版），请查看后再保存；您填写的内容没有丢失", from.N)
		}
		today := calendar.On(tx.Now())
		if validFrom == "" {
			validFrom = max(today, from.ValidFrom)
		}
		var wrong errs.Fields
		wrong.Check(validFrom >= today, "valid_from", "生效日期不能早于今天：已经开始的办理按当时的规则执行")
		wrong.Check(validFrom >= from.ValidFrom, "valid_from", "生效日期不能早于第 %d 版的生效日期 %s", from.N, from.ValidFrom.String())
		wrong.Check(utf8.RuneCountInString(note) <= 1000, "note", "最多 %d 个字", 1000)
		settings, changed := r.apply(from, changes, &wrong)
		if err := wrong.Err(); err != nil {
			return err
		}
		if len(changed) == 0 {
			return errs.New(errs.Invalid, "没有需要保存的修改")
		}
		b, err := json.Marshal(settings)
		if err != nil {
			return err
		}
		n := last + 1
		if _, err := tx.Exec(`INSERT INTO rule_version (`+versionColumns+`) VALUES (`+db.Marks(11)+`)`,
			a.Tenant, n, db.NewID(), string(validFrom), from.N, string(b), note, a.Person, a.Name, db.At(tx.Now()), false); err != nil {
			return err
		}
		object := strconv.Itoa(n)
		if err := ledger.Append(tx, ledger.Entry{Action: "rule.save", Kind: "rule_version", Object: object, Note: note,
			Data: map[string]any{"valid_from": validFrom, "base": from.N, "changed": changed},
			Rows: []ledger.Row{ledger.RowOf("rule_version", "tenant", a.Tenant, "n", n)}}); err != nil {
			return err
		}
		v, err = r.Load(tx, a.Tenant, n)
		return err
	})
	return v, err
}

// apply returns the whole settings after the changes, so that a later release
// with other defaults changes no version, and the ids that differ.
func (r *Rules) apply(from *Version, changes map[string]string, wrong *errs.Fields) (settings map[string]string, changed []string) {
	settings = map[string]string{}
	for _, def := range r.defs {
		settings[def.ID] = from.Raw(def.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(changes)) {
		def := r.byID[id]
		if def == nil {
			wrong.Add(id, "没有这项规则")
			continue
		}
		val, err := def.parse(changes[id])
		if err != nil {
			*wrong = append(*wrong, fieldsOf(err)...)
			continue
		}
		for _, c := range compareCodes(from.get(id).codes, val.codes) {
			wrong.Check(c.After != nil, id, "代码“%s”可能已被使用，不能删除，只能停用", c.Key)
		}
		if val.text != settings[id] {
			settings[id] = val.text
			changed = append(changed, id)
		}
	}
	return settings, changed
}

// Withdraw takes back the newest version while it is not yet in force. It needs
// [Manage].
func (r *Rules) Withdraw(ctx context.Context, n int) error {
	a, err := actor.Require(ctx, Manage)
	if err != nil {
		return err
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		if _, ok, err := ledger.Replayed(tx); ok || err != nil {
			return err
		}
		v, err := r.Load(tx, a.Tenant, n)
		if err != nil {
			return err
		}
		if n == 0 || v.Withdrawn || v.ValidFrom <= calendar.On(tx.Now()) {
			return errs.New(errs.Conflict, "只能撤回尚未生效的规则版本")
		}
		var built int
		if err := tx.Get(`SELECT COUNT(*) FROM rule_version WHERE tenant = $1 AND base = $2 AND NOT withdrawn`, []any{a.Tenant, n}, &built); err != nil {
			return err
		}
		if built > 0 {
			return errs.New(errs.Conflict, "后面的版本建立在这一版之上，请先撤回后面的版本")
		}
		if err := db.Touch(tx.Exec(`UPDATE rule_version SET withdrawn = $1 WHERE tenant = $2 AND n = $3 AND NOT withdrawn`, true, a.Tenant, n)); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "rule.withdraw", Kind: "rule_version", Object: strconv.Itoa(n),
			Rows: []ledger.Row{ledger.RowOf("rule_version", "tenant", a.Tenant, "n", n)}})
	})
}

func fieldsOf(err error) errs.Fields {
	if e, ok := err.(*errs.Error); ok {
		return e.Fields
	}
	return nil
}
