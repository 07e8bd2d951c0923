package han

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	xunicode "golang.org/x/text/encoding/unicode"

	"shangliang/internal/errs"
)

// needTables skips what cannot hold without the conversion tables.
func needTables(t *testing.T) {
	t.Helper()
	if !Ready() {
		t.Skip("no conversion tables: run npm ci in web/, then node web/tools/handata.mjs")
	}
}

func TestTokens(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"协", "协"},
		{"老旧小区", "老旧 旧小 小区 区"},
		{"停车难、充电难", "停车 车难 难 充电 电难 难"},
		{"建设5G基站", "建设 设 5g 基站 站"},
		{"ＡＢＣ１２３", "abc123"},
		{"𠮷野家", "𠮷野 野家 家"},
		{"字\ue000库", "字\ue000 \ue000库 库"},
		{"葛\U000e0100城", "葛城 城"},
		{"Café e\u0301cole", "café école"},
		{"①②", "12"},
		{"😀 !?", ""},
		{"零\u200b宽", "零宽 宽"},
		{strings.Repeat("x", 100), strings.Repeat("x", longestWord)},
	} {
		if got := strings.Join(Tokens(c.text), " "); got != c.want {
			t.Errorf("Tokens(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTokensFoldTraditional(t *testing.T) {
	needTables(t)
	if got, want := Tokens("政協委員與發展"), Tokens("政协委员与发展"); !slices.Equal(got, want) {
		t.Errorf("Traditional %q, Simplified %q", got, want)
	}
}

func TestQuery(t *testing.T) {
	for _, c := range []struct {
		query string
		want  []Phrase
	}{
		{"", nil},
		{" ，！ ", nil},
		{"小区", []Phrase{{Tokens: []string{"小区"}}}},
		{"区", []Phrase{{Tokens: []string{"区"}, Prefix: true}}},
		{"老旧小区　电梯", []Phrase{{Tokens: []string{"老旧", "旧小", "小区"}}, {Tokens: []string{"电梯"}}}},
		{"建设5G", []Phrase{{Tokens: []string{"建设", "设", "5g"}}}},
		{"5G站", []Phrase{{Tokens: []string{"5g", "站"}, Prefix: true}}},
	} {
		got := Query(c.query)
		if !slices.EqualFunc(got, c.want, func(a, b Phrase) bool {
			return a.Prefix == b.Prefix && slices.Equal(a.Tokens, b.Tokens)
		}) {
			t.Errorf("Query(%q) = %v, want %v", c.query, got, c.want)
		}
	}
}

var matches = []struct {
	text, query string
	want        bool
}{
	{"关于加快老旧小区改造的提案", "小区", true},
	{"关于加快老旧小区改造的提案", "小区 提案", true},
	{"关于加快老旧小区改造的提案", "小区 电梯", false},
	{"关于加快老旧小区改造的提案", "旧", true},
	{"经济，济南", "经济济", false},
	{"经济，济南", "济南", true},
	{"经济，济南", "经济，济南", true},
	{"建设5G基站", "5g", true},
	{"建设5G基站", "G", false},
	{"建设5G基站", "设5G基", true},
	{"建设5G基站", "建5G", false},
	{"姓𠮷的委员", "𠮷", true},
	{"姓𠮷的委员", "吉", false},
	{"任何文字", "", true},
	{"2018年第12号", "12", true},
	{"2018年第12号", "1", false},
}

func TestMatch(t *testing.T) {
	for _, c := range matches {
		if got := Match(c.text, c.query); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.text, c.query, got)
		}
	}
	needTables(t)
	if !Match("發展養老服務", "发展") || !Match("发展养老服务", "養老") {
		t.Error("Traditional and Simplified do not find each other")
	}
}

