package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// lab is an answer or a webhook of ModelsLab's API.
type lab struct {
	Status      string          `json:"status"`
	ID          string          `json:"id"`
	Message     string          `json:"message"`
	FetchResult string          `json:"fetch_result"`
	Output      []string        `json:"output"`
	FutureLinks []string        `json:"future_links"`
	TrackID     json.RawMessage `json:"track_id"`
	Meta        json.RawMessage `json:"meta"`
	RetryAfter  int             `json:"retry_after"`
}

// labPost sends members with the key to a URL, as clients of ModelsLab do.
func labPost(t *testing.T, url, members string) (int, lab) {
	t.Helper()
	return labSend(t, url, `{"key":"`+program.Key+`",`+members+`}`)
}

func labSend(t *testing.T, url, body string) (int, lab) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out lab
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %s: %v", url, text, err)
	}
	return w.StatusCode, out
}

const labVideo = `"model_id":"cogvideox","prompt":"A spaceship","width":"512","num_frames":25,"sandbox":{"seconds":0}`

// TestLabVideo goes the way of the seed: submit, webhook, fetch.
func TestLabVideo(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	perJob := program.NewReceiver(t)
	for i, base := range []string{"/api", "/modelslab/api", "/modelslab", ""} {
		status, accepted := labPost(t, s.URL+base+"/v6/video/text2video", labVideo+`,"webhook":"`+perJob.URL+`/hook?secret=1","track_id":17.0`)
		if status != http.StatusOK || accepted.Status != "processing" || len(accepted.Output) != 0 || len(accepted.FutureLinks) != 1 || string(accepted.TrackID) != "17.0" {
			t.Fatalf("%s: %d %+v", base, status, accepted)
		}
		job := perJob.Wait(t, i+1)[i]
		var told lab
		if err := json.Unmarshal(job.Body, &told); err != nil {
			t.Fatal(err)
		}
		if told.Status != "success" || told.ID != accepted.ID || string(told.TrackID) != "17.0" || job.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: the webhook is %s", base, job.Body)
		}
		if want := `{` + labVideo + `}`; string(told.Meta) != want {
			t.Errorf("meta is %s", told.Meta)
		}
		if err := jobVerifier(t, s).Verify(job.Header, job.Body, time.Now()); err != nil {
			t.Errorf("the webhook is refused: %v", err)
		}
		status, fetched := labPost(t, accepted.FetchResult, `"x":1`)
		if status != http.StatusOK || fetched.Status != "success" || len(fetched.Output) != 1 || fetched.Output[0] != told.Output[0] {
			t.Errorf("%s: fetched %d %+v", base, status, fetched)
		}
		for _, link := range append(told.Output, accepted.FutureLinks...) {
			if status, file := fetch(t, http.MethodGet, link); status != http.StatusOK || len(file) == 0 {
				t.Errorf("%s: %d", link, status)
			}
		}
		k, err := s.Task(t.Context(), accepted.ID)
		if err != nil || k.Provider != "modelslab" || k.Model != "cogvideox" || k.Status != "succeeded" {
			t.Errorf("the primary API shows %+v, %v", k, err)
		}
	}
}

func TestLabImages(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	const input = `"model_id":"flux","prompt":"a cat","samples":"2","width":"256","height":"256","sandbox":{"seconds":0}`
	status, made := labPost(t, s.URL+"/api/v6/images/text2img", input)
	if status != http.StatusOK || made.Status != "success" || len(made.Output) != 2 || made.TrackID != nil {
		t.Errorf("%d %+v", status, made)
	}
	status, later := labPost(t, s.URL+"/api/v7/images/text-to-image", input+`,"instant_response":true,"output_type":"jpg","track_id":"é"`)
	if status != http.StatusOK || later.Status != "processing" || len(later.FutureLinks) != 2 || string(later.TrackID) != `"é"` {
		t.Fatalf("%d %+v", status, later)
	}
	done := awaitLab(t, later)
	for i, link := range later.FutureLinks {
		if status, file := fetch(t, http.MethodGet, link); status != http.StatusOK || !bytes.HasPrefix(file, []byte("\x89PNG")) || !strings.Contains(link, ".jpg?") {
			t.Errorf("%s, later %s: %d", link, done.Output[i], status)
		}
	}
}

// foreignKey makes a key of another account, by way of the API.
func foreignKey(t *testing.T, s *program.Server) string {
	t.Helper()
	k, err := s.NewAccount(t, "other", false).CreateKey(t.Context(), client.NewKey{Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	return k.Key
}

// awaitLab polls as clients do.
func awaitLab(t *testing.T, accepted lab) lab {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		status, got := labPost(t, accepted.FetchResult, `"x":1`)
		if status != http.StatusOK || got.Status != "processing" {
			return got
		}
		if got.Output == nil || len(got.Output) > 0 {
			t.Errorf("the output of an unfinished task is %v", got.Output)
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the test is over")
		}
	}
}

// TestLabUpload: a file comes in as base64 and is named by its link.
func TestLabUpload(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	status, up := labPost(t, s.URL+"/api/v6/base64_to_url", `"base64_string":"data:image/png;base64,`+base64.StdEncoding.EncodeToString(picture.Bytes())+`"`)
	if status != http.StatusOK || up.Status != "success" || len(up.Output) != 1 {
		t.Fatalf("%d %+v", status, up)
	}
	if status, file := fetch(t, http.MethodGet, up.Output[0]); status != http.StatusOK || !bytes.Equal(file, picture.Bytes()) {
		t.Errorf("%s: %d", up.Output[0], status)
	}
	link, err := json.Marshal(up.Output[0])
	if err != nil {
		t.Fatal(err)
	}
	status, made := labPost(t, s.URL+"/api/v6/images/img2img", `"model_id":"flux","prompt":"x","sandbox":{"seconds":0},"init_image":`+string(link))
	if status != http.StatusOK || made.Status != "success" || !strings.Contains(string(made.Meta), `"init_image":"file:`+up.ID+`"`) {
		t.Errorf("%d %+v", status, made)
	}
	if status, _ := labSend(t, s.URL+"/api/v6/images/img2img", `{"key":"`+foreignKey(t, s)+`","model_id":"flux","init_image":`+string(link)+`}`); status != http.StatusBadRequest {
		t.Errorf("another account uses the file: %d", status)
	}
	if status, _ := labPost(t, s.URL+"/api/v6/voice/base64_to_url", `"init_audio":"aGVsbG8="`); status != http.StatusBadRequest {
		t.Errorf("a text as a file: %d", status)
	}
}

// TestLabHost asks for a path that several faces have, by the host name of one.
func TestLabHost(t *testing.T) {
	t.Parallel()
	s := program.Start(t, func(c *config.Config) { c.ModelsLab.Hosts = []string{"lab.test"} })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/v1/nothing", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "lab.test:8080"
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	if text, _ := io.ReadAll(w.Body); !bytes.HasPrefix(text, []byte(`{"status":"error"`)) {
		t.Errorf("by its host name it answers %s", text)
	}
}
