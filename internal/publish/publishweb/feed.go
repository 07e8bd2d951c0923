package publishweb

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"shangliang/internal/errs"
	"shangliang/internal/lang"
	"shangliang/internal/publish"
)

// atom is a feed as RFC 4287 has it.
type atom struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  string      `xml:"author>name"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Published string     `xml:"published"`
	Updated   string     `xml:"updated"`
	Links     []atomLink `xml:"link"`
	Summary   string     `xml:"summary"`
}

// inFeed is how many cases a feed has.
const inFeed = 50

// feed tells what became public or changed lately, of a site or of one
// department.
func (p *pages) feed(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	ctx, unit := r.Context(), r.PathValue("unit")
	all, err := p.public.All(ctx, v.Site, unit, inFeed)
	if err != nil {
		return unkept(w, err)
	}
	title, path := text(ctx, v.Tenant.Name)+" · "+lang.T(ctx, "提案公开"), "/feed.atom"
	if unit != "" {
		if len(all) == 0 {
			return unkept(w, errs.Missing())
		}
		i := slices.IndexFunc(all[0].Replies, func(x *publish.CopyReply) bool { return x.Unit == unit })
		title, path = title+" · "+text(ctx, all[0].Replies[i].Name), "/units/"+unit+"/feed.atom"
	}
	updated := v.ChangedAt.Time
	if updated.IsZero() {
		updated = v.Tenant.CreatedAt.Time
	}
	f := atom{Lang: string(lang.Of(ctx)), ID: "urn:shangliang:" + v.Tenant.ID + strings.TrimSuffix(path, "/feed.atom"), Title: title, Updated: updated.Format(time.RFC3339), Author: v.Tenant.Name,
		Links: []atomLink{{"self", p.base + v.url(ctx, path)}, {"alternate", p.base + v.url(ctx, "/cases", "unit", unit)}}}
	for _, c := range all {
		f.Entries = append(f.Entries, atomEntry{ID: "urn:shangliang:" + v.Tenant.ID + ":" + c.Code, Title: text(ctx, c.TitleText()),
			Published: c.PublishedAt.Format(time.RFC3339), Updated: c.UpdatedAt.Format(time.RFC3339),
			Links: []atomLink{{"alternate", p.base + v.url(ctx, "/cases/"+c.Code)}}, Summary: description(ctx, c)})
	}
	return unkept(w, writeXML(w, "application/atom+xml; charset=utf-8", f))
}

func writeXML(w http.ResponseWriter, kind string, v any) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	_, err := w.Write(b.Bytes())
	return err
}

// urlset is a map of the site for search engines.
type urlset struct {
	XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []siteURL `xml:"url"`
}

type siteURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// inMap is how many addresses a map may have.
const inMap = 50_000

func (p *pages) sitemap(w http.ResponseWriter, r *http.Request) error {
	v, r, done, err := p.enter(w, r)
	if err != nil || done {
		return unkept(w, err)
	}
	all, err := p.public.All(r.Context(), v.Site, "", inMap-4)
	if err != nil {
		return unkept(w, err)
	}
	set := urlset{}
	for _, path := range []string{"", "/cases", "/units", "/figures"} {
		set.URLs = append(set.URLs, siteURL{Loc: p.base + v.url(r.Context(), path)})
	}
	for _, c := range all {
		set.URLs = append(set.URLs, siteURL{p.base + v.url(r.Context(), "/cases/"+c.Code), c.UpdatedAt.Format(time.RFC3339)})
	}
	return unkept(w, writeXML(w, "application/xml; charset=utf-8", set))
}

// robots lets search engines into the public pages and keeps them out of the
// rest.
func (p *pages) robots(w http.ResponseWriter, r *http.Request) error {
	sites, err := p.public.Sites(r.Context())
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("User-agent: *\nAllow: /open\nAllow: /assets/\nDisallow: /open/*/comment$\nDisallow: /\n")
	for _, s := range sites {
		if p.base != "" { // an address here must be whole
			b.WriteString("Sitemap: " + p.base + "/open/" + s.Tenant.Code + "/sitemap.xml\n")
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, no-cache")
	_, err = w.Write([]byte(b.String()))
	return err
}
