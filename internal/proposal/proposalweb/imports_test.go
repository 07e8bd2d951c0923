package proposalweb_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/web/webtest"
)

// sheet writes rows as xlsx.
func sheet(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var header = []string{"案由", "第一提案人", "联名人", "类别", "情况", "分析", "建议", "是否同意公开"}

func goodRow(title string) []string {
	return []string{title, "余知秋", "", "经济建设", "渡口公路坑洼不平。", "养护经费不足，超载车辆多。", "一、安排大修；二、设限高架；三、公布养护电话，接受群众监督。", "是"}
}

func upload(c *webtest.Client, name string, content []byte) *webtest.Answer {
	return c.PostFiles("/proposals/import", []webtest.File{{Field: "file", Name: name, Body: content}})
}

// TestImport goes the whole way: a table with faults is shown with each fault in
// its cell, the good rows alone are imported, and once only.
func TestImport(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		clerk := w.Browser(t, "柳文书")
		clerk.Get("/proposals/import").Want(200).Contains("下载模板", "也可写作")
		template := clerk.Get("/proposals/import.xlsx").Want(200)
		f, err := excelize.OpenReader(strings.NewReader(template.Body))
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := f.GetRows(f.GetSheetName(0)); err != nil || rows[0][0] != "案由*" {
			t.Errorf("the template begins with %v (%v)", rows, err)
		}

		joint := goodRow("关于修建便民桥的提案")
		joint[2] = "𠮷野川、凌若谷"
		nobody, vague, long := goodRow("关于水库的提案"), goodRow("关于灌渠的提案"), goodRow(strings.Repeat("长", 61))
		nobody[1], vague[6] = "查无此", "多修路"
		table := sheet(t, header, goodRow("关于渡口公路的提案"), joint, nobody, vague, long)
		page := clerk.Follow(upload(clerk, "今年的提案.xlsx", table).Want(303)).Want(200).
			Contains("今年的提案.xlsx", "没有“查无此”，请先录入或改正名称", "请填写具体建议", "有 61 个字，最多 60 个字", "只导入正确的 2 行")
		if n := len(page.Select("tr.row-bad")); n != 3 {
			t.Errorf("%d bad rows are marked", n)
		}
		page.Lacks("导入全部")

		done := clerk.Submit(page, "form#import", "rows", "good").Want(303)
		clerk.Follow(done).Want(200).Contains("导入 2 件提案")
		clerk.Submit(page, "form#import", "rows", "good").Want(303) // pressed twice
		clerk.Follow(done).Want(200).Contains("导入 2 件提案")
		list := clerk.Get("/proposals?queue=new").Want(200).Contains("关于渡口公路的提案", "关于修建便民桥的提案").Lacks("关于水库的提案")
		if n := strings.Count(list.Body, "关于渡口公路的提案"); n > 2 {
			t.Errorf("imported more than once: %d", n)
		}
	})
}

func TestImportRefuses(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	clerk := w.Browser(t, "柳文书")
	for name, x := range map[string]struct {
		file string
		body []byte
		want string
	}{
		"nothing":    {"", nil, "请选择文件"},
		"old xls":    {"旧.xls", []byte("x"), "请另存为 .xlsx"},
		"macros":     {"宏.xlsm", sheet(t, header), "宏"},
		"no header":  {"空.xlsx", sheet(t, []string{"甲", "乙"}, []string{"1", "2"}), "没有找到表头"},
		"not a zip":  {"坏.xlsx", []byte("PK\x03\x04 broken"), ""},
		"only lines": {"空.csv", []byte("\n\n\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var files []webtest.File
			if x.file != "" {
				files = append(files, webtest.File{Field: "file", Name: x.file, Body: x.body})
			}
			a := clerk.PostFiles("/proposals/import", files)
			if a.Status == 303 {
				a = clerk.Follow(a)
			}
			if a.Status != 422 && a.Status != 409 {
				t.Errorf("answers %d", a.Status)
			}
			a.Contains(x.want)
			if len(a.Select(".alert-danger")) == 0 {
				t.Error("no message")
			}
		})
	}
	clerk.Get("/proposals/import?table=guessed").Want(409).Contains("请重新上传")
	// Another clerk's table is not found by its token.
	to := upload(clerk, "a.xlsx", sheet(t, header, goodRow("甲"))).Want(303).Header.Get("Location")
	w.Browser(t, "余知秋").Get(to).Want(403)
	w.Browser(t, "余知秋").PostForm("/proposals/import", "table", strings.TrimPrefix(to, "/proposals/import?table=")).Want(403)
	// What is wrong as a whole is told above the rows.
	a := clerk.Follow(upload(clerk, "缺列.xlsx", sheet(t, []string{"案由", "备注"}, []string{"甲", "乙"})).Want(303))
	a.Want(200).Contains("缺少“第一提案人”这一列", "这些列没有用上：备注").Lacks(`name="rows"`)
}

func TestRoundPages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		clerk, member := w.Browser(t, "柳文书"), w.Browser(t, "余知秋")
		member.Get("/rounds").Want(200).Contains("还没有征集").Lacks("发布征集</a>")
		member.Get("/rounds/new").Want(403)
		form := clerk.Get("/rounds/new").Want(200)
		bad := clerk.Submit(form, "main form", "title", "五次会议征集", "opens_on", "2026-03-10", "closes_on", "2026-03-01", "topics", "乡村道路\n农田水利").
			Want(422).Contains("截止日期不能早于开始日期", "乡村道路")
		clerk.Submit(bad, "main form", "closes_on", "2026-03-31").Want(303)
		clerk.Submit(bad, "main form", "closes_on", "2026-03-31").Want(303) // pressed twice
		page := member.Get("/rounds").Want(200).Contains("五次会议征集", "还有19天", "农田水利", "/proposals/new").Lacks("修改")
		if n := strings.Count(page.Body, "五次会议征集"); n != 1 {
			t.Errorf("%d calls", n)
		}
		path := clerk.Get("/rounds").Attr("main .card a[href^=/rounds/]", "href")
		mine := clerk.Get(path).Want(200).Contains("五次会议征集")
		clerk.Submit(mine, "main form", "title", "别人改的名称").Want(303)
		again := clerk.Submit(mine, "main form", "title", "我改的名称").Want(409).Contains("别人改的名称", "我改的名称")
		clerk.Submit(again, "main form").Want(303)
		member.Get("/rounds").Contains("我改的名称").Lacks("别人改的名称")
		clerk.Get("/rounds/no-such-call/edit").Want(404)
	})
}
