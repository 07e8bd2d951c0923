package shangliang

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"shangliang/internal/figure/catalogue"
)

// notShown names the folders and files whose Chinese is data or speaks of
// Chinese, not text of the interface.
var notShown = map[string]string{
	"cmd/bench":                         "what fictional people wrote",
	"cmd/shangliang/serve.go":           "an example of an address",
	"internal/demo":                     "what fictional people wrote",
	"internal/figure/catalogue":         "words that reports use",
	"internal/han":                      "tables of characters",
	"internal/reader/identify.go":       "words that reports use",
	"internal/report/claim":             "words that reports use",
	"internal/reader/intake/misread.go": "characters that reports use",
	"internal/paperwork/form.go":        "what documents say, in Chinese whoever asks for them",
	"internal/paperwork/letter.go":      "what documents say",
	"internal/paperwork/list.go":        "what documents say",
	"internal/paperwork/pieces.go":      "what documents say",
	"internal/paper/names.go":           "the names of typefaces",
	"internal/lang/lang.go":             "the languages' names, each in its own",
	"internal/web/browsertest":          "marks that a test takes off labels",
}

// notText names words that a package looks for in what people write, or puts
// together a number from, and never shows as they are.
var notText = map[string]string{
	"internal/calendar": "天 日 月 个",
	"internal/search":   "关于 關於 的提案 的建议 的建議",
	"internal/reader":   "次 场 共 全年 累计 以来 余 约 ＋",
	"internal/ui":       "年 月 日",
	"internal/reading":  "余 约 不超过",
	"internal/report":   "次 场 场次 名 人 位 家 个 条 点 篇 份 项 部 册 本 万 亿 名称 指标名称 今年 本年 维度 去年 上年数值 基数",
	"internal/document": "有 对 真 已 同意 未 不同意 无 没有 不是 错 假",
	"internal/paper":    "抄送：",
	"internal/org":      "届 次 十 零一二三四五六七八九 无 群众 界 党员 盟员 会员 社员 委员会 委 人士",
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// TestEnglish asks for an English line of every text: whatever has Chinese
// characters in the source, directly or in a template, is shown to a person, so
// some en.tsv must know it. A text is a literal, or constants joined by +.
func TestEnglish(t *testing.T) {
	english := catalogues(t)
	var missing strings.Builder
	for _, p := range packages(t) {
		if isTest(name(p.dir)) {
			continue
		}
		seen := map[string]bool{}
		for _, x := range texts(p) {
			switch _, known := english[x.text]; {
			case excepted(x.file) || known || seen[x.text]:
			case strings.ContainsAny(x.text, "\t\n"):
				t.Errorf("%s: a text with a tab or a line break cannot be translated; split it: %q", x.at, x.text)
			case strings.HasSuffix(x.file, "_templ.go") && strings.ContainsAny(x.text, "<>"):
				t.Errorf("%s: Chinese stands in the template itself; write { lang.T(ctx, …) }: %q", x.at, x.text)
			default:
				if len(seen) == 0 {
					fmt.Fprintf(&missing, "\n# %s/en.tsv\n", p.dir)
				}
				seen[x.text] = true
				fmt.Fprintf(&missing, "%s\t\n", x.text)
			}
		}
	}
	if missing.Len() > 0 {
		t.Errorf("texts without English; add the lines with their English after the tab:\n%s", missing.String())
	}
}

// TestCatalogues reads the catalogues themselves: two columns, one meaning for
// one text, and the same arguments in both languages.
func TestCatalogues(t *testing.T) {
	for zh, e := range catalogues(t) {
		if got, want := verbs(e.text), verbs(zh); !slices.Equal(got, want) {
			t.Errorf("%s: the Chinese takes %v, the English %v: %s", e.at, want, got, zh)
		}
		if strings.ContainsFunc(zh, isHan) && strings.TrimSpace(e.text) != e.text && strings.TrimSpace(zh) == zh {
			t.Errorf("%s: space around the English: %q", e.at, e.text)
		}
	}
}

// TestMetrics asks for the English of what the catalogue of metrics shows.
func TestMetrics(t *testing.T) {
	english := catalogues(t)
	for _, m := range catalogue.Get().Metrics {
		for _, x := range []string{m.Group, m.Name, m.Rule} {
			if english[x].text == "" {
				t.Errorf("metric %s: %q has no English in internal/figure/catalogue/en.tsv", m.ID, x)
			}
		}
	}
}

// text is one text with the place where it stands.
type text struct{ text, file, at string }

// texts lists the texts with Chinese characters in a package, in order.
func texts(p pkg) []text {
	constants := constants(p)
	read := strings.Fields(notText[p.dir])
	var found []text
	for file, f := range p.files {
		skip := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Field: // its tag is for programs
				if n.Tag != nil {
					skip[n.Tag] = true
				}
			case *ast.CallExpr: // so is a pattern
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "MustCompile" {
					return false
				}
			case *ast.Ident:
				return false // a constant is read where it is declared
			}
			e, ok := n.(ast.Expr)
			if !ok || skip[n] {
				return !ok
			}
			value, ok := valueOf(e, constants)
			if ok && strings.ContainsFunc(value, isHan) && !slices.Contains(read, value) {
				found = append(found, text{value, file, fileSet.Position(e.Pos()).String()})
			}
			return !ok // what has a value was read whole
		})
	}
	slices.SortFunc(found, func(a, b text) int { return cmp.Compare(a.at, b.at) })
	return found
}

