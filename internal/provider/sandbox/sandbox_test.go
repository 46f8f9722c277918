package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	_ "image/gif"
	_ "image/png"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/artifact/media"
	"github.com/taskhook/taskhook/internal/provider"
	"github.com/taskhook/taskhook/internal/provider/providertest"
	"github.com/taskhook/taskhook/internal/testkit"
)

func request(medium taskhook.Medium, input string) provider.Request {
	return provider.Request{TaskID: "task_x", RunID: "run_x", Attempt: 1, Model: "model-1", Medium: medium, Input: json.RawMessage(input)}
}

func contract(ffmpeg string, medium taskhook.Medium) providertest.Contract {
	return providertest.Contract{
		New:           func(*testing.T) provider.Adapter { return New(ffmpeg) },
		Good:          request(medium, `{"prompt":"a red fox","duration":1,"sandbox":{"seconds":0}}`),
		Bad:           request(medium, `{"prompt":"a red fox","sandbox":{"seconds":0,"fail":"The prompt was refused."}}`),
		Endless:       request(medium, `{"prompt":"a red fox","sandbox":{"seconds":3600}}`),
		Deterministic: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for _, medium := range []taskhook.Medium{
		taskhook.MediumImage, taskhook.MediumVideo, taskhook.MediumAudio, taskhook.Medium3D, taskhook.MediumText, taskhook.MediumTrained,
	} {
		t.Run(string(medium), func(t *testing.T) {
			t.Parallel()
			providertest.Exercise(t, contract("", medium))
		})
	}
}

func TestContractMP4(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "ffmpeg") {
		return
	}
	t.Run("mp4", func(t *testing.T) { providertest.Exercise(t, contract(ffmpeg(t), taskhook.MediumVideo)) })
}

func ffmpeg(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run returns what the sandbox makes of the input, without waiting.
func run(t *testing.T, ffmpeg string, medium taskhook.Medium, input string) []providertest.Output {
	t.Helper()
	var sink providertest.Recorder
	r := request(medium, strings.TrimSuffix(input, "}")+`,"sandbox":{"seconds":0}}`)
	if err := New(ffmpeg).Run(t.Context(), r, &sink); err != nil {
		t.Fatal(err)
	}
	return sink.Outputs()
}

func TestResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		medium   taskhook.Medium
		input    string
		media    string
		duration time.Duration
	}{
		{taskhook.MediumImage, `{"prompt":"x"}`, "image/png", 0},
		{taskhook.MediumVideo, `{"prompt":"x"}`, "image/gif", 3 * time.Second},
		{taskhook.MediumVideo, `{"prompt":"x","duration":1.3}`, "image/gif", 1300 * time.Millisecond},
		{taskhook.MediumVideo, `{"prompt":"x","duration":0.01}`, "image/gif", 500 * time.Millisecond},
		{taskhook.MediumAudio, `{"text":"x","duration":"2s"}`, "audio/wav", 2 * time.Second},
		{taskhook.MediumAudio, `{"text":"x","duration":1e5}`, "audio/wav", time.Minute},
		{taskhook.Medium3D, `{"prompt":"x"}`, "model/gltf-binary", 0},
		{taskhook.MediumText, `{"prompt":"x"}`, "text/plain; charset=utf-8", 0},
		{taskhook.MediumTrained, `{"prompt":"x"}`, "application/json", 0},
	}
	for _, tt := range tests {
		t.Run(string(tt.medium)+tt.input, func(t *testing.T) {
			t.Parallel()
			outputs := run(t, "", tt.medium, tt.input)
			if len(outputs) != 1 {
				t.Fatalf("%d outputs", len(outputs))
			}
			checkFile(t, outputs[0], tt.media, tt.duration)
		})
	}
}

func checkFile(t *testing.T, o providertest.Output, want string, duration time.Duration) {
	t.Helper()
	typ := media.Detect(o.Bytes[:min(len(o.Bytes), media.HeadSize)], o.Name)
	if typ.Media != want {
		t.Errorf("%s is %s, want %s", o.Name, typ.Media, want)
	}
	if got := media.Duration(typ, bytes.NewReader(o.Bytes), int64(len(o.Bytes))); got != duration {
		t.Errorf("plays %v, want %v", got, duration)
	}
	if !bytes.Contains(o.Bytes, []byte(stamp)) {
		t.Errorf("%s is not stamped", o.Name)
	}
	if len(o.Bytes) > 3<<20 {
		t.Errorf("%s has %d bytes", o.Name, len(o.Bytes))
	}
}

func TestMP4(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "ffmpeg") {
		return
	}
	outputs := run(t, ffmpeg(t), taskhook.MediumVideo, `{"prompt":"x","duration":2,"size":"333x177"}`)
	checkFile(t, outputs[0], "video/mp4", 2*time.Second)
}

