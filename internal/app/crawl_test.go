package app_test

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/module"
	"shangliang/internal/proposal"
)

// Of pages that differ in ids and values only, this many are looked at.
const mostAlike = 6

var values = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|=[^&]*|[0-9]+`)

// crawl follows every link that somebody sees, from the first page on, and
// returns the pages by path. Whatever a page links to must be there.
func crawl(t *testing.T, w *apptest.World, name string) map[string]string {
	t.Helper()
	browser := w.Browser(t, name)
	seen := map[string]string{}
	alike := map[string]int{}
	queue := []string{"/"}
	if name == "" {
		queue = []string{"/sign-in", "/api/docs", "/api/openapi.json", "/healthz"}
	}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		kind := values.ReplaceAllString(path, "_")
		if _, done := seen[path]; done || alike[kind] == mostAlike {
			continue
		}
		alike[kind]++
		a := browser.Get(path)
		seen[path] = a.Body
		if a.Status == 303 {
			queue = append(queue, local(path, a.Header.Get("Location")))
			continue
		}
		if a.Status != 200 {
			t.Errorf("%s: %s answers %d", name, path, a.Status)
			continue
		}
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, node := range a.Select("a[href]") {
			for _, attr := range node.Attr {
				if link := local(path, attr.Val); attr.Key == "href" && link != "" {
					queue = append(queue, link)
				}
			}
		}
	}
	return seen
}

// local is the path of a link within the platform, "" for others. Of lists only
// one more page in each direction is followed.
func local(from, href string) string {
	base, _ := url.Parse(from)
	u, err := base.Parse(href)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(href, "#") || strings.HasPrefix(u.Path, "/assets/") {
		return ""
	}
	u.Fragment = ""
	if strings.Count(u.RawQuery, "&") > 1 {
		return "" // combinations of filters
	}
	return u.RequestURI()
}

// Nobody finds a dead link, and nobody finds anything of another tenant: not by
// following links, and not by guessing the neighbour's.
func TestCrawlAndTenancy(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	other := w.Neighbour()
	var theirs []*proposal.Proposal
	for _, state := range []string{proposal.Submitted, proposal.Filed, proposal.Handling, proposal.FollowingUp} {
		w.Play(state)
		theirs = append(theirs, other.Play(state))
	}
	own := map[string]bool{} // what of a page belongs to a tenant
	for _, body := range []map[string]string{other.People, other.Bodies} {
		for _, id := range body {
			own[id] = true
		}
	}
	for _, p := range theirs {
		own[p.ID] = true
	}
	names := []string{"", "管一平"}
	for _, c := range apptest.Cast {
		names = append(names, c.Name)
	}
	for _, name := range names {
		t.Run("as "+name, func(t *testing.T) {
			pages := crawl(t, w, name)
			if name != "" && len(pages) < 4 {
				t.Errorf("only %d pages: %v", len(pages), slices.Sorted(maps.Keys(pages)))
			}
			for path, body := range pages {
				if strings.Contains(body, other.Region) {
					t.Errorf("%s shows something of %s", path, other.Region)
				}
				for id := range own {
					if strings.Contains(body, id) {
						t.Errorf("%s holds the id %s of another tenant", path, id)
					}
				}
			}
			if name == "" {
				return
			}
			browser := w.Browser(t, name)
			for _, route := range w.Router.Routes() {
				if !strings.Contains(route.Path, "{") || route.Public {
					continue
				}
				for id := range own {
					path := fill(route.Path, id)
					if route.Method != "GET" {
						continue
					}
					if a := browser.Get(path); a.Status != 404 && a.Status != 403 && a.Status != 422 && a.Status != 400 {
						t.Errorf("%s with an id of another tenant answers %d", path, a.Status)
					}
					break
				}
				for _, p := range theirs[:1] {
					if a := browser.Get(fill(route.Path, p.ID)); route.Method == "GET" && a.Status == 200 {
						t.Errorf("%s with a proposal of another tenant answers 200", route.Path)
					}
				}
			}
		})
	}
}

// fill puts an id into every variable of a route.
func fill(path, id string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = id
		}
	}
	return strings.Join(parts, "/")
}

// Every key of tenant data begins with the tenant, so that nothing is found
// without saying whose it is.
func TestTenantData(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	// Tables of the whole installation, or found by a secret before the tenant
	// is known.
	shared := []string{"sign_in", "api_token", "ledger_entry", "ledger_row", "ledger_request", "search_doc", "search_scope", "grant_role"}
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		tables, err := db.Column[string](tx, `SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'tenant')`)
		if err != nil {
			return err
		}
		if len(tables) < 20 {
			t.Errorf("only %d tables hold a tenant", len(tables))
		}
		for _, table := range tables {
			if slices.Contains(shared, table) {
				continue
			}
			first, err := db.Column[string](tx, `SELECT name FROM pragma_table_info('`+table+`') WHERE pk = 1`)
			if err != nil {
				return err
			}
			if fmt.Sprint(first) != "[tenant]" {
				t.Errorf("the primary key of %s begins with %v", table, first)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Every module's table of contents is right.
func TestModules(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	if err := module.Check(w.Modules, w.Words); err != nil {
		t.Error(err)
	}
}
