// Package shangliang holds no program, only the tests of the whole source: who
// imports whom (deps_test.go), that every text has its English (words_test.go),
// that every package says what it is for (pkgdoc_test.go) and that released
// migrations stay as they are (migrations_test.go).
package shangliang

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// modulePath begins every import of ours.
const modulePath = "shangliang/"

// pkg is a folder with Go files that are not tests.
type pkg struct {
	dir   string               // slash-separated, from the root: "internal/db"
	files map[string]*ast.File // by path from the root
}

// imports lists what the package imports, our own without the module's name.
func (p pkg) imports() []string {
	seen := map[string]bool{}
	for _, f := range p.files {
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value) // the parser accepted it
			seen[strings.TrimPrefix(name, modulePath)] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

var fileSet = token.NewFileSet()

var parseAll = sync.OnceValues(func() ([]pkg, error) {
	byDir := map[string]pkg{}
	err := walkSource(func(name string) error {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fileSet, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		if byDir[dir].files == nil {
			byDir[dir] = pkg{dir: dir, files: map[string]*ast.File{}}
		}
		byDir[dir].files[name] = f
		return nil
	})
	return slices.SortedFunc(maps.Values(byDir), func(a, b pkg) int { return strings.Compare(a.dir, b.dir) }), err
})

// packages parses every package of the module, once for all tests.
func packages(t *testing.T) []pkg {
	t.Helper()
	all, err := parseAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 5 {
		t.Fatalf("found only %d packages: is the test running in the module's root?", len(all))
	}
	return all
}

// walkSource calls f with the slash-separated path of every file of ours.
func walkSource(f func(name string) error) error {
	return filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.IsDir() {
			return f(filepath.ToSlash(name))
		}
		switch base := e.Name(); {
		case base == "node_modules", base == "testdata", base == "data", base == "dist",
			base != "." && strings.HasPrefix(base, "."):
			return fs.SkipDir
		}
		return nil
	})
}
