package proposalweb_test

import (
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/proposal"
)

// The chair merges from the list and from the suggestions; every page says what
// follows what, and both proposers come to the rating.
func TestMergePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := newPeople(t, w)
		one := w.PlayText(proposal.InReview, wordy(w, "关于整治排洪渠的提案"))
		fields := append(with("title", "关于整治渠道的提案", "situation", one.Situation, "analysis", one.Analysis, "suggestions", one.Suggestions), "then", "submit")
		two := p.as("凌若谷").PostForm("/proposals/new", fields...).Want(303).Header.Get("Location")
		p.as("柳文书").Submit(p.as("柳文书").Get(two).Want(200), form(two, "receive")).Want(303)

		chair := p.as("莫定安")
		list := chair.Get("/proposals?queue=in_review").Want(200)
		list.Contains("并案…")
		chair.Get("/proposals/merging").Want(200).Contains("2件提案", "并排比较", "/proposals/merge?id=")
		p.as("纪审言").Get("/proposals/merging").Want(403)
		rows := list.Select(`input[name="id"]`)
		if len(rows) != 2 {
			t.Fatalf("%d rows can be chosen", len(rows))
		}
		first, second := list.Attr(`input[name="id"]`, "value"), ""
		for _, a := range rows[1].Attr {
			if a.Key == "value" {
				second = a.Val
			}
		}
		chair.PostForm("/proposals/merge", "id", first).Want(422)
		page := chair.Get(chair.PostForm("/proposals/merge", "id", first, "id", second).Want(303).Header.Get("Location")).Want(200)
		page.Contains("关于整治排洪渠的提案", "关于整治渠道的提案")
		chair.Submit(page, `form[action="/proposals/merge"]`, "into", one.ID).Want(422).Contains("请填写")
		chair.Submit(page, `form[action="/proposals/merge"]`, "into", one.ID, "reason", "同一渠道").Want(303)

		chair.Get("/proposals/"+one.ID).Want(200).Contains("并案办理（1件并入）", "关于整治渠道的提案")
		other := p.as("凌若谷")
		other.Get(two).Want(200).Contains("已并入", "打开主案", "已并案")
		other.Get("/proposals/"+one.ID).Want(200).Contains("并案办理", "凌若谷")
		p.as("余知秋").Get("/proposals/" + one.ID).Want(200).Contains("凌若谷").Lacks(`href="` + two + `"`)
		chair.Submit(chair.Get(two).Want(200), form(two, "unmerge"), "reason", "还是分开").Want(303)
		other.Get("/proposals/" + one.ID).Want(404)
	})
}

// One case is merged on its own page, where those alike stand first.
func TestMergeOnPage(t *testing.T) {
	p := here(t)
	one := p.w.PlayText(proposal.Filed, wordy(p.w, "关于整治排洪渠的提案"))
	two := p.w.PlayText(proposal.InReview, wordy(p.w, "关于整治渠道的提案"))
	chair := p.as("莫定安")
	page := chair.Get("/proposals/" + two.ID + "/merge").Want(200)
	page.Contains("关于整治排洪渠的提案", "相似的提案")
	chair.Get("/proposals/" + two.ID + "/leads?q=1").Want(200).Contains(one.ID)
	chair.Submit(page, form("/proposals/"+two.ID, "merge"), "reason", "同一渠道").Want(422).Contains("请填写“主案”")
	chair.Submit(page, form("/proposals/"+two.ID, "merge"), "into", one.ID, "reason", "同一渠道").Want(303)
	p.as("余知秋").Get("/proposals/" + two.ID).Want(200).Contains("已并入第1号")
}

