// Package ledger records who did what, when, as whom: one entry for each act,
// in the transaction of the act itself.
//
// Main types: [Entry], [Row], [Key], [Report]. Services call [Append] and
// [Replayed]; pages show [History] and [Recent]. Every second [Seal] puts the
// new entries into one Merkle tree for the installation and signs a checkpoint;
// [Verify] recomputes all of it, and compares the rows that entries wrote with
// the rows that are there now.
//
// It owns the tables ledger_*. It deliberately does not copy personal text: the
// note and the name of an entry enter the tree as a salted hash, so that they
// can be erased and the tree still holds. Entries are never edited; a
// correction is a new entry.
package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"shangliang/internal/actor"
	"shangliang/internal/db"
	"shangliang/internal/errs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations holds the schema of this package.
var Migrations, _ = fs.Sub(migrations, "migrations")

// Words is this package's English.
//
//go:embed en.tsv
var Words []byte

// Entry is one act. Append takes the first group from the caller and fills in
// the second from the context and the transaction.
type Entry struct {
	Tenant   string // the actor's tenant when empty
	Action   string // "proposal.file"
	Kind     string // "proposal"
	Object   string // id of what was acted on
	From, To string // its states, if it has any
	Note     string // text for people: the reason, the opinion; may be erased later
	Data     any    // ids, numbers, codes; never personal text. A json.RawMessage when read
	Rows     []Row  // the rows that this act wrote; not filled in when read

	ID          string
	At          db.Time
	Account     string
	Person      string
	Name        string // of the person, as it was then; may be erased later
	Role        string
	Body        string
	Channel     string
	RequestKey  string
	RequestHash string
	Digest      string // over the digests of Rows
	Leaf        int64  // number in the tree; -1 until sealed

	salt, textHash string
}

const entryColumns = `e.id, e.tenant, e.at, e.action, e.kind, e.object, e.from_state, e.to_state, e.account, e.person,
	e.role, e.body, e.channel, e.request_key, e.request_hash, e.data, e.digest, e.name, e.note, e.salt, e.text_hash,
	COALESCE(l.leaf, -1)`

const entryFrom = ` FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry = e.id `

func (e *Entry) fields() []any {
	data := new(json.RawMessage)
	e.Data = data
	return []any{&e.ID, &e.Tenant, &e.At, &e.Action, &e.Kind, &e.Object, &e.From, &e.To, &e.Account, &e.Person,
		&e.Role, &e.Body, &e.Channel, &e.RequestKey, &e.RequestHash, (*rawText)(data), &e.Digest, &e.Name, &e.Note, &e.salt, &e.textHash,
		&e.Leaf}
}

// rawText scans the text of a column into a json.RawMessage.
type rawText json.RawMessage

func (r *rawText) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*r = rawText(v)
	case []byte:
		*r = append(rawText(nil), v...)
	default:
		return fmt.Errorf("ledger: %T is not text", v)
	}
	return nil
}

// raw returns the data as it stands in the database.
func (e *Entry) raw() string {
	if p, ok := e.Data.(*json.RawMessage); ok {
		return string(*p)
	}
	return ""
}

// Erased reports whether name and note were erased.
func (e *Entry) Erased() bool { return e.salt == "" }

// Decode reads the entry's Data into v.
func (e *Entry) Decode(v any) error { return json.Unmarshal([]byte(e.raw()), v) }

// Append records an act. It is called after the last change of e.Rows in this
// transaction: the digests are those of the rows as they are now. The actor,
// the time and the request key come from the transaction; without an actor the
// error is Unauthenticated.
func Append(tx *db.Tx, e Entry) error {
	_, err := appendEntry(tx, e)
	return err
}

