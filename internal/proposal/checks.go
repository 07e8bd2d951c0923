package proposal

import (
	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/doctor"
	"shangliang/internal/ledger"
	"shangliang/internal/search"
)

// number is what a finding calls a case, over p: whoever mends reads no texts.
const number = `CAST(p.year AS TEXT) || '-' || CAST(p.serial_no AS TEXT)`

// Checks are the ways in which proposals may contradict what belongs to them.
func (s *Service) Checks() []doctor.Check {
	return []doctor.Check{
		{ID: "proposal.merged_without_lead", Title: "已并案的提案没有主案", Cure: "恢复单独审查",
			Find: doctor.Query("proposal", `SELECT p.tenant, p.id, `+number+` FROM proposal p LEFT JOIN proposal l ON l.tenant = p.tenant AND l.id = p.merged_into
				WHERE p.state = 'merged' AND (l.id IS NULL OR l.state = 'merged') ORDER BY p.id`),
			Mend: s.release},
		{ID: "assignment.without_clock", Title: "办理中的承办任务没有期限", Cure: "按交办之日重新计算期限",
			Find: doctor.Query("assignment", `SELECT a.tenant, a.id, `+number+` FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal
				WHERE a.state IN ('issued', 'return_requested', 'signed', 'in_progress', 'extension_requested', 'drafting', 'signed_off')
				AND NOT EXISTS (SELECT 1 FROM clock c WHERE c.tenant = a.tenant AND c.object = 'assignment' AND c.object_id = a.id AND c.state = 'running'
					AND c.kind IN ('assignment.reply', 'assignment.rehandle', 'assignment.opinion')) ORDER BY a.id`),
			Mend: s.restartClock},
		{ID: "proposal.counter_behind", Title: "编号落在已用的号码之后", Cure: "接着最大的号码编",
			Find: doctor.Query("session", `SELECT c.tenant, c.session, c.name FROM proposal_counter c
				WHERE c.n < (SELECT COALESCE(MAX(CASE WHEN c.name = 'case' THEN p.case_no ELSE p.serial_no END), 0) FROM proposal p WHERE p.tenant = c.tenant AND p.session = c.session)`),
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
				_, err := tx.Exec(`UPDATE proposal_counter SET n = (SELECT MAX(CASE WHEN $3 = 'case' THEN p.case_no ELSE p.serial_no END) FROM proposal p WHERE p.tenant = $1 AND p.session = $2)
					WHERE tenant = $1 AND session = $2 AND name = $3`, f.Tenant, f.Object, f.Name)
				return []ledger.Row{ledger.RowOf("proposal_counter", "tenant", f.Tenant, "session", f.Object, "name", f.Name)}, err
			}},
		{ID: "proposal.unindexed", Title: "提案不在搜索里", Cure: "编入搜索",
			Find: doctor.Query("proposal", `SELECT p.tenant, p.id, `+number+` FROM proposal p
				WHERE p.serial_no <> 0 AND NOT EXISTS (SELECT 1 FROM search_doc d WHERE d.tenant = p.tenant AND d.kind = 'proposal' AND d.id = p.id) ORDER BY p.id`),
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
				w, err := s.ailing(tx, f.Object)
				if err != nil {
					return nil, err
				}
				return nil, w.index()
			}},
		{ID: "proposal.indexed_for_nothing", Title: "搜索里有已不存在的提案", Cure: "从搜索里去掉",
			Find: doctor.Query("search", `SELECT d.tenant, d.id, d.kind FROM search_doc d
				WHERE d.kind = 'proposal' AND NOT EXISTS (SELECT 1 FROM proposal p WHERE p.tenant = d.tenant AND p.id = d.id) ORDER BY d.id`),
			Mend: func(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
				return nil, search.Delete(tx, f.Tenant, "proposal", f.Object)
			}},
	}
}

// ailing is the work on a case that the doctor sets right.
func (s *Service) ailing(tx *db.Tx, id string) (*work, error) {
	a, err := actor.Require(tx.Context(), "")
	if err != nil {
		return nil, err
	}
	w, _, err := s.begin(tx, a, id)
	return w, err
}

// release lets a merged case be judged by itself again.
func (s *Service) release(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
	// The lead may be gone, and nobody can load what follows nothing.
	if _, err := tx.Exec(`UPDATE proposal SET merged_into = '' WHERE tenant = $1 AND id = $2 AND NOT EXISTS
		(SELECT 1 FROM proposal l WHERE l.tenant = proposal.tenant AND l.id = proposal.merged_into)`, f.Tenant, f.Object); err != nil {
		return nil, err
	}
	w, err := s.ailing(tx, f.Object)
	if err != nil {
		return nil, err
	}
	return nil, w.follow("release")
}

// restartClock runs the clock of an assignment's answer from the day it was
// issued.
func (s *Service) restartClock(tx *db.Tx, f doctor.Finding) ([]ledger.Row, error) {
	var id string
	if err := tx.Get(`SELECT proposal FROM assignment WHERE tenant = $1 AND id = $2`, []any{f.Tenant, f.Object}, &id); err != nil {
		return nil, err
	}
	w, err := s.ailing(tx, id)
	if err != nil {
		return nil, err
	}
	for _, as := range w.Assignments {
		if as.ID != f.Object {
			continue
		}
		term := "assignment.reply"
		switch {
		case as.Role == CoHandler:
			term = "assignment.opinion"
		case as.Round > 1:
			term = "assignment.rehandle"
		}
		w.today = calendar.On(as.IssuedAt.Time)
		due, err := w.startUnitClock(as, term)
		if err != nil {
			return nil, err
		}
		_, err = tx.Exec(`UPDATE assignment SET due_on = $3, version = version + 1 WHERE tenant = $1 AND id = $2`, f.Tenant, f.Object, due)
		return append(w.rows, as.row()), err
	}
	return nil, nil
}
