package reader

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

const sample = `青川县政协2021年工作综述

2021年，政协青川县委员会认真履行职能。全年收到提案120件，经审查立案100件，立案率85%，办复率100%，满意率98%。社情民意信息报送90篇，其中向省政协报送30篇、向市政协报送60篇，被市政协采用40篇。

一、提案工作
县政协九届五次会议以来，立案提案100件，其中委员提案70件、集体提案30件，办复率为99%。走访东山、西河、南坪、北关等3家承办单位。

二、2022年工作安排
计划召开专题协商会6次。
`

func TestRead(t *testing.T) {
	r, err := Read("a.txt", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if r.Place != "青川县" || r.Body != "政协青川县委员会" || r.Level != "county" || r.Period != "2021" {
		t.Errorf("place %q, body %q, level %q, period %q", r.Place, r.Body, r.Level, r.Period)
	}
	if len(r.Figures) < 15 {
		t.Errorf("%d figures", len(r.Figures))
	}
	original := []rune(r.Source.Text)
	for _, f := range r.Figures {
		if string(original[f.Start:f.End]) != f.Quote {
			t.Errorf("%q is not at %d–%d", f.Quote, f.Start, f.End)
		}
	}
	if last := r.Figures[len(r.Figures)-1]; last.Kind != "plan" || last.Metric != "consultation_meetings_held" {
		t.Errorf("the plan was read as %+v", last)
	}
}

// TestRelations asks for each kind of relation, and that the four planted errors
// are what does not hold.
func TestRelations(t *testing.T) {
	r, err := Read("a.txt", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	kinds := map[string]bool{}
	for _, x := range r.Relations {
		kinds[x.Kind] = true
		if x.Says == "" || len(x.Figures) == 0 {
			t.Errorf("a relation says nothing: %+v", x)
		}
		if !x.Holds {
			wrong = append(wrong, x.Kind+": "+x.Says)
		}
	}
	for _, k := range []string{"sum", "subset", "rate", "repeat", "list"} {
		if !kinds[k] {
			t.Errorf("no %s was found", k)
		}
	}
	want := []string{"list: 点名列出4个，总数是3家", "repeat: 办复率两处分别为100%和99%", "rate: 立案率85%：100件÷120件＝83.33%"}
	if strings.Join(wrong, "\n") != strings.Join(want, "\n") {
		t.Errorf("what does not hold:\n%s\nwant:\n%s", strings.Join(wrong, "\n"), strings.Join(want, "\n"))
	}
}

func TestPrint(t *testing.T) {
	r, err := Read("a.txt", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Print(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"收到提案120件[1]", "[1]\t已完成\t提交提案\t120件", "对不上的地方：", "3处对不上"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	// What a person sees of the sample, as a whole: -update writes it anew.
	const golden = "testdata/sample.golden"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%v: the printed report differs from %s:\n%s", err, golden, out.String())
	}
	out.Reset()
	if err := PrintJSON(&out, []*Report{r}); err != nil {
		t.Fatal(err)
	}
	var back []struct {
		File, Body, Level, Period string
		Figures                   []map[string]any
		Relations                 []map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || len(back) != 1 || len(back[0].Figures) != len(r.Figures) {
		t.Fatal(err, out.String())
	}
	for _, key := range []string{"quote", "start", "end", "value", "unit", "bound", "period", "kind", "figure", "metric", "dims", "confidence"} {
		if _, ok := back[0].Figures[0][key]; !ok {
			t.Errorf("the JSON of a figure has no %q", key)
		}
	}
}

// TestOthers reads texts of others, which have no figures of a committee.
func TestOthers(t *testing.T) {
	for _, text := range []string{
		"全县统计公报\n全年地区生产总值312亿元，办理人大代表建议125件、政协委员提案98件，办复率100%。",
		"某某公司召开年会，全年销售额3亿元，捐款120万元，资助学生50名。",
		"从前有座山，山上有三座庙，庙里有12个和尚。",
	} {
		r, err := Read("a.txt", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if r.Body != "" || len(r.Figures) != 0 {
			t.Errorf("%s: body %q, %d figures", text, r.Body, len(r.Figures))
		}
	}
}

// FuzzRead asks of any file that figures are where they say they are.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("县政协 社情民意 立案\n12\n件\n" + sample[:300]))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read("a.txt", data)
		if err != nil {
			return
		}
		n := utf8.RuneCountInString(r.Source.Text)
		original := []rune(r.Source.Text)
		for _, x := range r.Figures {
			if x.Start < 0 || x.End < x.Start || x.End > n || string(original[x.Start:x.End]) != x.Quote {
				t.Fatalf("%q at %d–%d of %d", x.Quote, x.Start, x.End, n)
			}
		}
		for _, x := range r.Relations {
			for _, i := range x.Figures {
				if i < 0 || i >= len(r.Figures) {
					t.Fatalf("relation of figure %d of %d", i, len(r.Figures))
				}
			}
		}
	})
}

// Places in a page count its markup: what stands there begins and ends as the
// quote does, entities and tags inside.
func TestPlacesOfPage(t *testing.T) {
	page := "<!doctype html><html><head><title>松溪县政协</title><script>var n = 12;</script></head><body>\n<div class=nav><a href=/>首页</a></div>\n" +
		"<h1>政协松溪县委员会常务委员会工作报告</h1>\n<p>各位委员：县政协党组和政协机关围绕提案、社情民意、民主监督履职，委员们积极参与。</p>\n<p>一年来，&ldquo;提质&rdquo;行动扎实推进，共收到提案<b>128</b>件，立案&#49;06件。&amp;nbsp;召开主席会议&nbsp;<i>12次</i>。</p></body></html>"
	r, err := Read("page.html", []byte(page))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := PrintJSON(&out, []*Report{r}); err != nil {
		t.Fatal(err)
	}
	var all []struct{ Figures []Figure }
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	raw := []rune(page)
	want := []string{"提案<b>128</b>件", "立案&#49;06件", "召开主席会议&nbsp;<i>12次"}
	if len(all[0].Figures) != len(want) {
		t.Fatalf("read %+v", all[0].Figures)
	}
	for i, f := range all[0].Figures {
		if got := string(raw[f.Start:f.End]); !strings.HasSuffix(got, want[i]) || strings.Contains(f.Quote, "<") {
			t.Errorf("%s stands at %q, want %q", f.Quote, got, want[i])
		}
	}
}
