package publish

import (
	"slices"
	"strings"

	"shangliang/internal/proposal"
)

// Part is one part of the original, with what it is called.
type Part struct {
	Key   string
	Kind  string // title, proposer, situation …, reply, promise, file
	Text  string // of the original
	Unit  string // id of the department that it is of
	Name  string // of the department or the file
	Class string // of a reply: the department's own word on openness
	// Unreadable says that a file cannot be checked and so not be published.
	Unreadable bool
	Whole      *Whole // of a picture or PDF: what would be public
}

// partTitles are the kinds of parts in the order in which they are shown.
var partTitles = [][2]string{{"title", "案由"}, {"proposer", "提案人"}, {"situation", "情况"}, {"analysis", "分析"}, {"suggestions", "建议"},
	{"outcome", "办理结果"}, {"reply", "答复"}, {"promise", "承诺事项"}, {"file", "附件"}}

// PartTitle is the title of a kind of part in Simplified Chinese.
func PartTitle(kind string) string {
	for _, t := range partTitles {
		if t[0] == kind {
			return t[1]
		}
	}
	return kind
}

// partsOf lists the parts of a case. files are its attachments by id, as
// they were read.
func partsOf(c *proposal.Case, files map[string]original) []Part {
	all := []Part{
		{Key: "title", Kind: "title", Text: c.Title},
		{Key: "proposer", Kind: "proposer", Text: proposerName(c)},
		{Key: "situation", Kind: "situation", Text: c.Situation},
		{Key: "analysis", Kind: "analysis", Text: c.Analysis},
		{Key: "suggestions", Kind: "suggestions", Text: c.Suggestions},
		{Key: "outcome", Kind: "outcome", Text: c.Outcome},
	}
	for _, r := range answersOf(c) {
		as, _ := c.Assignment(r.Assignment)
		if as != nil {
			all = append(all, Part{Key: "reply:" + as.ID, Kind: "reply", Text: r.Body, Unit: as.Unit, Name: c.Names[as.Unit], Class: r.Disclosure})
		}
	}
	for _, x := range promisesOf(c) {
		text := x.Text
		if x.State == "done" && x.Evidence != "" {
			text += "\n" + x.Evidence
		}
		all = append(all, Part{Key: "promise:" + x.ID, Kind: "promise", Text: text, Unit: x.Unit, Name: c.Names[x.Unit]})
	}
	for _, f := range c.Files {
		if f.Purpose == "scan" {
			continue // signed papers are never public
		}
		x, ok := files[f.ID]
		all = append(all, Part{Key: "file:" + f.ID, Kind: "file", Text: x.text, Whole: x.whole, Name: f.Name, Unreadable: !ok})
	}
	return slices.DeleteFunc(all, func(p Part) bool { return p.Text == "" && p.Kind != "file" })
}

// answersOf are the delivered replies of the newest round in which each
// department answered.
func answersOf(c *proposal.Case) []*proposal.Reply {
	newest := map[string]*proposal.Reply{}
	var units []string
	for _, r := range c.Replies {
		as, err := c.Assignment(r.Assignment)
		if err != nil || r.Kind != "reply" || r.State != "delivered" {
			continue
		}
		if newest[as.Unit] == nil {
			units = append(units, as.Unit)
		}
		if newest[as.Unit] == nil || newest[as.Unit].Round <= r.Round {
			newest[as.Unit] = r
		}
	}
	var all []*proposal.Reply
	for _, u := range units {
		all = append(all, newest[u])
	}
	return all
}

func promisesOf(c *proposal.Case) []*proposal.Commitment {
	return slices.DeleteFunc(slices.Clone(c.Commitments), func(x *proposal.Commitment) bool { return x.State == "planned" })
}

func proposerName(c *proposal.Case) string {
	if c.Kind == proposal.Collective && c.Names[c.Body] != "" {
		return c.Names[c.Body]
	}
	var names []string
	for _, id := range c.Proposers() {
		names = append(names, c.Names[id])
	}
	return strings.Join(names, "、")
}

// sources are the digests of the originals by part.
func sources(c *proposal.Case, parts []Part) map[string]string {
	all := map[string]string{}
	for _, p := range parts {
		extra := ""
		if i := slices.IndexFunc(c.Commitments, func(x *proposal.Commitment) bool { return "promise:"+x.ID == p.Key }); i >= 0 {
			extra = c.Commitments[i].State + " " + string(c.Commitments[i].DueOn)
		}
		for _, f := range c.Files {
			if "file:"+f.ID == p.Key {
				extra = f.SHA256
			}
		}
		if p.Kind == "file" {
			all[p.Key] = extra
			continue
		}
		all[p.Key] = digest(p.Text, extra)
	}
	return all
}

// differing lists the parts whose original is not the one that was seen.
func differing(then, now map[string]string) []string {
	var all []string
	for key, sum := range now {
		if then[key] != sum {
			all = append(all, key)
		}
	}
	for key := range then {
		if _, still := now[key]; !still {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}
