package proposalweb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/flow"
	"shangliang/internal/proposal"
	"shangliang/internal/web"
	"shangliang/internal/web/webtest"
)

// office is everybody of a world with a client of REST each.
type office struct {
	*apptest.World
	t       *testing.T
	clients map[string]*webtest.Client
}

func newOffice(t *testing.T, w *apptest.World) *office {
	return &office{w, t, map[string]*webtest.Client{}}
}

func (o *office) as(name string) *webtest.Client {
	if o.clients[name] == nil {
		o.clients[name] = o.Browser(o.t, name)
	}
	return o.clients[name]
}

func (o *office) send(name, method, path string, body any) *webtest.Answer {
	o.t.Helper()
	return o.as(name).JSON(method, "/api/v1"+path, body)
}

// found is a case as REST tells it, as far as these tests look.
type found struct {
	ID           string
	State        string
	Version      int
	CaseNo       int    `json:"case_no"`
	SerialNo     int    `json:"serial_no"`
	Title        string `json:"title"`
	Satisfaction string
	Lead         struct{ ID, Name string }
	Parties      []struct {
		Person struct{ ID, Name string }
		State  string
	}
	Assignments []struct {
		ID, State string
		Version   int
		Unit      struct{ ID, Name string }
		Contacts  []struct{ Summary string }
		Reply     *struct{ State, Body string }
	}
	Feedback    []struct{ Overall string }
	Ratings     *struct{ Count int }
	Commitments []struct {
		ID, State string
		Version   int
	}
	Files  []struct{ ID, Name, Purpose string }
	Clocks []struct {
		Kind, State string
		DueOn       string `json:"due_on"`
		Explanation []string
	}
	History []struct{ Action, Note string }
	Actions []struct {
		Action, Assignment, Title, Blocked string
	}
}

func (o *office) get(name, id string) (c found) {
	o.t.Helper()
	o.send(name, "GET", "/proposals/"+id, nil).Want(200).Decode(&c)
	return c
}

func (o *office) do(name, id, action string, fields map[string]any) {
	o.t.Helper()
	body := map[string]any{"version": o.get(name, id).Version}
	for k, v := range fields {
		body[k] = v
	}
	o.send(name, "POST", "/proposals/"+id+"/actions/"+action, body).Want(200)
}

func (o *office) doAssignment(name, id, action string, fields map[string]any) {
	o.t.Helper()
	c := o.get(name, id)
	as := c.Assignments[len(c.Assignments)-1]
	body := map[string]any{"version": as.Version}
	for k, v := range fields {
		body[k] = v
	}
	o.send(name, "POST", "/proposals/"+id+"/assignments/"+as.ID+"/actions/"+action, body).Want(200)
}

func text() map[string]any {
	return map[string]any{"title": "关于整修临川县渡口公路的提案", "situation": "渡口公路坑洼不平。", "analysis": "养护经费不足，超载车辆多。",
		"suggestions": "一、安排大修；二、设限高架；三、公布养护电话，接受群众监督。", "subject": "economy", "researched": true}
}

