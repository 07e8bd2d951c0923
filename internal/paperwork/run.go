package paperwork

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/document"
	"shangliang/internal/errs"
	"shangliang/internal/jobs"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/paper"
	"shangliang/internal/proposal"
)

// Kinds of runs.
const (
	Catalogue  = "catalogue"  // 目录
	Collection = "collection" // 汇编
)

// States of a run.
const (
	Waiting = "waiting"
	Working = "working"
	Ready   = "ready"
	Failed  = "failed"
)

const (
	keptFor    = 7 * 24 * time.Hour // how long a file can be fetched
	mostOpen   = 3                  // runs of one account that are not ready
	step       = 20                 // cases after which progress is told
	makeKind   = "paperwork.make"
	makeTime   = 30 * time.Minute
	mostRunAll = 50 // runs that a person is shown
)

// reads are the permissions that decide what somebody sees of a case: a run
// keeps those that its asker had, and is made under what is left of them.
var reads = []string{"proposal.read_all", "proposal.read_filed", "proposal.read_ratings", "proposal.paper", "proposal.rate", "proposal.write", "proposal.approve",
	"proposal.check", "proposal.review", "assignment.handle"}

// Order is what somebody asks for.
type Order struct {
	Kind    string
	Format  document.Kind
	Filter  proposal.Filter // which cases; its place and limit say nothing
	Replies bool            // a collection holds the replies too
	Title   string          // set when it is asked for, if empty
}

// Run is a large document on its way.
type Run struct {
	Tenant, ID                  string
	Account, Person, Role, Body string
	May                         string // of reads, joined by commas
	Kind                        string
	Format                      document.Kind
	Filter                      string // as JSON
	Replies                     bool
	Title                       string
	AskedAt                     db.Time
	State                       string
	Done, Total                 int // cases
	Problem                     string
	SHA256                      string
	Size                        int64
	UntilAt                     db.Time
}

const runColumns = `tenant, id, account, person, role, body, may, kind, format, filter, replies, title, asked_at, state, done, total, problem, sha256, size, until_at`

func (r *Run) fields() []any {
	return []any{&r.Tenant, &r.ID, &r.Account, &r.Person, &r.Role, &r.Body, &r.May, &r.Kind, &r.Format, &r.Filter, &r.Replies, &r.Title, &r.AskedAt, &r.State, &r.Done, &r.Total, &r.Problem, &r.SHA256, &r.Size, &r.UntilAt}
}

// row names what was asked for; how far it has come is no act.
func (r *Run) row() ledger.Row {
	return ledger.RowOf("paper_run", "tenant", r.Tenant, "id", r.ID).Without("state", "done", "total", "problem", "sha256", "size", "until_at")
}

// Open reports whether it is still to be made.
func (r *Run) Open() bool { return r.State == Waiting || r.State == Working }

// FileName is what the file is called.
func (r *Run) FileName() string { return document.FileName(r.Title + "." + string(r.Format)) }

// Ask puts a document in line to be made and returns its id. It is refused
// while the account has too many in line, and as PDF where there is no face.
func (s *Service) Ask(ctx context.Context, o Order) (id string, err error) {
	a, err := actor.Require(ctx, Collect)
	if err != nil {
		return "", err
	}
	var f errs.Fields
	f.Check(o.Kind == Catalogue || o.Kind == Collection, "kind", "请选择目录或汇编")
	f.Check(slices.Contains(Formats, o.Format), "format", "文件格式只能是 Word（docx）或 PDF")
	f.Check(len([]rune(o.Title)) <= 60, "title", "不能超过 %d 个字", 60)
	if err := f.Err(); err != nil {
		return "", err
	}
	if o.Format == document.PDF {
		if err := s.faces.Ready(); err != nil {
			return "", err
		}
	}
	o.Filter.After, o.Filter.Limit = "", 1
	if _, err := s.proposals.List(ctx, o.Filter); err != nil { // a filter that cannot be read is told at once
		return "", err
	}
	filter, err := json.Marshal(o.Filter)
	if err != nil {
		return "", fmt.Errorf("paperwork: %w", err)
	}
	var may []string
	for _, p := range reads {
		if a.Can(p) {
			may = append(may, p)
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if object, done, err := ledger.Replayed(tx); err != nil || done {
			id = object
			return err
		}
		var open int
		if err := tx.Get(`SELECT COUNT(*) FROM paper_run WHERE tenant = $1 AND account = $2 AND state IN ('waiting', 'working')`, []any{a.Tenant, a.Account}, &open); err != nil {
			return err
		}
		if open >= mostOpen {
			return errs.New(errs.Conflict, "您还有%d份文书正在生成，请等它们完成", open)
		}
		r := &Run{Tenant: a.Tenant, ID: db.NewID(), Account: a.Account, Person: a.Person, Role: a.Role, Body: a.Body, May: strings.Join(may, ","), Kind: o.Kind, Format: o.Format,
			Filter: string(filter), Replies: o.Replies && o.Kind == Collection, Title: o.Title, AskedAt: db.At(tx.Now()), State: Waiting, UntilAt: db.At(tx.Now().Add(keptFor))}
		if r.Title == "" {
			if r.Title, err = heading(tx, a.Tenant, o); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`INSERT INTO paper_run (`+runColumns+`) VALUES (`+db.Marks(20)+`)`, r.Tenant, r.ID, r.Account, r.Person, r.Role, r.Body, r.May, r.Kind, string(r.Format),
			r.Filter, r.Replies, r.Title, r.AskedAt, r.State, r.Done, r.Total, r.Problem, r.SHA256, r.Size, r.UntilAt); err != nil {
			return err
		}
		id = r.ID
		if err := ledger.Append(tx, ledger.Entry{Action: "paperwork.ask", Kind: "paper_run", Object: r.ID, To: Waiting, Data: map[string]any{"kind": r.Kind, "format": r.Format}, Rows: []ledger.Row{r.row()}}); err != nil {
			return err
		}
		return s.queue.Add(tx, makeKind, made{r.Tenant, r.ID})
	})
	return id, err
}

