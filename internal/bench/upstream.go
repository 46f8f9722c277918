package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// release lets the work of an upstream end, evenly over a time.
type release struct {
	Over  time.Duration `json:"over"`  // 0: nothing ends, only tell
	Every time.Duration `json:"every"` // looks are not to be more frequent
}

// lookedAt is what an upstream tells of how its work was looked at.
type lookedAt struct {
	Jobs  int `json:"jobs"`
	Calls int `json:"calls"` // that looked
	Looks int `json:"looks"` // at one piece of work each
	Seen  int `json:"seen"`  // work whose end was seen
	// Noticed is the time from the end of work to the look that saw it, and Late how
	// much later than by the documented clock the looks came.
	Noticed quantiles `json:"noticed"`
	Late    quantiles `json:"late"`
}

// answersIn is how long the upstream takes for an answer, as those of others do.
const answersIn = 10 * time.Millisecond

// pollMost is the most of the clock by which the server looks: after a tenth of the age
// of the work, see docs/providers.md.
const pollMost = 30 * time.Second

// upstream is an API that takes work on and says when it has ended.
type upstream struct {
	mu    sync.Mutex
	every time.Duration
	jobs  []*job
	told  lookedAt

	noticed, late []time.Duration
}

// job is one piece of work.
type job struct {
	began, looked time.Time
	ends          time.Time // zero: not yet
	seen          bool
}

// playUpstream plays one: it tells its URL, then, as often as it is asked, how it was
// looked at since.
func playUpstream(ctx context.Context, in *json.Decoder, out *json.Encoder) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	u := &upstream{}
	server := &http.Server{Handler: u}
	defer server.Close()
	go server.Serve(ln) // ends with an error that Close causes
	if err := out.Encode("http://" + ln.Addr().String()); err != nil {
		return err
	}
	var o release
	for ; in.Decode(&o) == nil; o = (release{}) {
		if err := out.Encode(u.tell(o)); err != nil {
			return err
		}
	}
	return nil
}

// tell says how the work was looked at since the last time, and lets it end.
func (u *upstream) tell(o release) lookedAt {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.every = o.Every
	told := u.told
	told.Jobs, told.Noticed, told.Late = len(u.jobs), quantilesOf(u.noticed), quantilesOf(u.late)
	u.told, u.noticed, u.late = lookedAt{Seen: told.Seen}, nil, nil
	now := time.Now()
	for i, j := range u.jobs {
		if o.Over > 0 {
			j.ends = now.Add(o.Over * time.Duration(i*7919%len(u.jobs)) / time.Duration(len(u.jobs)))
		}
	}
	return told
}

// ServeHTTP takes work on at POST /jobs, and tells of one at /jobs/N and of many at
// /jobs?ids=N,M.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pause(r.Context(), answersIn)
	if r.Method == http.MethodPost {
		u.mu.Lock()
		u.jobs = append(u.jobs, &job{began: time.Now(), looked: time.Now()})
		n := len(u.jobs) - 1
		u.mu.Unlock()
		fmt.Fprintf(w, `{"id":"%d","state":"waiting"}`, n)
		return
	}
	ids := r.URL.Query().Get("ids")
	if one, ok := strings.CutPrefix(r.URL.Path, "/jobs/"); ok {
		ids = one
	}
	var answer []byte
	u.mu.Lock()
	u.told.Calls++
	now := time.Now()
	for id := range strings.SplitSeq(ids, ",") {
		if n, err := strconv.Atoi(id); err == nil && n >= 0 && n < len(u.jobs) {
			answer = fmt.Appendf(answer, `,{"id":"%d","state":"%s","text":"the result"}`, n, u.look(u.jobs[n], now))
		}
	}
	u.mu.Unlock()
	if r.URL.RawQuery != "" {
		w.Write(append(append([]byte("["), answer[min(1, len(answer)):]...), ']'))
		return
	}
	w.Write(answer[min(1, len(answer)):])
}

func (u *upstream) look(j *job, now time.Time) (state string) {
	u.told.Looks++
	planned := j.looked.Add(min(max(j.looked.Sub(j.began)/10, u.every), pollMost))
	u.late = append(u.late, max(0, now.Sub(planned)-answersIn))
	j.looked = now
	if j.ends.IsZero() || now.Before(j.ends) {
		return "working"
	}
	if !j.seen {
		j.seen = true
		u.told.Seen++
		u.noticed = append(u.noticed, now.Sub(j.ends))
	}
	return "done"
}
