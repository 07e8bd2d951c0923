package publish

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
	"shangliang/internal/search"
)

// Public is what anybody reads, signed in or not. It reads the tables open_* and
// the public copies in the search, and no original: TestPublicReads looks at its
// queries. It is safe for concurrent use.
type Public struct{ s *Service }

// Public returns the reader's side of the service.
func (s *Service) Public() *Public { return &Public{s} }

// Site is the public site of one tenant.
type Site struct {
	Tenant        *org.Tenant
	Comments      bool // readers may write
	CommentLength int
	// State changes whenever anything public of the tenant does.
	State     string
	ChangedAt db.Time
	Cases     int
}

// Sites lists the tenants of which something is public.
func (p *Public) Sites(ctx context.Context) (sites []*Site, err error) {
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := org.Tenants(tx)
		if err != nil {
			return err
		}
		with, err := db.Column[string](tx, `SELECT DISTINCT tenant FROM open_case`)
		if err != nil {
			return err
		}
		for _, t := range all {
			if !slices.Contains(with, t.ID) {
				continue
			}
			site, err := p.site(tx, t)
			if err != nil {
				return err
			}
			if site != nil {
				sites = append(sites, site)
			}
		}
		return nil
	})
	return sites, err
}

// Site finds a public site by the tenant's code; NotFound if there is none or it
// is closed.
func (p *Public) Site(ctx context.Context, code string) (site *Site, err error) {
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := org.Tenants(tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(t *org.Tenant) bool { return t.Code == code })
		if i < 0 {
			return errs.Missing()
		}
		site, err = p.site(tx, all[i])
		if err == nil && site == nil {
			err = errs.Missing()
		}
		return err
	})
	return site, err
}

func (p *Public) site(tx *db.Tx, t *org.Tenant) (*Site, error) {
	rules, err := p.s.rules.Now(tx, t.ID)
	if err != nil || !rules.Bool("publish.site") {
		return nil, err
	}
	site := &Site{Tenant: t, Comments: rules.Bool("publish.comments"), CommentLength: rules.Int("publish.comment_length")}
	revision := 0
	err = tx.Get(`SELECT revision, changed_at FROM open_site WHERE tenant = $1`, []any{t.ID}, &revision, &site.ChangedAt)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	site.State = digest(t.ID, strconv.Itoa(revision), strconv.Itoa(rules.N), strconv.Itoa(t.Version))[:20]
	return site, tx.Get(`SELECT COUNT(*) FROM open_case WHERE tenant = $1`, []any{t.ID}, &site.Cases)
}

// OpenCase is a public case.
type OpenCase struct {
	Code                   string
	Edition                int
	SHA256                 string
	PublishedAt, UpdatedAt db.Time
	body                   string
	*Copy
}

const openColumns = `o.code, o.edition, o.body, o.sha256, o.published_at, o.updated_at`

func (o *OpenCase) fields() []any {
	return []any{&o.Code, &o.Edition, &o.body, &o.SHA256, &o.PublishedAt, &o.UpdatedAt}
}

func (o *OpenCase) decode() error {
	o.Copy = &Copy{}
	return json.Unmarshal([]byte(o.body), o.Copy)
}

// Units names the departments of the case.
func (o *OpenCase) Units() []string {
	var all []string
	for _, r := range o.Replies {
		all = append(all, r.Name)
	}
	return all
}

// OpenFilter narrows a list of public cases; zero fields do not narrow.
type OpenFilter struct {
	Text    string
	Year    int
	Subject string
	Unit    string
	Meaning string
	OnTime  string // "yes" or "no", of Unit
	After   string // the cursor of the page before
	Limit   int
}

// OpenList is a page of public cases.
type OpenList struct {
	Cases  []*OpenCase
	Count  int
	Capped bool
	Next   string
}

// Cases lists public cases, the latest first.
func (p *Public) Cases(ctx context.Context, site *Site, f OpenFilter) (*OpenList, error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 20
	}
	l := &OpenList{}
	return l, p.s.db.Read(ctx, func(tx *db.Tx) error {
		if strings.TrimSpace(f.Text) != "" {
			return l.search(tx, site.Tenant.ID, f)
		}
		at, code := "9999", ""
		if f.After != "" {
			var ok bool
			if at, code, ok = strings.Cut(f.After, " "); !ok {
				return errs.New(errs.Invalid, "翻页位置有误，请从第一页重新开始")
			}
		}
		const where = ` FROM open_case o WHERE o.tenant = $1 AND ($2 = 0 OR o.year = $2) AND ($3 = '' OR o.subject = $3)
			AND ($4 = '' OR $5 <> '' OR o.meaning = $4)
			AND ($5 = '' OR EXISTS (SELECT 1 FROM open_unit u WHERE u.tenant = o.tenant AND u.code = o.code AND u.unit = $5
				AND ($4 = '' OR u.meaning = $4) AND ($6 = '' OR u.on_time = ($6 = 'yes'))))`
		args := []any{site.Tenant.ID, f.Year, f.Subject, f.Meaning, f.Unit, f.OnTime}
		if err := tx.Get(`SELECT COUNT(*)`+where, args, &l.Count); err != nil {
			return err
		}
		all, err := db.All(tx, (*OpenCase).fields, `SELECT `+openColumns+where+` AND (o.published_at, o.code) < ($7, $8) ORDER BY o.published_at DESC, o.code DESC LIMIT $9`,
			append(args, at, code, f.Limit+1)...)
		if err != nil {
			return err
		}
		if len(all) > f.Limit {
			all = all[:f.Limit]
			last := all[f.Limit-1]
			v, err := last.PublishedAt.Value()
			if err != nil {
				return err
			}
			l.Next = v.(string) + " " + last.Code
		}
		l.Cases = all
		return decodeAll(all)
	})
}

