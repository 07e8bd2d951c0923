package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
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
