package proposalweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/proposal"
	"shangliang/internal/rule"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// editView is a proposal while it is being written.
type editView struct {
	proposal.Text
	id      string // empty while there is no draft yet
	draft   string // names the draft that the first save makes, so that it makes one
	version int
	state   string
	paper   bool // entered by the office for somebody
	who     actor.Actor
	rules   *rule.Version
	known   known
	rounds  []*proposal.Round
	people  []ui.Option // co-signers chosen or found
	lead    []ui.Option // the proposer of a paper
	files   []ui.FileItem
	accept  string
	most    int64
	err     error
	theirs  *proposal.Text // what somebody else saved meanwhile
	found   string         // the name that was looked for, without scripts
	alike   []*proposal.Alike
}

// thens are what can follow the saving of a text.
var thens = []string{"submit", "invite", "propose", "approve"}

func (p *pages) newForm(w http.ResponseWriter, r *http.Request) error { return p.begin(w, r, false) }

func (p *pages) paperForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), "proposal.paper"); err != nil {
		return err
	}
	return p.begin(w, r, true)
}

// begin shows the form of a new proposal.
func (p *pages) begin(w http.ResponseWriter, r *http.Request, paper bool) error {
	v, err := p.blank(r.Context(), paper)
	if err != nil {
		return err
	}
	v.Kind, v.OpenChoice, v.draft = proposal.Individual, "open", uuid.NewString()
	if v.who.Role == "collective" {
		v.Kind = proposal.Collective
	}
	return web.Render(w, r, http.StatusOK, editPage(v))
}

// blank is a form before anything is known of its text.
func (p *pages) blank(ctx context.Context, paper bool) (*editView, error) {
	a, err := actor.Require(ctx, "proposal.write")
	if err != nil {
		return nil, err
	}
	desk, err := p.proposals.Desk(ctx)
	if err != nil {
		return nil, err
	}
	k, err := p.known(ctx)
	// The office writes nothing of its own: what it enters was handed in on paper.
	paper = paper || a.Can("proposal.paper")
	return &editView{who: a, rules: desk.Rules, rounds: desk.Rounds, known: k, state: proposal.Draft, paper: paper, accept: p.accept, most: p.limits.Most()}, err
}

// editForm shows the form of a draft, or of a text that came back.
func (p *pages) editForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.editing(r.Context(), r.PathValue("id"))
	if errs.Is(err, errs.Conflict) {
		return web.Redirect(w, r, "/proposals/"+r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	if v.alike, err = p.proposals.Alike(r.Context(), v.id, v.Text); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, editPage(v))
}

// editing reads a text that the actor may change; Conflict if it is theirs to
// see but no longer to change.
func (p *pages) editing(ctx context.Context, id string) (*editView, error) {
	cv, err := p.view(ctx, id)
	if err != nil {
		return nil, err
	}
	if !cv.Writable {
		return nil, errs.New(errs.Conflict, "提案已经提交，不能再修改")
	}
	c := cv.Case
	v := &editView{id: c.ID, version: c.Version, state: c.State, paper: c.Channel != "" && cv.who.Can("proposal.paper"), who: cv.who, rules: c.Rules, known: cv.known,
		accept: p.accept, most: p.limits.Most(), files: cv.fileItems(ctx, cv.caseFiles())}
	for i := range v.files {
		if v.files[i].Remove != "" {
			v.files[i].Remove += "?from=edit"
		}
	}
	v.Text = textOf(c)
	v.lead = []ui.Option{{Value: c.Lead, Label: cv.name(c.Lead)}}
	for _, id := range v.Cosigners {
		v.people = append(v.people, ui.Option{Value: id, Label: cv.name(id)})
	}
	return v, nil
}

