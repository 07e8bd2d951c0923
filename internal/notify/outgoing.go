package notify

import (
	"context"
	"encoding/json"
	"strings"

	"shangliang/internal/gateway"
	"shangliang/internal/lang"
)

// outgoing writes a claimed delivery as a message for a gateway: title and link,
// the body only where the kind allows, as in a mail.
func (n *Notifier) outgoing(ctx context.Context, q *queued) (gateway.Message, error) {
	ctx = lang.With(ctx, n.words, lang.Parse(q.lang))
	m := gateway.Message{ID: q.notice, Kind: q.kind, Title: oneLine(render(ctx, q.title, q.params)), Object: q.object, ObjectID: q.objectID,
		At: q.created.Time, Phone: q.address}
	if q.link != "" && n.baseURL != "" {
		m.Link = n.baseURL + q.link
	}
	if k := n.byID[q.kind]; k != nil && k.BodyInMail {
		m.Body = render(ctx, q.body, q.params)
	}
	if q.recipients != "" {
		if err := json.Unmarshal([]byte(q.recipients), &m.To); err != nil {
			return m, err
		}
	}
	lines := []string{m.Title}
	if q.channel != SMS {
		if to := toText(ctx, m.To); to != "" {
			lines = append(lines, to)
		}
		if m.Body != "" {
			lines = append(lines, m.Body)
		}
	}
	if m.Link != "" {
		lines = append(lines, m.Link)
	}
	m.Text = strings.Join(lines, map[bool]string{true: " ", false: "\n"}[q.channel == SMS])
	return m, nil
}

// toText says to a group whom a notice is for: the wording speaks to them, not to
// the group.
func toText(ctx context.Context, to []gateway.Recipient) string {
	const shown = 3
	var names []string
	for _, r := range to[:min(len(to), shown)] {
		names = append(names, r.Name)
	}
	list := strings.Join(names, lang.T(ctx, "、"))
	switch {
	case len(to) == 0:
		return ""
	case len(to) > shown:
		return lang.T(ctx, "通知对象：%s等%d人", list, len(to))
	}
	return lang.T(ctx, "通知对象：%s", list)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
