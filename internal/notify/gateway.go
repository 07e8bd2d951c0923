package notify

import (
	"context"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
	"shangliang/internal/gateway"
	"shangliang/internal/ledger"
	"shangliang/internal/secret"
)

// SetUp is the permission to set up gateways.
const SetUp = "notify.set_up"

// Gateway is a way out of a tenant. A robot tells its group, a webhook another
// system, once for each notice of the kinds that it carries; the SMS gateway, of
// which there is one at most, tells each person. Of the query of the address and
// of the secret nothing is ever given out again.
type Gateway struct {
	ID        string
	Kind      string // gateway.WeCom …; it never changes
	Name      string
	Address   string // without its query
	HasQuery  bool
	HasSecret bool
	Request            // of an SMS gateway
	Kinds     []string // ids of the kinds that it carries
	Active    bool
	Tested    Tested
	Version   int

	sealedQuery, sealedSecret string
	request, kinds            string
}

// Request is what an SMS gateway is asked: see gateway.Target.
type Request struct {
	Method  string `json:"method,omitempty"`
	Headers string `json:"headers,omitempty"`
	Format  string `json:"format,omitempty"`
	Body    string `json:"body,omitempty"`
	Success string `json:"success,omitempty"`
}

// Tested is how the last test went; At is zero before the first.
type Tested struct {
	At     db.Time
	By     string // name
	OK     bool
	Detail string // what the service said, if it did not take the message
}

// Setting is what an administrator types in. On a gateway that is there already
// an empty Address or Secret leaves what it has; a new address asks for the
// secret again, so that nobody can have it sent elsewhere.
type Setting struct {
	Kind    string // of a new one
	Name    string
	Address string // with its query
	Secret  secret.Text
	Request
	Kinds []string
}

const gatewayColumns = `id, kind, name, address, sealed_query, sealed_secret, request, kinds, active, tested_at, tested_by, tested_ok, tested_detail, version`

func (g *Gateway) fields() []any {
	return []any{&g.ID, &g.Kind, &g.Name, &g.Address, &g.sealedQuery, &g.sealedSecret, &g.request, &g.kinds, &g.Active, &g.Tested.At, &g.Tested.By, &g.Tested.OK, &g.Tested.Detail, &g.Version}
}

// read unpacks what SQL does not.
func (g *Gateway) read() error {
	g.HasQuery, g.HasSecret = g.sealedQuery != "", g.sealedSecret != ""
	if err := json.Unmarshal([]byte(g.request), &g.Request); err != nil {
		return err
	}
	return json.Unmarshal([]byte(g.kinds), &g.Kinds)
}

// pack is the reverse of read.
func (g *Gateway) pack() error {
	request, err := json.Marshal(g.Request)
	if err != nil {
		return err
	}
	kinds, err := json.Marshal(g.Kinds)
	g.request, g.kinds = string(request), string(kinds)
	return err
}

func (g *Gateway) row(tenant string) ledger.Row {
	return ledger.RowOf("notice_gateway", "tenant", tenant, "id", g.ID)
}

// carries reports whether notices of a kind go this way.
func (g *Gateway) carries(kind string) bool { return g.Active && slices.Contains(g.Kinds, kind) }

// gatewaysOf are a tenant's, the oldest first.
func gatewaysOf(tx *db.Tx, tenant string) ([]*Gateway, error) {
	all, err := db.All(tx, (*Gateway).fields, `SELECT `+gatewayColumns+` FROM notice_gateway WHERE tenant = $1 ORDER BY id`, tenant)
	for _, g := range all {
		if err == nil {
			err = g.read()
		}
	}
	return all, err
}

func gatewayOf(tx *db.Tx, tenant, id string) (*Gateway, error) {
	g, err := db.One(tx, (*Gateway).fields, `SELECT `+gatewayColumns+` FROM notice_gateway WHERE tenant = $1 AND id = $2`, tenant, id)
	if err != nil {
		return nil, err
	}
	return g, g.read()
}

// target is where a gateway's messages go, with its secrets; a *[Refusal] if it
// is gone, switched off or cannot be read.
func (n *Notifier) target(ctx context.Context, tenant, id string) (gateway.Target, error) {
	var g *Gateway
	err := n.db.Read(ctx, func(tx *db.Tx) (err error) {
		g, err = gatewayOf(tx, tenant, id)
		return err
	})
	if errs.Is(err, errs.NotFound) || err == nil && !g.Active {
		return gateway.Target{}, &Refusal{Reason: "gateway_off"}
	}
	if err != nil {
		return gateway.Target{}, err
	}
	t, err := n.open(tenant, g)
	if err != nil {
		return t, &Refusal{Reason: "no_secret"}
	}
	return t, nil
}

