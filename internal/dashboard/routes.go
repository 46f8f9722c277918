package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// route is one page or action.
type route struct {
	pattern string // of http.ServeMux
	handler http.Handler
}

// routes is the one table of what there is.
func (d *Dashboard) routes() []route {
	const (
		tasks, tasksWrite           = taskhook.ScopeTasksRead, taskhook.ScopeTasksWrite
		deliveries, deliveriesWrite = taskhook.ScopeDeliveriesRead, taskhook.ScopeDeliveriesWrite
		webhooks, webhooksWrite     = taskhook.ScopeWebhooksRead, taskhook.ScopeWebhooksWrite
		workflows, workflowsRun     = taskhook.ScopeWorkflowsRead, taskhook.ScopeWorkflowsRun
	)
	return []route{
		{"GET /{$}", d.page("", d.overview)},
		{"GET /tasks", d.page(tasks, d.taskList)},
		{"GET /tasks/{id}", d.page(tasks, d.task)},
		{"POST /tasks/{id}/cancel", d.action(tasksWrite, d.cancelTask)},
		{"POST /tasks/{id}/retry", d.action(tasksWrite, d.retryTask)},

		{"GET /workflows", d.page(workflows, d.workflowList)},
		{"GET /workflows/{id}", d.page(workflows, d.workflow)},
		{"GET /executions", d.page(workflows, d.executionList)},
		{"GET /executions/{id}", d.page(workflows, d.execution)},
		{"POST /executions/{id}/cancel", d.action(workflowsRun, d.cancelExecution)},

		{"GET /deliveries", d.page(deliveries, d.deliveryList)},
		{"GET /deliveries/{id}", d.page(deliveries, d.delivery)},
		{"POST /deliveries/{id}/replay", d.action(deliveriesWrite, d.replay)},

		{"GET /replays", d.page(deliveries, d.replayList)},
		{"GET /replays/new", d.page(deliveries, d.newReplay)},
		{"POST /replays", d.form(deliveriesWrite, d.startReplay)},
		{"GET /replays/{id}", d.page(deliveries, d.replayPage)},
		{"POST /replays/{id}/pause", d.action(deliveriesWrite, d.pauseReplay)},
		{"POST /replays/{id}/resume", d.action(deliveriesWrite, d.resumeReplay)},
		{"POST /replays/{id}/cancel", d.action(deliveriesWrite, d.cancelReplay)},
		{"POST /replays/{id}/rate", d.action(deliveriesWrite, d.paceReplay)},

		{"GET /endpoints", d.page(webhooks, d.endpointList)},
		{"GET /endpoints/new", d.page(webhooksWrite, d.registerForm)},
		{"POST /endpoints/new", d.form(webhooksWrite, d.register)},
		{"GET /endpoints/{id}", d.page(webhooks, d.endpoint)},
		{"GET /endpoints/{id}/edit", d.page(webhooksWrite, d.editForm)},
		{"POST /endpoints/{id}/edit", d.form(webhooksWrite, d.edit)},
		{"POST /endpoints/{id}/test", d.action(webhooksWrite, d.testEndpoint)},
		{"POST /endpoints/{id}/pause", d.action(webhooksWrite, d.pause)},
		{"POST /endpoints/{id}/resume", d.action(webhooksWrite, d.resume)},
		{"POST /endpoints/{id}/rotate", d.action(webhooksWrite, d.rotate)},
		{"POST /endpoints/{id}/delete", d.action(webhooksWrite, d.deleteEndpoint)},

		{"GET /workers", d.page("", d.workerList)}, // operators only

		{"POST /account", d.posted("", d.switchAccount)},
		{"GET /signin", http.HandlerFunc(d.showSignIn)},
		{"POST /signin", http.HandlerFunc(d.signIn)},
		{"POST /signout", http.HandlerFunc(d.signOut)},
		{"GET /static/{name}", http.HandlerFunc(d.asset)},
		{"/", http.HandlerFunc(d.nothingHere)},
	}
}

func (d *Dashboard) mux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range d.routes() {
		mux.Handle(r.pattern, r.handler)
	}
	return mux
}
