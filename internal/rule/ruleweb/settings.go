package ruleweb

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/rule"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// section is the settings under one heading.
type section struct {
	Title    string // untranslated: it names the section in the address
	Settings []rule.Definition
}

// sections puts the settings under their headings, in the order of declaration.
func (p *pages) sections() []section {
	var all []section
	for _, d := range p.Rules.Definitions() {
		i := slices.IndexFunc(all, func(s section) bool { return s.Title == d.Group })
		if i < 0 {
			all = append(all, section{Title: d.Group})
			i = len(all) - 1
		}
		all[i].Settings = append(all[i].Settings, d)
	}
	return all
}

// section returns the one with a title; NotFound if there is none.
func (p *pages) section(title string) (section, error) {
	all := p.sections()
	i := slices.IndexFunc(all, func(s section) bool { return s.Title == title })
	if i < 0 {
		return section{}, errs.Missing()
	}
	return all[i], nil
}

func editURL(group string) string { return "/rules/edit?group=" + url.QueryEscape(group) }

// newest is the version that the next one is built on: the latest that was not
// withdrawn, in force or not.
func (p *pages) newest(ctx context.Context) (*rule.Version, error) {
	all, err := p.Rules.List(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(v *rule.Version) bool { return !v.Withdrawn })
	return all[i], nil // version 0 is always there
}

// settingsPage is a version in full.
type settingsPage struct {
	Version  *rule.Version
	Defaults *rule.Version
	Current  bool          // it is the one in force
	Next     *rule.Version // one that will be in force
	Sections []section
	Manages  bool
}

func (p *pages) current(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.Rules.Current(ctx)
	if err != nil {
		return err
	}
	last, err := p.newest(ctx)
	if err != nil {
		return err
	}
	page := settingsPage{Version: v, Defaults: p.Rules.Defaults(v.Tenant), Current: true, Sections: p.sections(), Manages: manages(ctx)}
	if last.N != v.N {
		page.Next = last
	}
	return web.Render(w, r, http.StatusOK, settingsView(page))
}

// — the form —

// editForm is the form over one section.
type editForm struct {
	Section   section
	Base      int
	Earliest  calendar.Date
	ValidFrom calendar.Date
	Note      string
	Entries   []entry
	Err       error
	Others    *comparison // what somebody else saved meanwhile
}

// entry is one setting as the form holds it.
type entry struct {
	rule.Definition
	Text    string // the text form
	N, Unit string // of a term
	Rows    []codeRow
	Open    bool // its lines are in sight from the start: somebody works on them
}

// summary tells what a code set holds, for who does not open it.
func (e entry) summary(ctx context.Context) string {
	var labels []string
	for _, row := range e.Rows {
		if row.Label != "" && !row.Retired {
			labels = append(labels, row.Label)
		}
	}
	return lang.T(ctx, "%d 项：%s", len(labels), strings.Join(labels, lang.T(ctx, "、")))
}

// codeRow is one line of a code set. Fixed says that its key was saved before.
type codeRow struct {
	rule.Code
	Fixed bool
}

// units of a term, as the form offers them.
func units(ctx context.Context) []ui.Option {
	return ui.Options("wd", lang.T(ctx, "个工作日"), "d", lang.T(ctx, "天"), "m", lang.T(ctx, "个月"))
}

// entryOf fills an entry from a version's value.
func entryOf(d rule.Definition, v *rule.Version) entry {
	e := entry{Definition: d, Text: v.Raw(d.ID)}
	switch d.Kind {
	case rule.Term:
		e.N = strings.TrimRight(e.Text, "wdm")
		e.Unit = cmp.Or(e.Text[len(e.N):], "wd")
	case rule.CodeSet:
		for _, c := range v.Codes(d.ID) {
			e.Rows = append(e.Rows, codeRow{c, true})
		}
	}
	return e
}

// typed reads an entry from the form. base is the version that the form showed.
func typed(d rule.Definition, base *rule.Version, form url.Values) entry {
	get := func(name string) string { return web.Clean(form.Get(name)) }
	e := entry{Definition: d, Text: get(d.ID)}
	switch d.Kind {
	case rule.Term:
		e.N, e.Unit = e.Text, get(d.ID+".unit")
		if _, err := strconv.Atoi(e.N); err == nil { // else it may be a term already: 3个月
			e.Text = e.N + e.Unit
		}
	case rule.Bool:
		e.Text = strconv.FormatBool(e.Text != "")
	case rule.CodeSet:
		e.Rows = typedRows(d.ID, base.Codes(d.ID), form)
		codes := rule.Codes{}
		for _, row := range e.Rows {
			codes = append(codes, row.Code)
		}
		e.Text = codes.String()
	}
	return e
}

const mostRows = 200

// typedRows reads the lines of a code set in the order that their numbers ask
// for. A line without label and key is none; a new one without key gets one.
func typedRows(id string, saved rule.Codes, form url.Values) []codeRow {
	type placed struct {
		codeRow
		place int
	}
	var all []placed
	used := map[string]bool{}
	for _, c := range saved {
		used[c.Key] = true
	}
	count, _ := strconv.Atoi(form.Get(id + ".rows"))
	for i := range min(count, mostRows) {
		at := rowName(id, i)
		row := codeRow{Code: rule.Code{Key: web.Clean(form.Get(at + ".key")), Label: web.Clean(form.Get(at + ".label")),
			Canonical: web.Clean(form.Get(at + ".canonical")), Retired: form.Get(at+".retired") != ""}}
		if row.Key == "" && row.Label == "" {
			continue
		}
		row.Weight, _ = strconv.Atoi(web.Clean(form.Get(at + ".weight"))) // what is no number weighs nothing, which the rules refuse
		_, row.Fixed = saved.Find(row.Key)
		place, err := strconv.Atoi(web.Clean(form.Get(at + ".place")))
		if err != nil {
			place = i + 1
		}
		used[row.Key] = true
		all = append(all, placed{row, place})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.place - b.place })
	rows := make([]codeRow, len(all))
	for i, row := range all {
		for n := 1; row.Key == ""; n++ {
			if key := "x" + strconv.Itoa(n); !used[key] {
				row.Key, used[key] = key, true
			}
		}
		rows[i] = row.codeRow
	}
	return rows
}

