package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
	"golang.org/x/text/encoding/simplifiedchinese"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
	"shangliang/internal/ui"
	"shangliang/internal/web/webtest"
)

// fields of a proposal as the form of its page sends them.
func fields(t proposal.Text, more ...string) []string {
	return append([]string{"kind", t.Kind, "title", t.Title, "situation", t.Situation, "analysis", t.Analysis, "suggestions", t.Suggestions,
		"subject", t.Subject, "researched", "yes", "open_choice", t.OpenChoice}, more...)
}

// historyOf counts the entries of an act on a case.
func historyOf(t *testing.T, w *apptest.World, id, action string) (n int) {
	t.Helper()
	c, err := w.Proposals.Get(w.As("柳文书"), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.History {
		if e.Action == action {
			n++
		}
	}
	return n
}

func TestWrongTransition(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Submitted)
	path := "/proposals/" + p.ID
	version := fmt.Sprint(p.Version)
	w.Browser(t, "莫定安").PostForm(path+"/file", ui.VersionField, version).Want(409).Contains("已提交", "立案")
	w.Browser(t, "岳交之").PostForm(path+"/dispatch", ui.VersionField, version).Want(404) // not filed: not the dispatcher's yet
	w.Browser(t, "余知秋").PostForm(path+"/receive", ui.VersionField, version).Want(403)
	w.Browser(t, "柳文书").PostForm(path+"/fly", ui.VersionField, version).Want(422)
	w.Browser(t, "柳文书").PostForm(path+"/open_feedback", ui.VersionField, version).Want(403) // the platform's own step
	w.Browser(t, "柳文书").PostForm(path + "/receive").Want(422).Contains("缺少版本号")
	c, err := w.Proposals.Get(w.As("柳文书"), p.ID)
	if err != nil || c.State != proposal.Submitted || c.Version != p.Version {
		t.Errorf("%v %+v", err, c.Proposal)
	}
}

func TestStaleVersion(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.InReview)
	path := "/proposals/" + p.ID
	old := fmt.Sprint(p.Version)
	reviewer := w.Browser(t, "纪审言")
	reviewer.PostForm(path+"/pass", ui.VersionField, old, "reason", "可以立案").Want(303)
	// What was typed for the refused act is still on the page.
	reviewer.PostForm(path+"/pass", ui.VersionField, old, "reason", "建议具体，同意进入下一级审查").Want(409).
		Contains("刚刚被其他人修改过", "建议具体，同意进入下一级审查")
	if n := historyOf(t, w, p.ID, "proposal.pass"); n != 1 {
		t.Errorf("passed %d times", n)
	}
}

// A form sent twice does once: whatever it does.
func TestDoubleClick(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	member := w.Browser(t, "余知秋")
	form := member.Get("/proposals/new").Want(200)
	send := func() *webtest.Answer {
		return member.Submit(form, "form#f", fields(w.Text(), "then", "submit")...)
	}
	first, second := send().Want(303), send().Want(303)
	if first.Header.Get("Location") != second.Header.Get("Location") {
		t.Errorf("two proposals: %s and %s", first.Header.Get("Location"), second.Header.Get("Location"))
	}
	path := first.Header.Get("Location")
	id := strings.TrimPrefix(path, "/proposals/")
	clerk := w.Browser(t, "柳文书")
	page := clerk.Get(path).Want(200)
	var wait sync.WaitGroup
	for range 4 { // impatient: all at once
		wait.Go(func() {
			c := w.Browser(t, "柳文书")
			if a := c.Submit(page, "form#do-receive-form"); a.Status != 303 {
				t.Errorf("the same request answers %d", a.Status)
			}
		})
	}
	wait.Wait()
	if n := historyOf(t, w, id, "proposal.receive"); n != 1 {
		t.Errorf("received %d times", n)
	}
	if n := historyOf(t, w, id, "proposal.submit"); n != 1 {
		t.Errorf("submitted %d times", n)
	}
	all, err := w.Proposals.List(w.As("柳文书"), proposal.Filter{})
	if err != nil || len(all.Items) != 1 {
		t.Errorf("%d cases, %v", len(all.Items), err)
	}
}

