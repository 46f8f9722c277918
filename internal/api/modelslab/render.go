package modelslab

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
)

// The words for how a task stands (ML); failed is the seed's.
const (
	statusSuccess    = "success"
	statusProcessing = "processing"
	statusFailed     = "failed"
	statusError      = "error"
)

// render shows a task in one of the three shapes of (ML).
func (f *Face) render(t taskhook.Task, fetchURL string) json.RawMessage {
	switch t.State {
	case taskhook.TaskSucceeded:
		links := f.linksTo(t)
		o := success(t, links).texts("proxy_links", links)
		return withFinding(withTrack(o, t).raw("meta", meta(t)), t).end()
	case taskhook.TaskFailed, taskhook.TaskCancelled, taskhook.TaskExpired:
		return withTrack(failure(t), t).end()
	}
	o := newObject().text("status", statusProcessing).text("id", t.ID).number("eta", math.Ceil(t.Estimated.Seconds())).
		text("message", "The request is being processed.").
		text("tip", "Poll fetch_result until its status is success, or give a webhook with the request.").
		text("fetch_result", fetchURL).texts("output", nil).texts("future_links", f.futureLinks(t))
	return withTrack(o, t).raw("meta", meta(t)).end()
}

// success begins the shape of a task that succeeded.
func success(t taskhook.Task, links []string) *object {
	o := newObject().text("status", statusSuccess).text("id", t.ID).texts("output", links).number("generationTime", generationTime(t))
	if t.Sandbox {
		o.flag("sandbox", true)
	}
	return o
}

// withFinding appends what a check of the provider found (ML), if there was one.
func withFinding(o *object, t taskhook.Task) *object {
	found := taskhook.SafetyOf(t.Results)
	if found == taskhook.SafetyUnknown {
		return o
	}
	return o.flag("nsfw_content_detected", found == taskhook.SafetyFlagged)
}

// failure begins the shape of a task that has no results (seed).
func failure(t taskhook.Task) *object {
	return newObject().text("status", statusFailed).text("id", t.ID).text("message", reason(t))
}

// reason says why a task has no results.
func reason(t taskhook.Task) string {
	switch {
	case t.State == taskhook.TaskCancelled:
		return "The request was cancelled."
	case t.State == taskhook.TaskExpired:
		return "The result is no longer kept here: its retention time is over."
	case t.Error != nil:
		return t.Error.Message
	}
	return "The request failed."
}

// withTrack appends the caller's id, if the caller gave one.
func withTrack(o *object, t taskhook.Task) *object {
	if t.Echo == nil {
		return o
	}
	return o.raw(memberTrackID, t.Echo)
}

// meta is what was asked for.
func meta(t taskhook.Task) json.RawMessage {
	if len(t.Input) == 0 {
		return json.RawMessage("{}")
	}
	return t.Input
}

// generationTime is how many seconds a finished task took.
func generationTime(t taskhook.Task) float64 {
	start := t.StartedAt
	if start.IsZero() {
		start = t.CreatedAt
	}
	const hundredth = 10 * time.Millisecond
	return float64(max(t.FinishedAt.Sub(start).Round(hundredth)/hundredth, 0)) / 100
}

func (f *Face) linksTo(t taskhook.Task) []string {
	var links []string
	for _, a := range t.Results {
		if !a.Removed {
			links = append(links, f.Links.Permanent(a))
		}
	}
	return links
}

// futureLinks are where the results will be. Their extensions are guesses, which
// the links do without.
func (f *Face) futureLinks(t taskhook.Task) []string {
	var asked map[string]any
	_ = json.Unmarshal(t.Input, &asked) // an object, or nothing is asked
	format, ok := extension(t.Medium)
	if !ok {
		return nil
	}
	for _, name := range []string{"output_type", "output_format"} {
		if text, ok := asked[name].(string); ok && isExtension(text) {
			format = text
		}
	}
	count := 1
	if n, err := strconv.Atoi(fmt.Sprint(asked["samples"])); err == nil && t.Medium == taskhook.MediumImage {
		count = min(max(n, 1), maxSamples)
	}
	links := make([]string, count)
	for i := range links {
		links[i] = f.Links.Future(t.ID, i, format)
	}
	return links
}

const maxSamples = 4 // (ML) of one request

// extension is the usual one of a medium; ok is false for a medium whose results
// are no files to link to.
func extension(m taskhook.Medium) (format string, ok bool) {
	switch m {
	case taskhook.MediumImage:
		return "png", true
	case taskhook.MediumVideo:
		return "mp4", true
	case taskhook.MediumAudio:
		return "wav", true
	case taskhook.Medium3D:
		return "glb", true
	}
	return "txt", m == taskhook.MediumText
}

func isExtension(text string) bool {
	return 2 <= len(text) && len(text) <= 5 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
