package org

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"shangliang/internal/lang"
)

// readNotShown are the texts that are compared with what a file says, or from
// which names are made, and so are not translated.
var readNotShown = []string{"、,，;；/", "无", "群众", "零一二三四五六七八九", "十", "届", "次"}

// Every text for people has its English.
func TestEveryTextHasEnglish(t *testing.T) {
	words, err := lang.New(nil, Words)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok { // other names of a column
				if key, ok := kv.Key.(*ast.Ident); ok && (key.Name == "Aliases" || key.Name == "Options") {
					return false
				}
			}
			if f, ok := n.(*ast.FuncDecl); ok && f.Name.Name == "fold" {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			s, _ := strconv.Unquote(lit.Value)
			if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.HasPrefix(s, "^[") || slices.Contains(readNotShown, s) {
				return true
			}
			seen++
			if !words.Has(s) {
				t.Errorf("%s: %q has no English", name, s)
			} else if en := words.Text(lang.En, s); strings.Count(en, "%") != strings.Count(s, "%") {
				t.Errorf("%q and %q take different arguments", s, en)
			}
			return true
		})
	}
	if seen < 100 {
		t.Errorf("only %d texts were looked at", seen)
	}
}
