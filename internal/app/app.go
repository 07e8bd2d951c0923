// Package app puts the platform together: every capability, in the order of
// what it depends on, in one function.
//
// Main types: [App], [Options]. It owns no tables and no rules; it is the one
// place that knows all packages.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	_ "embed"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/assessment"
	"shangliang/internal/assessment/assessmentweb"
	"shangliang/internal/attachment"
	"shangliang/internal/award"
	"shangliang/internal/award/awardweb"
	"shangliang/internal/backup"
	"shangliang/internal/blob"
	"shangliang/internal/clock"
	"shangliang/internal/db"
	"shangliang/internal/digest"
	"shangliang/internal/digest/digestweb"
	"shangliang/internal/dispatch"
	"shangliang/internal/dispatch/dispatchweb"
	"shangliang/internal/doctor"
	"shangliang/internal/figure"
	"shangliang/internal/gateway"
	"shangliang/internal/jobs"
	"shangliang/internal/keyproposal"
	"shangliang/internal/keyproposal/keyproposalweb"
	"shangliang/internal/lang"
	"shangliang/internal/ledger"
	"shangliang/internal/likeness/lookup"
	"shangliang/internal/message"
	"shangliang/internal/message/messageweb"
	"shangliang/internal/module"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/org/orgweb"
	"shangliang/internal/paperwork"
	"shangliang/internal/proposal"
	"shangliang/internal/proposal/proposalweb"
	"shangliang/internal/publish"
	"shangliang/internal/publish/publishweb"
	"shangliang/internal/reading"
	"shangliang/internal/reading/readingweb"
	"shangliang/internal/regional"
	"shangliang/internal/regional/regionalweb"
	"shangliang/internal/rule"
	"shangliang/internal/search"
	"shangliang/internal/shelf"
	"shangliang/internal/sso"
	"shangliang/internal/supervision"
	"shangliang/internal/supervision/supervisionweb"
	"shangliang/internal/web"
)

// Options say how a platform runs; Data must be given.
type Options struct {
	Data     string // the folder of keys, files and, on SQLite, the database
	Database string // URL; sqlite in Data when empty
	BaseURL  string // how people reach the platform, for links in mails
	Secure   bool   // people reach it by TLS
	Proxied  bool   // behind a proxy that adds X-Forwarded-For
	Metrics  string // bearer token for /metrics from elsewhere
	SMTP     notify.SMTP
	Gateways gateway.Options // where the gateways of tenants may lead
	SSO      sso.Config      // who else signs people in; nobody when its issuer is empty
	S3       blob.S3         // where the stored files are; in Data when its URL is empty
	Log      *slog.Logger
	Now      func() time.Time // time.Now when nil
}

func (o *Options) url() string {
	return cmp.Or(o.Database, "sqlite:"+filepath.Join(o.Data, "shangliang.db"))
}

// App is a platform, put together but not yet started.
type App struct {
	Options     Options
	DB          *db.DB
	Key         *ledger.Key
	Words       *lang.Words
	Modules     []module.Module
	Jobs        *jobs.Queue
	Org         *org.Service
	Rules       *rule.Rules
	Notices     *notify.Notifier
	Clocks      *clock.Clocks
	Files       blob.Store
	Shelf       *shelf.Shelf
	Proposals   *proposal.Service
	Dispatch    *dispatch.Service
	Keys        *keyproposal.Service
	Digests     *digest.Service
	Events      *supervision.Service
	Figures     *figure.Service
	Messages    *message.Service
	Papers      *paperwork.Service
	Publish     *publish.Service
	Router      *web.Router
	API         huma.API
	Assessments *assessment.Service
	Desk        *doctor.Desk
	Awards      *award.Service
	Regional    *regional.Service
	SSO         *sso.Provider // nil without one
	Reading     *reading.Service

	frames frames
}

// New opens the database, brings its schema up to date and puts everything
// together. It starts nothing: see [App.Start].
func New(ctx context.Context, o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("app: data folder: %w", err)
	}
	d, err := db.Open(ctx, db.Config{URL: o.url(), Now: o.Now})
	if err != nil {
		return nil, err
	}
	a := &App{Options: o, DB: d}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return a, nil
}

