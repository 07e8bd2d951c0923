package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/proposal"
)

// Copy is what the public reads of a case: all of it, and nothing else.
type Copy struct {
	Code     string         `json:"code"`
	Year     int            `json:"year"`
	CaseNo   int            `json:"case_no"`
	Session  string         `json:"session"`
	Title    []Span         `json:"title"`
	Kind     string         `json:"kind"`
	Subject  string         `json:"subject_code,omitempty"`
	SubjectL string         `json:"subject,omitempty"`
	Proposer string         `json:"proposer,omitempty"`
	Filed    calendar.Date  `json:"filed_on,omitempty"`
	Parts    []CopyPart     `json:"parts,omitempty"`
	Replies  []*CopyReply   `json:"replies,omitempty"`
	Promises []*CopyPromise `json:"promises,omitempty"`
	Files    []CopyFile     `json:"files,omitempty"`
	Meaning  string         `json:"meaning,omitempty"` // of the outcome across places
	Outcome  string         `json:"outcome,omitempty"`
	Left     []CopyLeft     `json:"left,omitempty"` // what is not public, and why
	Labels   []CopyLabel    `json:"labels,omitempty"`
}

// CopyPart is a piece of the proposal's text.
type CopyPart struct {
	Key     string `json:"key"`
	Spans   []Span `json:"text"`
	Summary bool   `json:"summary,omitempty"`
}

// CopyReply is what one department answered.
type CopyReply struct {
	Key     string        `json:"key,omitempty"`
	Unit    string        `json:"unit_id"`
	Name    string        `json:"unit"`
	Role    string        `json:"role"`
	On      calendar.Date `json:"on,omitempty"` // answered
	Due     calendar.Date `json:"due_on,omitempty"`
	OnTime  bool          `json:"on_time"`
	Meaning string        `json:"meaning,omitempty"`
	Outcome string        `json:"outcome,omitempty"`
	DocNo   string        `json:"doc_no,omitempty"`
	Spans   []Span        `json:"text,omitempty"` // none: the reply is not public
	Summary bool          `json:"summary,omitempty"`
}

// CopyPromise is something that a department promised.
type CopyPromise struct {
	Key    string        `json:"key"`
	Name   string        `json:"unit"`
	Spans  []Span        `json:"text"`
	Due    calendar.Date `json:"due_on"`
	State  string        `json:"state"` // open, reported, done
	Done   calendar.Date `json:"done_on,omitempty"`
	Result []Span        `json:"result,omitempty"`
}

