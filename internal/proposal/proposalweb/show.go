package proposalweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/clock"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// show is the page of one case.
func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	v.queue = queueOf(r)
	return web.Render(w, r, http.StatusOK, casePage(v))
}

// queueOf is the queue from which somebody came, to go on with it afterwards.
func queueOf(r *http.Request) string {
	q := r.FormValue("queue")
	if _, ok := proposal.QueueOf(q); !ok {
		return ""
	}
	return q
}

// caseView is a case as its page shows it.
type caseView struct {
	*proposal.Case
	who    actor.Actor
	queue  string
	accept string // the extensions of files that are taken
	most   int64  // bytes of one file
	known  known
	tried  *tried
	acts   map[string]string // of other modules in the history
	panels []panel           // of other modules
	alike  []*proposal.Alike
	leads  []*proposal.MergeCase
}

// judged reports whether the actor judges the case, so that what it is like
// stands with it, not only on a page of its own.
func (v *caseView) judged() bool {
	return v.who.Can("proposal.review") && (v.State == proposal.Submitted || v.State == proposal.InReview || v.State == proposal.Filed)
}

// panel is what another module shows of the case.
type panel struct {
	aside bool
	part  templ.Component
}

// view reads a case with all that its page shows, as of one moment.
func (p *pages) view(ctx context.Context, id string) (v *caseView, err error) {
	err = p.proposals.AtOnce(ctx, func(ctx context.Context) error {
		v, err = p.viewed(ctx, id)
		return err
	})
	return v, err
}

func (p *pages) viewed(ctx context.Context, id string) (*caseView, error) {
	v, err := p.bare(ctx, id)
	if err != nil {
		return nil, err
	}
	modules := p.modules()
	v.acts = module.ActTitles(modules)
	for _, x := range module.PanelsOn(modules, "proposal") {
		part, err := x.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if part != nil {
			v.panels = append(v.panels, panel{x.Aside, part})
		}
	}
	return v, nil
}

// bare is the view of a case without what other capabilities show with it.
func (p *pages) bare(ctx context.Context, id string) (*caseView, error) {
	c, err := p.proposals.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := actor.Require(ctx, "")
	if err != nil {
		return nil, err
	}
	k, err := p.known(ctx)
	if err != nil {
		return nil, err
	}
	return &caseView{Case: c, who: a, accept: p.accept, most: p.limits.Most(), known: k}, nil
}

func (v *caseView) name(id string) string { return v.Names[id] }

func (v *caseView) url(rest string) string { return "/proposals/" + v.ID + rest }

// unit reports whether the actor acts for a department.
func (v *caseView) unit() bool { return v.who.Body != "" && v.who.Can("assignment.handle") }

// own is the assignment of the actor's department in the newest round that it
// has one, nil for everybody else.
func (v *caseView) own() *proposal.Assignment {
	if !v.unit() {
		return nil
	}
	for _, as := range slices.Backward(v.Assignments) {
		if as.Unit == v.who.Body && as.State != proposal.ReturnedUnit && as.State != proposal.Cancelled {
			return as
		}
	}
	return nil
}

// proposer names who the proposal is by, in a few words.
func (v *caseView) proposer(ctx context.Context) string {
	if v.Kind == proposal.Collective && v.Body != "" {
		return v.name(v.Body)
	}
	if n := len(v.Proposers()); n > 1 {
		return lang.T(ctx, "%s等%d人", v.name(v.Lead), n)
	}
	return v.name(v.Lead)
}

func (v *caseView) page(ctx context.Context) ui.PageInfo {
	info := ui.PageInfo{Title: titleOf(ctx, v.Title), Lead: number(ctx, v.CaseNo, v.SerialNo)}
	if info.Lead != "" {
		info.Lead += " · "
	}
	info.Lead += v.proposer(ctx) + " · " + lang.Say(ctx, org.Title(kinds, v.Kind)) + " · " + lang.Say(ctx, proposal.CaseFlow.State(v.State).Title)
	info.Crumbs = []ui.Link{v.list(ctx)}
	info.Actions = ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "打印"), Icon: "printer", Kind: ui.Quiet, Print: true})
	if v.who.Can("proposal.review") {
		info.Actions = ui.Group(ui.Button(ui.ButtonInfo{Label: lang.T(ctx, "相似的提案"), Icon: "files", Kind: ui.Quiet, Href: v.url("/alike")}), info.Actions)
	}
	return info
}

