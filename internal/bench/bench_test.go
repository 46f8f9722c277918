package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestReceiverCountsDistinctWebhooks(t *testing.T) {
	t.Parallel()
	in, tell := io.Pipe()
	hear, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Role(context.Background(), roleReceiver, in, out) }()
	to, from := json.NewEncoder(tell), json.NewDecoder(hear)
	var url string
	if err := from.Decode(&url); err != nil {
		t.Fatal(err)
	}
	send := func(id, path, body string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("webhook-id", id)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	late := []byte(body(eventType, 1))
	plan(late, time.Now().Add(-time.Hour))
	send("a", "/1", "{}")
	send("a", "/1", "{}")
	send("a", "/2", string(late))
	var first, marked, second, last receipts
	if err := errors.Join(to.Encode(order{Await: 2}), from.Decode(&first), to.Encode(order{Mark: true}), from.Decode(&marked)); err != nil {
		t.Fatal(err)
	}
	if first.FirstAt.After(first.LastAt) || first.Distinct != 2 || first.P50 < time.Hour || !marked.FirstAt.IsZero() {
		t.Errorf("receiver tells %+v, then %+v", first, marked)
	}
	if err := to.Encode(order{Await: 3}); err != nil {
		t.Fatal(err)
	}
	send("b", "/2", "{}")
	if err := from.Decode(&second); err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	tell.Close()
	if err := from.Decode(&last); err != nil {
		t.Fatal(err)
	}
	if second.FirstAt.IsZero() || last.Distinct != 3 || last.Duplicates != 1 {
		t.Errorf("receiver tells %+v, then %+v", second, last)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestLoadersMakeEveryRequestOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		role   string
		status int
	}{"generator": {roleGenerator, http.StatusAccepted}, "raw sender": {roleSender, http.StatusOK}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var came atomic.Int64
			want := body(eventType, 600)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if got, err := io.ReadAll(r.Body); err != nil || string(got) != want {
					t.Errorf("body %q: %v", got, err)
				}
				came.Add(1)
				w.WriteHeader(test.status)
				io.WriteString(w, "answer")
			}))
			defer server.Close()
			a := assignment{Servers: []string{server.URL}, Calls: []call{{"/events", want}}, Status: test.status, Requests: 50, Connections: 4}
			got := play(t, test.role, a)
			if came.Load() != 50 || got.FinishedAt.Before(got.StartedAt) || got.P99 < got.P50 {
				t.Errorf("%d requests came, outcome is %+v", came.Load(), got)
			}
		})
	}
}

// play lets a client play its part.
func play(t *testing.T, role string, a assignment) (o outcome) {
	t.Helper()
	var in, out bytes.Buffer
	to := json.NewEncoder(&in)
	if err := errors.Join(to.Encode(a), to.Encode("go"), Role(t.Context(), role, &in, &out)); err != nil {
		t.Fatal(err)
	}
	var word string
	from := json.NewDecoder(&out)
	if err := errors.Join(from.Decode(&word), from.Decode(&o)); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestLoadersRefuseOtherAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "full", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	for _, role := range []string{roleGenerator, roleSender} {
		var in bytes.Buffer
		to := json.NewEncoder(&in)
		a := assignment{Servers: []string{server.URL}, Calls: []call{{"/", "{}"}}, Status: http.StatusAccepted, Requests: 5, Connections: 1}
		if err := errors.Join(to.Encode(a), to.Encode("go")); err != nil {
			t.Fatal(err)
		}
		if err := Role(t.Context(), role, &in, io.Discard); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("%s: error is %v", role, err)
		}
	}
}

func TestAnswerEnd(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                              0,
		"HTTP/1.1 202 Accepted\r\n":     0,
		"HTTP/1.1 202 Accepted\r\n\r\n": 25,
		"HTTP/1.1 202 OK\r\nContent-Length: 3\r\n\r\nab":       41,
		"HTTP/1.1 202 OK\r\nA: b\r\nContent-Length: 3\r\n\r\n": 47,
	} {
		if got := answerEnd([]byte(text)); got != want {
			t.Errorf("%q ends at %d, want %d", text, got, want)
		}
	}
}

func TestBodyHasItsSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int{600, 10_000} {
		if got := body(eventType, size); len(got) != size || !json.Valid([]byte(got)) {
			t.Errorf("body has %d bytes, want %d: %s", len(got), size, got)
		}
	}
	if got := body(eventType, 1); !json.Valid([]byte(got)) {
		t.Errorf("the smallest body is %s", got)
	}
}

func TestOutputFindsTheURL(t *testing.T) {
	t.Parallel()
	o := newOutput()
	for _, part := range []string{"level=WARN msg=dev\ntaskhook is rea", "dy on http://127.0.0.1:8080 (data", " in x)\n"} {
		io.WriteString(o, part)
	}
	if url := <-o.url; url != "http://127.0.0.1:8080" {
		t.Errorf("URL is %q", url)
	}
	io.WriteString(o, strings.Repeat("x", 3*keptOutput))
	if n := len(o.String()); n > keptOutput {
		t.Errorf("%d bytes are kept", n)
	}
}

func TestFiguresMerge(t *testing.T) {
	t.Parallel()
	var rounds []figures
	for _, v := range []float64{3, 1, 2} {
		var f figures
		f.add("ratio to the raw sender", "", v/10)
		f.addTime("publish", time.Duration(v)*time.Millisecond)
		f.addBytes("memory", 1<<20, false)
		rounds = append(rounds, f)
	}
	report := &Report{Scenario: "burst", Database: SQLite, Figures: merge(rounds), Notes: []string{"so it was"}}
	report.setTargets()
	if f := report.Figures; len(f) != 2 || f[0].Median != 0.2 || f[0].Target != 0.4 || f[1].Median != 2 || f[1].Unit != "ms" {
		t.Errorf("figures are %+v", report.Figures)
	}
	var table, line bytes.Buffer
	if err := errors.Join(report.WriteTable(&table), report.WriteJSON(&line)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table.String(), "≥0.4 missed  0.300  0.100  0.200") || !strings.Contains(table.String(), "note: so it was\n") || strings.Count(line.String(), "\n") != 1 {
		t.Errorf("reports are\n%s\n%s", table.String(), line.String())
	}
}

func TestUnknownNames(t *testing.T) {
	t.Parallel()
	if _, err := Run(t.Context(), "nothing", Options{}); err == nil || !strings.Contains(err.Error(), "burst, spread, fanout") {
		t.Errorf("error is %v", err)
	}
	if err := Role(t.Context(), "nobody", strings.NewReader(""), io.Discard); err == nil {
		t.Error("an unknown part is played")
	}
}

func TestOpenLoopMeasuresFromThePlannedTime(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var times []time.Time
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		planned, ok := plannedIn(text)
		if !ok { // it warms up
			return
		}
		if time.Now().Before(planned) {
			t.Errorf("planned for %s: %s", planned, text)
		}
		mu.Lock()
		defer mu.Unlock()
		times = append(times, planned)
	}))
	defer server.Close()
	a := assignment{Servers: []string{server.URL}, Calls: []call{{"/", body(eventType, 1)}}, Status: http.StatusOK, Requests: 25, Warm: 5, Connections: 2, Rate: 2000}
	got := play(t, roleGenerator, a)
	slices.SortFunc(times, time.Time.Compare)
	if len(times) != 20 || times[19].Sub(times[0]).Round(time.Microsecond) != 9500*time.Microsecond || got.P999 < got.P50 {
		t.Errorf("planned %v, outcome %+v", times, got)
	}
}

func TestSharedCPUTime(t *testing.T) {
	t.Parallel()
	own, ok := cpuTime(os.Getpid())
	family, also := familyTime(os.Getpid())
	if ok != also || family < own {
		t.Errorf("this process has used %s (%t), with its children %s (%t)", own, ok, family, also)
	}
}
