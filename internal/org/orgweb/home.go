package orgweb

import (
	"context"

	"github.com/a-h/templ"

	"shangliang/internal/lang"
	"shangliang/internal/module"
)

func (p *pages) menu() []module.MenuItem {
	return []module.MenuItem{
		{Path: "/people", Title: "人员名册", Icon: "users", Group: peopleGroup, Order: 80, Permission: "org.people"},
		{Path: "/bodies", Title: "组织机构", Icon: "building", Group: peopleGroup, Order: 82, Permission: "org.people"},
		{Path: "/terms", Title: "届次和会议", Icon: "calendar-event", Group: peopleGroup, Order: 84, Permission: "org.people"},
		{Path: "/calendar", Title: "工作日历", Icon: "calendar", Group: peopleGroup, Order: 86, Permission: "org.people"},
		{Path: "/accounts", Title: "账号与权限", Icon: "key", Group: systemGroup, Order: 90, Permission: "org.manage"},
		{Path: "/tenants", Title: "本级与下级政协", Icon: "building-community", Group: systemGroup, Order: 92, Permission: "org.manage"},
		{Path: "/audit", Title: "操作记录", Icon: "history", Group: systemGroup, Order: 98, Permission: "org.audit"},
	}
}

func (p *pages) cards() []module.Card {
	return []module.Card{{Roles: []string{"admin"}, Order: 5, Load: p.checklist}}
}

// todo is one thing that a new tenant needs.
type todo struct {
	Title, Text, URL string
	Done             bool
}

// checklist shows an administrator what is still missing before work can begin;
// nothing once all is there.
func (p *pages) checklist(ctx context.Context) (templ.Component, error) {
	c, err := p.Org.Coverage(ctx)
	if err != nil {
		return nil, err
	}
	list := []todo{
		{lang.T(ctx, "导入委员名册"), lang.T(ctx, "%d名委员", c.Members), "/people/import", c.Members > 0},
		{lang.T(ctx, "添加承办单位"), lang.T(ctx, "%d个单位", c.Bodies["department"]), bodiesPath("department"), c.Bodies["department"] > 0},
	}
	for _, need := range []struct{ role, title string }{
		{"member", lang.T(ctx, "给委员开通账号")},
		{"clerk", lang.T(ctx, "给提案委工作人员开通账号")},
		{"review_chair", lang.T(ctx, "给提案审查负责人开通账号")},
		{"dispatcher", lang.T(ctx, "给交办机关开通账号")},
		{"unit_clerk", lang.T(ctx, "给承办单位联络员开通账号")},
		{"unit_leader", lang.T(ctx, "给承办单位负责人开通账号")},
	} {
		url := "/accounts/new?role=" + need.role
		if need.role == "member" {
			url = "/people?seat=member"
		}
		list = append(list, todo{need.title, lang.T(ctx, "%d人", c.Held[need.role]), url, c.Held[need.role] > 0})
	}
	for _, t := range list {
		if !t.Done {
			return checklistCard(list), nil
		}
	}
	return nil, nil
}
