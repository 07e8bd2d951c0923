package ledger

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"shangliang/internal/db"
)

// The files in the data folder. The key stays secret and is in no backup; the
// public keys are all those whose checkpoints this installation trusts.
const (
	keyFile        = "ledger.key"
	publicFile     = "ledger.pub"
	checkpointFile = "checkpoints.log"
)

// Key signs checkpoints.
type Key struct {
	signer   note.Signer
	verifier string

	mu               sync.Mutex
	log              string // path of the file that keeps checkpoints outside the database
	latest, loggedAs string
	loggedAt         time.Time
}

// Verifier returns the public key that checks this key's signatures, to be kept
// somewhere else than the database.
func (k *Key) Verifier() string { return k.verifier }

// LoadKey returns the key of a data folder and makes one when there is none.
func LoadKey(dir string) (*Key, error) {
	path := filepath.Join(dir, keyFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(dir, path); err != nil {
			return nil, fmt.Errorf("ledger: make a key: %w", err)
		}
		b, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	secret, public, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, fmt.Errorf("ledger: %s is damaged: %w", path, err)
	}
	if _, err := note.NewVerifier(public); err != nil {
		return nil, fmt.Errorf("ledger: %s is damaged: %w", path, err)
	}
	if err := Trust(dir, public); err != nil {
		return nil, err
	}
	return &Key{signer: signer, verifier: public, log: filepath.Join(dir, checkpointFile)}, nil
}

