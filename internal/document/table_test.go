package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/errs"
)

var roster = []Column{
	{ID: "name", Title: "姓名", Aliases: []string{"委员姓名"}, Required: true, Max: 20},
	{ID: "born", Title: "出生日期", Aliases: []string{"出生年月日"}, Type: Date},
	{ID: "no", Title: "编号", Aliases: []string{"委员证号"}},
	{ID: "times", Title: "次数", Type: Int},
	{ID: "standing", Title: "是否常委", Type: Bool},
	{ID: "sector", Title: "界别", Type: Choice, Options: []Option{
		{Value: "education", Names: []string{"教育", "教育界"}},
		{Value: "health", Names: []string{"医药卫生", "医卫界"}},
		{Value: "economy", Names: []string{"经济"}},
	}},
	{ID: "groups", Title: "专委会", Type: Choice, Many: true, Options: []Option{
		{Value: "proposals", Names: []string{"提案委员会"}}, {Value: "law", Names: []string{"社会和法制委员会"}},
	}},
}

func openTable(t testing.TB, name string, b []byte) *Table {
	t.Helper()
	table, err := Open(name, bytes.NewReader(b), int64(len(b)), Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// rows writes what was read, a line each: line number, then the values of ids,
// a question mark before the values of a bad row.
func rowsText(records []Record, ids ...string) string {
	var b strings.Builder
	for _, r := range records {
		bad := ""
		if r.Bad {
			bad = "?"
		}
		fmt.Fprintf(&b, "%d%s", r.Line, bad)
		for _, id := range ids {
			b.WriteString(" " + r.Values[id])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func problemsText(ps []Problem) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%d %s %s: "+p.Msg+"\n", append([]any{p.Line, p.Cell, p.Column}, p.Args...)...)
	}
	return b.String()
}

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("%s:\n got\n%s\nwant\n%s", what, got, want)
	}
}

// A table as offices make them: a title over all columns, a header of two rows
// with merged cells, dates in every form, a value merged over two rows.
func TestReadXLSX(t *testing.T) {
	b := book(t, func(x *excelize.File) {
		x.SetSheetName("Sheet1", "委员名单")
		set := func(row int, cells ...any) {
			x.SetSheetRow("委员名单", fmt.Sprintf("A%d", row), &cells)
		}
		set(1, "临川区政协委员名单")
		x.MergeCell("委员名单", "A1", "G1")
		set(2, "制表：2018年3月")
		set(3, "委员\n姓名", "基本情况", nil, "界  别", "次 数（2018年）", "编 号", "备注")
		set(4, nil, "出生年月日", "是否常委")
		for _, c := range []string{"A3:A4", "D3:D4", "E3:E4", "F3:F4", "G3:G4", "B3:C3"} {
			from, to, _ := strings.Cut(c, ":")
			x.MergeCell("委员名单", from, to)
		}
		set(5, "张三", time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC), "是", "教育界", 3, "007")
		set(6, "李𠮷四", "1971年2月3号", "否", nil, "4", 7)
		x.MergeCell("委员名单", "D5", "D6")
		set(7, "王　五", 26330, true, "经济", 5.0, 123456789012)
		set(9, "欧阳六", "1973.4.5", "√", "医药卫生", "1,200", "E-1")
		zeros := "000"
		style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
		if err != nil {
			t.Fatal(err)
		}
		x.SetCellStyle("委员名单", "F6", "F6", style)
		short, err := x.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		x.SetCellStyle("委员名单", "B5", "B5", short)
		if _, err := x.NewSheet("字典"); err != nil {
			t.Fatal(err)
		}
		x.SetSheetRow("字典", "A1", &[]any{"姓名"})
	})
	table := openTable(t, "名单.xlsx", b)
	records, problems, err := table.Read(roster, "name")
	if err != nil {
		t.Fatal(err)
	}
	check(t, "problems", problemsText(problems), "")
	check(t, "rows", rowsText(records, "name", "born", "standing", "sector", "times", "no"), `
5 张三 1970-01-02 true education 3 007
6 李𠮷四 1971-02-03 false education 4 007
7 王　五 1972-02-01 true economy 5 123456789012
9 欧阳六 1973-04-05 true health 1200 E-1
`)
	if table.Sheet != "委员名单" || table.HeaderLine != 3 && table.HeaderLine != 4 || !slices.Contains(table.Unknown, "备注") {
		t.Errorf("sheet %q, header in line %d, unknown %q", table.Sheet, table.HeaderLine, table.Unknown)
	}
	if _, there := records[0].Values["groups"]; there {
		t.Error("a column that the file lacks has a value")
	}
}

