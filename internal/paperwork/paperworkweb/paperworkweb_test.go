package paperworkweb_test

import (
	"context"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/document"
	"shangliang/internal/paperwork"
	"shangliang/internal/proposal"
)

// The documents of a case from its page: each in each format, for who may.
func TestCasePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.FollowingUp)
		member, unit, clerk, other := w.Browser(t, "余知秋"), w.Browser(t, "水清源"), w.Browser(t, "柳文书"), w.Browser(t, "凌若谷")
		at := "/proposals/" + p.ID + "/papers"
		member.Get("/proposals/"+p.ID).Want(200).Contains("全部文书", at)
		member.Get(at).Want(200).Contains("提案表", "提案答复 · 县水利局", "办理情况征询意见表 · 余知秋", at+"/form.docx").Lacks("提案办理单")
		unit.Get(at).Want(200).Contains("提案办理单").Lacks("征询意见表 · 余知秋")
		clerk.Get(at).Want(200).Contains("提案办理单", "办理情况征询意见表 · 余知秋")
		other.Get(at).Want(404)

		kind := map[string]string{"docx": "PK", "pdf": "%PDF-"}
		for _, format := range []string{"docx", "pdf"} {
			if format == "pdf" && w.Papers.Ready() != nil {
				clerk.Get(at).Contains("没有可用的中文字体")
				continue
			}
			a := member.Get(at + "/form." + format).Want(200)
			if !strings.HasPrefix(a.Body, kind[format]) || a.Header.Get("Content-Type") != document.ContentType(document.Kind(format)) {
				t.Errorf("%s begins with %.8q, %s", format, a.Body, a.Header.Get("Content-Type"))
			}
			other.Get(at + "/form." + format).Want(404)
		}
		unit.Get(at + "/handling.docx").Want(200)
		member.Get(at + "/handling.docx").Want(404)
		member.Get(at + "/form.exe").Want(404)
		member.Get(at + "/form").Want(404)
		w.Browser(t, "").Get(at + "/form.docx").Want(303)
		clerk.Get("/proposals/" + p.ID + "/papers?lang=en").Want(200)
	})
}

// The page of a session: lists of what departments got, and what is made in the
// background, to be left and come back to.
func TestSessionPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		w.Play(proposal.Handling)
		clerk, unit := w.Browser(t, "柳文书"), w.Browser(t, "水清源")
		page := clerk.Get("/papers").Want(200).Contains("交办表", "还没有生成过", "全部")
		unit.Get("/papers").Want(200).Contains("交办表")
		w.Browser(t, "凌若谷").Get("/papers").Want(200).Lacks("交办表</h")
		w.Browser(t, "严察微").Get("/papers").Want(403)
		session, err := w.Org.CurrentSession(w.As("柳文书"))
		if err != nil {
			t.Fatal(err)
		}
		if a := clerk.Get("/papers/handed.docx?session=" + session.ID).Want(200); !strings.HasPrefix(a.Body, "PK") {
			t.Errorf("%.20q", a.Body)
		}
		clerk.Get("/papers/handed.docx?session=nothing").Want(404)

		clerk.Submit(page, "form#make", "what", "rubbish").Want(422).Contains("请选择目录或汇编")
		clerk.Submit(page, "form#make", "what", paperwork.Collection, "format", "docx", "heading", "重点提案汇编").Want(303)
		clerk.Submit(page, "form#make", "what", paperwork.Collection, "format", "docx", "heading", "重点提案汇编").Want(303) // pressed twice
		clerk.Get("/papers").Want(200).Contains("重点提案汇编", "正在生成")
		runs, err := w.Papers.Runs(w.As("柳文书"))
		if err != nil || len(runs) != 1 {
			t.Fatalf("%d runs, %v", len(runs), err)
		}
		at := "/papers/" + runs[0].ID
		clerk.Get(at+"/state").Want(200).Contains("hx-get", "正在生成")
		clerk.Get(at + "/file").Want(409)
		if err := w.Papers.Make(context.Background(), w.Tenant, runs[0].ID); err != nil {
			t.Fatal(err)
		}
		clerk.Get(at+"/state").Want(200).Contains("下载", "共1件").Lacks("hx-get")
		if a := clerk.Get(at + "/file").Want(200); !strings.HasPrefix(a.Body, "PK") {
			t.Errorf("%.20q", a.Body)
		}
		unit.Get(at + "/file").Want(404)
		unit.Get(at + "/state").Want(404)
		clerk.Get("/notices").Want(200).Contains("“重点提案汇编”已经生成")
		clerk.Get("/proposals?subject=society").Want(200).Contains("/papers?subject=society")
		clerk.Get("/papers?subject=society").Want(200).Contains("沿用提案列表里的筛选条件", `value="society"`)
		clerk.Submit(clerk.Get("/papers").Want(200), `form[action="`+at+`/remove"]`).Want(303)
		clerk.Get(at + "/file").Want(404)
	})
}

func TestREST(t *testing.T) {
	w := apptest.New(t, "sqlite")
	p := w.Play(proposal.FollowingUp)
	clerk, other := w.Browser(t, "柳文书"), w.Browser(t, "凌若谷")
	var papers []struct{ Key, Kind, Title, Of string }
	clerk.Get("/api/v1/proposals/" + p.ID + "/papers").Want(200).Decode(&papers)
	if len(papers) != 5 || papers[0].Key != "form" || papers[2].Of != "县水利局" {
		t.Errorf("%+v", papers)
	}
	if a := clerk.Get("/api/v1/proposals/" + p.ID + "/papers/" + papers[2].Key + "/docx").Want(200); !strings.HasPrefix(a.Body, "PK") {
		t.Errorf("%.20q", a.Body)
	}
	clerk.Get("/api/v1/proposals/" + p.ID + "/papers/nothing/docx").Want(404)
	clerk.Get("/api/v1/proposals/" + p.ID + "/papers/form/exe").Want(422)
	other.Get("/api/v1/proposals/" + p.ID + "/papers").Want(404)
	clerk.Get("/api/v1/handed-lists/docx?session=" + p.Session).Want(200)

	var run struct {
		ID, State, Title string
		Total            int
	}
	clerk.JSON("POST", "/api/v1/papers", map[string]any{"kind": "catalogue", "format": "docx", "session": p.Session}).Want(201).Decode(&run)
	if run.State != "waiting" || run.Title != "临川县政协九届五次会议提案目录" {
		t.Errorf("%+v", run)
	}
	clerk.Get("/api/v1/papers/" + run.ID + "/file").Want(409)
	if err := w.Papers.Make(context.Background(), w.Tenant, run.ID); err != nil {
		t.Fatal(err)
	}
	clerk.Get("/api/v1/papers/" + run.ID).Want(200).Decode(&run)
	if run.State != "ready" || run.Total != 1 {
		t.Errorf("%+v", run)
	}
	clerk.Get("/api/v1/papers/" + run.ID + "/file").Want(200)
	for _, path := range []string{"", "/file"} {
		other.Get("/api/v1/papers/" + run.ID + path).Want(404)
	}
	clerk.JSON("DELETE", "/api/v1/papers/"+run.ID, nil).Want(204)
	clerk.Get("/api/v1/papers/" + run.ID).Want(404)
	clerk.JSON("POST", "/api/v1/papers", map[string]any{"kind": "catalogue", "format": "xls"}).Want(422)
}
