package crash

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
)

// Points lists the points besides those of the store at which a server can be
// made to die.
func Points() []string { return []string{"delivery:sent", "run:done", "artifact:stored"} }

// role is what the child process is told: as a server it does nothing but run, and
// kills itself at the count-th time that it comes to the point.
type role struct {
	Data, Listen, Key, Point string
	Count                    int64
}

// roleMark begins the argument by which a test binary knows that it is a server.
const roleMark = "-crash-server="

func (r role) argument() string {
	return roleMark + strings.Join([]string{r.Data, r.Listen, r.Key, r.Point, strconv.FormatInt(r.Count, 10)}, ",")
}

// Main runs the server and exits if the arguments ask for one; a test binary calls
// it before its tests.
func Main(args []string) {
	for _, arg := range args {
		if text, ok := strings.CutPrefix(arg, roleMark); ok {
			parts := strings.Split(text, ",")
			count, _ := strconv.ParseInt(parts[4], 10, 64)
			if err := serve(role{parts[0], parts[1], parts[2], parts[3], count}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
}

func serve(r role) error {
	cfg := config.Default()
	cfg.Data, cfg.Listen, cfg.Dev = r.Data, r.Listen, true
	cfg.BootstrapKey = config.NewSecret(r.Key)
	cfg.Schedule = retries()
	cfg.PerJobSchedule = retries()
	var left atomic.Int64
	left.Store(r.Count)
	die := func(point string) {
		if point == r.Point && left.Add(-1) == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal arrives
		}
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.Open(context.Background(), app.Options{Config: cfg, Logger: log, Fault: die,
		StoreFault: func(point string) error { die(point); return nil }})
	if err != nil {
		return err
	}
	fmt.Println("ready " + a.Addr())
	return a.Run(context.Background())
}

// retries is a schedule that outlasts every round.
func retries() taskhook.Schedule {
	s := taskhook.Schedule{}
	for range 40 {
		s = append(s, 100*time.Millisecond)
	}
	return s
}

// server is a running child.
type server struct {
	cmd    *exec.Cmd
	addr   string
	exited chan struct{}
	ready  time.Duration // from start to ready
}

// start runs this binary as a server and returns when it is ready, or when it has
// died before that, as it may at some points.
func start(r role, log io.Writer) (*server, error) {
	began := time.Now()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.Command(self, r.argument()), exited: make(chan struct{})}
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		s.addr = strings.TrimPrefix(lines.Text(), "ready ")
		s.ready = time.Since(began)
	}
	go func() {
		io.Copy(io.Discard, out)
		s.cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

// kill ends the server as a crash does and returns when it is gone.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.exited
}
