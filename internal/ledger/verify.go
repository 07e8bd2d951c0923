package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"shangliang/internal/db"
	"shangliang/internal/lang"
)

// Proof is what Verify compares the database with: things kept outside it.
type Proof struct {
	Keys        []string  // public keys, as [Trusted] returns them; at least one
	Checkpoints []string  // signed checkpoints that were kept elsewhere
	Now         time.Time // when the database was as it is: the time of a backup; now when zero
}

// Report is what Verify found.
type Report struct {
	Entries     int      // all of them
	Sealed      int64    // the size of the tree
	Unsealed    int      // too young to be sealed
	Rows        int      // rows whose digest was compared
	Checkpoints int      // checkpoints compared, those from outside included
	Root        string   // of the recomputed tree
	Foreign     []string // names of keys that signed older checkpoints and are not among Proof.Keys
	Findings    []Finding
	More        int // findings beyond those listed
}

// OK reports whether nothing was found.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// Finding is one thing that is not as it was recorded.
type Finding struct {
	Msg   string // in Simplified Chinese, a format for Args
	Args  []any
	Table string // the row concerned, if one is
	Key   string
	Entry string // the entry concerned, if one is
}

// Text says what was found in the context's language.
func (f Finding) Text(ctx context.Context) string {
	s := lang.T(ctx, f.Msg, f.Args...)
	for _, part := range []string{f.Table, f.Key, f.Entry} {
		if part != "" {
			s += " " + part
		}
	}
	return s
}

// Lines says in the context's language what was checked and what was found.
func (r *Report) Lines(ctx context.Context) []string {
	lines := []string{
		lang.T(ctx, "台账条目 %d 条，已封存 %d 条，尚未封存 %d 条", r.Entries, r.Sealed, r.Unsealed),
		lang.T(ctx, "核对数据行 %d 行，核对检查点 %d 个", r.Rows, r.Checkpoints),
		lang.T(ctx, "封存树根 %s", r.Root),
	}
	if len(r.Foreign) > 0 {
		lines = append(lines, lang.T(ctx, "部分较早的检查点由其他密钥签署：%s", strings.Join(r.Foreign, " ")))
	}
	if r.OK() {
		return append(lines, lang.T(ctx, "没有发现改动"))
	}
	lines = append(lines, lang.T(ctx, "发现 %d 处与记录不符：", len(r.Findings)+r.More))
	for _, f := range r.Findings {
		lines = append(lines, "  "+f.Text(ctx))
	}
	if r.More > 0 {
		lines = append(lines, lang.T(ctx, "另有 %d 处未列出", r.More))
	}
	return lines
}

// maxFindings bounds the list: a thousand say as much as a million.
const maxFindings = 1000

func (r *Report) found(f Finding) {
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, f)
	} else {
		r.More++
	}
}

// young is how old an entry may be and not be sealed yet.
const young = 30 * time.Second

