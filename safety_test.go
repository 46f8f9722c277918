package taskhook_test

import (
	"testing"

	"github.com/taskhook/taskhook"
)

func TestSafetyOf(t *testing.T) {
	t.Parallel()
	const unknown, safe, flagged = taskhook.SafetyUnknown, taskhook.SafetySafe, taskhook.SafetyFlagged
	for _, tt := range []struct {
		of   []taskhook.Safety
		want taskhook.Safety
	}{
		{nil, unknown},
		{[]taskhook.Safety{safe, safe}, safe},
		{[]taskhook.Safety{safe, unknown}, unknown},
		{[]taskhook.Safety{unknown, safe}, unknown},
		{[]taskhook.Safety{safe, unknown, flagged}, flagged},
	} {
		var results []taskhook.Artifact
		for _, s := range tt.of {
			results = append(results, taskhook.Artifact{Safety: s})
		}
		if got := taskhook.SafetyOf(results); got != tt.want {
			t.Errorf("%q together are %q, want %q", tt.of, got, tt.want)
		}
	}
}
