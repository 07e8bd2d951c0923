package reader

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"shangliang/internal/han"
)

// prefectures are the cities of the middle level, one name a line without 市:
// nothing but the list tells 鹰潭市 from 定州市.
//
//go:embed prefectures.txt
var prefecturesTXT string

var prefectures = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(prefecturesTXT) {
		all[name+"市"] = true
	}
	return all
})

// identify finds whose report it is, of which level and year. A text of somebody
// else, or about something else, keeps an empty Body.
func (r *Report) identify() {
	t := cut(r.Text.Clean, 300000) // who speaks is said early and often
	if !isReport(t) {
		return
	}
	if r.Place = place(t, cut(t, 9000)); r.Place == "" {
		// Menus and what stands around it may name the place.
		s := han.Simplified(cut(r.Source.Text, 30000))
		if r.Place = place(s, s); r.Place == "" {
			r.Place = nickname(s, t)
		}
	}
	r.Body = "政协"
	if r.Place != "" {
		r.Body = "政协" + r.Place + "委员会"
	}
	r.Level = level(r.Place, t)
	r.Period = period(t)
}

// cut returns the beginning of a text, at most n bytes, whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

var (
	// Where a committee speaks or is spoken of as such.
	ours = []string{"省政协", "市政协", "县政协", "区政协", "州政协", "旗政协", "盟政协", "政协党组", "政协常委会", "政协机关", "政协主席", "人民政协",
		"政协工作", "全国政协", "政协各", "政协系统", "政协组织", "政协履职", "政协副主席", "政协办公", "政协专委会", "界别", "提案委", "委员履职", "社情民意", "立案", "主席会议", "党组会", "提案", "面商率", "民主监督", "委员工作室", "委员讲堂", "常委会会议", "委员们", "政协委员"}
	// Who else writes such texts.
	others = []string{"人大代表", "人大常委会", "人民代表大会", "法院", "检察院", "公司", "医院", "学校", "人代会", "股东", "学生", "游客", "统计局", "银行"}
)

// elsewhere is how reports to a people's congress begin.
var elsewhere = regexp.MustCompile(`各位代表[:：,，!！]|^[^\n。]{0,40}(?:政府|人大常委会|人民代表大会常务委员会|法院|检察院)工作(?:的)?报告`)

// isReport reports whether a text tells of the work of a consultative
// conference: it must be named, often enough for the length, and more than
// anybody else.
func isReport(t string) bool {
	if len(article.FindAllStringIndex(t, 5)) >= 3 {
		return false // a statute
	}
	if elsewhere.MatchString(cut(t, 600)) && !strings.Contains(t, "各位委员") {
		return false // it asks the members of the conference, too, for their opinion
	}
	named := strings.Count(t, "政协") + strings.Count(t, "人民政治协商会议")
	if named == 0 {
		return false
	}
	// 人大代表、政协委员 and what they ask for are named by everybody.
	named -= strings.Count(t, "代表、政协") + strings.Count(t, "代表和政协") + strings.Count(t, "政协提案") + strings.Count(t, "代表建议、政协") +
		strings.Count(t, "人大、政协") + strings.Count(t, "代表建议和政协") + strings.Count(t, "人大政协")
	about := 0
	for _, w := range ours {
		about += strings.Count(t, w)
	}
	else_ := 0
	for _, w := range others {
		else_ += strings.Count(t, w)
	}
	length := len(t) / 3
	first := strings.Contains(cut(t, 400), "政协") || strings.Contains(cut(t, 400), "政治协商")
	switch {
	case named < 1 || about < 2:
		return false
	case first && named >= 1 && about >= 5, first && named >= 2:
		return about*4 > else_
	}
	return named >= 3 && about*400 > length && about > else_
}

var (
	official = regexp.MustCompile(`^(?:政治协商会议|政协)(?:第[一二三四五六七八九十]+届)?([\p{Han}]{2,12}?(?:省|自治区|自治州|地区|市|区|县|旗|州|盟))(?:第[一二三四五六七八九十]+届)?(?:委员会|常务委员会|第)`)
	short    = regexp.MustCompile(`(?:^|[^\p{Han}]|丽|新)([\p{Han}]{2,3}?)(?:政协|要闻|日报|新闻|县|市|区)`)
)

