package dashboard_test

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// TestBulkReplayInABrowser sends again all that match a filter, steers that, and
// then what is ticked.
func TestBulkReplayInABrowser(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "chromium") {
		return
	}
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := program.Start(t, once)
			const down = http.StatusServiceUnavailable
			receiver := program.NewReceiver(t, down, down, down)
			b := newTab(t, scripts)
			b.signIn(server.URL, program.Key)
			b.register(server.URL, receiver.URL)
			for range 3 {
				publish(t, server.Client)
			}
			receiver.Wait(t, 3)

			b.do(chromedp.Navigate(server.URL + "/deliveries?state=failed"))
			b.sees("3 of 3")
			b.do(chromedp.Click(chromedp.CSS("#replay-all")), chromedp.WaitVisible(chromedp.CSS("#start")))
			b.sees("<strong>3</strong> events are sent again")
			b.do(chromedp.SetValue(chromedp.CSS("#rate"), "1"), chromedp.Click(chromedp.CSS("#start")), chromedp.WaitVisible(chromedp.CSS("#pause")))
			b.sees("The replay is started")
			b.do(chromedp.Click(chromedp.CSS("#pause")), chromedp.WaitVisible(chromedp.CSS("#resume")))
			b.sees(`<span class="state paused">paused</span>`)
			b.do(chromedp.SetValue(chromedp.CSS("#rate"), "900"), chromedp.Click(chromedp.CSS("form.filters button")), chromedp.WaitVisible(chromedp.CSS("#rate[value='900']")))
			b.sees("It now makes 900 a second.")
			b.do(chromedp.Click(chromedp.CSS("#resume")), chromedp.WaitNotPresent(chromedp.CSS("#resume")))
			b.sees(`<span class="state completed">completed</span>`, "3 made, of 3 · 100%", "<strong>3</strong>")
			receiver.Wait(t, 6)

			b.do(chromedp.Navigate(server.URL+"/deliveries?state=failed"), chromedp.Click(chromedp.CSS("td input")), chromedp.Click(chromedp.CSS("#replay-ticked")),
				chromedp.WaitVisible(chromedp.CSS("#start")))
			b.sees("1 chosen deliveries", "<strong>1</strong> event is sent again")
			b.do(chromedp.Click(chromedp.CSS("#start")), chromedp.WaitNotPresent(chromedp.CSS("#start")))
			b.sees(`<span class="state completed">completed</span>`)
			receiver.Wait(t, 7)
		})
	}
}