// list is where the person came from.
func (v *caseView) list(ctx context.Context) ui.Link {
	if q, ok := proposal.QueueOf(v.queue); ok {
		return ui.Link{Title: lang.Say(ctx, q.Title), URL: query(queuePath(v.who), "queue", q.ID)}
	}
	switch {
	case slices.Contains(proposers, v.who.Role):
		return ui.Link{Title: lang.T(ctx, "我的提案"), URL: "/proposals/mine"}
	case v.unit():
		return ui.Link{Title: lang.T(ctx, "承办提案"), URL: "/inbox"}
	}
	return ui.Link{Title: lang.T(ctx, "提案"), URL: "/proposals"}
}

// stages are the steps that a case goes through, in order.
var stages = func() (all []string) {
	for _, s := range proposal.CaseFlow.States {
		if !slices.Contains(all, s.Stage) {
			all = append(all, s.Stage)
		}
	}
	return all
}()

// steps draw where the case stands.
func (v *caseView) steps(ctx context.Context) []ui.Step {
	var signed time.Time
	for _, as := range v.Assignments {
		if !as.SignedAt.IsZero() && (signed.IsZero() || as.SignedAt.Before(signed)) {
			signed = as.SignedAt.Time
		}
	}
	reached := [...]time.Time{v.CreatedAt.Time, v.SubmittedAt.Time, v.FiledAt.Time, v.DispatchedAt.Time, signed, v.RepliedAt.Time, v.RepliedAt.Time, v.ClosedAt.Time, v.ArchivedAt.Time}
	state := proposal.CaseFlow.State(v.State)
	at := slices.Index(stages, state.Stage)
	failed := v.State == proposal.NotFiled || v.State == proposal.Withdrawn
	if v.State == proposal.Withdrawn && v.SerialNo > 0 {
		at = 1 // withdrawn after it was handed in
	}
	steps := make([]ui.Step, 0, len(stages))
	for i, title := range stages {
		s := ui.Step{Title: lang.Say(ctx, title)}
		switch {
		case i < at || v.State == proposal.Archived:
			s.State = ui.StepDone
		case i == at && failed:
			s.State = ui.StepFailed
		case i == at:
			s.State = ui.StepCurrent
		}
		if i <= at && i < len(reached) && !reached[i].IsZero() {
			s.On = calendar.On(reached[i])
		}
		if i == at && s.State != ui.StepDone {
			s.Note = lang.Say(ctx, state.Title)
			if v.State == proposal.InReview {
				s.Note = v.stageTitle(ctx)
			}
		}
		if failed && i > at {
			break
		}
		steps = append(steps, s)
	}
	return steps
}

func (v *caseView) stageTitle(ctx context.Context) string {
	if all := v.Rules.Codes("proposal.stages").Active(); v.Stage < len(all) {
		return lang.Say(ctx, all[v.Stage].Label)
	}
	return ""
}

