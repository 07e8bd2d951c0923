package notify

import (
	"context"
	"maps"
	"slices"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/ledger"
)

// Preference is where a person wants a kind of notice, besides the platform.
type Preference struct {
	Kind  Kind
	Mail  bool // wanted
	SMS   bool
	Texts bool // the tenant sends text messages of this kind
}

// off is what a person does not want.
type off struct{ mail, sms bool }

// Preferences lists the actor's for the kinds that go anywhere outside, in the
// order in which they are declared.
func (n *Notifier) Preferences(ctx context.Context) (all []Preference, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	var chosen map[string]off
	var gateways []*Gateway
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		if chosen, err = offOf(tx, a.Tenant, a.Person); err != nil {
			return err
		}
		gateways, err = gatewaysOf(tx, a.Tenant)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, k := range n.kinds {
		p := Preference{Kind: k, Mail: k.Mail && (k.Must || !chosen[k.ID].mail)}
		p.Texts = slices.ContainsFunc(gateways, func(g *Gateway) bool { return g.Kind == gateway.SMS && g.carries(k.ID) })
		p.SMS = p.Texts && !chosen[k.ID].sms
		if k.Mail || p.Texts {
			all = append(all, p)
		}
	}
	return all, nil
}

// offOf is what a person does not want, by kind.
func offOf(tx *db.Tx, tenant, person string) (map[string]off, error) {
	type row struct {
		kind      string
		mail, sms bool
	}
	rows, err := db.All(tx, func(r *row) []any { return []any{&r.kind, &r.mail, &r.sms} },
		`SELECT kind, mail, sms FROM notice_preference WHERE tenant = $1 AND person = $2`, tenant, person)
	all := map[string]off{}
	for _, r := range rows {
		all[r.kind] = off{!r.mail, !r.sms}
	}
	return all, err
}

// Wanted says for kinds whether they are wanted on a channel; what it does not
// name stays.
type Wanted struct {
	Mail map[string]bool `json:"mail,omitempty"`
	SMS  map[string]bool `json:"sms,omitempty"`
}

// Prefer chooses for the actor. The mail of a kind that must be read cannot be
// switched off.
func (n *Notifier) Prefer(ctx context.Context, w Wanted) error {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return err
	}
	if a.Person == "" {
		return errs.New(errs.Invalid, "当前身份不对应名册中的人员")
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if _, ok, err := ledger.Replayed(tx); ok || err != nil {
			return err
		}
		chosen, err := offOf(tx, a.Tenant, a.Person)
		if err != nil {
			return err
		}
		changed := map[string]bool{}
		for id, yes := range w.Mail {
			if k := n.byID[id]; k == nil || !k.Mail {
				return errs.New(errs.Invalid, "没有这类邮件通知")
			} else if k.Must && !yes {
				return errs.New(errs.Invalid, "这类通知的邮件不能关闭")
			}
			chosen[id], changed[id] = off{!yes, chosen[id].sms}, true
		}
		for id, yes := range w.SMS {
			if n.byID[id] == nil {
				return errs.New(errs.Invalid, "没有这类通知")
			}
			chosen[id], changed[id] = off{chosen[id].mail, !yes}, true
		}
		var rows []ledger.Row
		for _, id := range slices.Sorted(maps.Keys(changed)) {
			if _, err := tx.Exec(`INSERT INTO notice_preference (tenant, person, kind, mail, sms) VALUES ($1,$2,$3,$4,$5)
				ON CONFLICT (tenant, person, kind) DO UPDATE SET mail = excluded.mail, sms = excluded.sms`, a.Tenant, a.Person, id, !chosen[id].mail, !chosen[id].sms); err != nil {
				return err
			}
			rows = append(rows, ledger.RowOf("notice_preference", "tenant", a.Tenant, "person", a.Person, "kind", id))
		}
		return ledger.Append(tx, ledger.Entry{Action: "notify.prefer", Kind: "person", Object: a.Person, Data: w, Rows: rows})
	})
}

// switchedOff returns which of the persons want a kind not everywhere.
func switchedOff(tx *db.Tx, tenant, kind string, persons []string) (map[string]off, error) {
	if len(persons) == 0 {
		return nil, nil
	}
	type row struct {
		person    string
		mail, sms bool
	}
	list, args := db.In([]any{tenant, kind}, persons)
	rows, err := db.All(tx, func(r *row) []any { return []any{&r.person, &r.mail, &r.sms} },
		`SELECT person, mail, sms FROM notice_preference WHERE tenant = $1 AND kind = $2 AND NOT (mail AND sms) AND person IN `+list, args...)
	all := map[string]off{}
	for _, r := range rows {
		all[r.person] = off{!r.mail, !r.sms}
	}
	return all, err
}
