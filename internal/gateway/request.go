package gateway

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// textLimit is how many bytes the robots take; WeCom says 2048.
const textLimit = 2000

// request makes what is sent.
func (t Target) request(m Message, now time.Time) (*http.Request, error) {
	method, query, headers, body := http.MethodPost, string(t.Query), http.Header{}, []byte(nil)
	headers.Set("Content-Type", "application/json; charset=utf-8")
	var err error
	switch t.Kind {
	case WeCom:
		body, err = json.Marshal(map[string]any{"msgtype": "text", "text": map[string]string{"content": cut(m.Text, textLimit)}})
	case DingTalk:
		body, err = json.Marshal(map[string]any{"msgtype": "text", "text": map[string]string{"content": cut(m.Text, textLimit)}})
		if t.Secret != "" {
			at := strconv.FormatInt(now.UnixMilli(), 10)
			query += "&timestamp=" + at + "&sign=" + url.QueryEscape(base64.StdEncoding.EncodeToString(sign(string(t.Secret), at+"\n"+string(t.Secret))))
		}
	case Webhook:
		body, err = json.Marshal(m)
		at := strconv.FormatInt(now.Unix(), 10)
		headers.Set("Idempotency-Key", m.ID)
		headers.Set("X-Shangliang-Timestamp", at)
		if t.Secret != "" {
			headers.Set("X-Shangliang-Signature", "sha256="+hex.EncodeToString(sign(string(t.Secret), at+"."+string(body))))
		}
	case SMS:
		method, query, headers, body, err = t.text(m)
	default:
		err = fmt.Errorf("there is no kind %q", t.Kind)
	}
	if err != nil {
		return nil, err
	}
	address := t.Address
	if query != "" {
		address += "?" + strings.TrimPrefix(query, "&")
	}
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address cannot be read") // the error would repeat it
	}
	r.Header = headers
	r.Header.Set("User-Agent", "Shangliang")
	return r, nil
}

func sign(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// names are what a request to an SMS gateway may speak of.
var names = []string{"phone", "text", "title", "link", "id", "secret"}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// Unknown returns the first placeholder in a text that means nothing.
func Unknown(text string) string {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, m[1]) {
			return m[0]
		}
	}
	return ""
}

// text makes the request that asks an SMS gateway to send a message.
func (t Target) text(m Message) (method, query string, headers http.Header, body []byte, err error) {
	values := map[string]string{"phone": m.Phone, "text": m.Text, "title": m.Title, "link": m.Link, "id": m.ID, "secret": string(t.Secret)}
	fill := func(template string, escape func(string) string) string {
		return placeholder.ReplaceAllStringFunc(template, func(p string) string {
			if v, ok := values[p[1:len(p)-1]]; ok {
				return escape(v)
			}
			return p
		})
	}
	query = fill(string(t.Query), url.QueryEscape)
	if headers, err = t.header(func(s string) string { return fill(s, oneLine) }); err != nil {
		return "", "", nil, nil, err
	}
	method = t.Method
	if method == "" {
		method = http.MethodPost
	}
	if method == http.MethodGet {
		return method, query, headers, nil, nil
	}
	kind, escape := "application/x-www-form-urlencoded; charset=utf-8", url.QueryEscape
	if t.Format == JSON {
		kind, escape = "application/json; charset=utf-8", jsonEscape
	}
	if headers.Get("Content-Type") == "" {
		headers.Set("Content-Type", kind)
	}
	body = []byte(fill(t.Body, escape))
	if t.Format == JSON && !json.Valid(body) {
		return "", "", nil, nil, errors.New("the body is not JSON")
	}
	return method, query, headers, body, nil
}

// header reads the lines of Headers.
func (t Target) header(fill func(string) string) (http.Header, error) {
	h := http.Header{}
	for line := range strings.Lines(t.Headers) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		if !ok || !headerName.MatchString(name) || slices.Contains(ownHeaders, http.CanonicalHeaderKey(name)) {
			return nil, fmt.Errorf("the header %q is not one that can be sent", cut(name, 40))
		}
		h.Add(name, fill(strings.TrimSpace(value)))
	}
	return h, nil
}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,100}$`)

// ownHeaders say how the request itself is sent.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer"}

// Check reports what is wrong with the request to an SMS gateway: "headers",
// "body", or "" if nothing is.
func (t Target) Check() string {
	if _, err := t.header(oneLine); err != nil {
		return "headers"
	}
	t.Query, t.Secret = "", "s"
	if _, err := t.request(Message{ID: "1", Phone: "13900000000", Text: "\"\n", Title: "t", Link: "l"}, time.Time{}); err != nil {
		return "body"
	}
	return ""
}

// oneLine keeps a value from being more than one header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// jsonEscape is a text as it stands between the quotation marks of JSON.
func jsonEscape(s string) string {
	b, err := json.Marshal(s)
	if err != nil { // a string always marshals
		panic(err)
	}
	return string(b[1 : len(b)-1])
}
