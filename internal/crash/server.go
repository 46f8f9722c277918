package crash

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/app"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/delivery"
	"github.com/taskhook/taskhook/internal/testkit/clock"
	"github.com/taskhook/taskhook/internal/testkit/names"
)

// role is what the child process is told: as a server it does nothing but run, and
// kills itself at a visit of a point.
type role struct {
	Data, Listen, Key string
	Secret            string // the master key; empty: that in Data
	Files             string // where results are; empty: in Data
	Database          string // empty: that in Data
	Point             string
	Visit             int
	Provider          string        // a file of upstream APIs; empty: none
	Receiver          string        // address that all names stand for; empty: no name is asked for
	Clock             time.Duration // by which its clock is off
	Results           time.Duration // for which results are kept; 0: as by default
	Limit             time.Duration // of one try to make a poster or a copy; 0: as by default
}

// roleMark begins the argument by which a test binary knows that it is a server.
const roleMark = "-crash-server="

// What a server writes, before an address and a point.
const (
	readyMark = "ready "
	dyingMark = "dying at "
)

// Main runs the server and exits if the arguments ask for one; a test binary calls
// it before its tests.
func Main(args []string) {
	for _, arg := range args {
		if text, ok := strings.CutPrefix(arg, consumerMark); ok {
			var c consumer
			err := json.Unmarshal([]byte(text), &c)
			if err == nil {
				err = c.follow(context.Background())
			}
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if text, ok := strings.CutPrefix(arg, roleMark); ok {
			var r role
			err := json.Unmarshal([]byte(text), &r)
			if err == nil {
				err = serve(r)
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
}

// The settings of servers.
const (
	slots           = 64 // sends at a time, which bounds what a kill can leave in doubt
	idempotencyLife = 15 * time.Second
	unfinishedLife  = 10 * time.Second
)

func serve(r role) error {
	if r.Clock != 0 {
		if err := clock.Shift(os.Getpid(), r.Clock); err != nil {
			return err
		}
	}
	if r.Receiver != "" {
		addr, err := netip.ParseAddr(r.Receiver)
		if err != nil {
			return err
		}
		net.DefaultResolver = names.Resolver(addr)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := config.Load(&config.Config{Provider: providerFiles(r)}, []string{"provider"}, func(string) (string, bool) { return "", false })
	if err != nil {
		return err
	}
	cfg.Data, cfg.Listen, cfg.Dev = r.Data, r.Listen, true
	cfg.Files, cfg.SecretKey = r.Files, config.NewSecret(r.Secret)
	cfg.BootstrapKey, cfg.DatabaseURL = config.NewSecret(r.Key), config.NewSecret(r.Database)
	cfg.Schedule, cfg.PerJobSchedule, cfg.WorkflowSchedule = retries(), retries(), retries()
	cfg.Delivery.Concurrency = slots
	if r.Results > 0 {
		cfg.Retention.Artifacts = config.Age(r.Results)
	}
	at := r.fault()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.Open(ctx, app.Options{Config: cfg, Logger: log, StoreFault: at, Fault: func(point string) { at(point) },
		Pace: app.Pace{Upkeep: 100 * time.Millisecond, Sweep: 200 * time.Millisecond,
			Breaker:        delivery.Breaker{Over: 300 * time.Millisecond, Rest: 100 * time.Millisecond, MaxRest: 400 * time.Millisecond},
			IdempotencyKey: idempotencyLife, UnfinishedFile: unfinishedLife, Quiet: 100 * time.Millisecond,
			Copies: 100 * time.Millisecond, Posters: 100 * time.Millisecond, Limit: r.Limit}})
	if err != nil {
		return err
	}
	fmt.Println(readyMark + a.Addr())
	return a.Run(ctx)
}

func providerFiles(r role) []string {
	if r.Provider == "" {
		return nil
	}
	return []string{r.Provider}
}

// fault kills this process at its point, and wherever it should never come.
func (r role) fault() func(point string) error {
	var visits atomic.Int64
	return func(point string) error {
		if point == r.Point && visits.Add(1) == int64(r.Visit) || unreachable(point) != "" {
			fmt.Println(dyingMark + point)
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal arrives
		}
		return nil
	}
}

// retries is a schedule that outlasts every time that the receiver is down.
func retries() taskhook.Schedule {
	s := taskhook.Schedule{}
	for range 50 {
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
	died   string        // the point at which it killed itself; set when it has exited

	powerless atomic.Bool // the power of its disk went, so that it was killed
}

// start runs this binary as a server and returns when it is ready, or when it has
// died before that, as it may at some points.
func start(r role, log io.Writer) (*server, error) { return startArmed(r, log, func(*server) {}) }

// startArmed is start, and calls arm as soon as the process is there.
func startArmed(r role, log io.Writer, arm func(*server)) (*server, error) {
	began := time.Now()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	s := &server{cmd: exec.Command(self, roleMark+string(text)), exited: make(chan struct{})}
	s.cmd.Stderr = log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	arm(s)
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		s.read(lines.Text())
		s.ready = time.Since(began)
	}
	go func() {
		for lines.Scan() {
			s.read(lines.Text())
		}
		s.cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

func (s *server) read(line string) {
	if addr, ok := strings.CutPrefix(line, readyMark); ok {
		s.addr = addr
	}
	if point, ok := strings.CutPrefix(line, dyingMark); ok {
		s.died = point
	}
}

// kill ends the server as a crash does and returns when it is gone.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// gone reports whether the server has ended.
func (s *server) gone() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// stopped reports whether the server has ended as one does that was asked to.
func (s *server) stopped() bool { return s.cmd.ProcessState.Success() }
