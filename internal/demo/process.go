//go:build unix

package demo

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a child that does not outlive us, as far as the system lets us see
// to that: attributes say how.
type process struct {
	*exec.Cmd
	exited chan struct{} // closed when it has ended
}

// outputDelay is how long a killed child's output may be held open by others.
const outputDelay = 2 * time.Second

// start runs the command. The thread that starts it is kept for as long as it
// lives, because Linux takes the end of that thread for the end of the parent.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{Cmd: cmd, exited: make(chan struct{})}
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = outputDelay
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() // how it ended is in ProcessState
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start a process: %w", err)
	}
	return p, nil
}

// running reports whether the process has not ended.
func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill ends the process with SIGKILL, and what it started in its group, and
// returns when it is gone.
func (p *process) kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.exited
	return nil
}

// stop asks the process to end, and kills it when it has not after the limit.
func (p *process) stop(limit time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.exited:
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("process %d had not stopped after %s", p.Process.Pid, limit), p.kill())
	}
}

// signal sends to the process group, which has the number of its first process.
// One that has ended needs no signal.
func (p *process) signal(s syscall.Signal) error {
	if !p.running() {
		return nil
	}
	if err := syscall.Kill(-p.Process.Pid, s); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", p.Process.Pid, err)
	}
	return nil
}
