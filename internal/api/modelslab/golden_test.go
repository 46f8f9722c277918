package modelslab

import (
	"net/http"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

const (
	prompt  = `"model_id":"cogvideox","prompt":"a boat"`
	link    = `"https://x.example/results/task_abc123.mp4?signature=s"`
	picture = `"https://x.example/results/task_abc123.png?signature=s"`
)

// waiting is the shape of a task that has not ended: (ML) video-api/text-to-video.
func waiting(fetch, links, rest string) string {
	return `{"status":"processing","id":"task_abc123","eta":20,"message":"The request is being processed.",` +
		`"tip":"Poll fetch_result until its status is success, or give a webhook with the request.",` +
		`"fetch_result":"https://x.example/api/` + fetch + `/fetch/task_abc123","output":[],"future_links":[` + links + `],` + rest + `}`
}

// TestSubmissions shows the answers to submissions, byte by byte.
func TestSubmissions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ path, body, want string }{
		{"/api/v6/video/text2video", prompt + `,"webhook":"https://r.example/hook?s=1","track_id":"video_001"`, // (seed) Using Webhooks
			waiting("v6/video", link, `"track_id":"video_001","meta":{`+prompt+`}`)},
		{"/api/v6/video/text2video", prompt + `,"output_type":"gif","width":"512","seed":null,"temp":"yes"`, // loose input (ML)
			waiting("v6/video", `"https://x.example/results/task_abc123.gif?signature=s"`, `"meta":{`+prompt+`,"output_type":"gif","width":"512","seed":null,"temp":"yes"}`)},
		{"/api/v7/video-fusion/text-to-video", prompt, waiting("v7/video-fusion", link, `"meta":{`+prompt+`}`)}, // (ML) v7
		{"/v7/video-fusion/text-to-video", prompt, waiting("v7/video-fusion", link, `"meta":{`+prompt+`}`)},     // a base URL without /api
		{"/api/v6/video/scene_director", `"prompt":"x"`, waiting("v6/video", link, `"meta":{"prompt":"x"}`)},    // an operation by the generic rule
		{"/api/v1/enterprise/video/text2video", prompt, waiting("v1/enterprise/video", link, `"meta":{`+prompt+`}`)},
		{"/api/v6/images/text2img", prompt + `,"samples":"2","instant_response":true`, // (ML) flux-text-to-image
			waiting("v6/images", picture+`,"https://x.example/results/task_abc123-2.png?signature=s"`, `"meta":{`+prompt+`,"samples":"2","instant_response":true}`)},
		{"/api/v5/controlnet", prompt + `,"instant_response":"yes"`, // (ML) controlnet-main
			waiting("v5/images", picture, `"meta":{`+prompt+`,"instant_response":"yes"}`)},
		{"/api/v3/text2img", `"prompt":"x","webhook":"https://r.example"`, // (ML) v3
			waiting("v3", picture, `"meta":{"prompt":"x"}`)},
		{"/api/v3/lora_fine_tune", `"instance_prompt":"a","class_prompt":"b","images":["https://i.example/1.png"],"training_type":"men","max_train_steps":"18","track_id":7`, // (ML) lora-finetune
			`{"status":"success","messege":"deploying_gpu","data":"It will take up to 1 minutes.","training_id":"task_abc123","id":"task_abc123","track_id":7}`},
		{"/api/v6/fine_tune", `"x":1`, // (seed) Endpoints Supporting Webhooks
			`{"status":"success","messege":"deploying_gpu","data":"It will take up to 1 minutes.","training_id":"task_abc123","id":"task_abc123"}`},
	} {
		w := newWorld(t)
		if status, got := w.post(t, tt.path, tt.body); status != http.StatusOK || got != tt.want {
			t.Errorf("%s: %d\n got %s\nwant %s", tt.path, status, got, tt.want)
		}
		if w.awaited != 0 {
			t.Errorf("%s: the answer was held back", tt.path)
		}
	}
}

// TestEndpointsSupportingWebhooks: each of the seed's table takes one, at v6.
func TestEndpointsSupportingWebhooks(t *testing.T) {
	t.Parallel()
	for family, operations := range map[string]string{
		"images/": "text2img img2img inpaint controlnet",
		"video/":  "text2video img2video text2video_ultra img2video_ultra",
		"voice/":  "text_to_speech voice_to_voice music_gen song_generator",
		"3d/":     "text_to_3d image_to_3d",
		"image_editing/": "removebg_mask super_resolution caption inpaint outpaint object_removal head_shot face_gen fashion qwen_edit " +
			"anything_new",
		"": "fine_tune lora_fine_tune",
	} {
		for operation := range strings.FieldsSeq(operations) {
			w := newWorld(t)
			status, got := w.post(t, "/api/v6/"+family+operation, `"model_id":"m","prompt":"x","init_image":"https://i.example/1.png",`+
				`"mask_image":"https://i.example/2.png","voice_id":"v","instance_prompt":"a","class_prompt":"b","images":["https://i.example/1.png"],`+
				`"training_type":"men","max_train_steps":"18","webhook":"https://r.example/hook?s=1"`)
			if status != http.StatusOK || w.created.WebhookURL != "https://r.example/hook?s=1" || w.awaited > 0 {
				t.Errorf("%s%s: %d %s", family, operation, status, got)
			}
		}
	}
}

