package notifyweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/lang"
	"shangliang/internal/notify"
	"shangliang/internal/secret"
	"shangliang/internal/ui"
	"shangliang/internal/web"
)

// gatewayKind is a kind of gateway as people read it.
type gatewayKind struct {
	ID, Title, Icon string
	Says            string // what it is for
	Address         string // where the address is found
	Secret          string // what the secret is; "" where there is none
}

var gatewayKinds = []gatewayKind{
	{gateway.WeCom, "企业微信群机器人", "message-circle", "把选定的通知发到一个企业微信群，一条通知群里只说一次。", "在群里添加机器人以后，把它的 Webhook 地址整条复制过来。", ""},
	{gateway.DingTalk, "钉钉群机器人", "message-circle", "把选定的通知发到一个钉钉群，一条通知群里只说一次。", "在群里添加自定义机器人以后，把它的 Webhook 地址整条复制过来。", "机器人安全设置里的“加签”密钥，以 SEC 开头；没有用加签的不填。"},
	{gateway.Webhook, "业务系统（Webhook）", "plug", "把选定的通知以 JSON 发给本单位的业务系统，由它转给收件人。", "业务系统接收通知的地址。", "对方核对签名用的密钥（HMAC-SHA256）。不填就不签名。"},
	{gateway.SMS, "短信网关", "device-mobile", "把选定的通知发到收件人名册里的手机号。本级只有一个。", "短信服务商的接口地址，可以带查询参数。", "服务商给的密钥，在地址、请求头和正文里用 {secret} 代表。"},
}

func gatewayKindOf(id string) (gatewayKind, bool) {
	i := slices.IndexFunc(gatewayKinds, func(k gatewayKind) bool { return k.ID == id })
	if i < 0 {
		return gatewayKind{}, false
	}
	return gatewayKinds[i], true
}

func gatewayURL(id string) string { return "/gateways/" + id }

func (p *pages) listGateways(w http.ResponseWriter, r *http.Request) error {
	quiet, err := p.Notices.TenantTiming(r.Context())
	if err != nil {
		return err
	}
	return p.showGateways(w, r, http.StatusOK, quiet, nil)
}

// gatewaysPage is the list with the quiet hours of the tenant and what is wrong
// with them.
type gatewaysPage struct {
	All    []*notify.Gateway
	Topics []notify.Topic
	Quiet  notify.Timing
	Err    error
}

func (p *pages) showGateways(w http.ResponseWriter, r *http.Request, status int, quiet notify.Timing, wrong error) error {
	all, err := p.Notices.Gateways(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, status, gatewaysView(gatewaysPage{all, p.Notices.Topics(), quiet, wrong}))
}

// gatewayInput is the form of a gateway.
type gatewayInput struct {
	Name    string   `form:"name"`
	Address string   `form:"address"`
	Secret  string   `form:"secret"`
	Topics  []string `form:"kinds"`
	Method  string   `form:"method"`
	Headers string   `form:"headers"`
	Format  string   `form:"format"`
	Body    string   `form:"body"`
	Success string   `form:"success"`
}

// every is the choice of all kinds of notice.
const every = "*"

func (p *pages) setting(in gatewayInput, kind string) notify.Setting {
	s := notify.Setting{Kind: kind, Name: in.Name, Address: in.Address, Secret: secret.Text(in.Secret),
		Request: notify.Request{Method: in.Method, Headers: in.Headers, Format: in.Format, Body: in.Body, Success: in.Success}}
	for _, t := range p.Notices.Topics() {
		if slices.Contains(in.Topics, every) || slices.Contains(in.Topics, t.ID()) {
			for _, k := range t.Kinds {
				s.Kinds = append(s.Kinds, k.ID)
			}
		}
	}
	return s
}

// gatewayForm is the page around that form.
type gatewayForm struct {
	gatewayInput
	Kind    gatewayKind
	Gateway *notify.Gateway // nil for a new one
	Topics  []notify.Topic
	Err     error
	Test    testForm
}

// testForm is the part of the page that sends a test.
type testForm struct {
	Phone string
	Err   error
}

// topicsOf are the topics of which a gateway carries some kind.
func topicsOf(all []notify.Topic, kinds []string) (ids []string) {
	for _, t := range all {
		if slices.ContainsFunc(t.Kinds, func(k notify.Kind) bool { return slices.Contains(kinds, k.ID) }) {
			ids = append(ids, t.ID())
		}
	}
	return ids
}

