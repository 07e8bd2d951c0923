package app

import (
	"shangliang/internal/jobs/jobsweb"
	"shangliang/internal/module"
	"shangliang/internal/notify/notifyweb"
	"shangliang/internal/rule/ruleweb"
)

// sharedWords are the catalogues of the pages of shared packages.
var sharedWords = [][]byte{jobsweb.Words, notifyweb.Words, ruleweb.Words}

// sharedPages adds the pages of what all capabilities share.
func (a *App) sharedPages(at map[string]*module.Module) {
	ruleweb.Add(at["rule"], ruleweb.Deps{Rules: a.Rules, Now: a.Options.Now})
	notifyweb.Add(at["notify"], notifyweb.Deps{Notices: a.Notices})
	jobsweb.Add(at["jobs"], jobsweb.Deps{Jobs: a.Jobs, Titles: workTitles})
}

// workTitles say in words what the work in the background does.
var workTitles = map[string]string{
	"ledger.seal":    "封存台账",
	"clock.tick":     "检查期限、发出提醒",
	"notify.deliver": "发送邮件",
	"org.sweep":      "清理过期的登录",
}
