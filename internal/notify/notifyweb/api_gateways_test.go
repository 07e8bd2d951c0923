package notifyweb_test

import (
	"strings"
	"testing"

	"shangliang/internal/gateway/gatewaytest"
)

func TestGatewaysByREST(t *testing.T) {
	w := local(t)
	s := gatewaytest.Serve(t, w.Now)
	c := w.Browser(t, "管一平")
	var g struct {
		ID, Said string
		TestedOK bool `json:"tested_ok"`
		Version  int
	}
	made := c.JSON("POST", "/api/v1/gateways", map[string]any{"kind": "webhook", "name": "公文系统", "address": s.URL + "/webhook?k=hush-hush-hush", "secret": gatewaytest.Secret, "kinds": []string{"proposal.file"}}).Want(201)
	made.Contains(`"has_query":true,"has_secret":true`).Lacks("hush", gatewaytest.Secret).Decode(&g)
	at := "/api/v1/gateways/" + g.ID
	c.JSON("POST", at+"/test", map[string]any{"version": 1}).Want(200).Decode(&g)
	if !g.TestedOK || g.Version != 2 || len(s.Got()) != 1 || !strings.Contains(s.Got()[0].JSON["title"].(string), "测试") {
		t.Fatalf("%+v %+v", g, s.Got())
	}
	s.Answer(gatewaytest.Never)
	c.JSON("POST", at+"/test", map[string]any{"version": 2}).Want(200).Contains(`"said":"410 Gone gone"`)
	c.JSON("PUT", at, map[string]any{"name": "公文", "kinds": []string{"none"}, "version": 3}).Want(422)
	c.JSON("PUT", at, map[string]any{"name": "公文", "kinds": []string{"proposal.file"}, "version": 2}).Want(409)
	c.JSON("PUT", at, map[string]any{"name": "公文", "kinds": []string{"proposal.file"}, "version": 3}).Want(200).Contains(`"has_secret":true`)
	c.JSON("POST", at+"/switch", map[string]any{"version": 4, "active": false}).Want(200).Contains(`"active":false`)
	w.Browser(t, "柳文书").Get("/api/v1/gateways").Want(403)
	w.Neighbour().Browser(t, "管一平").JSON("POST", at+"/switch", map[string]any{"version": 5, "active": true}).Want(404)
	c.Get("/api/v1/gateways").Want(200).Contains("公文").Lacks("hush", gatewaytest.Secret)
	c.Do("DELETE", at+"?version=5", "", nil).Want(204)
	c.Get("/api/v1/gateways").Want(200).Lacks("公文")
}
