package modelslab

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

func TestUploads(t *testing.T) {
	t.Parallel()
	const want = `{"status":"success","id":"file_1","output":["https://x.example/files/file_1.png?signature=s"]}` // (ML) general-api
	text := base64.StdEncoding.EncodeToString([]byte("bytes"))
	for path, member := range map[string]string{
		"/api/v6/base64_to_url":               "base64_string",
		"/api/v6/video/base64_to_url":         "init_obj",
		"/api/v6/3d/base64_to_url":            "init_obj",
		"/api/v6/voice/base64_to_url":         "init_audio",
		"/api/v6/image_editing/base64_to_url": "init_image",
		"/api/v3/base64_to_url":               "base64_string",
	} {
		for _, value := range []string{text, "data:image/png;base64," + text, text[:4] + `\n` + text[4:]} {
			w := newWorld(t)
			if status, got := w.post(t, path, `"`+member+`":"`+value+`"`); status != http.StatusOK || got != want || string(w.content) != "bytes" {
				t.Errorf("%s: %d %s, %q", path, status, got, w.content)
			}
		}
		for value, message := range map[string]string{
			`"?"`: " must be base64, or a data URI with it", `""`: " is required", `[]`: " is required",
		} {
			if status, got := newWorld(t).post(t, path, `"`+member+`":`+value); status != http.StatusBadRequest || got != refusal(member+message) {
				t.Errorf("%s: %d %s", path, status, got)
			}
		}
	}
	for size, want := range map[int]int{maxUpload: http.StatusOK, maxUpload + 1: http.StatusBadRequest} {
		w := newWorld(t)
		text := `"base64_string":"` + base64.StdEncoding.EncodeToString(make([]byte, size)) + `"`
		if status, got := w.post(t, "/api/v6/base64_to_url", text); status != want || status == http.StatusOK && len(w.content) != size {
			t.Errorf("of %d bytes: %d %s", size, status, got)
		}
	}
	if status, got := newWorld(t).post(t, "/api/v6/base64_to_url", ""); status != http.StatusBadRequest || got != refusal("base64_string is required") {
		t.Errorf("%d %s", status, got)
	}
}

// results is a world whose owner has n videos and a picture, the newest first.
func results(t *testing.T, n int) *world {
	w := newWorld(t)
	for i := range n {
		k := finished()
		k.ID = fmt.Sprintf("task_%d", i)
		k.Results = []taskhook.Artifact{{Name: k.ID + ".mp4"}, {Name: "gone", Removed: true}}
		w.list = append(w.list, k)
	}
	k := finished()
	k.Medium = taskhook.MediumImage
	w.list = append(w.list, k)
	return w
}

