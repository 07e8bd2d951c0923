package proposal

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
)

// Queue is a set of cases or assignments that wait for somebody: who may take
// the permission sees it with its count.
type Queue struct {
	ID         string
	Title      string
	Next       string // what happens next with each of them
	Permission string
	Unit       bool   // counts assignments of the actor's department
	where      string // over p, or over p and a; $1 is the tenant, $2 today, $3 the person, $4 the body
}

// live are the cases that somebody still has to do something about. An index
// holds what queues ask of them; it is used because its condition is this text.
const live = `p.state NOT IN ('not_filed', 'archived', 'withdrawn')`

// Queues are all of them, in the order of the work.
var Queues = []Queue{
	{ID: "to_sign", Title: "待我确认联名", Next: "确认或谢绝", Permission: "proposal.rate", where: `p.state = 'cosigning' AND EXISTS (SELECT 1 FROM proposal_party x WHERE x.tenant = p.tenant AND x.proposal = p.id AND x.person = $3 AND x.state = 'invited')`},
	{ID: "to_rate", Title: "待我评价", Next: "评价办理结果", Permission: "proposal.rate", where: `p.state = 'feedback_open' AND (EXISTS (SELECT 1 FROM proposal_party x WHERE x.tenant = p.tenant AND x.proposal = p.id AND x.person = $3 AND (x.role = 'lead' OR x.state = 'confirmed')) OR EXISTS (SELECT 1 FROM proposal m JOIN proposal_party x ON x.tenant = m.tenant AND x.proposal = m.id WHERE m.tenant = p.tenant AND m.merged_into = p.id AND m.merged_into <> '' AND x.person = $3 AND (x.role = 'lead' OR x.state = 'confirmed'))) AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.tenant = p.tenant AND f.proposal = p.id AND f.round = p.round AND f.person = $3 AND f.current)`},
	{ID: "to_revise", Title: "退回待修改", Next: "修改后再次提交", Permission: "proposal.rate", where: `p.state = 'returned_for_revision' AND p.lead = $3`},
	{ID: "drafts", Title: "我的草稿", Next: "写完后提交", Permission: "proposal.rate", where: `p.state IN ('draft', 'cosigning') AND p.lead = $3`},
	{ID: "to_approve", Title: "待审定", Next: "审定后提交", Permission: "proposal.approve", where: `p.state = 'approval' AND p.body = $4`},
	{ID: "new", Title: "新收到", Next: "受理", Permission: "proposal.receive", where: `p.state = 'submitted'`},
	{ID: "in_review", Title: "审查中", Next: "审查", Permission: "proposal.review", where: `p.state = 'in_review'`},
	{ID: "changes", Title: "撤案、修改待决定", Next: "同意或不同意", Permission: "proposal.decide_change", where: `p.state IN ('in_review', 'filed', 'merged', 'dispatched', 'handling') AND EXISTS (SELECT 1 FROM change_request k WHERE k.tenant = p.tenant AND k.proposal = p.id AND k.state = 'open')`},
	{ID: "to_dispatch", Title: "待交办", Next: "交办给承办单位", Permission: "proposal.dispatch", where: `p.state = 'filed' OR p.state = 'dispatched' AND p.due_on = ''`},
	{ID: "requests", Title: "待裁定", Next: "裁定退回、延期申请", Permission: "proposal.dispatch", where: `p.state IN ('dispatched', 'handling', 'rehandling') AND EXISTS (SELECT 1 FROM assignment_request r WHERE r.tenant = p.tenant AND r.proposal = p.id AND r.state = 'open')`},
	{ID: "to_sign_for", Title: "待签收", Next: "承办单位签收", Permission: "proposal.check", where: `p.state IN ('dispatched', 'handling', 'rehandling') AND EXISTS (SELECT 1 FROM assignment a WHERE a.tenant = p.tenant AND a.proposal = p.id AND a.state = 'issued')`},
	{ID: "near_due", Title: "临期", Next: "十天内应当答复", Permission: "proposal.check", where: `p.state IN ('dispatched', 'handling', 'rehandling') AND p.due_on >= $2 AND p.due_on <= $5`},
	{ID: "overdue", Title: "逾期", Next: "催办", Permission: "proposal.check", where: `p.state IN ('dispatched', 'handling', 'rehandling') AND p.due_on <> '' AND p.due_on < $2`},
	{ID: "to_check", Title: "答复待审核", Next: "审核后送达提案人", Permission: "proposal.check", where: `p.state IN ('dispatched', 'handling', 'rehandling') AND EXISTS (SELECT 1 FROM assignment a WHERE a.tenant = p.tenant AND a.proposal = p.id AND a.state = 'signed_off')`},
	{ID: "feedback", Title: "待评价", Next: "提案人评价，或到期", Permission: "proposal.close", where: `p.state = 'feedback_open' AND p.satisfaction = ''`},
	{ID: "to_close", Title: "待办结", Next: "办结或重新办理", Permission: "proposal.close", where: `p.state = 'feedback_open' AND p.satisfaction <> ''`},
	{ID: "promises", Title: "承诺待落实", Next: "核实落实情况", Permission: "proposal.follow", where: `p.state = 'following_up'`},
	{ID: "to_archive", Title: "待归档", Next: "归档", Permission: "proposal.archive", where: `p.state IN ('closed', 'following_up') AND NOT EXISTS (SELECT 1 FROM commitment c WHERE c.tenant = p.tenant AND c.proposal = p.id AND c.state IN ('open', 'reported'))`},

	{ID: "unit_new", Title: "待签收", Next: "签收或申请退回", Permission: "assignment.sign", Unit: true, where: `a.state = 'issued'`},
	{ID: "unit_handling", Title: "办理中", Next: "沟通、拟稿", Permission: "assignment.handle", Unit: true, where: `a.state IN ('signed', 'in_progress', 'extension_requested', 'return_requested')`},
	{ID: "unit_drafting", Title: "拟稿与签发", Next: "签发后送审核", Permission: "assignment.handle", Unit: true, where: `a.state = 'drafting'`},
	{ID: "unit_checking", Title: "待审核", Next: "等待审核", Permission: "assignment.handle", Unit: true, where: `a.state = 'signed_off'`},
	{ID: "unit_near", Title: "临期", Next: "十天内应当答复", Permission: "assignment.handle", Unit: true, where: `a.state IN ('issued', 'signed', 'in_progress', 'drafting', 'extension_requested') AND a.due_on >= $2 AND a.due_on <= $5`},
	{ID: "unit_overdue", Title: "逾期", Next: "尽快答复", Permission: "assignment.handle", Unit: true, where: `a.state IN ('issued', 'signed', 'in_progress', 'drafting', 'extension_requested') AND a.due_on <> '' AND a.due_on < $2`},
	{ID: "unit_promises", Title: "承诺待落实", Next: "报告落实情况", Permission: "assignment.handle", Unit: true, where: `EXISTS (SELECT 1 FROM commitment c WHERE c.tenant = a.tenant AND c.assignment = a.id AND c.state = 'open')`},
}

