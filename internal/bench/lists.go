package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/taskhook/taskhook/client"
)

// listReads is how often each list and page is read.
const listReads = 11

// list is something that is read: of an API by the key, of the dashboard by a session.
type list struct {
	name, path string
	session    bool
}

// lists returns what there is to read of a past that has at least one of each.
func (s *server) lists(ctx context.Context) ([]list, error) {
	page := client.PageQuery{Limit: 1}
	deliveries, err1 := s.api.Deliveries(ctx, client.DeliveryQuery{PageQuery: page})
	hooks, err2 := s.api.Webhooks(ctx, client.WebhookQuery{PageQuery: page})
	made, err3 := s.api.Tasks(ctx, client.TaskQuery{PageQuery: page})
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	if len(deliveries.Items) == 0 || len(hooks.Items) == 0 || len(made.Items) == 0 {
		return nil, errors.New("the past is empty")
	}
	last, hook, task := deliveries.Items[0], hooks.Items[0].ID, made.Items[0].ID
	middle := url.Values{"startDate": {last.CreatedAt.AddDate(0, 0, -15).Format(time.RFC3339)},
		"endDate": {last.CreatedAt.AddDate(0, 0, -14).Format(time.RFC3339)}}.Encode()
	const api = "/modelhunter/api/v1"
	return []list{
		{"GET tasks", api + "/tasks?limit=100", false},
		{"GET tasks, failed", api + "/tasks?status=failed&limit=100", false},
		{"GET tasks, two weeks ago", api + "/tasks?limit=100&" + middle, false},
		{"GET deliveries", api + "/deliveries?limit=100", false},
		{"GET deliveries, pending", api + "/deliveries?state=pending&limit=100", false},
		{"GET deliveries, failed", api + "/deliveries?state=failed&limit=100", false},
		{"GET deliveries, two weeks ago", api + "/deliveries?limit=100&" + middle, false},
		{"GET deliveries of a task", api + "/deliveries?taskId=" + task, false},
		{"GET deliveries of a webhook", api + "/webhooks/" + hook + "/deliveries?limit=100", false},
		{"GET webhook", api + "/webhooks/" + hook, false},
		{"GET events", api + "/events?limit=100", false},
		{"GET usage", api + "/usage", false},
		{"GET predictions", "/muapi/api/v1/predictions?limit=100", false},
		{"page of the overview", "/", true},
		{"page of tasks", "/tasks", true},
		{"page of a task", "/tasks/" + task, true},
		{"page of deliveries", "/deliveries", true},
		{"page of deliveries, failed", "/deliveries?state=failed", true},
		{"page of a delivery", "/deliveries/" + last.ID, true},
		{"page of endpoints", "/endpoints", true},
		{"page of an endpoint", "/endpoints/" + hook, true},
	}, nil
}

// readLists reads each list several times: first the slowest by its median, then the
// slowest single one, which may have met a cold cache, then all medians.
func (s *server) readLists(ctx context.Context) (got figures, err error) {
	lists, err := s.lists(ctx)
	if err != nil {
		return nil, err
	}
	session, err := s.signIn(ctx)
	if err != nil {
		return nil, err
	}
	var slowest, first time.Duration
	var all figures
	for _, l := range lists {
		times := make([]time.Duration, listReads)
		for i := range times {
			start := time.Now()
			if err := s.read(ctx, l, session); err != nil {
				return nil, fmt.Errorf("%s: %w", l.name, err)
			}
			times[i] = time.Since(start)
		}
		slowest, first = max(slowest, median(times)), max(first, slices.Max(times))
		all.addTime(l.name, median(times))
	}
	got.addTime("slowest list or page", slowest)
	got.addTime("slowest single read", first)
	return append(got, all...), nil
}

func (s *server) read(ctx context.Context, l list, session *http.Cookie) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+l.path, nil)
	if err != nil {
		return err
	}
	if l.session {
		request.AddCookie(session)
	} else {
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("x-api-key", key)
	}
	answer, err := http.DefaultTransport.RoundTrip(request) // a redirect is not the page
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s: %.300s", answer.Status, text)
	}
	return err
}

// signIn returns the session of the dashboard that the key gets.
func (s *server) signIn(ctx context.Context) (*http.Cookie, error) {
	form := url.Values{"credential": {key}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/signin", strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	cookies := answer.Cookies()
	if len(cookies) == 0 {
		return nil, fmt.Errorf("sign in to the dashboard: answered %s", answer.Status)
	}
	return cookies[0], nil
}