func TestAssets(t *testing.T) {
	t.Parallel()
	w := results(t, 150)
	const asset = `{"id":"task_%d","output":["https://x.example/results/task_%d.mp4?signature=s"]}`
	for body, want := range map[string]string{ // (ML) general-api
		`"type":"videos","per_page":"2","page":76`: `{"status":"success","type":"videos","data":[],"pagination":{"current_page":76,"per_page":2,"total":150,"last_page":75,"from":0,"to":150}}`,
		`"type":"video","per_page":2,"page":2`: `{"status":"success","type":"video","data":[` + fmt.Sprintf(asset, 2, 2) + `,` + fmt.Sprintf(asset, 3, 3) +
			`],"pagination":{"current_page":2,"per_page":2,"total":150,"last_page":75,"from":3,"to":4}}`,
		`"type":"audio"`:            `{"status":"success","type":"audio","data":[],"pagination":{"current_page":1,"per_page":10,"total":0,"last_page":1,"from":0,"to":0}}`,
		``:                          refusal("type is required"),
		`"type":"songs"`:            refusal("type must be one of image, video, audio, 3d, text and training"),
		`"type":"video","page":0`:   refusal("page must be between 1 and 1000"),
		`"type":"3d","per_page":-1`: refusal("per_page must be between 1 and 100"),
	} {
		if _, got := w.post(t, "/api/v6/assets_generated", body); got != want {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
	}
	if w := w.ask(t, http.MethodPost, "/api/v6/assets_generated", `{"key":"`+foreignKey+`","type":"video"}`); !strings.Contains(w.Body.String(), `"total":0`) {
		t.Errorf("a stranger sees %s", w.Body)
	}
}

func TestGeneral(t *testing.T) {
	t.Parallel()
	w := results(t, 2)
	w.list[0].State, w.list[1].State = taskhook.TaskQueued, taskhook.TaskRunning
	w.money.Available = 43_600_000
	const noModels = `,"pagination":{"current_page":1,"per_page":100,"total":0,"last_page":1,"from":0,"to":0}}`
	for path, want := range map[string]string{
		"/api/wallet_balance":               `{"status":"success","data":{"balance":43.6,"currency":"USD"}}`, // (ML) general-api
		"/wallet_balance":                   `{"status":"success","data":{"balance":43.6,"currency":"USD"}}`,
		"/api/v6/processing/request_count":  `{"status":"success","processing_count":2,"message":"2 requests have not ended."}`,
		"/api/v6/model-search/wan2.2":       `{"status":"success","data":{"model_id":"wan2.2","model_name":"wan2.2","status":"model_ready","features":["image-to-video","text-to-video"]}}`,
		"/api/v6/model-search/nothing":      refusal("Model not found: nothing"),
		"/api/v6/model-search?search=zzz":   `{"status":"success","data":[]` + noModels,
		"/api/v6/model-search?feature=song": `{"status":"success","data":[]` + noModels,
	} {
		method := http.MethodPost
		if strings.Contains(path, "model-search") {
			method = http.MethodGet
		}
		if got := w.ask(t, method, path, "", "key", ownerKey).Body.String(); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	if status, got := w.post(t, "/api/v4/dreambooth/model_list", ""); status != http.StatusOK || !strings.HasPrefix(got, `[{"model_id":"cogvideox"`) {
		t.Errorf("model_list: %d %s", status, got)
	}
	w.limits.Permissions = []taskhook.Scope{taskhook.ScopeTasksRead}
	if status, _ := w.post(t, "/api/wallet_balance", ""); status != http.StatusForbidden {
		t.Errorf("without permission: %d", status)
	}
}

// TestTraining: (ML) train-model, in its spelling.
func TestTraining(t *testing.T) {
	t.Parallel()
	for path, tt := range map[string]struct {
		state taskhook.TaskState
		want  string
	}{
		"/api/v3/fine_tune_status/task_abc123": {taskhook.TaskSucceeded, `{"status":"success","messege":"model_ready","data":"The model is ready.",` +
			`"training_id":"task_abc123","model_id":"task_abc123","output":[` + link + `],"track_id":"video_001"}`},
		"/api/v3/fine_tune_status/task_abc123?": {taskhook.TaskRunning, `{"status":"success","messege":"training_started","data":"The training is 40 % done.",` +
			`"training_id":"task_abc123","model_id":"task_abc123","track_id":"video_001"}`},
		"/api/v3/fine_tune_status/task_abc123?a": {taskhook.TaskCancelled, `{"status":"failed","messege":"training_cancelled","data":"The request was cancelled.",` +
			`"training_id":"task_abc123","model_id":"task_abc123","track_id":"video_001"}`},
		"/api/v3/cancel_training/task_abc123": {taskhook.TaskQueued, `{"status":"success","messege":"training_cancelled"}`},
		"/api/v3/delete/task_abc123":          {taskhook.TaskQueued, `{"status":"success","messege":"deleted"}`},
		"/api/v3/finetune/delete/task_abc123": {taskhook.TaskRunning, `{"status":"success","messege":"deleted"}`},
		"/api/v3/finetune_list":               {taskhook.TaskSucceeded, `{"status":"success","messege":"model list","data":["task_abc123"]}`},
		"/api/v3/finetune_list?":              {taskhook.TaskFailed, `{"status":"success","messege":"model list","data":[]}`},
	} {
		w := newWorld(t)
		w.task.State, w.task.Medium, w.task.Progress = tt.state, taskhook.MediumTrained, 40
		w.list = []taskhook.Task{w.task, finished()}
		if status, got := w.post(t, path, ""); status != http.StatusOK || got != tt.want {
			t.Errorf("%s: %d\n got %s\nwant %s", path, status, got, tt.want)
		}
		if deletes := strings.Contains(path, "delete") || strings.Contains(path, "cancel"); deletes != (w.cancelled == "task_abc123") {
			t.Errorf("%s: %q was cancelled", path, w.cancelled)
		}
	}
	if status, _ := newWorld(t).post(t, "/api/v3/fine_tune_status/task_abc123", ""); status != http.StatusNotFound {
		t.Errorf("of a video: %d", status)
	}
}

func TestDeleteImage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.task.State = taskhook.TaskQueued
	if status, got := w.post(t, "/api/v3/delete_image", `"request_id":"task_abc123","type":"image"`); status != http.StatusOK || w.cancelled == "" {
		t.Errorf("%d %s", status, got)
	}
	if status, got := newWorld(t).post(t, "/api/v3/delete_image", `"request_id":"task_abc123"`); status != http.StatusBadRequest || !strings.Contains(got, `"messege":"`) {
		t.Errorf("of a finished one: %d %s", status, got)
	}
	if status, _ := w.post(t, "/api/v3/delete_image", ""); status != http.StatusBadRequest {
		t.Errorf("of none: %d", status)
	}
}

// TestForeign: a key sees nothing of another account's task, on any route.
func TestForeign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.task.Medium, w.task.State = taskhook.MediumTrained, taskhook.TaskQueued
	face := New(Config{Keys: w, Tasks: w, Files: w, Catalogue: w, Money: w, Links: w})
	asked := 0
	for _, route := range face.Routes() {
		if !strings.Contains(route.Pattern, "{id}") && route.Pattern != "/api/v3/delete_image" && !strings.HasSuffix(route.Pattern, "/fetch") {
			continue
		}
		asked++
		target := strings.NewReplacer("{id}", "task_abc123", "{family}", "video").Replace(route.Pattern)
		mine := w.ask(t, route.Method, target, `{"key":"`+ownerKey+`","request_id":"task_abc123"}`)
		theirs := w.ask(t, route.Method, target, `{"key":"`+foreignKey+`","request_id":"task_abc123"}`)
		none := w.ask(t, route.Method, strings.Replace(target, "abc123", "none", 1), `{"key":"`+ownerKey+`","request_id":"task_none"}`)
		if mine.Code != http.StatusOK || theirs.Code != http.StatusNotFound || none.Code != http.StatusNotFound {
			t.Errorf("%s %s: %d for the owner, %d for a stranger, %d of nothing", route.Method, target, mine.Code, theirs.Code, none.Code)
		}
		if route.Scope == scopeByMedium || route.Scope == "" {
			t.Errorf("%s has no scope", target)
		}
	}
	if asked < 15 {
		t.Errorf("only %d routes take an id", asked)
	}
}