// Two clerks with the same page before them: one acts, the other is told.
func TestTwoClerks(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Submitted)
	path := "/proposals/" + p.ID
	const clerks = 6
	pages := make([]*webtest.Answer, clerks)
	browsers := make([]*webtest.Client, clerks)
	for i := range clerks {
		browsers[i] = w.Browser(t, "柳文书")
		pages[i] = browsers[i].Get(path).Want(200)
	}
	status := make([]int, clerks)
	var wait sync.WaitGroup
	for i := range clerks {
		wait.Go(func() {
			if i%2 == 0 {
				status[i] = browsers[i].Submit(pages[i], "form#do-receive-form").Status
			} else {
				status[i] = browsers[i].Submit(pages[i], "form#do-return-form", "reason", "请补充数据").Status
			}
		})
	}
	wait.Wait()
	done, told := 0, 0
	for _, s := range status {
		switch s {
		case 303:
			done++
		case 409:
			told++
		}
	}
	if done != 1 || told != clerks-1 {
		t.Errorf("%v", status)
	}
	if n := historyOf(t, w, p.ID, "proposal.receive") + historyOf(t, w, p.ID, "proposal.return"); n != 1 {
		t.Errorf("%d acts", n)
	}
}

// zeros never end.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A file of 100 MB is refused in words, whether its size is told beforehand or
// not, and nothing of it stays.
func TestHugeUpload(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p, err := w.Proposals.Create(w.As("余知秋"), w.Text())
	if err != nil {
		t.Fatal(err)
	}
	const huge = 100 << 20
	head := "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"大.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\n"
	for _, path := range []string{"/proposals/" + p.ID + "/files", "/api/v1/proposals/" + p.ID + "/files", "/proposals/import"} {
		c := w.Browser(t, map[bool]string{true: "柳文书", false: "余知秋"}[path == "/proposals/import"])
		body := io.MultiReader(strings.NewReader(head), io.LimitReader(zeros{}, huge), strings.NewReader("\r\n--b--\r\n"))
		c.Do("POST", path, "multipart/form-data; boundary=b", body).Want(413).Contains("不能超过", "MB")

	}
	declared := w.Browser(t, "余知秋")
	declared.Do("POST", "/proposals/"+p.ID+"/files", "multipart/form-data; boundary=b", bytes.NewReader(make([]byte, huge))).Want(413).Contains("不能超过")
	// Within what a request may have, but more than a file of this kind may.
	text := bytes.Repeat([]byte("长"), 1<<20)
	declared.PostFiles("/proposals/"+p.ID+"/files", []webtest.File{{Field: "files", Name: "长.txt", Body: text}}, "purpose", "attachment").Want(413).Contains("上限")
	c, err := w.Proposals.Get(w.As("余知秋"), p.ID)
	if err != nil || len(c.Files) != 0 {
		t.Errorf("%v %+v", err, c.Files)
	}
}

