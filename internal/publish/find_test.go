package publish

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What rules find of a text, and what they must leave alone.
func TestFind(t *testing.T) {
	for text, want := range map[string]string{
		"请联系13800138000，谢谢":         "phone 13800138000",
		"手机：138 0013 8000。":         "phone 138 0013 8000",
		"电话（０５７１）８７６５４３２１转":         "phone （０５７１）８７６５４３２１",
		"电话0571-87654321。":          "phone 0571-87654321",
		"联系电话：87654321":             "phone 87654321",
		"身份证330106198001011234":     "id_no 330106198001011234",
		"证件号33010619800101123X的人":   "id_no 33010619800101123X",
		"邮箱zhang.san@example.cn即可":  "email zhang.san@example.cn",
		"卡6222 0212 3456 7890 127。": "bank 6222 0212 3456 7890 127",
		"开户账号：1234567890123":        "bank 1234567890123",
		"家住青云里小区7号楼2单元301室":         "address 青云里小区7号楼2单元301室",
		"他们在柳荫路18号3幢502室开会":         "address 他们在柳荫路18号3幢502室",
		"浙A12345停在路口":               "plate 浙A12345",
		"2026年3月12日，投入经费1200000元":   "",
		"编号20260312000012345678901": "",
		"临水提〔2026〕1号；全长12.5公里":      "",
		"拨打12345热线":                 "",
	} {
		var got []string
		for _, m := range find(text) {
			got = append(got, m.Code+" "+m.Text)
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: found %q, want %q", text, s, want)
		}
	}
}

// Whatever is marked is gone from the produced text, wherever it stood, and
// nothing else is: the texts between the gaps stand in the original in that order.
func TestRemove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.StringMatching(`[王李一二三0-9a，。 ]{0,12}`)
		text := piece.Draw(t, "before") + rapid.SampledFrom([]string{"王小明", "13800138000", "李四"}).Draw(t, "secret") + piece.Draw(t, "after")
		var marks []Mark
		for range rapid.IntRange(1, 4).Draw(t, "marks") {
			marks = append(marks, Mark{Text: rapid.SampledFrom([]string{"王小明", "小明", "13800138000", "李四", "李", "138"}).Draw(t, "mark"), Code: "name"})
		}
		at := 0
		for _, s := range remove(text, marks) {
			if s.Gone != "" {
				continue
			}
			for _, m := range marks {
				if strings.Contains(s.Text, m.Text) {
					t.Fatalf("%q stands in %q of %q", m.Text, s.Text, text)
				}
			}
			i := strings.Index(text[at:], s.Text)
			if i < 0 {
				t.Fatalf("%q is not in %q after %d", s.Text, text, at)
			}
			at += i + len(s.Text)
		}
	})
}

// The scan finds what was left out, however it is spaced, and says nothing of
// what was kept on purpose.
func TestScan(t *testing.T) {
	marks := []Mark{{Text: "13800138000", Code: "phone"}, {Text: "王小明", Code: "name"}, {Text: "0571-87654321", Code: "phone", Keep: true}}
	for _, c := range []struct {
		text string
		want string
	}{
		{"清淤工程按期完成", ""},
		{"请拨0571-87654321", ""},
		{"请拨（0571）87654321", ""},
		{"打138-0013-8000", "removed phone"},
		{"打１３８００１３８０００", "removed phone"},
		{"王 小明说", "removed"},
		{"另一个13911112222", "phone"},
		{"渠道由三个单位分段管护，责任不清", "closed"},
	} {
		var codes []string
		for _, l := range Scan([]string{c.text}, marks, []string{"渠道由三个单位分段管护，责任不清"}) {
			codes = append(codes, l.Code)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

// FuzzFind: no text makes the rules fail, and what they find stands in it.
func FuzzFind(f *testing.F) {
	f.Add("电话0571-87654321，住址：柳荫路18号")
	f.Add("卡号6222\x000212")
	f.Fuzz(func(t *testing.T, text string) {
		marks := find(text)
		for _, m := range marks {
			if m.Text == "" || !strings.Contains(text, m.Text) {
				t.Errorf("%q is not in %q", m.Text, text)
			}
		}
		for _, s := range remove(text, marks) {
			for _, m := range marks {
				if strings.Contains(s.Text, m.Text) {
					t.Errorf("%q is left in %q", m.Text, s.Text)
				}
			}
		}
	})
}

// TestPublicReads: the queries of what the public reads name the public's tables
// only.
func TestPublicReads(t *testing.T) {
	source, err := os.ReadFile("public.go")
	if err != nil {
		t.Fatal(err)
	}
	tables := regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)`).FindAllStringSubmatch(string(source), -1)
	if len(tables) < 8 {
		t.Fatalf("only %d tables are named", len(tables))
	}
	for _, m := range tables {
		if m[1] != strings.ToLower(m[1]) || !strings.HasPrefix(m[1], "open_") {
			if m[0][:4] == strings.ToUpper(m[0][:4]) { // a word of SQL, not of a comment
				t.Errorf("the public reads %s", m[1])
			}
		}
	}
}
