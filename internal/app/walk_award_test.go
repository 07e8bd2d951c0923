package app_test

import (
	"context"
	"testing"
	"time"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/org"
	"shangliang/internal/proposal"
)

// The best proposals of a year from the nomination over the secret ballot to what
// everybody reads.
func TestWalkAward(t *testing.T) {
	onEach(t, func(k *walk) {
		ctx := actor.With(context.Background(), actor.System(k.Tenant))
		for _, name := range []string{"余知秋", "𠮷野川"} {
			if err := k.DB.Write(ctx, func(tx *db.Tx) error {
				term, err := org.CurrentTerm(tx, k.Tenant)
				if err != nil {
					return err
				}
				_, err = k.Org.AddSeat(tx.Context(), org.Seat{Person: k.People[name], Term: term.ID, Kind: org.Member})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		text := k.Text()
		text.Title = dredging
		k.PlayText(proposal.FollowingUp, text)
		clerk := k.as("柳文书")
		clerk.Visit("/awards")
		clerk.Click("开始评选")
		clerk.Fill("名称", "2026年度好提案")
		clerk.Choose("年度", "2026")
		clerk.Fill("名额", "1")
		clerk.Fill("提名截止", "2026-03-20")
		clerk.Click("开始提名")
		clerk.Sees("提名已开始")

		member := k.as("余知秋")
		member.Visit("/awards")
		member.Click("2026年度好提案")
		member.Pick("提案", dredging)
		member.Fill("提名理由", "选题准，汛前见效")
		member.Shoot("award-nominate")
		member.Click("提名")
		member.Sees("已提名")

		clerk = k.as("柳文书")
		clerk.Visit("/awards")
		clerk.Click("2026年度好提案")
		clerk.Click("结束提名")
		clerk.Sees("初评中")
		clerk.ClickCSS("tbody input[name=id]")
		clerk.Shoot("award-shortlist")
		clerk.Click("选中的入围，其余不入围")
		clerk.Sees("入围1件", "集体提案0件")
		clerk.Click("开始投票")
		clerk.Choose("投票人", "全体委员")
		clerk.Click("开始投票")
		clerk.Sees("投票中", "还没有投票的（2人）")

		k.Wait(time.Hour) // signed in, but not shown to be there
		for _, name := range []string{"余知秋", "𠮷野川"} {
			voter := k.as(name)
			voter.Visit("/awards")
			voter.Click("2026年度好提案")
			voter.Click("投票")
			voter.Tick("入围的提案", "第1号")
			voter.Shoot("award-ballot")
			voter.Click("投入票箱")
			voter.Click("投入票箱") // asked once more
			if name == "余知秋" {
				voter.Sees("确认是您本人")
				voter.Fill("密码", apptest.Password)
				voter.Shoot("award-password")
				voter.Click("投入票箱")
				voter.Click("投入票箱")
			}
			voter.Sees("票已投入票箱")
		}

		clerk = k.as("柳文书")
		clerk.Visit("/awards")
		clerk.Click("2026年度好提案")
		clerk.Click("计票")
		clerk.Shoot("award-count")
		clerk.Click("计票")
		clerk.Sees("已计票", "发出2票，收回2票")
		clerk.Shoot("award-counted")

		chair := k.as("莫定安")
		chair.Visit("/awards")
		chair.Click("2026年度好提案")
		chair.Click("公布结果")
		chair.Fill("公布的依据", "主席会议第3次会议审议通过")
		chair.Click("公布结果")
		chair.Sees("已公布")

		member = k.as("余知秋")
		k.menu(member, "我的提案")
		member.Click(dredging)
		member.Sees("2026年度好提案")
		member.Shoot("award-panel")
	})
}
