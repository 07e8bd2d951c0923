package demo

import (
	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/org"
)

const jointText = `情况：云汀河流经青岚区、澄溪县，上下游在水质标准、河道管护和文旅开发上各自为政，重复投入与空白地段并存。

分析：跨界河段缺少共同的规划和协商机制，监测数据不互通，旅游线路到界即止，企业和群众反映强烈。

建议：一、共编流域保护与文旅规划，统一标准，分段实施；二、建立联合监测和信息通报制度；三、共推跨界精品线路，互认优惠；四、每年召开一次联席协商会议，通报进展。`

// planRegional plans a proposal that district and county hand in together to the
// city, by the end of what is played: begun by the district, approved by both.
func (p *Play) planRegional(last calendar.Date) {
	first, other := p.houses[0], p.houses[1]
	on := workdays(last, -12)
	p.other[on] = append(p.other[on], func(tx *db.Tx) error {
		clerk := actor.With(tx.Context(), first.clerk)
		id, err := p.Regional.Begin(clerk, "关于共治云汀河流域、共推文旅线路的联名提案", []string{county.tenant.ShortName, "云山县政协"})
		if err != nil {
			return err
		}
		if err := p.Regional.Revise(clerk, id, 1, "关于共治云汀河流域、共推文旅线路的提案", jointText, "第一稿"); err != nil {
			return err
		}
		if err := p.Regional.Approve(actor.With(tx.Context(), first.chair), id, 2, 1); err != nil {
			return err
		}
		if err := p.Regional.Approve(actor.With(tx.Context(), other.chair), id, 3, 1); err != nil {
			return err
		}
		if err := p.Regional.ApproveFor(clerk, id, 4, 2, 1, "云山县政协办公室", "云山政函复字第3号"); err != nil {
			return err
		}
		return p.Regional.Submit(clerk, id, 5, city.ShortName, org.City, "青政协联字第1号", on)
	})
}
