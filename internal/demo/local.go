//go:build unix

package demo

import (
	"context"
	"encoding/json"
	"os/exec"
	"time"

	"github.com/taskhook/taskhook/client"
)

// offer is a task that can be shown on this machine.
type offer struct {
	medium     string
	provider   string
	capability string
	submission client.Submission
	by         string // who makes the result
}

const made = "the sandbox: a stand-in, no model ran"

// offers returns an image, a video and an audio task: made by programs where they
// work on this machine (examples/local.yaml says how), else by the sandbox.
func offers(ctx context.Context, env []string) []offer {
	list := []offer{
		{"image", "gemini", "text-to-image", ask("nano-banana-2", `{"prompt":"a lighthouse at dusk","sandbox":{"seconds":2,"steps":10}}`), made},
		{"video", "vidu", "text-to-video", ask("viduq3-turbo", `{"prompt":"a lighthouse at dusk","duration":2}`), made},
		{"audio", "modelslab", "sound-generation", ask("sfx", `{"prompt":"a foghorn"}`), made},
	}
	if works(ctx, env, "ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "color=size=64x64", "-vf", "drawtext=text=a",
		"-frames:v", "1", "-f", "null", "-") {
		list[1] = offer{"video", "local", "text-to-video", ask("caption", `{"prompt":"A lighthouse at dusk","duration":2}`), "ffmpeg on this machine"}
	}
	if works(ctx, env, "espeak-ng", "--version") {
		list[2] = offer{"audio", "local", "text-to-speech", ask("espeak", `{"prompt":"Your video is ready."}`), "espeak-ng on this machine"}
	}
	return list
}

func ask(model, input string) client.Submission {
	return client.Submission{Model: model, Input: json.RawMessage(input)}
}

// works reports whether the program is there and ends well.
func works(ctx context.Context, env []string, program string, args ...string) bool {
	const limit = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = env
	return cmd.Run() == nil
}