// assemble builds every capability. It is the only shared code that a new
// capability edits.
func (a *App) assemble(ctx context.Context) (err error) {
	o := a.Options
	if a.Key, err = ledger.LoadKey(o.Data); err != nil {
		return err
	}
	secret, err := org.LoadKey(o.Data)
	if err != nil {
		return err
	}
	if o.SSO.Issuer != "" {
		if a.SSO, err = sso.New(o.SSO, secret); err != nil {
			return err
		}
	}
	a.Modules = declare()
	if err := a.migrate(ctx); err != nil {
		return err
	}
	if a.Words, err = words(a.Modules); err != nil {
		return err
	}
	if a.Jobs, err = jobs.New(a.DB, jobs.Config{Log: o.Log, Record: recordJob, Keeps: func(ctx context.Context, tenant string) (bool, error) { return a.Org.Keeps(ctx, tenant) }}); err != nil {
		return err
	}
	roles, err := org.NewRoles(permissions(a.Modules))
	if err != nil {
		return err
	}
	if a.Org, err = org.New(a.DB, roles, secret); err != nil {
		return err
	}
	var definitions []rule.Definition
	var kinds []notify.Kind
	var sources []figure.Source
	var figures []figure.Definition
	for _, m := range a.Modules {
		sources = append(sources, m.Sources...)
		figures = append(figures, m.Figures...)
		definitions = append(definitions, m.Rules...)
		kinds = append(kinds, m.Notices...)
	}
	if a.Rules, err = rule.New(a.DB, definitions...); err != nil {
		return err
	}
	gateways, err := gateway.New(o.Gateways, o.Now)
	if err != nil {
		return err
	}
	if a.Notices, err = notify.New(a.DB, notify.Config{Addresses: org.Addresses, Kinds: kinds, Words: a.Words, BaseURL: o.BaseURL, SMTP: o.SMTP, Gateways: gateways, Key: secret, Log: o.Log}); err != nil {
		return err
	}
	if a.Figures, err = figure.New(a.DB, a.Rules, sources, figures); err != nil {
		return err
	}
	a.Clocks = clock.New(a.DB, clock.Config{Days: org.Days, PeopleWith: org.PeopleWith, Notices: a.Notices, Log: o.Log})
	if a.Files, err = o.store(ctx, "files"); err != nil {
		return err
	}
	a.Shelf = shelf.New(a.DB)
	a.Proposals = proposal.New(a.DB, a.Rules, a.Clocks, a.Notices, a.Files)
	a.Proposals.Watch()
	a.Dispatch = dispatch.New(a.DB, a.Proposals, a.Files)
	attachments := attachment.New(a.Files)
	a.Keys = keyproposal.New(a.DB, a.Rules, a.Clocks, a.Notices, attachments)
	a.Proposals.Before("proposal.merge", a.Keys.MayMerge)
	a.Messages = message.New(a.DB, a.Notices, attachments)
	a.Digests = digest.New(a.DB, a.Rules, a.Clocks, a.Notices, attachments)
	a.Events = supervision.New(a.DB, a.Rules, a.Clocks, a.Notices, attachments, a.Keys)
	a.Regional = regional.New(a.DB, a.Notices)
	a.Reading = reading.New(a.DB, a.Rules, a.Files, a.Figures)
	a.Awards = award.New(a.DB, a.Rules, a.Notices, a.Proposals)
	a.Assessments = assessment.New(a.DB, a.Rules, a.Figures, a.Clocks, a.Notices, a.Proposals, attachments)
	if a.Publish, err = publish.New(a.DB, a.Rules, a.Notices, a.Files, a.Proposals, a.Figures, secret); err != nil {
		return err
	}
	a.Proposals.Disclosed = publish.Disclosed
	if err := a.openPapers(ctx); err != nil {
		return err
	}
	a.Router = web.New(web.Config{Authenticate: a.authenticate, Ready: a.DB.Ping, Log: o.Log, Now: o.Now, Key: secret,
		Secure: o.Secure, Proxied: o.Proxied, MetricsToken: o.Metrics})
	a.Router.Get("/", a.home)
	a.API = web.NewAPI(a.Router, "Shangliang", "1")
	a.pages()
	for _, m := range a.Modules {
		a.Jobs.Register(m.Jobs...)
		if m.Routes != nil {
			m.Routes(a.Router)
		}
		if m.API != nil {
			m.API(a.API)
		}
	}
	return nil
}

