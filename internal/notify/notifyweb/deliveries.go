package notifyweb

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"shangliang/internal/actor"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/lang"
	"shangliang/internal/notify"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// standing is a state of a delivery as people read it.
type standing struct {
	ID    string
	Title string
	Kind  ui.Kind
}

// standings are the states in the order in which an office looks at them.
var standings = []standing{
	{notify.Failed, "发送失败", ui.Bad},
	{notify.Skipped, "未发送", ui.Warn},
	{notify.Pending, "等待发送", ui.Info},
	{notify.Sending, "正在发送", ui.Info},
	{notify.Sent, "已发送", ui.Good},
}

// meant are the reasons for not sending that are as they should be.
var meant = map[string]bool{"not_mailed": true, "not_texted": true, "switched_off": true, "superseded": true, "no_smtp": true}

func standingOf(d *notify.Delivery) standing {
	for _, s := range standings {
		if s.ID == d.State {
			if meant[d.Reason] {
				s.Kind = ui.Neutral
			}
			return s
		}
	}
	return standing{d.State, d.State, ui.Neutral}
}

// channels are where notices are sent, in words.
var channels = []struct{ ID, Title string }{{notify.App, "平台内"}, {notify.Mail, "邮件"}, {notify.SMS, "短信"},
	{gateway.WeCom, "企业微信群"}, {gateway.DingTalk, "钉钉群"}, {gateway.Webhook, "业务系统"}}

func channelTitle(ctx context.Context, id string) string {
	for _, c := range channels {
		if c.ID == id {
			return word(ctx, c.Title)
		}
	}
	return id
}

// hopeless are the reasons for which sending again would change nothing.
var hopeless = map[string]bool{"no_recipient": true, "no_account": true, "superseded": true, "not_mailed": true, "not_texted": true, "no_smtp": true}

func canResend(d *notify.Delivery) bool {
	return d.Channel != notify.App && (d.State == notify.Failed || d.State == notify.Skipped) && !hopeless[d.Reason]
}

// deliveriesPage is a part of the list of deliveries.
type deliveriesPage struct {
	All    []*notify.Delivery
	Counts []*notify.Count // of what was not sent and should have been
	Untold int             // their sum
	Filter notify.Filter
	Here   string
	Next   string
	First  bool
	Person string // name of the one whose deliveries are shown
	Mails  bool   // the platform has a mail server
}

// filterOf reads a filter from the query.
func filterOf(r *http.Request) notify.Filter {
	f := notify.Filter{State: r.FormValue("state"), Channel: r.FormValue("channel"), Reason: r.FormValue("reason"), Person: r.FormValue("person"), ObjectID: r.FormValue("proposal"),
		Untold: r.FormValue("show") == "untold", Before: r.FormValue("after")}
	if f.ObjectID != "" {
		f.Object = "proposal"
	}
	return f
}

// manyDeliveries is how many of them a page lists: on a phone each fills a third of
// the screen.
const manyDeliveries = 25

func (p *pages) deliveries(w http.ResponseWriter, r *http.Request) error {
	f := filterOf(r)
	f.N = manyDeliveries + 2
	all, more, err := p.whole(r.Context(), f)
	if err != nil {
		return err
	}
	page := deliveriesPage{Mails: p.Notices.Mails(), All: all, Filter: f, Here: r.URL.RequestURI(), First: f.Before == ""}
	if page.Counts, err = p.Notices.Untold(r.Context(), f); err != nil {
		return err
	}
	for _, c := range page.Counts {
		page.Untold += c.N
	}
	if more {
		page.Next = ui.With(page.Here, "after", all[len(all)-1].Notice)
	}
	if f.Person != "" && len(all) > 0 {
		page.Person = all[0].Name
	}
	return web.Render(w, r, http.StatusOK, deliveriesView(page))
}

// exported is how many deliveries a file has at most: the newest.
const exported = 5000

