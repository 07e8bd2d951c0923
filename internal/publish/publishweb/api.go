package publishweb

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
	"shangliang/internal/web"
)

// apiCase is a public case as REST gives it.
type apiCase struct {
	ID          string       `json:"id" doc:"Stable, as in the address of the page" example:"2026-0001"`
	Year        int          `json:"year"`
	CaseNo      int          `json:"case_no"`
	Session     string       `json:"session"`
	Title       string       `json:"title"`
	Kind        string       `json:"kind" enum:"individual,joint,collective"`
	SubjectCode string       `json:"subject_code,omitempty"`
	Subject     string       `json:"subject,omitempty"`
	Proposer    string       `json:"proposer,omitempty" doc:"Absent where it is not public"`
	Meaning     string       `json:"meaning,omitempty" doc:"What the outcome means, across places"`
	Outcome     string       `json:"outcome,omitempty"`
	Parts       []apiPart    `json:"parts,omitempty"`
	Replies     []apiReply   `json:"replies"`
	Promises    []apiPromise `json:"promises,omitempty"`
	Files       []apiFile    `json:"files,omitempty" doc:"Text copies of attachments"`
	Left        []apiLeft    `json:"not_public,omitempty" doc:"What is not public in full, and why"`
	Comments    []apiComment `json:"comments,omitempty"`
	Edition     int          `json:"edition"`
	SHA256      string       `json:"sha256" doc:"Of the public copy"`
	PublishedAt time.Time    `json:"published_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
}

type apiPart struct {
	Part    string `json:"part" enum:"situation,analysis,suggestions"`
	Text    string `json:"text" doc:"Where something was removed it says why, in 〔〕"`
	Summary bool   `json:"summary"`
}

type apiReply struct {
	UnitID  string `json:"unit_id"`
	Unit    string `json:"unit"`
	On      string `json:"on,omitempty"`
	DueOn   string `json:"due_on,omitempty"`
	OnTime  bool   `json:"on_time"`
	Meaning string `json:"meaning,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	DocNo   string `json:"doc_no,omitempty"`
	Text    string `json:"text,omitempty" doc:"Absent where the reply is not public"`
	Summary bool   `json:"summary"`
}

type apiPromise struct {
	Unit   string `json:"unit"`
	Text   string `json:"text"`
	DueOn  string `json:"due_on"`
	State  string `json:"state" enum:"open,reported,done"`
	DoneOn string `json:"done_on,omitempty"`
	Result string `json:"result,omitempty"`
}

type apiFile struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Type   string `json:"type" doc:"media type"`
}

type apiLeft struct {
	Part   string `json:"part"`
	Unit   string `json:"unit,omitempty"`
	Reason string `json:"reason"`
}

type apiComment struct {
	Name    string      `json:"name,omitempty"`
	Text    string      `json:"text"`
	At      time.Time   `json:"at"`
	Answers []apiAnswer `json:"answers,omitempty"`
}

type apiAnswer struct {
	Unit string    `json:"unit"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

func apiOf(ctx context.Context, site *publish.Site, c *publish.OpenCase) apiCase {
	flat := func(s []publish.Span) string {
		return publish.Flat(s, func(code string) string { return lang.Say(ctx, c.Label(code)) })
	}
	out := apiCase{ID: c.Code, Year: c.Year, CaseNo: c.CaseNo, Session: c.Session, Title: flat(c.Title), Kind: c.Kind, SubjectCode: c.Subject, Subject: c.SubjectL,
		Proposer: c.Proposer, Meaning: c.Meaning, Outcome: c.Outcome, Replies: []apiReply{}, Edition: c.Edition, SHA256: c.SHA256, PublishedAt: c.PublishedAt.Time, UpdatedAt: c.UpdatedAt.Time}
	for _, p := range c.Parts {
		out.Parts = append(out.Parts, apiPart{p.Key, flat(p.Spans), p.Summary})
	}
	for _, r := range c.Replies {
		out.Replies = append(out.Replies, apiReply{r.Unit, r.Name, string(r.On), string(r.Due), r.OnTime, r.Meaning, r.Outcome, r.DocNo, flat(r.Spans), r.Summary})
	}
	for _, p := range c.Promises {
		out.Promises = append(out.Promises, apiPromise{p.Name, flat(p.Spans), string(p.Due), p.State, string(p.Done), flat(p.Result)})
	}
	for _, f := range c.Files {
		out.Files = append(out.Files, apiFile{f.Name, "/open/" + site.Tenant.Code + "/cases/" + c.Code + "/files/" + f.ID, f.Size, f.SHA256, f.Type()})
	}
	for _, l := range c.Left {
		out.Left = append(out.Left, apiLeft{l.Part, l.Unit, lang.Say(ctx, c.Label(l.Reason))})
	}
	return out
}

// SitePath is exported for huma, which leaves other embedded types out.
type SitePath struct {
	Tenant string `path:"tenant" maxLength:"40" doc:"The code of the place, as in the address of its pages"`
}

type apiSite struct {
	Tenant string `json:"tenant" doc:"The code of the place"`
	Name   string `json:"name"`
	Cases  int    `json:"cases" doc:"How many are public"`
}

type apiUnit struct {
	UnitID   string         `json:"unit_id"`
	Unit     string         `json:"unit"`
	Cases    int            `json:"cases" doc:"Public cases only"`
	OnTime   int            `json:"on_time"`
	Meanings map[string]int `json:"meanings"`
}

type apiFigure struct {
	Year  int    `json:"year"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Unit  string `json:"unit"`
	Value string `json:"value"`
	Rule  string `json:"rule" doc:"What is counted, in words"`
	AsOf  string `json:"as_of"`
}