// TestRESTFromDraftToArchive walks a joint proposal through all its life with
// nothing but REST.
func TestRESTFromDraftToArchive(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		o := newOffice(t, w)
		draft := text()
		draft["kind"], draft["cosigners"] = "joint", []string{w.People["𠮷野川"], w.People["凌若谷"]}
		var p found
		a := o.send("余知秋", "POST", "/proposals", draft).Want(201).Decode(&p)
		if p.State != "draft" || p.Version != 1 || a.Header.Get("Location") != "/api/v1/proposals/"+p.ID {
			t.Fatalf("%+v %s", p, a.Header.Get("Location"))
		}
		id := p.ID
		draft["title"], draft["version"] = "关于大修临川县渡口公路的提案", 1
		o.send("余知秋", "PUT", "/proposals/"+id, draft).Want(200).Decode(&p)
		o.send("余知秋", "PUT", "/proposals/"+id, draft).Want(409)
		o.do("余知秋", id, "invite", nil)
		o.send("𠮷野川", "POST", "/proposals/"+id+"/cosignature", map[string]any{"accept": true}).Want(200)
		o.send("凌若谷", "POST", "/proposals/"+id+"/cosignature", map[string]any{"accept": false}).Want(200)
		o.do("余知秋", id, "submit_joint", nil)
		if c := o.get("余知秋", id); c.SerialNo != 1 || c.Parties[1].Person.Name != "𠮷野川" || c.Parties[1].State != "confirmed" || c.Parties[2].State != "refused" {
			t.Fatalf("%+v", c)
		}
		o.do("柳文书", id, "receive", nil)
		o.do("纪审言", id, "pass", map[string]any{"score": 5})
		o.do("纪审言", id, "pass", nil)
		o.do("莫定安", id, "file", nil)
		o.do("岳交之", id, "dispatch", map[string]any{"units": []map[string]any{{"unit": w.Bodies["县水利局"], "role": "sole"}}, "reason": "请尽快办理"})
		o.doAssignment("水清源", id, "sign", nil)
		o.doAssignment("江承平", id, "contact", map[string]any{"kind": "visit", "on": "2026-03-12", "people": "余知秋", "summary": "一起看了路面"})
		o.doAssignment("江承平", id, "draft", map[string]any{"body": "现答复如下。", "doc_no": "临水〔2026〕7号", "outcome": "a", "disclosure": "full",
			"contact_name": "江承平", "contact_phone": "0000-1234567", "promises": []map[string]any{{"text": "六月底完工", "due_on": "2026-06-30"}}})
		if c := o.get("余知秋", id); c.Assignments[0].Reply != nil || len(c.Commitments) != 0 {
			t.Error("the proposer sees a reply that was not delivered")
		}
		o.doAssignment("汪签远", id, "sign_off", nil)
		o.doAssignment("柳文书", id, "check", nil)
		rating := map[string]any{"overall": "satisfied", "contacted": true, "scores": map[string]string{"attitude": "satisfied", "contact": "satisfied", "pertinence": "satisfied", "result": "basically"}}
		o.send("水清源", "POST", "/proposals/"+id+"/ratings", rating).Want(403)
		for _, who := range []string{"余知秋", "𠮷野川"} {
			o.send(who, "POST", "/proposals/"+id+"/ratings", rating).Want(204)
		}
		if c := o.get("水清源", id); len(c.Feedback) != 0 || c.Ratings != nil || c.Satisfaction != "" {
			t.Errorf("the department sees ratings: %+v", c)
		}
		if c := o.get("余知秋", id); len(c.Feedback) != 1 {
			t.Errorf("a proposer sees %d ratings, want their own", len(c.Feedback))
		}
		o.do("柳文书", id, "close", nil)
		if c := o.get("水清源", id); c.Ratings == nil || c.Ratings.Count != 2 || len(c.Feedback) != 0 {
			t.Errorf("after closing the department sees %+v", c.Ratings)
		}
		promise := o.get("水清源", id).Commitments[0]
		path := "/proposals/" + id + "/commitments/" + promise.ID
		o.send("水清源", "POST", path+"/report", map[string]any{"version": promise.Version, "evidence": "已完工"}).Want(204)
		o.send("柳文书", "POST", path+"/decision", map[string]any{"version": promise.Version + 1, "kept": false}).Want(422)
		o.send("柳文书", "POST", path+"/decision", map[string]any{"version": promise.Version + 1, "kept": true}).Want(204)
		o.do("柳文书", id, "archive", nil)
		c := o.get("柳文书", id)
		if c.State != "archived" || c.CaseNo != 1 || len(c.History) < 20 || len(c.Feedback) != 2 || c.Commitments[0].State != "done" || len(c.Actions) != 0 {
			t.Errorf("%+v", c)
		}
		explained := 0
		for _, k := range c.Clocks {
			if len(k.Explanation) > 0 && k.DueOn != "" {
				explained++
			}
		}
		if explained < 5 {
			t.Errorf("only %d clocks explain themselves: %+v", explained, c.Clocks)
		}
	})
}