func rowName(id string, i int) string { return id + "." + strconv.Itoa(i) }

// problem is the message at an entry's field.
func (f *editForm) problem(ctx context.Context, id string) string {
	var e *errs.Error
	if errors.As(f.Err, &e) {
		for _, x := range e.Fields {
			if x.Name == id {
				return lang.T(ctx, x.Msg, x.Args...)
			}
		}
	}
	return ""
}

// changes are the entries that differ from the version the form showed.
func (f *editForm) changes(base *rule.Version) map[string]string {
	all := map[string]string{}
	for _, e := range f.Entries {
		if e.Text != base.Raw(e.ID) {
			all[e.ID] = e.Text
		}
	}
	return all
}

// rebase puts what was typed on top of what somebody else saved meanwhile.
func (f *editForm) rebase(base, newest *rule.Version) {
	for i, e := range f.Entries {
		switch {
		case e.Text == base.Raw(e.ID):
			f.Entries[i] = entryOf(e.Definition, newest)
		case e.Kind == rule.CodeSet:
			for n, row := range e.Rows {
				_, e.Rows[n].Fixed = newest.Codes(e.ID).Find(row.Key)
			}
			for _, c := range newest.Codes(e.ID) { // a code that the other person added must not be dropped
				if !slices.ContainsFunc(e.Rows, func(row codeRow) bool { return row.Key == c.Key }) {
					f.Entries[i].Rows = append(f.Entries[i].Rows, codeRow{c, true})
				}
			}
		}
	}
	f.Base = newest.N
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, rule.Manage); err != nil {
		return err
	}
	s, err := p.section(r.FormValue("group"))
	if err != nil {
		return err
	}
	base, err := p.newest(ctx)
	if err != nil {
		return err
	}
	f := editForm{Section: s, Base: base.N, Earliest: max(p.today(), base.ValidFrom)}
	f.ValidFrom = f.Earliest
	for _, d := range s.Settings {
		f.Entries = append(f.Entries, entryOf(d, base))
	}
	return web.Render(w, r, http.StatusOK, editView(f))
}

// editInput are the fields of the form that are no settings.
type editInput struct {
	Group     string        `form:"group"`
	Base      int           `form:"base"`
	ValidFrom calendar.Date `form:"valid_from"`
	Note      string        `form:"note"`
	Add       string        `form:"add"` // the code set that wants another line
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, rule.Manage); err != nil {
		return err
	}
	in, unread := web.Decode[editInput](r)
	s, err := p.section(in.Group)
	if err != nil {
		return err
	}
	base, err := p.Rules.Get(ctx, in.Base)
	if err != nil {
		return err
	}
	f := editForm{Section: s, Base: in.Base, Earliest: max(p.today(), base.ValidFrom), ValidFrom: in.ValidFrom, Note: in.Note}
	for _, d := range s.Settings {
		e := typed(d, base, r.PostForm)
		if d.Kind == rule.CodeSet && d.ID == in.Add && len(e.Rows) < mostRows {
			e.Rows = append(e.Rows, codeRow{})
		}
		e.Open = d.Kind == rule.CodeSet && (d.ID == in.Add || e.Text != base.Raw(d.ID))
		f.Entries = append(f.Entries, e)
	}
	if in.Add != "" {
		return web.Render(w, r, http.StatusOK, editView(f))
	}
	var v *rule.Version
	if err = unread; err == nil {
		v, err = p.Rules.Save(ctx, f.changes(base), in.ValidFrom, in.Note, in.Base)
	}
	if err == nil {
		return done(w, r, lang.T(ctx, "第 %d 版规则已保存，自%s起执行。下面是这一版改动的内容", v.N, v.ValidFrom.Long(ctx)),
			compareURL(v.Base, v.N))
	}
	if !mendable(err) {
		return err
	}
	f.Err = err
	if errs.Is(err, errs.Conflict) {
		newest, nerr := p.newest(ctx)
		if nerr != nil {
			return nerr
		}
		if newest.N != base.N {
			f.Others = p.comparison(base, newest)
			f.rebase(base, newest)
			f.Earliest = max(f.Earliest, newest.ValidFrom)
			f.ValidFrom = max(f.ValidFrom, f.Earliest)
		}
	}
	return web.Render(w, r, web.Status(errs.KindOf(err)), editView(f))
}

// valueOf is a setting as REST gives it.
func valueOf(v *rule.Version, d rule.Definition) any {
	switch d.Kind {
	case rule.Int:
		return v.Int(d.ID)
	case rule.Bool:
		return v.Bool(d.ID)
	case rule.CodeSet:
		return v.Codes(d.ID)
	}
	return v.Raw(d.ID)
}

// textOf is the text form of a value that REST was given.
func textOf(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	b, err := json.Marshal(value)
	if err != nil {
		return "" // it came out of JSON
	}
	return string(b)
}
