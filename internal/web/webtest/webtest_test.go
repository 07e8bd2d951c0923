package webtest

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

const page = `<!doctype html><html><body><main id="main" class="main wide">
<h1>提案   列表</h1><a class="case" href="/proposals/7">七</a><a class="case new" href="/proposals/8">八</a>
<form id="f" method="post" action="/send"><input type="hidden" name="version" value="3">
<input type="checkbox" name="open" checked><input type="checkbox" name="closed" value="1">
<textarea name="text">一
二</textarea><select name="kind"><option value="a">A<option value="b" selected>B</select>
<select name="first"><option>甲<option>乙</select><button name="go" value="1">go</button><input name="off" value="x" disabled></form>
</main></body></html>`

func server() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("who"); err == nil {
			fmt.Fprint(w, "you are "+c.Value)
		}
	})
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: r.PostFormValue("user")})
	})
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		fmt.Fprint(w, r.PostForm.Encode(), " ", r.Header.Get("Referer"))
	})
	return mux
}

func TestSelect(t *testing.T) {
	a := New(t, server()).Get("/")
	for sel, want := range map[string]int{
		"a": 2, ".case": 2, "a.case.new": 1, "#main": 1, "main.wide a": 2, "h1 a": 0, "input[checked]": 1, "*[name=version]": 1,
		`input[type="checkbox"]`: 2, "a[href^=/proposals/]": 2, "form#f input[name=open]": 1, "body main form textarea": 1, "input[value=]": 0,
	} {
		if got := len(a.Select(sel)); got != want {
			t.Errorf("%q finds %d, want %d", sel, got, want)
		}
	}
	if a.Text("h1") != "提案 列表" || a.Attr("a.new", "href") != "/proposals/8" {
		t.Errorf("%q %q", a.Text("h1"), a.Attr("a.new", "href"))
	}
	for _, bad := range []string{"a>b", "a:hover", ""} {
		if compile(bad) == nil == (bad == "") {
			t.Errorf("%q", bad)
		}
	}
}

func TestSubmit(t *testing.T) {
	c := New(t, server())
	a := c.Submit(c.Get("/"), "form", "kind", "c", "more", "1", "more", "2")
	want := "first=%E7%94%B2&kind=c&more=1&more=2&open=on&text=%E4%B8%80%0A%E4%BA%8C&version=3 http://example.com/"
	if a.Body != want {
		t.Errorf("sent %s\nwant %s", a.Body, want)
	}
}

// failing runs a script that must fail and returns what it says.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}
func (f *failing) Fatalf(format string, a ...any) {
	f.said = fmt.Sprintf(format, a...)
	runtime.Goexit()
}
func (f *failing) Fatal(a ...any) { f.said = fmt.Sprint(a...); runtime.Goexit() }

func TestScript(t *testing.T) {
	s := Server{Handler: server(), Vars: map[string]string{"name": "甲"}, SignIn: func(c *Client, user string) { c.PostForm("/sign-in", "user", user).Want(200) }}
	Script(t, s, "good", `
as wang
GET /who
body is you are wang
as li
GET /who
body is you are li
as wang
GET /
select "a.case" count 2
select "h1" is 提案 列表
let id = "a.case" href ^/proposals/(\d+)$
let type = header Content-Type
POST /send
form a=$id
form b=$name $type\nx
status 200
body contains a=7&b=%E7%94%B2+text%2Fhtml%0Ax
`)
	for script, want := range map[string]string{
		"GET /\nstatus 404":                     "bad:2: status 404: status is 200",
		"GET /\nbody lacks 提案":                  "bad:2",
		"GET /\nselect \"h2\" is x":             "finds nothing",
		"GET /\nselect \"a\" count 3":           `it is "2"`,
		"GET /$nothing":                         "$nothing is not known",
		"status 200":                            "nothing was asked yet",
		"GET /\nlet x = \"a\" href ^/(x)$":      "does not match",
		"GET /\nheader Content-Type text/plain": `it is "text/html"`,
		"GET /\nfrobnicate":                     "not a word",
		"form a=b":                              "after POST",
		"GET /\nfollow":                         "without Location",
	} {
		f := &failing{TB: t}
		done := make(chan bool)
		go func() {
			defer close(done)
			Script(f, s, "bad", script)
		}()
		<-done
		if !strings.Contains(f.said, want) {
			t.Errorf("%q says %.200q, want %q", script, f.said, want)
		}
	}
}
