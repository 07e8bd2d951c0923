package paperwork

import (
	"slices"
	"strings"

	"shangliang/internal/db"
	"shangliang/internal/org"
	"shangliang/internal/paper"
	"shangliang/internal/proposal"
)

// The documents of many cases: 交办表, 目录, 汇编.

// catalogue draws 目录: a row for each case.
func catalogue(heading string, items []*proposal.Item, label func(*proposal.Item) string) *paper.Document {
	d := &paper.Document{Title: heading, Lead: "（共" + itoa(len(items)) + "件）"}
	t := &paper.Table{Widths: []float64{9, 42, 17, 20, 16}, Header: []string{"案号", "案由", "提案人", "承办单位", "办理情况"}}
	for _, x := range items {
		t.Rows = append(t.Rows, []paper.Cell{{Text: called(x), Centre: true}, {Text: x.Title}, {Text: x.Lead}, {Text: x.Units}, {Text: label(x)}})
	}
	if len(t.Rows) == 0 {
		d.Body = append(d.Body, paper.Block{Kind: paper.Centred, Text: "没有符合条件的提案"})
	}
	d.Body = append(d.Body, paper.Of(t))
	return d
}

// called is the number in a catalogue.
func called(x *proposal.Item) string {
	switch {
	case x.CaseNo > 0:
		return itoa(x.CaseNo)
	case x.SerialNo > 0:
		return "收" + itoa(x.SerialNo)
	}
	return ""
}

// standing says in a catalogue what became of a case: the class of its outcome,
// before that where it stands.
func standing(x *proposal.Item) string {
	if c, ok := proposal.Meanings.Find(x.Meaning); ok {
		return c.Label
	}
	return proposal.CaseFlow.State(x.State).Title
}

// collection begins 汇编: the contents; the cases follow by add.
func collection(heading string, items []*proposal.Item) *paper.Document {
	d := &paper.Document{Title: heading, Lead: "（共" + itoa(len(items)) + "件）"}
	for _, x := range items {
		text := x.Title
		if no := called(x); no != "" {
			text = "第" + no + "号　" + text
		}
		d.Body = append(d.Body, paper.Block{Kind: paper.Entry, Text: text + "（" + x.Lead + "）", Link: x.ID})
	}
	return d
}

// chapter is a case in a collection, with the replies if they are wanted.
func (v *view) chapter(replies bool) []paper.Block {
	lead := v.proposers()
	if no := v.number(); no != "" {
		lead = no + "　" + lead
	}
	all := []paper.Block{{Kind: paper.NewPage}, {Kind: paper.Title, Text: v.Title, Mark: v.ID}, {Kind: paper.Lead, Text: lead}}
	for _, part := range []struct{ title, text string }{{"一、情况", v.Situation}, {"二、分析", v.Analysis}, {"三、建议", v.Suggestions}} {
		if part.text != "" {
			all = append(all, paper.H(part.title), paper.P(part.text))
		}
	}
	if units := v.units(); units != "" {
		all = append(all, paper.P("承办单位："+units+"。"))
	}
	if !replies {
		return all
	}
	for _, r := range v.Replies {
		as, err := v.Assignment(r.Assignment)
		if err != nil || r.Kind != "reply" || r.State != "delivered" || r.Round != v.Round {
			continue
		}
		d := v.reply(r, as)
		all = append(all, paper.Block{Kind: paper.Title, Text: d.Title}, paper.Block{Kind: paper.Lead, Text: strings.Trim(d.Head+"　"+d.DocNo, "　")})
		if mark := v.code("reply.outcomes", r.Outcome); mark != "" {
			all = append(all, paper.P("办理结果："+mark+"。"))
		}
		all = append(all, paper.Block{Kind: paper.Flush, Text: d.To + "："})
		all = append(all, d.Body...)
		all = append(all, paper.P(d.Head+"　"+d.Date))
	}
	return all
}

// handed draws 交办表: a page or more for each department that got something.
func handed(tenant *org.Tenant, meeting *org.Session, departments []*org.Body, all []*proposal.Handed) (*paper.Document, string) {
	d := &paper.Document{}
	count := 0
	for _, b := range departments {
		t := &paper.Table{Widths: []float64{9, 38, 14, 10, 18, 17}, Header: []string{"案号", "案由", "提案人", "办理方式", "其他单位", "期限"}}
		for _, h := range all {
			if h.Unit != b.ID {
				continue
			}
			title := h.Title
			if h.Note != "" {
				title += "\n（" + h.Note + "）"
			}
			t.Rows = append(t.Rows, []paper.Cell{{Text: itoa(h.CaseNo), Centre: true}, {Text: title}, {Text: h.Lead}, {Text: unitRoles[h.Role], Centre: true}, {Text: strings.Join(h.Others, "、")}, {Text: day(h.DueOn)}})
		}
		if len(t.Rows) == 0 {
			continue
		}
		if count > 0 {
			d.Body = append(d.Body, paper.Block{Kind: paper.NewPage})
		}
		count++
		d.Body = append(d.Body, paper.Block{Kind: paper.Title, Text: tenant.ShortName + strings.TrimSuffix(meeting.Title, "会议") + "会议提案交办表"},
			paper.Block{Kind: paper.Flush, Text: "承办单位：" + b.Name + "（共" + itoa(len(t.Rows)) + "件）"}, paper.Of(t),
			paper.P("签收人：　　　　　　　　　签收日期：　　　　　　"))
	}
	name := meeting.Title + "提案交办表"
	if i := slices.IndexFunc(departments, func(b *org.Body) bool { return b.ID == all[0].Unit }); count == 1 && i >= 0 {
		name += "（" + departments[i].Name + "）"
	}
	return d, name
}

// heading is the title of a document that was given none.
func heading(tx *db.Tx, tenant string, o Order) (string, error) {
	t, err := org.TenantOf(tx, tenant)
	if err != nil {
		return "", err
	}
	text := t.ShortName
	if o.Filter.Session != "" {
		m, err := org.SessionOf(tx, tenant, o.Filter.Session)
		if err != nil {
			return "", err
		}
		text += strings.TrimSuffix(m.Title, "会议") + "会议"
	}
	if o.Kind == Catalogue {
		return text + "提案目录", nil
	}
	if o.Replies {
		return text + "提案及答复汇编", nil
	}
	return text + "提案汇编", nil
}

// gone stands in a collection for a case that went out of reach while it was
// made.
func gone(x *proposal.Item) []paper.Block {
	return []paper.Block{{Kind: paper.NewPage}, {Kind: paper.Title, Text: x.Title, Mark: x.ID}, paper.P("这件提案已不在您可以查看的范围内。")}
}
