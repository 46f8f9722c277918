package catalogue

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/taskhook/taskhook"
)

// load returns the catalogue with one extra file.
func load(t testing.TB, extra string) *Catalogue {
	t.Helper()
	source, err := Parse("extra.yaml", []byte(extra))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(source)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lookup(t testing.TB, c *Catalogue, provider, capability, model string) *Model {
	t.Helper()
	m, err := c.Lookup(provider, capability, model)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestWireModels holds the names of the three APIs' documentation.
func TestWireModels(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"vidu":      "viduq2-pro viduq2-pro-fast viduq2-turbo viduq3-pro viduq3-turbo",
		"kling":     "kling-v2-6 kling-v3",
		"gemini":    "nano-banana-2",
		"seedream":  "seedream-3-0-t2i seedream-4-0 seedream-4-5 seedream-5-0-lite",
		"seedance":  "seedance-1-0-lite-i2v seedance-1-0-lite-t2v seedance-1-0-pro seedance-1-0-pro-fast seedance-1-5-pro",
		"modelslab": "* cogvideox ltx-2.3 seedance-t2v wan2.2 wanx",
		"muapi": "ai-anime-generator ai-background-remover ai-color-photo ai-ghibli-style ai-image-extension ai-image-face-swap ai-image-upscale " +
			"ai-object-eraser ai-product-shot ai-skin-enhancer ai-video-face-swap flux-dev-image flux-kontext-dev-i2i generate_wan_ai_effects " +
			"gpt-image-1.5 kling-v2.1-master-t2v kling-v2.1-standard-i2v mmaudio-v2/text-to-audio mmaudio-v2/video-to-video suno-create-music " +
			"suno-extend-music suno-remix-music sync-lipsync video-effects",
	}
	got := map[string]string{}
	c := load(t, "")
	for _, provider := range c.Providers() {
		got[provider] = strings.Join(distinct(c.now.Load().of(provider), func(m *Model) string { return m.Name }), " ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("models (-want +got):\n%s", diff)
	}
}

func TestEveryModelIsComplete(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	for _, m := range c.Models() {
		if !slices.Contains(taskhook.Media(), m.Medium) || m.Estimate <= 0 || m.Timeout <= m.Estimate || m.Adapter != "" || m.Price != 0 {
			t.Errorf("incomplete: %+v", m)
		}
		var schema struct{ Type string }
		if err := json.Unmarshal(m.Schema, &schema); err != nil || schema.Type != "object" {
			t.Errorf("%s %s: schema %s: %v", m.Name, m.Capability, m.Schema, err)
		}
		if strings.Contains(string(m.Schema), "$ref") {
			t.Errorf("%s %s: schema refers to another", m.Name, m.Capability)
		}
	}
	byPlace := func(a, b *Model) int {
		return slices.Compare([]string{a.Provider, a.Name, a.Capability}, []string{b.Provider, b.Name, b.Capability})
	}
	if !slices.IsSortedFunc(c.Models(), byPlace) {
		t.Error("models are not in order")
	}
}

func TestModelsIsTheCallersSlice(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	clear(c.Models())
	if c.Models()[0] == nil {
		t.Error("a caller changed the catalogue")
	}
}

// TestOperations holds ModelsLab's paths, each with a model to answer it.
func TestOperations(t *testing.T) {
	t.Parallel()
	families := map[string]string{
		"video":         "text2video img2video text2video_ultra img2video_ultra video2video watermark_remover",
		"images":        "text2img img2img inpaint controlnet text-to-image image-to-image",
		"realtime":      "text2img img2img inpaint",
		"image_editing": "removebg_mask super_resolution caption inpaint outpaint object_removal head_shot face_gen fashion qwen_edit something_new",
		"voice": "text_to_speech voice_to_voice text_to_audio music_gen song_generator sfx speech_to_text voice_cover lyrics_generator create_dubbing " +
			"text-to-speech speech-to-text speech-to-speech music-gen sound-generation create-dubbing song-extender song-inpaint",
		"3d":           "text_to_3d image_to_3d",
		"video-fusion": "text-to-video image-to-video video-to-video lip-sync motion-control",
	}
	paths := []string{"controlnet", "lora_fine_tune", "fine_tune", "text2img", "img2img", "inpaint", "deepfake/single_video_swap",
		"deepfake/single_face_swap", "interior/make", "ultra_video/text2video", "image_to_video_ultra/img2video", "qwen/text2img", "video/any_other", "images/any-other", "realtime/x", "voice/x", "3d/x", "video-fusion/x"}
	for family, operations := range families {
		for operation := range strings.FieldsSeq(operations) {
			paths = append(paths, family+"/"+operation)
		}
	}
	c := load(t, "")
	for _, path := range paths {
		capability, _, err := c.Operation(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		lookup(t, c, "modelslab", capability, "some-model")
	}
}

func TestOperationsNameAModel(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	for path, want := range map[string][2]string{
		"video/text2video":      {"text-to-video", ""},
		"video/avatar":          {"video-generation", "avatar"},
		"image_editing/sharpen": {"image-editing", "sharpen"},
		"controlnet":            {"controlnet", ""},
	} {
		if capability, model, err := c.Operation(path); err != nil || capability != want[0] || model != want[1] {
			t.Errorf("%s: %s of %q, %v", path, capability, model, err)
		}
	}
}

func TestUnknownOperations(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	for _, path := range []string{"", "/", "video", "video/", "video/*", "image_editing", "image_editing/", "image_editing/*", "image_editing/a/b", "image_editing/../x", "fetch/12", strings.Repeat("x", 10_000)} {
		capability, _, err := c.Operation(path)
		if taskhook.ErrorCode(err) != taskhook.CodeProviderNotFound {
			t.Errorf("%.20q: %q, %v", path, capability, err)
		}
	}
	_, _, err := c.Operation("vidoe/text2video")
	if got, want := err.Error(), `there is no operation "vidoe/text2video", did you mean "video/text2video"`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	tests := []struct {
		provider, capability, model string
		name                        string
		medium                      taskhook.Medium
		estimate, timeout           time.Duration
	}{
		{"vidu", "text-to-video", "viduq3-turbo", "viduq3-turbo", taskhook.MediumVideo, 30 * time.Second, time.Hour},
		{"gemini", "image-to-image", "nano-banana-2", "nano-banana-2", taskhook.MediumImage, 10 * time.Second, 10 * time.Minute},
		{"modelslab", "text-to-video", "cogvideox", "cogvideox", taskhook.MediumVideo, time.Minute, time.Hour},
		{"modelslab", "text-to-image", "cogvideox", "cogvideox", taskhook.MediumImage, 10 * time.Second, 10 * time.Minute},
		{"modelslab", "text-to-image", "my/own_model.v1", "my/own_model.v1", taskhook.MediumImage, 10 * time.Second, 10 * time.Minute},
		{"modelslab", "text-to-speech", "", "text-to-speech", taskhook.MediumAudio, 20 * time.Second, 30 * time.Minute},
		{"modelslab", "caption", "", "caption", taskhook.MediumText, 10 * time.Second, 10 * time.Minute},
		{"modelslab", "lora-fine-tune", "", "lora-fine-tune", taskhook.MediumTrained, 30 * time.Minute, 24 * time.Hour},
		{"muapi", "", "generate_wan_ai_effects", "generate_wan_ai_effects", taskhook.MediumVideo, time.Minute, time.Hour},
		{"muapi", "", "mmaudio-v2/text-to-audio", "mmaudio-v2/text-to-audio", taskhook.MediumAudio, 20 * time.Second, 30 * time.Minute},
	}
	for _, tt := range tests {
		m := lookup(t, c, tt.provider, tt.capability, tt.model)
		if m.Name != tt.name || m.Provider != tt.provider || m.Medium != tt.medium || m.Estimate != tt.estimate || m.Timeout != tt.timeout {
			t.Errorf("%s %s %s: %s %s %s %s", tt.provider, tt.capability, tt.model, m.Name, m.Medium, m.Estimate, m.Timeout)
		}
	}
}

func TestLookupErrors(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	tests := []struct {
		provider, capability, model string
		code                        taskhook.Code
		field, message              string
	}{
		{"vidoo", "text-to-video", "viduq3-pro", taskhook.CodeProviderNotFound, "provider",
			`there is no provider "vidoo", did you mean "vidu"; the providers are gemini, kling, modelslab, muapi, seedance, seedream and vidu`},
		{"vidu", "text-to-song", "viduq3-pro", taskhook.CodeProviderNotFound, "capability",
			`provider vidu has no capability "text-to-song"; it has image-to-video and text-to-video; GET /api/v1/models lists all`},
		{"vidu", "text-to-video", "ViduQ3pro", taskhook.CodeModelNotFound, "model",
			`provider vidu has no model "ViduQ3pro", did you mean "viduq3-pro"; it has viduq2-pro, viduq2-pro-fast, viduq2-turbo, viduq3-pro and viduq3-turbo; GET /api/v1/models lists all`},
		{"seedream", "image-to-image", "seedream-3-0-t2i", taskhook.CodeModelNotFound, "model",
			`model seedream-3-0-t2i of seedream can't do image-to-image; it can do text-to-image; for image-to-image take seedream-4-0, seedream-4-5 and seedream-5-0-lite`},
		{"muapi", "", "nothing-like-it", taskhook.CodeModelNotFound, "model",
			`provider muapi has no model "nothing-like-it"; it has ai-anime-generator, ai-background-remover, ai-color-photo, ai-ghibli-style, ai-image-extension, ai-image-face-swap, ai-image-upscale, ai-object-eraser, ai-product-shot, ai-skin-enhancer, ai-video-face-swap, flux-dev-image and 12 more; GET /api/v1/models lists all`},
		{"kling", "", "kling-v3", taskhook.CodeProviderNotFound, "capability",
			`model kling-v3 can do more than one thing; ask for one of image-to-video and text-to-video`},
		{"modelslab", "text-to-image", "a\nb", taskhook.CodeModelNotFound, "model",
			`provider modelslab has no model "a\nb"; a name is made of letters, digits and . _ - / : @ +; GET /api/v1/models lists all`},
	}
	for _, tt := range tests {
		m, err := c.Lookup(tt.provider, tt.capability, tt.model)
		want := &taskhook.Error{Code: tt.code, Field: tt.field, Message: tt.message}
		if diff := cmp.Diff(error(want), err); m != nil || diff != "" {
			t.Errorf("%s %s %q (-want +got):\n%s", tt.provider, tt.capability, tt.model, diff)
		}
	}
}

func TestLookupOfHostileNames(t *testing.T) {
	t.Parallel()
	c := load(t, "")
	long := strings.Repeat("é", 100_000)
	for _, name := range []string{AnyName, "", long, "a b", "\x00", "{{", "../x"} {
		for _, ask := range [][3]string{{name, "text-to-video", "x"}, {"vidu", name, "x"}, {"vidu", "text-to-video", name}, {"modelslab", "text-to-image", name}, {"muapi", "", name}} {
			if name == "" && ask[0] == "modelslab" {
				continue // asks for the model named like the capability
			}
			_, err := c.Lookup(ask[0], ask[1], ask[2])
			if code := taskhook.ErrorCode(err); code != taskhook.CodeModelNotFound && code != taskhook.CodeProviderNotFound {
				t.Errorf("%.40q: %v", ask, err)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("%.40q: message of %d bytes", ask, len(err.Error()))
			}
		}
	}
}

func TestAdapterFor(t *testing.T) {
	t.Parallel()
	c := load(t, `
models:
  kling: {kling-v3: {adapter: "http:kling"}}
  vidu: {viduq3-pro: {adapter: sandbox}}
`)
	tests := []struct {
		provider, model string
		test, dev       bool
		want            string
	}{
		{"kling", "kling-v3", false, false, "http:kling"},
		{"kling", "kling-v3", false, true, "http:kling"},
		{"kling", "kling-v3", true, false, "sandbox"},
		{"kling", "kling-v3", true, true, "sandbox"},
		{"vidu", "viduq3-pro", false, false, "sandbox"},
		{"kling", "kling-v2-6", true, false, "sandbox"},
		{"kling", "kling-v2-6", false, true, "sandbox"},
		{"kling", "kling-v2-6", false, false, ""},
	}
	for _, tt := range tests {
		got, err := lookup(t, c, tt.provider, "text-to-video", tt.model).AdapterFor(tt.test, tt.dev)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%+v: got %q, %v", tt, got, err)
		}
	}
	_, err := lookup(t, c, "kling", "text-to-video", "kling-v2-6").AdapterFor(false, false)
	want := `no provider for kling-v2-6: nothing on this server runs it; write models: {kling: {"kling-v2-6": {adapter: "command:NAME"}}} ` +
		`(or sandbox) into taskhook.yaml, or use a test key for sandbox results`
	if taskhook.ErrorCode(err) != taskhook.CodeUnavailable || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestAdviceWorks writes what the error says, for models that are listed, open or
// both.
func TestAdviceWorks(t *testing.T) {
	t.Parallel()
	for _, ask := range [][3]string{{"muapi", "", "gpt-image-1.5"}, {"modelslab", "text-to-speech", ""}, {"modelslab", "text-to-image", "my-model"}, {"modelslab", "inpaint", "cogvideox"}} {
		_, err := lookup(t, load(t, ""), ask[0], ask[1], ask[2]).AdapterFor(false, false)
		_, advice, _ := strings.Cut(err.Error(), "write ")
		advice, _, _ = strings.Cut(advice, " (or")
		if got, err := lookup(t, load(t, advice), ask[0], ask[1], ask[2]).AdapterFor(false, false); got != "command:NAME" {
			t.Errorf("%s: got %q, %v", advice, got, err)
		}
	}
}