// TestSynchronousImages: (ML) quickstart shows success in the answer to a submission.
func TestSynchronousImages(t *testing.T) {
	t.Parallel()
	const input = `"model_id":"flux","prompt":"a cat"`
	w := newWorld(t)
	w.task.Results = []taskhook.Artifact{{Name: "task_abc123.png"}}
	w.awaits = taskhook.TaskSucceeded
	want := `{"status":"success","id":"task_abc123","output":[` + picture + `],"generationTime":45.2,"proxy_links":[` + picture + `],"meta":{` + input + `}}`
	if status, got := w.post(t, "/api/v6/images/text2img", input); status != http.StatusOK || got != want || w.awaited != 1 {
		t.Errorf("%d\n got %s\nwant %s", status, got, want)
	}
	w.awaits, w.task.Error = taskhook.TaskFailed, &taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "No."}
	if status, got := w.post(t, "/api/v6/realtime/text2img", input); status != http.StatusOK || got != `{"status":"failed","id":"task_abc123","message":"No."}` {
		t.Errorf("failed: %d %s", status, got)
	}
	w.awaits = taskhook.TaskRunning
	if status, got := w.post(t, "/api/v6/image_editing/caption", `"init_image":"https://i.example/1.png"`); status != http.StatusOK ||
		got != waiting("v6/image_editing", `"https://x.example/results/task_abc123.txt?signature=s"`, `"meta":{"init_image":"https://i.example/1.png"}`) {
		t.Errorf("not in time: %d %s", status, got)
	}
}

// TestFetch shows the shapes of a task, byte by byte; all are 200.
func TestFetch(t *testing.T) {
	t.Parallel()
	const meta = `"meta":{"prompt":"A spaceship flying through an asteroid field","model_id":"cogvideox","width":512,"height":512}`
	for _, tt := range []struct {
		path   string
		change func(*taskhook.Task)
		want   string
	}{
		{"/api/v6/video/fetch/task_abc123", func(*taskhook.Task) {}, // (ML) fetch-video
			`{"status":"success","id":"task_abc123","output":[` + link + `],"generationTime":45.2,"proxy_links":[` + link + `],"track_id":"video_001",` + meta + `}`},
		{"/api/v7/video-fusion/fetch/task_abc123", func(k *taskhook.Task) { k.State = taskhook.TaskRunning },
			waiting("v7/video-fusion", link, `"track_id":"video_001",`+meta)},
		{"/api/v6/voice/fetch/task_abc123", func(k *taskhook.Task) { k.State, k.Medium, k.Echo = taskhook.TaskQueued, taskhook.MediumAudio, nil },
			waiting("v6/voice", `"https://x.example/results/task_abc123.wav?signature=s"`, meta)},
		{"/api/v3/fetch/task_abc123", func(k *taskhook.Task) {
			k.State, k.Error = taskhook.TaskFailed, &taskhook.TaskError{Message: "Processing failed: Invalid input dimensions"}
		}, `{"status":"failed","id":"task_abc123","message":"Processing failed: Invalid input dimensions","track_id":"video_001"}`}, // (seed) Failure Payload
		{"/api/v5/images/fetch/task_abc123", func(k *taskhook.Task) { k.State = taskhook.TaskCancelled },
			`{"status":"failed","id":"task_abc123","message":"The request was cancelled.","track_id":"video_001"}`},
		{"/api/v6/3d/fetch/task_abc123", func(k *taskhook.Task) { k.State, k.Echo = taskhook.TaskExpired, nil },
			`{"status":"failed","id":"task_abc123","message":"The result is no longer kept here: its retention time is over."}`},
		{"/api/v6/video/fetch/task_abc123", func(k *taskhook.Task) { k.Input, k.Echo, k.StartedAt, k.Sandbox = nil, nil, moment(50_000), true },
			`{"status":"success","id":"task_abc123","output":[` + link + `],"generationTime":0,"sandbox":true,"proxy_links":[` + link + `],"meta":{}}`},
		{"/api/v6/video/fetch/task_abc123", func(k *taskhook.Task) { k.Echo, k.Results[0].Safety = nil, taskhook.SafetyFlagged }, // (ML) fetch-video
			`{"status":"success","id":"task_abc123","output":[` + link + `],"generationTime":45.2,"proxy_links":[` + link + `],` + meta + `,"nsfw_content_detected":true}`},
		{"/api/v6/video/fetch/task_abc123", func(k *taskhook.Task) { k.Echo, k.Results[0].Safety = nil, taskhook.SafetySafe },
			`{"status":"success","id":"task_abc123","output":[` + link + `],"generationTime":45.2,"proxy_links":[` + link + `],` + meta + `,"nsfw_content_detected":false}`},
	} {
		w := newWorld(t)
		tt.change(&w.task)
		if status, got := w.post(t, tt.path, ""); status != http.StatusOK || got != tt.want {
			t.Errorf("%s: %d\n got %s\nwant %s", tt.path, status, got, tt.want)
		}
		if got := w.ask(t, http.MethodGet, tt.path+"?key="+ownerKey, "").Body.String(); got != tt.want {
			t.Errorf("GET %s: %s", tt.path, got)
		}
	}
}

func TestFetchByBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, want := w.post(t, "/api/v6/images/fetch/task_abc123", "")
	if status, got := w.post(t, "/api/v6/images/fetch", `"request_id":"task_abc123"`); status != http.StatusOK || got != want {
		t.Errorf("%d %s", status, got)
	}
	if status, got := w.post(t, "/api/v6/images/fetch", ""); status != http.StatusBadRequest || got != `{"status":"error","message":"request_id is required"}` {
		t.Errorf("%d %s", status, got)
	}
}
