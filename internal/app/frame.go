package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/module"
	"shangliang/internal/org"
	"shangliang/internal/org/orgweb"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// SessionCookie holds the token of a sign-in.
const SessionCookie = orgweb.SessionCookie

// authenticate puts into the context who acts, the language and the page frame.
func (a *App) authenticate(ctx context.Context, r *http.Request) (context.Context, error) {
	ctx = lang.With(ctx, a.Words, lang.Parse(orgweb.Cookie(r, orgweb.LangCookie)))
	chrome := &ui.Chrome{Path: r.URL.Path, Theme: orgweb.Cookie(r, orgweb.ThemeCookie), Size: orgweb.Cookie(r, orgweb.SizeCookie), RequestID: web.RequestID(ctx)}
	ctx = ui.WithChrome(ctx, chrome)
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if r.Header.Get("Authorization") == "" {
		token = orgweb.Cookie(r, SessionCookie)
	} else if !bearer {
		return ctx, errs.New(errs.Unauthenticated, "请先登录")
	}
	if token == "" {
		return ctx, nil
	}
	who, signIn, err := a.Org.Authenticate(ctx, token)
	if errs.Is(err, errs.Unauthenticated) && !bearer {
		return ctx, nil // an ended sign-in is nobody; pages that need somebody say so
	}
	if err != nil {
		return ctx, err
	}
	who.IP, who.Device = clientIP(r, a.Options.Proxied), device(r)
	ctx = actor.With(ctx, who)
	if bearer {
		return ctx, nil
	}
	chrome.SignedIn = true
	return ctx, a.frame(ctx, chrome, who, signIn)
}

// clientIP is where a request comes from.
func clientIP(r *http.Request, proxied bool) string {
	if proxied {
		if all := strings.Split(r.Header.Get("X-Forwarded-For"), ","); all[len(all)-1] != "" {
			return strings.TrimSpace(all[len(all)-1])
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// device recognises a device again without saying which it is.
func device(r *http.Request) string {
	id := orgweb.Cookie(r, orgweb.DeviceCookie)
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id + "\n" + r.UserAgent()))
	return hex.EncodeToString(sum[:12])
}

// frames remembers for a few seconds what surrounds the pages of each sign-in:
// names and menus change rarely, and every page shows them.
type frames struct {
	mu   sync.Mutex
	byID map[string]*frame
}

type frame struct {
	until          time.Time
	tenant, person string
	role           string
	grants         []ui.Choice
	menu           []ui.MenuGroup
}

const (
	frameFor  = 10 * time.Second
	maxFrames = 10_000
)

// frame fills in the page frame of somebody signed in.
func (a *App) frame(ctx context.Context, c *ui.Chrome, who actor.Actor, signIn org.SignIn) error {
	key := strings.Join([]string{signIn.ID, signIn.Grant, string(lang.Of(ctx))}, " ")
	now := a.DB.Now()
	a.frames.mu.Lock()
	f := a.frames.byID[key]
	a.frames.mu.Unlock()
	if f == nil || now.After(f.until) {
		var err error
		if f, err = a.newFrame(ctx, who); err != nil {
			return err
		}
		f.until = now.Add(frameFor)
		a.frames.mu.Lock()
		if a.frames.byID == nil || len(a.frames.byID) >= maxFrames {
			a.frames.byID = map[string]*frame{}
		}
		a.frames.byID[key] = f
		a.frames.mu.Unlock()
	}
	c.TenantName, c.PersonName, c.RoleTitle, c.Grants, c.Menu = f.tenant, f.person, f.role, f.grants, f.menu
	var err error
	c.Unread, err = a.Notices.Count(ctx)
	return err
}

func (a *App) newFrame(ctx context.Context, who actor.Actor) (*frame, error) {
	tenant, err := a.Org.OwnTenant(ctx)
	if err != nil {
		return nil, err
	}
	choices, err := a.Org.Choices(ctx)
	if err != nil {
		return nil, err
	}
	f := &frame{tenant: tenant.Name, person: who.Name}
	for _, c := range choices {
		parts := []string{lang.Say(ctx, c.Role), c.Body, c.Tenant}
		title := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
		if c.Current {
			f.role = lang.Say(ctx, c.Role)
			if c.Body != "" {
				f.role += " · " + c.Body
			}
		}
		f.grants = append(f.grants, ui.Choice{ID: c.Grant.ID, Title: title, Current: c.Current})
	}
	f.menu, err = menu(ctx, a.Modules, who)
	return f, err
}

// menu is what somebody sees of the modules' menus, in groups.
func menu(ctx context.Context, modules []module.Module, who actor.Actor) ([]ui.MenuGroup, error) {
	var items []module.MenuItem
	for _, m := range modules {
		for _, it := range m.Menu {
			if it.Shows(who.Role, who.Can) {
				items = append(items, it)
			}
		}
	}
	slices.SortStableFunc(items, func(x, y module.MenuItem) int { return x.Order - y.Order })
	var groups []ui.MenuGroup
	for _, it := range items {
		i := slices.IndexFunc(groups, func(g ui.MenuGroup) bool { return g.Title == it.Group })
		if i < 0 {
			groups = append(groups, ui.MenuGroup{Title: it.Group})
			i = len(groups) - 1
		}
		entry := ui.MenuItem{Path: it.Path, Title: lang.Say(ctx, it.Title), Icon: it.Icon, Primary: it.Primary}
		if it.Count != nil {
			n, err := it.Count(ctx)
			if err != nil {
				return nil, err
			}
			entry.Count = n
		}
		groups[i].Items = append(groups[i].Items, entry)
	}
	for i := range groups {
		if groups[i].Title != "" {
			groups[i].Title = lang.Say(ctx, groups[i].Title)
		}
	}
	return groups, nil
}
