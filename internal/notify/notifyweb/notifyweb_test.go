package notifyweb_test

import (
	"context"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/notify"
	"shangliang/internal/proposal"
)

// tell sends notices to people of the cast.
func tell(t *testing.T, w *apptest.World, n notify.Notice, names ...string) {
	t.Helper()
	n.Tenant = w.Tenant
	for _, name := range names {
		n.To = append(n.To, notify.Told{Person: w.People[name], Why: notify.Proposer})
	}
	ctx := actor.With(context.Background(), actor.System(w.Tenant))
	if err := w.DB.Write(ctx, func(tx *db.Tx) error { return w.Notices.Send(tx, n) }); err != nil {
		t.Fatal(err)
	}
}

func filed(title string) notify.Notice {
	return notify.Notice{Kind: "proposal.file", Link: "/proposals/p1", Object: "proposal", ObjectID: "p1",
		Params: notify.Params{"title": title, "case_no": "12"}}
}

func TestInbox(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	c := w.Browser(t, "余知秋")
	c.Get("/notices").Want(200).Contains("还没有通知").Lacks("全部标为已读")
	tell(t, w, filed("关于<b>老旧小区</b>加装电梯的提案"), "余知秋", "凌若谷")
	tell(t, w, notify.Notice{Kind: "proposal.file", Title: "请留意会议通知", Body: "周五上午九时开会"}, "余知秋")
	c.Get("/").Want(200).Contains("未读通知", "请留意会议通知")
	page := c.Get("/notices").Want(200).Contains("&lt;b&gt;老旧小区", "请留意会议通知", "周五上午九时开会").Lacks("<b>老旧小区")
	if got := page.Text(".top .count"); !strings.HasPrefix(got, "2") {
		t.Fatalf("the bell says %s", got)
	}
	// Opening one leads to what it is about and marks it.
	links := page.Select("a.row-link")
	if len(links) != 2 {
		t.Fatalf("%d notices", len(links))
	}
	var plain, linked string
	for _, a := range links {
		for _, x := range a.Attr {
			if x.Key == "href" && linked == "" && plain != "" {
				linked = x.Val
			} else if x.Key == "href" {
				plain = x.Val
			}
		}
	}
	if to := c.Get(linked).Want(303).Header.Get("Location"); to != "/proposals/p1" {
		t.Fatalf("leads to %s", to)
	}
	c.Get("/notices?show=unread").Want(200).Contains("请留意会议通知").Lacks("老旧小区")
	c.Get(plain).Want(200).Contains("周五上午九时开会")
	c.Get("/notices?show=unread").Want(200).Contains("没有未读的通知")
	c.Get("/").Want(200).Lacks("未读通知")
	// Nobody opens or marks what is somebody else's.
	w.Browser(t, "裴远山").Get(linked).Want(404)
	w.Browser(t, "裴远山").PostForm("/notices/read", "id", strings.TrimPrefix(plain, "/notices/")).Want(303)
	if n, err := w.Notices.Count(w.As("凌若谷")); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	other := w.Browser(t, "凌若谷")
	list := other.Get("/notices").Want(200)
	other.PostForm("/notices/read").Want(422)
	id := list.Attr(`button[name="id"]`, "value")
	other.Follow(other.PostForm("/notices/read", "id", id).Want(303)).Contains("已标为已读").Lacks("全部标为已读")
}

func TestUnreadFirst(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	tell(t, w, filed("最早的一件"), "余知秋")
	for range 70 {
		tell(t, w, filed("后来的"), "余知秋")
	}
	all, err := w.Notices.List(w.As("余知秋"), "", 70, false)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, n := range all {
		ids = append(ids, n.ID)
	}
	if err := w.Notices.MarkRead(w.As("余知秋"), ids...); err != nil {
		t.Fatal(err)
	}
	c := w.Browser(t, "余知秋")
	page := c.Get("/notices").Want(200).Contains("最早的一件")
	if n := len(page.Select("a.row-link")); n != 51 {
		t.Fatalf("%d on the page", n)
	}
	next := c.Get(page.Attr(".pager a", "href")).Want(200)
	if n := len(next.Select("a.row-link")); n != 21 {
		t.Fatalf("%d on the next page", n)
	}
	read := c.Submit(page, `form[action="/notices/read"].d-inline`, "all", "yes").Want(303)
	c.Follow(read).Lacks("未读通知", "全部标为已读")
}

