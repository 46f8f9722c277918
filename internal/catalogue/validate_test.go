package catalogue

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/taskhook/taskhook"
)

const viduInput = `{"prompt":"a boat in the rain, slow camera","duration":5,"aspect_ratio":"16:9","resolution":"1080p","style":"general","audio":true,"seed":42,"off_peak":false}`

func TestValidateAccepts(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	tests := []struct{ provider, capability, model, input string }{
		{"vidu", "text-to-video", "viduq3-pro", viduInput},
		{"vidu", "text-to-video", "viduq3-pro", `{"prompt":"` + strings.Repeat("é", 2000) + `"}`},
		{"vidu", "text-to-video", "viduq3-pro", `{"prompt":"x","duration":1}`},
		{"vidu", "text-to-video", "viduq3-pro", `{"prompt":"x","duration":16.0,"unknown":{"a":[1,null]}}`},
		{"vidu", "text-to-video", "viduq3-pro", `{"prompt":"x","sandbox":{"latency":"1s"},"seed":123456789012345678901234567890}`},
		{"vidu", "image-to-video", "viduq2-pro", `{"image_url":"https://a.example/b.png"}`},
		{"kling", "text-to-video", "kling-v3", `{"prompt":"x","duration":15,"multi_shot":true,"mode":"pro","sound":"on"}`},
		{"kling", "text-to-video", "kling-v3", `{"multi_prompt":[{"prompt":"a"}],"multi_shot":"intelligence"}`},
		{"kling", "image-to-video", "kling-v2-6", `{"image":"https://a.example/b.png","duration":10}`},
		{"gemini", "image-to-image", "nano-banana-2", `{"prompt":"x","image_input":["https://a.example/b.png"],"google_search":true}`},
		{"seedream", "image-to-image", "seedream-4-5", `{"prompt":"x","images":["u"],"size":"2K"}`},
		{"seedance", "image-to-video", "seedance-1-0-pro", `{"image":"u"}`},
		{"modelslab", "text-to-video", "cogvideox", `{"model_id":"cogvideox","prompt":"A spaceship","width":512,"height":512,"num_frames":25}`},
		{"modelslab", "text-to-image", "x", `{"model_id":"x","prompt":"p","width":"512","samples":"1","seed":null,"safety_checker":"no","base64":"yes","guidance_scale":"7.5"}`},
		{"modelslab", "image-to-video", "x", `{"model_id":"x","init_image":["u"],"prompt":""}`},
		{"modelslab", "fine-tune", "", `{"anything":[1]}`},
		{"muapi", "", "generate_wan_ai_effects", `{"param1":"value1","param2":"value2"}`},
		{"muapi", "", "flux-dev-image", `{"prompt":"x","num_images":"2","seed":null}`},
	}
	for _, tt := range tests {
		if err := lookup(t, c, tt.provider, tt.capability, tt.model).Validate(json.RawMessage(tt.input)); err != nil {
			t.Errorf("%s %s %.80s: %v", tt.model, tt.capability, tt.input, err)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	c := load(t, `
schemas: {closed: {type: object, additionalProperties: false, properties: {a: {const: 1}, b: {pattern: "^x$"}, c: {minimum: 3}, d: {minItems: 2}, e: {exclusiveMaximum: 4}, f: {oneOf: [{type: string}, {type: array, items: {type: object, required: [g]}}]}}}}
models: {house: {m: {capabilities: {text-to-image: closed}}}}
`)
	const missing, invalid = taskhook.CodeMissing, taskhook.CodeInvalid
	vidu := lookup(t, c, "vidu", "text-to-video", "viduq3-pro")
	vidu2 := lookup(t, c, "vidu", "text-to-video", "viduq2-pro-fast")
	kling := lookup(t, c, "kling", "text-to-video", "kling-v3")
	kling2 := lookup(t, c, "kling", "text-to-video", "kling-v2-6")
	gemini := lookup(t, c, "gemini", "image-to-image", "nano-banana-2")
	labImage := lookup(t, c, "modelslab", "text-to-image", "x")
	labVideo := lookup(t, c, "modelslab", "text-to-video", "cogvideox")
	labSpeech := lookup(t, c, "modelslab", "text-to-speech", "")
	labMusic := lookup(t, c, "modelslab", "music-generation", "")
	closed := lookup(t, c, "house", "text-to-image", "m")
	tests := []struct {
		model           *Model
		input           string
		code            taskhook.Code
		field, sentence string
	}{
		{vidu, ``, missing, "input", "input is required"},
		{vidu, `{`, taskhook.CodeMalformed, "input", "input is not valid JSON"},
		{vidu, `{"prompt":"x"} 1`, taskhook.CodeMalformed, "input", "input is not valid JSON"},
		{vidu, `null`, invalid, "input", "input must be an object"},
		{vidu, `[]`, invalid, "input", "input must be an object"},
		{vidu, `"x"`, invalid, "input", "input must be an object"},
		{vidu, `1e400`, invalid, "input", "input must be an object"},
		{vidu, `{}`, missing, "input.prompt", "prompt is required"},
		{vidu, `{"duration":99}`, invalid, "input.duration", "duration must be between 1 and 16"},
		{vidu, `{"prompt":""}`, invalid, "input.prompt", "prompt must not be empty"},
		{vidu, `{"prompt":7}`, invalid, "input.prompt", "prompt must be a string"},
		{vidu, `{"prompt":null}`, invalid, "input.prompt", "prompt must be a string"},
		{vidu, `{"prompt":"` + strings.Repeat("é", 2001) + `"}`, invalid, "input.prompt", "prompt must be at most 2000 characters long, but has 2001"},
		{vidu, `{"prompt":"x","duration":"5"}`, invalid, "input.duration", "duration must be a number"},
		{vidu, `{"prompt":"x","duration":16.01}`, invalid, "input.duration", "duration must be between 1 and 16"},
		{vidu, `{"prompt":"x","duration":1e308}`, invalid, "input.duration", "duration must be between 1 and 16"},
		{vidu, `{"prompt":"x","duration":1e309}`, invalid, "input.duration", "duration holds a number that is too large"},
		{vidu, `{"prompt":"x","other":[1,{"a":-1e999999999}]}`, invalid, "input.other", "other holds a number that is too large"},
		{vidu, `{"prompt":"x","audio":1}`, invalid, "input.audio", "audio must be true or false"},
		{vidu, `{"prompt":"x","aspect_ratio":"2:1"}`, invalid, "input.aspect_ratio", "aspect_ratio must be one of 16:9, 9:16, 1:1, 4:3 and 3:4"},
		{vidu, `{"prompt":"x","style":"noir","resolution":"4k"}`, invalid, "input.resolution", "resolution must be one of 540p, 720p and 1080p"},
		{vidu2, `{"prompt":"x","duration":11}`, invalid, "input.duration", "duration must be between 1 and 10"},
		{kling, `{}`, missing, "input.prompt", "prompt is required"},
		{kling, `{"prompt":"x","duration":3.5}`, invalid, "input.duration", "duration must be an integer"},
		{kling, `{"prompt":"x","duration":2}`, invalid, "input.duration", "duration must be between 3 and 15"},
		{kling, `{"multi_prompt":[1,2,3,4,5,6,7]}`, invalid, "input.multi_prompt", "multi_prompt must have at most 6 items, but has 7"},
		{kling2, `{"prompt":"x","duration":7}`, invalid, "input.duration", "duration must be one of 5 and 10"},
		{gemini, `{"prompt":"x"}`, missing, "input.image_input", "image_input is required"},
		{gemini, `{"prompt":"x","image_input":[]}`, invalid, "input.image_input", "image_input must not be empty"},
		{gemini, `{"prompt":"x","image_input":["u",5]}`, invalid, "input.image_input.1", "image_input.1 must be a string"},
		{gemini, `{"prompt":"x","image_input":[` + strings.Repeat("1,", 1000) + `1]}`, invalid, "input.image_input", "image_input must have at most 1000 items, but has 1001"},
		{gemini, `{"` + strings.Repeat("a", 200) + `":1e999}`, invalid, "input", `"` + strings.Repeat("a", 64) + `"… holds a number that is too large`},
		{labImage, `{"model_id":"x"}`, missing, "input.prompt", "prompt is required"},
		{labImage, `{"model_id":"x","prompt":null}`, missing, "input.prompt", "prompt is required"},
		{labImage, `{"prompt":"x"}`, missing, "input.model_id", "model_id is required"},
		{labImage, `{"model_id":"x","prompt":5}`, invalid, "input.prompt", "prompt must be a string"},
		{labImage, `{"model_id":"x","prompt":"p","width":"100"}`, invalid, "input.width", "width must be between 256 and 1024"},
		{labImage, `{"model_id":"x","prompt":"p","height":300}`, invalid, "input.height", "height must be divisible by 8"},
		{labImage, `{"model_id":"x","prompt":"p","samples":"5"}`, invalid, "input.samples", "samples must be between 1 and 4"},
		{labImage, `{"model_id":"x","prompt":"p","samples":"many"}`, invalid, "input.samples", "samples must be an integer"},
		{labImage, `{"model_id":"x","prompt":"p","samples":"1e999"}`, invalid, "input.samples", "samples must be an integer"},
		{labImage, `{"model_id":"x","prompt":"p","samples":"NaN"}`, invalid, "input.samples", "samples must be an integer"},
		{labImage, `{"model_id":"x","prompt":"p","base64":"maybe"}`, invalid, "input.base64", "base64 must be true or false"},
		{labVideo, `{"model_id":"x","prompt":"p","width":1024}`, invalid, "input.width", "width must be between 1 and 512"},
		{labVideo, `{"model_id":"x","prompt":"p","guidance_scale":8.5}`, invalid, "input.guidance_scale", "guidance_scale must be between 0 and 8"},
		{labSpeech, `{"prompt":"x","language":"en"}`, missing, "input.voice_id", "voice_id is required"},
		{labSpeech, `{"prompt":"` + strings.Repeat("a", 2501) + `","voice_id":1,"language":"en"}`, invalid, "input.prompt", "prompt must be at most 2500 characters long, but has 2501"},
		{labMusic, `{"prompt":"x","duration":5}`, invalid, "input.duration", "duration must be between 30 and 480"},
		{closed, `{"a":2}`, invalid, "input.a", "a must be 1"},
		{closed, `{"b":"y"}`, invalid, "input.b", `b does not fit "pattern" of the model's schema, which GET /api/v1/models shows`},
		{closed, `{"c":2}`, invalid, "input.c", "c must be at least 3"},
		{closed, `{"d":[1]}`, invalid, "input.d", "d must have at least 2 items, but has 1"},
		{closed, `{"e":4}`, invalid, "input.e", "e must be less than 4"},
		{closed, `{"f":5}`, invalid, "input.f", "f must be a string"},
		{closed, `{"z":1,"\n":2}`, invalid, "input", `input takes no field "\n"`},
	}
	for _, tt := range tests {
		got, ok := errors.AsType[*taskhook.Error](tt.model.Validate(json.RawMessage(tt.input)))
		if !ok || got.Code != tt.code || got.Field != tt.field || got.Message != tt.sentence {
			t.Errorf("%s %.80s:\n got %+v\nwant %s %s %q", tt.model.Name, tt.input, got, tt.code, tt.field, tt.sentence)
		}
	}
}

// TestFirstErrorIsStable repeats, since maps are walked in a new order each time.
func TestFirstErrorIsStable(t *testing.T) {
	t.Parallel()
	m := lookup(t, load(t, ""), "vidu", "text-to-video", "viduq3-pro")
	for range 50 {
		err := m.Validate(json.RawMessage(`{"style":1,"resolution":2,"duration":"x","audio":3,"aspect_ratio":4,"seed":"5"}`))
		if got, _ := errors.AsType[*taskhook.Error](err); got == nil || got.Field != "input.aspect_ratio" {
			t.Fatalf("got %v", err)
		}
	}
}

func TestValidateDeepNesting(t *testing.T) {
	t.Parallel()
	m := lookup(t, load(t, ""), "vidu", "text-to-video", "viduq3-pro")
	for _, depth := range []int{1000, 9_000, 100_000} {
		input := `{"prompt":"x","other":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}`
		if code := taskhook.ErrorCode(m.Validate(json.RawMessage(input))); code != "" && code != taskhook.CodeMalformed {
			t.Errorf("depth %d: %s", depth, code)
		}
	}
}

func TestValidateLeavesInputAlone(t *testing.T) {
	t.Parallel()
	input := json.RawMessage(`{"model_id":"x", "prompt":"p","width":"512","seed":null}`)
	before := string(input)
	if err := lookup(t, load(t, ""), "modelslab", "text-to-image", "x").Validate(input); err != nil || string(input) != before {
		t.Errorf("%s, %v", input, err)
	}
}

func TestStripPrefix(t *testing.T) {
	t.Parallel()
	tests := []struct{ input, want string }{
		{``, ``},
		{`{"prompt": "x"}`, `{"prompt": "x"}`},
		{`{"prompt": "\"input.x\": write input."}`, `{"prompt": "\"input.x\": write input."}`},
		{`{"input.prompt":"<x> & \u2028","duration": 5}`, `{"duration":5,"prompt":"<x> & \u2028"}`},
		{`{"input.prompt":"old","prompt":"new"}`, `{"prompt":"new"}`},
		{`{"input.seed":123456789012345678901234567890}`, `{"seed":123456789012345678901234567890}`},
		{`{"input.a":{"input.b":1}}`, `{"a":{"input.b":1}}`},
		{`{"input.input.a":1}`, `{"input.a":1}`},
		{`{"input.":1}`, `{"input.":1}`},
		{`["input.a"]`, `["input.a"]`},
		{`{"input.a":`, `{"input.a":`},
	}
	for _, tt := range tests {
		if got := StripPrefix(json.RawMessage(tt.input)); string(got) != tt.want {
			t.Errorf("%s: got %s, want %s", tt.input, got, tt.want)
		}
	}
}

func FuzzValidate(f *testing.F) {
	f.Add(viduInput)
	for _, seed := range []string{`{"prompt":1e400}`, `{"duration":-1e999999999}`, `{"input.prompt":"x"}`, `{"width":"1e999","seed":null}`, `{"\ud800":"\u0000"}`, `[[[[`, `{"image":["u"],"multi_prompt":{"a":1}}`} {
		f.Add(seed)
	}
	models := load(f, "").Models()
	f.Fuzz(func(t *testing.T, input string) {
		stripped := StripPrefix(json.RawMessage(input))
		if json.Valid([]byte(input)) && !json.Valid(stripped) {
			t.Fatalf("stripping %q made %q", input, stripped)
		}
		for _, m := range models {
			err := m.Validate(stripped)
			if err == nil {
				continue
			}
			got, ok := errors.AsType[*taskhook.Error](err)
			if !ok || got.Message == "" || !strings.HasPrefix(got.Field, "input") {
				t.Fatalf("%s: %#v", m.Name, err)
			}
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	m := lookup(b, load(b, ""), "vidu", "text-to-video", "viduq3-pro")
	input := json.RawMessage(viduInput)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Validate(input); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
