package shangliang

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// layer is a row of the table: its packages may import packages of the layers
// in may. Names of packages are given without "internal/".
type layer struct {
	name, packages, may string
	not                 string // what it may not import from outside, as prefixes
}

// layers is the architecture, from the bottom to the top. A new package is one
// more word in a row. Web packages (proposal/proposalweb) and packages for tests
// (db/dbtest) are known by their names and belong to no row.
var layers = []layer{
	{"pure", "errs secret picture lang actor calendar flow han likeness likeness/sample compare figure/catalogue report/claim", "pure",
		"net/http database/sql html/template github.com/a-h/templ"},
	{"base", "db jobs blob sso gateway document paper docx pdftext reader/intake reader", "pure base",
		"html/template github.com/a-h/templ"},
	{"page", "web ui module assets", "pure page",
		"database/sql"},
	{"shared", "ledger rule clock org notify search shelf figure backup attachment report likeness/lookup doctor", "pure base shared",
		"net/http html/template github.com/a-h/templ github.com/danielgtaylor/huma"},
	{"capability", "proposal dispatch keyproposal supervision digest assessment publish award regional paperwork message reading", "pure base shared",
		"net/http html/template github.com/a-h/templ github.com/danielgtaylor/huma"},
	{"webs", "", "pure base page shared",
		"database/sql"},
	{"demo", "demo", "pure base shared capability", ""},
	{"app", "app", "pure base page shared capability webs demo", ""},
	{"cmd", "cmd/shangliang cmd/bench", "app", ""},
}

// also names the pairs that the rows do not allow: the module's table of
// contents speaks of what shared packages define, and one capability builds on
// another only where it is written here.
var also = map[string]string{
	"paperwork":                "proposal",
	"paperwork/paperworkweb":   "proposal",
	"publish":                  "proposal",
	"message":                  "proposal",
	"module":                   "figure rule jobs search clock notify org",
	"cmd/shangliang":           "actor blob doctor lang secret sso figure/catalogue reader backup db demo figure ledger org report",
	"cmd/bench":                "actor calendar db ledger backup org proposal search demo likeness likeness/lookup likeness/sample",
	"dispatch":                 "proposal",
	"award":                    "proposal",
	"dispatch/dispatchweb":     "proposal",
	"keyproposal":              "proposal",
	"supervision":              "proposal keyproposal",
	"digest":                   "proposal",
	"assessment":               "proposal",
	"assessment/assessmentweb": "proposal",
}

// never names the pairs that the rows allow and we do not want.
var never = []struct{ layer, what, why string }{
	{"webs", "db", "a page asks a service; SQL is in the domain package"},
}

// only names what is kept in few packages, so that it can be replaced there.
var only = map[string]string{
	"github.com/jackc/pgx":        "db jobs",
	"modernc.org/sqlite":          "db jobs",
	"github.com/pressly/goose":    "db",
	"github.com/riverqueue":       "jobs",
	"github.com/xuri/excelize":    "document",
	"github.com/wneessen/go-mail": "notify",
	"github.com/pquerna/otp":      "org",
	"github.com/minio/minio-go":   "blob",
	"github.com/coreos/go-oidc":   "sso",
	"golang.org/x/oauth2":         "sso",
	"github.com/zitadel":          "",
	"golang.org/x/image":          "picture",
	"github.com/johannesboyne":    "",
	"github.com/mozillazg":        "han",
	"golang.org/x/crypto":         "org",
	"golang.org/x/mod":            "ledger",
	"github.com/sergi/go-diff":    "compare",
	"codeberg.org/go-pdf/fpdf":    "paper",
	"github.com/chromedp":         "",
	"github.com/emersion":         "",
	"github.com/rogpeppe":         "",
	"pgregory.net/rapid":          "",
}

// knowsDialect names the packages that may ask which database it is. Everybody
// else writes SQL that means the same on both (docs/sql.md).
const knowsDialect = "db jobs search"

// name is how the table calls a folder.
func name(dir string) string {
	if dir == "web" {
		return "assets" // the built styles and scripts, embedded
	}
	return strings.TrimPrefix(dir, "internal/")
}

// isOurs reports whether an import is a package of this module.
func isOurs(imported string) bool {
	return imported == "web" || strings.HasPrefix(imported, "internal/") || strings.HasPrefix(imported, "cmd/")
}

// isWeb reports whether a package shows another: proposal/proposalweb.
func isWeb(name string) bool { return path.Dir(name)+"web" == path.Base(name) }

// isTest reports whether a package is for tests: db/dbtest, web/browsertest.
func isTest(name string) bool { return strings.HasSuffix(path.Base(name), "test") }