// Verify recomputes the tree from the entries, compares it with the stored
// hashes and with every checkpoint, and compares every row that an entry wrote
// with its last recorded digest. It reads one snapshot and changes nothing. The
// error is about the checking itself; what is wrong with the data is in the
// report.
func Verify(ctx context.Context, d *db.DB, p Proof) (*Report, error) {
	if len(p.Keys) == 0 {
		return nil, errors.New("ledger: verify: no public key to check signatures with")
	}
	v := &verifier{proof: p, report: &Report{}, rows: map[string]map[string]lastRow{},
		pending: map[string]bool{}, erased: map[string]bool{}, erasures: map[string]bool{}}
	var keys []note.Verifier
	for _, k := range p.Keys {
		key, err := note.NewVerifier(k)
		if err != nil {
			return nil, fmt.Errorf("ledger: verify: public key: %w", err)
		}
		keys = append(keys, key)
	}
	v.keys = note.VerifierList(keys...)
	if p.Now.IsZero() {
		v.proof.Now = d.Now()
	}
	err := d.Read(ctx, func(tx *db.Tx) error {
		v.tx = tx
		for _, step := range []func() error{v.leaves, v.entries, v.tree, v.checkpoints, v.data} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	return v.report, err
}

type verifier struct {
	tx     *db.Tx
	proof  Proof
	keys   note.Verifiers
	report *Report

	pending  map[string]bool // entries that await sealing
	byLeaf   []string        // leaf → its entry
	hashes   []*tlog.Hash    // leaf → hash recomputed from the entry
	computed []tlog.Hash     // the tree as recomputed, in stored order
	erased   map[string]bool // entries without name and note
	erasures map[string]bool // entries that were erased on record
	rows     map[string]map[string]lastRow
}

// lastRow is what was last recorded about a row.
type lastRow struct {
	leaf            int64
	digest, without string
	entry           string
}

// leaves reads which entry is at which leaf.
func (v *verifier) leaves() error {
	type row struct {
		leaf  int64
		entry string
	}
	all, err := db.All(v.tx, func(r *row) []any { return []any{&r.leaf, &r.entry} }, `SELECT leaf, entry FROM ledger_leaf ORDER BY leaf`)
	if err != nil {
		return err
	}
	for _, r := range all {
		for ; int64(len(v.byLeaf)) < r.leaf; v.byLeaf = append(v.byLeaf, "") {
			v.report.found(Finding{Msg: "封存树缺少第 %d 号叶", Args: []any{len(v.byLeaf)}})
		}
		v.byLeaf = append(v.byLeaf, r.entry)
	}
	pending, err := db.Column[string](v.tx, `SELECT entry FROM ledger_pending`)
	for _, id := range pending {
		v.pending[id] = true
	}
	v.hashes = make([]*tlog.Hash, len(v.byLeaf))
	v.report.Sealed = int64(len(v.byLeaf))
	return err
}

const verifyPage = 1000

// entries reads all entries and the rows they name, page by page.
func (v *verifier) entries() error {
	after := ""
	for {
		page, err := db.All(v.tx, (*Entry).fields, `SELECT `+entryColumns+entryFrom+`WHERE e.id > $1 ORDER BY e.id LIMIT $2`, after, verifyPage)
		if err != nil {
			return err
		}
		last := "z" // after all ids, in any collation
		if len(page) == verifyPage {
			last = page[len(page)-1].ID
		}
		type row struct {
			entry string
			f     fingerprint
		}
		rows, err := db.All(v.tx, func(r *row) []any {
			return []any{&r.entry, &r.f.table, &r.f.key, &r.f.without, &r.f.digest}
		}, `SELECT entry, table_name, row_key, without, digest FROM ledger_row WHERE entry > $1 AND entry <= $2 ORDER BY entry, n`, after, last)
		if err != nil {
			return err
		}
		for _, e := range page {
			var own []fingerprint
			for len(rows) > 0 && rows[0].entry <= e.ID {
				if rows[0].entry == e.ID {
					own = append(own, rows[0].f)
				} else {
					v.orphan(rows[0].entry, rows[0].f)
				}
				rows = rows[1:]
			}
			v.entry(e, own)
		}
		for _, r := range rows {
			v.orphan(r.entry, r.f)
		}
		if len(page) < verifyPage {
			break
		}
		after = last
	}
	for leaf, h := range v.hashes {
		if h == nil && v.byLeaf[leaf] != "" {
			v.report.found(Finding{Msg: "台账条目被删除（第 %d 号）", Args: []any{leaf}, Entry: v.byLeaf[leaf]})
		}
	}
	for id := range v.erased {
		if !v.erasures[id] {
			v.report.found(Finding{Msg: "条目的姓名和说明被清除，却没有清除记录", Entry: id})
		}
	}
	return nil
}

func (v *verifier) orphan(entry string, f fingerprint) {
	v.report.found(Finding{Msg: "数据行的记录所属的台账条目不存在", Table: f.table, Key: f.key, Entry: entry})
}

func (v *verifier) entry(e *Entry, rows []fingerprint) {
	v.report.Entries++
	switch {
	case e.Leaf >= 0:
		h := tlog.RecordHash(e.record())
		v.hashes[e.Leaf] = &h
	case v.pending[e.ID] && v.proof.Now.Sub(e.At.Time) <= young:
		v.report.Unsealed++
	default:
		v.report.found(Finding{Msg: "台账条目没有封存", Entry: e.ID})
	}
	if e.Action == eraseAction {
		v.erasures[e.Object] = true
	}
	switch {
	case e.Erased() && e.Name == "" && e.Note == "":
		v.erased[e.ID] = true
	case e.Erased() || textHash(e.salt, e.Name, e.Note) != e.textHash:
		v.report.found(Finding{Msg: "条目的姓名或说明被改动", Entry: e.ID})
	}
	if rowsDigest(rows) != e.Digest {
		v.report.found(Finding{Msg: "条目涉及的数据行记录被改动", Entry: e.ID})
	}
	leaf := e.Leaf
	if leaf < 0 {
		leaf = math.MaxInt64
	}
	for _, r := range rows {
		t := v.rows[r.table]
		if t == nil {
			t = map[string]lastRow{}
			v.rows[r.table] = t
		}
		if old, ok := t[r.key]; !ok || old.leaf <= leaf {
			t[r.key] = lastRow{leaf, r.digest, r.without, e.ID}
		}
	}
}

// tree recomputes the tree and compares it with the stored hashes.
func (v *verifier) tree() error {
	type row struct {
		n    int64
		hash string
	}
	all, err := db.All(v.tx, func(r *row) []any { return []any{&r.n, &r.hash} }, `SELECT n, hash FROM ledger_hash ORDER BY n`)
	if err != nil {
		return err
	}
	stored := make(map[int64]tlog.Hash, len(all))
	for _, r := range all {
		if h, err := tlog.ParseHash(r.hash); err == nil {
			stored[r.n] = h
		}
	}
	reader := tlog.HashReaderFunc(v.readComputed)
	nodes, firstNode := 0, int64(0)
	for leaf, h := range v.hashes {
		at := tlog.StoredHashIndex(0, int64(leaf))
		kept, ok := stored[at]
		if h == nil { // reported as deleted already; the rest can still be compared
			h = &kept
		} else if !ok || kept != *h {
			v.report.found(Finding{Msg: "台账条目与封存时的散列不符（第 %d 号）", Args: []any{leaf}, Entry: v.byLeaf[leaf]})
		}
		made, err := tlog.StoredHashesForRecordHash(int64(leaf), *h, reader)
		if err != nil {
			return fmt.Errorf("ledger: verify: %w", err)
		}
		for j, m := range made[1:] {
			if kept, ok := stored[at+1+int64(j)]; !ok || kept != m {
				if nodes++; nodes == 1 {
					firstNode = at + 1 + int64(j)
				}
			}
		}
		v.computed = append(v.computed, made...)
	}
	if nodes > 0 {
		v.report.found(Finding{Msg: "封存树有 %d 个节点与重新计算的结果不符，第一个是 %d 号", Args: []any{nodes, firstNode}})
	}
	if extra := len(all) - len(v.computed); extra > 0 {
		v.report.found(Finding{Msg: "封存树多出 %d 个散列，对应的条目已不存在", Args: []any{extra}})
	}
	if n := int64(len(v.hashes)); n > 0 {
		root, err := tlog.TreeHash(n, reader)
		if err != nil {
			return fmt.Errorf("ledger: verify: %w", err)
		}
		v.report.Root = root.String()
	}
	return nil
}

func (v *verifier) readComputed(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for j, i := range indexes {
		if i >= int64(len(v.computed)) {
			return nil, fmt.Errorf("hash %d is not computed yet", i)
		}
		hashes[j] = v.computed[i]
	}
	return hashes, nil
}

// checkpoints compares the tree with every signed checkpoint.
func (v *verifier) checkpoints() error {
	kept, err := db.Column[string](v.tx, `SELECT text FROM ledger_checkpoint ORDER BY size`)
	if err != nil {
		return err
	}
	var newest int64
	for i, c := range kept {
		size, signer := v.checkpoint(c, &inside)
		newest = max(newest, size)
		if signer == "" {
			continue
		}
		if i == len(kept)-1 {
			v.report.found(Finding{Msg: "最新的检查点不是由可信密钥签署的：%s", Args: []any{signer}})
		} else if !slices.Contains(v.report.Foreign, signer) {
			v.report.Foreign = append(v.report.Foreign, signer)
		}
	}
	if newest < v.report.Sealed {
		v.report.found(Finding{Msg: "最新的检查点只到第 %d 条，封存树有 %d 条", Args: []any{newest, v.report.Sealed}})
	}
	for _, c := range v.proof.Checkpoints {
		if _, signer := v.checkpoint(c, &outside); signer != "" {
			v.report.found(Finding{Msg: "外部检查点不是由可信密钥签署的：%s", Args: []any{signer}})
		}
	}
	return nil
}

// checkpointMessages are what may be wrong with a checkpoint.
type checkpointMessages struct{ signature, content, shorter, root string }

var (
	inside = checkpointMessages{
		signature: "数据库中的检查点签名不正确",
		content:   "数据库中的检查点内容不正确",
		shorter:   "数据库中的检查点记有 %d 条，现在只有 %d 条：末尾的条目被删除",
		root:      "数据库中的检查点（%d 条）与重新计算的树根不符",
	}
	outside = checkpointMessages{
		signature: "外部检查点签名不正确",
		content:   "外部检查点内容不正确",
		shorter:   "外部检查点记有 %d 条，现在只有 %d 条：末尾的条目被删除",
		root:      "外部检查点（%d 条）与重新计算的树根不符",
	}
)

// checkpoint checks one; foreign names the signer whose key is not known.
func (v *verifier) checkpoint(signed string, msg *checkpointMessages) (size int64, foreign string) {
	v.report.Checkpoints++
	n, err := note.Open([]byte(signed), v.keys)
	if e, ok := errors.AsType[*note.UnverifiedNoteError](err); ok && len(e.Note.UnverifiedSigs) > 0 {
		n, foreign, err = e.Note, e.Note.UnverifiedSigs[0].Name, nil
	}
	if err != nil {
		v.report.found(Finding{Msg: msg.signature})
		return 0, ""
	}
	size, root, err := parseCheckpoint(n.Text)
	if err != nil {
		v.report.found(Finding{Msg: msg.content})
		return 0, ""
	}
	if size > int64(len(v.hashes)) {
		v.report.found(Finding{Msg: msg.shorter, Args: []any{size, len(v.hashes)}})
		return size, foreign
	}
	now, err := tlog.TreeHash(size, tlog.HashReaderFunc(v.readComputed))
	if err != nil || now != root {
		v.report.found(Finding{Msg: msg.root, Args: []any{size}})
	}
	return size, foreign
}

// data compares the rows of all tables that entries wrote to.
func (v *verifier) data() error {
	present, err := db.Tables(v.tx)
	if err != nil {
		return err
	}
	tables := make([]string, 0, len(v.rows))
	for t := range v.rows {
		tables = append(tables, t)
	}
	slices.Sort(tables)
	for _, t := range tables {
		if !slices.Contains(present, t) {
			v.report.found(Finding{Msg: "整个数据表不存在", Table: t})
			continue
		}
		if err := v.table(t, v.rows[t]); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) table(table string, last map[string]lastRow) error {
	shapes := keyShapes(last)
	if len(shapes) == 0 {
		return fmt.Errorf("ledger: verify: no row of %s is named by a key", table)
	}
	seen := make(map[string]bool, len(last))
	err := wholeTable(v.tx, table, func(columns []string, values []any) error {
		texts := make(map[string]string, len(columns))
		for i, c := range columns {
			text, err := canonical(values[i])
			if err != nil {
				return fmt.Errorf("ledger: %s.%s: %w", table, c, err)
			}
			texts[c] = text
		}
		recorded := false
		for _, shape := range shapes {
			key := rowKey(shape, texts)
			l, ok := last[key]
			if !ok {
				continue
			}
			recorded, seen[key] = true, true
			v.report.Rows++
			without := strings.Split(l.without, ",")
			now, err := digest(columns, values, without)
			if err != nil {
				return err
			}
			if l.digest == "" {
				v.report.found(Finding{Msg: "记录为已删除的数据行仍然存在", Table: table, Key: key, Entry: l.entry})
			} else if now != l.digest {
				v.report.found(Finding{Msg: "数据行被改动，与台账最后一次记录不符", Table: table, Key: key, Entry: l.entry})
			}
		}
		if !recorded {
			v.report.found(Finding{Msg: "数据行没有任何台账记录", Table: table, Key: rowKey(shapes[0], texts)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key, l := range last {
		if l.digest != "" && !seen[key] {
			v.report.found(Finding{Msg: "数据行被删除", Table: table, Key: key, Entry: l.entry})
		}
	}
	return nil
}
