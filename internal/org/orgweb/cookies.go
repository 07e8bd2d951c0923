package orgweb

import (
	"crypto/rand"
	"net/http"
	"time"
)

// SessionCookie holds the token of a sign-in, DeviceCookie what a device is
// recognised by; the others hold what somebody prefers on a device.
const (
	SessionCookie = "session"
	DeviceCookie  = "device"
	LangCookie    = "lang"
	ThemeCookie   = "theme"
	SizeCookie    = "size"
)

// Cookie returns the value of a cookie, empty if there is none.
func Cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

const (
	sessionLasts = 7 * 24 * time.Hour   // as long as a sign-in may last at most
	choiceLasts  = 400 * 24 * time.Hour // as long as browsers keep a cookie
)

// setCookie sets a cookie, or removes it if the value is empty.
func (p *pages) setCookie(w http.ResponseWriter, r *http.Request, name, value string, lasts time.Duration) {
	age := int(lasts / time.Second)
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: p.Secure || r.TLS != nil, SameSite: http.SameSiteLaxMode})
}

// recognise gives a device that has none its cookie.
func (p *pages) recognise(w http.ResponseWriter, r *http.Request) {
	if Cookie(r, DeviceCookie) == "" {
		p.setCookie(w, r, DeviceCookie, rand.Text(), choiceLasts)
	}
}