// pages lets the web packages add their part to the modules: menu, home cards,
// pages and REST.
func (a *App) pages() {
	at := map[string]*module.Module{}
	for i := range a.Modules {
		at[a.Modules[i].Name] = &a.Modules[i]
	}
	acts := map[string]string{} // filled in when all have added theirs
	orgweb.Add(at["org"], orgweb.Deps{Acts: acts, Org: a.Org, SSO: a.SSO, BaseURL: a.Options.BaseURL, Secure: a.Options.Secure, Now: a.Options.Now, Log: a.Options.Log, Shelf: a.Shelf,
		Links: map[string]orgweb.Link{"proposal": {Path: "/proposals/", Permission: "proposal.read_all"}}})
	proposalweb.Add(at["proposal"], proposalweb.Deps{Proposals: a.Proposals, Org: a.Org, Shelf: a.Shelf, Modules: func() []module.Module { return a.Modules }})
	regionalweb.Add(at["regional"], regionalweb.Deps{Regional: a.Regional})
	awardweb.Add(at["award"], awardweb.Deps{Awards: a.Awards, Org: a.Org})
	assessmentweb.Add(at["assessment"], assessmentweb.Deps{Assessments: a.Assessments, Org: a.Org})
	dispatchweb.Add(at["dispatch"], dispatchweb.Deps{Dispatch: a.Dispatch, Proposals: a.Proposals, Org: a.Org})
	keyproposalweb.Add(at["keyproposal"], keyproposalweb.Deps{Keys: a.Keys, Org: a.Org, Modules: func() []module.Module { return a.Modules }})
	messageweb.Add(at["message"], messageweb.Deps{Messages: a.Messages})
	digestweb.Add(at["digest"], digestweb.Deps{Digests: a.Digests, Org: a.Org})
	supervisionweb.Add(at["supervision"], supervisionweb.Deps{Supervision: a.Events, Org: a.Org})
	publishweb.Add(at["publish"], publishweb.Deps{Publish: a.Publish, Org: a.Org, Words: a.Words, BaseURL: a.Options.BaseURL})
	readingweb.Add(at["reading"], readingweb.Deps{Reading: a.Reading, BaseURL: a.Options.BaseURL})
	a.paperPages(at["paperwork"])
	a.sharedPages(at)
	maps.Copy(acts, module.ActTitles(a.Modules))
}

// Words is the English of this package's texts.
//
//go:embed en.tsv
var Words []byte

