package proposalweb_test

import (
	"strings"
	"testing"

	"shangliang/internal/web/webtest"
)

// undo presses the button in the flash of the page that an act leads to.
func undo(c *webtest.Client, done *webtest.Answer) *webtest.Answer {
	page := c.Follow(done.Want(303))
	return c.Submit(page.Contains("撤销"), "[data-flash] form")
}

// TestUndo: what was done with one press is taken back with one, on one case or
// on many; where somebody has gone on meanwhile it stays, and says why.
func TestUndo(t *testing.T) {
	p := here(t)
	clerk := p.as("柳文书")
	a, b, c := p.submitted(), p.submitted(), p.submitted()
	one := undo(clerk, clerk.Submit(clerk.Get(a), "form#do-receive-form")).Want(303)
	clerk.Follow(one).Contains("“撤销受理”已办1件", "已提交")

	receive := func(key string) *webtest.Answer {
		var ids []string
		for _, box := range clerk.Get("/proposals?queue=new").Select("input[name=id]") {
			ids = append(ids, "id", attribute(box, "value"))
		}
		return clerk.PostForm("/proposals/bulk?queue=new", append(ids, "action", "receive", "request_key", key)...)
	}
	clerk.Follow(undo(clerk, receive("undo-key-1")).Want(303)).Contains("“撤销受理”已办3件")
	if n := len(clerk.Get("/proposals?queue=new").Select("input[name=id]")); n != 3 {
		t.Errorf("%d are new again", n)
	}

	page := clerk.Follow(receive("undo-key-2").Want(303))
	p.do("纪审言", b, "pass").Want(303) // somebody goes on with one
	again := clerk.Submit(page, "[data-flash] form").Want(200).Contains("已办2件", "有1件没有办", "已经有人审查", b)
	if strings.Contains(again.Body, c) {
		t.Error("what was taken back is among those that were not")
	}

	// What cannot be taken back is asked before, and offers nothing afterwards.
	clerk.Get("/proposals?queue=in_review").Want(200).Contains("这一步不能撤销")
	clerk.PostForm("/proposals/undo?step=proposal.file&of=x").Want(422)
	clerk.PostForm("/proposals/undo?step=proposal.receive&of=nothing").Want(404)
	// Nobody takes back what somebody else did.
	p.as("纪审言").PostForm("/proposals/undo?step=proposal.receive&of=undo-key-2").Want(404)
}

// TestUndoRemoval: a file goes at once, and comes back.
func TestUndoRemoval(t *testing.T) {
	p := here(t)
	m := p.as("余知秋")
	edit := m.Submit(m.Get("/proposals/new"), "form#f", with("then", "save")...).Want(303).Header.Get("Location")
	path := strings.TrimSuffix(edit, "/edit")
	m.PostFiles(path+"/files", []webtest.File{{Field: "files", Name: "报告.pdf", Body: pdf}}, "purpose", "attachment").Want(303)
	gone := m.Submit(m.Get(edit).Want(200), "ul.files form").Want(303)
	if to := gone.Header.Get("Location"); to != edit {
		t.Errorf("leads to %s", to)
	}
	m.Follow(undo(m, gone).Want(303)).Contains("文件已放回", "报告.pdf")
	m.Get(path).Want(200).Contains("报告.pdf", "放回文件")
	p.as("凌若谷").PostForm(value(t, m.Get(path), "ul.files form", "action")).Want(404)
}
