package orgweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/document"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/org"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// auditPage lists what was done in the tenant.
type auditPage struct {
	Here  string
	Lines []auditLine
	Count int
	Next  string
	First bool
}

// auditLine is one act in words.
type auditLine struct {
	*ledger.Entry
	Who  string
	What string
	Said string // the note
	Link ui.Link
}

// areas are the beginnings of actions by which the acts are filtered.
var areas = []org.Code{
	{ID: "account.", Title: "登录和账号"},
	{ID: "grant_role.", Title: "角色"},
	{ID: "api_token.", Title: "访问令牌"},
	{ID: "person.", Title: "人员资料"},
	{ID: "membership.", Title: "所属"},
	{ID: "seat.", Title: "委员资格"},
	{ID: "body.", Title: "组织机构"},
	{ID: "rule.", Title: "规则"},
	{ID: "calendar_day.", Title: "工作日历"},
	{ID: "proposal.", Title: "提案"},
	{ID: "assignment.", Title: "办理"},
	{ID: "commitment.", Title: "承诺"},
	{ID: "notify.", Title: "通知"},
}

// shownAt says where objects are shown, and to whom.
var shownAt = map[string]Link{
	"person": {"/people/", "org.people"}, "account": {"/accounts/", "org.manage"}, "body": {"/bodies/", "org.manage"},
	"term": {"/terms/", "org.manage"}, "session": {"/sessions/", "org.manage"}, "calendar_day": {"/calendar?day=", ""},
}

// auditFilter reads the filters from the address of the page.
func auditFilter(q url.Values) ledger.Filter {
	f := ledger.Filter{Action: q.Get("area"), Person: q.Get("person"), Kind: q.Get("kind"), Object: q.Get("object"), Before: q.Get("after"), N: perPage + 1}
	if d, err := calendar.ParseDate(q.Get("since")); err == nil && d != "" {
		f.Since.Time = d.Time().UTC()
	}
	if d, err := calendar.ParseDate(q.Get("until")); err == nil && d != "" {
		f.Until.Time = d.AddDays(1).Time().UTC()
	}
	return f
}

// lines puts entries into words.
func (p *pages) lines(ctx context.Context, entries []*ledger.Entry) ([]auditLine, error) {
	var people []string
	for _, e := range entries {
		if e.Kind == "person" {
			people = append(people, e.Object)
		}
	}
	names, err := p.Org.PersonNames(ctx, people)
	if err != nil {
		return nil, err
	}
	bodies, _, err := p.bodies(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]auditLine, len(entries))
	for i, e := range entries {
		l := auditLine{Entry: e, Who: actorOf(ctx, e), What: p.actTitle(ctx, e.Action), Said: e.Note}
		to, there := shownAt[e.Kind]
		if !there {
			to, there = p.Links[e.Kind]
		}
		if there = there && e.Object != "" && (to.Permission == "" || can(ctx, to.Permission)); there {
			l.Link = ui.Link{Title: lang.T(ctx, "查看"), URL: to.Path + url.PathEscape(e.Object)}
		}
		switch e.Kind {
		case "person":
			l.Link.Title = names[e.Object]
		case "body":
			l.Link.Title = shortOf(bodies, e.Object)
		case "calendar_day":
			l.Link.Title = ui.ShortDay(ctx, calendar.Date(e.Object))
		}
		all[i] = l
	}
	return all, nil
}

// actTitle is what an act is called, in the first table that knows it.
func (p *pages) actTitle(ctx context.Context, action string) string {
	if t := p.Acts[action]; t != "" {
		return word(ctx, t)
	}
	if actTitles[action] == "" {
		for _, x := range p.Org.Roles().All() {
			if x.ID == action {
				return word(ctx, x.Title)
			}
		}
	}
	return actTitle(ctx, action)
}

func (p *pages) audit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := auditFilter(r.URL.Query())
	entries, err := p.Org.Acts(ctx, f)
	if err != nil {
		return err
	}
	v := auditPage{Here: here(r), First: f.Before == ""}
	if len(entries) > perPage {
		entries = entries[:perPage]
		v.Next = after(v.Here, entries[perPage-1].ID)
	}
	v.Count = len(entries)
	if v.Lines, err = p.lines(ctx, entries); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, auditView(v))
}

// exported bounds how many acts go into one file.
const exported = 20_000

func (p *pages) exportAudit(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if _, err := actor.Require(ctx, "org.audit"); err != nil {
		return err // before the answer has begun
	}
	f := auditFilter(r.URL.Query())
	f.Before, f.N = "", 500
	s := document.Sheet{Name: lang.T(ctx, "操作记录"), Header: []string{lang.T(ctx, "时间"), lang.T(ctx, "人员"), lang.T(ctx, "操作"), lang.T(ctx, "对象"), lang.T(ctx, "说明"), lang.T(ctx, "途径"), lang.T(ctx, "记录编号")}}
	s.Rows = func(yield func([]any, error) bool) {
		for n := 0; n < exported; {
			entries, err := p.Org.Acts(ctx, f)
			if err != nil {
				yield(nil, err)
				return
			}
			lines, err := p.lines(ctx, entries)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, l := range lines {
				n++
				if !yield([]any{l.At.In(china), l.Who, l.What, strings.TrimSpace(word(ctx, kindTitle(l.Kind)) + " " + l.Link.Title), l.Said, channel(ctx, l.Channel), l.ID}, nil) {
					return
				}
			}
			if len(entries) < f.N {
				return
			}
			f.Before = entries[len(entries)-1].ID
		}
	}
	return document.Serve(w, s.Name, s)
}

// kinds of objects in words.
var kindTitles = map[string]string{
	"person": "人员", "account": "账号", "body": "单位", "term": "届次", "session": "会议", "tenant": "政协", "calendar_day": "日历",
	"api_token": "访问令牌", "proposal": "提案", "rule": "规则", "notice": "通知", "delivery": "通知",
}

func kindTitle(kind string) string { return kindTitles[kind] }

// channel says by which way something was done.
func channel(ctx context.Context, channel string) string {
	switch channel {
	case "web":
		return lang.T(ctx, "网页")
	case "api":
		return lang.T(ctx, "接口")
	case "import":
		return lang.T(ctx, "导入")
	case "job":
		return lang.T(ctx, "自动")
	case "cli":
		return lang.T(ctx, "命令行")
	}
	return channel
}

// signInRecords lists who signed in, from where.
func (p *pages) signInRecords(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	before := r.URL.Query().Get("after")
	all, err := p.Org.SignInRecords(ctx, before)
	if err != nil {
		return err
	}
	v := signInsPage{Here: here(r), Records: all, First: before == ""}
	if len(all) == 100 {
		v.Next = after(v.Here, all[99].ID)
	}
	return web.Render(w, r, http.StatusOK, signInsView(v))
}

type signInsPage struct {
	Here    string
	Records []*org.SignInRecord
	Next    string
	First   bool
}