// constants finds the string constants of a package by name. A name declared
// twice, in two functions, is left out: joined by + it is read in pieces.
func constants(p pkg) map[string]ast.Expr {
	found := map[string]ast.Expr{}
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				return true
			}
			for _, s := range d.Specs {
				v := s.(*ast.ValueSpec)
				for i, id := range v.Names {
					if i >= len(v.Values) {
						break
					}
					if _, twice := found[id.Name]; twice {
						found[id.Name] = nil
						continue
					}
					found[id.Name] = v.Values[i]
				}
			}
			return true
		})
	}
	return found
}

// valueOf returns the value of a constant expression of strings.
func valueOf(e ast.Expr, constants map[string]ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.ParenExpr:
		return valueOf(e.X, constants)
	case *ast.Ident:
		if v := constants[e.Name]; v != nil {
			return valueOf(v, constants)
		}
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		x, ok := valueOf(e.X, constants)
		if !ok {
			return "", false
		}
		y, ok := valueOf(e.Y, constants)
		return x + y, ok
	}
	return "", false
}

func excepted(file string) bool {
	for dir := file; dir != "."; dir = path.Dir(dir) {
		if notShown[dir] != "" {
			return true
		}
	}
	return false
}

// catalogues reads every en.tsv: the English by the Chinese.
func catalogues(t *testing.T) map[string]text {
	t.Helper()
	english := map[string]text{}
	err := walkSource(func(name string) error {
		if path.Base(name) != "en.tsv" {
			return nil
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(b), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			at := fmt.Sprintf("%s:%d", name, i+1)
			zh, en, ok := strings.Cut(line, "\t")
			switch old, twice := english[zh]; {
			case !ok || zh == "" || en == "" || strings.Contains(en, "\t"):
				t.Errorf("%s: want two columns, Chinese and English: %q", at, line)
			case twice && old.text != en:
				t.Errorf("%s: %q is %q here and %q at %s", at, zh, en, old.text, old.at)
			default:
				english[zh] = text{en, name, at}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return english
}

var verb = regexp.MustCompile(`%(?:%|[-+#0]*(?:\d+)?(?:\.\d+)?(?:\[(\d+)\])?[a-zA-Z])`)

// verbs lists the arguments that a format takes, as "1d", sorted.
func verbs(format string) []string {
	var found []string
	next := 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[0] == "%%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		found = append(found, fmt.Sprintf("%d%c", next, m[0][len(m[0])-1]))
		next++
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestTexts tries the reader of source on one file with every form of text.
func TestTexts(t *testing.T) {
	const source = `package p
import "regexp"
const half = "半"
var pattern = regexp.MustCompile("[一二]")
type t struct { A int ` + "`doc:\"标签\"`" + ` }
func f(x string) { g("一" + "二", ` + "`原文`" + `, half + "句", "前" + x, ("括" + ("号")), "no", '字') }
`
	f, err := parser.ParseFile(fileSet, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range texts(pkg{dir: "p", files: map[string]*ast.File{"p.go": f}}) {
		got = append(got, x.text)
	}
	slices.Sort(got)
	want := []string{"一二", "前", "半", "半句", "原文", "括号"}
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestVerbs(t *testing.T) {
	for format, want := range map[string][]string{
		"至 %d 日 %s":            {"1d", "2s"},
		"%[2]s in %[1]d":       {"1d", "2s"},
		"50 % of it, 5%% %.1f": {"1f"},
		"%[1]s%[1]s":           {"1s"},
		"无":                    nil,
	} {
		if got := verbs(format); !slices.Equal(got, want) {
			t.Errorf("%q takes %v, want %v", format, got, want)
		}
	}
}
