package proposal

import (
	"context"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/rule"
)

// Preview is what an import would do: each row with what is wrong in it.
type Preview struct {
	Rows     []ImportRow
	Problems []document.Problem
	Columns  []document.Column
}

// ImportRow is a row of a table of proposals.
type ImportRow struct {
	Line   int
	Values map[string]string
	Bad    bool
	// What the row is like: proposals that are there already, and an earlier row
	// of the table, 0 if none.
	Alike     []*Alike
	AlikeLine int

	text Text
}

// Good counts the rows that can be imported.
func (p *Preview) Good() (n int) {
	for _, r := range p.Rows {
		if !r.Bad {
			n++
		}
	}
	return n
}

// importColumns are the columns of a year's proposals, as offices keep them.
func importColumns(v *rule.Version) []document.Column {
	subjects := make([]document.Option, 0)
	for _, c := range v.Codes("proposal.subjects").Active() {
		subjects = append(subjects, document.Option{Value: c.Key, Names: []string{c.Label}})
	}
	return []document.Column{
		{ID: "title", Title: "案由", Aliases: []string{"标题", "提案标题", "提案名称"}, Required: true, Max: maxTitle},
		{ID: "kind", Title: "提案者性质", Aliases: []string{"提案形式", "提案种类"}, Type: document.Choice, Options: []document.Option{
			{Value: Individual, Names: []string{"个人", "个人提案", "委员"}}, {Value: Joint, Names: []string{"联名", "联名提案"}}, {Value: Collective, Names: []string{"集体", "集体提案"}}}},
		{ID: "lead", Title: "第一提案人", Aliases: []string{"提案人", "姓名", "提案者"}, Required: true},
		{ID: "cosigners", Title: "联名人", Aliases: []string{"附议人", "联名委员"}},
		{ID: "body", Title: "集体名称", Aliases: []string{"提案单位", "党派团体"}},
		{ID: "subject", Title: "类别", Aliases: []string{"提案类别", "分类"}, Type: document.Choice, Options: subjects},
		{ID: "situation", Title: "情况", Aliases: []string{"背景情况", "现状"}, Required: true},
		{ID: "analysis", Title: "分析", Aliases: []string{"问题分析", "存在问题"}, Required: true},
		{ID: "suggestions", Title: "建议", Aliases: []string{"意见建议", "对策建议"}, Required: true},
		{ID: "open", Title: "是否同意公开", Aliases: []string{"是否公开"}, Type: document.Bool},
	}
}

// ImportTemplate names the columns that an import reads.
func (s *Service) ImportTemplate(ctx context.Context) (columns []document.Column, err error) {
	a, err := actor.Require(ctx, "proposal.import")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err := s.rules.Now(tx, a.Tenant)
		if err == nil {
			columns = importColumns(v)
		}
		return err
	})
	return columns, err
}

// PreviewImport reads a table of proposals and says of each row what is wrong.
// It changes nothing.
func (s *Service) PreviewImport(ctx context.Context, t *document.Table) (p *Preview, err error) {
	a, err := actor.Require(ctx, "proposal.import")
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if p, err = s.preview(tx, a, t); err != nil {
			return err
		}
		return s.alikeRows(tx, a, p.Rows)
	})
	return p, err
}