// open decrypts a gateway's secrets.
func (n *Notifier) open(tenant string, g *Gateway) (t gateway.Target, err error) {
	t = gateway.Target{Kind: g.Kind, Address: g.Address, Method: g.Method, Headers: g.Headers, Format: g.Format, Body: g.Body, Success: g.Success}
	if t.Query, err = n.sealer.Open(tenant+" "+g.ID+" query", g.sealedQuery); err != nil {
		return t, err
	}
	t.Secret, err = n.sealer.Open(tenant+" "+g.ID+" secret", g.sealedSecret)
	return t, err
}

// Gateways lists the tenant's. It needs [SetUp].
func (n *Notifier) Gateways(ctx context.Context) (all []*Gateway, err error) {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return nil, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		all, err = gatewaysOf(tx, a.Tenant)
		return err
	})
	return all, err
}

// Gateway returns one of the tenant's. It needs [SetUp].
func (n *Notifier) Gateway(ctx context.Context, id string) (g *Gateway, err error) {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return nil, err
	}
	err = n.db.Read(ctx, func(tx *db.Tx) error {
		g, err = gatewayOf(tx, a.Tenant, id)
		return err
	})
	return g, err
}

// change runs an act on a gateway in a transaction of its own.
func (n *Notifier) change(ctx context.Context, id string, version int, act func(tx *db.Tx, a actor.Actor, g *Gateway) error) error {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return err
	}
	return n.db.Write(ctx, func(tx *db.Tx) error {
		if _, ok, err := ledger.Replayed(tx); ok || err != nil {
			return err
		}
		g, err := gatewayOf(tx, a.Tenant, id)
		if err != nil {
			return err
		}
		if g.Version != version {
			return db.Stale()
		}
		return act(tx, a, g)
	})
}

