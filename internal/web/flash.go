package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"shangliang/internal/ui"
)

// The flash cookie tells the next page what the last act did. It is signed, so
// that what is shown in our frame was said by us.
const (
	flashCookie = "flash"
	flashText   = 600 // bytes
	flashURL    = 400
)

type flashValue struct {
	Kind ui.Kind `json:"k"`
	Text string  `json:"t"`
	Undo string  `json:"u,omitempty"`
}

// Flash tells the person on the next page what happened. The text is shown as
// it is: translate it with lang.T. undoURL, if any, is a path of this platform
// that takes a POST.
func Flash(w http.ResponseWriter, r *http.Request, kind ui.Kind, text, undoURL string) {
	v := visitOf(r.Context())
	if v == nil {
		return
	}
	if len(undoURL) > flashURL || undoURL != "" && SafeNext(undoURL) != undoURL {
		undoURL = ""
	}
	if len(text) > flashText {
		text = text[:flashText]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
		text += "…"
	}
	b, err := json.Marshal(flashValue{kind, text, undoURL})
	if err != nil {
		return // three plain fields: cannot happen
	}
	value := base64.RawURLEncoding.EncodeToString(b)
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: value + "." + v.rt.sign(value), Path: "/", MaxAge: 60,
		HttpOnly: true, Secure: v.rt.secure(r), SameSite: http.SameSiteLaxMode})
}

func (rt *Router) sign(value string) string {
	m := hmac.New(sha256.New, rt.cfg.Key)
	m.Write([]byte("flash " + value))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

// withFlash moves the flash from its cookie into the frame of the page.
func (rt *Router) withFlash(w http.ResponseWriter, r *http.Request) *http.Request {
	if r.Method != http.MethodGet || isFragment(r) {
		return r
	}
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return r
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: rt.secure(r), SameSite: http.SameSiteLaxMode})
	value, sum, _ := strings.Cut(c.Value, ".")
	if !hmac.Equal([]byte(sum), []byte(rt.sign(value))) {
		return r
	}
	b, err := base64.RawURLEncoding.DecodeString(value)
	var f flashValue
	if err != nil || json.Unmarshal(b, &f) != nil || f.Kind > ui.Bad {
		return r
	}
	chrome := *ui.ChromeFrom(r.Context())
	chrome.Flash = &ui.Flash{Kind: f.Kind, Text: f.Text, UndoURL: f.Undo}
	return r.WithContext(ui.WithChrome(r.Context(), &chrome))
}

// Redirect sends the browser to a page of this platform with GET (303). It
// returns nil so that a handler can end with it.
func Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", SafeNext(path))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// SafeNext returns path if it leads to a page of this platform, else "/", so
// that a link cannot use us to send people elsewhere.
func SafeNext(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
		return "/"
	}
	for i := range len(path) {
		if path[i] < ' ' || path[i] == 0x7F {
			return "/"
		}
	}
	return path
}
