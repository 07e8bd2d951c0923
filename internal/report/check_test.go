package report

import (
	"slices"
	"strings"
	"testing"

	"shangliang/internal/reader"
)

// draft is what a fictional county is about to read out.
const draft = `政协松溪县第九届委员会常务委员会工作报告
各位委员：我代表政协松溪县第九届委员会常务委员会，向大会报告2025年的工作，请予审议。
一、2025年工作回顾
全年召开常委会会议5次、主席会议12次、党组会议21次。党组理论学习中心组集体学习14次，举办委员培训班3期，培训委员286人次。
共收到提案142件，经审查立案128件，交由37个承办单位办理。遴选重点提案9件，召开提案督办会4次。提案办复率100%，委员满意率96.9%。
全年报送社情民意信息145篇，其中向省政协报送72篇、向市政协报送73篇。被省政协采用25篇。
组织调研视察11次，提交调研报告8篇，提出意见建议126条，获县领导批示17次。召开座谈会23次，走访企业46家。
委员捐款48.55万元，资助困难学生56名，提供就业岗位132个，帮扶贫困户286户。委员参与各类活动3100余人次。
编辑出版文史资料2辑，编发简报24期，在各级媒体刊发稿件87篇。接待外地政协来访16批。制定完善工作制度13项。
`

func known() []Known {
	last := func(v float64) *float64 { return &v }
	return []Known{
		{Metric: "standing_committee_meetings", Value: 5, Unit: "次", Last: last(4)},
		{Metric: "chair_meetings", Value: 12, Unit: "次", Last: last(11)},
		{Metric: "party_group_meetings", Value: 21, Unit: "次", Last: last(18)},
		{Metric: "study_sessions_held", Value: 14, Unit: "次", Last: last(12)},
		{Metric: "proposals_submitted", Value: 142, Unit: "件", Last: last(151)},
		{Metric: "proposals_filed", Value: 128, Unit: "件", Last: last(133)},
		{Metric: "key_proposals", Value: 9, Unit: "件", Last: last(8)},
		{Metric: "proposal_reply_rate", Value: 100, Unit: "%", Base: "立案提案"},
		{Metric: "proposal_satisfaction_rate", Value: 96.875, Unit: "%", Last: last(94.2)},
		{Metric: "social_opinion_reported", Value: 145, Unit: "篇", Last: last(138)},
		{Metric: "social_opinion_reported", Dims: map[string]string{"recipient": "省政协"}, Value: 72, Unit: "篇"},
		{Metric: "social_opinion_reported", Dims: map[string]string{"recipient": "市政协"}, Value: 73, Unit: "篇"},
		{Metric: "social_opinion_adopted", Dims: map[string]string{"level": "province"}, Value: 25, Unit: "篇", Last: last(19)},
		{Metric: "research_reports_submitted", Value: 8, Unit: "篇", Last: last(9)},
		{Metric: "suggestions_made", Value: 126, Unit: "条", Last: last(97)},
		{Metric: "symposiums_held", Value: 23, Unit: "次"},
		{Metric: "enterprises_visited", Value: 46, Unit: "家", Last: last(31)},
		{Metric: "donation_value", Value: 48.55, Unit: "万元", Last: last(39.7)},
		{Metric: "poor_students_aided", Value: 56, Unit: "名", Last: last(48)},
		{Metric: "jobs_provided", Value: 132, Unit: "个"},
		{Metric: "member_participation_person_times", Value: 3127, Unit: "人次", Last: last(2890)},
		{Metric: "briefings_issued", Value: 24, Unit: "期", Last: last(22)},
		{Metric: "media_articles_published", Value: 87, Unit: "篇", Last: last(79)},
	}
}

