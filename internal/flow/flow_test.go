package flow

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
)

// leave is a small lifecycle: a request for leave.
var leave = Machine{
	Name: "leave", Title: "请假", Initial: "draft",
	States: []State{
		{ID: "draft", Title: "草稿", Stage: "申请"},
		{ID: "asked", Title: "待批准", Stage: "审批"},
		{ID: "returned", Title: "已退回", Stage: "申请"},
		{ID: "granted", Title: "已批准", Stage: "结果", Final: true},
		{ID: "dropped", Title: "已撤回", Final: true},
	},
	Steps: []Step{
		{Action: "edit", Title: "修改", From: []string{"draft", "returned"}, Permission: "leave.edit"},
		{Action: "ask", Title: "提交", Says: "提交后由主任批准", From: []string{"draft", "returned"}, To: "asked", Permission: "leave.ask", Guards: []string{"has_reason", "in_time"}},
		{Action: "return", Title: "退回", From: []string{"asked"}, To: "returned", Permission: "leave.grant"},
		{Action: "grant", Title: "批准", From: []string{"asked"}, To: "granted", Permission: "leave.grant"},
		{Action: "drop", Title: "撤回", From: []string{"draft", "asked", "returned"}, To: "dropped", Permission: "leave.ask", Danger: true},
		{Action: "expire", Title: "过期", From: []string{"returned"}, To: "dropped", System: true},
	},
}

func TestFind(t *testing.T) {
	s, err := leave.Find("draft", "ask")
	if err != nil || s.To != "asked" || s.Next("draft") != "asked" {
		t.Fatalf("%+v, %v", s, err)
	}
	if s, err := leave.Find("returned", "edit"); err != nil || s.Next("returned") != "returned" {
		t.Errorf("a step without a target stays: %+v, %v", s, err)
	}

	_, err = leave.Find("granted", "ask")
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Conflict {
		t.Fatalf("got %v, want a conflict", err)
	}
	words, err := lang.New(strings.NewReplacer("状态", "狀態", "当", "當").Replace, Words, []byte("已批准\tgranted\n提交\tsubmit\n"))
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[lang.Lang]string{
		lang.Hans: "当前状态“已批准”不能“提交”",
		lang.Hant: "當前狀態“已批准”不能“提交”",
		lang.En:   "In the state “granted” it is not possible to “submit”",
	} {
		if got := words.Text(l, e.Msg, e.Args...); got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
	}
	if !strings.Contains(e.Error(), "当前状态“已批准”不能“提交”") {
		t.Errorf("the log reads %q", e.Error())
	}

	if _, err := leave.Find("draft", "explode"); !errs.Is(err, errs.NotFound) || !words.Has("没有“%s”这一操作") {
		t.Errorf("an unknown action: %v", err)
	}
	if _, err := leave.Find("nowhere", "ask"); !errs.Is(err, errs.Internal) {
		t.Errorf("an unknown state: %v", err)
	}
}

func TestTable(t *testing.T) {
	if err := leave.Check(); err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, s := range leave.Open("returned") {
		open = append(open, s.Action)
	}
	if !slices.Equal(open, []string{"edit", "ask", "drop", "expire"}) {
		t.Errorf("open in returned: %v", open)
	}
	if got := leave.Stages(); !slices.Equal(got, []string{"申请", "审批", "结果"}) {
		t.Errorf("stages %v", got)
	}
	if got := leave.Actions(); !slices.Equal(got, []string{"edit", "ask", "return", "grant", "drop", "expire"}) {
		t.Errorf("actions %v", got)
	}
	if leave.State("asked").Title != "待批准" || leave.State("nowhere") != (State{}) {
		t.Error("states by id")
	}
	if leave.Open("granted") != nil {
		t.Error("a final state is open")
	}
}

