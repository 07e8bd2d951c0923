package app

import (
	"context"
	"slices"
	"strconv"

	"shangliang/internal/db"
	"shangliang/internal/doctor"
	"shangliang/internal/doctor/doctorweb"
	"shangliang/internal/figure/figureweb"
	"shangliang/internal/jobs"
	"shangliang/internal/jobs/jobsweb"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/module"
	"shangliang/internal/notify/notifyweb"
	"shangliang/internal/proposal"
	"shangliang/internal/rule/ruleweb"
	"shangliang/internal/search"
	"shangliang/internal/search/searchweb"
	"shangliang/internal/ui"
)

// sharedWords are the catalogues of the pages of shared packages.
var sharedWords = [][]byte{doctorweb.Words, figureweb.Words, jobsweb.Words, notifyweb.Words, ruleweb.Words, searchweb.Words}

// sharedPages adds the pages of what all capabilities share.
func (a *App) sharedPages(at map[string]*module.Module) {
	ruleweb.Add(at["rule"], ruleweb.Deps{Rules: a.Rules, Now: a.Options.Now})
	notifyweb.Add(at["notify"], notifyweb.Deps{Notices: a.Notices})
	figureweb.Add(at["figure"], figureweb.Deps{Figures: a.Figures})
	jobsweb.Add(at["jobs"], jobsweb.Deps{Jobs: a.Jobs, Titles: workTitles})
	a.Desk = doctor.NewDesk(a.DB, a.Doctor(), a.Jobs)
	at["doctor"].Jobs = a.Desk.Jobs()
	doctorweb.Add(at["doctor"], doctorweb.Deps{Desk: a.Desk})
	searchweb.Add(at["search"], searchweb.Deps{Find: a.find, Suggest: a.suggest, Audience: proposal.Audience, Kinds: found, Facets: []searchweb.Facet{
		{Name: "year", Title: "年份", Options: a.years}, {Name: "state", Title: "状态", Options: states}}})
}

// workTitles say in words what the work in the background does.
var workTitles = map[string]string{
	"doctor.examine":  "检查记录",
	"doctor.mend":     "修复记录",
	"ledger.seal":     "封存台账",
	"clock.tick":      "检查期限、发出提醒",
	"notify.deliver":  "发送邮件和其他渠道的通知",
	"org.sweep":       "清理过期的登录",
	"publish.release": "到期公开",
	"publish.watch":   "核对公开内容与原文",
	"search.tidy":     "整理搜索索引",
	"search.renew":    "准备搜索建议",
	"proposal.sign":   "为已有的提案建立相似度索引",
	"paperwork.make":  "生成提案目录或汇编",
	"paperwork.sweep": "清理过期的文书",
	"reading.sweep":   "删除到期的核对文稿",
	"shelf.sweep":     "清理没有导入的上传表格",
}

// found are the kinds of things that a search finds.
var found = []searchweb.Kind{{ID: "proposal", Title: "提案", Path: "/proposals/", Badge: "state"}}

// find searches in a transaction of its own.
func (a *App) find(ctx context.Context, q search.Query) (res search.Results, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		res, err = search.Find(tx, q)
		return err
	})
	return res, err
}

// suggest completes a search in a transaction of its own.
func (a *App) suggest(ctx context.Context, q search.Query) (s search.Suggestions, err error) {
	err = a.DB.Read(ctx, func(tx *db.Tx) error {
		s, err = search.Suggest(tx, q)
		return err
	})
	return s, err
}

// years are those of the tenant's sessions, the latest first.
func (a *App) years(ctx context.Context) ([]ui.Option, error) {
	sessions, err := a.Org.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	var years []int
	for _, s := range sessions {
		years = append(years, s.Year)
	}
	slices.Sort(years)
	years = slices.Compact(years)
	slices.Reverse(years)
	options := make([]ui.Option, len(years))
	for i, y := range years {
		options[i] = ui.Option{Value: strconv.Itoa(y), Label: strconv.Itoa(y)}
	}
	return options, nil
}

// states are those in which a case can be found.
func states(ctx context.Context) ([]ui.Option, error) {
	var options []ui.Option
	for _, s := range proposal.CaseFlow.States {
		if s.ID != proposal.Draft && s.ID != proposal.Cosigning && s.ID != proposal.Approval {
			options = append(options, ui.Option{Value: s.ID, Label: lang.Say(ctx, s.Title)})
		}
	}
	return options, nil
}

// recordJob writes down who did a job again or gave it up; done says that this
// very request was recorded before.
func recordJob(tx *db.Tx, action string, it jobs.Item) (done bool, err error) {
	if _, done, err = ledger.Replayed(tx); err != nil || done {
		return done, err
	}
	return false, ledger.Append(tx, ledger.Entry{Action: action, Kind: "job", Object: strconv.FormatInt(it.ID, 10), From: string(it.State), Data: map[string]any{"kind": it.Kind, "attempt": it.Attempt}})
}