func checkText(t testing.TB, text string) *Result {
	t.Helper()
	r, err := reader.ReadDraft("draft.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Check(r, known())
}

func TestSoundDraft(t *testing.T) {
	r := checkText(t, draft)
	for _, f := range r.Findings {
		if f.Kind.Wrong() {
			t.Errorf("a false alarm: %s %q: %s", f.Kind, f.Quote, f.Says)
		}
	}
	if r.Counts[Agrees] < 18 || r.Counts[Rounded] < 2 {
		t.Errorf("too little is compared: %v", r.Counts)
	}
	original := []rune(draft)
	for _, f := range r.Findings {
		if got := string(original[f.At:f.Until]); !strings.Contains(got, f.Unit) {
			t.Errorf("the number of %q stands at %q", f.Quote, got)
		}
	}
}

// planted are errors of eight kinds: what stands in the draft, what is put in,
// and what may be said of it.
var planted = []struct {
	what, was, is string
	says          []Kind
}{
	{"value", "主席会议12次", "主席会议13次", []Kind{Differs}},
	{"value", "立案128件", "立案182件", []Kind{Differs, Sum}},
	{"value", "学生56名", "学生65名", []Kind{Differs}},
	{"value", "意见建议126条", "意见建议162条", []Kind{Differs}},
	{"value", "48.55万元", "48.65万元", []Kind{Differs}},
	{"unit", "立案128件", "立案128篇", []Kind{Unit}},
	{"unit", "48.55万元", "48.55元", []Kind{Unit}},
	{"unit", "调研报告8篇", "调研报告8次", []Kind{Unit}},
	{"unit", "简报24期", "简报24件", []Kind{Unit}},
	{"unit", "3100余人次", "3100余次", []Kind{Unit}},
	{"base", "立案128件", "立案142件", []Kind{Base}},
	{"base", "收到提案142件", "收到提案128件", []Kind{Base}},
	{"base", "委员满意率96.9%", "委员满意率100%", []Kind{Base, Differs}},
	{"base", "主席会议12次", "主席会议21次", []Kind{Base}},
	{"base", "被省政协采用25篇", "被省政协采用72篇", []Kind{Differs, Base, Sum}},
	{"last", "收到提案142件", "收到提案151件", []Kind{LastYear}},
	{"last", "主席会议12次", "主席会议11次", []Kind{LastYear}},
	{"last", "96.9%", "94.2%", []Kind{LastYear}},
	{"last", "走访企业46家", "走访企业31家", []Kind{LastYear}},
	{"last", "3100余人次", "2890人次", []Kind{LastYear}},
	{"sum", "报送72篇、向市政协报送73篇", "报送92篇、向市政协报送73篇", []Kind{Sum, Differs}},
	{"sum", "提案142件，经审查", "提案142件，其中委员个人提案90件、联名提案60件，经审查", []Kind{Sum, Differs}},
	{"sum", "视察11次，", "视察11次，其中调研9次、视察6次，", []Kind{Sum}},
	{"sum", "企业46家", "企业46家，其中民营企业40家、国有企业9家", []Kind{Sum}},
	{"sum", "来访16批", "来访16批，其中省内12批、省外7批", []Kind{Sum}},
	{"rate", "办复率100%", "办复率109%", []Kind{Rate, Differs}},
	{"rate", "立案128件，", "立案128件，立案率93.4%，", []Kind{Rate}},
	{"rate", "委员满意率96.9%", "委员满意率91.9%", []Kind{Differs, Rate}},
	{"rate", "交由37个", "立案率86.5%，交由37个", []Kind{Rate}},
	{"rate", "办复率100%", "办复率102.5%", []Kind{Rate, Differs}},
	{"missing", "、向市政协报送73篇", "", []Kind{Missing}},
	{"missing", "其中向省政协报送72篇、向市政协", "其中向市政协", []Kind{Missing}},
	{"missing", "145篇，其中向省政协报送72篇、向市政协报送73篇", "145篇，其中报省政协72篇", []Kind{Missing}},
	{"missing", "145篇，其中向省政协报送72篇、向市政协报送73篇", "145篇。向省政协报送72篇", []Kind{Missing}},
	{"missing", "145篇，其中向省政协报送72篇、向市政协报送73篇", "145篇，其中，报送市政协73篇", []Kind{Missing}},
	{"repeat", "制度13项。", "制度13项。一年来，主席会议12次、党组会议20次的议题均已落实，全年召开党组会议20次。", []Kind{Differs, Contradicts}},
	{"repeat", "制度13项。", "制度13项。全年共立案提案127件，全部办复。", []Kind{Differs, Contradicts}},
	{"repeat", "制度13项。", "制度13项。全年共召开座谈会32次。", []Kind{Differs, Contradicts}},
	{"repeat", "制度13项。", "制度13项。委员累计捐款45.85万元。", []Kind{Differs, Contradicts}},
	{"repeat", "制度13项。", "制度13项。全年报送社情民意信息154篇。", []Kind{Differs, Contradicts}},
}

func TestPlantedErrors(t *testing.T) {
	if len(planted) != 40 {
		t.Fatalf("%d planted", len(planted))
	}
	alarms := 0
	for i, p := range planted {
		if strings.Count(draft, p.was) != 1 {
			t.Fatalf("%q stands %d times in the draft", p.was, strings.Count(draft, p.was))
		}
		at := len([]rune(draft[:strings.Index(draft, p.was)]))
		r := checkText(t, strings.Replace(draft, p.was, p.is, 1))
		found := false
		for _, f := range r.Findings {
			if !f.Kind.Wrong() {
				continue
			}
			// What is said must be of the changed place, or of the whole of which a
			// part was changed.
			here := f.Start <= at+len([]rune(p.is)) && f.End >= at-12
			if here && slices.Contains(p.says, f.Kind) {
				found = true
			} else {
				alarms++
				t.Logf("%d %s: a false alarm: %s %q: %s", i, p.what, f.Kind, f.Quote, f.Says)
			}
		}
		if !found {
			t.Errorf("%d %s: %q for %q was not found: %v", i, p.what, p.is, p.was, r.Counts)
			for _, f := range r.Findings {
				if f.Start <= at+len([]rune(p.is)) && f.End >= at-2 {
					t.Logf("   %s %q %v%s %s", f.Kind, f.Quote, f.Value, f.Unit, f.Metric)
				}
			}
		}
	}
	if alarms > 2 {
		t.Errorf("%d false alarms", alarms)
	}
}