// TestBrokenFFmpeg: a video comes all the same, as a GIF.
func TestBrokenFFmpeg(t *testing.T) {
	t.Parallel()
	outputs := run(t, "/no/such/ffmpeg", taskhook.MediumVideo, `{"prompt":"x"}`)
	checkFile(t, outputs[0], "image/gif", 3*time.Second)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		medium taskhook.Medium
		input  string
		want   image.Point
	}{
		{taskhook.MediumImage, `{"prompt":"x"}`, image.Pt(512, 512)},
		{taskhook.MediumImage, `{"width":640,"height":"360"}`, image.Pt(640, 360)},
		{taskhook.MediumImage, `{"size":"1920x1080"}`, image.Pt(1024, 576)},
		{taskhook.MediumImage, `{"size":"300*400"}`, image.Pt(300, 400)},
		{taskhook.MediumImage, `{"size":"large"}`, image.Pt(512, 512)},
		{taskhook.MediumImage, `{"size":"NaNxInf"}`, image.Pt(512, 512)},
		{taskhook.MediumImage, `{"aspect_ratio":"1:2"}`, image.Pt(256, 512)},
		{taskhook.MediumImage, `{"width":1,"height":-5}`, image.Pt(minSide, 512)},
		{taskhook.MediumImage, `{"width":999999,"height":1}`, image.Pt(1024, minSide)},
		{taskhook.MediumVideo, `{"aspect_ratio":"16:9","duration":1}`, image.Pt(320, 180)},
		{taskhook.MediumVideo, `{"size":"1920x1080","duration":1}`, image.Pt(480, 270)},
	}
	for _, tt := range tests {
		t.Run(tt.input, func(t *testing.T) {
			t.Parallel()
			m, _, err := image.Decode(bytes.NewReader(run(t, "", tt.medium, tt.input)[0].Bytes))
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Bounds().Size(); got != tt.want {
				t.Errorf("size %v, want %v", got, tt.want)
			}
		})
	}
}

// TestVisibleStamp: the words stand on the picture itself.
func TestVisibleStamp(t *testing.T) {
	t.Parallel()
	for _, side := range []int{minSide, 512, 1024} {
		p := newPicture(order{}, 0, side, side)
		m := p.frame(0)
		scale := side / minSide
		x, y := 3*scale, side-(glyphHeight+4)*scale+2*scale
		for _, letter := range strings.ToUpper(stamp) {
			for row, dots := range glyph(letter) {
				for column, inked := range dots {
					if got := m.ColorIndexAt(x+column*scale, y+row*scale) == ink; got != inked {
						t.Fatalf("side %d: letter %c is not there", side, letter)
					}
				}
			}
			x += (glyphWidth + 1) * scale
		}
		if x > side {
			t.Errorf("side %d: the stamp is cut off", side)
		}
	}
}

func TestSeveralImages(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]int{
		`{"prompt":"x","samples":3}`: 3, `{"prompt":"x","num_images":"2"}`: 2, `{"prompt":"x","n":100}`: 4, `{"prompt":"x","n":true}`: 1,
	} {
		outputs := run(t, "", taskhook.MediumImage, input)
		if len(outputs) != want {
			t.Errorf("%s: %d images", input, len(outputs))
		}
		for i := 1; i < len(outputs); i++ {
			if bytes.Equal(outputs[0].Bytes, outputs[i].Bytes) {
				t.Errorf("%s: image %d is the first one again", input, i)
			}
		}
	}
}

// TestSeed: the steering and the way of writing do not matter, the input does.
func TestSeed(t *testing.T) {
	t.Parallel()
	seed := func(input string) any {
		o, err := newOrder(request(taskhook.MediumImage, input))
		if err != nil {
			t.Fatal(err)
		}
		return o.seed
	}
	same := seed(`{"prompt":"x","steps":20}`)
	if seed(`{ "steps":20, "prompt":"\u0078", "sandbox":{"fail":"y"} }`) != same {
		t.Error("the same input gave another seed")
	}
	if seed(`{"prompt":"y","steps":20}`) == same {
		t.Error("another input gave the same seed")
	}
}

func TestMesh(t *testing.T) {
	t.Parallel()
	b := run(t, "", taskhook.Medium3D, `{"prompt":"x"}`)[0].Bytes
	if n := binary.LittleEndian.Uint32(b[8:]); int(n) != len(b) || n%4 != 0 {
		t.Errorf("says %d bytes, has %d", n, len(b))
	}
	length := binary.LittleEndian.Uint32(b[12:])
	var scene struct {
		Buffers     []struct{ ByteLength int }
		BufferViews []struct{ ByteOffset, ByteLength int }
	}
	if err := json.Unmarshal(b[20:20+length], &scene); err != nil {
		t.Fatal(err)
	}
	last := scene.BufferViews[2]
	if left := len(b) - 28 - int(length); scene.Buffers[0].ByteLength != left || last.ByteOffset+last.ByteLength != left {
		t.Errorf("buffer %+v, last view %+v, %d bytes", scene.Buffers[0], last, left)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var times []time.Duration
		sink := providertest.Recorder{OnProgress: func(int) { times = append(times, time.Since(start)) }}
		err := New("").Run(t.Context(), request(taskhook.MediumText, `{"prompt":"x","sandbox":{"seconds":2,"steps":4}}`), &sink)
		if err != nil {
			t.Fatal(err)
		}
		const half = 500 * time.Millisecond
		if want := []time.Duration{0, half, 2 * half, 3 * half, 4 * half, 4 * half}; !slices.Equal(times, want) {
			t.Errorf("reported at %v, want %v", times, want)
		}
		if got := sink.Reports(); !slices.Equal(got, []int{0, 24, 49, 74, 99, 100}) {
			t.Errorf("reported %v", got)
		}
	})
}

func TestFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		err := New("").Run(t.Context(), request(taskhook.MediumText, `{"sandbox":{"seconds":7,"fail":"The face is hidden."}}`), &providertest.Recorder{})
		want := taskhook.TaskError{Code: "PROVIDER_ERROR", Message: "The face is hidden."}
		if got := provider.TaskError(err); *got != want || !provider.IsPermanent(err) || time.Since(start) != 7*time.Second {
			t.Errorf("failed with %v after %v", err, time.Since(start))
		}
	})
}

func TestCancelAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		err := New("").Run(ctx, request(taskhook.MediumText, `{"sandbox":{"seconds":3600}}`), &providertest.Recorder{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("ended with %v after %v", err, time.Since(start))
		}
	})
}
