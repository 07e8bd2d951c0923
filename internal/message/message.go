// Package message is what proposers, the office and the departments say to each
// other about a case: a thread beside the lifecycle, in which every message names
// to whom it goes.
//
// Main types: [Service], [Message], [Thread]. There are three kinds of side: the
// proposers, the office, each department that handles the case. A message is read
// by the side that wrote it and by those it goes to, by nobody else; that is part
// of the query. It changes nothing about a case and is no substitute for its
// steps: a talk that must be on record is a contact record, a reply is a reply.
//
// It owns the tables message, message_to, message_seen; files of messages are
// attachments.
package message

import (
	"embed"
	"io/fs"
	"slices"

	"shangliang/internal/attachment"
	"shangliang/internal/db"
	"shangliang/internal/ledger"
	"shangliang/internal/notify"
	"shangliang/internal/org"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is the English of the texts in this package.
//
//go:embed en.tsv
var Words []byte

// The sides that are no department; a department's side is its body id.
const (
	Proposer = "proposer"
	Office   = "office"
)

// Permissions of this package. Proposers and departments need none of their own:
// who stands behind a case or handles it may speak about it.
var Permissions = []org.Permission{
	{ID: "message.office", Title: "代表提案委收发消息", Roles: []string{"clerk"}},
}

// Notices are the kinds of notice about messages. What was said stays on the page.
var Notices = []notify.Kind{
	{ID: "message.new", Name: "提案消息", Title: "{from}就《{title}》发来消息", Mail: true},
}

// Message is one message as its reader sees it.
type Message struct {
	Tenant, ID, Proposal string
	Side                 string // from which side
	Person               string // who wrote it
	Body                 string
	At                   db.Time

	To     []string // sides
	Unread bool
	Files  []*attachment.File
}

const messageColumns = `m.tenant, m.id, m.proposal, m.side, m.person, m.body, m.at`

func (m *Message) fields() []any {
	return []any{&m.Tenant, &m.ID, &m.Proposal, &m.Side, &m.Person, &m.Body, &m.At}
}

func (m *Message) row() ledger.Row {
	return ledger.RowOf("message", "tenant", m.Tenant, "id", m.ID)
}

// Thread is what somebody reads of a case's messages, and to whom they may write.
type Thread struct {
	Proposal, Title string
	Side            string // the reader's
	Messages        []*Message
	Unread          int
	To              []string          // the sides that the reader can write to; none once the case is archived
	Names           map[string]string // of sides that are departments, and of persons
}

// Answers is the side that the next message most likely goes to: the one that
// wrote last. Nothing is chosen for who has nothing to answer.
func (t *Thread) Answers() string {
	for i := len(t.Messages) - 1; i >= 0; i-- {
		if side := t.Messages[i].Side; slices.Contains(t.To, side) {
			return side
		}
	}
	return ""
}
