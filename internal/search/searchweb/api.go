package searchweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/errs"
	"shangliang/internal/han"
	"shangliang/internal/search"
	"shangliang/internal/web"
)

// dayOf is the day of a hit.
func dayOf(h search.Hit) calendar.Date { return calendar.On(h.At.Time) }

// apiHit is something found, as REST gives it.
type apiHit struct {
	Kind    string            `json:"kind" example:"proposal"`
	ID      string            `json:"id"`
	Number  string            `json:"number,omitempty"`
	Title   string            `json:"title"`
	Snippet []apiSpan         `json:"snippet,omitempty" doc:"The part of the text that answers best"`
	People  []string          `json:"people,omitempty"`
	Facets  map[string]string `json:"facets,omitempty"`
	At      *time.Time        `json:"at,omitempty"`
	Link    string            `json:"link" doc:"Path of its page"`
}

// apiSpan is a piece of a text.
type apiSpan struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty" doc:"It is part of what was looked for"`
}

// apiResults is a part of what was found, newest first.
type apiResults struct {
	web.Page[apiHit]
	Count  int  `json:"count" doc:"Of all that answer"`
	Capped bool `json:"capped,omitempty" doc:"There are more than count"`
}

// apiSuggestions is what may be meant.
type apiSuggestions struct {
	Names []string `json:"names" doc:"People and bodies, to search for"`
	Items []apiHit `json:"items" doc:"To open, newest first"`
}

func plain(spans []han.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

func (p *pages) api(api huma.API) {
	huma.Register(api, huma.Operation{OperationID: "search", Method: "GET", Path: "/search", Summary: "Find what one may see, newest first", Tags: []string{"search"}},
		func(ctx context.Context, in *struct {
			web.PageQuery
			Q     string `query:"q" maxLength:"200" doc:"Words parted by blanks, a case number or a name"`
			Kind  string `query:"kind" doc:"Only this kind"`
			State string `query:"state" doc:"Only in this state"`
			Year  string `query:"year" doc:"Only of this year"`
		}) (*struct{ Body apiResults }, error) {
			a, err := actor.Require(ctx, "")
			if err != nil {
				return nil, err
			}
			keys, err := web.ReadCursor(in.Cursor, 1)
			if err != nil {
				return nil, err
			}
			q := p.query(a, func(name string) string {
				return map[string]string{"q": in.Q, "kind": in.Kind, "state": in.State, "year": in.Year}[name]
			})
			q.Limit = min(in.Limit, 100)
			if keys != nil {
				if q.After, err = strconv.ParseInt(keys[0], 10, 64); err != nil {
					return nil, errs.New(errs.Invalid, "翻页位置有误，请从第一页重新开始")
				}
			}
			found, err := p.Find(ctx, q.Query)
			if err != nil {
				return nil, err
			}
			out := apiResults{Page: web.Page[apiHit]{Items: make([]apiHit, len(found.Hits))}, Count: found.Count, Capped: found.Capped}
			for i, h := range found.Hits {
				k, _ := p.kind(h.Kind)
				out.Items[i] = apiHit{Kind: h.Kind, ID: h.ID, Number: h.Number, Title: plain(h.Title), People: h.People, Facets: h.Facets, Link: k.Path + h.ID}
				for _, s := range h.Snippet {
					out.Items[i].Snippet = append(out.Items[i].Snippet, apiSpan(s))
				}
				if !h.At.IsZero() {
					out.Items[i].At = &h.At.Time
				}
			}
			if found.More {
				out.Next = web.Cursor(strconv.FormatInt(found.Next, 10))
			}
			return &struct{ Body apiResults }{out}, nil
		})
	huma.Register(api, huma.Operation{OperationID: "suggest", Method: "GET", Path: "/search/suggestions", Summary: "What somebody may mean who begins to type", Tags: []string{"search"}},
		func(ctx context.Context, in *struct {
			Q string `query:"q" maxLength:"200" doc:"Characters, pinyin or its initials"`
		}) (*struct{ Body apiSuggestions }, error) {
			a, err := actor.Require(ctx, "")
			if err != nil {
				return nil, err
			}
			meant, err := p.meant(ctx, a, web.Clean(in.Q))
			if err != nil {
				return nil, err
			}
			out := apiSuggestions{Names: []string{}, Items: []apiHit{}}
			for _, s := range meant.Names {
				out.Names = append(out.Names, s.Text())
			}
			for _, s := range meant.Docs {
				out.Items = append(out.Items, apiHit{Kind: s.Kind, ID: s.ID, Number: s.Number, Title: s.Text(), Link: p.path(s)})
			}
			return &struct{ Body apiSuggestions }{out}, nil
		})
}
