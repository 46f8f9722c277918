package clock_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/taskhook/taskhook/internal/testkit/clock"
)

// tell is the argument of a process that tells the time, and how long it runs, for
// each line that it reads.
const tell = "-tell"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == tell {
		began := time.Now()
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			now := time.Now()
			fmt.Println(now.Unix(), int64(now.Sub(began)))
		}
		return
	}
	os.Exit(m.Run())
}

func TestShift(t *testing.T) {
	t.Parallel()
	if !clock.Need(t) {
		return
	}
	cmd := exec.Command(os.Args[0], tell)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	for _, off := range []time.Duration{0, time.Hour, -time.Hour, 0} {
		if err := clock.Shift(cmd.Process.Pid, off); err != nil {
			t.Fatal(err)
		}
		var told, ran int64
		began := time.Now()
		io.WriteString(in, "\n")
		if _, err := fmt.Fscan(out, &told, &ran); err != nil {
			t.Fatal(err)
		}
		if d := time.Unix(told, 0).Sub(began.Add(off)).Abs(); d > time.Minute {
			t.Errorf("a clock that is off by %s is off by %s more", off, d)
		}
		if ran < 0 || ran > int64(time.Minute) {
			t.Errorf("the process says that it runs for %s", time.Duration(ran))
		}
	}
}
