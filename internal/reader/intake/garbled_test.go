package intake

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shangliang/internal/han"
)

// report is how a fictional county sums its year up.
const report = `一年来，县政协常委会在中共松溪县委的坚强领导下，认真履行职能，各项工作取得新的成效。全年召开常委会会议4次、主席会议11次，组织专题调研9项，形成调研报告9篇，提出意见建议86条，其中41条被有关部门采纳。
坚持把提案工作摆在突出位置，九届三次会议以来共收到提案142件，经审查立案128件，交由37个承办单位办理，办复率100%，委员满意率96.9%。主席会议成员领衔督办重点提案8件，推动解决了老城区停车难、农村饮水安全等一批群众关心的问题。
认真反映社情民意，向省、市政协报送信息73篇，采用19篇。组织委员开展走访慰问活动，捐款捐物46.5万元，资助困难学生52名，协调解决就业岗位210个，受到群众普遍欢迎。
加强与各民主党派、工商联和无党派人士的联系，广泛听取意见，凝聚各方面的智慧和力量。征集文史资料35篇，编辑出版《松溪文史》第十二辑。修订完善工作制度14项，机关作风进一步改进，服务保障水平不断提高。
`

// userDefined reports whether two bytes are of the areas that the standard
// leaves to its users: pages lose such characters without a trace.
func userDefined(hi, lo byte) bool {
	switch {
	case 0xAA <= hi && hi <= 0xAF, 0xF8 <= hi && hi <= 0xFE:
		return lo >= 0xA1 && lo <= 0xFE
	case 0xA1 <= hi && hi <= 0xA7:
		return lo >= 0x40 && lo <= 0xA0 && lo != 0x7F
	}
	return false
}

// asPagesRead decodes as pages do that were put together byte by byte: what is
// no character becomes ?, characters of the users' area go without a trace.
func asPagesRead(b []byte) string {
	t := gbkTable()
	var s strings.Builder
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] < 0x80:
			s.WriteByte(b[i])
		case i+1 == len(b):
			s.WriteByte('?')
		case t.char[b[i]][b[i+1]] != 0:
			s.WriteRune(t.char[b[i]][b[i+1]])
			i++
		case userDefined(b[i], b[i+1]):
			i++
		default:
			s.WriteByte('?')
		}
	}
	return s.String()
}

// Bytes are taken out of or put into the text of a report at every fifth
// character. What is called proved must be right, and most of what was out of
// step must come back.
func TestOutOfStep(t *testing.T) {
	for _, script := range []struct {
		name string
		text string
	}{{"simplified", report}, {"traditional", han.Traditional(report)}} {
		text := []rune(script.text)
		if script.name == "traditional" && !han.Ready() {
			t.Log("no conversion tables: the Traditional half is left out")
			continue
		}
		damages, wrong, proved, chars, back := 0, 0, 0, 0, 0
		for at := 3; at < len(text)-10; at += 5 {
			if text[at] < 0x4E00 {
				continue
			}
			var b []byte
			for i, r := range text {
				hi, lo, ok := gbkTable().of(r)
				switch {
				case !ok:
					b = append(b, byte(r))
				case i == at && at%2 == 0: // a comma was put in front of its second byte
					b = append(b, hi, ',', lo)
				case i == at: // its second byte was lost
					b = append(b, hi)
				default:
					b = append(b, hi, lo)
				}
			}
			damaged := asPagesRead(b)
			damaged = strings.ReplaceAll(damaged, "?,", "?") // the comma went with the lost byte
			first, last := differ([]rune(damaged), text)
			if last-first < 3 {
				continue
			}
			damages++
			src := open(t, "a.txt", []byte(damaged))
			w := begin(src.Text)
			w.ungarble(nil)
			// How much of what was out of step is right again?
			f2, l2 := differ(w.r, text)
			chars += last - first
			back += last - first - min(l2-f2, last-first)
			for _, r := range w.repairs {
				if r.Proved {
					proved++
					if !strings.Contains(script.text, r.Became) {
						wrong++
						t.Logf("%q became %q, at %q", r.Was, r.Became, string(text[at-3:min(at+12, len(text))]))
					}
				}
			}
		}
		t.Logf("%s: %d stretches, %d of %d characters back; %d repairs called proved, %d of them wrong", script.name, damages, back, chars, proved, wrong)
		if damages < 40 || wrong*15 > proved || back*2 < chars {
			t.Errorf("%s: too little is repaired, or too much is called proved", script.name)
		}
	}
}

