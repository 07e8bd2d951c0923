package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A draft is checked against a file of figures; what is wrong in the arguments
// is said.
func TestCheckAgainstAFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	draft := write("draft.txt", "县政协全年召开主席会议12次，共收到提案142件，经审查立案182件。\n")
	known := write("known.csv", "指标,数值,单位\n主席会议,12,次\n提交提案,142,件\n立案提案,128,件\n")
	try := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if got := run(context.Background(), args, env{&out, &errs, func(string) string { return "" }}); got != want {
			t.Fatalf("%v ended with %d: %s", args, got, errs.String())
		}
		return out.String() + errs.String()
	}
	if said := try(0, "check", draft, "-figures", known); !strings.Contains(said, "立案182件〔✗1〕") || !strings.Contains(said, "应为128件") {
		t.Errorf("%s", said)
	}
	var result struct {
		Counts   map[string]int
		Findings []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(try(0, "check", "-json", "-figures", known, draft)), &result); err != nil || len(result.Findings) != 3 || result.Counts["agrees"] != 2 {
		t.Errorf("%v: %+v", err, result)
	}
	if said := try(1, "check", draft, "-figures", known, "-o", filepath.Join(dir, "a.docx")); !strings.Contains(said, ".docx") {
		t.Errorf("%s", said)
	}
	try(2, "check")
	try(1, "check", filepath.Join(dir, "nothing"), "-figures", known)
	try(1, "check", draft, "-figures", write("bad.csv", "指标,数值\n没有的,1\n"))
}