// textOf is what a case has of what its proposers write.
func textOf(c *proposal.Case) proposal.Text {
	t := proposal.Text{Kind: c.Kind, Body: c.Body, Title: c.Title, Situation: c.Situation, Analysis: c.Analysis, Suggestions: c.Suggestions, Subject: c.Subject,
		Researched: c.Researched, SelfWritten: c.SelfWritten, Relayed: c.Relayed, OpenChoice: c.OpenChoice, OpenReason: c.OpenReason, UnitsWish: c.UnitsWish,
		ContactWish: c.ContactWish, Proposer: c.Lead}
	for _, x := range c.Parties {
		if x.Role == "cosigner" {
			t.Cosigners = append(t.Cosigners, x.Person)
		}
	}
	return t
}

// create takes the form of a new proposal: it makes the draft, keeps the text
// and the files and goes on to what was asked.
func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	text, err := web.Decode[proposal.Text](r)
	if err != nil {
		return err
	}
	v, err := p.blank(r.Context(), false)
	if err != nil {
		return err
	}
	if v.draft = r.PostFormValue("draft"); v.draft == "" {
		v.draft = uuid.NewString()
	}
	if r.PostFormValue("then") == "find" {
		return p.lookUp(w, r, v, text)
	}
	made, err := p.draft(r.Context(), v.draft, text)
	if err != nil {
		return p.rewrite(w, r, v, text, err)
	}
	return p.keep(w, r, made.ID, made.Version, text)
}

// draft makes the draft that a form names, or finds it if it was made before.
func (p *pages) draft(ctx context.Context, name string, text proposal.Text) (*proposal.Proposal, error) {
	if a, _ := actor.From(ctx); a.Can("proposal.paper") && text.Proposer == "" {
		var f errs.Fields
		f.Add("proposer", "请选择提案人")
		return nil, f.Err()
	}
	request := actor.Request{Key: "draft:" + name, Hash: "draft"}
	return p.proposals.Create(actor.WithRequest(ctx, request), proposal.Text{Kind: text.Kind, Body: text.Body, Proposer: text.Proposer})
}

// edit takes the form of a draft.
func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	text, err := web.Decode[proposal.Text](r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if r.PostFormValue("then") == "find" {
		v, err := p.editing(r.Context(), id)
		if err != nil {
			return err
		}
		return p.lookUp(w, r, v, text)
	}
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	return p.keep(w, r, id, int(version), text)
}

// keep saves the text, then the files, then does what the button said.
func (p *pages) keep(w http.ResponseWriter, r *http.Request, id string, version int, text proposal.Text) error {
	ctx := r.Context()
	saved, err := p.proposals.Save(web.Derived(ctx, "save"), id, version, text)
	stale := errs.Is(err, errs.Conflict)
	refuse := func(err error) error {
		kind := errs.KindOf(err)
		if kind != errs.Invalid && kind != errs.Conflict && kind != errs.TooLarge {
			return err
		}
		v, gone := p.editing(ctx, id)
		if gone != nil {
			return err
		}
		if theirs := v.Text; stale {
			v.theirs = &theirs
		}
		return p.rewrite(w, r, v, text, err)
	}
	if err != nil {
		return refuse(err)
	}
	purpose := "attachment"
	if saved.Channel != "" {
		purpose = "scan"
	}
	if _, err := p.attachAll(r, id, purpose, ""); err != nil {
		return refuse(err)
	}
	then := r.PostFormValue("then")
	if !slices.Contains(thens, then) {
		web.Flash(w, r, ui.Good, lang.T(ctx, "已保存草稿"), "")
		return web.Redirect(w, r, "/proposals/"+id+"/edit")
	}
	if _, err := p.proposals.Do(web.Derived(ctx, then), id, saved.Version, then, proposal.Input{}); err != nil {
		return refuse(err)
	}
	p.forget(ctx)
	web.Flash(w, r, ui.Good, lang.Say(ctx, afters[then]), "")
	return web.Redirect(w, r, "/proposals/"+id)
}

// afters tell what happened and what comes next.
var afters = map[string]string{
	"submit":  "已提交。受理、立案、交办和答复都会通知您",
	"invite":  "已发出联名邀请。联名人确认后，由您提交",
	"propose": "已送负责人审定",
	"approve": "已审定并提交",
}

