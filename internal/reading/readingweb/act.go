package readingweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/reading"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

func (p *pages) identify(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	i := reading.Identity{Place: web.Clean(r.PostFormValue("place")), Level: r.PostFormValue("level"), Period: web.Clean(r.PostFormValue("period"))}
	if err := p.Reading.Identify(ctx, id, int(version), i); err != nil {
		return p.refuse(w, r, err, func(v *oneView) { v.identity, v.err = i, err })
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已更正，所有指标随之更正"), "")
	return web.Redirect(w, r, "/readings/"+id)
}

// refuse shows the report again with what was wrong.
func (p *pages) refuse(w http.ResponseWriter, r *http.Request, err error, set func(v *oneView)) error {
	if !web.Mendable(err) {
		return err
	}
	v, gone := p.view(r.Context(), r.PathValue("id"), r.PostFormValue("show"))
	if gone != nil {
		return err
	}
	set(v)
	return web.Render(w, r, web.Status(errs.KindOf(err)), onePage(v))
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	if err := p.Reading.Remove(r.Context(), r.PathValue("id"), int(version)); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "已移除，从中确认的指标一并撤回"), "")
	return web.Redirect(w, r, "/readings")
}

// confirm confirms all that were shown as safe. The fields "pick" say which, in
// the version that was seen: 12@1.
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	picks, err := picks(r)
	if err != nil {
		return err
	}
	done, left, err := p.Reading.Confirm(ctx, id, picks)
	if err != nil {
		return p.refuse(w, r, err, func(v *oneView) { v.err = err })
	}
	if len(left) > 0 {
		web.Flash(w, r, ui.Warn, lang.T(ctx, "已确认%d项；另有%d项与已确认的数不同，请逐项处理", done, len(left)), "")
	} else {
		web.Flash(w, r, ui.Good, lang.T(ctx, "已确认%d项", done), undoURL(ctx, id))
	}
	return web.Redirect(w, r, "/readings/"+id)
}

// drop drops several figures at once.
func (p *pages) drop(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	picks, err := picks(r)
	if err == nil {
		err = p.Reading.Put(ctx, id, picks, reading.Dropped)
	}
	if err != nil {
		return p.refuse(w, r, err, func(v *oneView) { v.err = err })
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "%d项不采用", len(picks)), undoURL(ctx, id))
	return web.Redirect(w, r, "/readings/"+id)
}

func undoURL(ctx context.Context, id string) string {
	return "/readings/" + id + "/undo?of=" + url.QueryEscape(actor.RequestFrom(ctx).Key)
}

func picks(r *http.Request) (all []reading.Pick, err error) {
	for _, s := range r.PostForm["pick"] {
		x, err := pick(s)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// rest are the figures that wait and are not safe to confirm.
func (v *oneView) rest() (all []reading.Pick) {
	for _, f := range v.Figures {
		p := reading.Pick{N: f.N, Version: f.Version}
		if within["waiting"](f) && !slices.Contains(v.Confident, p) {
			all = append(all, p)
		}
	}
	return all
}

// undo takes back what a request confirmed or dropped.
func (p *pages) undo(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	n, err := p.Reading.Undo(ctx, id, r.URL.Query().Get("of"))
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "已撤回%d项", n), "")
	return web.Redirect(w, r, "/readings/"+id)
}

func pick(s string) (reading.Pick, error) {
	n, version, _ := strings.Cut(s, "@")
	a, err := strconv.Atoi(n)
	b, err2 := strconv.Atoi(version)
	if err != nil || err2 != nil {
		return reading.Pick{}, errs.New(errs.Invalid, "请求的内容有误")
	}
	return reading.Pick{N: a, Version: b}, nil
}
