package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
)

// The size of the data set.
const (
	members     = 2000
	departments = 200
	years       = 10
	perYear     = 5000
	seeds       = 1000 // cases played from draft to archive; as many again stop on the way
)

// format changes with the data set, so that an older one is made anew.
const format = 1

const password = "Cang-Lang-2026"

// dataset says what is in the folder; it lies there as set.json.
type dataset struct {
	Format   int
	MadeAt   time.Time
	Tenant   string
	Year     int // of the last session
	Logins   map[string][]string
	Counts   map[string]int64
	Bytes    int64 // of the SQLite file
	Schema   int   // how many migrations it has
	dir      string
	template string // folder of the data itself
}

// prepare returns the data set of a folder and makes it when there is none.
func prepare(ctx context.Context, dir string) (*dataset, error) {
	set := &dataset{dir: dir, template: filepath.Join(dir, "set")}
	b, err := os.ReadFile(filepath.Join(dir, "set.json"))
	if err == nil && json.Unmarshal(b, set) == nil && set.Format == format {
		if set.Schema == schema() {
			return set, nil
		}
		if err := set.renew(ctx); err != nil {
			return nil, err
		}
		return set, set.save()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := errors.Join(os.RemoveAll(set.template), os.RemoveAll(filepath.Join(dir, "set.zip"))); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "making the data set in %s, once; this takes some minutes\n", dir)
	if err := set.make(ctx); err != nil {
		return nil, err
	}
	set.Format, set.MadeAt = format, time.Now().UTC().Truncate(time.Second)
	return set, set.save()
}