func TestPreferences(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	c := w.Browser(t, "余知秋")
	page := c.Get("/notices/preferences").Want(200).Contains("提案立案", "部分不能关闭")
	mailed := len(page.Select(`input[name="mail"]`))
	c.Submit(page, "form#kinds", "mail", "proposal.reply").Want(303)
	page = c.Get("/notices/preferences").Want(200)
	if n, must := len(page.Select(`input[name="mail"][checked]`)), len(page.Select(`input[name="mail"][disabled]`)); n != 1+must || must < 3 || mailed < 5 {
		t.Fatalf("%d of %d are ticked", n, mailed)
	}
	c.JSON("PUT", "/api/v1/notices/preferences", []map[string]any{{"kind": "proposal.file", "mail": true}}).Want(204)
	c.JSON("PUT", "/api/v1/notices/preferences", []map[string]any{{"kind": "none", "mail": true}}).Want(422)
	c.JSON("PUT", "/api/v1/notices/preferences", []map[string]any{{"kind": "clock.over7", "mail": false}}).Want(422)
	c.Get("/api/v1/notices/preferences").Want(200).Contains(`{"kind":"proposal.file","name":"提案立案","mail":true}`, `"name":"逾期一周提醒","mail":true,"must":true}`)
}

func TestTiming(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	admin := w.Browser(t, "管一平")
	page := admin.Get("/gateways").Want(200).Contains("本级的免打扰时间")
	admin.Submit(page, "form#quiet-form", "quiet_from", "22:00").Want(422).Contains("请填写结束的时间", `value="22:00"`)
	page = admin.Follow(admin.Submit(page, "form#quiet-form", "quiet_from", "22:00", "quiet_until", "07:00").Want(303)).Contains("通知设置已保存", `value="07:00"`)
	w.Browser(t, "余知秋").PostForm("/gateways/quiet", "quiet_from", "22:00", "quiet_until", "07:00").Want(403)

	c := w.Browser(t, "余知秋")
	page = c.Get("/notices/preferences").Want(200).Contains("22:00至07:00", "不能关闭")
	c.Submit(page, "form#timing-form", "quiet", "own", "quiet_from", "21:00", "quiet_until", "21:00").Want(422).Contains("不能相同", `value="21:00"`)
	page = c.Follow(c.Submit(page, "form#timing-form", "quiet", "own", "quiet_from", "21:00", "quiet_until", "06:30", "roundup", "weekly", "roundup_time", "09:00", "weekday", "5").Want(303))
	page.Contains(`value="06:30"`, `value="09:00"`)
	c.Get("/api/v1/notices/timing").Want(200).Contains(`"quiet":"own","quiet_from":"21:00","quiet_until":"06:30","roundup":"weekly","roundup_time":"09:00","weekday":5,"version":1`)
	c.JSON("PUT", "/api/v1/notices/timing", map[string]any{"version": 1}).Want(204)
	c.JSON("PUT", "/api/v1/notices/timing", map[string]any{"version": 1}).Want(409)
	admin.Follow(admin.Submit(admin.Get("/gateways"), "form#quiet-form", "quiet_from", "", "quiet_until", "").Want(303))
	c.Get("/notices/preferences").Want(200).Contains("现在：没有")
}

