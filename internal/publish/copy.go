package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"shangliang/internal/calendar"
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