func appendEntry(tx *db.Tx, e Entry) (string, error) {
	a, err := actor.Require(tx.Context(), "")
	if err != nil {
		return "", err
	}
	if e.Tenant == "" {
		e.Tenant = a.Tenant
	}
	if e.Action == "" || e.Kind == "" {
		return "", fmt.Errorf("ledger: an entry needs Action and Kind: %+v", e)
	}
	data := []byte("null")
	if e.Data != nil {
		if data, err = json.Marshal(e.Data); err != nil {
			return "", fmt.Errorf("ledger: data of %s: %w", e.Action, err)
		}
	}
	rows, err := fingerprints(tx, e.Rows)
	if err != nil {
		return "", err
	}
	// The id is made only now, after the transaction has read its rows: an entry
	// about a row as another transaction left it must sort after that one's.
	e.ID = db.NewID()
	request := actor.RequestFrom(tx.Context())
	salt := make([]byte, 16)
	rand.Read(salt)
	e.salt = hex.EncodeToString(salt)
	e.textHash = textHash(e.salt, a.Name, e.Note)
	if _, err := tx.Exec(`INSERT INTO ledger_entry (id, tenant, at, action, kind, object, from_state, to_state, account, person,
		role, body, channel, request_key, request_hash, data, digest, name, note, salt, text_hash) VALUES (`+db.Marks(21)+`)`,
		e.ID, e.Tenant, db.At(tx.Now()), e.Action, e.Kind, e.Object, e.From, e.To, a.Account, a.Person,
		a.Role, a.Body, a.Channel, request.Key, request.Hash, string(data), rowsDigest(rows), a.Name, e.Note, e.salt, e.textHash); err != nil {
		return "", err
	}
	if _, err := tx.Exec(`INSERT INTO ledger_pending (entry) VALUES ($1)`, e.ID); err != nil {
		return "", err
	}
	for i, r := range rows {
		if _, err := tx.Exec(`INSERT INTO ledger_row (entry, n, table_name, row_key, without, digest) VALUES ($1,$2,$3,$4,$5,$6)`,
			e.ID, i, r.table, r.key, r.without, r.digest); err != nil {
			return "", err
		}
	}
	if request.Key == "" {
		return e.ID, nil
	}
	// The first act of a request is what the request is answered with.
	_, err = tx.Exec(`INSERT INTO ledger_request (tenant, account, key, hash, act, object, at) VALUES ($1,$2,$3,$4,$5,$6,$7)
		ON CONFLICT (tenant, account, key) DO UPDATE SET act = excluded.act, object = excluded.object
		WHERE ledger_request.act = ''`,
		a.Tenant, a.Account, request.Key, request.Hash, tx.ID(), e.Object, db.At(tx.Now()))
	return e.ID, err
}

// Replayed reports whether the request of this context was done before by the
// same account, and what its first entry acted on; the caller then answers with
// that object and does nothing. Acts of this very transaction do not count. The
// same key for a different request is a Conflict error.
func Replayed(tx *db.Tx) (object string, done bool, err error) {
	request := actor.RequestFrom(tx.Context())
	if request.Key == "" {
		return "", false, nil
	}
	a, err := actor.Require(tx.Context(), "")
	if err != nil {
		return "", false, err
	}
	// Claiming the key instead of looking for it: on PostgreSQL a search for what
	// is not there would make all concurrent requests conflict with each other.
	n, err := tx.Exec(`INSERT INTO ledger_request (tenant, account, key, hash, act, object, at) VALUES ($1,$2,$3,$4,'','',$5)
		ON CONFLICT (tenant, account, key) DO NOTHING`, a.Tenant, a.Account, request.Key, request.Hash, db.At(tx.Now()))
	if err != nil || n == 1 {
		return "", false, err
	}
	var hash, act string
	if err := tx.Get(`SELECT hash, act, object FROM ledger_request WHERE tenant = $1 AND account = $2 AND key = $3`,
		[]any{a.Tenant, a.Account, request.Key}, &hash, &act, &object); err != nil {
		return "", false, err
	}
	if hash != request.Hash {
		return "", false, errReused
	}
	if act == "" || act == tx.ID() {
		return "", false, nil
	}
	return object, true, nil
}

// Repeated reports whether this request was done already, as [Replayed] does, for
// an act on a record that is known before: the entry was about one of these
// objects, else it is a Conflict.
func Repeated(tx *db.Tx, objects ...string) (bool, error) {
	object, done, err := Replayed(tx)
	if err == nil && done && !slices.Contains(objects, object) {
		err = errReused
	}
	return done, err
}

var errReused = errs.New(errs.Conflict, "这个请求标识已用于另一项操作")

// Under lists the objects of what the actor did under a request key, and under
// keys that were derived from it by a colon and a part, each once, in the order
// in which they were done.
func Under(tx *db.Tx, key string) ([]string, error) {
	a, err := actor.Require(tx.Context(), "")
	if err != nil || key == "" {
		return nil, err
	}
	return db.Column[string](tx, `SELECT object FROM ledger_request WHERE tenant = $1 AND account = $2 AND (key = $3 OR key > $3 || ':' AND key < $3 || ';') AND object <> ''
		GROUP BY object ORDER BY MIN(at), object`, a.Tenant, a.Account, key)
}

// History returns the entries about one object, oldest first.
func History(tx *db.Tx, tenant, kind, object string) ([]*Entry, error) {
	return db.All(tx, (*Entry).fields, `SELECT `+entryColumns+entryFrom+
		`WHERE e.tenant = $1 AND e.kind = $2 AND e.object = $3 ORDER BY e.id`, tenant, kind, object)
}

