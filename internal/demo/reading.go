package demo

import (
	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/reading"
)

// published are reports of neighbours of the district, and its own, as a clerk
// finds them: all fictional.
var published = []struct {
	name, source string
	leave        bool // for somebody else to confirm
	text         string
}{
	{"云山县政协2017年工作综述.txt", "https://zx.yunshan.example/2017/gzzs.html", false, `政协云山县委员会2017年工作综述
2017年，县政协在中共云山县委的领导下，围绕中心、服务大局，各项工作取得新的成效。
全年共收到提案121件，经审查立案108件，提案办复率98.1%。遴选重点提案5件，由县级领导领衔督办。
召开常委会会议4次、主席会议10次，开展专题调研6项，形成调研报告6篇。
报送社情民意信息61篇。`},
	{"云山县政协2018年工作报告.txt", "https://zx.yunshan.example/2018/gzbg.html", false, `政协云山县委员会常务委员会工作报告
2018年工作回顾
2018年，县政协常委会认真履行政治协商、民主监督、参政议政职能，较好地完成了各项任务。
全年共收到提案134件，经审查立案119件，提案办复率100%。遴选重点提案6件，由县级领导领衔督办。
报送社情民意信息78篇，其中向省政协报送31篇、向市政协报送47篇。
召开常委会会议4次、主席会议11次，开展专题调研7项，形成调研报告7篇。
2019年工作安排
力争征集提案140件以上，组织委员视察6次。`},
	{"梅岭县政协2018年工作综述.txt", "梅岭县政协网站", false, `政协梅岭县委员会2018年工作综述
2018年，县政协坚持团结和民主两大主题，履职尽责，务实进取。
共征集提案96件，审查立案88件，办复率96.6%。确定重点提案4件。
报送社情民意信息52篇。召开常委会会议5次、主席会议12次，形成调研报告9篇。`},
	{"青岚区政协2018年工作报告.txt", "本区政协全会文件", false, `政协青岚区委员会常务委员会工作报告
2018年工作回顾
2018年，区政协常委会在中共青岚区委的领导下，紧扣全区中心工作履职。
九届二次会议以来，共收到提案107件，经审查立案97件，提案办复率100%。
召开主席会议12次。`},
	{"石桥区政协2018年工作报告.txt", "石桥区政协公众号", true, `政协石桥区委员会常务委员会工作报告
2018年工作回顾
2018年，区政协常委会围绕城市更新建言献策，为全区高质量发展凝聚共识。
全年共收到提案145件，经审查立案131件，提案办复率99.2%。
报送社情民意信息90篇，其中向省政协报送38篇、向市政协报送54篇。
组织委员视察8次，300余人次参加；开展专题协商5次,,提出意见建议46条。
2019年工作安排
召开常委会会议4次，开展专题调研8项。`},
}

const checkedDraft = `青岚区政协2018年工作报告（征求意见稿）
2018年，区政协常委会认真履职。共收到提案107件，经审查立案96件，提案办复率100%。
共办理提案97件，确定重点提案4件。`

// planReading lets the district's clerk read reports of neighbours in and confirm
// what is safe, and check a draft of the district's own report.
func (p *Play) planReading(h *house, last calendar.Date) {
	if h.setting != &district || p.onlyNow {
		return
	}
	p.on("2019-01-21", func(tx *db.Tx) error {
		clerk := actor.With(tx.Context(), h.clerk)
		for _, r := range published {
			id, err := p.Reading.Add(clerk, reading.Upload{Name: r.name, Data: []byte(r.text), Source: r.source, Anyway: true})
			if err != nil {
				return err
			}
			v, err := p.Reading.Get(clerk, id)
			if err != nil {
				return err
			}
			if r.leave {
				continue
			}
			if _, _, err := p.Reading.Confirm(clerk, id, v.Confident); err != nil {
				return err
			}
		}
		return p.Reading.SetTarget(actor.With(tx.Context(), h.leader), "proposals_filed", 2018, 2, 0)
	})
	p.on(last, func(tx *db.Tx) error {
		_, err := p.Reading.Check(actor.With(tx.Context(), h.clerk), "2018年工作报告（征求意见稿）.txt", []byte(checkedDraft), 2018)
		return err
	})
}
