package app

import (
	"github.com/taskhook/taskhook/internal/api/modelhunter"
	"github.com/taskhook/taskhook/internal/api/muapi"
	"github.com/taskhook/taskhook/internal/catalogue"
	"github.com/taskhook/taskhook/internal/workflow"
)

// buildWorkflows makes what moves workflows on, over the service of tasks.
func (a *App) buildWorkflows(models *catalogue.Catalogue) {
	outcomes := workflow.Outcomes{Primary: modelhunter.WorkflowEventBody, Schedule: a.Config.Schedule, Links: a.links,
		Default:  workflow.Webhook{Render: modelhunter.WorkflowBody, Schedule: a.Config.WorkflowSchedule},
		Webhooks: map[string]workflow.Webhook{muapi.Name: {Render: muapi.RunWebhookBody(a.BaseURL()), Schedule: a.Config.Muapi.Schedule}}}
	a.flowWork = workflow.NewWorker(workflow.WorkerOptions{Now: a.clock.Now, Queue: a.store, Tasks: a.tasks, Outcomes: outcomes,
		Stopped: a.taskWork.Cancelled, Logger: a.Logger})
	a.flows = workflow.NewService(workflow.ServiceOptions{Now: a.clock.Now, Store: a.store, Executions: a.store, Models: models, Links: a.links,
		CheckURL: a.policy.CheckURL, Dev: a.Config.Dev, IdempotencyLife: a.Pace.IdempotencyKey,
		Started: a.flowWork.Wake, Stopped: a.taskWork.Cancelled})
}