func (p *pages) exportDeliveries(w http.ResponseWriter, r *http.Request) error {
	ctx, f := r.Context(), filterOf(r)
	f.Before, f.N = "", exported
	all, err := p.Notices.Deliveries(ctx, f)
	if err != nil {
		return err
	}
	rows := make([][]any, len(all))
	for i, d := range all {
		rows[i] = []any{ui.Instant(ctx, d.CreatedAt.Time), d.Title, d.Name, notify.WhyOf(ctx, d.Why), channelTitle(ctx, d.Channel), word(ctx, standingOf(d).Title), notify.ReasonText(ctx, d.Reason), d.Detail, d.Tries}
	}
	name := lang.T(ctx, "通知发送记录")
	return document.Serve(w, name, document.Sheet{Name: name, Header: []string{lang.T(ctx, "时间"), lang.T(ctx, "通知"), lang.T(ctx, "收件人"), lang.T(ctx, "为什么通知"), lang.T(ctx, "发往"), lang.T(ctx, "状态"), lang.T(ctx, "原因"),
		lang.T(ctx, "对方的回答"), lang.T(ctx, "试了几次")}, Rows: document.Each(rows)})
}

// whole lists deliveries so that the last notice is there with all its channels,
// and says whether there are more. f.N is one notice more than what is shown.
func (p *pages) whole(ctx context.Context, f notify.Filter) ([]*notify.Delivery, bool, error) {
	all, err := p.Notices.Deliveries(ctx, f)
	if err != nil || len(all) < f.N {
		return all, false, err
	}
	last := all[len(all)-1].Notice
	for all[len(all)-1].Notice == last {
		all = all[:len(all)-1]
	}
	return all, true, nil
}

func (p *pages) resend(w http.ResponseWriter, r *http.Request) error {
	ctx, back := r.Context(), web.SafeNext(r.PostFormValue("back"))
	if back == "/" {
		back = "/deliveries"
	}
	var refs []notify.Ref
	for _, id := range r.PostForm["id"] {
		refs = append(refs, notify.ParseRef(id))
	}
	if len(refs) == 0 {
		return errs.New(errs.Invalid, "请先选择通知")
	}
	out, err := p.Notices.ResendAll(ctx, refs)
	if err != nil {
		return err
	}
	switch e, _ := errors.AsType[*errs.Error](errors.Join(out.Not...)); {
	case e == nil:
		web.Flash(w, r, ui.Good, lang.T(ctx, "%d条通知已重新排队，稍后发送", out.Queued), "")
	case out.Queued == 0:
		web.Flash(w, r, ui.Bad, lang.T(ctx, e.Msg, e.Args...), "")
	default:
		web.Flash(w, r, ui.Warn, lang.T(ctx, "%d条通知已重新排队，%d条不能再发：%s", out.Queued, len(out.Not), lang.T(ctx, e.Msg, e.Args...)), "")
	}
	return web.Redirect(w, r, back)
}

// toldPanel is what the office sees on the page of a case: how many were told of
// it, and who was not.
type toldPanel struct {
	Proposal  string
	Told, All int
	Counts    []*notify.Count
}

func (p *pages) panel(ctx context.Context, id string) (templ.Component, error) {
	if a, _ := actor.From(ctx); !a.Can(notify.Manage) {
		return nil, nil
	}
	t := toldPanel{Proposal: id}
	var err error
	if t.Told, t.All, err = p.Notices.Told(ctx, "proposal", id); err != nil {
		return nil, err
	}
	if t.Counts, err = p.Notices.Untold(ctx, notify.Filter{Object: "proposal", ObjectID: id}); err != nil {
		return nil, err
	}
	return toldView(t), nil
}

// shownTo is where a delivery went, as the office may see it: of a telephone
// only so much that it is recognised.
func shownTo(d *notify.Delivery) string {
	switch n := len(d.Address); {
	case d.Channel == notify.Mail:
		return d.Address
	case d.Channel == notify.SMS && n > 7:
		return d.Address[:3] + "****" + d.Address[n-4:]
	}
	return ""
}