// mine is the condition under which a run is the actor's: who asked, in the role
// in which they asked.
const mine = `tenant = $1 AND account = $2 AND person = $3 AND role = $4 AND body = $5`

func own(a actor.Actor) []any { return []any{a.Tenant, a.Account, a.Person, a.Role, a.Body} }

// Runs lists the actor's own, the newest first.
func (s *Service) Runs(ctx context.Context) (all []*Run, err error) {
	a, err := actor.Require(ctx, Collect)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*Run).fields, `SELECT `+runColumns+` FROM paper_run WHERE `+mine+` ORDER BY id DESC LIMIT `+itoa(mostRunAll), own(a)...)
		return err
	})
	return all, err
}

// Run returns one of the actor's own; NotFound otherwise.
func (s *Service) Run(ctx context.Context, id string) (r *Run, err error) {
	a, err := actor.Require(ctx, Collect)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err = db.One(tx, (*Run).fields, `SELECT `+runColumns+` FROM paper_run WHERE `+mine+` AND id = $6`, append(own(a), id)...)
		return err
	})
	return r, err
}

// OpenFile opens the file of a run of the actor's own; the caller closes it.
func (s *Service) OpenFile(ctx context.Context, id string) (r *Run, content io.ReadSeekCloser, err error) {
	if r, err = s.Run(ctx, id); err != nil {
		return nil, nil, err
	}
	if r.State != Ready {
		return nil, nil, errs.New(errs.Conflict, "还没有生成好，请稍后再来")
	}
	content, err = s.files.Get(ctx, r.SHA256)
	return r, content, err
}

// Remove throws away a run of the actor's own, with its file.
func (s *Service) Remove(ctx context.Context, id string) error {
	a, err := actor.Require(ctx, Collect)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, done, err := ledger.Replayed(tx); err != nil || done {
			return err
		}
		r, err := db.One(tx, (*Run).fields, `SELECT `+runColumns+` FROM paper_run WHERE `+mine+` AND id = $6`, append(own(a), id)...)
		if err != nil {
			return err
		}
		return s.remove(tx, r, "paperwork.remove")
	})
}

// remove takes a run out; its file goes when the transaction is through, unless
// another run has the same.
func (s *Service) remove(tx *db.Tx, r *Run, action string) error {
	if _, err := tx.Exec(`DELETE FROM paper_run WHERE tenant = $1 AND id = $2`, r.Tenant, r.ID); err != nil {
		return err
	}
	var others int
	if err := tx.Get(`SELECT COUNT(*) FROM paper_run WHERE sha256 = $1`, []any{r.SHA256}, &others); err != nil {
		return err
	}
	if r.SHA256 != "" && others == 0 {
		tx.AfterCommit(func() { _ = s.files.Remove(context.Background(), r.SHA256) }) // what stays is swept with the next one like it
	}
	return ledger.Append(tx, ledger.Entry{Action: action, Kind: "paper_run", Object: r.ID, From: r.State, Rows: []ledger.Row{r.row()}})
}

// Sweep throws away what was kept long enough, in all tenants.
func (s *Service) Sweep(ctx context.Context) error {
	var old []*Run
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		old, err = db.All(tx, (*Run).fields, `SELECT `+runColumns+` FROM paper_run WHERE until_at <= $1 ORDER BY until_at LIMIT 100`, db.At(tx.Now()))
		return err
	})
	for _, r := range old {
		if err == nil {
			err = s.db.Write(actor.With(ctx, actor.System(r.Tenant)), func(tx *db.Tx) error { return s.remove(tx, r, "paperwork.sweep") })
		}
	}
	return err
}

// made are the arguments of the job.
type made struct {
	Tenant string `json:"tenant"`
	Run    string `json:"run"`
}

// Jobs are the work in the background.
func (s *Service) Jobs() []jobs.Job {
	return []jobs.Job{{Kind: makeKind, MaxAttempts: 3, Timeout: makeTime, Work: func(ctx context.Context, args json.RawMessage) error {
		var m made
		if err := json.Unmarshal(args, &m); err != nil {
			return err
		}
		return s.Make(ctx, m.Tenant, m.Run)
	}}}
}

