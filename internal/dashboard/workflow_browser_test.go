package dashboard_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/taskhook/taskhook/client"
	"github.com/taskhook/taskhook/internal/testkit"
	"github.com/taskhook/taskhook/internal/testkit/program"
)

// twoPictures is a workflow whose second step takes as long as the input says.
const twoPictures = `{"name":"Two pictures","inputs":{"seconds":{"type":"number"}},"steps":[
	{"id":"draw","provider":"seedream","model":"seedream-4-0","capability":"text-to-image","input":{"prompt":"a boat","sandbox":{"seconds":0}}},
	{"id":"again","provider":"seedream","model":"seedream-4-0","capability":"text-to-image",
	 "input":{"prompt":"another","images":"{{ draw.outputs }}","sandbox":{"seconds":"{{ inputs.seconds }}"}}}]}`

// TestWorkflowInABrowser follows an execution to its end, and cancels one.
func TestWorkflowInABrowser(t *testing.T) {
	t.Parallel()
	if !testkit.Need(t, "chromium") {
		return
	}
	server := program.Start(t, once)
	made, err := server.CreateWorkflow(t.Context(), []byte(twoPictures))
	if err != nil {
		t.Fatal(err)
	}
	run := func(seconds string) string {
		x, err := server.RunWorkflow(t.Context(), made.ID, client.NewExecution{Inputs: []byte(`{"seconds":` + seconds + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		return x.ID
	}
	for name, scripts := range map[string]bool{"with scripts": true, "without scripts": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, scripts)
			b.signIn(server.URL, program.Key)
			b.do(chromedp.Click(chromedp.CSS("nav a[href='/workflows']")), chromedp.WaitVisible(chromedp.CSS("td a.id")))
			b.sees("Two pictures")
			b.do(chromedp.Click(chromedp.CSS("td a.id")), chromedp.WaitVisible(chromedp.CSS("#definition")))
			b.sees("<strong>again</strong>", `data-label="After">draw<`)

			b.do(chromedp.Navigate(server.URL + "/executions/" + run("0")))
			b.sees(`<span class="state completed">completed</span>`, `alt="Result task_`, "2 of 2", `"again": [`)

			b.do(chromedp.Navigate(server.URL + "/executions/" + run("600")))
			b.sees(`<span class="state running">running</span>`, "1 of 2")
			b.do(chromedp.Click(chromedp.CSS("#cancel")), chromedp.WaitVisible(chromedp.CSS(".flash")))
			b.sees("The execution is cancelled", `<span class="state cancelled">cancelled</span>`, "1 of 2")
			b.do(chromedp.Click(chromedp.CSS("td[data-label=Task] a")), chromedp.WaitVisible(chromedp.CSS(".timeline")))
			b.sees("as a step of a workflow", "Step of")
		})
	}
}
