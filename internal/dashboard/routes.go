package dashboard

import "net/http"

// route is one page or action.
type route struct {
	pattern string // of http.ServeMux
	handler http.Handler
}

// routes is the one table of what there is.
func (d *Dashboard) routes() []route {
	return []route{
		{"GET /{$}", d.page(d.overview)},
		{"GET /tasks", d.page(d.taskList)},
		{"GET /tasks/{id}", d.page(d.task)},
		{"GET /deliveries", d.page(d.deliveryList)},
		{"GET /deliveries/{id}", d.page(d.delivery)},
		{"POST /deliveries/{id}/replay", d.action(d.replay)},

		{"GET /endpoints", d.page(d.endpointList)},
		{"GET /endpoints/new", d.page(d.registerForm)},
		{"POST /endpoints/new", d.form(d.register)},
		{"GET /endpoints/{id}", d.page(d.endpoint)},
		{"GET /endpoints/{id}/edit", d.page(d.editForm)},
		{"POST /endpoints/{id}/edit", d.form(d.edit)},
		{"POST /endpoints/{id}/test", d.action(d.testEndpoint)},
		{"POST /endpoints/{id}/pause", d.action(d.pause)},
		{"POST /endpoints/{id}/resume", d.action(d.resume)},
		{"POST /endpoints/{id}/rotate", d.action(d.rotate)},
		{"POST /endpoints/{id}/delete", d.action(d.deleteEndpoint)},

		{"POST /account", d.posted(d.switchAccount)},
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