// packed makes a zip of parts: name, content, name, content.
func packed(t *testing.T, parts ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := z.Create(parts[i].(string))
		if err != nil {
			t.Fatal(err)
		}
		switch content := parts[i+1].(type) {
		case string:
			_, err = io.WriteString(f, content)
		case int:
			_, err = io.CopyN(f, zeros{}, int64(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Files that would do harm are refused with what is wrong, under whatever name.
func TestHarmfulFiles(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p, err := w.Proposals.Create(w.As("余知秋"), w.Text())
	if err != nil {
		t.Fatal(err)
	}
	const types = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
	bomb := packed(t, "[Content_Types].xml", types, "word/document.xml", 250<<20)
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	macros := packed(t, "[Content_Types].xml", types, "word/document.xml", "<w:document/>", "word/vbaProject.bin", "x")
	sheets := packed(t, "[Content_Types].xml", types, "xl/workbook.xml", "<workbook/>", "xl/vbaProject.bin", "x")
	page := []byte("<!DOCTYPE html><script>alert(1)</script>")
	c := w.Browser(t, "余知秋")
	for _, x := range []struct {
		name string
		body []byte
		want string
	}{
		{"炸弹.docx", bomb, ""}, {"宏.docm", macros, "宏"}, {"宏.docx", macros, "宏"}, {"宏.xlsm", sheets, "宏"}, {"宏.xlsx", sheets, "宏"},
		{"网页.html", page, ""}, {"网页.pdf", page, ""}, {"图.svg", []byte("<svg onload='alert(1)'/>"), ""}, {"程序.exe", []byte("MZ\x90\x00"), ""},
		{"空.pdf", nil, ""}, {"嵌套.zip", packed(t, "a.txt", "a"), ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			for _, path := range []string{"/proposals/" + p.ID + "/files", "/api/v1/proposals/" + p.ID + "/files"} {
				field := "files"
				if strings.HasPrefix(path, "/api") {
					field = "file"
				}
				a := c.PostFiles(path, []webtest.File{{Field: field, Name: x.name, Body: x.body}}, "purpose", "attachment")
				if a.Status != 422 && a.Status != 413 {
					t.Fatalf("%s answers %d", path, a.Status)
				}
				a.Contains(x.want)
			}
		})
	}
	got, err := w.Proposals.Get(w.As("余知秋"), p.ID)
	if err != nil || len(got.Files) != 0 {
		t.Errorf("%v %+v", err, got.Files)
	}
}

// Tables as offices keep them: a title over merged header cells, dates as text
// in every form, csv as Windows writes it.
func TestOfficeTables(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	f := excelize.NewFile()
	defer f.Close()
	for _, merge := range [][2]string{{"A1", "H1"}, {"A2", "A3"}, {"B2", "B3"}, {"C2", "D2"}, {"E2", "E3"}, {"F2", "F3"}, {"G2", "G3"}, {"H2", "H3"}} {
		if err := f.MergeCell("Sheet1", merge[0], merge[1]); err != nil {
			t.Fatal(err)
		}
	}
	for cell, value := range map[string]string{"A1": "政协临川县九届五次会议提案汇总表", "A2": "案由", "B2": "第一提案人", "C2": "提案者", "C3": "提案者性质", "D3": "类别",
		"E2": "情况", "F2": "分析", "G2": "建议", "H2": "提交日期",
		"A4": "关于改造老旧渡槽的提案", "B4": "余知秋", "C4": "个人", "D4": "经济建设", "E4": "渡槽渗漏。", "F4": "年久失修。", "G4": "一、查清渗漏处；二、列入今年改造计划；三、汛前完工。", "H4": "2026年3月2日"} {
		if err := f.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	merged, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("案由,第一提案人,联名人,类别,情况,分析,建议\r\n关于增设候车亭的提案,凌若谷,余知秋,社会建设,候车无处避雨。,规划时没有预留。,\"一、沿县道增设候车亭；二、落实管护单位；三、冬季前完成。\"\r\n")
	if err != nil {
		t.Fatal(err)
	}
	clerk := w.Browser(t, "柳文书")
	for name, content := range map[string][]byte{"汇总.xlsx": merged.Bytes(), "汇总.csv": []byte(gbk)} {
		page := clerk.Follow(clerk.PostFiles("/proposals/import", []webtest.File{{Field: "file", Name: name, Body: content}}).Want(303)).Want(200).Contains("导入全部 1 行")
		clerk.Submit(page, "form#import", "rows", "all").Want(303)
	}
	clerk.Get("/proposals").Want(200).Contains("改造老旧渡槽", "增设候车亭")

	roster := "姓名,性别,出生年月,委员类别,界别\n柏问津,男,1971.5,委员,经济界\n席归舟,女,1980年3月,委员,教育界\n庄不器,男,七十年代,委员,经济界\n𠮷村岸,男,１９８５-０２,委员,经济界\n"
	admin := w.Browser(t, "管一平")
	page := admin.Follow(admin.PostFiles("/people/import", []webtest.File{{Field: "file", Name: "名册.csv", Body: []byte(roster)}}).Want(303)).Want(200)
	page.Contains("庄不器", "出生年份不对")
	if n := len(page.Select("tr.row-bad")); n != 1 {
		t.Errorf("%d bad rows are marked, want the one with the odd year", n)
	}
}

// Characters beyond the first plane are kept, shown, listed and found.
func TestRareCharacters(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	text := w.Text()
	text.Title = "关于保护𠮷家㙍古井😀👨‍👩‍👧的提案"
	member := w.Browser(t, "𠮷野川")
	a := member.Submit(member.Get("/proposals/new").Want(200), "form#f", fields(text, "then", "submit")...).Want(303)
	member.Follow(a).Want(200).Contains(text.Title, "𠮷野川")
	clerk := w.Browser(t, "柳文书")
	clerk.Get("/proposals").Want(200).Contains(text.Title, "𠮷野川")
	for _, q := range []string{"%F0%A0%AE%B7", "%F0%A0%AE%B7%E9%87%8E%E5%B7%9D"} { // 𠮷, 𠮷野川
		clerk.Get("/search?q=" + q).Want(200).Contains("/proposals/" + strings.TrimPrefix(a.Header.Get("Location"), "/proposals/"))
	}
	var c struct{ Title string }
	member.Get("/api/v1" + a.Header.Get("Location")).Want(200).Decode(&c)
	if c.Title != text.Title {
		t.Errorf("%q", c.Title)
	}
	// What is no text at all does no harm.
	text.Title = "前\x00\x1b[31m\u202e后\xff"
	a = member.Submit(member.Get("/proposals/new").Want(200), "form#f", fields(text)...).Want(303)
	if body := member.Follow(a).Want(200).Body; strings.ContainsAny(body, "\x00\x1b\u202e") {
		t.Error("control characters on the page")
	}
}

const (
	script   = `<script>harm()</script>`
	breakout = `"'><img src=x onerror=harm()>`
)

// harmless reports what of a page would run in a browser though a person wrote it.
func harmless(t *testing.T, path, body string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "script" && n.FirstChild != nil && strings.Contains(n.FirstChild.Data, "harm()") {
			t.Errorf("%s: a script came through", path)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "javascript:") {
				t.Errorf("%s: attribute %s=%q", path, a.Key, a.Val)
			}
		}
	}
}

// Script typed into every field there is comes out as text on every page.
func TestScriptInEveryField(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	evil := script + breakout
	text := proposal.Text{Kind: proposal.Joint, Title: evil, Situation: evil, Analysis: evil, Suggestions: evil, Subject: "society", OpenChoice: "closed",
		OpenReason: evil, UnitsWish: []string{w.Bodies["县水利局"]}, Cosigners: []string{w.People["凌若谷"]}}
	id := ""
	do := func(who, action string, in proposal.Input) {
		t.Helper()
		c, err := w.Proposals.Get(w.As(who), id)
		if err == nil {
			_, err = w.Proposals.Do(w.As(who), id, c.Version, action, in)
		}
		if err != nil {
			t.Fatalf("%s: %v", action, err)
		}
	}
	assignment := func(who, action string, in proposal.Input) {
		t.Helper()
		c, err := w.Proposals.Get(w.As(who), id)
		if err == nil {
			as := c.Current()[0]
			_, err = w.Proposals.DoAssignment(w.As(who), id, as.ID, as.Version, action, in)
		}
		if err != nil {
			t.Fatalf("%s: %v", action, err)
		}
	}
	shown := 0
	look := func() {
		t.Helper()
		for _, c := range append([]struct{ Name, Role, Body string }{{"管一平", "admin", ""}}, apptest.Cast...) {
			browser := w.Browser(t, c.Name)
			pages := []string{"/", "/proposals/" + id, "/search?q=harm", "/search?q=%3Cscript%3Eharm()%3C/script%3E", "/proposals?title=%22%3E%3Cscript%3Eharm()%3C/script%3E"}
			// Where the menu leads, and from the case to what belongs to it.
			for i, sel := range []string{"nav a[href]", "main a[href^=/proposals/" + id + "]"} {
				for _, link := range browser.Get(pages[i]).Select(sel) {
					for _, a := range link.Attr {
						if to := local("/", a.Val); a.Key == "href" && to != "" && !slices.Contains(pages, to) {
							pages = append(pages, to)
						}
					}
				}
			}
			for _, path := range pages {
				a := browser.Get(path)
				if strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
					harmless(t, c.Name+" "+path, a.Body)
					if strings.Contains(a.Body, "harm()") {
						shown++
					}
				}
			}
		}
	}
	p, err := w.Proposals.Create(w.As("余知秋"), text)
	if err != nil {
		t.Fatal(err)
	}
	id = p.ID
	member := w.Browser(t, "余知秋")
	harmless(t, "edit", member.Get("/proposals/"+id+"/edit").Want(200).Contains("harm()").Body)
	harmless(t, "a refused form", member.PostForm("/proposals/"+id+"/edit", "version", "1", "kind", evil, "title", evil, "subject", evil, "cosigners", evil).Want(422).Body)
	if _, err := w.Proposals.Attach(w.As("余知秋"), id, upload(evil+".txt", "调研记录")); err != nil {
		t.Fatal(err)
	}
	do("余知秋", "invite", proposal.Input{})
	if _, err := w.Proposals.Cosign(w.As("凌若谷"), id, true); err != nil {
		t.Fatal(err)
	}
	do("余知秋", "submit_joint", proposal.Input{})
	do("柳文书", "return", proposal.Input{Reason: evil})
	do("余知秋", "submit", proposal.Input{})
	do("柳文书", "receive", proposal.Input{})
	do("纪审言", "pass", proposal.Input{Reason: evil})
	do("纪审言", "pass", proposal.Input{Reason: evil})
	do("莫定安", "file", proposal.Input{Reason: evil})
	do("岳交之", "dispatch", proposal.Input{Reason: evil, Units: []proposal.UnitRole{{Unit: w.Bodies["县水利局"], Role: proposal.Sole}}})
	assignment("水清源", "sign", proposal.Input{})
	assignment("汪签远", "request_extension", proposal.Input{Reason: evil})
	assignment("岳交之", "grant_extension", proposal.Input{Reason: evil})
	assignment("江承平", "contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: evil, Summary: evil})
	assignment("江承平", "draft", proposal.Input{Body: evil, DocNo: script, Outcome: "b", Disclosure: "full", ContactName: script, ContactPhone: script,
		Promises: []proposal.Promise{{Text: evil, DueOn: "2026-05-31"}}})
	assignment("汪签远", "sign_off", proposal.Input{})
	assignment("柳文书", "reject", proposal.Input{Reason: evil})
	assignment("汪签远", "sign_off", proposal.Input{})
	assignment("柳文书", "check", proposal.Input{})
	rating := apptest.Rating("satisfied")
	rating.Comment = evil
	if err := w.Proposals.Rate(w.As("余知秋"), id, rating); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Proposals.SaveRound(w.As("柳文书"), proposal.Round{Title: evil, OpensOn: "2026-03-01", ClosesOn: "2026-04-01", Topics: evil}); err != nil {
		t.Fatal(err)
	}
	look()
	t.Logf("%d pages show what was typed", shown)
	if shown < 30 {
		t.Errorf("only %d pages show what was typed: the test does not look where it should", shown)
	}
	c, err := w.Proposals.Get(w.As("柳文书"), id)
	if err != nil {
		t.Fatal(err)
	}
	file := member.Get("/proposals/" + id + "/files/" + c.Files[0].ID).Want(200)
	if d := file.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || strings.ContainsAny(d, "<>\"") || !strings.HasPrefix(file.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%s %s", d, file.Header.Get("Content-Type"))
	}
}

// upload is a small text file.
func upload(name, content string) proposal.Upload {
	return proposal.Upload{Purpose: "attachment", Name: name, Size: int64(len(content)), Content: strings.NewReader(content)}
}

// A link that somebody guessed from another tenant leads nowhere, on pages, for
// files and in REST, whether one reads or acts.
func TestGuessedLinks(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	other := w.Neighbour()
	p, err := other.Proposals.Create(other.As("余知秋"), other.Text())
	if err != nil {
		t.Fatal(err)
	}
	f, err := other.Proposals.Attach(other.As("余知秋"), p.ID, upload("调研.txt", "三个村的调研记录"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err = other.Proposals.Do(other.As("余知秋"), p.ID, p.Version, "submit", proposal.Input{}); err != nil {
		t.Fatal(err)
	}
	path, file := "/proposals/"+p.ID, "/proposals/"+p.ID+"/files/"+f.ID
	other.Browser(t, "柳文书").Get(path).Want(200)
	other.Browser(t, "柳文书").Get(file).Want(200)
	names := []string{"管一平"}
	for _, c := range apptest.Cast {
		names = append(names, c.Name)
	}
	for _, name := range names {
		c := w.Browser(t, name)
		for _, guess := range []string{path, path + "/edit", file, "/api/v1" + path, "/api/v1" + file} {
			c.Get(guess).Want(404).Lacks(other.Region, "调研")
		}
		version := fmt.Sprint(p.Version)
		for _, act := range []string{"receive", "return", "withdraw"} {
			c.PostForm(path+"/"+act, ui.VersionField, version, "reason", "试试").Want(404)
			c.JSON("POST", "/api/v1"+path+"/actions/"+act, map[string]any{"version": p.Version, "reason": "试试"}).Want(404)
		}
	}
	// To dispatch to another tenant's department is no way in either.
	own := w.Play(proposal.Filed)
	w.Browser(t, "岳交之").PostForm("/proposals/"+own.ID+"/dispatch", ui.VersionField, fmt.Sprint(own.Version), "units", "sole", "host", other.Bodies["县水利局"]).Want(422)
	text := w.Text()
	text.Kind, text.Cosigners = proposal.Joint, []string{other.People["凌若谷"]}
	if _, err := w.Proposals.Create(w.As("余知秋"), text); err == nil {
		t.Error("somebody of another tenant was asked to co-sign")
	}
	c, err := other.Proposals.Get(other.As("柳文书"), p.ID)
	if err != nil || c.State != proposal.Submitted || c.Version != p.Version {
		t.Errorf("%v %+v", err, c)
	}
}

// Somebody's sign-in ends while they write something long. The page that saves
// itself is told so; the form that is sent comes back with all of the text, and
// once they have signed in again one click sends it.
func TestSessionLost(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	text := w.Text()
	text.Situation = strings.Repeat("城西排洪渠多年未清淤，去年汛期两次漫堤，沿岸低洼处进水。\n", 300)
	c := w.Browser(t, "余知秋")
	form := c.Get("/proposals/new").Want(200)
	c.SetCookie(&http.Cookie{Name: app.SessionCookie, Value: "ended", Path: "/"})
	c.Header.Set("Accept", "application/json")
	c.PostForm("/proposals/new/save", fields(text)...).Want(401).Contains("/api/docs#unauthenticated")
	c.Header.Del("Accept")
	lost := c.Submit(form, "form#f", fields(text)...).Want(401).Contains("没有丢失", "/sign-in?next=", text.Title)
	if n := strings.Count(lost.Body, strings.TrimSpace(text.Situation)); n < 2 {
		t.Errorf("the long text stands %d times on the page, want it to be seen and sent again", n)
	}
	c.SetCookie(&http.Cookie{Name: app.SessionCookie, Value: w.Token("余知秋"), Path: "/"})
	a := c.Submit(lost, "form[data-kept]").Want(303)
	c.Follow(a).Want(200).Contains(text.Title, strings.TrimSpace(text.Situation)[:600])
	// The same once more adds nothing.
	if again := c.Submit(lost, "form[data-kept]").Want(303); again.Header.Get("Location") != a.Header.Get("Location") {
		t.Errorf("%s and %s", a.Header.Get("Location"), again.Header.Get("Location"))
	}
	// Someone else's sign-in on the same device does not make it theirs.
	drafts, err := w.Proposals.List(w.As("凌若谷"), proposal.Filter{})
	if err != nil || len(drafts.Items) != 0 {
		t.Errorf("%v %v", err, drafts.Items)
	}
}