func has(words, word string) bool { return slices.Contains(strings.Fields(words), word) }

func hasPrefix(words, imported string) bool {
	return slices.ContainsFunc(strings.Fields(words), func(w string) bool {
		return imported == w || strings.HasPrefix(imported, w+"/")
	})
}

func layerOf(name string) (layer, bool) {
	i := slices.IndexFunc(layers, func(l layer) bool {
		return has(l.packages, name) || l.name == "webs" && isWeb(name)
	})
	if i < 0 {
		return layer{}, false
	}
	return layers[i], true
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, imported := range p.imports() {
			if wrong := forbidden(name(p.dir), imported); wrong != "" {
				t.Errorf("%s imports %s: %s", p.dir, imported, wrong)
			}
		}
	}
}

// forbidden says what is wrong with an import, "" if it is allowed.
func forbidden(from, imported string) string {
	if isTest(from) {
		return ""
	}
	own, ok := layerOf(from)
	if !ok {
		return from + " is in no layer: add it to the table in deps_test.go"
	}
	if !isOurs(imported) {
		for what, who := range only {
			if hasPrefix(what, imported) && !has(who, from) {
				return "kept in: " + orTests(who)
			}
		}
		if hasPrefix(own.not, imported) {
			return fmt.Sprintf("the layer %q may not", own.name)
		}
		return ""
	}
	to := name(imported)
	switch target, ok := layerOf(to); {
	case isTest(to):
		return "it is for tests"
	case !ok:
		return to + " is in no layer: add it to the table in deps_test.go"
	case isWeb(from) && path.Dir(from) == to, has(also[from], to):
		return "" // a web package shows its domain package
	case !has(own.may, target.name):
		return fmt.Sprintf("the layer %q may import only: %s", own.name, own.may)
	}
	for _, n := range never {
		if n.layer == own.name && n.what == to {
			return n.why
		}
	}
	return ""
}

func orTests(who string) string {
	if who == "" {
		return "tests"
	}
	return who
}

// TestTable tries the table on imports that must be refused and on some that
// must not, and that every layer looks only down.
func TestTable(t *testing.T) {
	for _, c := range []struct {
		from, imported string
		allowed        bool
	}{
		{"errs", "internal/db", false},
		{"calendar", "internal/errs", true},
		{"flow", "net/http", false},
		{"db", "internal/org", false},
		{"db", "github.com/jackc/pgx/v5/stdlib", true},
		{"org", "github.com/jackc/pgx/v5/stdlib", false},
		{"org", "internal/ledger", true},
		{"org", "internal/proposal", false},
		{"org", "internal/ui", false},
		{"proposal", "net/http", false},
		{"proposal", "github.com/a-h/templ", false},
		{"proposal", "internal/proposal/proposalweb", false},
		{"proposal", "internal/db/dbtest", false},
		{"proposal/proposalweb", "internal/proposal", true},
		{"proposal/proposalweb", "net/http", true},
		{"proposal/proposalweb", "internal/db", false},
		{"proposal/proposalweb", "database/sql", false},
		{"proposal/proposalweb", "internal/org/orgweb", false},
		{"org/orgweb", "internal/proposal", false},
		{"ui", "internal/proposal", false},
		{"module", "internal/figure", true},
		{"app", "internal/proposal/proposalweb", true},
		{"cmd/shangliang", "internal/app", true},
		{"cmd/shangliang", "internal/proposal", false},
		{"db/dbtest", "internal/db", true},
		{"nowhere", "internal/db", false},
	} {
		if wrong := forbidden(c.from, c.imported); (wrong == "") != c.allowed {
			t.Errorf("%s imports %s: allowed should be %v, says %q", c.from, c.imported, c.allowed, wrong)
		}
	}
	below := map[string]bool{}
	for _, l := range layers {
		below[l.name] = true
		for _, may := range strings.Fields(l.may) {
			if !below[may] {
				t.Errorf("the layer %q may import %q, which is not below it", l.name, may)
			}
		}
	}
}

func TestDialect(t *testing.T) {
	words := map[string]bool{"Dialect": true, "SQLite": true, "Postgres": true}
	for _, p := range packages(t) {
		if has(knowsDialect, name(p.dir)) || isTest(name(p.dir)) || !slices.Contains(p.imports(), "internal/db") {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && words[s.Sel.Name] {
					t.Errorf("%s: asks which database it is; only %s may", fileSet.Position(s.Pos()), knowsDialect)
				}
				return true
			})
		}
	}
}