// declare lists what the capabilities bring that needs nothing else to exist,
// in the order of what they depend on.
func declare() []module.Module {
	return []module.Module{
		{Name: "ledger", Title: "台账", Migrations: ledger.Migrations, Words: ledger.Words},
		{Name: "org", Title: "组织", Migrations: org.Migrations, Words: org.Words, Permissions: org.Permissions},
		{Name: "rule", Title: "规则", Migrations: rule.Migrations, Words: rule.Words, Permissions: []module.Permission{{ID: rule.Manage, Title: "管理规则和制度", Roles: []string{"admin", "clerk"}}}},
		notifyModule,
		{Name: "jobs", Title: "后台任务", Parts: []string{"job"}, Permissions: []module.Permission{{ID: jobs.Permission, Title: "管理后台任务", Roles: []string{"admin"}}},
			Acts: map[string]string{"job.retry": "重做后台任务", "job.discard": "放弃后台任务"}},
		{Name: "doctor", Title: "记录检查", Migrations: doctor.Migrations, Words: doctor.Words, Permissions: []module.Permission{{ID: doctor.Permission, Title: "检查和修复记录", Roles: []string{"admin"}}},
			Acts: map[string]string{"doctor.examine": "检查记录", "doctor.consent": "同意修复记录", "doctor.mend": "修复记录"}},
		{Name: "clock", Title: "期限", Migrations: clock.Migrations, Words: clock.Words, Notices: clock.Kinds},
		{Name: "search", Title: "搜索", Migrations: search.Migrations},
		{Name: "shelf", Title: "待导入的表格", Migrations: shelf.Migrations, Words: shelf.Words},
		paperModule,
		{Name: "figure", Title: "数据", Migrations: figure.Migrations, Words: figure.Words, Permissions: figure.Permissions},
		{Name: "likeness", Title: "相似", Migrations: lookup.Migrations},
		{Name: "proposal", Title: "提案", Parts: []string{"assignment", "reply", "feedback", "commitment"}, Migrations: proposal.Migrations, Stored: []module.Stored{{Table: "proposal_file", Name: "name"}}, Words: proposal.Words, Permissions: proposal.Permissions, Rules: slices.Concat(proposal.Rules, []rule.Definition{proposal.DisclosureRule}), Notices: proposal.Notices, Sources: proposal.Sources, Figures: proposal.Figures},
		{Name: "publish", Title: "提案公开", Migrations: publish.Migrations, Stored: []module.Stored{{Table: "disclosure_edition", Name: "proposal", Text: "body"}}, Words: publish.Words, Permissions: publish.Permissions, Rules: publish.Rules, Notices: publish.Notices, Sources: publish.Sources, Figures: publish.Figures, Acts: publish.Acts},
		{Name: "dispatch", Title: "交办会", Migrations: dispatch.Migrations, Stored: []module.Stored{{Table: "dispatch_file", Name: "name"}}, Words: dispatch.Words, Permissions: dispatch.Permissions, Sources: dispatch.Sources, Figures: dispatch.Figures},
		{Name: "attachment", Title: "文件", Migrations: attachment.Migrations, Stored: []module.Stored{{Table: "attachment", Name: "name"}}, Words: attachment.Words},
		{Name: "keyproposal", Title: "重点提案", Parts: []string{"key_proposal"}, Migrations: keyproposal.Migrations, Words: keyproposal.Words, Permissions: keyproposal.Permissions, Rules: keyproposal.Rules, Notices: keyproposal.Notices, Sources: keyproposal.Sources, Figures: keyproposal.Figures},
		{Name: "message", Title: "消息", Migrations: message.Migrations, Words: message.Words, Permissions: message.Permissions, Notices: message.Notices},
		{Name: "digest", Title: "提案摘报", Migrations: digest.Migrations, Words: digest.Words, Permissions: digest.Permissions, Rules: digest.Rules, Notices: digest.Notices, Sources: digest.Sources, Figures: digest.Figures},
		{Name: "supervision", Title: "督办活动", Migrations: supervision.Migrations, Words: supervision.Words, Permissions: supervision.Permissions, Rules: supervision.Rules, Notices: supervision.Notices, Sources: supervision.Sources, Figures: supervision.Figures},
		{Name: "regional", Title: "跨区域联名提案", Migrations: regional.Migrations, Words: regional.Words, Permissions: regional.Permissions, Notices: regional.Notices, Sources: regional.Sources, Figures: regional.Figures},
		{Name: "reading", Title: "报告研读", Migrations: reading.Migrations, Stored: []module.Stored{{Table: "reading_report", Name: "name"}}, Words: reading.Words, Permissions: reading.Permissions, Rules: reading.Rules},
		{Name: "award", Title: "年度好提案", Migrations: award.Migrations, Words: award.Words, Permissions: award.Permissions, Rules: award.Rules, Notices: award.Notices, Sources: award.Sources, Figures: award.Figures},
		{Name: "assessment", Title: "承办单位测评", Parts: []string{"inspection", "evaluation"}, Migrations: assessment.Migrations, Words: assessment.Words, Permissions: assessment.Permissions, Rules: assessment.Rules, Notices: assessment.Notices, Sources: assessment.Sources, Figures: assessment.Figures},
	}
}

