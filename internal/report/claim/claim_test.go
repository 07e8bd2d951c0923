package claim

import (
	"fmt"
	"testing"
)

// TestExtract shows how sentences are read: kind, metric, value and unit of each
// claim, in order.
func TestExtract(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"全年收到提案213件，经审查立案197件。", []string{"stat proposals_submitted 213件", "stat proposals_filed 197件"}},
		{"面商率、办复率和满意率均为100%。", []string{"stat proposal_face_to_face_rate 100%", "stat proposal_reply_rate 100%", "stat proposal_satisfaction_rate 100%"}},
		{"提案办复率、满意率分别为100%和97.5%。", []string{"stat proposal_reply_rate 100%", "stat proposal_satisfaction_rate 97.5%"}},
		{"召开党组会议十二次、主席会议9次。", []string{"stat party_group_meetings 12次", "stat chair_meetings 9次"}},
		{"立案提案90件，其中委员提出80件、党派团体提出10件。", []string{"stat proposals_filed 90件", "stat proposals_filed 80件", "stat proposals_filed 10件"}},
		{"收到提案 213 件；接待来访23—25批次。", []string{"stat proposals_submitted 213件", "stat visiting_cppcc_committees 23批次"}},
		{"委员捐款捐物折合人民币1.2万余元。", []string{"stat donation_value 1.2万元 lower"}},
		{"明年，计划召开专题协商会6次。", []string{"plan consultation_meetings_held 6次"}},
		{"每位委员每年至少提交1件提案。", []string{"rule proposals_submitted 1件"}},
		{"增强“四个意识”，坚定四个自信，做到两个维护，召开十届三次全会，发布第12期简报，电话0579-88123456。", nil},
		{"全县实现生产总值312亿元，总人口47.2万人。", nil},
	} {
		var got []string
		for _, x := range Extract(c.text) {
			if x.Kind == Context {
				continue
			}
			s := fmt.Sprintf("%s %s %v%s", x.Kind, x.ID(), x.Value, x.Unit)
			if x.Bound != Exact {
				s += " " + string(x.Bound)
			}
			got = append(got, s)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}
