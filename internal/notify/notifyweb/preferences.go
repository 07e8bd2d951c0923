package notifyweb

import (
	"context"
	"net/http"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/notify"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// preferencesPage is where and when a person is told.
type preferencesPage struct {
	All    []notify.Preference
	Timing notify.Timing
	Err    error // of the timing
}

// texts reports whether any kind is sent as a text message.
func (p preferencesPage) texts() bool {
	for _, x := range p.All {
		if x.Texts {
			return true
		}
	}
	return false
}

// topic are the preferences for the kinds of one name: they are chosen together.
type topic []notify.Preference

func (t topic) id() string { return t[0].Kind.ID }

// locked is how many of them cannot be switched off.
func (t topic) locked() (n int) {
	for _, x := range t {
		if x.Kind.Must {
			n++
		}
	}
	return n
}

func mailed(x notify.Preference) bool { return x.Kind.Mail }
func texted(x notify.Preference) bool { return x.Texts }

// byTopic are those of a channel by their name, in their order.
func byTopic(all []notify.Preference, on func(notify.Preference) bool) (topics []topic) {
	at := map[string]int{}
	for _, x := range all {
		if !on(x) {
			continue
		}
		i, ok := at[x.Kind.Name]
		if !ok {
			i = len(topics)
			at[x.Kind.Name], topics = i, append(topics, nil)
		}
		topics[i] = append(topics[i], x)
	}
	return topics
}

func (p *pages) showPreferences(w http.ResponseWriter, r *http.Request, status int, page preferencesPage) error {
	all, err := p.Notices.Preferences(r.Context())
	if err != nil {
		return err
	}
	page.All = all
	return web.Render(w, r, status, preferencesView(page))
}

func (p *pages) preferences(w http.ResponseWriter, r *http.Request) error {
	t, err := p.Notices.Timing(r.Context())
	if err != nil {
		return err
	}
	return p.showPreferences(w, r, http.StatusOK, preferencesPage{Timing: t})
}

func (p *pages) prefer(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Notices.Preferences(ctx)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	ticked := func(field string) map[string]bool {
		set := map[string]bool{}
		for _, id := range r.PostForm[field] {
			set[id] = true
		}
		return set
	}
	mail, sms := ticked("mail"), ticked("sms")
	wanted := notify.Wanted{Mail: map[string]bool{}, SMS: map[string]bool{}}
	for _, t := range byTopic(all, mailed) {
		for _, x := range t {
			wanted.Mail[x.Kind.ID] = mail[t.id()] || x.Kind.Must
		}
	}
	for _, t := range byTopic(all, texted) {
		for _, x := range t {
			wanted.SMS[x.Kind.ID] = sms[t.id()]
		}
	}
	if err := p.Notices.Prefer(ctx, wanted); err != nil {
		return err
	}
	return saved(w, r, "/notices/preferences")
}

func saved(w http.ResponseWriter, r *http.Request, to string) error {
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "通知设置已保存"), "")
	return web.Redirect(w, r, to)
}

// timingInput is the form of quiet hours and roundups.
type timingInput struct {
	Quiet       string `form:"quiet"`
	QuietFrom   string `form:"quiet_from"`
	QuietUntil  string `form:"quiet_until"`
	Roundup     string `form:"roundup"`
	RoundupTime string `form:"roundup_time"`
	Weekday     int    `form:"weekday"`
}

func (p *pages) setTiming(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	now, err := p.Notices.Timing(ctx)
	if err != nil {
		return err
	}
	version, err := formVersion(r)
	if err != nil {
		return err
	}
	in, err := web.Decode[timingInput](r)
	t := notify.Timing{Quiet: in.Quiet, QuietFrom: in.QuietFrom, QuietUntil: in.QuietUntil, Roundup: in.Roundup, RoundupTime: in.RoundupTime, Weekday: in.Weekday, Version: version}
	if err == nil {
		err = p.Notices.SetTiming(ctx, t)
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		t.TenantQuiet = now.TenantQuiet
		return p.showPreferences(w, r, web.Status(errs.KindOf(err)), preferencesPage{Timing: t, Err: err})
	}
	if err != nil {
		return err
	}
	return saved(w, r, "/notices/preferences")
}

// formVersion is the version that a form was drawn from; none is that of what
// nobody has chosen yet.
func formVersion(r *http.Request) (int, error) {
	if r.PostFormValue(ui.VersionField) == "" {
		return 0, nil
	}
	version, err := web.Version(r)
	return int(version), err
}

func (p *pages) setTenantQuiet(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	version, err := formVersion(r)
	if err != nil {
		return err
	}
	in, err := web.Decode[timingInput](r)
	if err == nil {
		err = p.Notices.SetTenantTiming(ctx, in.QuietFrom, in.QuietUntil, version)
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return p.showGateways(w, r, web.Status(errs.KindOf(err)), notify.Timing{QuietFrom: in.QuietFrom, QuietUntil: in.QuietUntil, Version: version}, err)
	}
	if err != nil {
		return err
	}
	return saved(w, r, "/gateways")
}

// hours are quiet hours in words.
func hours(ctx context.Context, from, until string) string {
	if from == until {
		return lang.T(ctx, "没有")
	}
	return lang.T(ctx, "%s至%s", from, until)
}
