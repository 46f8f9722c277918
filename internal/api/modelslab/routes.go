package modelslab

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// HandlerFunc answers a call, or returns the error to answer with.
type HandlerFunc func(c call) (answer any, err error)

// scopeByMedium stands for the scope of submitting tasks of a medium, which the
// service asks for once it knows the medium.
const scopeByMedium taskhook.Scope = "{medium}:create"

// Route is one operation of the API.
type Route struct {
	Method  string
	Pattern string         // of http.ServeMux, without method
	Status  int            // of success; 0: 200
	Scope   taskhook.Scope // that a key must have
	Upload  bool           // the body may hold a file
	Old     bool           // errors also have the message as "messege", as (ML) spells it in places
	Summary string
	Handler HandlerFunc
}

// The names of a path's elements.
const (
	pathFamily    = "family"
	pathOperation = "operation"
	pathID        = "id"
	pathModel     = "model_id"
)

// Routes returns the one table of the API: what is mounted, and what tests are
// made from. Which operations there are, and what each asks for, is the
// catalogue's: (ML) has them all by one rule.
func (f *Face) Routes() []Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []Route{
		{Method: post, Pattern: "/api/v3/fine_tune_status/{id}", Scope: taskhook.ScopeTasksRead, Old: true, Summary: "Read how a training fares", Handler: f.trainingStatus},
		{Method: post, Pattern: "/api/v3/cancel_training/{id}", Scope: taskhook.ScopeTasksWrite, Old: true, Summary: "Cancel a training", Handler: f.cancelTraining},
		{Method: post, Pattern: "/api/v3/finetune_list", Scope: taskhook.ScopeTasksRead, Old: true, Summary: "List trained models", Handler: f.listTrainings},
		{Method: post, Pattern: "/api/v3/delete/{id}", Scope: taskhook.ScopeTasksWrite, Old: true, Summary: "Delete a trained model", Handler: f.deleteTraining},
		{Method: post, Pattern: "/api/v3/finetune/delete/{id}", Scope: taskhook.ScopeTasksWrite, Old: true, Summary: "Delete a trained model", Handler: f.deleteTraining},
		{Method: post, Pattern: "/api/v3/delete_image", Scope: taskhook.ScopeTasksWrite, Old: true, Summary: "Delete the results of a task", Handler: f.deleteImage},
		{Method: post, Pattern: "/api/v4/dreambooth/model_list", Scope: taskhook.ScopeModelsRead, Summary: "List models", Handler: f.listModels},
		{Method: get, Pattern: "/api/v6/model-search", Scope: taskhook.ScopeModelsRead, Summary: "Search models", Handler: f.searchModels},
		{Method: get, Pattern: "/api/v6/model-search/{model_id}", Scope: taskhook.ScopeModelsRead, Summary: "Read a model", Handler: f.model},
		{Method: post, Pattern: "/api/v6/assets_generated", Scope: taskhook.ScopeTasksRead, Summary: "List results", Handler: f.assets},
		{Method: post, Pattern: "/api/v6/processing/request_count", Scope: taskhook.ScopeTasksRead, Summary: "Count unfinished tasks", Handler: f.requestCount},
		{Method: get, Pattern: "/api/v6/processing/request_count", Scope: taskhook.ScopeTasksRead, Summary: "Count unfinished tasks", Handler: f.requestCount},
	}
	routes = append(routes, f.workflowRoutes()...)
	for _, version := range []string{"/api", "/api/v6", "/api/v7"} {
		routes = append(routes, Route{Method: post, Pattern: version + "/wallet_balance", Scope: taskhook.ScopeBalanceRead,
			Summary: "Read the balance", Handler: f.balance})
	}
	for _, version := range []string{"v3", "v4", "v5", "v6", "v7", enterprise} {
		routes = append(routes, f.versionRoutes(version, "/api/"+version)...)
	}
	return routes
}

// enterprise is what stands in place of the version in the paths of dedicated
// servers.
const enterprise = "v1/enterprise"

// hasFamilies reports whether the paths of a version name a family.
func hasFamilies(version string) bool { return version != "v3" && version != "v4" }

// versionRoutes are the operations of one version below its base.
func (f *Face) versionRoutes(version, base string) []Route {
	const get, post = http.MethodGet, http.MethodPost
	submit, fetch := f.submit(version), f.fetch(version)
	routes := []Route{
		{Method: post, Pattern: base + "/{operation}", Scope: scopeByMedium, Old: true, Summary: "Submit a task", Handler: submit},
		{Method: post, Pattern: base + "/{family}/fetch/{id}", Scope: taskhook.ScopeTasksRead, Summary: "Read a task", Handler: fetch},
		{Method: get, Pattern: base + "/{family}/fetch/{id}", Scope: taskhook.ScopeTasksRead, Summary: "Read a task", Handler: fetch},
		{Method: post, Pattern: base + "/base64_to_url", Scope: taskhook.ScopeFilesWrite, Upload: true, Summary: "Upload a file", Handler: f.upload},
	}
	if !hasFamilies(version) {
		return append(routes,
			Route{Method: post, Pattern: base + "/fetch/{id}", Scope: taskhook.ScopeTasksRead, Summary: "Read a task", Handler: fetch},
			Route{Method: get, Pattern: base + "/fetch/{id}", Scope: taskhook.ScopeTasksRead, Summary: "Read a task", Handler: fetch})
	}
	return append(routes,
		Route{Method: post, Pattern: base + "/{family}/{operation}", Scope: scopeByMedium, Summary: "Submit a task", Handler: submit},
		Route{Method: post, Pattern: base + "/{family}/fetch", Scope: taskhook.ScopeTasksRead, Summary: "Read the task request_id", Handler: fetch},
		Route{Method: post, Pattern: base + "/{family}/base64_to_url", Scope: taskhook.ScopeFilesWrite, Upload: true, Summary: "Upload a file", Handler: f.upload})
}
