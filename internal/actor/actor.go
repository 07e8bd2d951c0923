// Package actor says who is acting: one account, acting as one person of one
// tenant in one role.
//
// Main type: [Actor], carried by the context. It owns no tables and decides
// nothing: org fills it from the session, services ask it for permissions.
package actor

import (
	"context"

	"shangliang/internal/errs"
)

// Actor is who acts, and as what. An account with several roles acts in one of
// them at a time, so that the ledger can say in which.
type Actor struct {
	Tenant  string // id of the tenant acted in
	Account string // id of the account; empty for the system
	Person  string // id of the person in this tenant's roster; may be empty
	Name    string // the person's name, as shown
	Role    string // id of the role acted in, e.g. "clerk"
	Body    string // id of the body acted for: a department, a party, a committee
	Session string // id of the sign-in session, or of the API token
	Channel string // "web", "api", "import", "job", "cli"
	IP      string
	Device  string // hash of the user agent and a device cookie

	permissions map[string]bool
	all         bool
}

// Allowing returns a copy of a that may do exactly what permissions names. The
// map is shared and must not change afterwards.
func (a Actor) Allowing(permissions map[string]bool) Actor {
	a.permissions, a.all = permissions, false
	return a
}

// System returns the platform itself acting in a tenant: clocks that run out,
// deliveries, sealing. It may do everything, and the ledger shows it as such.
func System(tenant string) Actor {
	return Actor{Tenant: tenant, Role: "system", Channel: "job", all: true}
}

// IsSystem reports whether the platform itself acts.
func (a Actor) IsSystem() bool { return a.all }

// Can reports whether a has a permission such as "proposal.file".
func (a Actor) Can(permission string) bool { return a.all || a.permissions[permission] }

type (
	actorKey   struct{}
	requestKey struct{}
)

// With returns a context in which a acts.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From returns who acts; ok is false when nobody is signed in.
func From(ctx context.Context) (a Actor, ok bool) {
	a, ok = ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// Denied is the error for whoever may not do what they ask for.
var Denied error = errs.New(errs.Forbidden, "您当前的身份不能进行这项操作")

// Require returns who acts if they have the permission (any signed-in actor if
// it is empty), else an Unauthenticated or Forbidden error.
func Require(ctx context.Context, permission string) (Actor, error) {
	a, ok := From(ctx)
	if !ok {
		return Actor{}, errs.New(errs.Unauthenticated, "请先登录")
	}
	if permission != "" && !a.Can(permission) {
		return Actor{}, Denied
	}
	return a, nil
}

// Request identifies one act of a person, so that a retry repeats nothing: the
// Idempotency-Key of a REST call or the hidden key of a form.
type Request struct {
	Key  string // chosen by the client; empty if the client sent none
	Hash string // hash of method, path and body, so that a key cannot be reused for another act
}

// WithRequest returns a context that carries the request's key.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns the request's key; its zero value means that there is none.
func RequestFrom(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}