func TestRead1904(t *testing.T) {
	b := book(t, func(x *excelize.File) {
		on := true
		if err := x.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on}); err != nil {
			t.Fatal(err)
		}
		x.SetSheetRow("Sheet1", "A1", &[]any{"姓名", "出生日期"})
		x.SetSheetRow("Sheet1", "A2", &[]any{"张三", 24107})
	})
	records, _, err := openTable(t, "a.xlsx", b).Read(roster)
	if err != nil || records[0].Values["born"] != "1970-01-01" {
		t.Errorf("%v, %v", records, err)
	}
}

func TestReadCSV(t *testing.T) {
	const plain = "姓名,出生日期,编号\n张三,1970-1-2,007\n\"李,四\",19710203,=\"008\"\n"
	const want = "2 张三 1970-01-02 007\n3 李,四 1971-02-03 008\n"
	le := func(s string) []byte {
		b := []byte{0xFF, 0xFE}
		for _, r := range s {
			b = append(b, byte(r), byte(r>>8))
		}
		return b
	}
	for name, b := range map[string][]byte{
		"UTF-8":       []byte(plain),
		"with a mark": []byte("\uFEFF" + plain),
		"GBK":         gbk(plain),
		"Windows":     gbk(strings.ReplaceAll(plain, "\n", "\r\n")),
		"tabs":        []byte("姓名\t出生日期\t编号\n张三\t1970-1-2\t007\n\"李,四\"\t19710203\t008\n"),
		"semicolons":  []byte("姓名;出生日期;编号\n张三;1970-1-2;007\n\"李,四\";19710203;008\n"),
		"UTF-16":      le(plain),
	} {
		records, problems, err := openTable(t, "a.csv", b).Read(roster)
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v, %v", name, problems, err)
			continue
		}
		check(t, name, rowsText(records, "name", "born", "no"), want)
	}
	records, _, err := openTable(t, "a.csv", []byte("sep=|\n名单|\n\n姓名|编号\n张三|'=1+1\n\n李四|'-x\n")).Read(roster)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "separator named", rowsText(records, "name", "no"), "5 张三 =1+1\n7 李四 -x\n")
}

func TestReadProblems(t *testing.T) {
	b := grid(t, [][]any{
		{"姓名*", "出生日期(YYYY-MM-DD)", "次数", "界别", "是否常委", "专委会", "编号"},
		{"张三", "2018-02-30", "三次", "教育课", "也许", "提案委员会、社会和法制委员会", "A1"},
		{"", "1970-01-02", 1.5, "火星", "是", "提案委员会，城建委员会", "A2"},
		{"张三", "3/4/70", 2, "经济", "否", "", "#REF!"},
		{strings.Repeat("长", 21), "1970年1月", 2, "经济", "否", "", 110101199001011234.0},
		{"李四", 1970, "", "", "", "", ""},
		{"姓名*", "出生日期(YYYY-MM-DD)", "次数", "界别", "是否常委", "专委会", "编号"},
		{"好人", "1970-01-02", 2, "经济", "否", "", "A3"},
		{"王五", "0970-01-02", 2, "经济", "否", "", "A4"},
	})
	records, problems, err := openTable(t, "a.xlsx", b).Read(roster, "name")
	if err != nil {
		t.Fatal(err)
	}
	check(t, "problems", problemsText(problems), `
2 B2 born: 日历上没有“2018-02-30”这一天
2 C2 times: “三次”不是整数，请只填数字
2 E2 standing: “也许”看不出是或否，请填“是”或“否”
2 D2 sector: 没有“教育课”这一项，是不是“教育”？
3 A3 name: “姓名”不能为空
3 C3 times: “1.5”不是整数，请只填数字
3 D3 sector: 没有“火星”这一项，可以填：教育、医药卫生、经济
3 F3 groups: 没有“城建委员会”这一项，是不是“提案委员会”？
4 B4 born: “3/4/70”分不清年月日的先后，请写成 2018-03-01 这样
4 G4 no: 这一格是公式错误 #REF!，请填写内容
4  name: 与第 2 行重复，请只留一行
5 A5 name: 有 21 个字，最多 20 个字
5 B5 born: “1970年1月”不是完整的日期，请写成 2018-03-01 这样
5 G5 no: 这一格是数字格式，末尾几位已经丢失，请设为文本格式后重新填写
6 B6 born: “1970”不是完整的日期，请写成 2018-03-01 这样
9 B9 born: “0970-01-02”的年份不对，请检查
`)
	check(t, "rows", rowsText(records, "name", "groups", "born"), `
2? 张三 proposals,law 2018-02-30
3?  提案委员会，城建委员会 1970-01-02
4? 张三  3/4/70
5? `+strings.Repeat("长", 21)+`  1970年1月
6? 李四  1970
8 好人  1970-01-02
9? 王五  0970-01-02
`)
}