func decodeAll(all []*OpenCase) error {
	for _, o := range all {
		if err := o.decode(); err != nil {
			return err
		}
	}
	return nil
}

// search fills the list by words.
func (l *OpenList) search(tx *db.Tx, tenant string, f OpenFilter) error {
	q := search.Query{Tenant: tenant, Text: f.Text, Kinds: []string{openKind}, Audience: []string{openAudience}, Facets: map[string]string{}, Limit: min(f.Limit, 100)}
	if f.Year != 0 {
		q.Facets["year"] = strconv.Itoa(f.Year)
	}
	for name, value := range map[string]string{"subject": f.Subject, "meaning": f.Meaning} {
		if value != "" {
			q.Facets[name] = value
		}
	}
	if f.Unit != "" {
		q.Facets["unit "+f.Unit] = "yes"
	}
	if f.After != "" {
		n, err := strconv.ParseInt(f.After, 10, 64)
		if err != nil {
			return errs.New(errs.Invalid, "翻页位置有误，请从第一页重新开始")
		}
		q.After = n
	}
	res, err := search.Find(tx, q)
	if err != nil {
		return err
	}
	l.Count, l.Capped = res.Count, res.Capped
	if res.More {
		l.Next = strconv.FormatInt(res.Next, 10)
	}
	codes := make([]string, len(res.Hits))
	for i, h := range res.Hits {
		codes[i] = h.ID
	}
	list, args := db.In([]any{tenant}, codes)
	all, err := db.All(tx, (*OpenCase).fields, `SELECT `+openColumns+` FROM open_case o WHERE o.tenant = $1 AND o.code IN `+list, args...)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *OpenCase) int { return slices.Index(codes, a.Code) - slices.Index(codes, b.Code) })
	l.Cases = all
	return decodeAll(all)
}

// Case returns one public case with its approved comments; NotFound for what is
// not public, whatever the reason.
func (p *Public) Case(ctx context.Context, site *Site, code string) (o *OpenCase, comments []*Comment, err error) {
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		if o, err = openCase(tx, site.Tenant.ID, code); err != nil {
			return err
		}
		comments, err = approved(tx, site.Tenant.ID, code)
		return err
	})
	return o, comments, err
}

func openCase(tx *db.Tx, tenant, code string) (*OpenCase, error) {
	o, err := db.One(tx, (*OpenCase).fields, `SELECT `+openColumns+` FROM open_case o WHERE o.tenant = $1 AND o.code = $2`, tenant, code)
	if err != nil {
		return nil, err
	}
	return o, o.decode()
}

// approved reads of comments what is public: no contact and no device.
func approved(tx *db.Tx, tenant, code string) ([]*Comment, error) {
	all, err := db.All(tx, func(c *Comment) []any { return []any{&c.ID, &c.Name, &c.Text, &c.At} },
		`SELECT c.id, c.name, c.text, c.at FROM open_comment c WHERE c.tenant = $1 AND c.code = $2 AND c.state = 'approved' ORDER BY c.id LIMIT 200`, tenant, code)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all, answersTo(tx, tenant, all)
}

// File opens the text copy of an attachment of a public case.
func (p *Public) File(ctx context.Context, site *Site, code, id string) (f CopyFile, content io.ReadSeekCloser, err error) {
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		o, err := openCase(tx, site.Tenant.ID, code)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(o.Files, func(x CopyFile) bool { return x.ID == id })
		if i < 0 {
			return errs.Missing()
		}
		f = o.Files[i]
		return nil
	})
	if err == nil {
		content, err = p.s.files.Get(ctx, f.SHA256)
	}
	return f, content, err
}

// UnitLine is a department in the overview: its published cases only.
type UnitLine struct {
	Unit, Name     string
	Cases, Replied int
	OnTime         int
	Meanings       map[string]int
}