// notPlaces are beginnings that a name does not have.
var notPlaces = regexp.MustCompile(`^(?:全|各|我|本|该|原|外|来|到|向|与|和|由|在|被|经|为|对|从|据|及|把|将|以|县|市|区|省|州|兄弟|协助|配合|组织|接待|友好|出席|参加|是|的|住|驻|报|支持|加强|加入|获|赴|联合|邀请|陪同|中共|党|如|新|两|一|二|三|四|五|六|七|八|九|十|同|有|让|听|走进|基层|人民|中国|当|每|分|上|下|这|今|去|广大|所|时任|年|月|日|现任|届)`)

// officially lists the places of committees named in full: 政协定州市委员会.
func officially(t string, most int) (all []string) {
	for i := 0; i < len(t) && len(all) < most; {
		k := strings.Index(t[i:], "政")
		if k < 0 {
			break
		}
		i += k
		if m := official.FindStringSubmatch(t[i:min(len(t), i+120)]); m != nil {
			all = append(all, m[1])
			i += len(m[0])
		} else {
			i += len("政")
		}
	}
	return all
}

// suffixes are what names of places end with, the longer ones first.
var suffixes = strings.Fields("自治区 自治州 省 市 区 县 旗 州 盟")

// spoken lists the places of committees as people say it: 定州市政协.
func spoken(t string, most int) (all []string) {
	floor := 0 // where the last one ended
	for i := 0; len(all) < most; {
		k := strings.Index(t[i:], "政协")
		if k < 0 {
			break
		}
		end := i + k
		i = end + len("政协")
		for _, suffix := range suffixes {
			at := end - len(suffix)
			if at < floor || t[at:end] != suffix {
				continue
			}
			n := 0
			for n < 7 {
				r, size := utf8.DecodeLastRuneInString(t[floor:at])
				if !unicode.Is(unicode.Han, r) {
					break
				}
				at -= size
				n++
			}
			if n >= 2 {
				all = append(all, t[at:end])
				floor = i
				break
			}
		}
	}
	return all
}

// here lists what may be names of places: two to four characters before 省, 市, ….
func here(t string, most int) (all []string) {
	rs := []rune(t)
next:
	for i := 0; i < len(rs) && len(all) < most; {
		for n := 4; n >= 2; n-- {
			if i+n >= len(rs) || !strings.ContainsRune("省市县区旗州", rs[i+n]) {
				continue
			}
			for _, r := range rs[i : i+n] {
				if !unicode.Is(unicode.Han, r) {
					i++
					continue next
				}
			}
			all = append(all, string(rs[i:i+n+1]))
			i += n + 1
			continue next
		}
		i++
	}
	return all
}

// place is the name of the place whose committee it is: the one that is named in
// full, else the one named most often.
func place(t, head string) string {
	votes := map[string]int{}
	var order []string
	vote := func(name string, n int) {
		for {
			cut := notPlaces.FindString(name)
			if cut == "" || len(cut) >= len(name)-6 {
				break
			}
			name = name[len(cut):]
		}
		if len(name) < 6 || name == "自治区" || name == "自治州" || notPlaces.MatchString(name) {
			return
		}
		if votes[name] == 0 {
			order = append(order, name)
		}
		votes[name] += n
	}
	for _, name := range officially(head, 20) {
		vote(name, 6)
	}
	for _, name := range officially(t[len(head):][:min(len(t)-len(head), 60000)], 20) {
		vote(name, 3)
	}
	for _, name := range spoken(head, 60) {
		vote(name, 1)
	}
	best := ""
	for _, name := range order {
		if votes[name]+strings.Count(t, name) > votes[best]+strings.Count(t, best) || best == "" {
			best = name
		}
	}
	if best != "" && (votes[best] >= 2 || strings.Count(t, best) >= 2) {
		return best
	}
	// 市政协 of a place that is only named as such: 我市, 定州市.
	seen := map[string]bool{}
	for _, name := range here(head, 200) {
		if seen[name] || notPlaces.MatchString(name) {
			continue
		}
		seen[name] = true
		if strings.Count(t, name) > strings.Count(t, best) {
			best = name
		}
	}
	if best != "" && strings.Count(t, best) >= 2 {
		return best
	}
	return ""
}