func TestReadHeader(t *testing.T) {
	wanted := []Column{{ID: "name", Title: "姓名", Required: true}, {ID: "title", Title: "案由", Required: true}}
	// A required column is missing: it is named, and what is there is listed.
	records, problems, err := openTable(t, "a.csv", []byte("委员名单,,\n姓名,单位,电话\n张三,医院,1\n")).Read(wanted)
	if err != nil || !records[0].Bad {
		t.Fatal(records, err)
	}
	check(t, "problems", problemsText(problems), "2  title: 缺少“案由”这一列，请补上；表里现有：姓名、单位、电话\n")
	// The same column twice: only the one under its title is read.
	_, problems, err = openTable(t, "a.csv", []byte("委员姓名,姓名\n李四,张三\n")).Read(roster)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "problems", problemsText(problems), "1 A1 name: “姓名”和“委员姓名”是同一列，只读了前者\n")
	for text, says := range map[string]string{
		"单位,电话\n医院,1\n": "“姓名、案由”",
		"姓名,案由\n":       "第 1 行是表头",
	} {
		if _, _, err := openTable(t, "a.csv", []byte(text)).Read(wanted); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
	checked := []Column{{ID: "name", Title: "姓名", Check: func(v string) (string, []any) {
		if v == "张三" {
			return "“%s”已在名册中", []any{v}
		}
		return "", nil
	}}}
	_, problems, err = openTable(t, "a.csv", []byte("姓名\n李四\n张三\n")).Read(checked)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "problems", problemsText(problems), "3 A3 name: “张三”已在名册中\n")
}

func TestOpenRefuses(t *testing.T) {
	many := [][]any{{"姓名"}}
	for range 120 {
		many = append(many, []any{"张三"})
	}
	lim := Defaults()
	lim.Rows, lim.Columns = 50, 5
	for _, c := range []struct {
		name string
		body []byte
		says string
	}{
		{"a.xlsx", nil, errEmpty.Msg},
		{"a.csv", []byte("\n,,\n"), "没有内容"},
		{"a.xlsx", grid(t, nil), "没有内容"},
		{"a.xlsx", photo(t, 4, 4), ".jpg"},
		{"a.xlsx", []byte("姓名,性别\n"), ".txt"},
		{"a.csv", grid(t, many[:2]), ".xlsx"},
		{"a.xls", compoundFile(0, "", "Workbook"), ".xlsx"},
		{"a.xlsm", grid(t, many[:2]), errMacros.Msg},
		{"a.xlsx", compoundFile(0, "", "EncryptedPackage"), errEncrypted.Msg},
		{"a.xlsx", packed(types, part{"xl/workbook.xml", "x"}, part{"xl/vbaProject.bin", "x"}), errMacros.Msg},
		{"a.xlsx", packed(types, part{"xl/workbook.xml", "<workbook>"}), errDamaged.Msg},
		{"a.xlsx", packed(types, part{"xl/workbook.xml", "x"}, part{"xl/worksheets/sheet1.xml", strings.Repeat("<row/>", 5<<20)}), errBomb.Msg},
		{"a.xlsx", grid(t, many), "50 行"},
		{"a.csv", []byte(strings.Repeat("张三\n", 120)), "50 行"},
		{"a.xlsx", grid(t, [][]any{{1, 2, 3, 4, 5, 6}}), "5 列"},
		{"a.csv", []byte("<html><table>"), errHTML.Msg},
		{"a.csv", []byte("\x00\x01\x02\x03"), "不是这种文件"},
		{"a.docx", docx(), "不支持"},
	} {
		table, err := Open(c.name, bytes.NewReader(c.body), int64(len(c.body)), lim)
		if err == nil || !strings.Contains(err.Error(), c.says) || errs.KindOf(err) == errs.Internal {
			t.Errorf("%s (%.20q): %v, %v; want %q", c.name, c.body, table, err, c.says)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add("a.csv", []byte("姓名,出生日期\n张三,1970-1-2\n"))
	f.Add("a.tsv", gbk("名单\n\n姓名\t界别\n\"张\t三\t教育\n"))
	f.Add("a.xlsx", grid(f, [][]any{{"姓名", "出生日期"}, {"张三", 25570}}))
	f.Add("a.xlsx", book(f, func(x *excelize.File) {
		x.SetSheetRow("Sheet1", "A1", &[]any{"姓名", "界别"})
		x.MergeCell("Sheet1", "A1", "A3")
	}))
	lim := Defaults()
	lim.Unpacked, lim.Rows = mega, 1000
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		table, err := Open(name, bytes.NewReader(b), int64(len(b)), lim)
		if err == nil {
			var records []Record
			var problems []Problem
			records, problems, err = table.Read(roster, "name")
			for _, p := range problems {
				if p.Line <= 0 || p.Msg == "" || strings.Contains(fmt.Sprintf(p.Msg, p.Args...), "%!") {
					t.Errorf("a problem that says nothing: %+v", p)
				}
			}
			for _, r := range records {
				if d := r.Values["born"]; !r.Bad && d != "" {
					if _, err := time.Parse(time.DateOnly, d); err != nil {
						t.Errorf("a good row with the date %q", d)
					}
				}
			}
		}
		if err != nil && errs.KindOf(err) == errs.Internal {
			t.Errorf("no message for the person: %v", err)
		}
	})
}