// Migrations are those of all modules.
func Migrations() []fs.FS {
	var all []fs.FS
	for _, m := range declare() {
		if m.Migrations != nil {
			all = append(all, m.Migrations)
		}
	}
	return all
}

// migrate brings the schema up to date.
func (a *App) migrate(ctx context.Context) error {
	if err := a.DB.Migrate(ctx, Migrations()...); err != nil {
		return err
	}
	if err := search.Setup(ctx, a.DB); err != nil {
		return err
	}
	return jobs.Migrate(ctx, a.DB)
}

// store opens a store of files: in the bucket if there is one, else in a folder
// of the data.
func (o *Options) store(ctx context.Context, name string) (blob.Store, error) {
	if o.S3.URL != "" {
		return blob.OpenBucket(ctx, o.S3, name, filepath.Join(o.Data, "spool"))
	}
	return blob.OpenFolder(filepath.Join(o.Data, name))
}

// CopyFiles copies the stored files that are still in the data folder into the
// bucket, or back from there, and says how many. The platform may serve
// meanwhile; what is there already is not copied again.
func CopyFiles(ctx context.Context, o Options, back bool) (n int, err error) {
	bucket, err := o.store(ctx, "files")
	if err != nil {
		return 0, err
	}
	folder, err := blob.OpenFolder(filepath.Join(o.Data, "files"))
	if err != nil {
		return 0, err
	}
	if back {
		return blob.Copy(ctx, folder, bucket)
	}
	return blob.Copy(ctx, bucket, folder)
}

// Restore brings a backup back into an empty place and makes it ready to serve.
func Restore(ctx context.Context, o Options, file string) (*backup.Manifest, *ledger.Report, error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, nil, fmt.Errorf("app: data folder: %w", err)
	}
	files, err := o.store(ctx, "files")
	if err != nil {
		return nil, nil, err
	}
	m, report, err := backup.Restore(ctx, file, backup.Target{URL: o.url(), Data: o.Data, Blobs: files, Migrations: Migrations()})
	if err != nil {
		return nil, nil, err
	}
	a, err := New(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return m, report, errors.Join(search.Rebuild(ctx, a.DB, ""), a.Close())
}

// Background is the work that is done again and again while the platform serves.
func (a *App) Background() []jobs.Every {
	all := []jobs.Every{
		{Name: "ledger.seal", Interval: time.Second, Work: func(ctx context.Context) error { _, err := ledger.Seal(ctx, a.DB, a.Key); return err }},
		{Name: "clock.tick", Interval: time.Minute, Work: a.Clocks.Tick},
		{Name: "notify.deliver", Interval: 5 * time.Second, Work: a.Notices.Deliver},
		{Name: "search.tidy", Interval: 6 * time.Hour, Work: func(ctx context.Context) error { return search.Tidy(ctx, a.DB) }},
		{Name: "search.renew", Interval: 2 * time.Second, Work: func(ctx context.Context) error { return search.Renew(ctx, a.DB) }},
		{Name: "proposal.sign", Interval: time.Minute, Work: a.Proposals.SignOnce},
		{Name: "org.sweep", Interval: time.Hour, Work: a.Org.Sweep},
		{Name: "reading.sweep", Interval: time.Hour, Work: a.Reading.Sweep},
		{Name: "shelf.sweep", Interval: 10 * time.Minute, Work: a.Shelf.Sweep},
	}
	for _, m := range a.Modules {
		all = append(all, m.Every...)
	}
	return all
}

// Start begins the work in the background; it ends with [App.Close].
func (a *App) Start(ctx context.Context) error {
	a.Jobs.Repeat(a.Background()...)
	return a.Jobs.Start(ctx)
}

// Close ends the background work and the database.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(a.Jobs.Stop(ctx), a.DB.Close())
}

// Figures are the definitions of all modules, for who needs no database.
func Figures() []figure.Definition {
	var all []figure.Definition
	for _, m := range declare() {
		all = append(all, m.Figures...)
	}
	return all
}
