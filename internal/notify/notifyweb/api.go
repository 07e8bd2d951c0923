package notifyweb

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/errs"
	"shangliang/internal/notify"
	"shangliang/internal/web"
)

// apiNotice is a notice as REST gives it.
type apiNotice struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind" example:"proposal.file"`
	Title    string     `json:"title"`
	Body     string     `json:"body,omitempty"`
	Because  string     `json:"because,omitempty" doc:"Why one was told, in words"`
	Link     string     `json:"link,omitempty" doc:"Path of the page that it is about"`
	Object   string     `json:"object,omitempty" example:"proposal"`
	ObjectID string     `json:"object_id,omitempty"`
	At       time.Time  `json:"at"`
	ReadAt   *time.Time `json:"read_at,omitempty" doc:"Absent while it is unread"`
}

// apiDelivery is a delivery as REST gives it.
type apiDelivery struct {
	Notice    string     `json:"notice" doc:"The notice's id"`
	Channel   string     `json:"channel" enum:"app,mail,sms,wecom,dingtalk,webhook"`
	Person    string     `json:"person,omitempty"`
	Name      string     `json:"name,omitempty"`
	Kind      string     `json:"kind"`
	Title     string     `json:"title"`
	Because   string     `json:"because,omitempty" doc:"Why the person was to be told, in words"`
	State     string     `json:"state" enum:"pending,sending,sent,failed,skipped"`
	Reason    string     `json:"reason,omitempty" doc:"Why it was not sent: a code"`
	Why       string     `json:"why,omitempty" doc:"The same in words"`
	Detail    string     `json:"detail,omitempty" doc:"What the service said"`
	Tries     int        `json:"tries"`
	CreatedAt time.Time  `json:"created_at"`
	DoneAt    *time.Time `json:"done_at,omitempty"`
}

// apiPreference is where a kind of notice goes besides the platform.
type apiPreference struct {
	Kind string `json:"kind"`
	Name string `json:"name" required:"false"`
	Mail bool   `json:"mail"`
	Must bool   `json:"must,omitempty" readOnly:"true" required:"false" doc:"Its mail cannot be switched off"`
	SMS  *bool  `json:"sms,omitempty" doc:"Absent where the tenant sends no text messages of this kind"`
}

// apiTiming is when a person is told outside the platform.
type apiTiming struct {
	Quiet       string `json:"quiet,omitempty" enum:",none,own" doc:"Quiet hours: empty as the tenant, none, or one's own"`
	QuietFrom   string `json:"quiet_from,omitempty" example:"22:00"`
	QuietUntil  string `json:"quiet_until,omitempty" example:"07:00"`
	Roundup     string `json:"roundup,omitempty" enum:",daily,weekly" doc:"Empty: each mail at once"`
	RoundupTime string `json:"roundup_time,omitempty" example:"08:00"`
	Weekday     int    `json:"weekday,omitempty" minimum:"0" maximum:"7" doc:"1 is Monday"`
	Version     int    `json:"version" doc:"As it was read"`
}

type none struct{}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"notices"}}
}

