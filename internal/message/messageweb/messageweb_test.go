package messageweb_test

import (
	"net/http"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/proposal"
	"shangliang/internal/web/webtest"
)

// The thread stands on the case's page: one chooses to whom it goes, what could
// not be sent is still there, the other side finds it on its first page.
func TestMessagePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := w.Play(proposal.Handling)
		at := "/proposals/" + p.ID
		lead, unit, clerk := w.Browser(t, "余知秋"), w.Browser(t, "江承平"), w.Browser(t, "柳文书")
		page := lead.Get(at).Want(200)
		page.Contains("写消息", "提案委", "县水利局")
		form := `form[action="` + at + `/messages"]`
		lead.PostForm(at+"/messages", "body", "没有选发给谁").Want(422).Contains("请选择发给谁", "没有选发给谁")
		lead.PostFiles(at+"/messages", []webtest.File{{Field: "files", Name: "渠段.csv", Body: []byte("渠段,长度\n城西,3.2\n")}}, "to", w.Bodies["县水利局"], "body", "请告知进场时间").Want(303)
		unit.Get("/").Want(200).Contains("未读消息", "1条")
		unit.Get(at).Want(200).Contains("消息（1条未读）", "请告知进场时间", "余知秋（提案人）发给县水利局", "渠段.csv")
		clerk.Get(at).Want(200).Lacks("请告知进场时间")
		unit.PostForm(at + "/messages/seen").Want(303)
		unit.Get("/").Want(200).Lacks("未读消息")
		unit.Submit(unit.Get(at).Want(200), form, "to", "proposer", "body", "四月十日进场").Want(303)
		lead.Get(at+"/messages").Want(200).Contains("四月十日进场", "县水利局）发给提案人")
		w.Browser(t, "莫定安").Get(at).Want(200).Lacks("写消息")
		w.Browser(t, "莫定安").Get(at + "/messages").Want(404)

		lead.JSON(http.MethodPost, "/api/v1"+at+"/messages", map[string]any{"to": []string{"office"}, "body": "请转告单位"}).Want(201)
		lead.JSON(http.MethodPost, "/api/v1"+at+"/messages", map[string]any{"to": []string{"nobody"}, "body": "请转告单位"}).Want(422)
		var thread struct {
			Side     string
			To       []string
			Messages []struct{ Body, Side string }
		}
		clerk.Get("/api/v1" + at + "/messages").Want(200).Decode(&thread)
		if thread.Side != "office" || len(thread.Messages) != 1 || thread.Messages[0].Body != "请转告单位" || len(thread.To) != 2 {
			t.Errorf("the office reads %+v", thread)
		}
		unit.Get("/api/v1" + at + "/messages").Want(200).Lacks("请转告单位")
	})
}
