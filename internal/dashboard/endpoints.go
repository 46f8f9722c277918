package dashboard

import (
	"net/http"

	"github.com/taskhook/taskhook"
)

// endpointListView is a list of endpoints.
type endpointListView struct {
	access
	Rows  []taskhook.Endpoint
	Pager pager
}

// endpointList lists endpoints.
func (d *Dashboard) endpointList(r *http.Request, s *session) (view, error) {
	l, err := d.Endpoints.Endpoints(r.Context(), taskhook.EndpointFilter{AccountID: s.Account.ID,
		Page: taskhook.Page{Limit: pageRows, Cursor: cursor(r)}})
	if err != nil {
		return view{}, err
	}
	return view{template: "endpoints.html", section: "endpoints", title: "Endpoints", data: endpointListView{s.access, l.Items, newPager(r, l)}}, nil
}