// rewrite shows the form again with what was typed and what is wrong with it.
func (p *pages) rewrite(w http.ResponseWriter, r *http.Request, v *editView, text proposal.Text, err error) error {
	kind := errs.KindOf(err)
	if kind != errs.Invalid && kind != errs.Conflict && kind != errs.TooLarge {
		return err
	}
	lead := v.Proposer
	v.Text, v.err = text, err
	if v.id != "" {
		v.Proposer = lead
	}
	if err := p.named(r.Context(), v); err != nil {
		return err
	}
	return web.Render(w, r, web.Status(kind), editPage(v))
}

// named looks up the names of the people that were chosen in a form.
func (p *pages) named(ctx context.Context, v *editView) error {
	ids := slices.Clone(v.Cosigners)
	if v.Proposer != "" {
		ids = append(ids, v.Proposer)
	}
	names, err := p.org.PersonNames(ctx, ids)
	if err != nil {
		return err
	}
	v.people, v.lead = nil, nil
	for _, id := range v.Cosigners {
		if names[id] != "" {
			v.people = append(v.people, ui.Option{Value: id, Label: names[id]})
		}
	}
	if names[v.Proposer] != "" {
		v.lead = []ui.Option{{Value: v.Proposer, Label: names[v.Proposer]}}
	}
	return nil
}

// lookUp finds people by name for who writes without scripts: the form comes
// back with those found among the options.
func (p *pages) lookUp(w http.ResponseWriter, r *http.Request, v *editView, text proposal.Text) error {
	ctx := r.Context()
	v.Text = text
	if err := p.named(ctx, v); err != nil {
		return err
	}
	v.found = web.Clean(r.PostFormValue("find"))
	people, err := p.org.Colleagues(ctx, v.found)
	if err != nil {
		return err
	}
	for _, c := range people {
		o := ui.Option{Value: c.ID, Label: c.Name + " " + v.known.names[c.Sector]}
		if !slices.ContainsFunc(v.people, func(x ui.Option) bool { return x.Value == c.ID }) {
			v.people = append(v.people, o)
		}
		if !slices.ContainsFunc(v.lead, func(x ui.Option) bool { return x.Value == c.ID }) {
			v.lead = append(v.lead, o)
		}
	}
	return web.Render(w, r, http.StatusOK, editPage(v))
}

// saveNew is the first save of a page that saves itself: it makes the draft and
// tells the page where the draft is from now on.
func (p *pages) saveNew(w http.ResponseWriter, r *http.Request) error {
	text, err := web.Decode[proposal.Text](r)
	if err != nil {
		return err
	}
	made, err := p.draft(r.Context(), r.PostFormValue("draft"), text)
	if err != nil {
		return err
	}
	saved, err := p.proposals.Save(r.Context(), made.ID, made.Version, text)
	if err != nil {
		return err
	}
	p.forget(r.Context())
	at := "/proposals/" + made.ID
	return writeJSON(w, http.StatusOK, map[string]any{"version": saved.Version, "url": at + "/save", "action": at + "/edit", "path": at + "/edit"})
}

// save keeps a draft while somebody writes.
func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	text, err := web.Decode[proposal.Text](r)
	if err != nil {
		return err
	}
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	saved, err := p.proposals.Save(r.Context(), id, int(version), text)
	if err == nil {
		return writeJSON(w, http.StatusOK, map[string]any{"version": saved.Version})
	}
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	v, gone := p.editing(r.Context(), id)
	if gone != nil {
		return err
	}
	return writeJSON(w, http.StatusConflict, map[string]any{"version": v.version, "fields": formOf(v.Text)})
}