func (s *Service) preview(tx *db.Tx, a actor.Actor, t *document.Table) (*Preview, error) {
	v, err := s.rules.Now(tx, a.Tenant)
	if err != nil {
		return nil, err
	}
	p := &Preview{Columns: importColumns(v)}
	records, problems, err := t.Read(p.Columns, "title", "lead")
	if err != nil {
		return nil, err
	}
	p.Problems = problems
	names, err := namesToIDs(tx, a.Tenant)
	if err != nil {
		return nil, err
	}
	for _, rec := range records {
		row := ImportRow{Line: rec.Line, Values: rec.Values, Bad: rec.Bad}
		wrong := func(column, msg string, args ...any) {
			row.Bad = true
			i := slices.IndexFunc(p.Columns, func(c document.Column) bool { return c.ID == column })
			p.Problems = append(p.Problems, document.Problem{Line: rec.Line, Column: column, Title: p.Columns[i].Title, Value: rec.Values[column], Msg: msg, Args: args})
		}
		one := func(column, kind, name string) string {
			ids := names[kind+" "+strings.TrimSpace(name)]
			switch len(ids) {
			case 1:
				return ids[0]
			case 0:
				wrong(column, "没有“%s”，请先录入或改正名称", name)
			default:
				wrong(column, "有 %d 个“%s”，请改用委员证号", len(ids), name)
			}
			return ""
		}
		x := rec.Values
		row.text = Text{Kind: x["kind"], Title: x["title"], Situation: x["situation"], Analysis: x["analysis"], Suggestions: x["suggestions"],
			Subject: x["subject"], OpenChoice: "open", Channel: "import"}
		if x["open"] == "false" {
			row.text.OpenChoice, row.text.OpenReason = "closed", "导入时注明不同意公开"
		}
		row.text.Proposer = one("lead", "person", x["lead"])
		for _, name := range strings.FieldsFunc(x["cosigners"], func(r rune) bool { return strings.ContainsRune("、,， ;；\n", r) }) {
			row.text.Cosigners = append(row.text.Cosigners, one("cosigners", "person", name))
		}
		if row.text.Kind == "" {
			row.text.Kind = Individual
			if len(row.text.Cosigners) > 0 {
				row.text.Kind = Joint
			}
		}
		if row.text.Kind == Collective {
			row.text.Body = one("body", "body", x["body"])
		}
		if row.text.Subject == "" {
			row.text.Subject = "other"
			if _, ok := v.Code("proposal.subjects", "other"); !ok {
				wrong("subject", "请填写类别")
			}
		}
		trial := &work{s: s, tx: tx, a: a, Case: &Case{Rules: v, Proposal: &Proposal{Kind: row.text.Kind, Body: row.text.Body, Title: row.text.Title,
			Situation: row.text.Situation, Analysis: row.text.Analysis, Suggestions: row.text.Suggestions, Subject: row.text.Subject, OpenChoice: "open"}}}
		if err := isComplete(trial); err != nil && !row.Bad {
			msg, args := message(err)
			wrong("suggestions", msg, args...)
		}
		p.Rows = append(p.Rows, row)
	}
	slices.SortStableFunc(p.Problems, func(x, y document.Problem) int { return x.Line - y.Line })
	return p, nil
}

// namesToIDs finds persons by name and member number, and bodies by name.
func namesToIDs(tx *db.Tx, tenant string) (map[string][]string, error) {
	ids := map[string][]string{}
	rows, err := tx.Query(`SELECT 'person', id, name, member_no FROM person WHERE tenant = $1 UNION ALL SELECT 'body', id, name, short_name FROM body WHERE tenant = $1`, tenant)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, id, name, other string
		if err := rows.Scan(&kind, &id, &name, &other); err != nil {
			return nil, err
		}
		ids[kind+" "+han.Clean(name)] = append(ids[kind+" "+han.Clean(name)], id)
		if other != "" && other != name {
			ids[kind+" "+other] = append(ids[kind+" "+other], id)
		}
	}
	return ids, rows.Err()
}

// Import hands in the proposals of a table in one transaction: all of them, or
// the good rows only. It returns how many it handed in.
func (s *Service) Import(ctx context.Context, t *document.Table, goodOnly bool) (n int, err error) {
	a, err := actor.Require(ctx, "proposal.import")
	if err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n = 0
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		p, err := s.preview(tx, a, t)
		if err != nil {
			return err
		}
		if !goodOnly && p.Good() < len(p.Rows) {
			return errs.New(errs.Conflict, "有 %d 行有问题，没有导入；请改正，或选择只导入正确的行", len(p.Rows)-p.Good())
		}
		for _, row := range p.Rows {
			if row.Bad {
				continue
			}
			if err := s.importOne(tx, a, row.text); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func (s *Service) importOne(tx *db.Tx, a actor.Actor, t Text) error {
	p, err := s.create(tx, a, t)
	if err != nil {
		return err
	}
	c, err := load(tx, s.rules, p)
	if err != nil {
		return err
	}
	w := &work{s: s, tx: tx, a: a, Case: c, today: org.Today(tx)}
	step, err := CaseFlow.Find(Draft, "submit")
	if err != nil {
		return err
	}
	return w.take(step)
}
