//go:build !linux

package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// record is the file that names a run's process group and when it started.
const record = "process"

// remember notes the process group of a run.
func remember(dir string, group int) error {
	started, err := startTime(context.Background(), group)
	if err != nil {
		return nil // it has already ended
	}
	if err := os.WriteFile(filepath.Join(dir, record), fmt.Appendln(nil, group, started), 0o600); err != nil {
		return fmt.Errorf("note the process: %w", err)
	}
	return nil
}

// killLeftovers kills the process group of the run, if the process with its
// number started when the run's did.
func killLeftovers(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, record))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	number, started, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	group, err := strconv.Atoi(number)
	if err != nil || group < 2 {
		return nil // a note cut short by the crash
	}
	if now, err := startTime(ctx, group); err != nil || now != started {
		return nil // gone, or another process
	}
	if err := syscall.Kill(-group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// startTime asks ps when a process started.
func startTime(ctx context.Context, pid int) (string, error) {
	cmd := exec.CommandContext(ctx, "ps", "-o", "lstart=", "-p", strconv.Itoa(pid))
	cmd.Env = []string{"LC_ALL=C", "PATH=/bin:/usr/bin"}
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}