// renew brings a data set of an older schema up to date, with all that is done in
// the background, so that no measurement pays for it.
func (set *dataset) renew(ctx context.Context) (err error) {
	defer say("bringing the data set up to date")()
	if err := os.Remove(filepath.Join(set.dir, "set.zip")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	a, err := app.New(ctx, app.Options{Data: set.template, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := settle(ctx, a); err != nil {
		return err
	}
	return set.count(ctx, a)
}

// save writes set.json.
func (set *dataset) save() error {
	set.Schema = schema()
	b, err := json.MarshalIndent(set, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(set.dir, "set.json"), b, 0o600)
}

// schema is how many migrations this program has.
func schema() (n int) {
	for _, f := range app.Migrations() {
		names, _ := fs.Glob(f, "*.sql")
		n += len(names)
	}
	return n
}

// world is the platform while the data set is made, with a clock of its own.
type world struct {
	*app.App
	set      *dataset
	now      atomic.Pointer[time.Time]
	year     int
	last     calendar.Date // the last day that is played
	sessions map[int]string
	terms    []string

	members []*who
	staff   map[string][]*who          // by role
	units   []string                   // departments
	of      map[string]map[string]*who // department → role → who
	bodies  []*who                     // acting for proposing bodies
}

// who is somebody who acts.
type who struct {
	person, account, name, login string
	actor                        actor.Actor
}

// at moves the clock to an hour of a day.
func (w *world) at(day calendar.Date, hour int) {
	t := day.Time().Add(time.Duration(hour) * time.Hour)
	w.now.Store(&t)
}

func (set *dataset) make(ctx context.Context) (err error) {
	w := &world{set: set, sessions: map[int]string{}, staff: map[string][]*who{}, of: map[string]map[string]*who{}}
	// What is over is played up to yesterday; proposals need until autumn from
	// draft to archive.
	w.last = calendar.On(time.Now()).AddDays(-1)
	w.year = w.last.Year()
	if w.last < day(w.year, 10, 1) {
		w.year--
	}
	set.Year = w.year
	w.at(day(w.year-years+1, 1, 4), 1)
	if w.App, err = app.New(ctx, app.Options{Data: set.template, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return *w.now.Load() }}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"people, departments, sessions", w.found},
		{"playing one year", w.play},
		{"multiplying", w.multiply},
		{"ledger", w.record},
		{"settling", w.settle},
	} {
		if err := ctx.Err(); err != nil {
			return err
		}
		done := say("%s", step.name)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		done()
	}
	set.Logins = map[string][]string{}
	for _, m := range w.staff["clerk"] {
		set.Logins["clerk"] = append(set.Logins["clerk"], m.login)
	}
	for _, m := range w.members[:16] {
		set.Logins["member"] = append(set.Logins["member"], m.login)
	}
	for _, logins := range set.Logins {
		for _, login := range logins {
			if _, err := signIn(ctx, w.App, set.Tenant, login); err != nil {
				return err
			}
		}
	}
	return set.count(ctx, w.App)
}

func day(year, month, d int) calendar.Date {
	return calendar.On(time.Date(year, time.Month(month), d, 4, 0, 0, 0, time.UTC))
}

// found makes the tenant with its people. All of it is one transaction: the
// services join it.
func (w *world) found(ctx context.Context) error {
	tenant, err := w.Org.SetUp(ctx, w.Org.SetUpCode(), org.Founding{
		Tenant:  org.Tenant{Code: "cl", Name: "政协沧陵市委员会", ShortName: "沧陵市政协", Level: org.City, Region: "沧陵市"},
		Term:    org.Term{No: 8, From: day(w.year-years+1, 1, 5), To: day(w.year-years/2, 12, 31)},
		Session: org.Session{No: 1, OpensOn: day(w.year-years+1, 2, 20), ClosesOn: day(w.year-years+1, 2, 23)},
		Admin:   org.Person{Name: "管一平"}, Login: "cl-admin",
		Bodies: bodiesOf(),
	}, password)
	if err != nil {
		return err
	}
	w.set.Tenant = tenant
	ctx = actor.With(ctx, actor.System(tenant))
	return w.DB.Write(ctx, func(tx *db.Tx) error {
		ctx := tx.Context()
		if err := w.seatings(ctx, tx); err != nil {
			return err
		}
		return w.people(ctx, tx)
	})
}

// seatings makes the second term and the other sessions.
func (w *world) seatings(ctx context.Context, tx *db.Tx) error {
	terms, err := org.Terms(tx, w.set.Tenant)
	if err != nil {
		return err
	}
	first := w.year - years + 1
	second, err := w.Org.SaveTerm(ctx, org.Term{No: 9, From: day(first+years/2, 1, 5)})
	if err != nil {
		return err
	}
	w.terms = []string{terms[0].ID, second}
	for i := 1; i < years; i++ {
		s := org.Session{Term: w.terms[i*2/years], No: i%(years/2) + 1, OpensOn: day(first+i, 2, 20), ClosesOn: day(first+i, 2, 23)}
		if _, err := w.Org.SaveSession(ctx, s); err != nil {
			return err
		}
	}
	all, err := org.Sessions(tx, w.set.Tenant)
	for _, s := range all {
		w.sessions[s.Year] = s.ID
	}
	return err
}

func (w *world) people(ctx context.Context, tx *db.Tx) error {
	byKind := map[string][]*org.Body{}
	all, err := org.Bodies(tx, w.set.Tenant, "")
	if err != nil {
		return err
	}
	for _, b := range all {
		byKind[b.Kind] = append(byKind[b.Kind], b)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range members {
		m, err := w.person(ctx, nameOf(i), org.Grant{Role: "member"})
		if err != nil {
			return err
		}
		w.members = append(w.members, m)
		for _, term := range w.terms {
			if _, err := w.Org.AddSeat(ctx, org.Seat{Person: m.person, Term: term, Kind: org.Member}); err != nil {
				return err
			}
		}
		for _, kind := range []string{"sector", "party", "committee"} {
			if kind == "party" && i%3 > 0 {
				continue
			}
			b := byKind[kind][r.IntN(len(byKind[kind]))]
			if _, err := w.Org.AddMembership(ctx, org.Membership{Person: m.person, Body: b.ID}); err != nil {
				return err
			}
		}
	}
	n := members
	next := func(grants ...org.Grant) (*who, error) {
		n++
		return w.person(ctx, nameOf(n), grants...)
	}
	for _, g := range []org.Grant{{Role: "clerk"}, {Role: "clerk"}, {Role: "clerk"}, {Role: "clerk"}, {Role: "reviewer"}, {Role: "reviewer"},
		{Role: "review_chair"}, {Role: "leader"}, {Role: "dispatcher", Body: byKind["dispatch_office"][0].ID}} {
		m, err := next(g)
		if err != nil {
			return err
		}
		w.staff[g.Role] = append(w.staff[g.Role], m)
	}
	for _, b := range byKind["department"] {
		roles := []string{"unit_clerk", "unit_officer", "unit_leader"}
		m, err := next(org.Grant{Role: roles[0], Body: b.ID}, org.Grant{Role: roles[1], Body: b.ID}, org.Grant{Role: roles[2], Body: b.ID})
		if err != nil {
			return err
		}
		w.units = append(w.units, b.ID)
		w.of[b.ID] = map[string]*who{}
		for _, role := range roles {
			w.of[b.ID][role] = w.as(m, role, b.ID)
		}
	}
	for _, kind := range []string{"party", "committee"} {
		for _, b := range byKind[kind] {
			m, err := next(org.Grant{Role: "collective", Body: b.ID})
			if err != nil {
				return err
			}
			w.bodies = append(w.bodies, m)
		}
	}
	return nil
}

// person puts somebody into the roster with an account.
func (w *world) person(ctx context.Context, name string, grants ...org.Grant) (*who, error) {
	id, err := w.Org.SavePerson(ctx, org.Person{Name: name, Post: "沧陵市" + name[:3] + "记公司职员", Active: true})
	if err != nil {
		return nil, err
	}
	one, err := w.Org.CreateAccount(ctx, id, "", grants)
	if err != nil {
		return nil, err
	}
	m := &who{person: id, account: one.Account, name: name, login: one.Login}
	return w.as(m, grants[0].Role, grants[0].Body), nil
}

// as is somebody acting in a role, without a browser.
func (w *world) as(m *who, role, body string) *who {
	other := *m
	other.actor = actor.Actor{Tenant: w.set.Tenant, Account: m.account, Person: m.person, Name: m.name, Role: role, Body: body, Channel: "cli"}.
		Allowing(w.Org.Roles().Of(role))
	return &other
}

// nameOf makes names of nobody: neither part is in use as it stands here more
// than it must be.
func nameOf(i int) string {
	first := []rune("沈陆程苏叶韩顾温柏祁宁岑尹舒庄席莫凌江池")
	second := []rune("云知秋若望清怀行静致思承远景安闻既明书砚")
	third := []rune("舟岚川野溪帆竹岭桥石汀泉松霁原")
	return string([]rune{first[i%20], second[i/20%20], third[(i/400+i/7)%15]})
}

func bodiesOf() (all []org.Body) {
	for _, b := range org.Defaults() {
		if b.Kind == "sector" || b.Kind == "committee" || b.Kind == "party" {
			all = append(all, b)
		}
	}
	all = append(all, org.Body{Kind: "dispatch_office", Name: "市政府办公室督查室", System: "government"})
	fields := []string{"水利", "农业农村", "交通运输", "教育", "卫生健康", "民政", "财政", "住房城乡建设", "自然资源", "生态环境",
		"文化旅游", "公安", "司法", "人力资源社会保障", "应急管理", "市场监管", "科技", "工业信息化", "商务", "林业",
		"城市管理", "体育", "医疗保障", "审计", "统计", "信访", "退役军人事务", "数据", "金融", "园林",
		"粮食", "气象", "地震", "档案", "供销", "残疾人", "老龄", "港口", "开发区", "邮政"}
	for i := range departments {
		where := []string{"市", "东片", "南片", "西片", "北片"}[i/len(fields)]
		all = append(all, org.Body{Kind: "department", Name: where + fields[i%len(fields)] + "局", System: "government"})
	}
	return all
}

// settle does what the platform would do in the background: seal, remind,
// deliver, so that a measurement does not begin with a backlog.
func (w *world) settle(ctx context.Context) error {
	now := time.Now()
	w.now.Store(&now)
	return settle(ctx, w.App)
}

// count notes what is in the data set.
func (set *dataset) count(ctx context.Context, a *app.App) error {
	set.Counts = map[string]int64{}
	err := a.DB.Read(ctx, func(tx *db.Tx) error {
		for _, table := range []string{"proposal", "person", "body", "session", "assignment", "reply", "clock", "ledger_entry", "search_doc"} {
			var n int64
			if err := tx.Get(`SELECT COUNT(*) FROM `+table, nil, &n); err != nil {
				return err
			}
			set.Counts[table] = n
		}
		return nil
	})
	if info, e := os.Stat(filepath.Join(set.template, "shangliang.db")); e == nil {
		set.Bytes = info.Size()
	}
	return err
}
