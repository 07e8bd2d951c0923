package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shangliang/internal/secret"
)

func TestTextNeverShows(t *testing.T) {
	type settings struct {
		Key    string
		Secret secret.Text
	}
	s := settings{"k", "hush-7f3a"}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb, s, s.Secret)
	}
	for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(h).Info("settings", "all", s, "secret", s.Secret)
	}
	if err := json.NewEncoder(&out).Encode(s); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, "7f3a") || strings.Contains(text, fmt.Sprintf("%x", "7f3a")) || strings.Count(text, "(secret)") < 15 {
		t.Error(text)
	}
	if string(s.Secret) != "hush-7f3a" {
		t.Error("converting it gives something else")
	}
}

func TestFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(name, []byte("key\n hush \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := secret.File(name, 2); err != nil || all[0] != "key" || all[1] != "hush" {
		t.Errorf("%v", err)
	}
	if _, err := secret.File(name, 1); err == nil || !strings.Contains(err.Error(), "1 lines") || strings.Contains(err.Error(), "hush") {
		t.Errorf("%v", err)
	}
	if _, err := secret.File(name+"x", 1); err == nil {
		t.Error("a file that is not there")
	}
}

func TestSealer(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	s, err := secret.NewSealer(key, "tea")
	if err != nil {
		t.Fatal(err)
	}
	other, err := secret.NewSealer(key, "coffee")
	if err != nil {
		t.Fatal(err)
	}
	sealed := s.Seal("mine", "hush-7f3a")
	if sealed == s.Seal("mine", "hush-7f3a") || strings.Contains(sealed, "hush") {
		t.Errorf("sealed is %s", sealed)
	}
	if text, err := s.Open("mine", sealed); err != nil || string(text) != "hush-7f3a" {
		t.Error("does not open", err)
	}
	if text, err := s.Open("mine", s.Seal("mine", "")); err != nil || text != "" {
		t.Error("nothing is not nothing", err)
	}
	for what, open := range map[string]func() (secret.Text, error){
		"for another":        func() (secret.Text, error) { return s.Open("yours", sealed) },
		"by another purpose": func() (secret.Text, error) { return other.Open("mine", sealed) },
		"what is damaged":    func() (secret.Text, error) { return s.Open("mine", sealed[:len(sealed)-4]+"AAAA") },
		"what is no base64":  func() (secret.Text, error) { return s.Open("mine", "%") },
		"what is too short":  func() (secret.Text, error) { return s.Open("mine", "AAAA") },
	} {
		if text, err := open(); err == nil || text != "" {
			t.Errorf("opens %s", what)
		}
	}
	if _, err := secret.NewSealer(key[1:], "tea"); err == nil {
		t.Error("a key that is too short")
	}
}