// Make makes a document that was asked for. It may be called again: what is
// ready stays as it is. What the person can do something about is written down
// for them; anything else is an error, and tried again.
func (s *Service) Make(ctx context.Context, tenant, id string) error {
	var r *Run
	system := actor.With(ctx, actor.System(tenant))
	err := s.db.Read(system, func(tx *db.Tx) (err error) {
		r, err = db.One(tx, (*Run).fields, `SELECT `+runColumns+` FROM paper_run WHERE tenant = $1 AND id = $2`, tenant, id)
		return err
	})
	if errs.Is(err, errs.NotFound) || err == nil && r.State == Ready {
		return nil // thrown away, or made before
	}
	if err != nil {
		return err
	}
	err = s.make(ctx, r)
	var told *errs.Error
	switch {
	case err == nil:
		r.State, r.Problem = Ready, ""
	case ctx.Err() != nil:
		return err // the process ends: it begins again
	case errors.As(err, &told) && told.Kind != errs.Internal:
		r.State, r.Problem, err = Failed, told.Error(), nil
	default:
		r.State, r.Problem = Failed, "生成时出了问题，请稍后再试"
	}
	return errors.Join(err, s.db.Write(system, func(tx *db.Tx) error {
		r.UntilAt = db.At(tx.Now().Add(keptFor))
		if err := s.progress(tx, r); err != nil || r.Person == "" {
			return err
		}
		n := notify.Notice{Tenant: r.Tenant, To: notify.As(notify.Author, r.Person), Kind: "paperwork.ready", Link: "/papers#run-" + r.ID, Object: "paper_run", ObjectID: r.ID,
			Params: notify.Params{"title": r.Title, "due": calendar.On(r.UntilAt.Time), "reason": r.Problem}}
		if r.State == Failed {
			n.Kind = "paperwork.failed"
		}
		return s.notices.Send(tx, n)
	}))
}

// progress writes down how far a run has come. Nothing is said in the ledger: it
// is no act.
func (s *Service) progress(tx *db.Tx, r *Run) error {
	_, err := tx.Exec(`UPDATE paper_run SET state = $3, done = $4, total = $5, problem = $6, sha256 = $7, size = $8, until_at = $9 WHERE tenant = $1 AND id = $2`,
		r.Tenant, r.ID, r.State, r.Done, r.Total, r.Problem, r.SHA256, r.Size, r.UntilAt)
	return err
}

// make draws and writes the document as who asked would see it now.
func (s *Service) make(ctx context.Context, r *Run) error {
	a, err := s.org.Again(ctx, actor.Actor{Tenant: r.Tenant, Account: r.Account, Person: r.Person, Role: r.Role, Body: r.Body}, "job")
	if err != nil {
		return err
	}
	may := map[string]bool{}
	for p := range strings.SplitSeq(r.May, ",") {
		may[p] = a.Can(p)
	}
	mineCtx := actor.With(ctx, a.Allowing(may))
	var f proposal.Filter
	if err := json.Unmarshal([]byte(r.Filter), &f); err != nil {
		return fmt.Errorf("paperwork: %w", err)
	}
	items, err := s.items(mineCtx, f)
	if err != nil {
		return err
	}
	r.State, r.Done, r.Total, r.Problem = Working, 0, len(items), ""
	tell := func() error {
		return s.db.Write(actor.With(ctx, actor.System(r.Tenant)), func(tx *db.Tx) error { return s.progress(tx, r) })
	}
	if err := tell(); err != nil {
		return err
	}
	var d *paper.Document
	if r.Kind == Catalogue {
		d = catalogue(r.Title, items, standing)
		r.Done = len(items)
	} else {
		d = collection(r.Title, items)
		for i, x := range items {
			v, err := s.view(mineCtx, x.ID)
			if errs.Is(err, errs.NotFound) { // out of reach since it was listed
				d.Body = append(d.Body, gone(x)...)
				continue
			}
			if err != nil {
				return err
			}
			d.Body = append(d.Body, v.chapter(r.Replies)...)
			if r.Done = i + 1; r.Done%step == 0 {
				if err := tell(); err != nil {
					return err
				}
			}
		}
		r.Done = len(items)
	}
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(s.Write(pw, r.Format, d)) }()
	info, err := s.files.Put(ctx, pr, 0)
	pr.CloseWithError(err) // so that a writer that is no longer read ends
	if err != nil {
		return err
	}
	r.SHA256, r.Size = info.SHA256, info.Size
	return nil
}

// items are all cases of a filter, by case number unless the filter says
// otherwise.
func (s *Service) items(ctx context.Context, f proposal.Filter) (all []*proposal.Item, err error) {
	if f.Sort == "" {
		f.Sort = "case_no"
	}
	f.After, f.Limit = "", 500
	for {
		l, err := s.proposals.List(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, l.Items...)
		if l.Next == "" {
			return all, nil
		}
		f.After = l.Next
	}
}