// Units counts the published cases of each department, the most first.
func (p *Public) Units(ctx context.Context, site *Site, year int) (lines []*UnitLine, err error) {
	type row struct {
		unit, name, meaning string
		onTime, replied     bool
	}
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := db.All(tx, func(r *row) []any { return []any{&r.unit, &r.name, &r.meaning, &r.onTime, &r.replied} },
			`SELECT u.unit, u.name, u.meaning, u.on_time, u.replied FROM open_unit u WHERE u.tenant = $1 AND ($2 = 0 OR u.year = $2) ORDER BY u.code DESC`, site.Tenant.ID, year)
		byUnit := map[string]*UnitLine{}
		for _, r := range rows {
			l := byUnit[r.unit]
			if l == nil {
				l = &UnitLine{Unit: r.unit, Name: r.name, Meanings: map[string]int{}}
				byUnit[r.unit] = l
				lines = append(lines, l)
			}
			l.Cases++
			l.Meanings[r.meaning]++
			if r.onTime {
				l.OnTime++
			}
			if r.replied {
				l.Replied++
			}
		}
		return err
	})
	slices.SortStableFunc(lines, func(a, b *UnitLine) int { return b.Cases - a.Cases })
	return lines, err
}

// Choices are the values that public cases can be narrowed by.
type Choices struct {
	Years    []int
	Subjects []CopyLabel
	Units    []CopyLabel
	Meanings []string
	state    string // of the site that they were read of
}

// Choices lists what there is to narrow by. It is remembered for as long as
// nothing public changes.
func (p *Public) Choices(ctx context.Context, site *Site) (c *Choices, err error) {
	if c, ok := p.s.choices.Load(site.Tenant.ID); ok && c.(*Choices).state == site.State {
		return c.(*Choices), nil
	}
	c = &Choices{state: site.State}
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, (*OpenCase).fields, `SELECT `+openColumns+` FROM open_case o WHERE o.tenant = $1`, site.Tenant.ID)
		if err != nil {
			return err
		}
		if err := decodeAll(all); err != nil {
			return err
		}
		for _, o := range all {
			c.Years = append(c.Years, o.Year)
			if o.Subject != "" {
				c.Subjects = append(c.Subjects, CopyLabel{o.Subject, o.SubjectL})
			}
			for _, r := range o.Replies {
				c.Units = append(c.Units, CopyLabel{r.Unit, r.Name})
				c.Meanings = append(c.Meanings, r.Meaning)
			}
		}
		return nil
	})
	slices.Sort(c.Years)
	c.Years = slices.Compact(c.Years)
	slices.Reverse(c.Years)
	c.Subjects, c.Units = distinct(c.Subjects), distinct(c.Units)
	slices.Sort(c.Meanings)
	c.Meanings = slices.DeleteFunc(slices.Compact(c.Meanings), func(m string) bool { return m == "" })
	if err == nil {
		p.s.choices.Store(site.Tenant.ID, c)
	}
	return c, err
}

func distinct(all []CopyLabel) []CopyLabel {
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(l CopyLabel) bool {
		was := seen[l.Code]
		seen[l.Code] = true
		return was
	})
	byName(all, func(l CopyLabel) string { return l.Label })
	return all
}

// All reads every public case of a site, the latest change first, at most limit
// of them (0: all); those of a department if unit is given. It is for feeds and
// data sets.
func (p *Public) All(ctx context.Context, site *Site, unit string, limit int) (all []*OpenCase, err error) {
	if limit == 0 {
		limit = 1 << 30
	}
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, (*OpenCase).fields, `SELECT `+openColumns+` FROM open_case o WHERE o.tenant = $1
			AND ($2 = '' OR EXISTS (SELECT 1 FROM open_unit u WHERE u.tenant = o.tenant AND u.code = o.code AND u.unit = $2))
			ORDER BY o.updated_at DESC, o.code DESC LIMIT $3`, site.Tenant.ID, unit, limit)
		if err != nil {
			return err
		}
		return decodeAll(all)
	})
	return all, err
}

// OpenFigure is a figure that the office released.
type OpenFigure struct {
	Year                        int
	ID, Name, Unit, Value, Rule string
	AsOf                        calendar.Date
	ReleasedAt                  db.Time
}

// Figures lists what the office released, the latest year first.
func (p *Public) Figures(ctx context.Context, site *Site) (all []*OpenFigure, err error) {
	err = p.s.db.Read(ctx, func(tx *db.Tx) error {
		all, err = db.All(tx, func(f *OpenFigure) []any {
			return []any{&f.Year, &f.ID, &f.Name, &f.Unit, &f.Value, &f.Rule, &f.AsOf, &f.ReleasedAt}
		}, `SELECT f.year, f.id, f.name, f.unit, f.value, f.rule, f.as_of_on, f.released_at FROM open_figure f WHERE f.tenant = $1 ORDER BY f.year DESC, f.position`, site.Tenant.ID)
		return err
	})
	return all, err
}

// Meanings are the outcomes across tenants and years, the best first.
func Meanings() []string {
	var all []string
	for _, c := range proposal.Meanings {
		all = append(all, c.Key)
	}
	return all
}

// MeaningTitle is what an outcome is called, in Simplified Chinese.
func MeaningTitle(key string) string {
	c, _ := proposal.Meanings.Find(key)
	return c.Label
}
