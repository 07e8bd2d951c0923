package notifyweb

import (
	"context"
	"net/http"

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
var meant = map[string]bool{"not_mailed": true, "not_texted": true, "switched_off": true, "superseded": true}

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
var hopeless = map[string]bool{"no_recipient": true, "no_account": true, "superseded": true, "not_mailed": true, "no_smtp": true}

func canResend(d *notify.Delivery) bool {
	return d.Channel == notify.Mail && (d.State == notify.Failed || d.State == notify.Skipped) && !hopeless[d.Reason]
}

// deliveriesPage is a part of the list of deliveries.
type deliveriesPage struct {
	All    []*notify.Delivery
	Here   string
	Next   string
	First  bool
	Person string // name of the one whose deliveries are shown
}

func (p *pages) deliveries(w http.ResponseWriter, r *http.Request) error {
	f := notify.Filter{State: r.FormValue("state"), Channel: r.FormValue("channel"), Person: r.FormValue("person"), Before: r.FormValue("after"), N: many + 2}
	all, more, err := p.whole(r.Context(), f)
	if err != nil {
		return err
	}
	page := deliveriesPage{All: all, Here: r.URL.RequestURI(), First: f.Before == ""}
	if more {
		page.Next = ui.With(page.Here, "after", all[len(all)-1].Notice)
	}
	if f.Person != "" && len(all) > 0 {
		page.Person = all[0].Name
	}
	return web.Render(w, r, http.StatusOK, deliveriesView(page))
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
	ctx, back := r.Context(), web.SafeNext(r.FormValue("back"))
	if back == "/" {
		back = "/deliveries"
	}
	switch err := p.Notices.Resend(ctx, r.PathValue("notice")); {
	case errs.Is(err, errs.Conflict):
		e := err.(*errs.Error)
		web.Flash(w, r, ui.Bad, lang.T(ctx, e.Msg, e.Args...), "")
	case err != nil:
		return err
	default:
		web.Flash(w, r, ui.Good, lang.T(ctx, "邮件已重新排队，稍后发送"), "")
	}
	return web.Redirect(w, r, back)
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
