package proposalweb_test

import (
	"slices"
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/web/webtest"
)

// people are browsers of the cast, each signed in at first use.
type people struct {
	t    testing.TB
	w    *apptest.World
	open map[string]*webtest.Client
}

func newPeople(t testing.TB, w *apptest.World) *people {
	return &people{t, w, map[string]*webtest.Client{}}
}

// here are people of a world of their own, on the database that needs no server.
func here(t testing.TB) *people { return newPeople(t, apptest.New(t, db.SQLite)) }

func (p *people) as(name string) *webtest.Client {
	c := p.open[name]
	if c == nil {
		c = p.w.Browser(p.t, name)
		p.open[name] = c
	}
	return c
}

// draft are the fields of a proposal that could be handed in.
var draft = []string{"kind", "individual", "title", "关于疏浚城西排洪渠的提案", "situation", "城西排洪渠多年未清淤，去年汛期两次漫堤。",
	"analysis", "渠道由三个单位分段管护，责任不清，经费没有着落。", "suggestions", "一、明确由县水利局统一管护；二、汛前完成清淤；三、沿渠设警示水位。",
	"subject", "society", "researched", "yes", "self_written", "yes", "open_choice", "open"}

// with are the fields of a proposal with some of them changed or added.
func with(changed ...string) []string {
	all := slices.Clone(draft)
	for i := 0; i+1 < len(changed); i += 2 {
		at := -1
		for j := 0; j < len(draft); j += 2 {
			if draft[j] == changed[i] {
				at = j
			}
		}
		if at >= 0 {
			all[at+1] = changed[i+1]
		} else {
			all = append(all, changed[i], changed[i+1])
		}
	}
	return all
}

// submitted hands a proposal in through the pages and returns its path.
func (p *people) submitted() string {
	p.t.Helper()
	m := p.as("余知秋")
	a := m.Submit(m.Get("/proposals/new").Want(200), "form#f", with("then", "submit")...).Want(303)
	return a.Header.Get("Location")
}

// do takes a step as its button on the case page would.
func (p *people) do(name, path, action string, fields ...string) *webtest.Answer {
	p.t.Helper()
	c := p.as(name)
	page := c.Get(path).Want(200)
	forms := page.Select("form")
	for _, f := range forms {
		for _, a := range f.Attr {
			if a.Key == "action" && strings.HasSuffix(a.Val, "/"+action) {
				id := ""
				for _, b := range f.Attr {
					if b.Key == "id" {
						id = b.Val
					}
				}
				return c.Submit(page, "form#"+id, fields...)
			}
		}
	}
	links := page.Select("a[href]")
	for _, l := range links {
		for _, a := range l.Attr {
			if a.Key == "href" && strings.HasPrefix(a.Val, path+"/") && strings.Contains(a.Val, "/"+action) {
				return c.Submit(c.Get(a.Val).Want(200), "form#f", fields...)
			}
		}
	}
	p.t.Fatalf("%s has no %q on %s:\n%.6000s", name, action, path, page.Body)
	return nil
}

// TestMainPath walks a proposal from draft to kept promise, every step by the
// forms that the pages offer.
func TestMainPath(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := newPeople(t, w)
		path := p.submitted()
		p.as("余知秋").Get(path).Want(200).Contains("已提交", "疏浚城西排洪渠")
		p.as("柳文书").Get("/").Want(200).Contains("新收到")
		p.do("柳文书", path, "receive").Want(303)
		p.do("纪审言", path, "pass", "score", "4", "reason", "选题好").Want(303)
		p.do("纪审言", path, "pass").Want(303)
		p.do("莫定安", path, "file").Want(303)
		p.as("余知秋").Get(path).Want(200).Contains("第1号", "已立案")
		p.do("岳交之", path, "dispatch", "units", "sole", "host", p.w.Bodies["县水利局"]).Want(303)
		p.as("水清源").Get("/inbox").Want(200).Contains("疏浚城西排洪渠", "待签收")
		p.do("水清源", path, "sign").Want(303)
		p.do("江承平", path, "contact", "kind", "consult_in_person", "on", "2026-03-12", "people", "余知秋", "summary", "实地看了渠段").Want(303)
		p.do("江承平", path, "draft", "body", "您的提案收悉。现答复如下。", "doc_no", "临水提〔2026〕1号", "outcome", "b", "disclosure", "full",
			"contact_name", "江承平", "contact_phone", "0000-1234567", "promise_text_0", "汛前完成清淤", "promise_due_0", "2026-05-31").Want(303)
		p.as("余知秋").Get(path).Want(200).Lacks("现答复如下")
		p.do("汪签远", path, "sign_off").Want(303)
		p.do("柳文书", path, "check").Want(303)
		p.as("余知秋").Get(path).Want(200).Contains("现答复如下", "临水提〔2026〕1号", "汛前完成清淤")
		p.do("余知秋", path, "rate", "overall", "satisfied", "attitude", "satisfied", "contact", "satisfied", "pertinence", "basically", "result", "satisfied", "comment", "还应抓紧").Want(303)
		p.as("江承平").Get(path).Want(200).Lacks("还应抓紧", "基本满意")
		p.do("柳文书", path, "close").Want(303)
		p.as("柳文书").Get(path).Want(200).Contains("跟踪落实中", "还应抓紧")
		p.as("江承平").Get(path).Want(200).Contains("满意 1 位").Lacks("还应抓紧")
		p.do("江承平", path, "report", "evidence", "5月20日完成清淤3.2公里").Want(303)
		p.do("柳文书", path, "confirm").Want(303)
		p.do("柳文书", path, "archive").Want(303)
		p.as("余知秋").Get(path).Want(200).Contains("已归档", "已落实", "3.2公里")
		for _, who := range []string{"余知秋", "柳文书", "纪审言", "莫定安", "岳交之", "水清源", "汪签远", "高望舒", "裴远山"} {
			p.as(who).Get("/").Want(200)
		}
	})
}

// dispatched is a case that the water bureau handles alone.
func (p *people) dispatched() string {
	p.t.Helper()
	path := p.submitted()
	p.do("柳文书", path, "receive").Want(303)
	p.do("纪审言", path, "pass").Want(303)
	p.do("纪审言", path, "pass").Want(303)
	p.do("莫定安", path, "file").Want(303)
	p.do("岳交之", path, "dispatch", "units", "sole", "host", p.w.Bodies["县水利局"]).Want(303)
	return path
}

// replied is a case whose proposer is asked to rate.
func (p *people) replied() string {
	p.t.Helper()
	path := p.dispatched()
	p.do("水清源", path, "sign").Want(303)
	p.do("江承平", path, "contact", "kind", "visit", "on", "2026-03-12", "people", "余知秋", "summary", "上门听取意见").Want(303)
	p.do("江承平", path, "draft", "body", "现答复如下。", "doc_no", "临水提〔2026〕2号", "outcome", "a", "disclosure", "full", "contact_name", "江承平", "contact_phone", "0000-1").Want(303)
	p.do("汪签远", path, "sign_off").Want(303)
	p.do("柳文书", path, "check").Want(303)
	return path
}
