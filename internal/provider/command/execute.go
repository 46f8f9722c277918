package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
)

// Why a program is stopped, beside the end of the caller's context.
var (
	errTimeout = errors.New("the program took too long")
	errTooMuch = errors.New("the program wrote too much")
)

// execute runs the program to its end and leaves nothing of it running.
func (a *Adapter) execute(ctx context.Context, r provider.Request, f *folder, sink provider.Sink, found *findings) error {
	call, err := a.prepare(r, f)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, a.program.Timeout, errTimeout)
	defer cancel()
	limited, stop := context.WithCancelCause(limited)
	defer stop(nil)

	cmd := a.command(limited, f, call)
	progress := &progress{sink: sink}
	report := func(line string) bool { return progress.line(line) || found.line(line) }
	said := &lines{each: report}
	cmd.Stderr = said
	if a.captures() {
		file, err := os.Create(f.stdout)
		if err != nil {
			return fmt.Errorf("capture stdout: %w", err)
		}
		defer file.Close()
		cmd.Stdout = &capped{file: file, left: a.program.MaxOutputBytes, full: func() { stop(errTooMuch) }}
	} else {
		cmd.Stdout = &lines{each: report}
	}
	err = run(cmd, f, a.program.Nice)
	return a.verdict(ctx, context.Cause(limited), err, f.plain(said.last()))
}

// command describes the process: in a group of its own, so that stopping it stops
// what it started too, and marked, so that Reap knows it again.
func (a *Adapter) command(ctx context.Context, f *folder, c call) *exec.Cmd {
	cmd := exec.CommandContext(ctx, a.program.Command[0], c.arguments...)
	cmd.Dir = f.work
	cmd.Env = append([]string{}, a.options.Env...)
	for name, value := range a.program.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+f.temp, marker(f.dir))
	if c.stdin != "" {
		cmd.Stdin = strings.NewReader(c.stdin)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = a.options.Grace
	return cmd
}

// run starts the process and waits for its end. Whatever is then left of its
// group is killed: a result is complete when the program says so by ending.
func run(cmd *exec.Cmd, f *folder, nice int) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	group := cmd.Process.Pid
	defer syscall.Kill(-group, syscall.SIGKILL)
	if err := remember(f.dir, group); err != nil {
		syscall.Kill(-group, syscall.SIGKILL)
		cmd.Wait()
		return err
	}
	if nice > 0 {
		// A program that already ended, or may not be niced, is no reason to fail.
		syscall.Setpriority(syscall.PRIO_PGRP, group, nice)
	}
	return cmd.Wait()
}

// verdict turns the end of the process into that of the run. cause is why it was
// stopped, if it was.
func (a *Adapter) verdict(ctx context.Context, cause, err error, said string) error {
	if err == nil || errors.Is(err, exec.ErrWaitDelay) && cause == nil {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(cause, errTimeout):
		return &provider.Failure{Code: taskhook.TaskErrorTimeout, Err: err,
			Message: fmt.Sprintf("%s took longer than the %s that it may take.", a.name, a.program.Timeout.Round(time.Millisecond))}
	case errors.Is(cause, errTooMuch):
		return &provider.Failure{Code: taskhook.TaskErrorProvider, Err: err,
			Message: fmt.Sprintf("%s wrote more than the %d bytes that it may write.", a.name, a.program.MaxOutputBytes)}
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return &provider.Failure{Code: taskhook.TaskErrorProvider, Err: err,
			Message: fmt.Sprintf("The program %s can't be run on this server: it is not installed or not executable.", filepath.Base(a.program.Command[0]))}
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || !exit.Exited() { // killed from outside: another try may fare better
		return fmt.Errorf("run %s: %w", a.name, err)
	}
	if said == "" {
		said = fmt.Sprintf("it ended with exit code %d and said nothing.", exit.ExitCode())
	}
	return &provider.Failure{Code: taskhook.TaskErrorProvider, Err: err, Message: a.name + " failed: " + said}
}
