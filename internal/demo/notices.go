package demo

import (
	"shangliang/internal/actor"
	"shangliang/internal/calendar"
	"shangliang/internal/db"
	"shangliang/internal/gateway"
	"shangliang/internal/notify"
)

// planNotices lets the administrator set quiet hours and a way out, which stays
// switched off since there is nobody at its other end, and the member whose
// sign-in is given away choose one mail a day.
func (p *Play) planNotices(h *house, last calendar.Date) {
	p.on(last, func(tx *db.Tx) error {
		admin := actor.With(tx.Context(), actor.Actor{Tenant: h.id, Account: h.admin.Account, Name: h.admin.Name, Role: "admin", Channel: "cli"}.Allowing(p.Org.Roles().Of("admin")))
		if err := p.Notices.SetTenantTiming(admin, "22:00", "07:00", 0); err != nil {
			return err
		}
		id, err := p.Notices.AddGateway(admin, notify.Setting{Kind: gateway.Webhook, Name: "政务协同平台（示例）", Address: "https://oa." + h.prefix + ".example/notices", Secret: "not-a-real-one",
			Kinds: []string{"proposal.dispatch", "clock.due", "clock.over1", "clock.over7"}})
		if err != nil {
			return err
		}
		if err := p.Notices.SwitchGateway(admin, id, 1, false); err != nil {
			return err
		}
		return p.Notices.SetTiming(actor.With(tx.Context(), h.members[me]), notify.Timing{Roundup: notify.Daily, RoundupTime: "08:00"})
	})
}