// The cells that a stranger might fill in to have a program run at whoever
// opens the export.
var hostile = []string{"=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|'/c calc'!A0", "'=1", "\t=1", "<script>alert(1)</script>", "a\x00\x0bb", "𠮷 & <>", "007", "  留白"}

func TestWriteTable(t *testing.T) {
	day := time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC)
	rows := [][]any{{"关于加快老旧小区停车设施建设的提案", 107, 94.9, day, day.Add(90 * time.Minute), true, nil}}
	for _, h := range hostile {
		rows = append(rows, []any{h})
	}
	rows = append(rows, []any{strings.Repeat("长", 40_000)})
	for range measuredRows {
		rows = append(rows, []any{"x"})
	}
	var b bytes.Buffer
	err := WriteTable(&b,
		Sheet{Name: "提案[一]/二", Title: "提案一览", Header: []string{"案由", "件数", "比率", "日期", "时间", "公开", "备注"}, Rows: Each(rows)},
		Sheet{Name: "提案[一]/二", Header: []string{"空"}, Rows: Each(nil)})
	if err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	names := x.GetSheetList()
	if len(names) != 2 || names[0] != "提案_一__二" || names[1] != "提案_一__二2" {
		t.Fatalf("sheets %q", names)
	}
	got, err := x.GetRows(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"关于加快老旧小区停车设施建设的提案", "107", "94.9", "2018-03-01", "2018-03-01 01:30", "是"}; !slices.Equal(got[2], want) {
		t.Errorf("row %q, want %q", got[2], want)
	}
	if len(got) != len(rows)+2 {
		t.Errorf("%d rows of %d", len(got), len(rows)+2)
	}
	for i, h := range hostile {
		cell := fmt.Sprintf("A%d", i+4)
		formula, err1 := x.GetCellFormula(names[0], cell)
		kind, err2 := x.GetCellType(names[0], cell)
		if formula != "" || err1 != nil || err2 != nil || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%q: formula %q, type %v, %v %v", h, formula, kind, err1, err2)
		}
		want := strings.NewReplacer("\x00", "", "\x0b", "").Replace(h)
		if v, _ := x.GetCellValue(names[0], cell); v != want {
			t.Errorf("%q came out as %q", h, v)
		}
	}
	if long, _ := x.GetCellValue(names[0], fmt.Sprintf("A%d", len(hostile)+4)); !strings.HasSuffix(long, "请在平台查看）") {
		t.Error("a text was cut without a word")
	}
	panes, err := x.GetPanes(names[0])
	if err != nil || !panes.Freeze || panes.YSplit != 2 {
		t.Errorf("panes %+v, %v", panes, err)
	}
	if w, err := x.GetColWidth(names[0], "A"); err != nil || w < 34 {
		t.Errorf("column A is %v wide, %v", w, err)
	}
}

