package app

import (
	"shangliang/internal/module"
	"shangliang/internal/notify/notifyweb"
	"shangliang/internal/rule/ruleweb"
)

// sharedWords are the catalogues of the pages of shared packages.
var sharedWords = [][]byte{notifyweb.Words, ruleweb.Words}

// sharedPages adds the pages of what all capabilities share.
func (a *App) sharedPages(at map[string]*module.Module) {
	ruleweb.Add(at["rule"], ruleweb.Deps{Rules: a.Rules, Now: a.Options.Now})
	notifyweb.Add(at["notify"], notifyweb.Deps{Notices: a.Notices})
}
