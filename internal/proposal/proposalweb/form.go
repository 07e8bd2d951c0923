package proposalweb

import (
	"context"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"shangliang/internal/lang"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
)

// promiseRows is how many promises a form can hold at most.
const promiseRows = 20

// fieldsOf are what a step takes. A co-handler's opinion is a text and nothing
// more.
func (v *caseView) fieldsOf(a proposal.Action) []proposal.Field {
	if a.Assignment == nil {
		return proposal.Fields[proposal.CaseFlow.Name+"."+a.Action]
	}
	all := proposal.Fields[proposal.AssignmentFlow.Name+"."+a.Action]
	if a.Action == "draft" && !a.Assignment.Answers() {
		all = slices.DeleteFunc(slices.Clone(all), func(f proposal.Field) bool { return f.Name != "body" })
	}
	return all
}

// room reports whether a step needs a page of its own.
func room(fields []proposal.Field) bool {
	return slices.ContainsFunc(fields, func(f proposal.Field) bool {
		return f.Kind == "unit" || f.Kind == "units" || f.Kind == "case" || f.Kind == "promises" || f.Max > 5000
	})
}

// fields draw the inputs of a step.
func (v *caseView) fields(ctx context.Context, a proposal.Action, fields []proposal.Field) templ.Component {
	all := make([]templ.Component, 0, len(fields))
	for _, f := range fields {
		all = append(all, v.field(ctx, a, f))
	}
	return ui.Group(all...)
}

func (v *caseView) field(ctx context.Context, a proposal.Action, f proposal.Field) templ.Component {
	x := ui.Field{Name: f.Name, Label: lang.Say(ctx, f.Label), Help: lang.Say(ctx, f.Help), Required: f.Required, Max: f.Max, Value: v.value(a, f.Name)}
	switch f.Kind {
	case "area":
		x.Rows = 4
		if f.Max > 5000 {
			x.Rows = 16
		}
		if a.Action == "ask_change" && f.Max > 5000 {
			x.Rows, x.Max = 8, v.Rules.Int("proposal.max_length")
		}
		return ui.TextArea(x)
	case "code":
		x.Options = options(ctx, v.Rules, f.Codes)
		if x.Required && len(x.Options) <= 5 {
			return ui.RadioField(x)
		}
		return ui.SelectField(x)
	case "date":
		x.To = v.Today.String()
		return ui.DateField(x)
	case "int":
		x.From, x.To, x.Max = "0", itoa(f.Max), 0
		return ui.NumberField(x)
	case "suggest":
		x.Options, x.Pick, x.Multiple = departments(ctx, v.known.departments), "list", true
		if v.tried.is(a) {
			x.Values = v.tried.form[f.Name]
		}
		return ui.SelectField(x)
	case "unit":
		x.Options, x.Pick = departments(ctx, v.known.departments), "list"
		return ui.SelectField(x)
	case "units":
		return unitsPicker(v, x)
	case "case":
		x.Pick = v.url("/leads")
		for _, m := range v.leads {
			x.Options = append(x.Options, ui.Option{Value: m.ID, Label: titleOf(ctx, m.Title) + " · " + mergeNote(ctx, m)})
		}
		return ui.SelectField(x)
	case "promises":
		return promises(v, a, x)
	}
	return ui.TextField(x)
}

// value is what stands in a field: what was typed before a refusal, else what
// is already drafted, else what is most likely meant.
func (v *caseView) value(a proposal.Action, name string) string {
	if v.tried.is(a) {
		return v.tried.form.Get(name)
	}
	if a.Action == "ask_change" {
		return map[string]string{"title": v.Title, "situation": v.Situation, "analysis": v.Analysis, "suggestions": v.Suggestions}[name]
	}
	if a.Assignment == nil || a.Action != "draft" {
		return ""
	}
	r := v.ReplyOf(a.Assignment.ID)
	if r == nil {
		return ""
	}
	return map[string]string{"body": r.Body, "doc_no": r.DocNo, "outcome": r.Outcome, "disclosure": r.Disclosure, "contact_name": r.ContactName,
		"contact_phone": r.ContactPhone, "contact_waiver": r.ContactWaiver, "opinion_waiver": r.OpinionWaiver}[name]
}

// departments are options to choose from, grouped by system.
func departments(ctx context.Context, bodies []*org.Body) []ui.Option {
	all := make([]ui.Option, len(bodies))
	for i, b := range bodies {
		all[i] = ui.Option{Value: b.ID, Label: b.Name, Group: lang.Say(ctx, org.Title(org.Systems, b.System))}
	}
	// A group's heading stands once, so its members stand together.
	slices.SortStableFunc(all, func(a, b ui.Option) int { return strings.Compare(a.Group, b.Group) })
	return all
}

