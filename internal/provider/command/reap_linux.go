package command

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// remember has nothing to do: the environment of processes can be read.
func remember(string, int) error { return nil }

// killLeftovers kills every process that has the marker of the run's folder in
// its environment, wherever it has put itself. It looks twice, for a process may
// fork between being seen and being killed.
func killLeftovers(ctx context.Context, dir string) error {
	for range 2 {
		if err := ctx.Err(); err != nil {
			return err
		}
		names, err := filepath.Glob("/proc/[0-9]*")
		if err != nil {
			return err
		}
		for _, name := range names {
			if pid, err := strconv.Atoi(filepath.Base(name)); err == nil {
				killMarked(pid, marker(dir))
			}
		}
	}
	return nil
}

// killMarked kills a process if it has the marker. The handle is taken first, so
// that a number that is used anew in between can't be hit.
func killMarked(pid int, marker string) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer process.Release()
	environ, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return // gone, or somebody else's
	}
	if slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(v []byte) bool { return string(v) == marker }) {
		process.Kill()
	}
}
