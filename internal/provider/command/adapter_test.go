package command

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/providertest"
)

// script is a command of the shell, whose $1 is the prompt.
func script(text string) Config {
	return Config{Command: []string{"/bin/sh", "-c", text, "script", "{{.Input.prompt}}"}, Outputs: []string{"out.txt"}}
}

func newAdapter(t *testing.T, c Config) *Adapter {
	t.Helper()
	a, err := New("tool", c, Options{Scratch: t.TempDir(), Env: []string{"PATH=" + os.Getenv("PATH")}, Grace: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request(input string) provider.Request {
	return provider.Request{TaskID: "task_x", RunID: "run_x", Attempt: 1, Provider: "local", Model: "m", Input: json.RawMessage(input)}
}

func TestContract(t *testing.T) {
	t.Parallel()
	c := script(`case "$1" in
		bad) echo "no such voice" >&2; exit 3;;
		endless) echo progress 5; while :; do sleep 1000; done;;
		*) echo progress 10; echo "made of $1" > out.txt; echo progress 90;;
	esac`)
	c.Concurrency = 4
	providertest.Exercise(t, providertest.Contract{
		New:           func(t *testing.T) provider.Adapter { return newAdapter(t, c) },
		Good:          request(`{"prompt":"clay"}`),
		Bad:           request(`{"prompt":"bad"}`),
		Endless:       request(`{"prompt":"endless"}`),
		Deterministic: true,
	})
}

// outcome runs a command once, and checks that it leaves nothing on disk.
func outcome(t *testing.T, c Config, input string) ([]providertest.Output, error) {
	t.Helper()
	return outcomeOf(t, newAdapter(t, c), input)
}

func outcomeOf(t *testing.T, a *Adapter, input string) ([]providertest.Output, error) {
	t.Helper()
	var sink providertest.Recorder
	err := a.Run(t.Context(), request(input), &sink)
	if left, _ := filepath.Glob(a.options.Scratch + "/*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return sink.Outputs(), err
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config func() Config
		want   []providertest.Output
	}{
		{"stdin to stdout", func() Config {
			return Config{Command: []string{"cat"}, Stdin: "say: {{.Input.prompt}}", Outputs: []string{"stdout"}}
		}, []providertest.Output{{Name: "stdout", Bytes: []byte("say: a 'b' $c")}}},
		{"given file", func() Config {
			c := script("cat given.txt > out.txt")
			c.Files = map[string]string{"given.txt": "{{.Input.prompt}}"}
			return c
		}, []providertest.Output{{Name: "out.txt", Bytes: []byte("a 'b' $c")}}},
		{"pattern, in order, without what was given", func() Config {
			c := script("mkdir d.txt; echo 2 > b.txt; echo 1 > a.txt; echo 3 > c.dat")
			c.Files = map[string]string{"given.txt": "x"}
			c.Outputs = []string{"c.dat", "*.txt"}
			return c
		}, []providertest.Output{{Name: "c.dat", Bytes: []byte("3\n")}, {Name: "a.txt", Bytes: []byte("1\n")}, {Name: "b.txt", Bytes: []byte("2\n")}}},
		{"by the path of the working folder", func() Config {
			return Config{Command: []string{"/bin/sh", "-c", `echo hi > "$0"`, "{{.Out}}/out.txt"}, Outputs: []string{"out.txt"}}
		}, []providertest.Output{{Name: "out.txt", Bytes: []byte("hi\n")}}},
		{"in a subfolder", func() Config {
			c := script("mkdir sub; echo hi > sub/a.txt")
			c.Outputs = []string{"sub/*.txt"}
			return c
		}, []providertest.Output{{Name: "a.txt", Bytes: []byte("hi\n")}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := outcome(t, tt.config(), `{"prompt":"a 'b' $c"}`)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got, tt.want, func(a, b providertest.Output) bool { return a.Name == b.Name && string(a.Bytes) == string(b.Bytes) }) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	with := func(text string, change func(*Config)) Config {
		c := script(text)
		change(&c)
		return c
	}
	tests := []struct {
		name   string
		config Config
		want   taskhook.TaskError
	}{
		{"last line", script(`echo first >&2; printf 'no voice "xx"\n\n' >&2; exit 2`), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: `tool failed: no voice "xx"`}},
		{"says nothing", script(`exit 7`), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool failed: it ended with exit code 7 and said nothing."}},
		{"paths are ours alone", script(`echo "can't open $PWD/a.txt" >&2; exit 1`), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool failed: can't open a.txt"}},
		{"no file", script(`true`), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool ended well but made no file out.txt."}},
		{"empty file", script(`: > out.txt`), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool ended well but left out.txt empty."}},
		{"link elsewhere", script(`ln -s /etc/passwd out.txt`), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool ended well but made no file out.txt."}},
		{"file too large", with(`echo 12345 > out.txt`, func(c *Config) { c.MaxOutputBytes = 3 }), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool made out.txt of 6 bytes; it may make 3."}},
		{"stdout without end", with(`while :; do echo spam; done`, func(c *Config) { c.Outputs, c.MaxOutputBytes = []string{"stdout"}, 1000 }), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "tool wrote more than the 1000 bytes that it may write."}},
		{"too slow", with(`sleep 1000`, func(c *Config) { c.Timeout = time.Millisecond }), taskhook.TaskError{Code: "PROVIDER_TIMEOUT", Message: "tool took longer than the 1ms that it may take."}},
		{"not installed", with(``, func(c *Config) { c.Command[0] = "no-such-program" }), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "The program no-such-program can't be run on this server: it is not installed or not executable."}},
		{"no such path", with(``, func(c *Config) { c.Command[0] = "/no/such/program" }), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "The program program can't be run on this server: it is not installed or not executable."}},
		{"missing input", with(``, func(c *Config) { c.Stdin = "{{.Input.voice}}" }), taskhook.TaskError{Code: "PROVIDER_ERROR", Message: `The input needs "voice".`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			outputs, err := outcome(t, tt.config, `{"prompt":"x"}`)
			if !provider.IsPermanent(err) || *provider.TaskError(err) != tt.want || len(outputs) > 0 {
				t.Errorf("got %v (%+v), want %+v", err, provider.TaskError(err), tt.want)
			}
		})
	}
}

// TestKilledFromOutside: whoever killed the program, another try may end well.
func TestKilledFromOutside(t *testing.T) {
	t.Parallel()
	_, err := outcome(t, script(`kill -KILL $$`), `{"prompt":"x"}`)
	if err == nil || provider.IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

// TestEnvironment: nothing of the server's environment reaches a program.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	c := script(`env > out.txt`)
	c.Env = map[string]string{"COLOUR": "{{.Model}}"}
	got, err := outcome(t, c, `{"prompt":"x"}`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(string(got[0].Bytes)) {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	for _, name := range names {
		if !slices.Contains([]string{"PATH", "COLOUR", "TMPDIR", "TASKHOOK_SCRATCH", "PWD", "OLDPWD", "SHLVL", "_"}, name) {
			t.Errorf("%s reached the program", name)
		}
	}
	if !strings.Contains(string(got[0].Bytes), "COLOUR={{.Model}}\n") {
		t.Errorf("COLOUR is not as configured: %s", got[0].Bytes)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, script(`printf 'progress 10\rPROGRESS: 20.9\nprogress 15\nprogress 30%%\nprogress 900\nprogress x\nprogress\n'; echo x > out.txt; printf 'progress 40'`))
	var sink providertest.Recorder
	if err := a.Run(t.Context(), request(`{"prompt":"x"}`), &sink); err != nil {
		t.Fatal(err)
	}
	// The last line was never ended, so it is not one.
	if got := sink.Reports(); !slices.Equal(got, []int{10, 20, 30, 100}) {
		t.Errorf("reported %v", got)
	}
}

// TestSafety has programs say what they found, and one that talks of it only.
func TestSafety(t *testing.T) {
	t.Parallel()
	const unknown, safe, flagged = taskhook.SafetyUnknown, taskhook.SafetySafe, taskhook.SafetyFlagged
	for says, want := range map[string][]taskhook.Safety{
		"echo nsfw true":                                    {flagged, flagged},
		"echo NSFW: False >&2":                              {safe, safe},
		"echo nsfw false; echo nsfw true 2.txt":             {safe, flagged},
		"echo nsfw true; echo nsfw false":                   {flagged, flagged},
		"echo nsfw true 1.txt; echo nsfw false 1.txt":       {flagged, unknown},
		"echo nsfw true; echo nsfw false 2.txt":             {flagged, flagged},
		`echo "nsfw true $PWD/1.txt"`:                       {flagged, unknown},
		"echo nsfw true; echo nsfw false 3.txt":             {flagged, flagged},
		"echo nsfw; echo nsfw maybe; echo nsfw filter true": {unknown, unknown},
	} {
		c := script(says + "; echo a > 1.txt; echo b > 2.txt")
		c.Outputs = []string{"*.txt"}
		outputs, err := outcome(t, c, `{"prompt":"x"}`)
		if err != nil {
			t.Fatal(err)
		}
		var got []taskhook.Safety
		for _, o := range outputs {
			got = append(got, o.Safety)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", says, got, want)
		}
	}
	c := script("echo nsfw true >&2; echo nsfw false")
	c.Outputs = []string{stdout}
	if outputs, err := outcome(t, c, `{"prompt":"x"}`); err != nil || outputs[0].Safety != flagged {
		t.Errorf("of stdout: %+v, %v", outputs, err)
	}
}

// TestConcurrency: no more runs at once than configured.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	c := script(`mkdir "$LOCK" || exit 9; echo x > out.txt; rmdir "$LOCK"`)
	c.Env = map[string]string{"LOCK": filepath.Join(t.TempDir(), "lock")}
	a := newAdapter(t, c)
	if a.Concurrency() != 1 {
		t.Errorf("Concurrency = %d", a.Concurrency())
	}
	var wg sync.WaitGroup
	for _, id := range []string{"run_a", "run_b", "run_c", "run_d"} {
		r := request(`{"prompt":"x"}`)
		r.RunID = id
		wg.Go(func() {
			if err := a.Run(t.Context(), r, &providertest.Recorder{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestRunIDs(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, script(`true`))
	for _, id := range []string{"", "run_", "../run_x", "run_../x", "task_x"} {
		r := request(`{"prompt":"x"}`)
		r.RunID = id
		if err := a.Run(t.Context(), r, &providertest.Recorder{}); err == nil || provider.IsPermanent(err) {
			t.Errorf("run %q: %v", id, err)
		}
	}
}

// fifo makes a named pipe, and returns what yields once nobody holds its other
// end any more: everything that was written.
func fifo(t *testing.T) (path string, drained <-chan string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	all := make(chan string, 1)
	go func() {
		f, err := os.Open(path) // waits for the other end
		if err != nil {
			all <- err.Error()
			return
		}
		defer f.Close()
		b, _ := io.ReadAll(f)
		all <- string(b)
	}()
	return path, all
}

// TestCancelKillsAll: a program and its children that ignore SIGTERM are gone
// when Run returns; while one lived, the pipe would not end.
func TestCancelKillsAll(t *testing.T) {
	t.Parallel()
	path, drained := fifo(t)
	c := script(`trap "" TERM
		exec 3> "$FIFO"
		(trap "" TERM; echo child >&3; while :; do sleep 1000; done) &
		echo progress 5
		while :; do sleep 1000; done`)
	c.Env = map[string]string{"FIFO": path}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a := newAdapter(t, c)
	a.options.Grace = time.Millisecond
	err := a.Run(ctx, request(`{"prompt":"x"}`), &providertest.Recorder{OnProgress: func(int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	<-drained
}

// TestStragglers: what a program leaves running when it ends well is ended too.
func TestStragglers(t *testing.T) {
	t.Parallel()
	path, drained := fifo(t)
	c := script(`exec 3> "$FIFO"; (while :; do sleep 1000; done) & echo x > out.txt`)
	c.Env = map[string]string{"FIFO": path}
	a := newAdapter(t, c)
	a.options.Grace = time.Millisecond
	if _, err := outcomeOf(t, a, `{"prompt":"x"}`); err != nil {
		t.Error(err)
	}
	<-drained
}

// TestTerminated: a program gets the chance to end in order.
func TestTerminated(t *testing.T) {
	t.Parallel()
	path, drained := fifo(t)
	c := script(`exec 3> "$FIFO"; trap 'echo tidy >&3; exit 1' TERM; echo progress 5; while :; do :; done`)
	c.Env = map[string]string{"FIFO": path}
	a := newAdapter(t, c)
	a.options.Grace = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := a.Run(ctx, request(`{"prompt":"x"}`), &providertest.Recorder{OnProgress: func(int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := <-drained; got != "tidy\n" {
		t.Errorf("wrote %q", got)
	}
}
