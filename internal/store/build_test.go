package store_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/store/storetest"
	"github.com/taskhook/taskhook/internal/testkit"
)

// TestDriverVersions holds us to the libc that the driver was made and tested
// with: it is a translation of C that fits one version only.
func TestDriverVersions(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "go") {
		return
	}
	driver, libc := module(t, "modernc.org/sqlite"), module(t, "modernc.org/libc")
	text, err := os.ReadFile(driver.GoMod)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`modernc\.org/libc (v\S+)`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s does not name a libc", driver.GoMod)
	}
	if want := string(found[1]); libc.Version != want {
		t.Errorf("go.mod has modernc.org/libc %s, but modernc.org/sqlite %s requires %s: set that", libc.Version, driver.Version, want)
	}
}

type moduleInfo struct{ Version, GoMod string }

func module(t *testing.T, path string) (m moduleInfo) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", path).Output()
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil {
		t.Fatalf("list %s: %v", path, err)
	}
	return m
}

// TestSQLiteVersion holds us to a version without the bug by which a checkpoint
// could lose a commit (fixed in 3.51.3).
func TestSQLiteVersion(t *testing.T) {
	t.Parallel()
	var version string
	if err := openSQLite(t, storetest.Options{}).Raw.QueryRowContext(t.Context(), `SELECT sqlite_version()`).Scan(&version); err != nil {
		t.Fatal(err)
	}
	want := []int{3, 51, 3}
	for i, part := range strings.SplitN(version, ".", 3) {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatal(err)
		}
		if n < want[i] {
			t.Fatalf("SQLite is %s, want at least 3.51.3", version)
		}
		if n > want[i] {
			return
		}
	}
}

// TestSettings checks what can't be changed once a database exists, and what makes
// a commit durable.
func TestSettings(t *testing.T) {
	t.Parallel()
	db := openSQLite(t, storetest.Options{})
	for pragma, want := range map[string]string{
		"application_id": strconv.Itoa(0x74686f6b), "page_size": "4096", "auto_vacuum": "2", "journal_mode": "wal",
	} {
		var got string
		if err := db.Raw.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %s, want %s: %v", pragma, got, want, err)
		}
	}
	for pragma, want := range map[string]int{"synchronous": 2, "foreign_keys": 1, "wal_autocheckpoint": 4000} {
		if got, err := db.Store.Setting(t.Context(), pragma); err != nil || got != want {
			t.Errorf("%s of the writer is %d, want %d: %v", pragma, got, want, err)
		}
	}
}