// CopyFile is a copy of an attachment: of its text, or whole.
type CopyFile struct {
	Kind   string `json:"format,omitempty"` // of a whole copy: pdf, jpeg, png, webp
	Key    string `json:"key"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// CopyLeft names a part that is not public in full.
type CopyLeft struct {
	Part   string `json:"part"` // its kind: analysis, reply, file …
	Unit   string `json:"unit,omitempty"`
	Reason string `json:"reason"`
}

// CopyLabel says what a code meant when the copy was made.
type CopyLabel struct {
	Code  string `json:"code"`
	Label string `json:"label"`
}

// Label is what a code of a removed place or a reason meant.
func (c *Copy) Label(code string) string {
	for _, l := range c.Labels {
		if l.Code == code {
			return l.Label
		}
	}
	return code
}

// TitleText is the title in one piece.
func (c *Copy) TitleText() string { return Flat(c.Title, c.Label) }

// Texts are all words of the copy that people wrote, for the scan.
func texts(body []byte) ([]string, error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, err
	}
	var all []string
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case string:
			if !slices.Contains([]string{"id", "unit_id", "sha256", "format", "code", "x", "label", "reason", "key", "on", "due_on", "done_on", "filed_on"}, key) {
				all = append(all, v)
			}
		case []any:
			// The spans of one text are read as one, so that nothing hides
			// between two of them.
			whole := ""
			for _, x := range v {
				if m, ok := x.(map[string]any); ok {
					if t, ok := m["t"].(string); ok {
						whole += t
						continue
					}
					if m["x"] != nil {
						whole += "\n"
						continue
					}
				}
				walk(key, x)
			}
			if whole != "" {
				all = append(all, whole)
			}
		case map[string]any:
			for k, x := range v {
				walk(k, x)
			}
		}
	}
	walk("", v)
	return all, nil
}

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

// produce makes the public copy. Files hold the text copies that are public, to
// be kept under their digest.
func produce(c *proposal.Case, parts []Part, plan Plan, marks []Mark, labels []CopyLabel, code string) (cp *Copy, files map[string]string) {
	cp = &Copy{Code: code, Year: c.Year, CaseNo: c.CaseNo, Session: c.Session.Title, Kind: c.Kind, Filed: calendar.On(c.FiledAt.Time)}
	if s, ok := c.Rules.Code("proposal.subjects", c.Subject); ok {
		cp.Subject, cp.SubjectL = s.Key, s.Label
	}
	outcome := func(key string) string { x, _ := c.Rules.Code("reply.outcomes", key); return x.Label }
	files = map[string]string{}
	used := map[string]bool{}
	cut := func(text string) []Span {
		spans := remove(text, marks)
		for _, s := range spans {
			used[s.Gone] = true
		}
		return spans
	}
	left := func(p Part, ch Choice) {
		if ch.Mode != Full {
			cp.Left, used[ch.Reason] = append(cp.Left, CopyLeft{Part: p.Kind, Unit: unitName(p), Reason: ch.Reason}), true
		}
	}
	showOutcome := plan["outcome"].Open()
	for _, as := range c.Assignments {
		if as.Answers() && as.State == proposal.Delivered && !slices.ContainsFunc(cp.Replies, func(r *CopyReply) bool { return r.Unit == as.Unit }) {
			cp.Replies = append(cp.Replies, &CopyReply{Unit: as.Unit, Name: c.Names[as.Unit]})
		}
	}
	for _, p := range parts {
		ch := plan[p.Key]
		left(p, ch)
		text := opened(p, ch)
		switch p.Kind {
		case "title":
			cp.Title = cut(text)
		case "proposer":
			cp.Proposer = text
		case "situation", "analysis", "suggestions":
			if text != "" {
				cp.Parts = append(cp.Parts, CopyPart{p.Key, cut(text), ch.Mode == Summary})
			}
		case "outcome":
			if showOutcome {
				cp.Meaning, cp.Outcome = c.Meaning, outcome(c.Outcome)
			}
		case "reply":
			i := slices.IndexFunc(cp.Replies, func(r *CopyReply) bool { return r.Unit == p.Unit })
			r := c.ReplyOf(strings.TrimPrefix(p.Key, "reply:"))
			as, err := c.Assignment(r.Assignment)
			if i < 0 || err != nil {
				continue
			}
			out := cp.Replies[i]
			out.Key = p.Key
			out.Role, out.On, out.Due = as.Role, calendar.On(r.DeliveredAt.Time), as.DueOn
			out.OnTime = as.DueOn == "" || out.On <= as.DueOn
			if showOutcome {
				out.Meaning, out.Outcome = r.Meaning, outcome(r.Outcome)
			}
			if text != "" {
				out.DocNo, out.Spans, out.Summary = r.DocNo, cut(text), ch.Mode == Summary
			}
		case "promise":
			i := slices.IndexFunc(c.Commitments, func(x *proposal.Commitment) bool { return "promise:"+x.ID == p.Key })
			if text == "" || i < 0 {
				continue
			}
			x := c.Commitments[i]
			promise := &CopyPromise{Key: p.Key, Name: p.Name, Spans: cut(x.Text), Due: x.DueOn, State: x.State}
			if ch.Mode == Summary {
				promise.Spans = cut(text)
			}
			if x.State == "done" {
				promise.Done = calendar.On(x.ConfirmedAt.Time)
				if ch.Mode == Full && x.Evidence != "" {
					promise.Result = cut(x.Evidence)
				}
			}
			cp.Promises = append(cp.Promises, promise)
		case "file":
			if ch.Mode != Full || text == "" && p.Whole == nil {
				continue
			}
			name := Flat(cut(strings.TrimSuffix(p.Name, extension(p.Name))), func(code string) string { return labelOf(labels, code) })
			id := fmt.Sprint(len(cp.Files) + 1)
			if p.Whole != nil {
				files[p.Whole.SHA256] = text
				cp.Files = append(cp.Files, CopyFile{Key: p.Key, ID: id, Name: name + extensionOf(p.Whole.Kind), Kind: p.Whole.Kind, Size: p.Whole.Size, SHA256: p.Whole.SHA256})
				continue
			}
			flat := Flat(cut(text), func(code string) string { return labelOf(labels, code) })
			sum := digest(flat)
			files[sum] = flat
			cp.Files = append(cp.Files, CopyFile{Key: p.Key, ID: id, Name: name + ".txt", Size: int64(len(flat)), SHA256: sum})
		}
	}
	for _, l := range labels {
		if used[l.Code] {
			cp.Labels = append(cp.Labels, l)
		}
	}
	return cp, files
}

func unitName(p Part) string {
	if p.Kind == "reply" || p.Kind == "promise" {
		return p.Name
	}
	return ""
}

func labelOf(labels []CopyLabel, code string) string {
	for _, l := range labels {
		if l.Code == code {
			return l.Label
		}
	}
	return code
}

func extensionOf(kind string) string {
	if kind == "jpeg" {
		return ".jpg"
	}
	return "." + kind
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
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
