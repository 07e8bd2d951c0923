package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"shangliang/internal/blob/blobtest"
)

// Whoever starts an empty platform is told where to set it up, with the code
// that nobody else has.
func TestServeTellsWhereToSetUp(t *testing.T) {
	cmd := exec.Command(os.Args[0], "serve", "-data", t.TempDir(), "-addr", freeAddr(t))
	cmd.Env = append(os.Environ(), asProgram+"=1", "SHANGLIANG_DATABASE=", "SHANGLIANG_URL=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	link := ""
	for lines := bufio.NewScanner(out); link == "" && lines.Scan(); {
		if _, at, ok := strings.Cut(lines.Text(), "Set it up at "); ok {
			link = at
		}
	}
	_, code, ok := strings.Cut(link, "code=")
	if !ok || len(code) < 16 {
		t.Fatalf("told: %q", link)
	}
	resp, err := http.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(page), code) {
		t.Errorf("the link leads to %d, %v", resp.StatusCode, err)
	}
}

// A platform with files in a bucket and a provider of identities starts by its
// settings, and prints and logs no secret.
func TestServeWithServices(t *testing.T) {
	s3 := blobtest.Serve(t)
	data := t.TempDir()
	cmd := exec.Command(os.Args[0], "serve", "-data", data, "-addr", freeAddr(t), "-s3-style", "path", "-oidc-name", "市统一身份认证")
	cmd.Env = append(os.Environ(), asProgram+"=1", "SHANGLIANG_DATABASE=", "SHANGLIANG_URL=https://zx.example.cn",
		"SHANGLIANG_S3="+s3.S3.URL, "SHANGLIANG_S3_KEY="+s3.S3.Key, "SHANGLIANG_S3_SECRET="+string(s3.S3.Secret),
		"SHANGLIANG_OIDC=https://sso.example.cn", "SHANGLIANG_OIDC_CLIENT=shangliang", "SHANGLIANG_OIDC_SECRET=hush-5c1e")
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := ""
	if lines := bufio.NewScanner(out); lines.Scan() {
		first = lines.Text()
	}
	cmd.Process.Kill()
	cmd.Wait()
	if !strings.Contains(first, "Shangliang answers on") || s3.Requests.Load() == 0 {
		t.Errorf("%q, %d requests\n%s", first, s3.Requests.Load(), log.String())
	}
	for _, secret := range []string{string(s3.S3.Secret), "hush-5c1e"} {
		if strings.Contains(first+log.String(), secret) {
			t.Errorf("it says %q", secret)
		}
	}
}