func TestWriteTableError(t *testing.T) {
	broken := errors.New("database gone")
	for _, good := range []int{0, measuredRows + 5} {
		err := WriteTable(io.Discard, Sheet{Header: []string{"a"}, Rows: func(yield func([]any, error) bool) {
			for range good {
				if !yield([]any{1}, nil) {
					return
				}
			}
			yield(nil, broken)
		}})
		if !errors.Is(err, broken) {
			t.Errorf("after %d rows: %v", good, err)
		}
	}
}

// What is written as csv reads back as it was, formulas and all.
func TestWriteCSV(t *testing.T) {
	rows := [][]any{}
	for _, h := range hostile {
		rows = append(rows, []any{h, -5, nil})
	}
	rows = append(rows, []any{"多行\n\"引号\",逗号", 1.5, false})
	var b bytes.Buffer
	if err := WriteCSV(&b, Sheet{Header: []string{"名称", "数", "公开"}, Rows: Each(rows)}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if !strings.HasPrefix(text, "\uFEFF名称,数,公开\r\n'=1+1,-5,\r\n'+1+1,-5,") {
		t.Errorf("csv begins %.80q", text)
	}
	for line := range strings.Lines(text) {
		if strings.ContainsRune("=+@", rune(line[0])) {
			t.Errorf("a formula: %q", line)
		}
	}
	b.Reset()
	plain := [][]any{{"=1+1"}, {"'=1"}, {"-x"}, {"@a"}, {"007"}}
	if err := WriteCSV(&b, Sheet{Header: []string{"编号"}, Rows: Each(plain)}); err != nil {
		t.Fatal(err)
	}
	records, _, err := openTable(t, "a.csv", b.Bytes()).Read([]Column{{ID: "no", Title: "编号"}})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		if r.Values["no"] != plain[i][0] {
			t.Errorf("%q came back as %q", plain[i][0], r.Values["no"])
		}
	}
}

// A template that was filled in reads back under its own header.
func TestWriteTemplate(t *testing.T) {
	var b bytes.Buffer
	if err := WriteTemplate(&b, "委员名册", roster); err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	x.SetSheetRow("委员名册", "A2", &[]any{"张三", "1970-01-02", "007", "3", "是", "教育", "提案委员会"})
	lists, err := x.GetDataValidations("委员名册")
	if err != nil || len(lists) != 2 {
		t.Errorf("%d drop-down lists, %v", len(lists), err)
	}
	out, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	table := openTable(t, "a.xlsx", out.Bytes())
	records, problems, err := table.Read(roster, "name")
	if err != nil || len(problems) > 0 || len(table.Unknown) > 0 {
		t.Fatal(problems, table.Unknown, err)
	}
	check(t, "rows", rowsText(records, "name", "born", "no", "times", "standing", "sector", "groups"),
		"2 张三 1970-01-02 007 3 true education proposals\n")
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{3: "3 B", 1536: "1.5 KB", 20 * mega: "20 MB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

// Inside a whole package the sheets themselves may still say anything.
func FuzzSheet(f *testing.F) {
	book := grid(f, [][]any{{"姓名", "出生日期"}, {"张三", 25570}})
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		f.Fatal(err)
	}
	read := func(name string) string {
		b, err := fs.ReadFile(z, name)
		if err != nil {
			f.Fatal(err)
		}
		return string(b)
	}
	f.Add(read("xl/worksheets/sheet1.xml"), read("xl/workbook.xml"), read("xl/styles.xml"))
	f.Add(`<worksheet><sheetData><row r="1048576"><c r="XFD1048576" t="s"><v>-1</v></c></row><row r="1"><c r="A1" t="inlineStr"><is><t>姓名</t></is></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>`,
		read("xl/workbook.xml"), read("xl/styles.xml"))
	f.Fuzz(func(t *testing.T, sheet, workbook, styles string) {
		b := packed(types, part{"_rels/.rels", read("_rels/.rels")}, part{"xl/_rels/workbook.xml.rels", read("xl/_rels/workbook.xml.rels")},
			part{"xl/workbook.xml", workbook}, part{"xl/styles.xml", styles}, part{"xl/worksheets/sheet1.xml", sheet})
		table, err := Open("a.xlsx", bytes.NewReader(b), int64(len(b)), Defaults())
		if err == nil {
			_, _, err = table.Read(roster, "name")
		}
		if err != nil && errs.KindOf(err) == errs.Internal {
			t.Errorf("no message for the person: %v", err)
		}
	})
}
