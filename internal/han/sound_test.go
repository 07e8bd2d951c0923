package han

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// shows reports whether one of the starts of a text answers what was typed, as
// a database compares them.
func shows(s, typed string) bool {
	for _, want := range Sought(typed) {
		for _, start := range Starts(s, true) {
			if start.Head == want.Head && !slices.ContainsFunc(want.Parts, func(p string) bool { return !strings.Contains(start.Said, p) }) {
				return true
			}
		}
	}
	return false
}

func TestStarts(t *testing.T) {
	for _, x := range []struct{ text, typed, not string }{
		{"张三", "zhangsan zs zhangs zsan zhang zhan zh 张三 張三 张san 张", "z 三 zhong zhongsan zhangsi sz"},
		{"单雄风", "shanxiongfeng sxf danxiongfeng dxf chanxiong shan 单", "sx雄 xsf"},
		{"曾小禾", "zengxiaohe zxh ceng cxh", "zx小"}, {"解春山", "xiechunshan xcs jie xchs", "xsc"}, {"仇远", "qiuyuan qy cy chouyuan", "qq"},
		{"查明", "zhaming zm cm chaming", "zmm"}, {"区一平", "ouyiping oyp qyp", "oo"}, {"尉迟青", "yuchiqing ycq weichi", "yqc"},
		{"万俟青", "moqiqing mqq wan wsq", "mm"}, {"吕不言", "lvbuyan lyubuyan lby", "lubuy"}, {"歐陽聽雨", "ouyangtingyu oyty 欧阳 歐阳 tingyu 聽雨", "tt"},
		{"县水利局", "xianshuiliju xslj slj shuili 水利 xiansh", "水局 lxs"}, {"5G建设", "5gjianshe 5gjs js 5g jianshe", "5js g建"},
		{"关于疏浚城西排洪渠的提案", "phq paihongqu paihongq 排洪 chengxi shujunchengxipaihongqu", "排渠 paihongp"},
		{"重庆长江大桥", "chongqing cq zq changjiang cj zhangjiang 长江大桥", "qd"}, {"2026-0023", "2026 20260023 2026-0023 0023 00", "23 026"}, {"7", "7", "70"},
	} {
		for _, typed := range strings.Fields(x.typed) {
			if !shows(x.text, typed) {
				t.Errorf("%s does not show for %s: %q", x.text, typed, Sought(typed))
			}
			if _, _, ok := Said(x.text, typed); !ok {
				t.Errorf("%s does not mean %s", typed, x.text)
			}
		}
		for _, typed := range strings.Fields(x.not) {
			if _, _, said := Said(x.text, typed); shows(x.text, typed) && said {
				t.Errorf("%s shows for %s", x.text, typed)
			}
		}
	}
	if n := len(Starts("关于加快推进城乡融合发展重大行动会议的单行解会调查区长调研处理和乐行重", false)); n > 150 {
		t.Errorf("%d starts of one title", n)
	}
}

func TestSpoken(t *testing.T) {
	for text, want := range map[string]string{"县水利局": "xslj xianshuiliju", "李明": "lm liming", "单雄": "dx danxiong sx shanxiong cx chanxiong", "5G办": "5gb 5gban", "，": ""} {
		if got := Spoken(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestPoint(t *testing.T) {
	for _, x := range []struct{ text, typed, want string }{
		{"关于疏浚城西排洪渠的提案", "phq", "关于疏浚城西[排洪渠]的提案"},
		{"关于疏浚城西排洪渠的提案", "paihongq cx", "关于疏浚[城西排洪渠]的提案"},
		{"關於疏浚城西排洪渠的提案", "排洪", "關於疏浚城西[排洪]渠的提案"},
		{"关于重建校舍的提案", "chongjian", "关于[重建]校舍的提案"},
		{"关于重建校舍的提案", "xyz", "关于重建校舍的提案"},
		{"", "x", ""},
	} {
		var b strings.Builder
		for _, s := range Point(x.text, x.typed) {
			if s.Hit {
				s.Text = "[" + s.Text + "]"
			}
			b.WriteString(s.Text)
		}
		if b.String() != x.want {
			t.Errorf("%s: %s", x.typed, b.String())
		}
	}
}

// Whoever types a piece of a text in characters, in pinyin or by initials is
// shown it, whichever of the usual readings they take.
func TestSoughtIsShown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]rune("重行长单会区大解吕张三水利局排洪渠校舍乐")), 2, 12).Draw(t, "text")
		from := rapid.IntRange(0, len(text)-2).Draw(t, "from")
		to := rapid.IntRange(from+2, len(text)).Draw(t, "to")
		way := rapid.IntRange(0, 2).Draw(t, "way")
		var typed strings.Builder
		for _, r := range text[from:to] {
			said := readings(r)[0]
			typed.WriteString([]string{string(r), said, said[:1]}[way])
		}
		if !shows(string(text), typed.String()) {
			t.Fatalf("%s does not show for %s", string(text), typed.String())
		}
		if _, _, ok := Said(string(text), typed.String()); !ok {
			t.Fatalf("%s does not mean %s", typed.String(), string(text))
		}
	})
}

func FuzzSought(f *testing.F) {
	f.Add("张三", "zhang")
	f.Add("5G", "%_!5")
	f.Fuzz(func(t *testing.T, text, typed string) {
		if len(Sought(typed)) > mostWays {
			t.Fatal("too many ways")
		}
		Said(text, typed)
		Starts(text, true)
	})
}
