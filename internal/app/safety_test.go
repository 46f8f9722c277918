package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestSafetyOnAllFaces has a provider say what its check found, and each API tell
// it where that has a word for it.
func TestSafetyOnAllFaces(t *testing.T) {
	t.Parallel()
	s := program.Start(t, nil)
	for _, tt := range []struct {
		says  string
		muapi bool
		lab   string // empty: it says nothing
	}{
		{`,"nsfw":true`, true, `"nsfw_content_detected":true`},
		{`,"nsfw":false`, false, `"nsfw_content_detected":false`},
		{"", false, ""},
	} {
		made := mu(t, s, program.Key, http.MethodPost, "/api/v1/flux-dev-image?sync=true", `{"prompt":"x","num_images":2,"sandbox":{"seconds":0`+tt.says+`}}`)
		if !slices.Equal(made.NSFW, []bool{tt.muapi, tt.muapi}) {
			t.Errorf("%s: muapi says %s", tt.says, made.text)
		}
		fetched := mu(t, s, program.Key, http.MethodPost, "/modelslab/api/v6/images/fetch/"+made.ID, `{"key":"`+program.Key+`"}`)
		if !strings.Contains(fetched.text, `"status":"success"`) || !strings.Contains(fetched.text, tt.lab) || strings.Contains(fetched.text, "nsfw") != (tt.says != "") {
			t.Errorf("%s: ModelsLab says %s", tt.says, fetched.text)
		}
	}
}