// facts say what the case is.
func (v *caseView) facts(ctx context.Context) []ui.Item {
	var all []ui.Item
	add := func(term, value string) {
		if value != "" {
			all = append(all, ui.Say(term, value))
		}
	}
	if v.CaseNo > 0 {
		add(lang.T(ctx, "案号"), number(ctx, v.CaseNo, 0))
	}
	if v.SerialNo > 0 {
		add(lang.T(ctx, "流水号"), itoa(v.SerialNo))
	}
	if len(v.Parties) == 1 && v.Kind != proposal.Collective {
		add(lang.T(ctx, "提案人"), v.name(v.Lead))
	}
	add(lang.T(ctx, "届次"), v.Session.Title)
	if v.SerialNo > 0 {
		if v.Interim {
			add(lang.T(ctx, "期间"), lang.T(ctx, "平时提案"))
		} else {
			add(lang.T(ctx, "期间"), lang.T(ctx, "大会提案"))
		}
	}
	add(lang.T(ctx, "类别"), code(ctx, v.Rules, "proposal.subjects", v.Subject))
	add(lang.T(ctx, "办理结果"), code(ctx, v.Rules, "reply.outcomes", v.Outcome))
	add(lang.T(ctx, "公开意愿"), code(ctx, v.Rules, "proposal.open_choices", v.OpenChoice))
	if v.OpenChoice != "open" {
		add(lang.T(ctx, "理由"), v.OpenReason)
	}
	wish := ""
	for i, id := range v.UnitsWish {
		if i > 0 {
			wish += lang.T(ctx, "、")
		}
		wish += v.name(id)
	}
	add(lang.T(ctx, "希望由谁办理"), wish)
	add(lang.T(ctx, "希望的协商方式"), code(ctx, v.Rules, "proposal.contact_wishes", v.ContactWish))
	declared := ""
	for _, d := range []struct {
		yes   bool
		title string
	}{{v.Researched, "经过调研"}, {v.SelfWritten, "本人撰写"}, {v.Relayed, "反映他人意见"}} {
		if d.yes && declared != "" {
			declared += lang.T(ctx, "、")
		}
		if d.yes {
			declared += lang.Say(ctx, d.title)
		}
	}
	add(lang.T(ctx, "声明"), declared)
	switch v.Channel {
	case "paper":
		add(lang.T(ctx, "来源"), lang.T(ctx, "纸质件，由工作人员代录"))
	case "import":
		add(lang.T(ctx, "来源"), lang.T(ctx, "表格导入"))
	}
	if v.State == proposal.NotFiled {
		add(lang.T(ctx, "不予立案理由"), code(ctx, v.Rules, "proposal.decline_reasons", v.ReasonCode))
		add(lang.T(ctx, "去向"), code(ctx, v.Rules, "proposal.dispositions", v.Disposition))
	}
	return all
}

// people are who stands behind the proposal, and where each of them stands.
func (v *caseView) people(ctx context.Context) []ui.PersonInfo {
	var all []ui.PersonInfo
	for _, x := range v.Parties {
		info := ui.PersonInfo{Name: v.name(x.Person), Note: lang.Say(ctx, org.Title(partyRoles, x.Role))}
		if x.Role == "cosigner" {
			b := partyStates[x.State]
			info.Kind, info.Word = b.kind, lang.Say(ctx, b.title)
			if !x.DecidedAt.IsZero() {
				info.Note += " · " + ui.ShortDay(ctx, calendar.On(x.DecidedAt.Time))
			}
			if x.Method == "paper" {
				info.Note += " · " + lang.T(ctx, "纸质签名")
			}
		}
		all = append(all, info)
	}
	return all
}

// concerns reports whether a clock is one that the actor has to do with: a
// department is shown its own, and as host those of who owes it an opinion.
func (v *caseView) concerns(k *clock.Clock) bool {
	own := v.own()
	switch {
	case own == nil:
		return true
	case k.Object == "commitment":
		c := v.commitmentOf(k.ObjectID)
		return c != nil && c.Unit == own.Unit
	}
	return k.Object != "assignment" || k.ObjectID == own.ID || own.Role == proposal.Host
}