// nickname finds a place that is only called by its short name, 柳泉政协 or 定州要闻,
// and completes it by what the text calls its own organs.
func nickname(s, t string) string {
	best, most := "", 2
	for _, m := range short.FindAllStringSubmatch(s, 60) {
		if n := strings.Count(s, m[1]); !notPlaces.MatchString(m[1]) && n > most {
			best, most = m[1], n
		}
	}
	if best == "" {
		return ""
	}
	own := ""
	most = 0
	for _, suffix := range []string{"县", "区", "旗", "市", "州", "省"} {
		n := 0
		for _, organ := range []string{"委", "政府", "政协", "领导", "级"} {
			n += strings.Count(t, suffix+organ)
		}
		if strings.Contains(s, best+suffix) {
			n += 100
		}
		if n > most {
			own, most = suffix, n
		}
	}
	return best + own
}

// level is nation, province, city or county, empty if nothing tells.
func level(place, t string) string {
	switch {
	case strings.HasSuffix(place, "全国"):
		return "nation"
	case strings.HasSuffix(place, "省"), strings.HasSuffix(place, "自治区"), place == "北京市", place == "天津市", place == "上海市", place == "重庆市":
		return "province"
	case strings.HasSuffix(place, "自治州"), strings.HasSuffix(place, "州"), strings.HasSuffix(place, "盟"), strings.HasSuffix(place, "地区"):
		return "city"
	case strings.HasSuffix(place, "县"), strings.HasSuffix(place, "旗"), strings.HasSuffix(place, "区"):
		return "county"
	}
	count := func(words ...string) (n int) {
		for _, w := range words {
			n += strings.Count(t, w)
		}
		return n
	}
	if strings.HasSuffix(place, "市") || place == "" {
		switch {
		case prefectures()[place]:
			return "city"
		case count("市政协") == 0 && count("县政协", "县委") > 0, count("市政协") == 0 && count("区政协", "区委") > 0:
			return "county"
		case count("直辖市", "各区政协", "市区两级", "中共中央、国务院") > 0 && count("省政协", "省委", "省级") == 0 && count("县政协") == 0:
			return "province"
		case count("县政协", "区政协", "县区政协", "市县政协", "县(市、区)", "区(市)", "县(区)", "区县", "县区", "市县两级", "各县") > 0:
			return "city"
		case place != "" && count("乡镇", "镇街", "街道", "村") > 0:
			return "county"
		case count("市政协") > 0:
			return "city"
		case count("省政协") > 0:
			return "province"
		}
	}
	return ""
}

var (
	reviewed    = regexp.MustCompile(`(20\d\d|19\d\d)年(?:度)?(?:[\p{Han}]{0,12})(?:工作)?(?:回顾|综述|总结|工作情况|履职)`)
	termOf      = regexp.MustCompile(`(20\d\d)年?(?:—|-|–|至|到)+(20\d\d)年`)
	article     = regexp.MustCompile(`(?m)^\s*第[一二三四五六七八九十百]+条`)
	chineseYear = regexp.MustCompile(`二[〇○零][一二三][〇○零一二三四五六七八九]年`)
	aYear       = regexp.MustCompile(`(20\d\d|19\d\d)年`)
)

// period is the year that is reported on, or the years: the one that the title
// or the heading of the review names, else the one named most often.
func period(t string) string {
	head := cut(t, 1200)
	if fiveYears(t) {
		if m := termOf.FindStringSubmatch(cut(t, 3000)); m != nil {
			return m[1] + "-" + m[2]
		}
	}
	if m := reviewed.FindStringSubmatch(cut(t, 2500)); m != nil {
		return m[1]
	}
	votes := map[string]int{}
	for i, m := range aYear.FindAllStringSubmatch(arabicYears(cut(t, 60000)), 400) {
		votes[m[1]]++
		if i == 0 && strings.Contains(arabicYears(head), m[1]) {
			votes[m[1]] += 2
		}
	}
	best := ""
	for y, n := range votes {
		if n > votes[best] || n == votes[best] && y > best {
			best = y
		}
	}
	return best
}

// arabicYears writes 二〇二五年 as 2025年.
func arabicYears(t string) string {
	return chineseYear.ReplaceAllStringFunc(t, func(s string) string {
		return strings.NewReplacer("〇", "0", "○", "0", "零", "0", "一", "1", "二", "2", "三", "3", "四", "4", "五", "5", "六", "6", "七", "7", "八", "8", "九", "9").Replace(s)
	})
}

// fiveYears reports whether a whole term is reported on.
func fiveYears(t string) bool {
	return strings.Count(t, "五年来")+strings.Count(t, "过去五年")+strings.Count(t, "过去的五年")+strings.Count(t, "五年间") >= 2
}
