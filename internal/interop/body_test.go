package interop

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/api/modelhunter"
	"github.com/taskhook/taskhook/internal/jsjson"
)

// metadata are what clients may say about their tasks, from plain to what a
// parser and a printer rarely agree on.
var metadata = [...]string{
	``,
	`{}`,
	`{"user_id":"u_123"}`,
	`{"10":"b","2":"a","ü<é>":"\u2028","n":1.0,"big":12345678901234567890,"e":1e21,"z":-0.0}`,
	`{ "1e3" : 1E3, "tiny": 5e-324, "huge": 1.7976931348623157e308, "long": 0.1000000000000000055511151231257827 }`,
	`{"a":1,"b":2,"a":3,"4294967294":1,"4294967295":2,"01":3,"-1":4,"0":5}`,
	`{"":"","\u0000":"\u001f\u007f\u0080","slash":"\/","pair":"\ud83d\ude00","half":"\ud83d","quote":"\"\\"}`,
	`{"html":"<script>&amp;</script>","lines":"\u2028\u2029\r\n\t\b\f","__proto__":{"constructor":[null,true,false]}}`,
	`{"deep":[[[[[{"9":[{"8":{"b":[],"a":{}}}],"7":0}]]]]]}`,
}

// body returns the body of the event that tells of a task with the metadata.
func body(t *testing.T, metadata string) []byte {
	t.Helper()
	var normal json.RawMessage
	if metadata != "" {
		var err error
		if normal, err = jsjson.NormalizeObject(nil, []byte(metadata)); err != nil {
			t.Fatalf("normalize %s: %v", metadata, err)
		}
	}
	at := time.UnixMilli(1_700_000_000_123)
	task := taskhook.Task{ID: taskhook.NewID(taskhook.PrefixTask, at), Provider: "vidu", Capability: "text-to-video",
		Model: "viduq3-turbo", Medium: taskhook.MediumVideo, Metadata: normal, State: taskhook.TaskSucceeded,
		Results:   []taskhook.Artifact{{Name: "task_x.mp4", Format: "mp4", Size: 12582912, Duration: 4250 * time.Millisecond}},
		CreatedAt: at, StartedAt: at, FinishedAt: at.Add(time.Minute)}
	return modelhunter.EventBody(taskhook.Outcome{EventID: taskhook.NewID(taskhook.PrefixEvent, at),
		EventType: taskhook.EventTaskCompleted, CreatedAt: at, Task: task,
		Links: []string{"https://tasks.example.com/results/task_x.mp4?signature=a&b=<c>"}})
}
