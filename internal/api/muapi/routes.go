package muapi

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// HandlerFunc answers a request of who, or returns the error to answer with.
type HandlerFunc func(w http.ResponseWriter, r *http.Request, who taskhook.Identity) (answer any, err error)

const (
	// scopeByMedium stands for the scope of submitting tasks of a medium, which the
	// service asks for once it knows the medium.
	scopeByMedium taskhook.Scope = "{medium}:create"
	// scopeNone stands for what needs no key.
	scopeNone taskhook.Scope = ""
)

// Route is one operation of the API. All that go well are answered with 200.
type Route struct {
	Method   string
	Pattern  string         // of http.ServeMux, without method
	Response any            // zero value of the answer's type; nil: it never goes well
	Scope    taskhook.Scope // that a key must have
	Summary  string
	Handler  HandlerFunc
}

// Routes returns the one table of the API: what is mounted, and what documents
// and tests are made from.
func (f *Face) Routes() []Route {
	const (
		get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete

		predictions, keys = "/api/v1/predictions", "/api/v1/keys"
	)
	return append([]Route{
		{post, "/api/v1/endpoint/{model...}", prediction{}, scopeByMedium, "Submit, under the path of the page on webhooks", f.submit},
		{post, "/api/v1/{model...}", prediction{}, scopeByMedium, "Submit", f.submit},
		{get, predictions, predictionList{}, taskhook.ScopeTasksRead, "List predictions (extension)", f.listPredictions},
		{get, predictions + "/{id}", prediction{}, taskhook.ScopeTasksRead, "Read a prediction", f.prediction},
		{get, predictions + "/{id}/result", prediction{}, taskhook.ScopeTasksRead, "Read a prediction", f.prediction},
		{post, predictions + "/{id}/cancel", prediction{}, taskhook.ScopeTasksWrite, "Cancel a prediction (extension)", f.cancel},

		{post, "/api/v1/upload_file", uploadedFile{}, taskhook.ScopeFilesWrite, "Upload a file", f.upload},
		{get, "/api/v1/get_upload_url", uploadForm{}, taskhook.ScopeFilesWrite, "Get a form to upload a file with", f.uploadForm},
		{get, "/api/v1/models", modelList{}, scopeNone, "List models", f.listModels},

		{get, "/api/v1/account/balance", balance{}, taskhook.ScopeBalanceRead, "Read the balance", f.balance},
		{post, "/api/v1/account/topup", nil, taskhook.ScopeBalanceRead, "Refuse to sell credits", f.topUp},

		{get, keys, []key{}, taskhook.ScopeKeysRead, "List keys", f.listKeys},
		{post, keys, createdKey{}, taskhook.ScopeKeysWrite, "Make a key", f.createKey},
		{del, keys + "/{number}", deletedKey{}, taskhook.ScopeKeysWrite, "Delete a key", f.deleteKey},
	}, f.workflowRoutes()...)
}

// reserved reports whether no model may have the name, because paths of this API,
// of ones to come, or of the other faces begin with its first element.
func reserved(model string) bool {
	first, _, _ := strings.Cut(model, "/")
	switch first {
	case "account", "api-keys", "auth", "balance", "deliveries", "endpoint", "events", "files", "get_upload_url", "health", "keys",
		"models", "oauth", "predictions", "tasks", "upload_file", "usage", "webhooks", "workers", "workflow", "workflows":
		return true
	}
	return false
}

// unmatched answers a request that no route takes.
func (f *Face) unmatched(w http.ResponseWriter, r *http.Request) {
	allowed := f.allowed(r)
	if len(allowed) == 0 {
		f.writeError(w, r, taskhook.Errorf(taskhook.CodeNotFound, "Not Found"))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	f.writeError(w, r, taskhook.Errorf(taskhook.CodeMethod, "Method Not Allowed"))
}

// allowed returns the methods that the path of r takes.
func (f *Face) allowed(r *http.Request) (allowed []string) {
	model := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "endpoint/")
	_, err := f.model(strings.TrimSuffix(model, estimateSuffix))
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		asked := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		_, pattern := f.mux.Handler(asked)
		if pattern == belowWorkflow {
			_, pattern = f.flows.Handler(asked)
		}
		if pattern != "/" && (err == nil || !strings.Contains(pattern, "{model...}")) {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
