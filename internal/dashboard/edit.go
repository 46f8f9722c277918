package dashboard

import (
	"net/http"
	"strings"

	"github.com/taskhook/taskhook"
)

// editForm shows the form with an endpoint's settings.
func (d *Dashboard) editForm(r *http.Request, s *session) (view, error) {
	e, err := d.Endpoints.Endpoint(r.Context(), s.Account.ID, r.PathValue("id"))
	if err != nil {
		return view{}, err
	}
	f := endpointForm{ID: e.ID, Fields: endpointFields{URL: e.URL, Description: e.Description,
		Events: strings.Join(e.Events, "\n"), OwnSchedule: e.Schedule != nil, Schedule: e.Schedule.String()}}
	return editView(f), nil
}

func editView(f endpointForm) view {
	return view{template: "endpoint-form.html", section: "endpoints", title: "Edit endpoint " + shortID(f.ID), still: true, data: f}
}

// edit changes an endpoint's settings.
func (d *Dashboard) edit(r *http.Request, s *session) (result, view, error) {
	f := readEndpointForm(r)
	f.ID = r.PathValue("id")
	schedule, err := f.schedule()
	if err != nil {
		return result{}, editView(f.failed(err)), err
	}
	events := f.events()
	_, err = d.Endpoints.UpdateEndpoint(r.Context(), s.Account.ID, f.ID, taskhook.EndpointChange{URL: &f.Fields.URL,
		Description: &f.Fields.Description, Events: &events, Schedule: &schedule})
	if taskhook.ErrorCode(err) == taskhook.CodeNotFound {
		return result{}, view{}, err
	}
	if err != nil {
		return result{}, editView(f.failed(err)), err
	}
	return result{"/endpoints/" + f.ID, flash{Text: "The changes are saved."}}, view{}, nil
}
