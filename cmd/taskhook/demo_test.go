//go:build unix

package main

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	program := released(t)
	t.Run("once", func(t *testing.T) { t.Parallel(); testDemoOnce(t, program) })
	t.Run("stays", func(t *testing.T) { t.Parallel(); testDemoStays(t, program) })
	t.Run("killed", func(t *testing.T) { t.Parallel(); testDemoKilled(t, program) })
}

// demoProcess returns a command that keeps its scratch data below dir.
func demoProcess(t *testing.T, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program, append([]string{"demo"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}
	return cmd
}

func testDemoOnce(t *testing.T, program string) {
	dir := t.TempDir()
	out, err := demoProcess(t, dir, program, "--once").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	expect(t, string(out), "✓ the server answers on http://127.0.0.1:",
		"✓ webhook task.completed  signature valid  image  PNG", "signature valid  video  ", "signature valid  audio  ",
		"✓ the 3 files download", "attempt 1: the receiver answers 500", "✓ attempt 2", "kill -9 ", "✓ started again",
		"✓ 46 tasks and events were acknowledged, and 46 came", "✓ every signature was valid",
		"✓ the server agrees: 15 tasks succeeded, 46 deliveries are delivered", "came twice",
		`✓ ModelHunter.AI  webhook "type":"task.completed"`, `✓ ModelsLab       webhook "status":"success","output":["….png"]`,
		`✓ muapi.ai        webhook "status":"completed","outputs":["….png"]`, "✓ their signatures are valid: v1a",
		`✓ ModelHunter.AI  polled  "status":"succeeded","result":[`, `✓ ModelsLab       polled  "status":"success","output":["….png"]`,
		`✓ muapi.ai        polled  "status":"completed","outputs":["….png"]`, "· animate  succeeded, 3 of 3",
		"✓ webhook workflow.completed  signature valid (v1a)", `✓ ModelsLab       polled  "status":"completed","output":["….png","….`,
		"✓ All of it is true")
	for line := range strings.Lines(string(out)) {
		if len([]rune(line)) > 81 && !strings.Contains(line, "://") && !strings.Contains(line, dir) {
			t.Errorf("wider than a terminal: %s", line)
		}
		if strings.Contains(line, "✗") || strings.Contains(line, "\x1b") {
			t.Errorf("the demo prints %q", line)
		}
	}
	expectEmpty(t, dir)
}

func expectEmpty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// output is what a process prints, as far as it was read.
type output struct {
	lines *bufio.Scanner
	seen  bytes.Buffer
}

// follow starts the command.
func follow(t *testing.T, cmd *exec.Cmd) *output {
	t.Helper()
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &output{lines: bufio.NewScanner(pipe)}
}

// until reads on to the line that has the part, and returns it.
func (o *output) until(t *testing.T, part string) string {
	t.Helper()
	for o.lines.Scan() {
		o.seen.WriteString(o.lines.Text() + "\n")
		if strings.Contains(o.lines.Text(), part) {
			return o.lines.Text()
		}
	}
	t.Fatalf("%q does not come after\n%s", part, o.seen.String())
	return ""
}

// testDemoStays does what the demo's last lines invite to.
func testDemoStays(t *testing.T, program string) {
	dir := t.TempDir()
	cmd := demoProcess(t, dir, program)
	demo := follow(t, cmd)
	demo.until(t, "Ctrl-C ends it")
	printed := demo.seen.String()
	var receivers []*output
	for title, interpreter := range map[string]string{"in Node, in another terminal\n": "node", "or in Python\n": "python3"} {
		if testkit.Need(t, interpreter) {
			receiver := follow(t, shell(t, printed, title))
			receiver.until(t, "waiting for webhooks at http://127.0.0.1:")
			receivers = append(receivers, receiver)
		}
	}
	if testkit.Need(t, "curl") {
		answer, err := shell(t, printed, "Submit a task\n").Output()
		if err != nil {
			t.Fatal(err)
		}
		expect(t, string(answer), `"success":true`)
		demo.until(t, "✓ webhook task.completed  signature valid  image  PNG")
		for _, receiver := range receivers {
			receiver.until(t, "verified task.completed evt_")
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	demo.until(t, "stopping the server")
	if err := cmd.Wait(); err != nil {
		t.Errorf("Ctrl-C ends the demo with %v", err)
	}
	expectEmpty(t, dir)
}

// shell returns the command that was printed below the title.
func shell(t *testing.T, printed, title string) *exec.Cmd {
	t.Helper()
	_, rest, ok := strings.Cut(printed, title)
	if !ok {
		t.Fatalf("%q is not in\n%s", title, printed)
	}
	text, _, _ := strings.Cut(rest, "\n\n")
	return exec.CommandContext(t.Context(), "sh", "-c", "exec "+strings.TrimSpace(text))
}

// testDemoKilled kills the demo itself, which must not leave a server behind.
func testDemoKilled(t *testing.T, program string) {
	if runtime.GOOS != "linux" {
		return // elsewhere the server ends at the next line that it logs
	}
	cmd := demoProcess(t, t.TempDir(), program)
	line := follow(t, cmd).until(t, "answers on http://")
	_, rest, _ := strings.Cut(line, "http://")
	address, _, _ := strings.Cut(rest, " ")
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// Connections end when the server does, if not sooner because they are idle;
	// then nothing listens.
	for err == nil {
		if n, _ := io.Copy(io.Discard, connection); n != 0 {
			t.Fatal("the server says something that it was not asked")
		}
		connection.Close()
		connection, err = net.Dial("tcp", address)
	}
}
