package orgweb

import (
	"context"

	"shangliang/internal/lang"
	"shangliang/internal/ledger"
)

// actTitles says in words what the acts of the shared packages are, by the
// action of their ledger entries.
var actTitles = map[string]string{
	"account.sign_in":         "登录",
	"account.sign_out":        "退出登录",
	"account.sign_out_others": "退出其他设备",
	"account.lock":            "登录失败次数过多，暂时锁定",
	"account.unlock":          "解除锁定",
	"account.create":          "开通账号",
	"account.reset":           "重置密码",
	"account.password":        "修改密码",
	"account.confirm":         "再次确认身份",
	"account.switch":          "切换身份",
	"account.enable":          "启用账号",
	"account.link":            "关联统一身份认证",
	"account.unlink":          "解除统一身份认证的关联",
	"account.disable":         "停用账号",
	"account.totp_enrol":      "开始设置两步验证",
	"account.totp_on":         "启用两步验证",
	"account.totp_off":        "停用两步验证",
	"account.totp_reset":      "重置两步验证",
	"api_token.create":        "生成访问令牌",
	"api_token.revoke":        "作废访问令牌",
	"grant_role.add":          "授予角色",
	"grant_role.end":          "结束角色",
	"person.create":           "加入名册",
	"person.change":           "修改资料",
	"seat.add":                "授予委员资格",
	"seat.end":                "结束委员资格",
	"membership.add":          "加入党派、界别、委员会",
	"membership.end":          "结束所属",
	"roster.import":           "导入名册",
	"body.create":             "添加单位",
	"body.change":             "修改单位",
	"body.deactivate":         "停用单位",
	"tenant.create":           "设立本级政协",
	"tenant.create_below":     "添加下级政协",
	"tenant.change":           "修改本级政协",
	"term.create":             "添加届次",
	"term.change":             "修改届次",
	"session.create":          "添加会议",
	"session.change":          "修改会议",
	"calendar_day.change":     "修改日历",
	"calendar_day.drop":       "恢复日历",
	"ledger.erase":            "擦除记录中的个人信息",
	"rule.save":               "修改规则",
	"rule.withdraw":           "撤回规则的修改",
	"figure.freeze":           "冻结指标",
	"notify.prefer":           "设置通知",
	"notify.resend":           "重新发送通知",
}

// actTitle says in words what an act of the shared packages is; any other is
// given back as it is named.
func actTitle(ctx context.Context, action string) string {
	if t := actTitles[action]; t != "" {
		return word(ctx, t)
	}
	return action
}

// actorOf says who did something, and as what.
func actorOf(ctx context.Context, e *ledger.Entry) string {
	switch {
	case e.Account == "" && e.Name == "":
		return lang.T(ctx, "系统")
	case e.Name == "":
		return roleTitle(ctx, e.Role)
	}
	return lang.T(ctx, "%[1]s（%[2]s）", e.Name, roleTitle(ctx, e.Role))
}
