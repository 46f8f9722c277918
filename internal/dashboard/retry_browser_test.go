package dashboard_test

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestTaskButtonsInABrowser cancels a task that would take long, and retries one
// that failed.
func TestTaskButtonsInABrowser(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "chromium") {
		return
	}
	server := program.Start(t, once)
	submit := func(input string) string {
		k, err := server.Submit(t.Context(), "vidu", "text-to-video", client.Submission{Model: "viduq3-turbo", Input: json.RawMessage(input)})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID
	}
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, scripts)
			b.signIn(server.URL, program.Key)
			b.do(chromedp.Navigate(server.URL+"/tasks/"+submit(`{"prompt":"x","sandbox":{"seconds":600}}`)),
				chromedp.Click(chromedp.CSS("#cancel")), chromedp.WaitVisible(chromedp.CSS(".flash")))
			b.sees("The task is cancelled", `<span class="state cancelled">cancelled</span>`)

			failed := submit(`{"prompt":"x","sandbox":{"seconds":0,"fail":"No such face."}}`)
			b.do(chromedp.Navigate(server.URL + "/tasks/" + failed))
			b.sees("No such face.", `id="retry"`)
			b.do(chromedp.Click(chromedp.CSS("#retry")), chromedp.WaitVisible(chromedp.CSS(".flash")))
			b.sees("This new task repeats the old one", `title="`+failed+`"`)
		})
	}
}