// Each mistake alone must be found. A line here is the easiest test to add.
func TestCheckFinds(t *testing.T) {
	for want, spoil := range map[string]func(m *Machine){
		`the initial state "start" is unknown`:           func(m *Machine) { m.Initial = "start" },
		`state "draft" is there twice`:                   func(m *Machine) { m.States = append(m.States, m.States[0]) },
		`state "Done", title "完": want an identifier`:    func(m *Machine) { m.States = append(m.States, State{ID: "Done", Title: "完"}) },
		`state "asked", title "": want an identifier`:    func(m *Machine) { m.States[1].Title = "" },
		`want an identifier as name and a title`:         func(m *Machine) { m.Title = "" },
		`state "island" cannot be reached`:               func(m *Machine) { m.States = append(m.States, State{ID: "island", Title: "孤岛", Final: true}) },
		`state "granted" is a dead end, but not final`:   func(m *Machine) { m.States[3].Final = false },
		`state "asked" is final, but goes on`:            func(m *Machine) { m.States[1].Final = true },
		`step "ask" leads to the unknown state "queue"`:  func(m *Machine) { m.Steps[1].To = "queue" },
		`step "ask" begins in the unknown state "queue"`: func(m *Machine) { m.Steps[1].From = []string{"draft", "queue"} },
		`step "ask" is there twice from "draft"`:         func(m *Machine) { m.Steps = append(m.Steps, m.Steps[1]) },
		`step "grant" begins nowhere`:                    func(m *Machine) { m.Steps[3].From = nil },
		`step "grant": want a permission`:                func(m *Machine) { m.Steps[3].Permission = "" },
		`step "expire": want a permission, or none`:      func(m *Machine) { m.Steps[5].Permission = "leave.grant" },
		`step "expire" is called both`: func(m *Machine) {
			m.Steps = append(m.Steps, Step{Action: "expire", Title: "到期", From: []string{"asked"}, To: "dropped", System: true})
		},
		`step "ask" is not taken back by "grant"`:   func(m *Machine) { m.Steps[1].Undo = "grant" },
		`step "ask" is not taken back by "nothing"`: func(m *Machine) { m.Steps[1].Undo = "nothing" },
		`step "", title "批准": want an identifier`:   func(m *Machine) { m.Steps[3].Action = "" },
		`from state "asked" no final state can be reached`: func(m *Machine) {
			m.Steps[3].From, m.Steps[4].From, m.Steps[5].To = []string{"draft"}, []string{"draft"}, "asked"
		},
	} {
		m := leave
		m.States, m.Steps = slices.Clone(leave.States), slices.Clone(leave.Steps)
		spoil(&m)
		if err := m.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestMermaid(t *testing.T) {
	m := leave
	m.States = slices.Clone(leave.States)
	m.States[0].Title = `草"稿;`
	got := m.Mermaid()
	for _, want := range []string{
		"stateDiagram-v2\n", "    state \"草'稿；\" as draft\n", "    [*] --> draft\n", "    draft --> asked: 提交\n",
		"    returned --> asked: 提交\n", "    draft --> draft: 修改\n", "    granted --> [*]\n", "    dropped --> [*]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the drawing lacks %q:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 1+5+1+10+2 {
		t.Errorf("the drawing has %d lines:\n%s", n, got)
	}
}

func TestGuards(t *testing.T) {
	refusal := errs.New(errs.Conflict, "请先填写理由")
	var ran []string
	g := Guards[string]{
		"has_reason": func(reason string) error {
			ran = append(ran, "has_reason")
			if reason == "" {
				return refusal
			}
			return nil
		},
		"in_time": func(string) error { ran = append(ran, "in_time"); return nil },
	}
	step, _ := leave.Find("draft", "ask")
	if err := g.Run(step.Guards, ""); err != refusal || len(ran) != 1 {
		t.Errorf("the first refusal ends it: %v after %v", err, ran)
	}
	ran = nil
	if err := g.Run(step.Guards, "开会"); err != nil || !slices.Equal(ran, []string{"has_reason", "in_time"}) {
		t.Errorf("%v after %v", err, ran)
	}
	if err := g.Run([]string{"missing"}, "开会"); !errs.Is(err, errs.Internal) {
		t.Errorf("a guard that does not exist: %v", err)
	}
	if err := g.Run(nil, ""); err != nil {
		t.Errorf("no guards: %v", err)
	}

	if err := g.Check(leave); err != nil {
		t.Error(err)
	}
	g["never_named"] = g["in_time"]
	delete(g, "in_time")
	err := g.Check(leave)
	if err == nil || !strings.Contains(err.Error(), `names the guard "in_time", which does not exist`) || !strings.Contains(err.Error(), `no step names the guard "never_named"`) {
		t.Errorf("got %v", err)
	}
}