// makeKey writes a new key so that of two processes that start at once both
// use the same.
func makeKey(dir, path string) error {
	id := make([]byte, 4)
	rand.Read(id)
	secret, public, err := note.GenerateKey(rand.Reader, "shangliang-"+hex.EncodeToString(id))
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, keyFile+".") // readable by its owner only
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(secret + "\n" + public + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// Trust adds a public key to those that a data folder trusts, such as that of
// the machine whose backup was restored here.
func Trust(dir, public string) error {
	if _, err := note.NewVerifier(public); err != nil {
		return fmt.Errorf("ledger: public key: %w", err)
	}
	known, err := Trusted(dir)
	if err != nil || slices.Contains(known, public) {
		return err
	}
	return appendLine(filepath.Join(dir, publicFile), public)
}

// Trusted returns the public keys that a data folder trusts.
func Trusted(dir string) ([]string, error) {
	b, err := os.ReadFile(filepath.Join(dir, publicFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return strings.Fields(string(b)), nil
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

// sealBatch is how many entries are sealed in one transaction: it is also how
// long other writers may have to wait.
const sealBatch = 200

// Seal puts the entries that are not in the tree yet into it and signs a
// checkpoint; it returns how many there were. Any number of processes may call
// it at any time.
func Seal(ctx context.Context, d *db.DB, k *Key) (sealed int, err error) {
	for {
		var waiting []string
		if err := d.Read(ctx, func(tx *db.Tx) error {
			waiting, err = db.Column[string](tx, `SELECT entry FROM ledger_pending LIMIT 1`)
			return err
		}); err != nil {
			return sealed, err
		}
		if len(waiting) == 0 {
			return sealed, k.keep(d.Now())
		}
		n, checkpoint := 0, ""
		if err := d.Write(ctx, func(tx *db.Tx) error {
			n, checkpoint, err = seal(tx, k)
			return err
		}); err != nil {
			if db.Duplicate(err) { // another process sealed them
				continue
			}
			return sealed, err
		}
		if n > 0 {
			k.mu.Lock()
			k.latest = checkpoint
			k.mu.Unlock()
		}
		sealed += n
	}
}

func seal(tx *db.Tx, k *Key) (n int, checkpoint string, err error) {
	// Ordered by what is pending: by e.id SQLite would look through the whole ledger.
	entries, err := db.All(tx, (*Entry).fields, `SELECT `+entryColumns+` FROM ledger_pending p JOIN ledger_entry e ON e.id = p.entry
		LEFT JOIN ledger_leaf l ON l.entry = e.id ORDER BY p.entry LIMIT $1`, sealBatch)
	if err != nil {
		return 0, "", err
	}
	if len(entries) == 0 { // another process was faster, or something is wrong
		var pending int
		if err := tx.Get(`SELECT COUNT(*) FROM ledger_pending`, nil, &pending); err != nil || pending == 0 {
			return 0, "", err
		}
		return 0, "", errors.New("ledger: what is pending is not in the ledger; run verify")
	}
	var size, signed int64
	if err := tx.Get(`SELECT COALESCE(MAX(leaf) + 1, 0) FROM ledger_leaf`, nil, &size); err != nil {
		return 0, "", err
	}
	if err := tx.Get(`SELECT COALESCE(MAX(size), 0) FROM ledger_checkpoint`, nil, &signed); err != nil {
		return 0, "", err
	}
	if size != signed {
		return 0, "", fmt.Errorf("ledger: the tree has %d leaves but its newest checkpoint is about %d; run verify", size, signed)
	}
	tree := treeReader{tx: tx, known: map[int64]tlog.Hash{}}
	var leaves, hashes, ids []any
	for i, e := range entries {
		if e.Leaf >= 0 {
			return 0, "", fmt.Errorf("ledger: entry %s is pending though it is leaf %d; run verify", e.ID, e.Leaf)
		}
		leaf := size + int64(i)
		made, err := tlog.StoredHashes(leaf, e.record(), &tree)
		if err != nil {
			return 0, "", fmt.Errorf("ledger: %w", err)
		}
		at := tlog.StoredHashIndex(0, leaf)
		for j, h := range made {
			tree.known[at+int64(j)] = h
			hashes = append(hashes, at+int64(j), h.String())
		}
		leaves = append(leaves, leaf, e.ID)
		ids = append(ids, e.ID)
	}
	size += int64(len(entries))
	root, err := tlog.TreeHash(size, &tree)
	if err != nil {
		return 0, "", fmt.Errorf("ledger: %w", err)
	}
	signedNote, err := note.Sign(&note.Note{Text: checkpointText(size, root, tx.Now())}, k.signer)
	if err != nil {
		return 0, "", fmt.Errorf("ledger: sign: %w", err)
	}
	if _, err := tx.Exec(`INSERT INTO ledger_leaf (leaf, entry) VALUES `+pairs(len(leaves)/2), leaves...); err != nil {
		return 0, "", err
	}
	if _, err := tx.Exec(`INSERT INTO ledger_hash (n, hash) VALUES `+pairs(len(hashes)/2), hashes...); err != nil {
		return 0, "", err
	}
	if _, err := tx.Exec(`DELETE FROM ledger_pending WHERE entry IN (`+db.Marks(len(ids))+`)`, ids...); err != nil {
		return 0, "", err
	}
	_, err = tx.Exec(`INSERT INTO ledger_checkpoint (size, at, text) VALUES ($1, $2, $3)`, size, db.At(tx.Now()), string(signedNote))
	return len(entries), string(signedNote), err
}

// pairs returns "($1,$2),($3,$4),…" with n pairs.
func pairs(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "($%d,$%d)", 2*i+1, 2*i+2)
	}
	return b.String()
}

// treeReader reads the hashes that the tree has, those not yet stored included.
type treeReader struct {
	tx    *db.Tx
	known map[int64]tlog.Hash
}

func (r *treeReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var missing []int64
	for _, i := range indexes {
		if _, ok := r.known[i]; !ok {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		list, args := db.In(nil, missing)
		type stored struct {
			n    int64
			hash string
		}
		found, err := db.All(r.tx, func(s *stored) []any { return []any{&s.n, &s.hash} },
			`SELECT n, hash FROM ledger_hash WHERE n IN `+list, args...)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			h, err := tlog.ParseHash(s.hash)
			if err != nil {
				return nil, fmt.Errorf("stored hash %d: %w", s.n, err)
			}
			r.known[s.n] = h
		}
	}
	hashes := make([]tlog.Hash, len(indexes))
	for j, i := range indexes {
		h, ok := r.known[i]
		if !ok {
			return nil, fmt.Errorf("stored hash %d is missing", i)
		}
		hashes[j] = h
	}
	return hashes, nil
}

const origin = "shangliang ledger"

// checkpointText says what is signed: how many entries, the root of their tree,
// and when.
func checkpointText(size int64, root tlog.Hash, at time.Time) string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", origin, size, root, at.UTC().Format(time.RFC3339))
}

func parseCheckpoint(text string) (size int64, root tlog.Hash, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return 0, root, errors.New("no checkpoint of a ledger")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || size < 0 {
		return 0, root, errors.New("bad size")
	}
	b, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(b) != tlog.HashSize {
		return 0, root, errors.New("bad root")
	}
	return size, tlog.Hash(b), nil
}

// keep writes the latest checkpoint to the file outside the database, once a
// minute at most.
func (k *Key) keep(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.latest == k.loggedAs || now.Sub(k.loggedAt) < time.Minute {
		return nil
	}
	line, err := json.Marshal(k.latest)
	if err != nil {
		return err
	}
	if err := appendLine(k.log, string(line)); err != nil {
		return fmt.Errorf("ledger: keep the checkpoint: %w", err)
	}
	k.loggedAs, k.loggedAt = k.latest, now
	return nil
}

// Checkpoints returns those that a data folder kept outside the database,
// oldest first. A line cut short by a crash is left out.
func Checkpoints(dir string) ([]string, error) {
	b, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []string
	for line := range strings.Lines(string(b)) {
		var c string
		if json.Unmarshal([]byte(line), &c) == nil {
			all = append(all, c)
		}
	}
	return all, nil
}

// Newest returns the newest checkpoint in the database, empty when nothing was
// sealed yet.
func Newest(tx *db.Tx) (string, error) {
	all, err := db.Column[string](tx, `SELECT text FROM ledger_checkpoint ORDER BY size DESC LIMIT 1`)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0], nil
}
