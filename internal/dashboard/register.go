package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// registerForm shows an empty form.
func (d *Dashboard) registerForm(*http.Request, *session) (view, error) {
	return registerView(endpointForm{Fields: endpointFields{
		Events: taskhook.EventTaskCompleted + "\n" + taskhook.EventTaskFailed}}), nil
}

func registerView(f endpointForm) view {
	return view{template: "endpoint-form.html", section: "endpoints", title: "Register an endpoint", still: true, data: f}
}

// register makes an endpoint.
func (d *Dashboard) register(r *http.Request, s *session) (result, view, error) {
	f := readEndpointForm(r)
	schedule, err := f.schedule()
	if err != nil {
		return result{}, registerView(f.failed(err)), err
	}
	e, err := d.Endpoints.CreateEndpoint(r.Context(), s.Account.ID, taskhook.NewEndpoint{URL: f.Fields.URL,
		Description: f.Fields.Description, Events: f.events(), Schedule: schedule})
	if err != nil {
		return result{}, registerView(f.failed(err)), err
	}
	return result{"/endpoints/" + e.ID, flash{Text: "The endpoint is registered. Send it a test to see that it works.",
		Secret: e.Secrets[0].Text}}, view{}, nil
}
