package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"shangliang/internal/proposal"
)

const (
	yunshanReport = `政协云山县委员会常务委员会工作报告
2025年工作回顾
2025年，县政协常委会在中共云山县委的领导下，认真履行政治协商、民主监督、参政议政职能。
全年共收到提案132件，经审查立案118件，提案办复率100%。确定重点提案8件，由主席、副主席领衔督办。
报送社情民意信息86篇，其中向省政协报送31篇、向市政协报送56篇。
召开常委会会议4次、主席会议11次。组织委员视察6次，开展专题调研9项，形成调研报告9篇。
2026年工作安排
力争征集提案150件以上。
`
	songxiReport = `政协梅岭县委员会2025年工作综述
2025年，县政协坚持团结和民主两大主题，各项工作取得新的进展。
共征集提案156件，审查立案141件，办复率98.6%。遴选重点提案10件。
报送社情民意信息64篇。召开常委会会议5次、主席会议12次，开展专题调研7项，形成调研报告7篇。
`
)

// Reports are read in, confirmed at their places, by mouse and by keyboard.
func TestWalkReading(t *testing.T) {
	onEach(t, func(k *walk) {
		dir := t.TempDir()
		var files []string
		for name, text := range map[string]string{"云山.txt": yunshanReport, "梅岭.txt": songxiReport, "天气.txt": "今天天气很好，气温25度。"} {
			f := filepath.Join(dir, name)
			if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		clerk := k.as("柳文书")
		clerk.Visit("/readings")
		clerk.Sees("还没有读入报告")
		clerk.Shoot("readings-empty")
		clerk.Click("读入报告")
		clerk.Upload("input[type=file]", files...)
		clerk.Fill("来源", "https://zx.example/reports")
		clerk.Shoot("reading-new")
		clerk.Click("读入")
		clerk.Sees("没有读成", "看不出这是政协的工作报告")
		clerk.Shoot("reading-outcomes")
		clerk.Click("看全部报告")
		clerk.Click("政协云山县委员会 2025")
		clerk.Sees("对不上的地方", "31＋56")
		clerk.Shoot("reading-one")
		clerk.Click("确认有把握的")
		clerk.Click("撤销")
		clerk.Sees("已撤回9项")
		clerk.Click("确认有把握的")
		clerk.Sees("已确认9项")
		clerk.Visit(clerk.Path() + "?show=waiting")
		clerk.Press("j")
		clerk.Press("e")
		clerk.Sees("口径", "保存并确认")
		clerk.Shoot("reading-edit")
		clerk.Click("取消")
		clerk.Is(`!document.querySelector(".figure-edit")`)
		clerk.Press("x")
		clerk.Is(`document.querySelector(".text-mark-aside")`)
		clerk.Is(`!document.querySelector(".text-mark-doubt, .figure-doubt")`) // its parts have nothing left to differ from
		clerk.Press(kb.Enter)
		clerk.Is(`document.querySelectorAll(".text-mark-confirmed").length === 10`)
		clerk.Shoot("reading-decided")
		clerk.Visit(clerk.Path() + "?show=confirmed")
		clerk.Sees("撤回确认")

		leader := k.as("高望舒")
		leader.Visit("/readings")
		leader.Click("政协云山县委员会 2025")
		leader.SeesNot("撤回确认")
		leader.Shoot("reading-leader")

		// Compared with others.
		leader.Visit("/published")
		leader.Sees("118件")
		leader.Shoot("published")
		leader.Click("立案提案")
		leader.Sees("2025年争先进位", "没有可比的同级数据")
		leader.Click("设定目标")
		leader.Fill("进入前几名", "1")
		leader.Click("保存")
		leader.Sees("目标已保存", "目标前1名")
		leader.Shoot("published-metric")
		leader.Click("118件")
		leader.Sees("经审查立案118件")
	})
}

// A draft is checked against the records.
func TestWalkDraft(t *testing.T) {
	onEach(t, func(k *walk) {
		k.Play(proposal.Filed)
		clerk := k.as("柳文书")
		clerk.Visit("/draft-checks")
		clerk.Sees("还没有核对过文稿")
		clerk.Click("核对文稿")
		clerk.Fill("文稿文字", "2026年，县政协共收到提案3件，经审查立案1件。召开主席会议6次。")
		clerk.Shoot("draft-new")
		clerk.Click("核对")
		clerk.Sees("应为1件", "要改1个")
		clerk.Shoot("draft-checked")
		clerk.Click("记录：1件")
		clerk.Sees("收到提案")
		clerk.Visit("/draft-checks")
		clerk.Sees("2026年，县政协共收到")
	})
}
