// Package module holds the table of contents of a capability: what it brings to
// the platform, as one value.
//
// Main type: [Module]. Package app puts the modules into one list, in the order
// of what they depend on; [Check] checks every entry of every module. It owns no
// tables and runs nothing.
package module

import (
	"context"
	"io/fs"
	"maps"
	"slices"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"shangliang/internal/figure"
	"shangliang/internal/jobs"
	"shangliang/internal/notify"
	"shangliang/internal/org"
	"shangliang/internal/rule"
	"shangliang/internal/web"
)

// Permission is something that a role may do, such as "proposal.file". Its id
// begins with the name of its module.
type Permission = org.Permission

// MenuItem is a place in the menu. Who sees it needs the permission, if one is
// named, and one of the roles, if some are.
type MenuItem struct {
	Path, Title, Icon string
	Group             string // title of the menu's group, in Simplified Chinese
	Order             int    // within the menu; lower comes first
	Permission        string
	Roles             []string
	Primary           bool // stands in the bottom bar of a phone
	// Count says how many things wait there for who acts; nil shows nothing.
	Count func(ctx context.Context) (int, error)
}

// Card is a part of a role's first page.
type Card struct {
	Roles []string
	Order int
	// Load reads what the card shows. A nil component leaves the card out.
	Load func(ctx context.Context) (templ.Component, error)
}

// Panel is a part that one module adds to the page of another's record: what is
// known of a proposal as a key proposal, say.
type Panel struct {
	On    string // the kind of record on whose page it stands: "proposal"
	Order int    // among the panels; lower comes first
	Aside bool   // beside the text, where the deadlines are, instead of below it
	// Load reads what the panel shows of one record. It has been read by the
	// actor already; a nil component leaves the panel out.
	Load func(ctx context.Context, id string) (templ.Component, error)
}

// Bulk is something that one module offers for several records of another's
// list: to nominate the selected proposals, say. They are posted to Path as
// fields "id"; what stands before the first @ of each is the record's id.
type Bulk struct {
	On          string // the kind of record on whose list it stands: "proposal"
	Title, Says string // on the button, and what follows, in Simplified Chinese
	Path        string
	Permission  string
}

// Stored is a table whose records name stored files by their SHA-256: in the
// column sha256 or, if Text is given, as "sha256" within the JSON of that column.
type Stored struct{ Table, Name, Text string } // Name: the column by which people know the file

// Module is a capability's table of contents. Only Name and Title must be given.
type Module struct {
	Name        string   // as the package: "proposal"
	Title       string   // in Simplified Chinese
	Parts       []string // further words that its ids begin with: "assignment" of proposals
	Migrations  fs.FS    // *.sql at its root
	Stored      []Stored // where its records name stored files
	Words       []byte   // its en.tsv
	Permissions []Permission
	Rules       []rule.Definition // the numbers and code sets it works by
	Notices     []notify.Kind     // what it tells people
	Sources     []figure.Source   // the facts that figures count
	Figures     []figure.Definition
	Jobs        []jobs.Job
	Every       []jobs.Every
	Menu        []MenuItem
	Home        []Card
	Panels      []Panel
	Bulks       []Bulk
	// Acts say in Simplified Chinese what its ledger entries on another module's
	// record are, by action: "digest.send" in the history of a proposal.
	Acts   map[string]string
	Routes func(*web.Router)
	API    func(huma.API)
	// Setup runs once at each start, after the migrations, before the first
	// request.
	Setup func(ctx context.Context) error
}

// PanelsOn are the panels on the page of a kind of record, in their order.
func PanelsOn(modules []Module, kind string) []Panel {
	var all []Panel
	for _, m := range modules {
		for _, p := range m.Panels {
			if p.On == kind {
				all = append(all, p)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Panel) int { return a.Order - b.Order })
	return all
}

// BulksOn are what may be done with several records of a kind by somebody; can
// says which permissions they have.
func BulksOn(modules []Module, kind string, can func(permission string) bool) []Bulk {
	var all []Bulk
	for _, m := range modules {
		for _, b := range m.Bulks {
			if b.On == kind && can(b.Permission) {
				all = append(all, b)
			}
		}
	}
	return all
}

// ActTitles are the titles of the acts of all modules.
func ActTitles(modules []Module) map[string]string {
	all := map[string]string{}
	for _, m := range modules {
		maps.Copy(all, m.Acts)
	}
	return all
}

// Shows reports whether somebody in a role sees the item; can says which
// permissions they have.
func (m MenuItem) Shows(role string, can func(permission string) bool) bool {
	return (m.Permission == "" || can(m.Permission)) && within(m.Roles, role)
}

// Shows reports whether a role's first page has the card.
func (c Card) Shows(role string) bool { return within(c.Roles, role) }

// within reports whether a role is one of roles; no roles mean all.
func within(roles []string, role string) bool {
	return len(roles) == 0 || slices.Contains(roles, role)
}
