package org

import (
	"fmt"
	"slices"
	"strings"
)

// Role is one way to act in a tenant.
type Role struct {
	ID    string
	Title string   // in Simplified Chinese
	Kinds []string // kinds of the body that it is held for; none: it is held for no body
}

// AllRoles lists the roles in the order in which a person with several begins.
var AllRoles = []Role{
	{"clerk", "提案委工作人员", nil},
	{"review_chair", "提案审查负责人", nil},
	{"reviewer", "提案审查员", nil},
	{"dispatcher", "交办机关", []string{"dispatch_office"}},
	{"unit_leader", "承办单位负责人", []string{"department"}},
	{"unit_officer", "承办人员", []string{"department"}},
	{"unit_clerk", "承办单位联络员", []string{"department"}},
	{"collective", "集体提案单位", []string{"party", "committee", "sector", "group"}},
	{"member", "委员", nil},
	{"leader", "领导", nil},
	{"evaluator", "第三方评估人员", []string{"expert"}},
	{"auditor", "审计员", nil},
	{"admin", "系统管理员", nil},
}

// Kinds lists the kinds of body with their titles, in the order of the menu.
var Kinds = []Code{
	{"party", "党派团体"},
	{"sector", "界别"},
	{"committee", "专门委员会"},
	{"group", "委员小组"},
	{"department", "承办单位"},
	{"dispatch_office", "交办机关"},
	{"leadership", "领导机构"},
	{"office", "机关处室"},
	{"expert", "第三方评估机构"},
}

// Systems lists the systems into which departments fall; each has its own
// dispatch office.
var Systems = []Code{
	{"party", "党群"},
	{"government", "政府"},
	{"congress", "人大"},
	{"conference", "政协"},
	{"court", "法院"},
	{"procuratorate", "检察院"},
	{"other", "其他"},
}

// RoleOf returns a role by its id.
func RoleOf(id string) (Role, bool) {
	i := rank(id)
	if i == len(AllRoles) {
		return Role{}, false
	}
	return AllRoles[i], true
}

// rank is a role's place in the order of AllRoles.
func rank(role string) int {
	if i := slices.IndexFunc(AllRoles, func(r Role) bool { return r.ID == role }); i >= 0 {
		return i
	}
	return len(AllRoles)
}

// Title returns the title of a code, or its id when the list does not know it.
func Title(codes []Code, id string) string {
	if i := slices.IndexFunc(codes, func(c Code) bool { return c.ID == id }); i >= 0 {
		return codes[i].Title
	}
	return id
}

func known(codes []Code, id string) bool {
	return slices.ContainsFunc(codes, func(c Code) bool { return c.ID == id })
}

// Permission is something that may be done, declared by the package that asks
// for it, with the roles that have it.
type Permission struct {
	ID    string // "proposal.file"
	Title string // in Simplified Chinese
	Roles []string
}

// Permissions are this package's own.
var Permissions = []Permission{
	{"org.manage", "管理组织、届次、账号和日历", []string{"admin"}},
	{"org.roster", "管理委员名册", []string{"admin", "clerk"}},
	{"org.people", "查看人员联系方式", []string{"admin", "clerk", "dispatcher", "leader", "review_chair"}},
	{"org.audit", "查看登录与操作记录", []string{"admin", "auditor"}},
}

// Roles says what each role may do. It never changes once made.
type Roles struct {
	sets        map[string]map[string]bool
	permissions []Permission
}

// NewRoles builds the map from role to permissions out of all permissions of
// the platform. A permission declared twice, or for a role that does not exist,
// is an error.
func NewRoles(permissions []Permission) (*Roles, error) {
	r := &Roles{sets: map[string]map[string]bool{}, permissions: permissions}
	for _, role := range AllRoles {
		r.sets[role.ID] = map[string]bool{}
	}
	seen := map[string]bool{}
	for _, p := range permissions {
		if seen[p.ID] {
			return nil, fmt.Errorf("org: permission %s is declared twice", p.ID)
		}
		seen[p.ID] = true
		for _, role := range p.Roles {
			set, ok := r.sets[role]
			if !ok {
				return nil, fmt.Errorf("org: permission %s: there is no role %s", p.ID, role)
			}
			set[p.ID] = true
		}
	}
	return r, nil
}

// Of returns the permissions of a role; the map must not be changed.
func (r *Roles) Of(role string) map[string]bool { return r.sets[role] }

// All returns the permissions of the platform, in the order of declaration.
func (r *Roles) All() []Permission { return r.permissions }

// scoped returns those permissions of a role that scopes name: by their id, or
// all of a package by its name ("proposal").
func (r *Roles) scoped(role string, scopes []string) map[string]bool {
	set := map[string]bool{}
	for id := range r.sets[role] {
		if slices.ContainsFunc(scopes, func(s string) bool { return covers(s, id) }) {
			set[id] = true
		}
	}
	return set
}

func covers(scope, permission string) bool {
	return scope == permission || strings.HasPrefix(permission, scope+".")
}

// sortGrants puts grants in the order of their roles.
func sortGrants(grants []*Grant) {
	slices.SortStableFunc(grants, func(a, b *Grant) int { return rank(a.Role) - rank(b.Role) })
}