// differ returns the stretch of b outside of which a is the same.
func differ(a, b []rune) (first, last int) {
	for first < len(a) && first < len(b) && a[first] == b[first] {
		first++
	}
	n := 0
	for n < len(a)-first && n < len(b)-first && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return first, len(b) - n
}

// An undamaged text has nothing to repair.
func TestSoundTextStays(t *testing.T) {
	for _, text := range []string{report, han.Traditional(report),
		"站在新的起点，我们以什么样的状态开局?以什么样的劲头起跑?答案是实干。\n",
		"真的吗?!不会吧?是的，罗翙、龚翀、王犇、李喆、张燚五位委员都来了。\n",
		"犇羴鱻麤等生僻字书法展展出作品86幅，饕餮纹、夔龙纹青铜器12件。\n",
	} {
		src := open(t, "a.txt", []byte(text))
		w := begin(src.Text)
		w.ungarble(nil)
		if len(w.repairs) > 0 {
			t.Errorf("repaired what was sound: %+v", w.repairs)
		}
	}
}

// Stretches that were decoded in another encoding than they were in.
func TestMisread(t *testing.T) {
	part := "全年召开常委会会议"
	utf8AsGBK, err := simplifiedchinese.GB18030.NewDecoder().String(part + "四次的")
	if err != nil {
		t.Fatal(err)
	}
	latin := func(b []byte) string {
		s, err := charmap.ISO8859_1.NewDecoder().Bytes(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(s)
	}
	gbk := encode(t, simplifiedchinese.GBK, part+"四次的")
	for name, garbled := range map[string]string{
		"UTF-8 as GBK":    utf8AsGBK,
		"GBK as Latin-1":  latin(gbk),
		"UTF-8 as Latin1": latin([]byte(part + "四次的")),
	} {
		text := strings.Replace(report, "其中41条", garbled+"，其中41条", 1)
		want := strings.Replace(report, "其中41条", part+"四次的，其中41条", 1)
		src := open(t, "a.txt", []byte(text))
		w := begin(src.Text)
		w.ungarble(nil)
		same := len(w.r) == utf8.RuneCountInString(want)
		for i, r := range []rune(want) {
			same = same && (w.r[i] == r || w.r[i] == gapMark && name == "UTF-8 as GBK")
		}
		if !same || len(w.repairs) == 0 {
			t.Errorf("%s: %q became %+v", name, garbled, w.repairs)
		}
		text2 := w.text()
		check(t, src, text2)
		// A word of the repaired stretch leads to the bytes that it came from.
		start := utf8.RuneCountInString(want[:strings.Index(want, "四次的")])
		from, to := text2.Original(start, start+2)
		if was := string([]rune(src.Text)[from:to]); utf8.RuneCountInString(was) < 2 || !strings.Contains(garbled, was) {
			t.Errorf("%s: its word comes from %q", name, was)
		}
	}
}

// Text that is nothing but damage takes no longer than it should.
func TestHostile(t *testing.T) {
	for name, text := range map[string]string{
		"signs":      strings.Repeat("?狈", 200_000),
		"rare":       strings.Repeat("狈袇鎏厣犇", 200_000),
		"misread":    strings.Repeat("鏀垮崗", 300_000),
		"latin":      strings.Repeat("ÕþÐ\u00ad", 300_000),
		"pinyin":     strings.Repeat("協(xié)", 200_000),
		"lines":      strings.Repeat("一\n", 250_000),
		"one line":   strings.Repeat("政协,", 500_000),
		"quotes":     "字" + strings.Repeat("\" ", 250_000),
		"entities":   strings.Repeat("&amp;", 300_000),
		"unreadable": strings.Repeat("\uFFFD字", 2_000) + strings.Repeat("字", 300_000),
	} {
		start := time.Now()
		src, err := Open("a.txt", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		Mend(src)
		if d := time.Since(start); d > 15*time.Second {
			t.Errorf("%s took %v", name, d)
		} else {
			t.Log(name, d)
		}
	}
}