// inIndex is what a database does with the tokens of a text and a query.
func inIndex(text, query string) bool {
	ts := Tokens(text)
	for _, p := range Query(query) {
		found := false
		for i := 0; i+len(p.Tokens) <= len(ts) && !found; i++ {
			found = true
			for j, want := range p.Tokens {
				got := ts[i+j]
				if p.Prefix && j == len(p.Tokens)-1 {
					found = found && strings.HasPrefix(got, want)
				} else {
					found = found && got == want
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// The index finds exactly what Match confirms, whatever the text.
func FuzzTokens(f *testing.F) {
	for _, c := range matches {
		f.Add(c.text, c.query)
	}
	f.Add("e\u0301\u0301的İ\xff가각", "é")
	f.Fuzz(func(t *testing.T, text, query string) {
		if got, want := Match(text, query), inIndex(text, query); got != want {
			t.Errorf("Match(%q, %q) = %v, the index says %v", text, query, got, want)
		}
		if Match(text, text) != true && len(Query(text)) < mostPhrases {
			t.Errorf("%q does not find itself", text)
		}
	})
}

func marked(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Hit {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestHighlight(t *testing.T) {
	long := "一、情况。" + strings.Repeat("本区道路较窄。", 20) + "老旧小区停车困难，充电桩不足。" + strings.Repeat("居民反映强烈。", 20)
	for _, c := range []struct {
		text, query string
		width       int
		want        string
	}{
		{"老旧小区改造", "小区", 0, "老旧[小区]改造"},
		{"老旧小区改造", "小区改 改造", 0, "老旧[小区改造]"},
		{"ＣＡＦＥ与Café", "cafe", 0, "[ＣＡＦＥ]与Café"},
		{"葛\U000e0100城", "葛城", 0, "[葛\U000e0100城]"},
		{"没有找到", "别的", 3, "没有找…"},
		{long, "充电桩 停车", 20, "…老旧小区[停车]困难，[充电桩]不足。居民反映强…"},
		{long, "强烈", 9, "…[强烈]。居民反映[强烈]…"},
		{"<b>小区</b>", "小区", 0, "<b>[小区]</b>"},
	} {
		if got := marked(Highlight(c.text, c.query, c.width)); got != c.want {
			t.Errorf("Highlight(%.20q, %q, %d)\n got %s\nwant %s", c.text, c.query, c.width, got, c.want)
		}
	}
	needTables(t)
	if got := marked(Highlight("推進舊區發展", "发展", 0)); got != "推進舊區[發展]" {
		t.Errorf("Traditional text: %s", got)
	}
}

func FuzzHighlight(f *testing.F) {
	for _, c := range matches {
		f.Add(c.text, c.query, 5)
	}
	f.Fuzz(func(t *testing.T, text, query string, width int) {
		spans := Highlight(text, query, width)
		shown, hits := "", 0
		for _, s := range spans {
			if s.Text == "" {
				t.Fatal("an empty span")
			}
			shown += s.Text
			if s.Hit {
				hits++
			}
		}
		if width > 0 && utf8.RuneCountInString(shown) > width+2 {
			t.Errorf("%d characters shown of %d", utf8.RuneCountInString(shown), width)
		}
		if width <= 0 && shown != text {
			t.Errorf("the text changed: %q", shown)
		}
		if !strings.Contains(text, strings.TrimSuffix(strings.TrimPrefix(shown, "…"), "…")) && !strings.Contains(text, "…") {
			t.Errorf("%q is not part of the text", shown)
		}
		if utf8.ValidString(text) && len(Query(query)) > 0 && Match(text, query) && hits == 0 {
			t.Errorf("Highlight(%q, %q, %d) shows no hit", text, query, width)
		}
	})
}

var gb, big5 = simplifiedchinese.GB18030, traditionalchinese.Big5

var texts = []struct{ simplified, traditional string }{
	{"关于加快老旧小区停车设施建设的提案", "關於加快老舊小區停車設施建設的提案"},
	{"建议由住建局牵头，会同街道办事处研究办理。", "建議由住建局牽頭，會同街道辦事處研究辦理。"},
	{"姓名,性别,出生日期,手机号码\n张三,男,1970-01-02,\n", "姓名,性別,出生日期,手機號碼\n張三,男,1970-01-02,\n"},
	{"近年来，我县医疗卫生事业取得长足发展，但基层人才不足", "近年來，我縣醫療衛生事業取得長足發展，但基層人才不足"},
}

func TestDecode(t *testing.T) {
	le := xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)
	be := xunicode.UTF16(xunicode.BigEndian, xunicode.IgnoreBOM)
	for _, text := range texts {
		for _, c := range []struct {
			name, bom, text string
			enc             encoding.Encoding
		}{
			{"UTF-8", "", text.simplified, encoding.Nop},
			{"UTF-8", "\xEF\xBB\xBF", text.simplified, encoding.Nop},
			{"GB18030", "", text.simplified, gb},
			{"GB18030", "", text.traditional, gb},
			{"Big5", "", text.traditional, big5},
			{"UTF-16LE", "\xFF\xFE", text.simplified, le},
			{"UTF-16BE", "\xFE\xFF", text.simplified, be},
			{"UTF-16LE", "", text.simplified, le},
			{"UTF-16BE", "", text.traditional, be},
		} {
			b, err := c.enc.NewEncoder().Bytes([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got, name, err := Decode(append([]byte(c.bom), b...))
			if err != nil || name != c.name || got != c.text {
				t.Errorf("%s (mark %q): %q as %s, %v", c.name, c.bom, got, name, err)
			}
		}
	}
}

// Eight characters, anywhere in a text, are enough.
func TestDecodeShort(t *testing.T) {
	for _, text := range texts {
		for _, c := range []struct {
			name, text string
			enc        encoding.Encoding
		}{{"GB18030", text.simplified, gb}, {"Big5", text.traditional, big5}} {
			rs := []rune(c.text)
			for i := 0; i+8 <= len(rs); i++ {
				part := string(rs[i : i+8])
				b, _ := c.enc.NewEncoder().Bytes([]byte(part))
				if utf8.Valid(b) {
					continue
				}
				if got, name, err := Decode(b); got != part {
					t.Errorf("%q in %s: %q as %s, %v", part, c.name, got, name, err)
				}
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"zip":         append([]byte("PK\x03\x04\x14\x00\x00\x00"), bytes.Repeat([]byte{0, 1, 2, 3, 200}, 50)...),
		"png":         append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), bytes.Repeat([]byte{0, 9, 250, 7}, 40)...),
		"zeros":       make([]byte, 64),
		"control":     bytes.Repeat([]byte{1, 2, 3, 4, 5, 'a'}, 20),
		"high bytes":  bytes.Repeat([]byte{0xFF, 0x80, 0xFF}, 30),
		"utf-16 half": {0xFF, 0xFE, 0x00},
	} {
		if text, enc, err := Decode(b); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: read as %s: %q, %v", name, enc, text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text.simplified))
		b, _ := gb.NewEncoder().Bytes([]byte(text.simplified))
		f.Add(b)
		b, _ = big5.NewEncoder().Bytes([]byte(text.traditional))
		f.Add(b)
	}
	f.Add([]byte("\xFF\xFEa\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, name, err := Decode(b)
		if err != nil {
			return
		}
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") || name == "" {
			t.Errorf("%q read as %s: %q", b, name, text)
		}
		if utf8.Valid(b) && !bytes.ContainsRune(b, 0) && name == "UTF-8" && text != strings.TrimPrefix(string(b), "\uFEFF") {
			t.Errorf("UTF-8 changed: %q to %q", b, text)
		}
	})
}

func TestConvert(t *testing.T) {
	needTables(t)
	for _, c := range []struct{ simplified, traditional string }{
		{"提案委员会", "提案委員會"},
		{"以后为您办理", "以後為您辦理"},
		{"皇后干杯，树干不干", "皇后乾杯，樹幹不幹"},
		{"头发与发展", "頭髮與發展"},
		{"第%d条，共%s条", "第%d條，共%s條"},
		{"plain ASCII", "plain ASCII"},
		{"坏\xff字", "壞\xff字"},
	} {
		if got := Traditional(c.simplified); got != c.traditional {
			t.Errorf("Traditional(%q) = %q, want %q", c.simplified, got, c.traditional)
		}
	}
	for _, c := range []struct{ traditional, simplified string }{
		{"提案委員會辦理情況", "提案委员会办理情况"},
		{"乾坤與乾淨", "乾坤与干净"},
		{"瞭解瞭望", "了解瞭望"},
	} {
		if got := Simplified(c.traditional); got != c.simplified {
			t.Errorf("Simplified(%q) = %q, want %q", c.traditional, got, c.simplified)
		}
	}
}

func TestLength(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {"提 案\r\n　委", 3}, {"𠮷", 1}, {"e\u0301", 1}, {"葛\U000e0100", 1}, {"👩‍👩‍👧", 1}, {"👍🏽", 1}, {"一\u200b二，", 3}, {"a1", 2}} {
		if got := Length(c.text); got != c.want {
			t.Errorf("Length(%q) = %d, want %d", c.text, got, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"一\r\n二\r三\u2028四", "一\n二\n三\n四"},
		{"　　段首 \t\n\n末　\n \n", "　　段首\n\n末"},
		{"a\x00b\x1b[31mc\u202ed", "ab[31mcd"},
		{"e\u0301", "é"},
		{"姓\U00020bb7👩‍👧", "姓\U00020bb7👩‍👧"},
		{"坏\xff\xfe字", "坏\uFFFD字"},
	} {
		if got := Clean(c.text); got != c.want {
			t.Errorf("Clean(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("e\x01\u0301\r\n\r a \u0301")
	f.Fuzz(func(t *testing.T, s string) {
		once := Clean(s)
		if twice := Clean(once); twice != once {
			t.Errorf("%q, then %q", once, twice)
		}
		if !utf8.ValidString(once) || strings.ContainsAny(once, "\x00\r\x1b") {
			t.Errorf("%q is not clean", once)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	text := strings.Repeat(texts[1].simplified+texts[3].simplified, 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Tokens(text)
	}
}

func BenchmarkHighlight(b *testing.B) {
	text := strings.Repeat(texts[3].simplified+"。", 20) + texts[0].simplified
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Highlight(text, "停车", 80)
	}
}