// AddGateway sets up a new gateway and returns its id. It carries messages from
// now on.
func (n *Notifier) AddGateway(ctx context.Context, in Setting) (id string, err error) {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return "", err
	}
	err = n.db.Write(ctx, func(tx *db.Tx) error {
		var done bool
		if id, done, err = ledger.Replayed(tx); done || err != nil {
			return err
		}
		all, err := gatewaysOf(tx, a.Tenant)
		if err != nil {
			return err
		}
		if in.Kind == gateway.SMS && slices.ContainsFunc(all, func(g *Gateway) bool { return g.Kind == gateway.SMS }) {
			return errs.New(errs.Conflict, "已经有一个短信网关，请修改它，或者先删除")
		}
		g := &Gateway{ID: db.NewID(), Kind: in.Kind, Active: true, Version: 1}
		if err := n.set(a.Tenant, g, in); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO notice_gateway (tenant, `+gatewayColumns+`) VALUES (`+db.Marks(15)+`)`, a.Tenant, g.ID, g.Kind, g.Name, g.Address, g.sealedQuery, g.sealedSecret,
			g.request, g.kinds, g.Active, g.Tested.At, "", false, "", g.Version); err != nil {
			return err
		}
		id = g.ID
		return ledger.Append(tx, ledger.Entry{Action: "notify.gateway_added", Kind: "notice_gateway", Object: id, Data: map[string]any{"kind": g.Kind, "kinds": g.Kinds}, Rows: []ledger.Row{g.row(a.Tenant)}})
	})
	return id, err
}

// SetGateway changes a gateway.
func (n *Notifier) SetGateway(ctx context.Context, id string, version int, in Setting) error {
	return n.change(ctx, id, version, func(tx *db.Tx, a actor.Actor, g *Gateway) error {
		before := g.Address
		if err := n.set(a.Tenant, g, in); err != nil {
			return err
		}
		return n.save(tx, a.Tenant, g, "notify.gateway_changed", map[string]any{"kinds": g.Kinds, "moved": before != g.Address, "secret": in.Secret != ""})
	})
}

// SwitchGateway takes a gateway out of service or back. What waits for one that
// is out of service is not sent.
func (n *Notifier) SwitchGateway(ctx context.Context, id string, version int, active bool) error {
	return n.change(ctx, id, version, func(tx *db.Tx, a actor.Actor, g *Gateway) error {
		g.Active = active
		return n.save(tx, a.Tenant, g, "notify.gateway_switched", map[string]any{"active": active})
	})
}

// RemoveGateway forgets a gateway with its secrets. The records of what it
// carried stay.
func (n *Notifier) RemoveGateway(ctx context.Context, id string, version int) error {
	return n.change(ctx, id, version, func(tx *db.Tx, a actor.Actor, g *Gateway) error {
		if err := db.Touch(tx.Exec(`DELETE FROM notice_gateway WHERE tenant = $1 AND id = $2 AND version = $3`, a.Tenant, g.ID, g.Version)); err != nil {
			return err
		}
		return ledger.Append(tx, ledger.Entry{Action: "notify.gateway_removed", Kind: "notice_gateway", Object: g.ID, Data: map[string]any{"kind": g.Kind}, Rows: []ledger.Row{g.row(a.Tenant)}})
	})
}

// save writes a changed gateway and its entry.
func (n *Notifier) save(tx *db.Tx, tenant string, g *Gateway, action string, data map[string]any) error {
	if err := db.Touch(tx.Exec(`UPDATE notice_gateway SET name = $4, address = $5, sealed_query = $6, sealed_secret = $7, request = $8, kinds = $9, active = $10,
		tested_at = $11, tested_by = $12, tested_ok = $13, tested_detail = $14, version = version + 1 WHERE tenant = $1 AND id = $2 AND version = $3`,
		tenant, g.ID, g.Version, g.Name, g.Address, g.sealedQuery, g.sealedSecret, g.request, g.kinds, g.Active, g.Tested.At, g.Tested.By, g.Tested.OK, g.Tested.Detail)); err != nil {
		return err
	}
	return ledger.Append(tx, ledger.Entry{Action: action, Kind: "notice_gateway", Object: g.ID, Data: data, Rows: []ledger.Row{g.row(tenant)}})
}

// set takes over what was typed in, if it is right.
func (n *Notifier) set(tenant string, g *Gateway, in Setting) error {
	if n.sealer == nil || n.gateways == nil {
		return errs.New(errs.Unavailable, "平台没有准备好密钥，不能设置通知渠道")
	}
	var f errs.Fields
	in.Name, in.Address, in.Secret = strings.TrimSpace(in.Name), strings.TrimSpace(in.Address), secret.Text(strings.TrimSpace(string(in.Secret)))
	f.Check(in.Name != "" && len([]rune(in.Name)) <= 60, "name", "请填写名称，不超过60字")
	f.Check(slices.Contains([]string{gateway.WeCom, gateway.DingTalk, gateway.Webhook, gateway.SMS}, g.Kind), "kind", "请选择渠道的种类")
	f.Check(in.Address != "" || g.Address != "", "address", "请填写地址")
	f.Check(len(in.Secret) <= 1000, "secret", "密钥太长")
	f.Check(len(in.Kinds) > 0, "kinds", "请至少选择一类通知")
	for _, id := range in.Kinds {
		if n.byID[id] == nil {
			f.Add("kinds", "没有这类通知")
			break
		}
	}
	g.Name, g.Kinds = in.Name, slices.Compact(slices.Sorted(slices.Values(in.Kinds)))
	if in.Address != "" {
		address, query := n.address(&f, g.Kind, in.Address)
		f.Check(!g.HasSecret || in.Secret != "", "secret", "地址改了，请重新填写密钥")
		g.Address, g.sealedQuery = address, n.sealer.Seal(tenant+" "+g.ID+" query", secret.Text(query))
		g.Tested = Tested{} // what was tested is another place
	}
	if in.Secret != "" {
		g.sealedSecret = n.sealer.Seal(tenant+" "+g.ID+" secret", in.Secret)
	}
	g.Request = Request{}
	if g.Kind == gateway.SMS {
		g.Request = in.Request
		g.check(&f, in)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return g.pack()
}

// keyOf is the part of a robot's address without which nothing arrives.
var keyOf = map[string]string{gateway.WeCom: "key", gateway.DingTalk: "access_token"}

// address parts an address from its query and says what is wrong with it.
func (n *Notifier) address(f *errs.Fields, kind, text string) (address, query string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(text) > 2000 || u.Scheme != "https" && u.Scheme != "http" {
		f.Add("address", "地址应是完整的网址，例如 https://example.cn/hook")
		return "", ""
	}
	ip, err := netip.ParseAddr(u.Hostname())
	switch key := keyOf[kind]; {
	case u.Scheme == "http" && !n.gateways.Plain():
		f.Add("address", "地址应以 https:// 开头")
	case err == nil && !n.gateways.Allows(ip, u.Scheme == "https"):
		f.Add("address", "这是内部网络的地址，须由平台的管理者先放行")
	case key != "" && u.Query().Get(key) == "":
		f.Add("address", "地址里没有 %s=，请从群机器人的设置里整条复制", key)
	}
	query = u.RawQuery
	u.RawQuery, u.ForceQuery = "", false
	return u.String(), query
}

// check says what is wrong with the request to an SMS gateway.
func (g *Gateway) check(f *errs.Fields, in Setting) {
	g.Headers, g.Body, g.Success = strings.TrimSpace(g.Headers), strings.TrimSpace(g.Body), strings.TrimSpace(g.Success)
	f.Check(slices.Contains([]string{"GET", "POST", "PUT"}, g.Method), "method", "请选择请求方法")
	f.Check(g.Format == gateway.JSON || g.Format == gateway.Form, "format", "请选择正文的格式")
	f.Check(len(g.Headers) <= 2000 && len(g.Body) <= 4000 && len(g.Success) <= 200, "body", "内容太长")
	_, query, _ := strings.Cut(in.Address, "?")
	said := g.Headers + g.Body + query
	if u := gateway.Unknown(said); u != "" {
		f.Add("body", "没有 %s 这样的占位符", u)
	}
	hidden := in.Address == "" && g.HasQuery // a query that was saved may hold them
	f.Check(hidden || strings.Contains(said, "{phone}"), "body", "请求里要有 {phone}，代表手机号")
	f.Check(hidden || strings.Contains(said, "{text}") || strings.Contains(said, "{title}"), "body", "请求里要有 {text} 或 {title}，代表短信的内容")
	t := gateway.Target{Kind: gateway.SMS, Address: "https://example.cn", Method: g.Method, Headers: g.Headers, Format: g.Format, Body: g.Body}
	switch t.Check() {
	case "headers":
		f.Add("headers", "请求头应一行一个，写成“名称: 值”")
	case "body":
		f.Add("body", "正文代入手机号和内容以后不是正确的 JSON")
	}
}

// TestGateway sends a test message and notes how it went. An SMS gateway sends it
// to phone. That the service did not take it is no error: see [Gateway].Tested.
func (n *Notifier) TestGateway(ctx context.Context, id string, version int, phone string) (*Tested, error) {
	a, err := actor.Require(ctx, SetUp)
	if err != nil {
		return nil, err
	}
	g, err := n.Gateway(ctx, id)
	if err != nil {
		return nil, err
	}
	if g.Version != version { // perhaps by this very request, which is then not done twice
		err := n.db.Write(ctx, func(tx *db.Tx) error {
			if _, done, err := ledger.Replayed(tx); done || err != nil {
				return err
			}
			return db.Stale()
		})
		return &g.Tested, err
	}
	q := &queued{notice: db.NewID(), channel: g.Kind, kind: "notify.test", title: "这是一条测试消息，说明通知渠道可以使用", link: "/gateways", params: "{}", created: db.At(n.db.Now())}
	if g.Kind == gateway.SMS {
		if q.address = mobile(phone); q.address == "" {
			var f errs.Fields
			f.Add("phone", "请填写收测试短信的手机号")
			return nil, f.Err()
		}
		q.channel = SMS
	}
	tested := Tested{By: a.Name}
	// The message is sent before the transaction: nothing waits inside one.
	t, err := n.open(a.Tenant, g)
	if err == nil {
		m, e := n.outgoing(ctx, q)
		if e != nil {
			return nil, e
		}
		err = n.gateways.Send(ctx, t, m)
	} else {
		err = &Refusal{Reason: "no_secret"}
	}
	tested.OK = err == nil
	switch e := err.(type) {
	case *gateway.Failure:
		tested.Detail = e.Detail
	case *Refusal:
		tested.Detail = ReasonText(ctx, e.Reason)
	}
	err = n.change(ctx, id, version, func(tx *db.Tx, a actor.Actor, g *Gateway) error {
		tested.At = db.At(tx.Now())
		g.Tested = tested
		return n.save(tx, a.Tenant, g, "notify.gateway_tested", map[string]any{"ok": tested.OK})
	})
	return &tested, err
}