// Whose proposal was merged is asked on the lead's page and rates there.
func TestMergedRatePage(t *testing.T) {
	p := here(t)
	lead := p.w.Play(proposal.Handling)
	second := p.w.Text()
	second.Title = "关于并入的提案"
	at := p.as("凌若谷").PostForm("/proposals/new", append(with("title", second.Title), "then", "submit")...).Want(303).Header.Get("Location")
	p.as("柳文书").Submit(p.as("柳文书").Get(at).Want(200), form(at, "receive")).Want(303)
	chair := p.as("莫定安")
	chair.Submit(chair.Get(at+"/merge").Want(200), form(at, "merge"), "into", lead.ID, "reason", "同一渠道").Want(303)
	for _, x := range []struct {
		who, action string
		in          proposal.Input
	}{
		{"江承平", "contact", proposal.Input{Kind: "visit", On: "2026-03-12", People: "余知秋、凌若谷", Summary: "看了渠段"}},
		{"江承平", "draft", proposal.Input{Body: "现答复如下", DocNo: "临水提1号", Outcome: "a", Disclosure: "full", ContactName: "江承平", ContactPhone: "12345"}},
		{"汪签远", "sign_off", proposal.Input{}},
		{"柳文书", "check", proposal.Input{}},
	} {
		c, err := p.w.Proposals.Get(p.w.As(x.who), lead.ID)
		if err != nil {
			t.Fatal(err)
		}
		as := c.Current()[0]
		if _, err := p.w.Proposals.DoAssignment(p.w.As(x.who), lead.ID, as.ID, as.Version, x.action, x.in); err != nil {
			t.Fatal(err)
		}
	}
	rate := "/proposals/" + lead.ID + "/rate"
	member := p.as("凌若谷")
	member.Get(at).Want(200).Contains(`href="` + rate + `"`)
	member.Submit(member.Get(rate).Want(200), "form#f", "overall", "satisfied", "attitude", "satisfied", "contact", "satisfied", "pertinence", "satisfied", "result", "satisfied").Want(303)
	member.Get("/proposals/"+lead.ID).Want(200).Contains("修改评价", "满意")
	p.as("𠮷野川").Get(rate).Want(404)
}

// A change is asked for, shown with what it would change, granted; the versions
// can be compared on the page and over REST.
func TestChangePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := newPeople(t, w)
		c := w.Play(proposal.Handling)
		at := "/proposals/" + c.ID
		lead := p.as("余知秋")
		text := lead.Get(at + "/ask_change").Want(200)
		text.Contains("城西排洪渠多年未清淤")
		lead.Submit(text, form(at, "ask_change"), "reason", "补充期限").Want(422).Contains("文字没有改动")
		lead.Submit(text, form(at, "ask_change"), "suggestions", "一、明确由县水利局统一管护；二、五月底前完成清淤；三、沿渠设警示水位。", "reason", "补充期限").Want(303)
		chair := p.as("莫定安")
		chair.Get("/proposals?queue=changes").Want(200).Contains("排洪渠")
		page := chair.Get(at).Want(200)
		page.Contains("修改申请", "<ins>", "<del>", "五月底")
		p.as("水清源").Get(at).Want(200).Lacks("五月底", "修改申请")
		chair.Submit(page, form(at, "grant_change")).Want(303)
		p.as("水清源").Get(at+"/versions").Want(200).Contains("第1版", "第2版", "<ins>")
		p.as("凌若谷").Get(at + "/versions").Want(404)
		p.as("水清源").Get("/api/v1"+at+"/revisions/1/2").Want(200).Contains(`"added"`, "五月底")
		p.as("水清源").Get("/api/v1" + at + "/revisions/1/9").Want(404)
		lead.Submit(lead.Get(at).Want(200), form(at, "ask_withdrawal"), "reason", "已经解决").Want(303)
		chair.Submit(chair.Get(at).Want(200), form(at, "grant_withdrawal")).Want(303)
		lead.Get(at).Want(200).Contains("已撤回", "撤案申请")
	})
}

// form selects the form of a step of a case.
func form(path, action string) string { return `form[action="` + path + "/" + action + `"]` }