// Acts is [History] with what people are told only: without request, digest and
// leaf, which lie elsewhere.
func Acts(tx *db.Tx, tenant, kind, object string) ([]*Entry, error) {
	return db.All(tx, func(e *Entry) []any {
		e.Tenant, e.Kind, e.Object, e.Leaf = tenant, kind, object, -1
		data := new(json.RawMessage)
		e.Data = data
		return []any{&e.ID, &e.At, &e.Action, &e.From, &e.To, &e.Account, &e.Person, &e.Role, &e.Body, &e.Channel, (*rawText)(data), &e.Name, &e.Note, &e.salt}
	}, `SELECT id, at, action, from_state, to_state, account, person, role, body, channel, data, name, note, salt
		FROM ledger_entry WHERE tenant = $1 AND kind = $2 AND object = $3 ORDER BY id`, tenant, kind, object)
}

// Filter narrows [Recent]; empty fields do not narrow.
type Filter struct {
	Before  string // id of an entry: only older ones, for paging
	Action  string // "proposal.file", or "proposal." for all that begin so
	Kind    string
	Object  string
	Person  string
	Account string
	Since   db.Time
	Until   db.Time
	N       int // at most so many; 50 when 0
}

// Recent returns a tenant's entries, newest first.
func Recent(tx *db.Tx, tenant string, f Filter) ([]*Entry, error) {
	if f.N <= 0 {
		f.N = 50
	}
	args := []any{tenant}
	where := `WHERE e.tenant = $1`
	add := func(condition string, value any) {
		args = append(args, value)
		where += " AND " + condition + " $" + strconv.Itoa(len(args))
	}
	for _, c := range []struct{ condition, value string }{
		{"e.id <", f.Before}, {"e.kind =", f.Kind}, {"e.object =", f.Object}, {"e.person =", f.Person}, {"e.account =", f.Account},
	} {
		if c.value != "" {
			add(c.condition, c.value)
		}
	}
	if n := len(f.Action); n > 0 && f.Action[n-1] == '.' {
		add("e.action >=", f.Action)
		add("e.action <", f.Action[:n-1]+"/") // the character after the dot
	} else if n > 0 {
		add("e.action =", f.Action)
	}
	if !f.Since.IsZero() {
		add("e.at >=", f.Since)
	}
	if !f.Until.IsZero() {
		add("e.at <", f.Until)
	}
	args = append(args, f.N)
	return db.All(tx, (*Entry).fields, `SELECT `+entryColumns+entryFrom+where+
		` ORDER BY e.id DESC LIMIT $`+strconv.Itoa(len(args)), args...)
}

// Erase empties the name and the note of an entry, for the reason given, and
// records that; the tree still holds, since it contains a salted hash of them.
func Erase(tx *db.Tx, tenant, id, reason string) error {
	n, err := tx.Exec(`UPDATE ledger_entry SET name = '', note = '', salt = '' WHERE tenant = $1 AND id = $2`, tenant, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return errs.Missing()
	}
	return Append(tx, Entry{Tenant: tenant, Action: eraseAction, Kind: "ledger", Object: id, Note: reason})
}

const eraseAction = "ledger.erase"

// leaf is what the tree contains of an entry. Its JSON form must never change.
type leaf struct {
	ID          string `json:"id"`
	Tenant      string `json:"tenant"`
	At          string `json:"at"`
	Action      string `json:"action"`
	Kind        string `json:"kind"`
	Object      string `json:"object"`
	From        string `json:"from"`
	To          string `json:"to"`
	Account     string `json:"account"`
	Person      string `json:"person"`
	Role        string `json:"role"`
	Body        string `json:"body"`
	Channel     string `json:"channel"`
	RequestKey  string `json:"request_key"`
	RequestHash string `json:"request_hash"`
	Data        string `json:"data"`
	Digest      string `json:"digest"`
	Text        string `json:"text"`
}

// record returns the bytes of the entry's leaf.
func (e *Entry) record() []byte {
	at, _ := e.At.Value()
	b, err := json.Marshal(leaf{e.ID, e.Tenant, at.(string), e.Action, e.Kind, e.Object, e.From, e.To, e.Account, e.Person,
		e.Role, e.Body, e.Channel, e.RequestKey, e.RequestHash, e.raw(), e.Digest, e.textHash})
	if err != nil {
		panic(err) // strings only
	}
	return b
}

func textHash(salt, name, note string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d:%s\n%d:%s\n", salt, len(name), name, len(note), note)
	return hex.EncodeToString(h.Sum(nil))
}
