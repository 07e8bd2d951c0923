package report

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/errs"
	"shangliang/internal/reader"
)

func TestReadKnown(t *testing.T) {
	x := excelize.NewFile()
	defer x.Close()
	for i, row := range [][]any{{"指标", "数值", "单位", "分类", "上年"}, {"立案提案", 128, "件", "", 133}, {"social_opinion_reported", "1,145", "篇", "recipient=省政协", ""}, {"proposal_reply_rate", "96.9%", "", "", ""}} {
		if err := x.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row); err != nil {
			t.Fatal(err)
		}
	}
	xlsx, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"a.xlsx": xlsx.Bytes(),
		"a.csv":  []byte("指标,数值,单位,分类,上年\n立案提案,128,件,,133\nsocial_opinion_reported,\"1,145\",篇,recipient=省政协,\nproposal_reply_rate,96.9%,,,\n"),
		"a.json": []byte(`[{"metric":"立案提案","value":128,"unit":"件","last":133},{"metric":"social_opinion_reported","value":1145,"unit":"篇","dims":{"recipient":"省政协"}},{"metric":"proposal_reply_rate","value":96.9,"unit":"%"}]`),
	} {
		got, err := ReadKnown(name, data)
		if err != nil || len(got) != 3 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if got[0].Metric != "proposals_filed" || got[0].Last == nil || *got[0].Last != 133 || got[1].Value != 1145 || got[1].Dims["recipient"] != "省政协" || got[2].Value != 96.9 || got[2].Unit != "%" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for says, data := range map[string]string{
		"第 2 行的指标": "指标,数值\n没有的指标,1\n",
		"不是数字":     "指标,数值\n立案提案,许多\n",
		"level=":   "指标,数值,分类\n立案提案,1,省\n",
	} {
		if _, err := ReadKnown("a.csv", []byte(data)); err == nil || errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	if _, err := ReadKnown("a.json", []byte("{}")); !errs.Is(err, errs.Invalid) {
		t.Errorf("%v", err)
	}
}

// wordDraft is the draft with two errors in it, as a Word file whose runs end in
// the middle of a number.
func wordDraft(t *testing.T) []byte {
	t.Helper()
	text := strings.NewReplacer("立案128件", "立案182件", "主席会议12次", "主席会议11次").Replace(draft)
	var body strings.Builder
	for line := range strings.Lines(text) {
		body.WriteString("<w:p>")
		for i, part := range strings.SplitAfter(strings.TrimSpace(line), "1") {
			look := ""
			if i%2 == 1 {
				look = "<w:rPr><w:b/></w:rPr>"
			}
			body.WriteString("<w:r>" + look + "<w:t>" + part + "</w:t></w:r>")
		}
		body.WriteString("</w:p>")
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body.String() + `</w:body></w:document>`},
	} {
		w, err := z.Create(p[0])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, p[1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A Word draft comes back with a comment on each wrong number, and LibreOffice,
// where it is installed, finds them.
func TestAnnotate(t *testing.T) {
	data := wordDraft(t)
	r, err := reader.ReadDraft("a.docx", data)
	if err != nil {
		t.Fatal(err)
	}
	result := Check(r, known())
	if result.Wrong() != 2 || result.Counts[LastYear] != 1 || result.Counts[Differs] != 1 {
		t.Fatalf("%v", result.Counts)
	}
	out, err := result.Annotate(context.Background(), data, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(mustRead(t, "a.txt", []byte(draft)), nil).Annotate(context.Background(), []byte(draft), time.Now()); !errs.Is(err, errs.Invalid) {
		t.Errorf("a text file got comments: %v", err)
	}
	again := mustRead(t, "a.docx", out)
	if again.Source.Text != r.Source.Text {
		t.Error("the text changed")
	}
	z, err := zip.NewReader(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	marked := map[string]string{}
	id, inText := "", false
	for d := xml.NewDecoder(b); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "t"
			switch e.Name.Local {
			case "commentRangeStart":
				id = e.Attr[0].Value
			case "commentRangeEnd":
				id = ""
			}
		case xml.CharData:
			if id != "" && inText {
				marked[id] += string(e)
			}
		}
	}
	if len(marked) != 2 || marked["0"] != "11次" || marked["1"] != "182件" {
		t.Errorf("the comments stand at %q", marked)
	}
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Log("no soffice: LibreOffice was not asked")
		return
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.docx")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "fodt", "--outdir", dir, file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	odt, err := os.ReadFile(filepath.Join(dir, "a.fodt"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(odt, []byte("<office:annotation ")); n != 2 || !bytes.Contains(odt, []byte("这是上年的数，今年为12次")) {
		t.Errorf("LibreOffice finds %d comments", n)
	}
}

func mustRead(t *testing.T, name string, data []byte) *reader.Report {
	t.Helper()
	r, err := reader.ReadDraft(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPrint(t *testing.T) {
	result := Check(mustRead(t, "a.txt", []byte(strings.Replace(draft, "立案128件", "立案182件", 1))), known())
	var b bytes.Buffer
	if err := result.Print(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"立案182件〔✗1〕", "主席会议12次〔✓〕", "3100余人次〔≈〕", "应为128件", "要改 1"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := result.PrintJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Findings) != len(result.Findings) || back.Counts[Differs] != 1 {
		t.Errorf("%v: %s", err, b.String())
	}
}