// QueueOf returns a queue by its id.
func QueueOf(id string) (Queue, bool) {
	i := slices.IndexFunc(Queues, func(q Queue) bool { return q.ID == id })
	if i < 0 {
		return Queue{}, false
	}
	return Queues[i], true
}

// Counted is a queue with the number of cases in it.
type Counted struct {
	Queue
	Count int
}

func (q *Queue) usedBy(a actor.Actor) bool { return a.Can(q.Permission) && (!q.Unit || a.Body != "") }

// nearDays is how many days ahead "nearly due" looks.
const nearDays = 10

// Counts returns the actor's queues with their counts, in one query for the
// cases and one for the department's assignments.
func (s *Service) Counts(ctx context.Context) (all []Counted, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	for _, q := range Queues {
		if q.usedBy(a) {
			all = append(all, Counted{Queue: q})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		today := org.Today(tx)
		for _, unit := range []bool{false, true} {
			var columns []string
			var dest []any
			for i := range all {
				if all[i].Unit == unit {
					columns = append(columns, `COUNT(*) FILTER (WHERE `+all[i].where+`)`)
					dest = append(dest, &all[i].Count)
				}
			}
			if len(columns) == 0 {
				continue
			}
			args := []any{a.Tenant, today, a.Person, a.Body, today.AddDays(nearDays)}
			from := `FROM proposal p WHERE p.tenant = $1 AND ` + live
			if unit {
				from = `FROM assignment a JOIN proposal p ON p.tenant = a.tenant AND p.id = a.proposal WHERE a.tenant = $1 AND a.unit = $4 AND a.state NOT IN ('returned', 'cancelled') AND ` + live
			}
			cond, args := reach(a, args)
			// Every parameter is mentioned, so that PostgreSQL knows its type.
			query := `SELECT ` + strings.Join(columns, ", ") + ` ` + from + ` AND ` + cond + ` AND ($2 <> '' AND $3 <> '-' AND $4 <> '-' AND $5 <> '')`
			if err := tx.Get(query, args, dest...); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// Filter says which cases a list shows; zero fields do not filter.
type Filter struct {
	Queue   string   `form:"queue" query:"queue"`
	States  []string `form:"state" query:"state"`
	Session string   `form:"session" query:"session"`
	Year    int      `form:"year" query:"year"`
	Kind    string   `form:"kind" query:"kind"`
	Subject string   `form:"subject" query:"subject"`
	Unit    string   `form:"unit" query:"unit"`
	Body    string   `form:"body" query:"body"`
	Outcome string   `form:"outcome" query:"outcome"` // canonical meaning
	Title   string   `form:"title" query:"title"`     // part of the title
	Mine    bool     `form:"mine" query:"mine"`       // those that the actor stands behind
	Overdue bool     `form:"overdue" query:"overdue"`
	Sort    string   `form:"sort" query:"sort"` // a key of sorts
	After   string   `form:"after" query:"after"`
	Limit   int      `form:"limit" query:"limit"`
}

// Item is a row of a list.
type Item struct {
	ID           string
	SerialNo     int
	CaseNo       int
	Year         int
	Kind         string
	Title        string
	State        string
	Subject      string
	DueOn        calendar.Date // the department's own, in its lists
	Outcome      string
	Meaning      string
	Satisfaction string
	UpdatedAt    db.Time
	Version      int
	Stage        int
	Lead         string // name of the lead proposer, or of the body
	Units        string // names of the answering departments
	Session      string // title

	Assignment        string // the department's own, in its lists
	AssignmentState   string
	AssignmentVersion int
}

func (i *Item) fields() []any {
	return []any{&i.ID, &i.SerialNo, &i.CaseNo, &i.Year, &i.Kind, &i.Title, &i.State, &i.Subject, &i.DueOn, &i.Outcome, &i.Meaning,
		&i.Satisfaction, &i.UpdatedAt, &i.Version, &i.Stage, &i.Lead, &i.Units, &i.Session, &i.Assignment, &i.AssignmentState, &i.AssignmentVersion}
}

// Listing is a page of a list.
type Listing struct {
	Items []*Item
	Next  string // cursor of the following page, "" at the end
	Today calendar.Date
}

// sorts are the orders of lists: each has a key that is unique with the id.
var sorts = map[string]struct{ key, dir string }{
	"":         {"p.updated_at", "DESC"},
	"due":      {dueKey, "ASC"},
	"-due":     {dueKey, "DESC"},
	"case_no":  {"p.case_no", "ASC"},
	"-case_no": {"p.case_no", "DESC"},
}

// What is not due comes after everything that is.
const (
	notDue = "9999-12-31"
	dueKey = `COALESCE(NULLIF(p.due_on, ''), '` + notDue + `')`
)

// List returns the cases in the actor's reach that a filter picks. It is one
// query, whatever the page shows of each row.
func (s *Service) List(ctx context.Context, f Filter) (l *Listing, err error) {
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = 50
	}
	l = &Listing{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		l.Today = org.Today(tx)
		query, args, err := f.query(a, l.Today)
		if err != nil {
			return err
		}
		if l.Items, err = db.All(tx, (*Item).fields, query, args...); err != nil {
			return err
		}
		if len(l.Items) > f.Limit {
			l.Items = l.Items[:f.Limit]
			l.Next = f.cursor(l.Items[f.Limit-1])
		}
		return l.nameSessions(tx, a.Tenant)
	})
	return l, err
}

// nameSessions puts the titles of the sessions in place of their ids: there are
// few, and to look each up costs as much as the rest of its row.
func (l *Listing) nameSessions(tx *db.Tx, tenant string) error {
	all, err := org.Sessions(tx, tenant)
	if err != nil {
		return err
	}
	titles := map[string]string{}
	for _, s := range all {
		titles[s.ID] = s.Title
	}
	for _, x := range l.Items {
		x.Session = titles[x.Session]
	}
	return nil
}

func (f *Filter) query(a actor.Actor, today calendar.Date) (string, []any, error) {
	args := []any{a.Tenant, today, a.Person, a.Body, today.AddDays(nearDays)}
	var where []string
	add := func(cond string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			cond = strings.Replace(cond, "?", "$"+itoa(len(args)), 1)
		}
		where = append(where, cond)
	}
	unit := a.Body != "" && a.Can("assignment.handle") && !a.Can("proposal.read_all")
	due, satisfaction := `p.due_on`, `p.satisfaction`
	assignment := `'' AS assignment, '' AS assignment_state, 0 AS assignment_version`
	if unit {
		assignment, due = `a.id, a.state, a.version`, `a.due_on`
		satisfaction = `CASE WHEN p.state IN ('closed', 'following_up', 'archived') THEN p.satisfaction ELSE '' END`
	}
	if f.Queue != "" {
		q, ok := QueueOf(f.Queue)
		if !ok || !q.usedBy(a) || q.Unit != unit {
			return "", nil, errs.Missing()
		}
		add("(" + q.where + ")")
		if !q.Unit {
			add(live)
		}
	}
	if len(f.States) > 0 {
		var list string
		list, args = db.In(args, f.States)
		state := `p.state`
		if f.Sort != "" && slices.Contains(f.States, Archived) {
			state = `p.state || ''` // most cases: to read them in order is cheaper than to find and sort them all
		}
		where = append(where, state+` IN `+list)
	}
	for _, eq := range []struct{ column, value string }{{"session", f.Session}, {"kind", f.Kind}, {"subject", f.Subject}, {"body", f.Body}, {"meaning", f.Outcome}} {
		if eq.value != "" {
			add(`p.`+eq.column+` = ?`, eq.value)
		}
	}
	if f.Year != 0 {
		add(`p.year = ?`, f.Year)
	}
	if f.Unit != "" {
		add(`p.id IN (SELECT u.proposal FROM assignment u WHERE u.tenant = $1 AND u.unit = ? AND u.state NOT IN ('returned', 'cancelled'))`, f.Unit)
	}
	if f.Title != "" {
		add(`p.title LIKE ? ESCAPE '\'`, db.Like(f.Title))
	}
	if f.Mine {
		add(`(p.lead = $3 OR p.id IN (SELECT m.proposal FROM proposal_party m WHERE m.tenant = $1 AND m.person = $3 AND m.state = 'confirmed'))`)
	}
	if f.Overdue {
		add(`p.state IN ('dispatched', 'handling', 'rehandling') AND p.due_on <> '' AND p.due_on < $2`)
	}
	cond, args := reach(a, args)
	where = append(where, cond, `($2 <> '' AND $3 <> '-' AND $4 <> '-' AND $5 <> '')`)
	sort, ok := sorts[f.Sort]
	if !ok {
		return "", nil, errs.New(errs.Invalid, "不能这样排序")
	}
	sort.key = strings.Replace(sort.key, "p.due_on", due, 1) // a department goes by its own date
	if f.After != "" {
		key, id, ok := uncursor(f.After)
		if !ok {
			return "", nil, errs.New(errs.Invalid, "页码有误，请从第一页开始")
		}
		var value any = key
		if sort.key == "p.case_no" {
			value = atoi(key)
		}
		op := ">"
		if sort.dir == "DESC" {
			op = "<"
		}
		args = append(args, value, id)
		where = append(where, `(`+sort.key+`, p.id) `+op+` ($`+itoa(len(args)-1)+`, $`+itoa(len(args))+`)`)
	}
	// The page is picked first, by an index; the rest is read for its rows only.
	order := ` ORDER BY ` + sort.key + ` ` + sort.dir + `, p.id ` + sort.dir
	pick, from := `SELECT p.id FROM proposal p`, `) pick JOIN proposal p ON p.tenant = $1 AND p.id = pick.id`
	if unit {
		pick = `SELECT p.id, a.id AS assignment FROM proposal p JOIN assignment a ON a.tenant = p.tenant AND a.proposal = p.id AND a.unit = $4
			AND a.round = p.round AND a.state NOT IN ('returned', 'cancelled')`
		from += ` JOIN assignment a ON a.tenant = $1 AND a.id = pick.assignment`
	}
	query := `SELECT p.id, p.serial_no, p.case_no, p.year, p.kind, p.title, p.state, p.subject, ` + due + `, p.outcome, p.meaning,
		` + satisfaction + `, p.updated_at, p.version, p.stage,
		CASE WHEN p.body <> '' THEN COALESCE((SELECT b.name FROM body b WHERE b.tenant = p.tenant AND b.id = p.body), '')
			ELSE COALESCE((SELECT q.name FROM person q WHERE q.tenant = p.tenant AND q.id = p.lead), '') END,
		COALESCE((SELECT string_agg(COALESCE(NULLIF(b.short_name, ''), b.name), '、' ORDER BY z.role, b.name) FROM assignment z JOIN body b ON b.tenant = z.tenant AND b.id = z.unit
			WHERE z.tenant = p.tenant AND z.proposal = p.id AND z.round = p.round AND z.role <> 'co_handler' AND z.state NOT IN ('returned', 'cancelled')), ''),
		p.session, ` + assignment + `
		FROM (` + pick + ` WHERE p.tenant = $1 AND ` + strings.Join(where, " AND ") + order + ` LIMIT ` + itoa(f.Limit+1) + from + order
	return query, args, nil
}

func (f *Filter) cursor(last *Item) string {
	key := ""
	switch sorts[f.Sort].key {
	case "p.updated_at":
		v, _ := last.UpdatedAt.Value()
		key = v.(string)
	case dueKey:
		key = cmp.Or(string(last.DueOn), notDue)
	case "p.case_no":
		key = itoa(last.CaseNo)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(key + " " + last.ID))
}

func uncursor(s string) (key, id string, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(b), " ")
}
