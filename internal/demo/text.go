package demo

import (
	_ "embed"
	"math/rand/v2"
	"strconv"
	"strings"

	"shangliang/internal/proposal"
)

var (
	//go:embed topics.txt
	topicsText string
	//go:embed declined.txt
	declinedText string
)

// topic is one matter of which proposals speak: topics.txt explains its form.
type topic struct {
	title, subject                 string
	units                          []string // keys of departments; the first would host
	town, village                  bool
	situations, causes, suggestion []string
}

// refusal is a proposal that is not filed, and why: declined.txt.
type refusal struct {
	topic
	code, disposition, note string
}

var (
	topics   = readTopics()
	refusals = readRefusals()
)

func readTopics() (all []*topic) {
	var t *topic
	eachLine(topicsText, func(kind byte, text string) {
		switch kind {
		case '=':
			c := strings.Split(text, "\t")
			t = &topic{title: c[0], subject: c[1], units: strings.Fields(c[2]), town: c[3] != "v", village: c[3] != "t"}
			all = append(all, t)
		default:
			t.add(kind, text)
		}
	})
	return all
}

func readRefusals() (all []*refusal) {
	var r *refusal
	eachLine(declinedText, func(kind byte, text string) {
		switch kind {
		case '=':
			c := strings.Split(text, "\t")
			r = &refusal{topic: topic{title: c[0], subject: "other", town: true, village: true}, code: c[1], disposition: c[2]}
			all = append(all, r)
		case 'n':
			r.note = text
		default:
			r.add(kind, text)
		}
	})
	return all
}

func (t *topic) add(kind byte, text string) {
	switch kind {
	case 's':
		t.situations = append(t.situations, text)
	case 'c':
		t.causes = append(t.causes, text)
	case 'a':
		t.suggestion = append(t.suggestion, text)
	}
}

func eachLine(text string, f func(kind byte, text string)) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			f(line[0], line[2:])
		}
	}
}

// place is where a text is set.
type place struct {
	area         string // 青岚区
	towns        []string
	villages     []string
	townsOnly    bool // a city district has no villages to speak of
	villagesMost bool // in a county most matters arise outside the town
}

// anywhere is for texts that belong to no tenant of the demonstration.
var anywhere = place{area: "本县", towns: towns("东溪 西渡 桥头 槐荫 锦屏 望山", "街道"), villages: towns("石门 柳湾 南岗 白塔 青龙 双桥 松林 古井", "镇")}

func towns(names, kind string) []string {
	all := strings.Fields(names)
	for i := range all {
		all[i] += kind
	}
	return all
}

// The sentences that hold a text together; one of each is drawn.
var (
	openings = []string{
		"近来围绕这一问题，我们走访了{P}等{n}个地方，召开座谈会{n}次，听取了{m}名群众和基层工作人员的意见。",
		"今年以来，提案人先后三次到{P}、{Q}实地察看，与经办人员和居民逐户交谈，了解到以下情况。",
		"结合日常工作和联系群众中听到的反映，我们对{A}的情况作了梳理，并在{P}进行了抽样调查。",
		"这件事在{P}反映比较集中，群众谈得具体，基层干部也多次提出，现将调研情况报告如下。",
		"根据界别活动安排，委员小组利用两个月时间在{P}、{Q}开展调研，收回问卷{h}份。",
		"从{P}的情况看，这一问题由来已久，虽然有关部门做了不少工作，但与群众期盼还有差距。",
	}
	surveys = []string{
		"在回收的{h}份问卷中，把这件事列为近期最希望解决的占{p}%，认为现有措施效果明显的不到三成。",
		"对比两年前的情况，{P}有所改善，{Q}变化不大，群众形容是“有安排、无结果，有台账、无变化”。",
		"相关部门去年投入{h}万元，完成{m}处整改，但新增的问题与解决的数量大体相当。",
		"座谈中{m}名代表发言，意见最集中的是标准不清楚、时间不确定、问题反映以后没有回音。",
		"随机电话回访{m}户，表示知道向谁反映的占{p}%，反映后得到答复的更少。",
		"从热线记录看，此类诉求一年{h}件，重复反映的占{p}%，多集中在早晚和节假日。",
	}
	means = []string{
		"具体由牵头部门列出清单，逐项明确时间和责任人。", "所需经费从现有专项中统筹，不足部分分年度安排。", "先易后难，每半年对照目标检查一次。",
		"实施前公开征求意见，避免好事办不好。", "做法成熟后写进管理办法，长期坚持。", "注意发挥社区、村组和志愿者的作用，减轻基层负担。",
		"进度和结果在政务公开栏公布，接受群众评议。", "对老年人、残疾人等群体给予照顾。", "可以借鉴周边地区做法，少走弯路。",
	}
	reasons = []string{"造成上述情况的原因主要有以下几个方面。", "分析起来，既有客观条件的限制，也有工作机制的不足。", "我们认为，问题的症结在于以下几点。", "究其原因，有三个方面值得重视。"}
	general = []string{
		"三是部门之间信息没有共享，发现、移交、处置、反馈没有形成闭环，责任容易落空。",
		"三是投入以一次性项目为主，后期运行管护经费没有列入预算，效果难以持续。",
		"三是宣传解释不够细，群众对政策知晓率只有{p}%左右，参与积极性没有调动起来。",
		"三是基层人手紧张，专业力量不足，{P}只有{n}人兼管这项工作，常常顾此失彼。",
		"三是考核偏重台账和数量，对群众感受评价不够，做与不做、做好做坏差别不大。",
	}
	closings = []string{
		"建立由分管领导牵头的联席会议，每季度调度一次，年底向提案人通报进展。",
		"把上述工作列入{A}年度重点任务，明确时间表和责任单位，接受社会监督。",
		"先在{P}试点，总结经验后再在{A}推开，避免一哄而上。",
		"请承办单位邀请提案人参加一次现场办公，共同商定实施步骤和资金安排。",
		"引入第三方评估，把群众满意度作为衡量成效的主要标准，结果向社会公开。",
	}
	verbs = []string{"", "", "进一步", "在{P}", "在{P}率先"}
)

