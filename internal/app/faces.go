package app

import (
	"github.com/taskhook/taskhook/internal/api/modelhunter"
	"github.com/taskhook/taskhook/internal/api/modelslab"
	"github.com/taskhook/taskhook/internal/api/muapi"
	"github.com/taskhook/taskhook/internal/api/worker"
	"github.com/taskhook/taskhook/internal/artifact"
	"github.com/taskhook/taskhook/internal/httpserver"
	"github.com/taskhook/taskhook/internal/openapi"
	"github.com/taskhook/taskhook/internal/task"
	"github.com/taskhook/taskhook/internal/workflow"
)

// faceWebhooks says how the webhook that a task was given is written and tried
// again, by the face that the task came through.
func (a *App) faceWebhooks() map[string]task.FaceWebhook {
	return map[string]task.FaceWebhook{
		modelhunter.Name: {Render: modelhunter.EventBody, Schedule: a.Config.PerJobSchedule},
		modelslab.Name:   {Render: modelslab.WebhookBody, Schedule: a.Config.PerJobSchedule},
		muapi.Name:       {Render: muapi.WebhookBody(a.BaseURL()), Schedule: a.Config.Muapi.Schedule},
	}
}

// serve puts the HTTP side together: the site, the faces, and who answers at which
// address.
func (a *App) serve() error {
	home, err := a.buildDashboard()
	if err != nil {
		return err
	}
	primary, lab, mu := a.modelHunter(), a.modelsLab(), a.muapi()
	spec, docs := openapi.Handlers("/openapi.json", func() (*openapi.Document, error) { return primary.Document(a.BaseURL()) })
	site := httpserver.Site{Ready: a.ready, JWKS: a.jwks(), Spec: spec, Docs: docs, Home: home,
		Results:   &artifact.Handler{Store: a.files, Contents: a.store, Links: a.links, Finder: a.store, Signer: a.signer(resultFolder), Now: a.clock.Now, Log: a.Logger},
		Files:     &artifact.Handler{Store: a.inputs, Links: a.links.In("files"), Finder: a.uploads, Signer: a.signer(inputFolder), Now: a.clock.Now, Log: a.Logger},
		Callbacks: a.callbacks.Handler(a.adapters.Wake), Uploads: primary.UploadHandler(), Forms: mu.FormHandler(),
		Workers: worker.New(worker.Config{Keys: a.accounts, Leases: a.pulls, Outputs: a.pulls, Workers: a.pulls, BaseURL: a.BaseURL(), Log: a.Logger})}
	a.admit(site,
		httpserver.Face{Name: modelhunter.Name, BasePath: "/" + modelhunter.Name, Hosts: a.Config.ModelHunter.Hosts, Handler: primary},
		httpserver.Face{Name: modelslab.Name, BasePath: "/" + modelslab.Name, Hosts: a.Config.ModelsLab.Hosts,
			Owns: modelslab.Owns(), Credential: modelslab.HasCredential, Handler: lab},
		httpserver.Face{Name: muapi.Name, BasePath: "/" + muapi.Name, Hosts: a.Config.Muapi.Hosts, AtHosts: muapi.Documents(),
			Owns: muapi.Owned(), Credential: muapi.HasCredential, Handler: mu})
	return nil
}

// modelHunter makes the face of the primary API.
func (a *App) modelHunter() *modelhunter.Face {
	return modelhunter.New(modelhunter.Config{Now: a.clock.Now,
		Keys:          a.accounts,
		Tasks:         a.tasks,
		Batches:       a.batches,
		Endpoints:     a.deliveries,
		EndpointTools: a.deliveries,
		Deliveries:    a.deliveries,
		Replays:       a.replays,
		Publisher:     a.deliveries,
		Feed:          a.feed,
		Files:         a.uploads,
		Uploads:       a.uploads,
		Workflows:     a.flows,
		Executions:    a.flows,
		Tree:          workflow.Tree,
		Models:        a.tasks,
		Money:         a.accounts,
		Links:         a.links,
		Log:           a.Logger,
	})
}

// modelsLab makes the face of ModelsLab's API.
func (a *App) modelsLab() *modelslab.Face {
	return modelslab.New(modelslab.Config{
		Keys:          a.accounts,
		Tasks:         a.tasks,
		Files:         a.uploads,
		Catalogue:     a.tasks.Catalogue,
		Money:         a.accounts,
		Links:         a.links,
		Workflows:     a.flows,
		Executions:    a.flows,
		RunsPerMinute: a.Config.ModelsLab.WorkflowRate,
		BaseURL:       a.BaseURL(),
		Wait:          a.Config.ModelsLab.ResultWait,
		Log:           a.Logger,
	})
}

// muapi makes the face of the API of muapi.ai.
func (a *App) muapi() *muapi.Face {
	return muapi.New(muapi.Config{
		Keys:        a.accounts,
		Tasks:       a.tasks,
		Files:       a.uploads,
		Models:      a.tasks,
		Money:       a.accounts,
		Links:       a.links,
		Workflows:   a.flows,
		Definitions: a.flows,
		Executions:  a.flows,
		BaseURL:     a.BaseURL(),
		Log:         a.Logger,
	})
}
