package module

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"shangliang/internal/figure"
	"shangliang/internal/jobs"
	"shangliang/internal/lang"
	"shangliang/internal/notify"
	"shangliang/internal/rule"
)

func good() Module {
	return Module{
		Name: "tea", Title: "茶",
		Permissions: []Permission{{ID: "tea.pour", Title: "倒茶", Roles: []string{"clerk"}}},
		Rules:       []rule.Definition{{ID: "tea.cups", Title: "茶", Kind: rule.Int, Default: "3"}},
		Notices:     []notify.Kind{{ID: "tea.ready", Name: "茶"}},
		Sources:     []figure.Source{{ID: "tea", Title: "茶", Dims: []figure.Dim{{ID: "leaf", Title: "茶"}}}},
		Figures:     []figure.Definition{{ID: "tea.drunk", Group: "茶", Name: "茶", Unit: "茶", Rule: "茶"}},
		Jobs:        []jobs.Job{{Kind: "tea.boil", Work: func(context.Context, json.RawMessage) error { return nil }}},
		Every:       []jobs.Every{{Name: "tea.look", Interval: time.Second, Work: func(context.Context) error { return nil }}},
		Menu:        []MenuItem{{Path: "/tea", Title: "茶", Icon: "cup", Permission: "tea.pour"}},
		Home:        []Card{{Load: func(context.Context) (templ.Component, error) { return nil, nil }}},
	}
}

func TestCheck(t *testing.T) {
	words, err := lang.New(nil, []byte("茶\tTea\n倒茶\tPour tea\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := Check([]Module{good()}, words); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Module){
		"is not lower-case":                   func(m *Module) { m.Name = "Tea" },
		`no English for "咖啡"`:                 func(m *Module) { m.Title = "咖啡" },
		`permission "pour" does not begin`:    func(m *Module) { m.Permissions[0].ID = "pour" },
		"no role has it":                      func(m *Module) { m.Permissions[0].Roles = nil },
		`rule "tea.cups" is declared twice`:   func(m *Module) { m.Rules = append(m.Rules, m.Rules[0]) },
		`notice "ready" does not begin`:       func(m *Module) { m.Notices[0].ID = "ready" },
		`figure "drunk" does not begin`:       func(m *Module) { m.Figures[0].ID = "drunk" },
		`no English for "杯"`:                  func(m *Module) { m.Figures[0].Unit = "杯" },
		`no English for "叶"`:                  func(m *Module) { m.Sources[0].Dims[0].Title = "叶" },
		"job tea.boil does nothing":           func(m *Module) { m.Jobs[0].Work = nil },
		"every tea.look does nothing":         func(m *Module) { m.Every[0].Interval = 0 },
		"not a path":                          func(m *Module) { m.Menu[0].Path = "tea" },
		"no icon":                             func(m *Module) { m.Menu[0].Icon = "" },
		`no permission "tea.drink" is declar`: func(m *Module) { m.Menu[0].Permission = "tea.drink" },
		"home card 0 shows nothing":           func(m *Module) { m.Home[0].Load = nil },
	} {
		m := good()
		spoil(&m)
		if err := Check([]Module{m}, words); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := Check([]Module{good(), good()}, words); err == nil || !strings.Contains(err.Error(), `module "tea" is declared twice`) {
		t.Errorf("the same twice: %v", err)
	}
}

func TestShows(t *testing.T) {
	can := func(p string) bool { return p == "tea.pour" }
	for _, test := range []struct {
		item MenuItem
		want bool
	}{
		{MenuItem{}, true},
		{MenuItem{Permission: "tea.pour"}, true},
		{MenuItem{Permission: "tea.drink"}, false},
		{MenuItem{Roles: []string{"admin", "clerk"}}, true},
		{MenuItem{Roles: []string{"admin"}}, false},
		{MenuItem{Permission: "tea.pour", Roles: []string{"admin"}}, false},
	} {
		if got := test.item.Shows("clerk", can); got != test.want {
			t.Errorf("%+v: %v", test.item, got)
		}
	}
	if !(Card{}).Shows("clerk") || (Card{Roles: []string{"admin"}}).Shows("clerk") {
		t.Error("card")
	}
}