func (p *pages) newGateway(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Notices.Gateways(r.Context()); err != nil { // who may not set one up
		return err
	}
	kind, ok := gatewayKindOf(r.FormValue("kind"))
	if !ok {
		return web.Render(w, r, http.StatusOK, gatewayKindsView())
	}
	f := gatewayForm{Kind: kind, Topics: p.Notices.Topics()}
	if kind.ID == gateway.SMS { // what cannot wait is worth a text message
		for _, t := range f.Topics {
			if slices.ContainsFunc(t.Kinds, func(k notify.Kind) bool { return k.Urgent }) {
				f.gatewayInput.Topics = append(f.gatewayInput.Topics, t.ID())
			}
		}
		f.Method, f.Format, f.Body = http.MethodPost, gateway.JSON, `{"phone": "{phone}", "text": "{text}"}`
	}
	return web.Render(w, r, http.StatusOK, gatewayFormView(f))
}

func (p *pages) addGateway(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	kind, ok := gatewayKindOf(r.PostFormValue("kind"))
	if !ok {
		return errs.New(errs.Invalid, "请选择渠道的种类")
	}
	in, err := web.Decode[gatewayInput](r)
	id := ""
	if err == nil {
		id, err = p.Notices.AddGateway(ctx, p.setting(in, kind.ID))
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		return web.Render(w, r, web.Status(errs.KindOf(err)), gatewayFormView(gatewayForm{gatewayInput: in, Kind: kind, Topics: p.Notices.Topics(), Err: err}))
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "渠道已添加。发一条测试，看看对方收到没有。"), "")
	return web.Redirect(w, r, gatewayURL(id))
}

// formOf is a gateway as its form shows it: without what is never shown again.
func (p *pages) formOf(g *notify.Gateway) gatewayForm {
	kind, _ := gatewayKindOf(g.Kind)
	topics := p.Notices.Topics()
	return gatewayForm{Kind: kind, Gateway: g, Topics: topics, gatewayInput: gatewayInput{Name: g.Name, Topics: topicsOf(topics, g.Kinds),
		Method: g.Method, Headers: g.Headers, Format: g.Format, Body: g.Body, Success: g.Success}}
}

func (p *pages) showGateway(w http.ResponseWriter, r *http.Request) error {
	g, err := p.Notices.Gateway(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, gatewayFormView(p.formOf(g)))
}

func (p *pages) saveGateway(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	g, err := p.Notices.Gateway(ctx, id)
	if err != nil {
		return err
	}
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	in, err := web.Decode[gatewayInput](r)
	if err == nil {
		err = p.Notices.SetGateway(ctx, id, int(version), p.setting(in, g.Kind))
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) {
		f := p.formOf(g)
		f.gatewayInput, f.Err = in, err
		return web.Render(w, r, web.Status(errs.KindOf(err)), gatewayFormView(f))
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(ctx, "渠道已保存"), "")
	return web.Redirect(w, r, gatewayURL(id))
}

func (p *pages) testGateway(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	phone := strings.TrimSpace(r.PostFormValue("phone"))
	tested, err := p.Notices.TestGateway(ctx, id, int(version), phone)
	if errs.Is(err, errs.Invalid) {
		g, e := p.Notices.Gateway(ctx, id)
		if e != nil {
			return e
		}
		f := p.formOf(g)
		f.Test = testForm{phone, err}
		return web.Render(w, r, web.Status(errs.Invalid), gatewayFormView(f))
	}
	if err != nil {
		return err
	}
	if tested.OK {
		web.Flash(w, r, ui.Good, lang.T(ctx, "测试消息已发出，对方已接收"), "")
	} else {
		web.Flash(w, r, ui.Bad, lang.T(ctx, "测试没有成功：%s", tested.Detail), "")
	}
	return web.Redirect(w, r, gatewayURL(id))
}

func (p *pages) switchGateway(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	on := r.PostFormValue("on") == "yes"
	if err := p.Notices.SwitchGateway(ctx, id, int(version), on); err != nil {
		return err
	}
	say := lang.T(ctx, "渠道已停用")
	if on {
		say = lang.T(ctx, "渠道已启用")
	}
	web.Flash(w, r, ui.Good, say, "")
	return web.Redirect(w, r, gatewayURL(id))
}

func (p *pages) removeGateway(w http.ResponseWriter, r *http.Request) error {
	version, err := web.Version(r)
	if err != nil {
		return err
	}
	if err := p.Notices.RemoveGateway(r.Context(), r.PathValue("id"), int(version)); err != nil {
		return err
	}
	web.Flash(w, r, ui.Good, lang.T(r.Context(), "渠道已删除"), "")
	return web.Redirect(w, r, "/gateways")
}

// topicOptions are the topics to choose from, with their wording.
func topicOptions(ctx context.Context, all []notify.Topic) []ui.Option {
	options := []ui.Option{{Value: every, Label: lang.T(ctx, "全部通知")}}
	for _, t := range all {
		options = append(options, ui.Option{Value: t.ID(), Label: word(ctx, t.Name)})
	}
	return options
}
