package notify

import (
	"context"
	"slices"

	"shangliang/internal/lang"
)

// Why says for what a person is told something; it stands under the notice.
type Why string

// The reasons for which people are told.
const (
	Proposer    Why = "proposer"
	Cosigner    Why = "cosigner"
	Invited     Why = "invited"
	Merged      Why = "merged"
	Collective  Why = "collective"
	Unit        Why = "unit"
	Office      Why = "office"
	Chair       Why = "chair"
	Dispatcher  Why = "dispatcher"
	Leader      Why = "leader"
	Committee   Why = "committee"
	Asked       Why = "asked"
	Holder      Why = "holder"
	Participant Why = "participant"
	Owner       Why = "owner"
	Author      Why = "author"
	Voter       Why = "voter"
	Nominator   Why = "nominator"
	Rater       Why = "rater"
	Evaluator   Why = "evaluator"
	Recipient   Why = "recipient"
	Partner     Why = "partner"
)

// whys are all of them, in words: to the person, and of the person.
var whys = map[Why]struct{ you, they string }{
	Proposer:    {"您是提案人", "提案人"},
	Cosigner:    {"您是联名人", "联名人"},
	Invited:     {"您被邀请联名", "被邀请联名"},
	Merged:      {"您的提案并入了这一件", "并入提案的提案人"},
	Collective:  {"您代表提出提案的单位", "集体提案单位"},
	Unit:        {"您在承办单位办理提案", "承办单位"},
	Office:      {"您是提案委办公室的人员", "提案委办公室"},
	Chair:       {"您负责审定", "负责审定"},
	Dispatcher:  {"您负责交办", "负责交办"},
	Leader:      {"您领衔督办", "领衔督办"},
	Committee:   {"您所在的专委会负责督办", "督办专委会"},
	Asked:       {"这件事征求您所在单位的意见", "被征求意见的单位"},
	Holder:      {"这个期限由您负责", "期限由其负责"},
	Participant: {"您要参加", "参加人"},
	Owner:       {"这件事交给您办理", "交其办理"},
	Author:      {"这是您经手的", "经手人"},
	Voter:       {"您有投票权", "投票人"},
	Nominator:   {"您可以推荐", "推荐人"},
	Rater:       {"请您评分", "评分人"},
	Evaluator:   {"您参加评估", "评估人"},
	Recipient:   {"报送的对象有您", "报送对象"},
	Partner:     {"您所在的政协参加这件联名提案", "联名的政协"},
}

// WhyText is a reason in the context's language, as the person reads it; "" for
// none.
func WhyText(ctx context.Context, why Why) string {
	return lang.Say(ctx, whys[why].you)
}

// WhyOf is the same as somebody else reads it: as what the person was told.
func WhyOf(ctx context.Context, why Why) string { return lang.Say(ctx, whys[why].they) }

// Told is one who is told, and why.
type Told struct {
	Person string
	Why    Why
}

// As are persons who are told for one reason.
func As(why Why, persons ...string) []Told {
	all := make([]Told, 0, len(persons))
	for _, p := range persons {
		all = append(all, Told{p, why})
	}
	return all
}

// Others leaves out nobody's id and a person: nobody is told of what they did
// themselves.
func Others(to []Told, person string) []Told {
	return slices.DeleteFunc(slices.Clone(to), func(t Told) bool { return t.Person == "" || t.Person == person })
}
