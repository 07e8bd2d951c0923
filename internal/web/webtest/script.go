package webtest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Server is what scripts run against.
type Server struct {
	Handler http.Handler
	// SignIn signs a client in as a user of a script ("as clerk").
	SignIn func(c *Client, user string)
	// Vars are known to the script from the start.
	Vars map[string]string
}

// Run runs every *.txt of a folder as a test of its own, each against a new
// server. A script is lines; empty ones and those that begin with # say nothing.
//
//	as clerk                        the following as this user, signed in at first use
//	as nobody                       without signing in
//	with Accept: application/json   sends a header with the next request
//	GET /proposals?state=filed      asks
//	POST /proposals/$id/file        sends, with the lines that follow it:
//	form version=1                    a field (repeat for several)
//	json {"title": "…"}               or a JSON body; any method may have it
//	submit form#f                   sends a form of the page shown, form lines replace fields
//	follow                          gets where the redirect leads
//	status 303                      checks of the last answer:
//	header Location /proposals/1
//	body contains 立案
//	body lacks <script>
//	select "main h1" is 提案          its text; contains, lacks, count 3 likewise
//	let id = "a.case" href ^/proposals/(.+)$    keeps an attribute, or text, or (the
//	let n = "h1" text               part that a pattern's brackets find) of the page
//	let to = header Location        or a header
//
// Kept values are written $id.
func Run(t *testing.T, dir string, start func(t *testing.T) Server) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("webtest: no scripts in %s (%v)", dir, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			Script(t, start(t), file, string(b))
		})
	}
}

// Script runs one script.
func Script(t testing.TB, s Server, name, text string) {
	t.Helper()
	r := &runner{t: t, s: s, vars: map[string]string{}, clients: map[string]*Client{}}
	for k, v := range s.Vars {
		r.vars[k] = v
	}
	r.as("nobody")
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := r.line(line); err != nil {
			page := ""
			if r.answer != nil {
				page = "\n" + r.answer.shown()
			}
			t.Fatalf("%s:%d: %s: %v%s", name, i+1, line, err, page)
		}
	}
	r.send()
}

type runner struct {
	t       testing.TB
	s       Server
	vars    map[string]string
	clients map[string]*Client
	client  *Client
	answer  *Answer

	method, path, form string // of the request that is being put together
	fields             []string
	json               string
	headers            [][2]string
}

var (
	variable = regexp.MustCompile(`\$[a-z_]+`)
	letPage  = regexp.MustCompile(`^(\w+) = "([^"]*)" (\S+)(?: (.+))?$`)
	letHead  = regexp.MustCompile(`^(\w+) = header (\S+)$`)
	selects  = regexp.MustCompile(`^"(.*?)" (is|contains|lacks|count) ?(.*)$`)
)

func (r *runner) line(line string) error {
	var missing string
	line = variable.ReplaceAllStringFunc(line, func(v string) string {
		s, ok := r.vars[v[1:]]
		if !ok {
			missing = v
		}
		return s
	})
	if missing != "" {
		return fmt.Errorf("%s is not known", missing)
	}
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "form":
		name, value, ok := strings.Cut(rest, "=")
		if !ok || r.method == "" && r.form == "" {
			return fmt.Errorf("want name=value after POST or submit")
		}
		r.fields = append(r.fields, name, strings.ReplaceAll(value, `\n`, "\n"))
		return nil
	case "json":
		r.json = rest
		return nil
	}
	r.send()
	switch word {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD":
		r.method, r.path = word, rest
		return nil
	case "submit":
		r.form = rest
		return nil
	case "as":
		r.as(rest)
		return nil
	case "with":
		name, value, _ := strings.Cut(rest, ": ")
		r.headers = append(r.headers, [2]string{name, value})
		return nil
	}
	if r.answer == nil {
		return fmt.Errorf("nothing was asked yet")
	}
	return r.check(word, rest)
}

// check looks at the last answer.
func (r *runner) check(word, rest string) error {
	a := r.answer
	switch word {
	case "follow":
		r.answer = r.client.Follow(a)
	case "status":
		if strconv.Itoa(a.Status) != rest {
			return fmt.Errorf("status is %d", a.Status)
		}
	case "header":
		name, want, _ := strings.Cut(rest, " ")
		if got := a.Header.Get(name); got != want {
			return fmt.Errorf("it is %q", got)
		}
	case "body":
		how, want, _ := strings.Cut(rest, " ")
		return compare(a.Body, how, want)
	case "select":
		m := selects.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf(`want: select "selector" is|contains|lacks|count …`)
		}
		found := a.Select(m[1])
		if m[2] == "count" {
			return compare(strconv.Itoa(len(found)), "is", m[3])
		}
		if len(found) == 0 {
			return fmt.Errorf("finds nothing")
		}
		var all []string
		for _, n := range found {
			all = append(all, text(n))
		}
		return compare(strings.Join(all, "\n"), m[2], m[3])
	case "let":
		return r.let(rest)
	default:
		return fmt.Errorf("not a word of scripts")
	}
	return nil
}

func compare(got, how, want string) error {
	ok := false
	switch how {
	case "is":
		ok = got == want
	case "contains":
		ok = strings.Contains(got, want)
	case "lacks":
		ok = !strings.Contains(got, want)
	}
	if !ok {
		return fmt.Errorf("it is %.2000q", got)
	}
	return nil
}

func (r *runner) let(rest string) error {
	if m := letHead.FindStringSubmatch(rest); m != nil {
		r.vars[m[1]] = r.answer.Header.Get(m[2])
		return nil
	}
	m := letPage.FindStringSubmatch(rest)
	if m == nil {
		return fmt.Errorf(`want: let name = "selector" attribute [pattern]`)
	}
	found := r.answer.Select(m[2])
	if len(found) == 0 {
		return fmt.Errorf("finds nothing")
	}
	value := attr(found[0], m[3])
	if m[3] == "text" {
		value = text(found[0])
	}
	if m[4] != "" {
		re, err := regexp.Compile(m[4])
		if err != nil {
			return err
		}
		part := re.FindStringSubmatch(value)
		if len(part) != 2 {
			return fmt.Errorf("%q does not match", value)
		}
		value = part[1]
	}
	r.vars[m[1]] = value
	return nil
}

func (r *runner) as(user string) {
	c := r.clients[user]
	if c == nil {
		c = New(r.t, r.s.Handler)
		r.clients[user] = c
		if user != "nobody" {
			r.s.SignIn(c, user)
		}
	}
	r.client = c
}

// send sends the request that was put together, if there is one.
func (r *runner) send() {
	if r.method == "" && r.form == "" {
		return
	}
	for _, h := range r.headers {
		r.client.Header.Set(h[0], h[1])
	}
	switch {
	case r.form != "":
		if r.answer == nil {
			r.t.Fatal("webtest: submit without a page")
		}
		r.answer = r.client.Submit(r.answer, r.form, r.fields...)
	case r.json != "":
		r.answer = r.client.Do(r.method, r.path, "application/json", strings.NewReader(r.json))
	case r.method == http.MethodPost:
		r.answer = r.client.PostForm(r.path, r.fields...)
	default:
		r.answer = r.client.Do(r.method, r.path, "", nil)
	}
	for _, h := range r.headers {
		r.client.Header.Del(h[0])
	}
	r.method, r.path, r.form, r.json, r.fields, r.headers = "", "", "", "", nil, nil
}