func (p *pages) api(api huma.API) {
	p.gatewayAPI(api)
	huma.Register(api, operation("list-notices", "GET", "/notices", "One's own notices, newest first"),
		func(ctx context.Context, in *struct {
			web.PageQuery
			Unread bool `query:"unread" doc:"Only what is unread"`
		}) (*web.Answer[web.Page[apiNotice]], error) {
			keys, err := web.ReadCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			before := ""
			if keys != nil {
				before = keys[0]
			}
			all, err := p.Notices.List(ctx, before, in.Limit+1, in.Unread)
			if err != nil {
				return nil, err
			}
			items := make([]apiNotice, len(all))
			for i, n := range all {
				items[i] = apiNotice{n.ID, n.Kind, n.Title, n.Body, notify.WhyText(ctx, n.Why), n.Link, n.Object, n.ObjectID, n.At.Time, instant(n.ReadAt.Time)}
			}
			return &web.Answer[web.Page[apiNotice]]{Body: web.MakePage(items, in.Limit, func(n apiNotice) []string { return []string{n.ID} })}, nil
		})
	huma.Register(api, operation("read-notices", "POST", "/notices/read", "Mark notices as read"),
		func(ctx context.Context, in *web.Answer[struct {
			IDs []string `json:"ids,omitempty" maxItems:"200"`
			All bool     `json:"all,omitempty" doc:"All of them, without ids"`
		}]) (*none, error) {
			if len(in.Body.IDs) == 0 && !in.Body.All {
				return nil, errs.New(errs.Invalid, "请先选择通知")
			}
			return nil, p.Notices.MarkRead(ctx, in.Body.IDs...)
		})
	huma.Register(api, operation("get-notice-preferences", "GET", "/notices/preferences", "Which notices one gets by mail and text message"),
		func(ctx context.Context, _ *none) (*web.Answer[[]apiPreference], error) {
			all, err := p.Notices.Preferences(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]apiPreference, len(all))
			for i, x := range all {
				out[i] = apiPreference{Kind: x.Kind.ID, Name: word(ctx, x.Kind.Name), Mail: x.Mail, Must: x.Kind.Must}
				if x.Texts {
					out[i].SMS = &x.SMS
				}
			}
			return &web.Answer[[]apiPreference]{Body: out}, nil
		})
	huma.Register(api, operation("set-notice-preferences", "PUT", "/notices/preferences", "Switch mail and text messages on or off for the kinds given"),
		func(ctx context.Context, in *web.Answer[[]apiPreference]) (*none, error) {
			w := notify.Wanted{Mail: map[string]bool{}, SMS: map[string]bool{}}
			for _, x := range in.Body {
				w.Mail[x.Kind] = x.Mail
				if x.SMS != nil {
					w.SMS[x.Kind] = *x.SMS
				}
			}
			return nil, p.Notices.Prefer(ctx, w)
		})
	huma.Register(api, operation("get-notice-timing", "GET", "/notices/timing", "One's quiet hours and roundups"),
		func(ctx context.Context, _ *none) (*web.Answer[apiTiming], error) {
			t, err := p.Notices.Timing(ctx)
			if err != nil {
				return nil, err
			}
			return &web.Answer[apiTiming]{Body: apiTiming{t.Quiet, t.QuietFrom, t.QuietUntil, t.Roundup, t.RoundupTime, t.Weekday, t.Version}}, nil
		})
	huma.Register(api, operation("set-notice-timing", "PUT", "/notices/timing", "Choose quiet hours and roundups"),
		func(ctx context.Context, in *web.Answer[apiTiming]) (*none, error) {
			t := in.Body
			return nil, p.Notices.SetTiming(ctx, notify.Timing{Quiet: t.Quiet, QuietFrom: t.QuietFrom, QuietUntil: t.QuietUntil, Roundup: t.Roundup, RoundupTime: t.RoundupTime, Weekday: t.Weekday, Version: t.Version})
		})
	huma.Register(api, operation("list-deliveries", "GET", "/deliveries", "What was sent to whom, what was not and why"),
		func(ctx context.Context, in *struct {
			web.PageQuery
			State   string `query:"state" enum:"pending,sending,sent,failed,skipped"`
			Channel string `query:"channel" enum:"app,mail,sms,wecom,dingtalk,webhook"`
			Person  string `query:"person"`
			Reason  string `query:"reason"`
			About   string `query:"proposal" doc:"Only what told of this case"`
			Untold  bool   `query:"untold" doc:"Only what was not sent and should have been"`
		}) (*web.Answer[web.Page[apiDelivery]], error) {
			keys, err := web.ReadCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			f := notify.Filter{State: in.State, Channel: in.Channel, Person: in.Person, Reason: in.Reason, Untold: in.Untold, N: max(in.Limit, 2) + 2}
			if in.About != "" {
				f.Object, f.ObjectID = "proposal", in.About
			}
			if keys != nil {
				f.Before = keys[0]
			}
			all, more, err := p.whole(ctx, f)
			if err != nil {
				return nil, err
			}
			page := web.Page[apiDelivery]{Items: make([]apiDelivery, len(all))}
			for i, d := range all {
				page.Items[i] = apiDelivery{d.Notice, d.Channel, d.Person, d.Name, d.Kind, d.Title, notify.WhyOf(ctx, d.Why), d.State, d.Reason,
					notify.ReasonText(ctx, d.Reason), d.Detail, d.Tries, d.CreatedAt.Time, instant(d.DoneAt.Time)}
			}
			if more {
				page.Next = web.Cursor(all[len(all)-1].Notice)
			}
			return &web.Answer[web.Page[apiDelivery]]{Body: page}, nil
		})
	huma.Register(api, operation("resend-mail", "POST", "/deliveries/{notice}/resend", "Queue again what failed or was not sent"),
		func(ctx context.Context, in *struct {
			Notice  string `path:"notice"`
			Channel string `query:"channel" enum:"mail,sms,wecom,dingtalk,webhook" default:"mail"`
		}) (*none, error) {
			return nil, p.Notices.Resend(ctx, notify.Ref{Notice: in.Notice, Channel: in.Channel})
		})
}
