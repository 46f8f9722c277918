package upstream_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/provider/upstream"
)

func TestCallbacks(t *testing.T) {
	t.Parallel()
	c := upstream.NewCallbacks("https://here.test/", []byte("a key of this server"))
	var woken []string
	mux := http.NewServeMux()
	mux.Handle("/callbacks/{run}/{token}", c.Handler(func(run string) { woken = append(woken, run) }))
	good := c.URL("run_1")
	for _, tt := range []struct {
		url  string
		want int
	}{
		{good, http.StatusNoContent},
		{good, http.StatusNoContent}, // doubled
		{strings.Replace(good, "run_1", "run_2", 1), http.StatusNotFound},
		{good[:len(good)-1], http.StatusNotFound},
		{upstream.NewCallbacks("https://here.test", []byte("of another")).URL("run_1"), http.StatusNotFound},
	} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodPost, tt.url, strings.NewReader(`{"status":"succeeded"}`)))
		equal(t, "status of "+tt.url, w.Code, tt.want)
	}
	equal(t, "woken", strings.Join(woken, " "), "run_1 run_1")
}
