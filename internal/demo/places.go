package demo

import (
	"strings"

	"shangliang/internal/org"
)

// setting is what there is to know of a tenant before anybody lives in it.
type setting struct {
	tenant      org.Tenant
	place       place
	prefix      string // before the sign-in names: ql-member
	first       int    // the year in which a term of five years began
	firstNo     int    // the number of that term
	moves       int    // day of January on which the session opens
	members     int
	noun        string // 区 or 县: before the departments' names
	seed        uint64
	documentNos string // before the numbers of replies
}

var city = org.Tenant{Code: "yt", Name: "政协云汀市委员会", ShortName: "云汀市政协", Level: org.City, Region: "云汀市"}

// district and county are fictional, as is everybody in them.
var (
	district = setting{
		tenant: org.Tenant{Code: "ql", Name: "政协云汀市青岚区委员会", ShortName: "青岚区政协", Level: org.County, Region: "青岚区"},
		place: place{area: "青岚区", townsOnly: true,
			towns: append(towns("岚桥 柳堤 南屏 望江 新槐 锦霞", "街道"), towns("梧桐里 石榴院 河湾 北营 书院巷 机械厂 东风 花园", "社区")...)},
		prefix: "ql", first: 2018, firstNo: 9, moves: 15, members: 60, noun: "区", seed: 2018, documentNos: "青",
	}
	county = setting{
		tenant: org.Tenant{Code: "cx", Name: "政协澄溪县委员会", ShortName: "澄溪县政协", Level: org.County, Region: "澄溪县"},
		place: place{area: "澄溪县", villagesMost: true, towns: towns("城东 城西 河滨 文庙", "社区"),
			villages: append(towns("石滩 白鹭 双河口 松岭 古渡 杨柳湾 青石", "镇"), towns("云门 竹坪 大塘 梨花 高桥", "乡")...)},
		prefix: "cx", first: 2017, firstNo: 14, moves: 22, members: 120, noun: "县", seed: 4018, documentNos: "澄",
	}
)

// departments are the same in both; {N} is 区 or 县. The keys are those of topics.txt.
var departments = []struct{ key, name, short, system string }{
	{"water", "水利局", "水利局", "government"},
	{"edu", "教育局", "教育局", "government"},
	{"build", "住房和城乡建设局", "住建局", "government"},
	{"health", "卫生健康局", "卫健局", "government"},
	{"traffic", "交通运输局", "交通局", "government"},
	{"farm", "农业农村局", "农业农村局", "government"},
	{"police", "公安局", "公安局", "government"},
	{"civil", "民政局", "民政局", "government"},
	{"justice", "司法局", "司法局", "government"},
	{"finance", "财政局", "财政局", "government"},
	{"labor", "人力资源和社会保障局", "人社局", "government"},
	{"land", "自然资源局", "自然资源局", "government"},
	{"eco", "生态环境局", "生态环境局", "government"},
	{"commerce", "商务局", "商务局", "government"},
	{"culture", "文化和旅游局", "文旅局", "government"},
	{"vet", "退役军人事务局", "退役军人局", "government"},
	{"emergency", "应急管理局", "应急局", "government"},
	{"market", "市场监督管理局", "市场监管局", "government"},
	{"medical", "医疗保障局", "医保局", "government"},
	{"city", "城市管理局", "城管局", "government"},
	{"forest", "林业局", "林业局", "government"},
	{"reform", "发展和改革局", "发改局", "government"},
	{"industry", "工业和信息化局", "工信局", "government"},
	{"service", "政务服务管理局", "政务服务局", "government"},
	{"fire", "消防救援大队", "消防大队", "government"},
	{"power", "供电公司", "供电公司", "other"},
	{"propaganda", "委宣传部", "宣传部", "party"},
	{"disabled", "残疾人联合会", "残联", "party"},
}

// others are the bodies that are no departments: kind, and the names.
var others = []struct{ kind, names string }{
	{"party", "民革 民盟 民建 民进 农工党 九三学社"},
	{"sector", "中共界 无党派人士界 共青团界 工会界 妇联界 工商联界 科协界 文化艺术界 科技界 经济界 农业界 教育界 医药卫生界 社会福利和社会保障界 民族宗教界 特邀界"},
	{"committee", "提案委员会 经济和农业农村委员会 人口资源环境和城建委员会 教科卫体委员会 社会法制和民族宗教委员会 文化文史和学习委员会"},
	{"group", "第一委员小组 第二委员小组 第三委员小组 第四委员小组"},
	{"leadership", "主席会议"},
	{"office", "办公室"},
}

// bodies are what the tenant is founded with.
func (s *setting) bodies() []org.Body {
	var all []org.Body
	for _, x := range others {
		for _, name := range strings.Fields(x.names) {
			b := org.Body{Kind: x.kind, Name: name, ShortName: name, Active: true}
			if x.kind == "party" {
				b.Name = name + s.place.area + "支部"
			}
			all = append(all, b)
		}
	}
	for _, d := range departments {
		all = append(all, org.Body{Kind: "department", Name: s.noun + d.name, ShortName: s.noun + d.short, System: d.system, Active: true})
	}
	return append(all, org.Body{Kind: "dispatch_office", Name: s.noun + "政府办公室督查室", ShortName: s.noun + "政府督查室", System: "government", Active: true},
		org.Body{Kind: "dispatch_office", Name: s.noun + "委办公室督查室", ShortName: s.noun + "委督查室", System: "party", Active: true})
}