// formOf is a text as the fields of its form.
func formOf(t proposal.Text) map[string][]string {
	form := map[string][]string{"kind": {t.Kind}, "title": {t.Title}, "situation": {t.Situation}, "analysis": {t.Analysis}, "suggestions": {t.Suggestions},
		"subject": {t.Subject}, "open_choice": {t.OpenChoice}, "open_reason": {t.OpenReason}, "contact_wish": {t.ContactWish}, "body": {t.Body},
		"units_wish": t.UnitsWish, "cosigners": t.Cosigners}
	for name, yes := range map[string]bool{"researched": t.Researched, "self_written": t.SelfWritten, "relayed": t.Relayed} {
		form[name] = []string{}
		if yes {
			form[name] = []string{"yes"}
		}
	}
	return form
}

// pickPeople answers the type-ahead of people.
func (p *pages) pickPeople(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "proposal.write"); err != nil {
		return err
	}
	found, err := p.org.Colleagues(ctx, web.Clean(r.FormValue("q")))
	if err != nil {
		return err
	}
	k, err := p.known(ctx)
	if err != nil {
		return err
	}
	type person struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Note  string `json:"note"`
	}
	all := []person{}
	for _, c := range found {
		note := []string{k.names[c.Sector], c.Post}
		all = append(all, person{c.ID, c.Name, strings.Join(slices.DeleteFunc(note, func(s string) bool { return s == "" }), " ")})
	}
	return writeJSON(w, http.StatusOK, all)
}

func (v *editView) page(ctx context.Context) ui.PageInfo {
	info := ui.PageInfo{Title: lang.T(ctx, "写提案"), Narrow: true, Crumbs: []ui.Link{{Title: lang.T(ctx, "我的提案"), URL: "/proposals/mine"}}}
	if v.paper {
		info.Title, info.Crumbs = lang.T(ctx, "代录纸质提案"), []ui.Link{{Title: lang.T(ctx, "提案"), URL: "/proposals"}}
	}
	if v.id != "" {
		info.Crumbs = append(info.Crumbs, ui.Link{Title: titleOf(ctx, v.Title), URL: "/proposals/" + v.id})
	}
	return info
}

// addresses are where the form is sent and where it saves itself.
func (v *editView) addresses() (action, autosave string) {
	if v.id == "" {
		return "/proposals/new", "/proposals/new/save"
	}
	return "/proposals/" + v.id + "/edit", "/proposals/" + v.id + "/save"
}

// fixed reports whether the kind can no longer change.
func (v *editView) fixed() bool { return v.state != proposal.Draft || v.who.Role == "collective" }

func (v *editView) kinds(ctx context.Context) []ui.Option {
	all := optionsOf(ctx, kinds)
	for i, help := range []string{lang.T(ctx, "您一个人提出"), lang.T(ctx, "邀请别的委员一起提出，每位联名人由本人确认"), lang.T(ctx, "以党派团体、界别、专门委员会或小组的名义提出，由其负责人审定")} {
		all[i].Help = help
	}
	return all
}

// following is a button that ends writing, with what it brings about; shown
// while the kind chosen is one of when.
type following struct {
	then, label, says, when string
}

// followings are the ways on from here. A paper carries its signatures or its
// seal, so it is simply handed in.
func (v *editView) followings() []following {
	step := func(action, when string) following {
		for _, s := range proposal.CaseFlow.Steps {
			if s.Action == action {
				return following{action, s.Title, s.Says, when}
			}
		}
		return following{}
	}
	switch {
	case v.paper:
		return []following{step("submit", "")}
	case v.state == proposal.Returned && v.Kind != proposal.Collective:
		return []following{step("submit", "")}
	case v.state != proposal.Draft || v.who.Role == "collective":
		all := []following{}
		if v.who.Can("proposal.approve") {
			all = append(all, step("approve", ""))
		}
		if v.state == proposal.Draft {
			all = append(all, step("propose", ""))
		}
		return all
	}
	return []following{step("submit", "kind="+proposal.Individual), step("invite", "kind="+proposal.Joint), step("propose", "kind="+proposal.Collective)}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func attachHint(ctx context.Context, v *editView) string {
	if v.paper {
		return lang.T(ctx, "请上传纸质件的扫描件")
	}
	return lang.T(ctx, "调研报告、照片等，可以不加；随保存或提交一起上传")
}
