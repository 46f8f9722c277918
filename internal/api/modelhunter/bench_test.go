package modelhunter

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/httpserver"
)

// discard is a response that is thrown away.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func BenchmarkPublish(b *testing.B) {
	event := `{"type":"order.paid","data":{"order":"17","note":"` + strings.Repeat("x", 400) + `","items":[{"sku":"a-1","price":12.5,"count":3},{"sku":"b","price":1,"count":1}]}}`
	for name, body := range map[string]string{
		"one":          event,
		"batch of 100": `{"events":[` + strings.Repeat(event+",", 99) + event + `]}`,
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld()
			log := slog.New(slog.DiscardHandler)
			handler := httpserver.Wrap(log, New(Config{Keys: w, Publisher: w, Log: log}))
			reader := bytes.NewReader(nil)
			r := httptest.NewRequest("POST", "/api/v1/events", reader)
			r.Header.Set("Authorization", "Bearer "+ownerKey)
			r.Header.Set("Content-Type", "application/json")
			r.Body, r.ContentLength = io.NopCloser(reader), int64(len(body))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset([]byte(body))
				handler.ServeHTTP(&discard{header: http.Header{}}, r)
			}
		})
	}
}
