package proposalweb_test

import (
	"strings"
	"testing"

	"shangliang/internal/app/apptest"
	"shangliang/internal/likeness/sample"
	"shangliang/internal/proposal"
)

// wordy are the fields of a proposal with enough text to be compared.
func wordy(w *apptest.World, title string) proposal.Text {
	all := strings.SplitAfter(sample.Text(7, 9), "。")
	t := w.Text()
	t.Title, t.Situation, t.Analysis, t.Suggestions = title, strings.Join(all[:4], ""), strings.Join(all[4:6], ""), strings.Join(all[6:], "")
	return t
}

// The editor is told what is alike while one types and when the page is opened;
// a reviewer sees it with the case and sets the two side by side.
func TestAlikePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, w *apptest.World) {
		p := newPeople(t, w)
		old := w.PlayText(proposal.Filed, wordy(w, "关于前年的提案"))
		text := wordy(w, "关于今年的提案")

		writer := p.as("凌若谷")
		writer.Get("/proposals/new").Want(200).Contains(`hx-post="/proposals/alike"`)
		answer := writer.PostForm("/proposals/alike", "title", text.Title, "situation", text.Situation, "analysis", text.Analysis, "suggestions", text.Suggestions).Want(200)
		answer.Contains("与您写的相近", "关于前年的提案", "相似度")
		answer.Lacks(`href="/proposals/`+old.ID, "余知秋")
		writer.PostForm("/proposals/alike", "title", "关于别的提案", "situation", "短").Want(200).Lacks("相近")

		fresh := w.PlayText(proposal.InReview, text)
		reviewer := p.as("纪审言")
		reviewer.Get("/proposals/" + fresh.ID).Want(200).Contains(`hx-get="/proposals/` + fresh.ID + `/alike"`)
		reviewer.Get("/proposals/"+fresh.ID+"/alike").Want(200).Contains(`id="alike"`, "相似的提案", "/alike/"+old.ID)
		reviewer.Get("/proposals/"+fresh.ID+"/alike/"+old.ID).Want(200).Contains("并排比较", "<mark>")
		reviewer.Get("/proposals/" + fresh.ID + "/alike").Want(200).Contains("关于前年的提案")
		p.as("余知秋").Get("/proposals/" + fresh.ID).Want(200).Lacks("相似的提案")
		p.as("余知秋").Get("/proposals/" + fresh.ID + "/alike").Want(403)
		p.as("凌若谷").Get("/proposals/" + fresh.ID + "/alike/" + old.ID).Want(404)
	})
}

// An import says of each row what it is like.
func TestAlikeImport(t *testing.T) {
	p := here(t)
	old := p.w.PlayText(proposal.Filed, wordy(p.w, "关于前年的提案"))
	row := goodRow("关于今年的提案")
	row[4], row[5], row[6] = old.Situation, old.Analysis, old.Suggestions
	again := append([]string{}, row...)
	again[0] = "关于同一件事的提案"
	clerk := p.as("柳文书")
	page := clerk.Get(upload(clerk, "今年.xlsx", sheet(t, header, row, again, goodRow("关于渡口公路的提案"))).Want(303).Header.Get("Location")).Want(200)
	page.Contains("关于前年的提案", "与本表第2行相近")
}
