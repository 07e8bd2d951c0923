package publish

import (
	"slices"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

// mostExtract bounds a summary that is proposed.
const mostExtract = 120

// extract is the beginning of a text, by whole sentences if one fits.
func extract(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	r := []rune(text)
	if len(r) <= mostExtract {
		return text
	}
	for i := mostExtract; i > mostExtract/3; i-- {
		if strings.ContainsRune("。！？；", r[i-1]) {
			return string(r[:i])
		}
	}
	return string(r[:mostExtract]) + "……"
}

// planFor is the plan that follows from what the proposer wished and how each
// department classed its reply. Parts that an earlier plan knows keep its choice.
func planFor(c *proposal.Case, parts []Part, before Plan, names bool) Plan {
	plan := Plan{}
	for _, p := range parts {
		if old, ok := before[p.Key]; ok {
			plan[p.Key] = old
			continue
		}
		plan[p.Key] = choiceFor(c, p, names)
	}
	return plan
}

func choiceFor(c *proposal.Case, p Part, names bool) Choice {
	closed := c.OpenChoice == "closed"
	switch p.Kind {
	case "title", "outcome":
		if closed {
			return Choice{Mode: Closed, Reason: "wish"}
		}
	case "proposer":
		switch {
		case c.OpenChoice != "open":
			return Choice{Mode: Closed, Reason: "wish"}
		case !names && c.Kind != proposal.Collective:
			return Choice{Mode: Closed, Reason: "privacy"}
		}
	case "situation", "analysis":
		if c.OpenChoice != "open" {
			return Choice{Mode: Closed, Reason: "wish"}
		}
	case "suggestions":
		switch c.OpenChoice {
		case "closed":
			return Choice{Mode: Closed, Reason: "wish"}
		case "summary":
			return Choice{Mode: Summary, Reason: "wish", Summary: extract(p.Text)}
		}
	case "reply":
		switch {
		case closed:
			return Choice{Mode: Closed, Reason: "wish"}
		case p.Class == "summary":
			return Choice{Mode: Summary, Reason: "class", Summary: extract(p.Text)}
		case p.Class != "full":
			return Choice{Mode: Closed, Reason: "class"}
		}
	case "promise":
		i := slices.IndexFunc(c.Commitments, func(x *proposal.Commitment) bool { return "promise:"+x.ID == p.Key })
		for _, r := range c.Replies {
			if i >= 0 && r.Assignment == c.Commitments[i].Assignment && r.Disclosure == "closed" {
				return Choice{Mode: Closed, Reason: "class"}
			}
		}
		if closed {
			return Choice{Mode: Closed, Reason: "wish"}
		}
	case "file":
		if p.Unreadable {
			return Choice{Mode: Closed, Reason: "unreadable"}
		}
		return Choice{Mode: Closed, Reason: "attachment"}
	}
	return Choice{Mode: Full}
}

// opened is the text of a part that is published, before anything is removed.
func opened(p Part, ch Choice) string {
	switch ch.Mode {
	case Full:
		return p.Text
	case Summary:
		return ch.Summary
	}
	return ""
}

// shown is all of a part that the public would see, the name of a file included.
func shown(p Part, ch Choice) string {
	text := opened(p, ch)
	if p.Kind == "file" && (text != "" || p.Whole != nil && ch.Mode == Full) {
		text = p.Name + "\n" + text
	}
	return text
}

// marksFor adds to the marks what the rules find in the parts that are to be
// public, and the people who must not be named there.
func marksFor(c *proposal.Case, parts []Part, plan Plan, marks []Mark) []Mark {
	marks = slices.Clone(marks)
	add := func(m Mark) {
		if !slices.ContainsFunc(marks, func(x Mark) bool { return x.Text == m.Text }) {
			marks = append(marks, m)
		}
	}
	people := map[string]string{}
	if !plan["proposer"].Open() {
		for _, id := range c.Proposers() {
			people[c.Names[id]] = "name"
		}
	}
	for _, r := range c.Replies {
		people[r.ContactName], people[r.ContactPhone] = "name", "phone"
	}
	delete(people, "")
	for _, p := range parts {
		text := shown(p, plan[p.Key])
		if p.Kind == "proposer" || text == "" {
			continue
		}
		for _, m := range find(text) {
			add(m)
		}
		for what, code := range people {
			if len([]rune(what)) > 1 && strings.Contains(text, what) {
				add(Mark{Text: what, Code: code})
			}
		}
	}
	// What no longer stands anywhere needs no mark of a rule; nor does a name
	// that is published as the proposer's.
	named := plan["proposer"].Open()
	marks = slices.DeleteFunc(marks, func(m Mark) bool {
		if m.Hand || m.Keep {
			return false
		}
		if named && m.Code == "name" && people[m.Text] == "" {
			return true
		}
		return !slices.ContainsFunc(parts, func(p Part) bool { return strings.Contains(shown(p, plan[p.Key]), m.Text) })
	})
	slices.SortStableFunc(marks, func(a, b Mark) int { return strings.Compare(a.Code, b.Code) })
	return marks
}

// closedTexts are the texts that must stand nowhere in the copy.
func closedTexts(parts []Part, plan Plan) []string {
	var all []string
	for _, p := range parts {
		// The outcome is a code and a file's text may repeat the proposal's.
		if plan[p.Key].Mode != Full && p.Kind != "outcome" && p.Kind != "proposer" && p.Kind != "title" {
			if ch := plan[p.Key]; ch.Mode == Summary && strings.Contains(bare(ch.Summary), bare(p.Text)) {
				continue // short enough to be its own summary
			}
			all = append(all, p.Text)
		}
	}
	return all
}

// complete says what a plan still lacks.
func complete(parts []Part, plan Plan) error {
	var wrong errs.Fields
	for _, p := range parts {
		ch := plan[p.Key]
		switch {
		case p.Kind == "title" && ch.Mode != Full:
			wrong.Add(p.Key, "案由不公开时整件都不能公开，请改为公开或提请决定不公开")
		case ch.Mode == Summary && strings.TrimSpace(ch.Summary) == "":
			wrong.Add(p.Key, "请写出要公开的摘要")
		case ch.Mode != Full && ch.Reason == "":
			wrong.Add(p.Key, "请选择不全文公开的理由")
		case p.Unreadable && ch.Open():
			wrong.Add(p.Key, "平台读不出这个文件的文字，无法核对，不能公开")
		}
	}
	return wrong.Err()
}
