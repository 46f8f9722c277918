package modelhunter

import (
	"net/http"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// HandlerFunc answers a request of who, or returns the error to answer with.
type HandlerFunc func(w http.ResponseWriter, r *http.Request, who taskhook.Identity) error

// scopeByMedium stands for the scope of submitting tasks of a medium, which the
// service asks for once it knows the medium.
const scopeByMedium taskhook.Scope = "{medium}:create"

// Route is one operation of the API.
type Route struct {
	Method   string
	Pattern  string         // of http.ServeMux, without method
	Request  any            // zero value of the body's type; nil: there is no body
	Response any            // zero value of the type of the answer's data; nil: it is a stream of server-sent events
	Status   int            // of success
	Scope    taskhook.Scope // that a key must have
	Summary  string
	Handler  HandlerFunc
}

// Routes returns the one table of the API: what is mounted, and what documents
// and tests are made from.
func (f *Face) Routes() []Route {
	const (
		get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete

		ok, created, accepted = http.StatusOK, http.StatusCreated, http.StatusAccepted

		tasks, webhooks, deliveries, keys = "/api/v1/tasks", "/api/v1/webhooks", "/api/v1/deliveries", "/api/v1/api-keys"

		replays = "/api/v1/replays"

		files, workflows, executions = "/api/v1/files", "/api/v1/workflows", "/api/v1/executions"
	)
	return append(f.batchRoutes(), []Route{
		{post, "/api/v1/{provider}/{capability}", client.Submission{}, client.AcceptedTask{}, accepted, scopeByMedium, "Submit a task", f.submit},
		{post, "/v1/{provider}/{capability}", client.Submission{}, client.AcceptedTask{}, accepted, scopeByMedium, "Submit a task, under the path of older documents", f.submit},
		{get, tasks, nil, []client.Task{}, ok, taskhook.ScopeTasksRead, "List tasks", f.listTasks},
		{get, tasks + "/{id}", nil, client.Task{}, ok, taskhook.ScopeTasksRead, "Read a task", f.task},
		{post, tasks + "/{id}/cancel", nil, client.Task{}, ok, taskhook.ScopeTasksWrite, "Cancel a task", f.cancelTask},
		{del, tasks + "/{id}", nil, client.Task{}, ok, taskhook.ScopeTasksWrite, "Cancel a task", f.cancelTask},
		{post, tasks + "/{id}/retry", client.Retry{}, client.AcceptedTask{}, accepted, taskhook.ScopeTasksWrite, "Repeat a failed or expired task", f.retryTask},
		{get, tasks + "/{id}/posters", nil, []client.Poster{}, ok, taskhook.ScopeTasksRead, "List the posters of a task's videos", f.posters},
		{get, tasks + "/{id}/deliveries", nil, []client.Delivery{}, ok, taskhook.ScopeDeliveriesRead, "List the deliveries of a task's outcome", f.taskDeliveries},

		{post, webhooks, client.NewWebhook{}, client.Webhook{}, created, taskhook.ScopeWebhooksWrite, "Register a webhook", f.createWebhook},
		{get, webhooks, nil, []client.Webhook{}, ok, taskhook.ScopeWebhooksRead, "List webhooks", f.listWebhooks},
		{get, webhooks + "/{id}", nil, client.Webhook{}, ok, taskhook.ScopeWebhooksRead, "Read a webhook", f.webhook},
		{patch, webhooks + "/{id}", client.WebhookChange{}, client.Webhook{}, ok, taskhook.ScopeWebhooksWrite, "Change a webhook", f.updateWebhook},
		{put, webhooks + "/{id}", client.WebhookChange{}, client.Webhook{}, ok, taskhook.ScopeWebhooksWrite, "Change a webhook", f.updateWebhook},
		{del, webhooks + "/{id}", nil, client.Deleted{}, ok, taskhook.ScopeWebhooksWrite, "Delete a webhook", f.deleteWebhook},
		{get, webhooks + "/{id}/health", nil, client.WebhookHealth{}, ok, taskhook.ScopeWebhooksRead, "Read how a webhook fares", f.webhookHealth},
		{post, webhooks + "/{id}/test", nil, client.TestResult{}, ok, taskhook.ScopeWebhooksWrite, "Send a test event", f.testWebhook},
		{post, webhooks + "/{id}/drop", nil, client.Dropped{}, ok, taskhook.ScopeWebhooksWrite, "Drop what is held", f.dropHeld},
		{post, webhooks + "/{id}/rotate-secret", client.Rotation{}, client.Webhook{}, ok, taskhook.ScopeWebhooksWrite, "Give a webhook a new secret", f.rotateSecret},
		{get, webhooks + "/{id}/deliveries", nil, []client.Delivery{}, ok, taskhook.ScopeDeliveriesRead, "List the deliveries of a webhook", f.webhookDeliveries},
		{post, webhooks + "/{id}/deliveries/{delivery_id}/replay", nil, client.Delivery{}, accepted, taskhook.ScopeDeliveriesWrite, "Send a delivery again", f.replayDelivery},

		{get, deliveries, nil, []client.Delivery{}, ok, taskhook.ScopeDeliveriesRead, "List deliveries", f.listDeliveries},
		{get, deliveries + "/{delivery_id}", nil, client.Delivery{}, ok, taskhook.ScopeDeliveriesRead, "Read a delivery", f.delivery},
		{get, deliveries + "/{delivery_id}/attempts", nil, []client.Attempt{}, ok, taskhook.ScopeDeliveriesRead, "List the attempts of a delivery", f.attempts},
		{post, deliveries + "/{delivery_id}/replay", nil, client.Delivery{}, accepted, taskhook.ScopeDeliveriesWrite, "Send a delivery again", f.replayDelivery},

		{post, replays + "/preview", client.NewReplay{}, client.ReplayPreview{}, ok, taskhook.ScopeDeliveriesRead, "See what a replay would send", f.previewReplay},
		{post, replays, client.NewReplay{}, client.Replay{}, accepted, taskhook.ScopeDeliveriesWrite, "Send many deliveries again", f.startReplay},
		{get, replays, nil, []client.Replay{}, ok, taskhook.ScopeDeliveriesRead, "List replays", f.listReplays},
		{get, replays + "/{replay_id}", nil, client.Replay{}, ok, taskhook.ScopeDeliveriesRead, "Read a replay", f.replay},
		{patch, replays + "/{replay_id}", client.ReplayChange{}, client.Replay{}, ok, taskhook.ScopeDeliveriesWrite, "Change the rate of a replay", f.changeReplay},
		{post, replays + "/{replay_id}/pause", nil, client.Replay{}, ok, taskhook.ScopeDeliveriesWrite, "Pause a replay", f.pauseReplay},
		{post, replays + "/{replay_id}/resume", nil, client.Replay{}, ok, taskhook.ScopeDeliveriesWrite, "Let a paused replay go on", f.resumeReplay},
		{post, replays + "/{replay_id}/cancel", nil, client.Replay{}, ok, taskhook.ScopeDeliveriesWrite, "Cancel a replay", f.cancelReplay},

		{post, files + "/upload-url", client.NewFile{}, client.Upload{}, ok, taskhook.ScopeFilesWrite, "Announce a file, for an address to upload it to", f.announceFile},
		{post, files + "/{file_id}/complete", nil, client.File{}, ok, taskhook.ScopeFilesWrite, "Complete an uploaded file", f.completeFile},
		{get, files, nil, []client.File{}, ok, taskhook.ScopeFilesRead, "List files", f.listFiles},
		{get, files + "/{file_id}", nil, client.File{}, ok, taskhook.ScopeFilesRead, "Read a file's description", f.file},
		{del, files + "/{file_id}", nil, client.Deleted{}, ok, taskhook.ScopeFilesWrite, "Delete a file", f.deleteFile},

		{post, workflows, client.Definition{}, client.Workflow{}, created, taskhook.ScopeWorkflowsWrite, "Make a workflow", f.createWorkflow},
		{get, workflows, nil, []client.Workflow{}, ok, taskhook.ScopeWorkflowsRead, "List workflows", f.listWorkflows},
		{get, workflows + "/{workflow_id}", nil, client.Workflow{}, ok, taskhook.ScopeWorkflowsRead, "Read a workflow", f.workflow},
		{put, workflows + "/{workflow_id}", client.Definition{}, client.Workflow{}, ok, taskhook.ScopeWorkflowsWrite, "Make a new version of a workflow", f.updateWorkflow},
		{del, workflows + "/{workflow_id}", nil, client.Deleted{}, ok, taskhook.ScopeWorkflowsWrite, "Delete a workflow", f.deleteWorkflow},
		{post, workflows + "/{workflow_id}/run", client.NewExecution{}, client.Execution{}, accepted, taskhook.ScopeWorkflowsRun, "Run a workflow", f.runWorkflow},
		{get, executions, nil, []client.Execution{}, ok, taskhook.ScopeWorkflowsRead, "List executions", f.listExecutions},
		{get, executions + "/{execution_id}", nil, client.Execution{}, ok, taskhook.ScopeWorkflowsRead, "Read an execution", f.execution},
		{post, executions + "/{execution_id}/cancel", nil, client.Execution{}, ok, taskhook.ScopeWorkflowsRun, "Cancel an execution", f.cancelExecution},

		{post, keys, client.NewKey{}, client.Key{}, created, taskhook.ScopeKeysWrite, "Make a key", f.createKey},
		{get, keys, nil, []client.Key{}, ok, taskhook.ScopeKeysRead, "List keys", f.listKeys},
		{del, keys + "/{key_id}", nil, client.Deleted{}, ok, taskhook.ScopeKeysWrite, "Delete a key", f.deleteKey},

		{get, "/api/v1/balance", nil, client.Balance{}, ok, taskhook.ScopeBalanceRead, "Read the balance", f.balance},
		{get, "/api/v1/usage", nil, client.Usage{}, ok, taskhook.ScopeUsageRead, "Sum up how tasks ended, and what they cost", f.usage},

		{post, "/api/v1/events", client.EventBatch{}, client.PublishedEvents{}, accepted, taskhook.ScopeEventsWrite, "Publish events, one or many", f.publish},
		{get, "/api/v1/events", nil, client.FeedPage{}, ok, taskhook.ScopeEventsRead, "Read the feed of events", f.feed},
		{get, "/api/v1/events/stream", nil, nil, ok, taskhook.ScopeEventsRead, "Follow the feed of events", f.feedStream},
		{get, "/api/v1/models", nil, []client.Model{}, ok, taskhook.ScopeModelsRead, "List models", f.listModels},
	}...)
}

// reserved reports whether no provider may have the name, because paths of this
// API, of ones to come, or of the other faces begin with it.
func reserved(provider string) bool {
	switch provider {
	case "account", "accounts", "admin", "api-keys", "auth", "balance", "batches", "billing", "capabilities", "deliveries", "docs", "enterprise",
		"endpoint", "endpoints", "events", "executions", "feed", "files", "health", "keys", "me", "models", "openapi", "openapi.json",
		"predictions", "providers", "replays", "results", "runs", "stream", "tasks", "usage", "webhooks", "workers", "workflow", "workflows":
		return true
	}
	return false
}