// TestEveryStepIsInREST tries every step that a person can take by REST on a
// case that does not allow it: the answer must be about the step, never that
// there is no such thing.
func TestEveryStepIsInREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	o := newOffice(t, w)
	by := map[string]string{}
	for _, p := range proposal.Permissions {
		for _, c := range apptest.Cast {
			for _, role := range p.Roles {
				if c.Role == role && by[p.ID] == "" && c.Body != "县农业农村局" {
					by[p.ID] = c.Name
				}
			}
		}
	}
	p := w.Play(proposal.FollowingUp)
	as := o.get("水清源", p.ID).Assignments[0]
	try := func(m flow.Machine, path string, version int) {
		for _, s := range m.Steps {
			status := 409
			if s.System {
				status = 422
			}
			who := by[s.Permission]
			switch {
			case s.System:
				who = "柳文书"
			case s.Permission == "proposal.approve":
				continue // a collective proposal's: below
			case s.Permission == "proposal.write":
				who = "余知秋"
			}
			a := o.send(who, "POST", path+s.Action, map[string]any{"version": version})
			if a.Status != status {
				t.Errorf("%s %s by %s: status %d, want %d: %s", m.Name, s.Action, who, a.Status, status, a.Body)
			}
		}
		o.send("柳文书", "POST", path+"fly", map[string]any{"version": version}).Want(422)
	}
	try(proposal.CaseFlow, "/proposals/"+p.ID+"/actions/", p.Version)
	try(proposal.AssignmentFlow, "/proposals/"+p.ID+"/assignments/"+as.ID+"/actions/", as.Version)

	// A body's drafter and officer: sent back, then approved.
	draft := text()
	draft["kind"] = "collective"
	var c found
	o.send("裴远山", "POST", "/proposals", draft).Want(201).Decode(&c)
	o.do("裴远山", c.ID, "propose", nil)
	o.do("裴远山", c.ID, "send_back", map[string]any{"reason": "请补充数据"})
	o.do("裴远山", c.ID, "approve", nil)

	var all struct {
		Lifecycles []struct {
			Name, Initial string
			States        []struct{ ID, Title string }
			Steps         []struct {
				Action string
				From   []string
				Fields []struct{ Name string }
			}
		}
		Codes map[string][]struct{ Key, Label string }
	}
	o.send("余知秋", "GET", "/lifecycles", nil).Want(200).Decode(&all)
	for i, m := range []flow.Machine{proposal.CaseFlow, proposal.AssignmentFlow} {
		if l := all.Lifecycles[i]; l.Name != m.Name || len(l.States) != len(m.States) || len(l.Steps) != len(m.Steps) {
			t.Errorf("%s: %+v", m.Name, l)
		}
	}
	if len(all.Codes["reply.outcomes"]) != 4 || all.Codes["proposal.decline_reasons"][0].Label == "" {
		t.Errorf("%+v", all.Codes)
	}
}

// restOf names the operation of REST that does what a page does. What has none
// says why.
var restOf = map[string]string{
	"/proposals/new":                                    "create-proposal",
	"/proposals/new/save":                               "create-proposal",
	"/proposals/{id}/edit":                              "save-proposal",
	"/proposals/{id}/save":                              "save-proposal",
	"/proposals/{id}/{action}":                          "act-on-proposal",
	"/proposals/{id}/assignments/{as}/{action}":         "act-on-assignment",
	"/proposals/{id}/assignments/{as}/meet":             "record-meeting",
	"/proposals/{id}/exempt":                            "exempt-proposal",
	"/proposals/{id}/cosign":                            "answer-cosigning",
	"/proposals/{id}/commitments/{commitment}/{action}": "report-commitment decide-commitment",
	"/proposals/{id}/rate":                              "rate-proposal",
	"/proposals/{id}/files":                             "attach-file",
	"/proposals/{id}/files/{file}/remove":               "remove-file",
	"/proposals/alike":                                  "find-alike",
	"/proposals/{id}/files/{file}/restore":              "restore-file",
	"/proposals/merge":                                  "act-on-proposal", // one call for each that follows
	"/proposals/{id}/messages":                          "send-message",
	"/proposals/{id}/messages/seen":                     "see-messages",
	"/rounds/new":                                       "open-collection-round",
	"/rounds/{id}/edit":                                 "change-collection-round",
	"/proposals/bulk":                                   "act-on-proposal",                   // one call for each
	"/proposals/undo":                                   "act-on-proposal act-on-assignment", // put_back, recall, reopen
	"/proposals/import":                                 "create-proposal act-on-proposal",   // a program needs no spreadsheet
}

func TestEveryPageActIsInREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	operations := map[string]bool{}
	for _, item := range w.API.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op != nil {
				operations[op.OperationID] = true
			}
		}
	}
	seen := 0
	for _, r := range w.Router.Routes() {
		if r.API || r.Method != "POST" || !strings.HasPrefix(r.Path, "/proposals") && !strings.HasPrefix(r.Path, "/rounds") {
			continue
		}
		seen++
		names := strings.Fields(restOf[r.Path])
		if len(names) == 0 {
			t.Errorf("POST %s has no operation of REST", r.Path)
		}
		for _, name := range names {
			if !operations[name] {
				t.Errorf("POST %s: there is no operation %s", r.Path, name)
			}
		}
	}
	if seen != len(restOf) {
		t.Errorf("%d page acts, %d in the table", seen, len(restOf))
	}
}

func TestRESTErrors(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	o := newOffice(t, w)
	c := o.as("余知秋")
	c.Header.Set("Idempotency-Key", "same-act-0001")
	var first, second found
	o.send("余知秋", "POST", "/proposals", text()).Want(201).Decode(&first)
	o.send("余知秋", "POST", "/proposals", text()).Want(201).Decode(&second)
	if first.ID != second.ID {
		t.Error("the same request made two drafts")
	}
	other := text()
	other["title"] = "另一件"
	o.send("余知秋", "POST", "/proposals", other).Want(409)
	delete(c.Header, "Idempotency-Key")

	kind := func(a *webtest.Answer, status int, want string) {
		t.Helper()
		var p web.Problem
		a.Want(status).Decode(&p)
		if p.Type != "/api/docs#"+want || a.Header.Get("Content-Type") != "application/problem+json" || p.Title == "" {
			t.Errorf("%+v, want %s", p, want)
		}
	}
	path := "/proposals/" + first.ID
	kind(o.send("余知秋", "POST", path+"/actions/submit", map[string]any{"version": 9}), 409, "conflict")
	kind(o.send("余知秋", "POST", path+"/actions/receive", map[string]any{"version": 1}), 403, "forbidden")
	kind(o.send("凌若谷", "GET", path, nil), 404, "not_found")
	kind(o.send("柳文书", "GET", path, nil), 404, "not_found") // a draft is its author's
	kind(o.send("余知秋", "POST", path+"/actions/submit", map[string]any{}), 422, "invalid")
	kind(o.send("余知秋", "PUT", path, map[string]any{"version": 1, "title": "短", "kind": "essay"}), 422, "invalid")
	kind(o.send("余知秋", "PUT", path, map[string]any{"version": 1, "titel": "短"}), 422, "invalid")
	kind(o.Browser(t, "").JSON("GET", "/api/v1"+path, nil), 401, "unauthenticated")
	kind(o.send("余知秋", "GET", "/proposals?cursor=x", nil), 422, "invalid")
	kind(o.send("余知秋", "GET", "/proposals?state=lost", nil), 422, "invalid")
	kind(o.send("余知秋", "GET", "/proposals?queue=new", nil), 404, "not_found")

	// What lacks is named by field, so that a program can show it there.
	empty := map[string]any{"version": 1, "title": "短"}
	var p found
	o.send("余知秋", "PUT", path, empty).Want(200).Decode(&p)
	var problem web.Problem
	o.send("余知秋", "POST", path+"/actions/submit", map[string]any{"version": p.Version}).Want(422).Decode(&problem)
	fields := map[string]bool{}
	for _, f := range problem.Errors {
		fields[f.Field] = true
	}
	if !fields["situation"] || !fields["suggestions"] || !fields["subject"] {
		t.Errorf("%+v", problem.Errors)
	}
}

func TestRESTLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		o := newOffice(t, w)
		for i := range 5 {
			body := text()
			body["title"] = fmt.Sprintf("第 %d 件", i)
			var p found
			o.send("余知秋", "POST", "/proposals", body).Want(201).Decode(&p)
			if i < 3 {
				o.do("余知秋", p.ID, "submit", nil)
			}
		}
		count := func(who, query string) int {
			t.Helper()
			seen := map[string]bool{}
			for cursor := ""; ; {
				var page web.Page[struct{ ID string }]
				o.send(who, "GET", "/proposals?"+query+cursor, nil).Want(200).Decode(&page)
				for _, i := range page.Items {
					if seen[i.ID] {
						t.Fatalf("%s is listed twice", i.ID)
					}
					seen[i.ID] = true
				}
				if page.Next == "" {
					return len(seen)
				}
				cursor = "&cursor=" + page.Next
			}
		}
		for _, x := range []struct {
			who, query string
			want       int
		}{
			{"余知秋", "limit=2", 5}, {"余知秋", "mine=true", 5}, {"余知秋", "state=draft", 2}, {"余知秋", "state=draft&state=submitted", 5},
			{"柳文书", "limit=1", 3}, {"柳文书", "queue=new", 3}, {"柳文书", "title=%E7%AC%AC%201", 1}, {"柳文书", "year=2019", 0},
			{"柳文书", "subject=economy&kind=individual&sort=-case_no&limit=2", 3}, {"柳文书", "sort=due&limit=2", 3}, {"岳交之", "", 0}, {"水清源", "overdue=true", 0},
		} {
			if got := count(x.who, x.query); got != x.want {
				t.Errorf("%s ?%s: %d, want %d", x.who, x.query, got, x.want)
			}
		}
		var queues []struct {
			ID    string
			Count int
		}
		o.send("柳文书", "GET", "/queues", nil).Want(200).Decode(&queues)
		if len(queues) == 0 || queues[0].ID != "new" || queues[0].Count != 3 {
			t.Errorf("%+v", queues)
		}
	})
}

func TestRESTFiles(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	o := newOffice(t, w)
	var p found
	o.send("余知秋", "POST", "/proposals", text()).Want(201).Decode(&p)
	path := "/api/v1/proposals/" + p.ID + "/files"
	mine := o.as("余知秋")
	var f struct{ ID, Name, Kind, SHA256 string }
	mine.PostFiles(path, []webtest.File{{Field: "file", Name: "调研.txt", Body: []byte("三个村的调研记录")}}).Want(201).Decode(&f)
	if f.Kind != "txt" || f.Name != "调研.txt" || len(f.SHA256) != 64 {
		t.Errorf("%+v", f)
	}
	a := mine.Get(path + "/" + f.ID).Want(200).Contains("三个村的调研记录")
	if d := a.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(a.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%s %s", d, a.Header.Get("Content-Security-Policy"))
	}
	o.as("凌若谷").Get(path + "/" + f.ID).Want(404)
	o.as("凌若谷").PostFiles(path, []webtest.File{{Field: "file", Name: "a.txt", Body: []byte("x")}}).Want(404)
	mine.PostFiles(path, []webtest.File{{Field: "file", Name: "页面.html", Body: []byte("<script>alert(1)</script>")}}).Want(422)
	mine.PostFiles(path, []webtest.File{{Field: "file", Name: "a.txt", Body: []byte("x")}}, "purpose", "scan").Want(403)
	mine.PostFiles(path, nil).Want(422)
	mine.Do("DELETE", path+"/"+f.ID, "", nil).Want(204)
	mine.Get(path + "/" + f.ID).Want(404)
}

func TestRESTRounds(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	o := newOffice(t, w)
	round := map[string]any{"title": "五次会议征集", "opens_on": "2026-03-01", "closes_on": "2026-03-31", "topics": "乡村道路\n农田水利"}
	o.send("余知秋", "POST", "/collection-rounds", round).Want(403)
	var made struct{ ID string }
	o.send("柳文书", "POST", "/collection-rounds", round).Want(201).Decode(&made)
	round["closes_on"] = "2026-02-30"
	o.send("柳文书", "POST", "/collection-rounds", round).Want(422)
	round["closes_on"], round["version"] = "2026-03-20", 1
	o.send("柳文书", "PUT", "/collection-rounds/"+made.ID, round).Want(204)
	o.send("柳文书", "PUT", "/collection-rounds/"+made.ID, round).Want(409)
	var all []struct {
		ID, Title string
		Open      bool
		DaysLeft  int `json:"days_left"`
		Version   int
	}
	o.send("余知秋", "GET", "/collection-rounds", nil).Want(200).Decode(&all)
	if len(all) != 1 || !all[0].Open || all[0].DaysLeft != 8 || all[0].Version != 2 {
		t.Errorf("%+v", all)
	}
}
