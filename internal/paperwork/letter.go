package paperwork

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"shangliang/internal/paper"
	"shangliang/internal/proposal"
)

// The reply (复文) as a letter (函) of the department, and a co-handler's opinion
// to the host.

// reply draws a reply as it was written: nothing is added to its text but what
// the record says about it.
func (v *view) reply(r *proposal.Reply, as *proposal.Assignment) *paper.Document {
	unit := v.bodyName(as.Unit)
	d := &paper.Document{Head: unit, DocNo: r.DocNo, Signature: []string{unit}, Date: at(r.SignedAt)}
	subject := v.tenant.ShortName + v.meeting() + v.number() + "提案"
	if r.Kind == "opinion" {
		d.Title = "关于" + subject + "的会办意见"
		for _, x := range v.Current() {
			if x.Role == proposal.Host && x.Round == as.Round {
				d.To = v.bodyName(x.Unit)
			}
		}
	} else {
		d.Title, d.To, d.Mark = "关于"+subject+"的答复", v.addressed(), v.mark(r.Outcome)
		d.CopyTo = append(d.CopyTo, v.tenant.ShortName+"提案委员会")
		for _, o := range v.offices {
			if b := v.bodies[as.Unit]; b != nil && o.System == b.System {
				d.CopyTo = append(d.CopyTo, o.Name)
			}
		}
	}
	if r.State == "draft" {
		d.Lead = "（草稿，尚未签发）"
	}
	d.Body = textBlocks(r.Body)
	promises := &paper.Table{Widths: []float64{1, 7, 3}, Header: []string{"序号", "承诺事项", "完成期限"}}
	for _, c := range v.Commitments {
		if c.Assignment == as.ID {
			promises.Rows = append(promises.Rows, paper.Row(itoa(len(promises.Rows)+1), c.Text, day(c.DueOn)))
		}
	}
	if len(promises.Rows) > 0 {
		d.Body = append(d.Body, paper.P("承诺事项："), paper.Of(promises))
	}
	if r.ContactName != "" {
		note := "联系人：" + r.ContactName
		if r.ContactPhone != "" {
			note += "，联系电话：" + r.ContactPhone
		}
		d.Notes = append(d.Notes, note)
	}
	if open := v.code("reply.disclosures", r.Disclosure); open != "" {
		d.Notes = append(d.Notes, "公开方式："+open)
	}
	return d
}

// addressed is who the letter speaks to: a body by its name, members as members.
func (v *view) addressed() string {
	if v.Kind == proposal.Collective && v.Body != "" {
		return v.bodyName(v.Body)
	}
	return v.proposers() + "委员"
}

// mark is the class of the outcome, at the upper right of the first page: its
// letter where a place has letters.
func (v *view) mark(outcome string) string {
	if outcome == "" {
		return ""
	}
	if len(outcome) == 1 {
		return strings.ToUpper(outcome)
	}
	label, _, _ := strings.Cut(v.code("reply.outcomes", outcome), "：")
	return label
}

var (
	firstLevel  = regexp.MustCompile(`^[一二三四五六七八九十]{1,3}、`)
	secondLevel = regexp.MustCompile(`^（[一二三四五六七八九十]{1,3}）`)
)

// longestHeading is how long a line may be to be taken for a heading.
const longestHeading = 30

// textBlocks makes blocks of a text as people type it: lines that begin like
// headings and are no sentences are set as headings.
func textBlocks(text string) (all []paper.Block) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		short := utf8.RuneCountInString(line) <= longestHeading && !strings.ContainsAny(line, "。；")
		switch {
		case line == "":
		case short && firstLevel.MatchString(line):
			all = append(all, paper.H(line))
		case short && secondLevel.MatchString(line):
			all = append(all, paper.Block{Kind: paper.Heading2, Text: line})
		default:
			all = append(all, paper.P(line))
		}
	}
	return all
}