// bodies are options grouped by kind.
func bodies(ctx context.Context, list []*org.Body) []ui.Option {
	all := make([]ui.Option, len(list))
	for i, b := range list {
		all[i] = ui.Option{Value: b.ID, Label: b.Name, Group: lang.Say(ctx, org.Title(org.Kinds, b.Kind))}
	}
	return all
}

// chosenUnits are the departments as the picker shows them: as they were chosen
// before a refusal, else as the proposer wished.
type chosenUnits struct {
	mode, host string
	co, split  []string
}

func (v *caseView) chosenUnits() chosenUnits {
	if v.tried != nil && v.tried.form.Has("units") {
		f := v.tried.form
		return chosenUnits{f.Get("units"), f.Get("host"), f["co"], f["split"]}
	}
	c := chosenUnits{mode: proposal.Sole}
	if len(v.UnitsWish) > 0 {
		c.host = v.UnitsWish[0]
	}
	if len(v.UnitsWish) > 1 {
		c.mode, c.co = proposal.Host, v.UnitsWish[1:]
	}
	return c
}

// promiseRow is one promise as its row shows it.
type promiseRow struct{ text, due string }

// promiseRows are the promises drafted so far and room for some more.
func (v *caseView) promiseRows(a proposal.Action) []promiseRow {
	var rows []promiseRow
	if v.tried.is(a) {
		for i := range promiseRows {
			row := promiseRow{v.tried.form.Get("promise_text_" + itoa(i)), v.tried.form.Get("promise_due_" + itoa(i))}
			if row.text != "" || row.due != "" {
				rows = append(rows, row)
			}
		}
	} else {
		for _, c := range v.Commitments {
			if c.Assignment == a.Assignment.ID && c.State == "planned" {
				rows = append(rows, promiseRow{c.Text, c.DueOn.String()})
			}
		}
	}
	for n := min(len(rows)+3, promiseRows); len(rows) < n; {
		rows = append(rows, promiseRow{})
	}
	return rows
}

// commitmentStep reports whether the person can do this with a promise now.
func (v *caseView) commitmentStep(c *proposal.Commitment, action string) bool {
	switch action {
	case "report":
		return c.State == "open" && v.who.Can("assignment.handle") && v.who.Body == c.Unit
	case "confirm", "refuse":
		return c.State == "reported" && v.who.Can("proposal.follow")
	}
	return false
}

// commitmentActions are what the person can do with a promise.
func (v *caseView) commitmentActions(ctx context.Context, c *proposal.Commitment) []ui.Action {
	var all []ui.Action
	add := func(action, label, follows string, f ui.Field) {
		if !v.commitmentStep(c, action) {
			return
		}
		a := ui.Action{ID: action + "-" + c.ID, Label: label, Follows: lang.T(ctx, "“%s”：%s", c.Text, follows), Icon: icons[action], URL: v.url("/commitments/" + c.ID + "/" + action), Version: int64(c.Version)}
		if v.tried != nil && v.tried.object == c.ID && v.tried.action == action {
			a.Err, f.Value = v.tried.err, v.tried.form.Get(f.Name)
		}
		a.Fields = ui.TextArea(f)
		all = append(all, a)
	}
	add("report", lang.T(ctx, "报告落实情况"), lang.T(ctx, "由政协核实"), ui.Field{Name: "evidence", Label: lang.T(ctx, "落实情况"), Required: true, Max: 2000, Help: lang.T(ctx, "证明材料可在“附件”中上传")})
	add("confirm", lang.T(ctx, "已落实"), lang.T(ctx, "通知提案人，不再跟踪"), ui.Field{Name: "answer", Label: lang.T(ctx, "核实意见"), Max: 2000})
	add("refuse", lang.T(ctx, "还没有落实"), lang.T(ctx, "退回承办单位继续落实"), ui.Field{Name: "answer", Label: lang.T(ctx, "还差什么"), Required: true, Max: 2000})
	return all
}

// autosave is where a draft of a reply saves itself; other steps are taken once.
func autosave(a proposal.Action, do ui.Action) string {
	if a.Action != "draft" {
		return ""
	}
	return do.URL
}

// mainKind is the weight of the one button of a step's own page.
func mainKind(do ui.Action) ui.ButtonKind {
	if do.Kind == ui.Danger {
		return ui.Danger
	}
	return ui.Primary
}
