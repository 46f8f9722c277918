package dashboard

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// tone says how a moment is to be taken.
type tone string

const (
	toneGood  tone = "good"
	toneBad   tone = "bad"
	toneWait  tone = "wait" // something is still to come
	tonePlain tone = "plain"
)

// moment is one entry of a timeline.
type moment struct {
	At     time.Time
	Gap    time.Duration // since the moment before
	Tone   tone
	Title  string
	Detail string
	Error  string // what went wrong
	Hint   string // what to do about it
	Path   string // of the page that tells more
	Link   string // the id of what that page is about
	Future bool   // At is when it is due
	Open   bool   // At is not known: it is under way or awaited
}

// tried is a delivery with its attempts.
type tried struct {
	taskhook.Delivery
	Tries []taskhook.Attempt
}

// timeline tells the life of a task in the order in which it happened.
func timeline(t *taskhook.Task, sent []tried) []moment {
	line := taskMoments(t)
	if len(sent) > 0 {
		first := &sent[0]
		line = append(line, moment{At: first.CreatedAt, Title: "Event " + first.EventType, Detail: "id " + first.EventID, Tone: tonePlain})
	} else if t.State == taskhook.TaskSucceeded || t.State == taskhook.TaskFailed {
		line = append(line, moment{Title: "Nobody was to be told", Open: true, Tone: tonePlain,
			Detail: "No webhook URL came with the task, and no endpoint wanted this type of event."})
	}
	for i := range sent {
		line = append(line, deliveryMoments(&sent[i])...)
	}
	slices.SortStableFunc(line, func(a, b moment) int {
		if a.Open != b.Open { // what is awaited comes last
			return cmp.Compare(later(a), later(b))
		}
		return a.At.Compare(b.At)
	})
	for i := 1; i < len(line); i++ {
		if !line[i].Open && !line[i].Future {
			line[i].Gap = max(line[i].At.Sub(line[i-1].At), 0)
		}
	}
	return line
}

func later(m moment) int {
	if m.Open {
		return 1
	}
	return 0
}

// taskMoments tells of the task itself.
func taskMoments(t *taskhook.Task) []moment {
	through := "through the API of " + t.Face
	if t.Face == taskhook.FaceWorkflow {
		through = "as a step of a workflow"
	}
	line := []moment{{At: t.CreatedAt, Title: "Task created", Detail: through, Tone: tonePlain}}
	if !t.StartedAt.IsZero() {
		line = append(line, moment{At: t.StartedAt, Title: "Started", Detail: "the provider " + t.Provider + " has it", Tone: tonePlain})
	}
	switch t.State {
	case taskhook.TaskSucceeded, taskhook.TaskExpired:
		line = append(line, moment{At: t.FinishedAt, Title: "Succeeded", Detail: results(len(t.Results)), Tone: toneGood})
	case taskhook.TaskFailed:
		m := moment{At: t.FinishedAt, Title: "Failed", Tone: toneBad}
		if t.Error != nil {
			m.Detail, m.Error = t.Error.Code, t.Error.Message
		}
		line = append(line, m)
	case taskhook.TaskCancelled:
		line = append(line, moment{At: t.FinishedAt, Title: "Cancelled", Detail: "on request; nobody is told", Tone: tonePlain})
	case taskhook.TaskRunning:
		line = append(line, moment{Title: fmt.Sprintf("Running, %d%%", t.Progress), Open: true, Tone: toneWait})
	default:
		line = append(line, moment{Title: "Waiting for its turn", Open: true, Tone: toneWait})
	}
	return line
}

func results(n int) string {
	if n == 1 {
		return "1 result"
	}
	return fmt.Sprintf("%d results", n)
}

// deliveryMoments tells how a delivery was asked for, tried, and stands.
func deliveryMoments(d *tried) []moment {
	path := "/deliveries/" + d.ID
	var line []moment
	if d.ReplayOf != "" {
		line = append(line, moment{At: d.CreatedAt, Title: "Replay asked for", Detail: "of " + shortID(d.ReplayOf), Tone: tonePlain, Path: path, Link: d.ID})
	}
	for i := range d.Tries {
		m := attemptMoment(d, &d.Tries[i], path)
		if i+1 < len(d.Tries) && taskhook.Hint(&d.Tries[i+1]) == m.Hint {
			m.Hint = "" // said once, at the last of its kind
		}
		line = append(line, m)
	}
	switch {
	case d.State == taskhook.DeliveryPending && d.Held:
		line = append(line, moment{Title: "Held", Detail: "the endpoint of " + d.URL + " is paused or disabled", Open: true, Tone: toneWait, Path: path, Link: d.ID})
	case d.State == taskhook.DeliveryPending:
		line = append(line, moment{At: d.DueAt, Future: true, Title: fmt.Sprintf("Attempt %d is due", d.Attempts+1), Detail: d.URL, Tone: toneWait, Path: path, Link: d.ID})
	case d.State == taskhook.DeliveryFailed:
		line = append(line, moment{At: d.FinishedAt, Title: "Delivery failed", Detail: d.URL + ": no attempt is left; replay it when the receiver works again", Tone: toneBad, Path: path, Link: d.ID})
	case d.State == taskhook.DeliveryCancelled:
		line = append(line, moment{At: d.FinishedAt, Title: "Delivery cancelled", Detail: "the endpoint of " + d.URL + " was deleted", Tone: tonePlain, Path: path, Link: d.ID})
	}
	return line
}

// attemptMoment tells of one attempt at its end, when the answer came.
func attemptMoment(d *tried, a *taskhook.Attempt, path string) moment {
	m := moment{At: a.StartedAt.Add(a.Duration).Truncate(time.Millisecond), Title: fmt.Sprintf("Attempt %d: %s", a.Number, answer(a)),
		Detail: d.URL + " after " + took(a.Duration), Tone: toneGood, Path: path, Link: d.ID}
	if !a.Delivered() {
		m.Tone, m.Error, m.Hint = toneBad, a.Error, taskhook.Hint(a)
	}
	return m
}

// answer says in a word or two what an attempt met.
func answer(a *taskhook.Attempt) string {
	switch {
	case a.Delivered():
		return fmt.Sprintf("accepted with %d", a.Status)
	case a.Status != 0:
		return fmt.Sprintf("answered %d", a.Status)
	}
	return "no answer (" + string(a.Class) + ")"
}