func TestDeliveries(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	tell(t, w, filed("关于灌溉渠的提案"), "余知秋", "凌若谷")
	tell(t, w, filed("没有人知道的提案"))
	c := w.Browser(t, "管一平")
	page := c.Get("/deliveries").Want(200).Contains("关于灌溉渠的提案", "没有电子邮箱", "没有可通知的人", "平台内", "已发送", "余知秋")
	c.Get("/deliveries?state=sent&channel=app").Want(200).Contains("关于灌溉渠").Lacks("没有人知道")
	c.Get("/deliveries?state=failed").Want(200).Contains("没有这样的记录")
	c.Get("/deliveries?person=" + w.People["凌若谷"]).Want(200).Contains("凌若谷").Lacks("余知秋")
	c.Follow(c.PostForm("/deliveries/resend", "id", page.Attr(`button[name="id"]`, "value"), "back", "/deliveries?state=skipped").Want(303)).Contains("平台没有配置邮件服务器", "未发送")
	c.PostForm("/deliveries/resend").Want(422)
	w.Browser(t, "余知秋").Get("/deliveries").Want(403)
	w.Browser(t, "余知秋").PostForm("/deliveries/resend", "id", "x@mail").Want(403)

	var list struct {
		Items []struct{ Notice, Channel, Reason string }
		Next  string
	}
	seen := map[string]int{}
	for path := "/api/v1/deliveries?limit=1"; path != ""; {
		list.Next = ""
		c.Get(path).Want(200).Decode(&list)
		for _, d := range list.Items {
			seen[d.Notice+d.Channel]++
		}
		path = ""
		if list.Next != "" {
			path = "/api/v1/deliveries?limit=1&cursor=" + list.Next
		}
	}
	if len(seen) != 6 {
		t.Fatalf("%d deliveries: %v", len(seen), seen)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}

func TestWhoWasNotTold(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	id := w.Play(proposal.Filed).ID
	n := filed("关于灌溉渠的提案")
	n.ObjectID, n.To = id, notify.As(notify.Unit, "somebody who left")
	tell(t, w, n, "余知秋")
	office := w.Browser(t, "柳文书")
	office.Get("/proposals/"+id).Want(200).Contains("通知了谁", "没有发出的，按原因：", "没有账号", "没有电子邮箱")
	w.Browser(t, "余知秋").Get("/proposals/" + id).Want(200).Lacks("通知了谁")
	page := office.Get("/deliveries?show=untold&proposal="+id).Want(200).Contains("没有通知到的", "没有账号", "承办单位", "只看一件")
	if len(page.Select(`input[name="id"]`)) == 0 {
		t.Error("nothing can be chosen")
	}
	office.Get("/deliveries?show=untold&reason=no_account&proposal=" + id).Want(200).Contains("没有账号").Lacks("余知秋")
	if file := office.Get("/deliveries.xlsx?show=untold&proposal=" + id).Want(200); !strings.Contains(file.Header.Get("Content-Disposition"), ".xlsx") {
		t.Error("no file")
	}
	w.Browser(t, "余知秋").Get("/deliveries.xlsx").Want(403)
	office.Get("/api/v1/deliveries?untold=true&proposal=" + id).Want(200).Contains(`"because":"承办单位"`)
	w.Browser(t, "余知秋").Get("/notices").Want(200).Contains("因为您是提案人")
	if other := w.Neighbour().Browser(t, "柳文书").Get("/deliveries?proposal=" + id).Want(200); len(other.Select("tbody tr")) > 0 {
		t.Error("the neighbour sees who was told")
	}
}

func TestREST(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	for _, title := range []string{"甲", "乙", "丙"} {
		tell(t, w, filed(title), "余知秋")
	}
	c := w.Browser(t, "余知秋")
	var page struct {
		Items []struct {
			ID, Title string
			ReadAt    *string `json:"read_at"`
		}
		Next string
	}
	c.Get("/api/v1/notices?limit=2").Want(200).Decode(&page)
	if len(page.Items) != 2 || page.Next == "" || !strings.Contains(page.Items[0].Title, "丙") {
		t.Fatalf("%+v", page)
	}
	c.JSON("POST", "/api/v1/notices/read", map[string]any{"ids": []string{page.Items[0].ID}}).Want(204)
	c.JSON("POST", "/api/v1/notices/read", map[string]any{}).Want(422)
	page.Next = ""
	c.Get("/api/v1/notices?unread=true").Want(200).Decode(&page)
	if len(page.Items) != 2 || page.Next != "" {
		t.Fatalf("%+v", page)
	}
	w.Browser(t, "").Get("/api/v1/notices").Want(401)
	w.Browser(t, "余知秋").Get("/api/v1/deliveries").Want(403)
}