func open(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: "GET", Path: "/open" + path, Summary: summary, Tags: []string{"open"}, Security: web.PublicOperation}
}

func (p *pages) api(api huma.API) {
	huma.Register(api, open("list-open-sites", "", "Places of which something is public"),
		func(ctx context.Context, _ *struct{}) (*web.Answer[[]apiSite], error) {
			sites, err := p.public.Sites(ctx)
			out := []apiSite{}
			for _, s := range sites {
				out = append(out, apiSite{s.Tenant.Code, s.Tenant.Name, s.Cases})
			}
			return &web.Answer[[]apiSite]{Body: out}, err
		})
	huma.Register(api, open("get-open-site", "/{tenant}", "One place"),
		func(ctx context.Context, in *SitePath) (*web.Answer[apiSite], error) {
			s, err := p.public.Site(ctx, in.Tenant)
			if err != nil {
				return nil, err
			}
			return &web.Answer[apiSite]{Body: apiSite{s.Tenant.Code, s.Tenant.Name, s.Cases}}, nil
		})
	huma.Register(api, open("list-open-cases", "/{tenant}/cases", "Public cases, the latest first"),
		func(ctx context.Context, in *struct {
			SitePath
			web.PageQuery
			Q       string `query:"q" maxLength:"200" doc:"Words that must stand in it"`
			Year    int    `query:"year"`
			Subject string `query:"subject" maxLength:"60"`
			Unit    string `query:"unit" maxLength:"60" doc:"Id of a department"`
			Meaning string `query:"meaning" maxLength:"40"`
			OnTime  string `query:"on_time" enum:"yes,no"`
		}) (*web.Answer[web.Page[apiCase]], error) {
			site, err := p.public.Site(ctx, in.Tenant)
			if err != nil {
				return nil, err
			}
			l, err := p.public.Cases(ctx, site, publish.OpenFilter{Text: in.Q, Year: in.Year, Subject: in.Subject, Unit: in.Unit, Meaning: in.Meaning, OnTime: in.OnTime, After: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			page := web.Page[apiCase]{Items: []apiCase{}, Next: l.Next}
			for _, c := range l.Cases {
				page.Items = append(page.Items, apiOf(ctx, site, c))
			}
			return &web.Answer[web.Page[apiCase]]{Body: page}, nil
		})
	huma.Register(api, open("get-open-case", "/{tenant}/cases/{code}", "One public case with its comments"),
		func(ctx context.Context, in *struct {
			SitePath
			Code string `path:"code" maxLength:"40"`
		}) (*web.Answer[apiCase], error) {
			site, err := p.public.Site(ctx, in.Tenant)
			if err != nil {
				return nil, err
			}
			c, comments, err := p.public.Case(ctx, site, in.Code)
			if err != nil {
				return nil, err
			}
			out := apiOf(ctx, site, c)
			for _, x := range comments {
				comment := apiComment{Name: x.Name, Text: x.Text, At: x.At.Time}
				for _, y := range x.Answers {
					comment.Answers = append(comment.Answers, apiAnswer{y.UnitName, y.Text, y.At.Time})
				}
				out.Comments = append(out.Comments, comment)
			}
			return &web.Answer[apiCase]{Body: out}, nil
		})
	huma.Register(api, open("list-open-units", "/{tenant}/units", "Departments, by their public cases only"),
		func(ctx context.Context, in *struct {
			SitePath
			Year int `query:"year"`
		}) (*web.Answer[[]apiUnit], error) {
			site, err := p.public.Site(ctx, in.Tenant)
			if err != nil {
				return nil, err
			}
			lines, err := p.public.Units(ctx, site, in.Year)
			out := []apiUnit{}
			for _, l := range lines {
				out = append(out, apiUnit{l.Unit, l.Name, l.Cases, l.OnTime, l.Meanings})
			}
			return &web.Answer[[]apiUnit]{Body: out}, err
		})
	huma.Register(api, open("list-open-figures", "/{tenant}/figures", "The figures that the office released"),
		func(ctx context.Context, in *SitePath) (*web.Answer[[]apiFigure], error) {
			site, err := p.public.Site(ctx, in.Tenant)
			if err != nil {
				return nil, err
			}
			all, err := p.public.Figures(ctx, site)
			out := []apiFigure{}
			for _, f := range all {
				out = append(out, apiFigure{f.Year, f.ID, f.Name, f.Unit, f.Value, f.Rule, string(f.AsOf)})
			}
			return &web.Answer[[]apiFigure]{Body: out}, err
		})
	p.officeAPI(api)
}

// apiDisclosure is a decision as the office's REST gives it.
type apiDisclosure struct {
	Proposal  string                    `json:"proposal"`
	State     string                    `json:"state"`
	Plan      map[string]publish.Choice `json:"plan"`
	Removed   int                       `json:"removed" doc:"How many texts are removed"`
	Live      int                       `json:"live" doc:"The edition that the public reads; 0 if none"`
	Code      string                    `json:"code"`
	PublishOn string                    `json:"publish_on,omitempty"`
	Changed   []string                  `json:"changed,omitempty" doc:"Parts whose original changed since"`
	Version   int                       `json:"version"`
}

func apiDecision(d *publish.Disclosure) *web.Answer[apiDisclosure] {
	n := 0
	for _, m := range d.Marks {
		if !m.Keep {
			n++
		}
	}
	return &web.Answer[apiDisclosure]{Body: apiDisclosure{d.Proposal, d.State, d.Plan, n, d.Live, d.Code, string(d.PublishOn), d.Changed, d.Version}}
}

// DecisionPath names a case; exported as SitePath is.
type DecisionPath struct {
	ID string `path:"id" doc:"Id of the proposal"`
}

func (p *pages) officeAPI(api huma.API) {
	op := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/publish" + path, Summary: summary, Tags: []string{"publish"}}
	}
	huma.Register(api, op("get-disclosure", "GET", "/cases/{id}", "What was decided about publishing a case"),
		func(ctx context.Context, in *DecisionPath) (*web.Answer[apiDisclosure], error) {
			v, err := p.publish.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if v.Disclosure == nil {
				return nil, errs.Missing()
			}
			return apiDecision(v.Disclosure), nil
		})
	huma.Register(api, op("propose-disclosure", "POST", "/cases/{id}/plan", "Prepare by the default plan and ask for the decision"),
		func(ctx context.Context, in *DecisionPath) (*web.Answer[apiDisclosure], error) {
			d, err := p.publish.ProposeAsPlanned(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return apiDecision(d), nil
		})
	huma.Register(api, op("act-on-disclosure", "POST", "/cases/{id}/{action}", "Take a step: propose, publish, schedule, refuse, send_back, revise, withdraw …"),
		func(ctx context.Context, in *struct {
			DecisionPath
			Action string `path:"action" maxLength:"40"`
			Body   struct {
				Version int    `json:"version" minimum:"1"`
				Reason  string `json:"reason,omitempty" maxLength:"500"`
				On      string `json:"on,omitempty" format:"date"`
			}
		}) (*web.Answer[apiDisclosure], error) {
			d, err := p.publish.Do(ctx, in.ID, in.Body.Version, in.Action, publish.Input{Reason: in.Body.Reason, On: calendar.Date(in.Body.On)})
			if err != nil {
				return nil, err
			}
			return apiDecision(d), nil
		})
	huma.Register(api, op("judge-comment", "POST", "/comments/{id}", "Approve or decline a reader's comment"),
		func(ctx context.Context, in *struct {
			ID   string `path:"id"`
			Body struct {
				Version int    `json:"version,omitempty" minimum:"0"`
				Approve bool   `json:"approve"`
				Reason  string `json:"reason,omitempty" maxLength:"500"`
			}
		}) (*struct{}, error) {
			return nil, p.publish.Judge(ctx, in.ID, in.Body.Version, in.Body.Approve, in.Body.Reason)
		})
}
