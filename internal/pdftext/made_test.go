package pdftext

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// paragraphs are what the programs are given to print.
var paragraphs = []string{
	"松溪县政协2025年工作综述",
	"一年来，县政协常委会认真履行职能，全年召开常委会会议4次、主席会议11次，组织专题调研9项，形成调研报告9篇，提出意见建议86条，其中41条被有关部门采纳，受到县委、县政府的充分肯定。",
	"九届三次会议以来共收到提案142件，经审查立案128件，交由37个承办单位办理，办复率100%，委员满意率96.9%。捐款捐物46.5万元，“三送三帮”行动惠及563户。",
}

// webPage is a web page of the paragraphs.
func webPage() string {
	return `<!doctype html><html lang="zh"><meta charset="utf-8"><title>x</title><body><h1>` + paragraphs[0] +
		"</h1><p style='text-indent:2em'>" + paragraphs[1] + "</p><p style='text-indent:2em'>" + paragraphs[2] + "</p></body></html>"
}

// run starts a program that makes a PDF of the page; the test is left out where
// there is none.
func run(t *testing.T, program []string, args func(dir, page string) []string) []byte {
	t.Helper()
	path := ""
	for _, p := range program {
		if found, err := exec.LookPath(p); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skipf("no %s", program[0])
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.html")
	if err := os.WriteFile(file, []byte(webPage()), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(path, args(dir, file)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	b, err := os.ReadFile(filepath.Join(dir, "a.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compare looks that each paragraph is in the text, whatever lines it has.
func compare(t *testing.T, b []byte) {
	t.Helper()
	got, err := Read(b)
	if err != nil {
		t.Fatal(err)
	}
	flat := strings.NewReplacer("\n", "", "\u3000", "", " ", "").Replace(got)
	for _, p := range paragraphs {
		if !strings.Contains(flat, p) {
			t.Errorf("%q is not in\n%s", p, got)
		}
	}
	if strings.Count(got, "\n") < 4 || strings.Count(got, "\u3000\u3000") < 2 {
		t.Errorf("lines or indentations are missing:\n%s", got)
	}
}

func TestChromium(t *testing.T) { compare(t, chromiumMakes(t)) }

func TestLibreOffice(t *testing.T) { compare(t, libreOfficeMakes(t)) }

func chromiumMakes(t *testing.T) []byte {
	return run(t, []string{"chromium", "chromium-browser", "google-chrome"}, func(dir, page string) []string {
		return []string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + dir, "--print-to-pdf=" + filepath.Join(dir, "a.pdf"), "file://" + page}
	})
}

func libreOfficeMakes(t *testing.T) []byte {
	var body strings.Builder
	for i, p := range paragraphs {
		look := `<w:pPr><w:ind w:firstLineChars="200" w:firstLine="480"/></w:pPr>`
		if i == 0 {
			look = `<w:pPr><w:jc w:val="center"/></w:pPr>`
		}
		body.WriteString("<w:p>" + look + `<w:r><w:rPr><w:sz w:val="24"/></w:rPr><w:t>` + p + "</w:t></w:r></w:p>")
	}
	var word bytes.Buffer
	z := zip.NewWriter(&word)
	for name, content := range map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
		"_rels/.rels":         `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
		"word/document.xml":   `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body.String() + "</w:body></w:document>",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, content)
	}
	z.Close()
	return run(t, []string{"soffice"}, func(dir, _ string) []string {
		file := filepath.Join(dir, "a.docx")
		if err := os.WriteFile(file, word.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"-env:UserInstallation=file://" + dir + "/profile", "--headless", "--convert-to", "pdf", "--outdir", dir, file}
	})
}
