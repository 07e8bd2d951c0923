package orgweb

import (
	"shangliang/internal/web"
)

// routes are all pages of this package.
func (p *pages) routes(rt *web.Router) {
	rt.Public("GET "+signInPath, p.showSignIn)
	rt.Public("POST "+signInPath, p.signIn)
	rt.Public("POST /sign-out", p.signOut)
	rt.Public("GET "+outsidePath, p.goOutside)
	rt.Public("GET "+callbackPath, p.fromOutside)
	rt.Public("POST /preferences", p.prefer)
	rt.Public("GET "+setUpPath, p.showSetUp)
	rt.Public("POST "+setUpPath, p.setUp)
	rt.Post("/role", p.switchRole)
	rt.Get("/reauthenticate", p.showReauthenticate)
	rt.Post("/reauthenticate", p.reauthenticate)

	rt.Get("/account", p.showAccount)
	rt.Post("/account/contact", p.saveContact)
	rt.Get("/account/password", p.showPassword)
	rt.Post("/account/password", p.changePassword)
	rt.Post("/account/sign-ins/end", p.endSignIn)
	rt.Get(twoStepPath, p.showTwoStep)
	rt.Post(twoStepPath+"/begin", p.beginTwoStep)
	rt.Post(twoStepPath+"/confirm", p.confirmTwoStep)
	rt.Post(twoStepPath+"/end", p.endTwoStep)
	rt.Get(newTokenPath, p.showNewToken)
	rt.Post(newTokenPath, p.createToken)
	rt.Post("/account/tokens/{id}/revoke", p.revokeToken)

	rt.Get("/people", p.people)
	rt.Get("/people.xlsx", p.exportPeople)
	rt.Post("/people/bulk", p.bulkPeople)
	rt.Get("/people/new", p.newPerson)
	rt.Post("/people/new", p.addPerson)
	rt.Get(importPath, p.showImport)
	rt.Upload(importPath, rosterSize+web.FormLimit, p.uploadRoster)
	rt.Post(importPath+"/rows", p.importRoster)
	rt.Get("/people/roster-template.xlsx", p.rosterTemplate)
	rt.Get("/people/{id}", p.person)
	rt.Get("/people/{id}/edit", p.editPerson)
	rt.Post("/people/{id}/edit", p.savePerson)
	rt.Post("/people/{id}/{act}", p.actOnPerson)
	rt.Post("/people/{id}/{what}/{row}/end", p.endOnPerson)

	rt.Get("/bodies", p.showBodies)
	rt.Post("/bodies", p.addBodies)
	rt.Get("/bodies.xlsx", p.exportBodies)
	rt.Get("/bodies/{id}", p.editBody)
	rt.Post("/bodies/{id}", p.saveBody)

	rt.Get("/terms", p.showTerms)
	rt.Post("/terms/current", p.chooseSession)
	rt.Get("/terms/{id}", p.editTerm)
	rt.Post("/terms/{id}", p.saveTerm)
	rt.Get("/sessions/{id}", p.editSession)
	rt.Post("/sessions/{id}", p.saveSession)

	rt.Get("/calendar", p.showCalendar)
	rt.Post("/calendar", p.saveDay)
	rt.Post("/calendar/{day}/drop", p.dropDay)

	rt.Get("/tenants", p.showTenants)
	rt.Post("/tenants", p.saveTenant)
	rt.Get("/tenants/new", p.newTenant)
	rt.Post("/tenants/new", p.addTenant)

	rt.Get("/accounts", p.accounts)
	rt.Get("/accounts/new", p.showNewAccount)
	rt.Post("/accounts/new", p.addAccount)
	rt.Get("/accounts/{id}", p.showOneAccount)
	rt.Post("/accounts/{id}/{act}", p.actOnAccount)
	rt.Post("/accounts/{id}/grants/{row}/end", p.endGrant)

	rt.Get("/audit", p.audit)
	rt.Get("/audit.xlsx", p.exportAudit)
	rt.Get("/audit/sign-ins", p.signInRecords)
}
