package intake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"shangliang/internal/han"
)

// kinds lists the kinds of repairs of a text, each once.
func kinds(text Text) (all []RepairKind) {
	for _, r := range text.Repairs {
		if !slices.Contains(all, r.Kind) {
			all = append(all, r.Kind)
		}
	}
	return all
}

// Each kind of damage, what becomes of it, and where a word of it came from.
func TestMend(t *testing.T) {
	const tail = "。以上工作得到市委的充分肯定，也受到各界群众的普遍欢迎。"
	for _, c := range []struct {
		name, damaged, clean string
		word, was            string // a stretch of the clean text and the original of it
		kind                 RepairKind
	}{
		{"sound", "全年召开主席会议12次，立案提案97件", "全年召开主席会议12次，立案提案97件", "12次", "12次", ""},
		{"width", "全年召开主席会议１２次，办复率１００％", "全年召开主席会议12次，办复率100%", "12次", "１２次", Width},
		{"decimal", "捐款２３．７３万元，资助学生四十二名", "捐款23.73万元，资助学生四十二名", "23.73万元", "２３．７３万元", Width},
		{"invisible", "立案提\u200b案9\u00ad7件，办\ufeff复率为百分之百", "立案提案97件，办复率为百分之百", "提案97件", "提\u200b案9\u00ad7件", Invisible},
		{"entity", "出版&ldquo;文史&rdquo;丛书3辑&nbsp;，征集史料&#50;0篇", "出版“文史”丛书3辑，征集史料20篇", "20篇", "&#50;0篇", Entity},
		{"blanks", "共收到提案　107 件 ，立案 97 件", "共收到提案107件，立案97件", "提案107件", "提案　107 件", Spacing},
		{"spaced out", "政 协 委 员 提 交 提 案 9 7 件，均已办复", "政协委员提交提案9 7件，均已办复", "提交提案", "提 交 提 案", Spacing},
		{"quotes", "开展 \"走进委员\" 活动3次，举办 \"委员讲堂\" 5期", "开展“走进委员”活动3次，举办“委员讲堂”5期", "“委员讲堂”5期", "\"委员讲堂\" 5期", Quotes},
		{"doubled", "开展调研10次,、视察4次,，协商6次，，评议2次", "开展调研10次、视察4次，协商6次，评议2次", "10次、视察", "10次,、视察", Doubled},
		{"pinyin", "政协(xié)委员提交提案(àn)325件，办(bàn)复率百分之百", "政协委员提交提案325件，办复率百分之百", "提案325件", "提案(àn)325件", Pinyin},
		{"a broken line", "全年召开主席会议12次，\n立案提案97件", "全年召开主席会议12次，立案提案97件", "会议12次，立案", "会议12次，\n立案", Joined},
		{"a broken number", "我们全年召开各类会议，审议事项，共收到提案1\n07件，立案97件", "我们全年召开各类会议，审议事项，共收到提案107件，立案97件", "提案107件", "提案1\n07件", Joined},
		{"traditional", "全年召開主席會議12次，辦復率達到百分之百，委員們表示滿意", "全年召开主席会议12次，办复率达到百分之百，委员们表示满意", "主席会议", "主席會議", Simplified},
	} {
		if c.kind == Simplified && !han.Ready() {
			continue
		}
		src := open(t, "a.txt", []byte(c.damaged+tail+"\n"))
		text := Mend(src)
		check(t, src, text)
		if want := c.clean + tail; text.Clean != want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, text.Clean, want)
			continue
		}
		if c.kind != "" && !slices.Contains(kinds(text), c.kind) || c.kind == "" && len(text.Repairs) > 0 {
			t.Errorf("%s: repairs %+v", c.name, text.Repairs)
		}
		start := utf8.RuneCountInString(c.clean[:strings.Index(c.clean, c.word)])
		from, to := text.Original(start, start+utf8.RuneCountInString(c.word))
		if got := string([]rune(src.Text)[from:to]); got != c.was {
			t.Errorf("%s: %q comes from %q, want %q", c.name, c.word, got, c.was)
		}
	}
}

// A report as it was crawled, with the page around it.
func TestBody(t *testing.T) {
	page := "首页 > 要闻 >\n\n松溪县政协2023年工作综述\n\n发布时间:2024-01-09  来源:本站  浏览:318次\n【字体:大 中 小】\n打印\n\n松溪县政协2023年工作综述\n\n" +
		"一、建言资政\n\n" + report + "县政协主席带队视察重点项目建设\n\n二、民主监督\n\n" + report +
		"图为委员在田间调研\n\n- 2 -\n\n责任编辑:某某\n上一篇:县政协召开常委会会议\n下一篇:没有了\n相关新闻\n县委召开全会\nCopyright © 2024 版权所有 某ICP备00000000号\n"
	src := open(t, "a.txt", []byte(page))
	text := Mend(src)
	check(t, src, text)
	want := "松溪县政协2023年工作综述\n一、建言资政\n" + report + "二、民主监督\n" + strings.TrimSpace(report)
	if text.Clean != want {
		t.Errorf("got\n%s\nwant\n%s", text.Clean, want)
	}
	var got []OutsideKind
	for _, o := range text.Outside {
		if !slices.Contains(got, o.Kind) {
			got = append(got, o.Kind)
		}
	}
	for _, k := range []OutsideKind{Menu, Caption, Footer} {
		if !slices.Contains(got, k) {
			t.Errorf("nothing is called %s: %+v", k, text.Outside)
		}
	}
}

// Lines filled to one width become paragraphs again, whatever the width.
func TestWrapped(t *testing.T) {
	for _, width := range []int{18, 24, 31, 40, 57} {
		var b strings.Builder
		for para := range strings.Lines(report) {
			r := []rune("　　" + strings.TrimSpace(para))
			for len(r) > width {
				b.WriteString(string(r[:width]) + "\n")
				r = r[width:]
			}
			b.WriteString(string(r) + "\n")
		}
		src := open(t, "a.txt", []byte(b.String()))
		text := Mend(src)
		check(t, src, text)
		if text.Clean != strings.TrimSpace(report) {
			t.Errorf("width %d:\n%s", width, text.Clean)
		}
	}
}

// The published reports that lie beside the repository, where they do.
func TestSeeds(t *testing.T) {
	files, _ := filepath.Glob("../../../../shared/seeds/*.txt")
	if len(files) == 0 {
		t.Skip("no published reports beside the repository")
	}
	var sources []Source
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		src := open(t, f, b)
		check(t, src, Mend(src))
		sources = append(sources, src)
	}
	start := time.Now()
	for _, src := range sources {
		Mend(src)
	}
	t.Log(time.Since(start))
}

func BenchmarkMend(b *testing.B) {
	src := open(b, "a.txt", []byte(strings.Repeat(report, 200)))
	b.SetBytes(int64(len(src.Text)))
	for b.Loop() {
		Mend(src)
	}
}
