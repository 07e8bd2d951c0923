package main

import (
	"bytes"
	"strings"
	"testing"

	"shangliang/internal/actor"
	"shangliang/internal/app/apptest"
	"shangliang/internal/db"
	"shangliang/internal/proposal"
)

// The keeper sees what is wrong, nothing is mended without -fix, and after it
// nothing is wrong.
func TestDoctor(t *testing.T) {
	w := apptest.New(t, db.SQLite)
	p := w.Play(proposal.Filed)
	if err := w.DB.Write(actor.With(t.Context(), actor.System(w.Tenant)), func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM search_doc WHERE id = $1`, p.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.SealAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 1, "提案不在搜索里"}, {nil, 1, "-fix would: 编入搜索"}, {[]string{"-fix", "-yes"}, 0, "mended 1 of 1"}, {nil, 0, "nothing contradicts itself"},
	} {
		var out, err bytes.Buffer
		code := run(t.Context(), append([]string{"doctor", "-data", w.Options.Data, "-database", w.Options.Database}, x.args...), env{&out, &err, func(string) string { return "" }})
		if code != x.code || !strings.Contains(out.String(), x.says) {
			t.Errorf("doctor %v: %d\n%s%s", x.args, code, out.String(), err.String())
		}
	}
}
