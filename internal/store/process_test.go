package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/store"
)

// roleVar tells a process that is this test's own binary what to do, and dirVar
// with which data directory.
const (
	roleVar = "STORE_TEST_ROLE"
	dirVar  = "STORE_TEST_DIR"
)

func TestMain(m *testing.M) {
	role, dir := os.Getenv(roleVar), os.Getenv(dirVar)
	switch role {
	case "":
		os.Exit(m.Run())
	case "lock":
		_, err := store.LockDir(dir)
		fmt.Println(err)
	case "lock and wait":
		_, err := store.LockDir(dir)
		fmt.Println(err)
		io.Copy(io.Discard, os.Stdin)
	case "create key":
		fmt.Println(createKey(dir))
	case "move":
		fmt.Println(moveAndDie(dir))
	}
}

func createKey(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer s.Close()
	a, _, err := s.FirstAccount(ctx)
	if err != nil {
		return err
	}
	now := time.UnixMilli(1_800_000_000_000)
	return s.CreateKey(ctx, taskhook.Key{ID: taskhook.NewID(taskhook.PrefixKey, now), AccountID: a.ID, Name: "cli", CreatedAt: now}, "hash of the CLI")
}

// process returns this binary in a role.
func process(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVar+"="+role, dirVar+"="+dir)
	return cmd
}

func run(t *testing.T, role, dir string) string {
	t.Helper()
	out, err := process(t, role, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", role, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestLockIsExclusive(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if said := run(t, "lock", dir); !strings.Contains(said, dir+" is in use by another taskhook process") {
		t.Errorf("a second process was told %q", said)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if said := run(t, "lock", dir); said != "<nil>" {
		t.Errorf("a process was told %q when the directory was free", said)
	}
}

func TestLockEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	holder := process(t, "lock and wait", dir)
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(out).ReadString('\n'); err != nil || said != "<nil>\n" {
		t.Fatalf("the holder was told %q: %v", said, err)
	}
	if _, err := store.LockDir(dir); err == nil {
		t.Error("the directory was taken twice")
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holder.Wait() // it was killed
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatalf("after the holder's death: %v", err)
	}
	lock.Release()
}

// TestSecondProcessWrites lets a CLI command write while the server does.
func TestSecondProcessWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if said := run(t, "create key", dir); !strings.Contains(said, "holds no database yet") {
		t.Errorf("without a database the command said %q", said)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the command left %v behind: %v", entries, err)
	}
	s := openStore(t, dir, nil)
	now := time.UnixMilli(1_800_000_000_000)
	if _, err := s.CreateAccount(t.Context(), taskhook.Account{ID: "acc_first", Name: "first", CreatedAt: now}); err != nil {
		t.Fatal(err)
	}
	stop, writing := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := range 20_000 {
			select {
			case <-stop:
				writing <- nil
				return
			default:
			}
			if _, err := s.CreateAccount(context.Background(), taskhook.Account{ID: fmt.Sprintf("acc_%d", i), Name: "a", CreatedAt: now}); err != nil {
				writing <- err
				return
			}
		}
		writing <- nil
	}()
	said := run(t, "create key", dir)
	close(stop)
	if err := <-writing; err != nil {
		t.Errorf("the server's writes: %v", err)
	}
	if said != "<nil>" {
		t.Fatalf("the command said %q", said)
	}
	if _, ok, err := s.KeyByHash(t.Context(), "hash of the CLI"); err != nil || !ok {
		t.Errorf("the server does not know the key: %v", err)
	}
}
