package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shangliang/internal/app"
	"shangliang/internal/blob/blobtest"
)

// An installation moves its files into a bucket, is backed up from there, comes
// back into another one, and back into a folder; the secret is never printed.
func TestFilesInABucket(t *testing.T) {
	ctx := context.Background()
	server := blobtest.Serve(t)
	work := t.TempDir()
	keys := filepath.Join(work, "keys")
	if err := os.WriteFile(keys, []byte(server.S3.Key+"\n"+"test-secret-7f3a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	try := func(want int, says, prefix string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		settings := map[string]string{"SHANGLIANG_S3": server.S3.URL + prefix, "SHANGLIANG_S3_STYLE": "path"}
		if got := run(ctx, args, env{&out, &out, func(name string) string { return settings[name] }}); got != want || !strings.Contains(out.String(), says) {
			t.Fatalf("%v ended with %d: %s", args, got, out.String())
		}
		if strings.Contains(out.String(), "7f3a") {
			t.Errorf("%v prints the secret: %s", args, out.String())
		}
	}
	one, two := filepath.Join(work, "one"), filepath.Join(work, "two")
	a, err := app.New(ctx, app.Options{Data: one})
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"第一份附件", "第二份附件"} {
		if _, err := a.Files.Put(ctx, strings.NewReader(content), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	try(1, "missing", "", "migrate", "-data", one)
	try(2, "none", "", "migrate", "-data", one, "-s3-key-file", filepath.Join(work, "none"))
	zip := filepath.Join(work, "backup.zip")
	try(0, "2 files copied", "", "copy-files", "-data", one, "-s3-key-file", keys)
	try(0, "0 files copied", "", "copy-files", "-data", one, "-s3-key-file", keys)
	if err := os.RemoveAll(filepath.Join(one, "files")); err != nil {
		t.Fatal(err)
	}
	try(0, "rows", "", "backup", "-data", one, "-s3-key-file", keys, zip)
	try(0, "", "", "verify", "-data", one, zip)
	try(0, "restored", "2", "restore", "-data", two, "-s3-key-file", keys, zip)
	try(0, "county2/files/: 2 stored files, 0 damaged, 0 missing", "2", "verify", "-data", two, "-s3-key-file", keys)
	try(0, "2 files copied", "2", "copy-files", "-back", "-data", two, "-s3-key-file", keys)
	if left, err := filepath.Glob(filepath.Join(two, "files", "??", "*")); len(left) != 2 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
}
