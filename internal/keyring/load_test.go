package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	master := bytes.Repeat([]byte{0xfb, 0xef, 0xff, 0x01}, KeySize/4)
	want, _ := newKeyring(t, master).JobKey()
	tests := map[string]string{
		"hex":              hex.EncodeToString(master),
		"upper-case hex":   strings.ToUpper(hex.EncodeToString(master)),
		"base64":           base64.StdEncoding.EncodeToString(master),
		"unpadded":         base64.RawStdEncoding.EncodeToString(master),
		"base64url":        base64.URLEncoding.EncodeToString(master),
		"base64url, short": base64.RawURLEncoding.EncodeToString(master),
		"space around":     " " + base64.StdEncoding.EncodeToString(master) + "\r\n",
	}
	for name, text := range tests {
		k, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, _ := k.JobKey(); got != want {
			t.Errorf("%s: parsed to another key", name)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nothing":   "",
		"a word":    "correct-horse-battery-staple",
		"16 bytes":  base64.StdEncoding.EncodeToString(make([]byte, 16)),
		"33 bytes":  base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 33)),
		"bad hex":   strings.Repeat("g1", KeySize),
		"all zeros": strings.Repeat("0", 2*KeySize),
		"two lines": base64.StdEncoding.EncodeToString(countingKey()) + "\n" + base64.StdEncoding.EncodeToString(countingKey()),
	}
	for name, text := range tests {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), "openssl rand") {
			t.Errorf("%s: the error %v does not say what to do", name, err)
		}
		if err != nil && text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: the error repeats the key: %v", name, err)
		}
	}
}

func TestLoadCreatesOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "taskhook.key")
	first, created, err := Load(path)
	if err != nil || !created {
		t.Fatalf("the first Load = %t, %v, want a new file", created, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("the key file has mode %v, %v, want 0600", info.Mode(), err)
	}
	second, created, err := Load(path)
	if err != nil || created {
		t.Fatalf("the second Load = %t, %v, want the file that is there", created, err)
	}
	if secret, err := second.Open("wh_1", first.Seal("wh_1", []byte("kept"))); err != nil || string(secret) != "kept" {
		t.Errorf("the second Load opens %q, %v", secret, err)
	}
	expectOnly(t, path)
}

// expectOnly checks that nothing else was left in the folder of the file.
func expectOnly(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the key file only", entries, err)
	}
}

func TestLoadTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "taskhook.key")
	const loaders = 8
	var ids [loaders]string
	var made [loaders]bool
	var group sync.WaitGroup
	for i := range loaders {
		group.Go(func() {
			k, created, err := Load(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i], _ = k.JobKey()
			made[i] = created
		})
	}
	group.Wait()
	makers := 0
	for i := range loaders {
		if ids[i] != ids[0] {
			t.Error("two loaders have different keys")
		}
		if made[i] {
			makers++
		}
	}
	if makers != 1 {
		t.Errorf("%d loaders made the file, want 1", makers)
	}
	expectOnly(t, path)
}

func TestLoadRefusesLaxModes(t *testing.T) {
	t.Parallel()
	text := []byte(hex.EncodeToString(countingKey()))
	for mode, ok := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o644: false, 0o602: false, 0o777: false} {
		path := filepath.Join(t.TempDir(), "taskhook.key")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, _, err := Load(path)
		if ok && err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
		if !ok && (err == nil || !strings.Contains(err.Error(), "run chmod 600 "+path)) {
			t.Errorf("mode %o: the error %v does not say what to do", mode, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	empty, long := filepath.Join(folder, "empty"), filepath.Join(folder, "long")
	for path, text := range map[string]string{empty: "", long: strings.Repeat("A", 1<<20)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{folder, empty, long, filepath.Join(folder, "missing", "taskhook.key")} {
		if _, created, err := Load(path); err == nil || created {
			t.Errorf("Load(%s) = %t, %v, want an error", path, created, err)
		}
	}
	if info, err := os.Stat(empty); err != nil || info.Size() != 0 {
		t.Errorf("Load wrote to a file that was there: %v", err)
	}
}
