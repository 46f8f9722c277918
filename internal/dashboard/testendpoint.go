package dashboard

import (
	"fmt"
	"net/http"

	"github.com/taskhook/taskhook"
)

// testEndpoint sends a test event and waits for the answer.
func (d *Dashboard) testEndpoint(r *http.Request, s *session) (result, error) {
	id := r.PathValue("id")
	got, err := d.EndpointTools.TestEndpoint(r.Context(), s.Account.ID, id)
	if err != nil {
		return result{to: "/endpoints/" + id}, err
	}
	to := "/deliveries/" + got.DeliveryID
	if !s.May(taskhook.ScopeDeliveriesRead) {
		to = "/endpoints/" + id
	}
	return result{to, testFlash(&got)}, nil
}

func testFlash(got *taskhook.TestResult) flash {
	if got.Delivered {
		return flash{Text: fmt.Sprintf("The test arrived: the receiver answered %d after %s.", got.Status, took(got.Duration))}
	}
	return flash{Text: "The test did not arrive: " + got.Error, Bad: true}
}
