package notifyweb_test

import (
	"context"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/gateway"
	"shangliang/internal/gateway/gatewaytest"
)

// local is a world that may connect to the test's services.
func local(t *testing.T) *apptest.World {
	return apptest.NewWith(t, db.SQLite, func(o *app.Options) { o.Gateways.Networks = gatewaytest.Local })
}

func TestGateways(t *testing.T) {
	w := local(t)
	s := gatewaytest.Serve(t, w.Now)
	c := w.Browser(t, "管一平")
	c.Get("/gateways").Want(200).Contains("还没有别的渠道", "添加渠道")
	c.Get("/gateways/new").Want(200).Contains("企业微信群机器人", "钉钉群机器人", "短信网关", "Webhook")
	form := c.Get("/gateways/new?kind=dingtalk").Want(200).Contains("以 SEC 开头", "提案立案")
	c.Submit(form, "form#gateway", "name", "工作群", "address", s.URL+"/dingtalk", "kinds", "proposal.file").Want(422).Contains("access_token=", `value="工作群"`)
	to := c.Submit(form, "form#gateway", "name", "工作群", "address", s.URL+"/dingtalk?access_token="+gatewaytest.Token, "secret", gatewaytest.Secret, "kinds", "proposal.file").Want(303)
	page := c.Follow(to).Contains("发一条测试", "还没有测试", s.URL+"/dingtalk?…").Lacks(gatewaytest.Token, gatewaytest.Secret)
	page = c.Follow(c.Submit(page, "form#test-form").Want(303)).Contains("对方已接收", "成功", "管一平")
	if got := s.Got(); len(got) != 1 || !strings.Contains(got[0].Text, "测试消息") {
		t.Fatalf("%+v", got)
	}
	s.Answer(gatewaytest.Never)
	page = c.Follow(c.Submit(page, "form#test-form").Want(303)).Contains("invalid webhook url", "失败")
	s.Answer(nil)

	tell(t, w, filed("关于灌溉渠的提案"), "余知秋", "凌若谷")
	if err := w.Notices.Deliver(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := s.Got(); len(got) != 2 || !strings.Contains(got[1].Text, "关于灌溉渠的提案") || !strings.Contains(got[1].Text, "余知秋") {
		t.Fatalf("%+v", got)
	}
	c.Get("/deliveries?channel=dingtalk").Want(200).Contains("工作群", "钉钉群", "已发送").Lacks("没有收件人")

	// A changed name keeps address and secret; a changed address wants the secret.
	path := to.Header.Get("Location")
	c.Submit(page, "form#gateway", "address", s.URL+"/other?access_token=x").Want(422).Contains("请重新填写密钥")
	page = c.Follow(c.Submit(page, "form#gateway", "name", "提案委群").Want(303)).Contains("提案委群", "已经保存，不再显示")
	page = c.Follow(c.Submit(page, "form#test-form").Want(303)).Contains("对方已接收")
	page = c.Follow(c.Submit(page, "form#switch-form").Want(303)).Contains("已停用")
	page = c.Follow(c.Submit(page, "form#switch-form").Want(303)).Contains("在用")
	c.Get("/gateways").Want(200).Contains("提案委群", "提案立案")
	for _, name := range []string{"柳文书", "余知秋"} {
		b := w.Browser(t, name)
		b.Get("/gateways").Want(403)
		b.Get("/gateways/new").Want(403)
		b.Get(path).Want(403)
		b.PostForm(path+"/test", "version", "9").Want(403)
	}
	c.Follow(c.Submit(page, "form#remove-form").Want(303)).Contains("还没有别的渠道")
	c.Get(path).Want(404)
	c.PostForm("/gateways", "kind", "pigeon").Want(422)
}

func TestTextMessages(t *testing.T) {
	w := local(t)
	s := gatewaytest.Serve(t, w.Now)
	c := w.Browser(t, "管一平")
	form := c.Get("/gateways/new?kind=sms").Want(200).Contains("{phone}", "请求头")
	fields := []string{"name", "短信", "address", s.URL + "/sms", "secret", gatewaytest.Secret, "headers", "Authorization: Bearer {secret}", "kinds", "*"}
	c.Submit(form, "form#gateway", append(fields, "body", `{"Mobile": {phone}, "Content": "{text}",}`)...).Want(422).Contains("不是正确的 JSON")
	page := c.Follow(c.Submit(form, "form#gateway", append(fields, "body", `{"Mobile": "{phone}", "Content": "{text}"}`)...).Want(303)).Contains("全部通知")
	c.Submit(page, "form#test-form", "phone", "0571-88881234").Want(422).Contains("请填写收测试短信的手机号")
	c.Follow(c.Submit(page, "form#test-form", "phone", "139 1111 2222").Want(303)).Contains("对方已接收").Lacks("13911112222")
	yu := w.Browser(t, "余知秋")
	yu.Submit(yu.Get("/account").Want(200), "form#contact", "phone", "13911113333").Want(303)
	tell(t, w, filed("关于灌溉渠的提案"), "余知秋", "凌若谷")
	if err := w.Notices.Deliver(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := s.Got(); len(got) != 2 || got[1].Phone != "13911113333" || got[1].Kind != gateway.SMS {
		t.Fatalf("%+v", got)
	}
	w.Browser(t, "柳文书").Get("/deliveries?channel=sms").Want(200).Contains("139****3333", "没有手机号", "短信").Lacks("13911113333")
	c.Submit(c.Get("/gateways/new?kind=sms").Want(200), "form#gateway", append(fields, "body", `{"Mobile": "{phone}", "Content": "{text}"}`)...).Want(409).Contains("已经有一个短信网关")
}
