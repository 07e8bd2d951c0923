package intake

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"shangliang/internal/errs"
)

// zipped makes a zip of names and contents.
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, parts[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wordFile makes a Word file of paragraphs.
func wordFile(t testing.TB, paragraphs ...string) []byte {
	var body strings.Builder
	for _, p := range paragraphs {
		body.WriteString("<w:p><w:r><w:t>" + p + "</w:t></w:r></w:p>")
	}
	return zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml",
		`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body.String()+`</w:body></w:document>`)
}

// pdfFile makes a PDF of lines, in the national encoding.
func pdfFile(t testing.TB, lines ...string) []byte {
	content := "BT /F 12 Tf 14 TL 50 700 Td "
	for _, l := range lines {
		content += fmt.Sprintf("<%X> Tj T* ", encode(t, simplifiedchinese.GBK, l))
	}
	content += "ET"
	return []byte("%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Kids [3 0 R] /Resources << /Font << /F 4 0 R >> >> >> endobj\n" +
		"3 0 obj << /Type /Page /Contents 5 0 R >> endobj\n4 0 obj << /Subtype /Type0 /Encoding /GBK-EUC-H /DescendantFonts [<< /DW 1000 >>] >> endobj\n" +
		fmt.Sprintf("5 0 obj << /Length %d >>\nstream\n%s\nendstream endobj\n", len(content), content) + "trailer << /Root 1 0 R >>\n%%EOF\n")
}

const webPage = `<!DOCTYPE html><html><head><meta charset="gb2312"><title>不看</title><style>p{}</style></head><body>
<nav><ul><li><a href=/>首页</a></li><li><a href=/x>新闻</a></li></ul></nav>
<div class=where>您的位置：<a href=/>首页</a> &gt; <a>要闻</a></div>
<h1>松溪县政协2025年工作综述</h1><div>来源：本站 浏览：31次</div>
<p>　　一年来，县政协常委会认真履行职能，全年召开主席会议<b>12</b>次，组织
专题调研9项，取得新的成效。</p><p>收到提案107件，<span style="display: none">看不见</span>立案97件，办复率&nbsp;100%，委员表示满意。
<p>图为委员在田间调研</p>
<table><tr><td>指标</td><td>数量</td></tr><tr><td>提案</td><td>97</td></tr></table>
<script>var x = "<p>不是正文，也不该在这里。</p>"</script>
<div><a href=/1>县政协召开常委会会议，部署下一年工作。</a></div>
<footer>版权所有，某某县政协办公室。</footer></body></html>`

func TestOpenKinds(t *testing.T) {
	a, b := "一年来，县政协常委会认真履行职能，全年召开主席会议12次。", "收到提案107件，立案97件，办复率100%，委员表示满意。"
	for _, c := range []struct {
		name string
		data []byte
		kind Kind
		text string // what the clean text must be
	}{
		{"a.txt", []byte(a + "\n" + b), TXT, a + "\n" + b},
		{"a.docx", wordFile(t, a, b), DOCX, a + "\n" + b},
		{"报告", wordFile(t, a, b), DOCX, a + "\n" + b},
		{"a.pdf", pdfFile(t, a, b), PDF, a + "\n" + b},
		{"a.PDF", pdfFile(t, a, "收到提案107件，立案97件，办复", "率100%，委员表示满意。"), PDF, a + "\n" + b},
		{"a.html", encode(t, simplifiedchinese.GBK, webPage), HTML, "松溪县政协2025年工作综述\n" +
			"一年来，县政协常委会认真履行职能，全年召开主席会议12次，组织专题调研9项，取得新的成效。\n收到提案107件，立案97件，办复率100%，委员表示满意。"},
		{"a.shtml", []byte("<div><p>" + a + "</p><p>" + b + "</div>"), HTML, a + "\n" + b},
	} {
		src := open(t, c.name, c.data)
		text := Mend(src)
		check(t, src, text)
		if src.Kind != c.kind || text.Clean != c.text {
			t.Errorf("%s: %s\n got %q\nwant %q\n of %q", c.name, src.Kind, text.Clean, c.text, src.Text)
		}
	}
	src := open(t, "a.html", []byte(webPage))
	for _, never := range []string{"不看", "看不见", "不是正文"} {
		if strings.Contains(src.Text, never) {
			t.Errorf("%q is not visible", never)
		}
	}
}

func TestOpenRefusesFiles(t *testing.T) {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	whole := wordFile(t, strings.Repeat("全年召开主席会议12次。", 50))
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"a.docx", picture.Bytes(), ".png"},
		{"a.txt", picture.Bytes(), "png"},
		{"a.docx", whole[:len(whole)/2], "损坏"},
		{"a.docx", zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>", "word/media/x", strings.Repeat("\x00", 60<<20)), "过大"},
		{"a.docx", zipped(t, "a.txt", "x"), "压缩包"},
		{"a.docx", zipped(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>"), "没有文字"},
		{"a.xlsx", zipped(t, "[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook/>"), "不能当作报告"},
		{"a.doc", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and no more"), "损坏"},
		{"a.rtf", []byte(`{\rtf1 text}`), ".rtf"},
		{"a.pdf", []byte("not one"), ".txt"},
		{"a.pdf", []byte("%PDF-1.4\n%%EOF"), "没有找到页面"},
		{"a.pdf", bytes.Replace(pdfFile(t, "一"), []byte("/Root"), []byte("/Encrypt 9 0 R /Root"), 1), "加密"},
		{"a.pdf", pdfFile(t), "扫描件"},
		{"a.html", []byte("<html><script>x</script></html>"), "没有文字"},
	} {
		_, err := Open(c.name, c.data)
		if err == nil || errs.KindOf(err) == errs.Internal || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s (%.20q): %v, want a message with %q", c.name, c.data, err, c.says)
		}
	}
}

// Whatever comes is opened or refused with a message, and every place of a clean
// text lies in its original.
func FuzzOpen(f *testing.F) {
	f.Add("a.txt", []byte(report))
	f.Add("a.txt", []byte("首页\n县政协(xié)委员,,提交提案９7件?！对谑袇^&nbsp;\"好\" 全\n年召开會議12次。\r\n鏀垮崗宸ヤ綔\u00ad鎶ュ憡"))
	f.Add("a.txt", encode(f, simplifiedchinese.GBK, report))
	f.Add("a.html", []byte(webPage))
	f.Add("a.html", []byte("<p>一<table><td>二<td>三<li>四<pre>五\n六</pre><a>七</a><svg>八<nav>九"))
	f.Add("a.docx", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		src, err := Open(name, data)
		if err != nil {
			if errs.KindOf(err) == errs.Internal {
				t.Errorf("no message for the person: %v", err)
			}
			return
		}
		check(t, src, Mend(src))
	})
}
