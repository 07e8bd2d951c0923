package orgweb

import (
	"shangliang/internal/module"
	"shangliang/internal/web"
)

// routes are all pages of this package.
func (p *pages) routes(rt *web.Router) {
	rt.Public("GET "+signInPath, p.showSignIn)
	rt.Public("POST "+signInPath, p.signIn)
	rt.Public("POST /sign-out", p.signOut)
	rt.Public("POST /preferences", p.prefer)
	rt.Public("GET "+setUpPath, p.showSetUp)
	rt.Public("POST "+setUpPath, p.setUp)
	rt.Post("/role", p.switchRole)
	rt.Get("/reauthenticate", p.showReauthenticate)
	rt.Post("/reauthenticate", p.reauthenticate)
}

func (p *pages) menu() []module.MenuItem { return nil }