// Text writes a proposal that reads like one, the same for the same seed. It is
// set in no particular place; the departments it would ask are left open.
func Text(seed uint64) proposal.Text {
	t, _ := anywhere.text(seed)
	return t
}

// text writes a proposal about something that could arise here.
func (p *place) text(seed uint64) (proposal.Text, *topic) {
	r := rand.New(rand.NewPCG(seed, 59))
	t := topics[r.IntN(len(topics))]
	for p.townsOnly && !t.town || p.villagesMost && !t.village && r.IntN(4) > 0 {
		t = topics[r.IntN(len(topics))]
	}
	return p.about(t, seed), t
}

// about writes a proposal on a topic.
func (p *place) about(t *topic, seed uint64) proposal.Text {
	r := rand.New(rand.NewPCG(seed, 61))
	w := p.writer(t, r)
	text := proposal.Text{Kind: proposal.Individual, Subject: t.subject, OpenChoice: "open",
		Researched: r.IntN(5) > 0, SelfWritten: r.IntN(8) > 0, Relayed: r.IntN(4) == 0,
		ContactWish: pick(r, []string{"any", "consult_in_person", "visit", "forum", "phone"})}
	text.Title = w.fill("关于" + pick(r, verbs) + t.title + "的" + pick(r, []string{"提案", "提案", "建议"}))
	text.Situation = w.fill(pick(r, openings) + strings.Join(t.situations, "") + pick(r, surveys))
	text.Analysis = w.fill(pick(r, reasons) + "一是" + t.causes[0] + "二是" + t.causes[1] + pick(r, general))
	var b strings.Builder
	advice := append(append([]string(nil), t.suggestion...), pick(r, closings))
	tail := r.Perm(len(means))
	for i, a := range advice {
		if i < len(t.suggestion) {
			a += means[tail[i]]
		}
		b.WriteString(strings.Split("一、 二、 三、 四、", " ")[i] + a + "\n")
	}
	text.Suggestions = w.fill(strings.TrimSpace(b.String()))
	switch r.IntN(12) {
	case 0:
		text.OpenChoice, text.OpenReason = "summary", "文中数据来自内部座谈，尚未核实，公开摘要为宜"
	case 1:
		text.OpenChoice, text.OpenReason = "closed", "涉及个别经营者的情况，不宜公开"
	}
	return text
}

// refused writes a proposal that will not be filed.
func (p *place) refused(x *refusal, seed uint64) proposal.Text {
	w := p.writer(&x.topic, rand.New(rand.NewPCG(seed, 67)))
	return proposal.Text{Kind: proposal.Individual, Subject: x.subject, OpenChoice: "open", SelfWritten: true, Title: w.fill(x.title),
		Situation: w.fill(strings.Join(x.situations, "")), Analysis: w.fill(strings.Join(x.causes, "")), Suggestions: w.fill(strings.Join(x.suggestion, ""))}
}

// writer fills in what differs between texts on the same topic: two places for
// the whole text, a number anew each time.
type writer struct {
	r          *rand.Rand
	here, next string
	area       string
}

func (p *place) writer(t *topic, r *rand.Rand) *writer {
	spots := p.towns
	if t.village && (!t.town || len(p.villages) > 0 && r.IntN(2) == 0) && !p.townsOnly {
		spots = p.villages
	}
	i := r.IntN(len(spots))
	return &writer{r: r, here: spots[i], next: spots[(i+1+r.IntN(len(spots)-1))%len(spots)], area: p.area}
}

func (w *writer) fill(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '{')
		if i < 0 || i+2 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		switch s[i+1] {
		case 'P':
			b.WriteString(w.here)
		case 'Q':
			b.WriteString(w.next)
		case 'A':
			b.WriteString(w.area)
		case 'n':
			b.WriteString(strconv.Itoa(2 + w.r.IntN(7)))
		case 'm':
			b.WriteString(strconv.Itoa(11 + w.r.IntN(48)))
		case 'h':
			b.WriteString(strconv.Itoa(110 + w.r.IntN(860)))
		case 'p':
			b.WriteString(strconv.Itoa(12 + w.r.IntN(60)))
		}
		s = s[i+3:]
	}
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
