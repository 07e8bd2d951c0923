package proposal

import (
	"context"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
)

// SaveRound opens a call for proposals, or changes one: the id empty makes a
// new one.
func (s *Service) SaveRound(ctx context.Context, r Round) (id string, err error) {
	a, err := actor.Require(ctx, "proposal.round")
	if err != nil {
		return "", err
	}
	r.Title, r.Topics = han.Tidy(r.Title), han.Clean(r.Topics)
	var f errs.Fields
	f.Check(r.Title != "" && len([]rune(r.Title)) <= 100, "title", "请填写名称，不超过 %d 个字", 100)
	for _, x := range []struct {
		name string
		day  *calendar.Date
	}{{"opens_on", &r.OpensOn}, {"closes_on", &r.ClosesOn}} {
		day, err := calendar.ParseDate(string(*x.day))
		f.Check(err == nil && day != "", x.name, "请填写日期")
		*x.day = day
	}
	f.Check(r.ClosesOn >= r.OpensOn, "closes_on", "截止日期不能早于开始日期")
	f.Check(len([]rune(r.Topics)) <= 20000, "topics", "不能超过 %d 个字", 20000)
	if err := f.Err(); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		object, done, err := ledger.Replayed(tx)
		if err != nil {
			return err
		}
		if done {
			id = object
			return nil
		}
		session, err := org.CurrentSession(tx, a.Tenant)
		if err != nil {
			return err
		}
		r.Tenant, r.Session = a.Tenant, session.ID
		action := "proposal.change_round"
		if r.ID == "" {
			r.ID, action = db.NewID(), "proposal.open_round"
			_, err = tx.Exec(`INSERT INTO collection_round (`+roundColumns+`) VALUES (`+db.Marks(8)+`)`, r.Tenant, r.ID, r.Session, r.Title, r.OpensOn, r.ClosesOn, r.Topics, 1)
		} else {
			err = db.Touch(tx.Exec(`UPDATE collection_round SET title = $4, opens_on = $5, closes_on = $6, topics = $7, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
				r.Tenant, r.ID, r.Version, r.Title, r.OpensOn, r.ClosesOn, r.Topics))
		}
		if err != nil {
			return err
		}
		id = r.ID
		return ledger.Append(tx, ledger.Entry{Action: action, Kind: "collection_round", Object: id, Rows: []ledger.Row{r.row()}})
	})
	return id, err
}

// Rounds lists the calls for proposals, newest first; everybody signed in sees
// them, since they tell what is hoped for and until when.
func (s *Service) Rounds(ctx context.Context) (all []*Round, today calendar.Date, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		today = org.Today(tx)
		all, err = db.All(tx, (*Round).fields, `SELECT `+roundColumns+` FROM collection_round WHERE tenant = $1 ORDER BY opens_on DESC, id DESC LIMIT 50`, a.Tenant)
		return err
	})
	return all, today, err
}

// Open reports whether the call is open on a day.
func (r *Round) Open(today calendar.Date) bool { return r.OpensOn <= today && today <= r.ClosesOn }