// commitmentOf is the promise that a clock runs for, nil if it is not to be seen.
func (v *caseView) commitmentOf(id string) *proposal.Commitment {
	for _, c := range v.Commitments {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// clock is a deadline as a part of package ui shows it.
func (v *caseView) clock(ctx context.Context, k *clock.Clock) ui.ClockInfo {
	info := ui.ClockInfo{Title: lang.Say(ctx, k.Title), Started: k.StartedOn, Due: k.DueOn, Hard: k.HardOn, Half: k.HalfOn, Eighty: k.EightyOn, Today: v.Today, Paused: k.Paused}
	if k.Object == "assignment" && len(v.Assignments) > 1 {
		info.Title += " · " + v.name(v.unitOf(k.ObjectID))
	}
	if c := v.commitmentOf(k.ObjectID); c != nil {
		info.Title += " · " + c.Text
	}
	if k.State != clock.Running {
		info.Met = k.StoppedOn
	}
	return info
}

// running are the deadlines that run, explained; the department's own first, the
// others as they are due.
func (v *caseView) running(ctx context.Context) []ui.ClockInfo {
	var all []*clock.Clock
	for _, k := range v.Clocks {
		if k.State == clock.Running && (k.DueOn != "" || k.Paused) && v.concerns(k) {
			all = append(all, k)
		}
	}
	own := v.own()
	slices.SortStableFunc(all, func(a, b *clock.Clock) int {
		if own != nil && (a.ObjectID == own.ID) != (b.ObjectID == own.ID) {
			if a.ObjectID == own.ID {
				return -1
			}
			return 1
		}
		return strings.Compare(a.DueOn.String(), b.DueOn.String())
	})
	infos := make([]ui.ClockInfo, len(all))
	for i, k := range all {
		infos[i] = v.clock(ctx, k)
		if k.Object == "commitment" {
			infos[i].Why = append(infos[i].Why, lang.T(ctx, "承办单位在答复中承诺的日期"))
		}
		for _, s := range k.Steps() {
			infos[i].Why = append(infos[i].Why, s.Text(ctx))
		}
	}
	return infos
}

// deadlines are the running ones: the most pressing, and the others if there are
// many. A reply may promise twenty things.
func (v *caseView) deadlines(ctx context.Context) (first, others []ui.ClockInfo) {
	all := v.running(ctx)
	n := min(len(all), 4)
	return all[:n], all[n:]
}

// ended mentions the deadlines that are over: done in time or not.
func (v *caseView) ended(ctx context.Context) []ui.Item {
	var all []ui.Item
	for _, k := range v.Clocks {
		if k.State != clock.Met && k.State != clock.Late || !v.concerns(k) {
			continue
		}
		c := v.clock(ctx, k)
		kind, word := c.State(ctx)
		all = append(all, ui.Item{Term: c.Title, Value: ui.Group(ui.Badge(kind, word), ui.Str(" "), ui.On(c.Met))})
	}
	return all
}

// lately is how much of the history is in sight from the start.
const lately = 8

// history tells what happened, newest first; what somebody saved many times in
// a row is told once.
func (v *caseView) history(ctx context.Context) []ui.Entry {
	all := make([]ui.Entry, 0, len(v.History))
	var last *ledger.Entry
	for _, e := range slices.Backward(v.History) {
		if last != nil && e.Action == last.Action && e.Person == last.Person && repeats[e.Action] {
			continue
		}
		last = e
		entry := ui.Entry{At: e.At.Time, What: v.actTitle(ctx, e), Who: v.actor(ctx, e), Note: e.Note}
		switch {
		case e.To != e.From && e.To != "":
			entry.Icon, entry.Kind = "circle-check", ui.Good
		case e.Role == "system":
			entry.Icon = "clock"
		}
		if bad[e.Action] {
			entry.Icon, entry.Kind = "arrow-back-up", ui.Warn
		}
		all = append(all, entry)
	}
	return all
}

// repeats are the acts that a person repeats while working on one thing.
var repeats = map[string]bool{"proposal.save": true, "assignment.draft": true}

// bad are the acts that send something back.
var bad = map[string]bool{"proposal.return": true, "proposal.decline": true, "proposal.withdraw": true, "proposal.send_back": true, "assignment.request_return": true,
	"assignment.reject": true, "assignment.recall": true, "proposal.recall": true, "proposal.put_back": true, "commitment.refuse": true, "proposal.rehandle": true, "assignment.cancel": true,
	"proposal.ask_withdrawal": true, "proposal.refuse_change": true, "proposal.grant_withdrawal": true, "proposal.unmerge": true, "proposal.release": true}

// titles of the steps by machine and action, put together once.
var titles = func() map[string]string {
	all := map[string]string{}
	for _, s := range proposal.CaseFlow.Steps {
		all["proposal."+s.Action] = s.Title
	}
	for _, s := range proposal.AssignmentFlow.Steps {
		all["assignment."+s.Action] = s.Title
	}
	for act, title := range acts {
		all[act] = title
	}
	return all
}()

func (v *caseView) actTitle(ctx context.Context, e *ledger.Entry) string {
	title, ok := titles[e.Action]
	if !ok {
		title, ok = v.acts[e.Action]
	}
	if !ok {
		return lang.T(ctx, "其他操作")
	}
	title = lang.Say(ctx, title)
	if len(v.Assignments) < 2 || e.Body != "" {
		return title
	}
	var about struct {
		Unit string `json:"unit"`
	}
	if e.Decode(&about) == nil && about.Unit != "" {
		return lang.T(ctx, "%s（%s）", title, v.name(about.Unit))
	}
	return title
}

// actor names who did something: their name and for whom or as what.
func (v *caseView) actor(ctx context.Context, e *ledger.Entry) string {
	if e.Role == "system" {
		return lang.T(ctx, "平台自动")
	}
	as := v.name(e.Body)
	if as == "" {
		role, _ := org.RoleOf(e.Role)
		as = lang.Say(ctx, role.Title)
	}
	return as + " " + e.Name
}

// duty is one assignment with everything that belongs to it.
type duty struct {
	*proposal.Assignment
	contacts    []*proposal.Contact
	requests    []*proposal.Request
	reply       *proposal.Reply
	commitments []*proposal.Commitment
	files       []*proposal.File
}

// duties are the assignments of the newest round, and those of the past: earlier
// rounds, and what was returned or cancelled.
func (v *caseView) duties() (now, past []duty) {
	for _, as := range v.Assignments {
		d := duty{Assignment: as, reply: v.ReplyOf(as.ID)}
		for _, x := range v.Contacts {
			if x.Assignment == as.ID {
				d.contacts = append(d.contacts, x)
			}
		}
		for _, x := range v.Requests {
			if x.Assignment == as.ID {
				d.requests = append(d.requests, x)
			}
		}
		for _, x := range v.Commitments {
			if x.Assignment == as.ID {
				d.commitments = append(d.commitments, x)
			}
		}
		for _, x := range v.Files {
			if x.Assignment == as.ID {
				d.files = append(d.files, x)
			}
		}
		if as.Round == v.Round && as.State != proposal.ReturnedUnit && as.State != proposal.Cancelled {
			now = append(now, d)
		} else {
			past = append(past, d)
		}
	}
	return now, past
}

// fileItems are files as a list shows them.
func (v *caseView) fileItems(ctx context.Context, files []*proposal.File) []ui.FileItem {
	var all []ui.FileItem
	for _, f := range files {
		item := ui.FileItem{Name: f.Name, URL: v.url("/files/" + f.ID), Bytes: f.Size,
			Note: lang.Say(ctx, org.Title(purposes, f.Purpose)) + " · " + v.name(f.Person) + " · " + ui.ShortDay(ctx, calendar.On(f.At.Time))}
		if f.Person == v.who.Person && slices.Contains(v.purposes(), f.Purpose) {
			item.Remove = v.url("/files/" + f.ID + "/remove")
		}
		all = append(all, item)
	}
	return all
}

// caseFiles are the files of the case itself.
func (v *caseView) caseFiles() (all []*proposal.File) {
	for _, f := range v.Files {
		if f.Assignment == "" {
			all = append(all, f)
		}
	}
	return all
}

// purposes are what the actor may add a file for.
func (v *caseView) purposes() (all []string) {
	if v.Writable {
		all = append(all, "attachment")
	}
	if v.who.Can("proposal.paper") {
		all = append(all, "scan")
	}
	if as := v.own(); as != nil {
		if as.Open() {
			all = append(all, "reply")
		}
		all = append(all, "evidence")
	}
	return all
}

// due shows until when something is due: the day, and how far away that is when
// it is near or over.
func due(_ context.Context, day, today calendar.Date) templ.Component { return ui.Until(day, today) }
