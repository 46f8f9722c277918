package jsjson_test

import (
	"testing"

	"github.com/taskhook/taskhook/internal/jsjson"
)

// submission is of the size and shape that a client sends.
const submission = `{"model":"viduq2-pro-fast","webhookUrl":"https://hooks.example.com/receive/task?x=1","input":{"prompt":` +
	`"A cat that walks along the shore at dusk, cinematic light, slow pan, 35 mm film, grain, shallow depth of field, ` +
	`with gulls in the distance and a lighthouse","duration":4,"aspect_ratio":"16:9","resolution":"720p","style":"general",` +
	`"audio":true,"seed":1234567,"off_peak":false,"cfg":0.75},"metadata":{"user_id":"u_123","order":{"id":"ord_778812",` +
	`"lines":[1,2,3],"total":12.5},"tags":["alpha","beta","gamma"],"note":"Zürich – naïve café ☕"}}`

func BenchmarkNormalize(b *testing.B) {
	src := []byte(submission)
	dst := make([]byte, 0, 2*len(src))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jsjson.Normalize(dst, src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObject(b *testing.B) {
	src := []byte(submission)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if err := jsjson.Object(src, func(string, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
