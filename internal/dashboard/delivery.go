package dashboard

import (
	"net/http"
	"slices"
	"time"

	"github.com/taskhook/taskhook"
)

// maxSiblings is how many other deliveries of the same event a page shows.
const maxSiblings = 10

// deliveryView is one delivery with every attempt.
type deliveryView struct {
	access
	taskhook.Delivery
	Tries    []attemptView // newest first
	Body     string        // indented
	BodySize int64
	Siblings []taskhook.Delivery // of the same event
}

// CanReplay reports whether the delivery can be sent again by who looks at it.
func (v deliveryView) CanReplay() bool {
	return v.State.Final() && v.May(taskhook.ScopeDeliveriesWrite)
}

// Last returns the newest attempt, or nil.
func (v deliveryView) Last() *attemptView {
	if len(v.Tries) == 0 {
		return nil
	}
	return &v.Tries[0]
}

// attemptView is an attempt with what was sent in it.
type attemptView struct {
	taskhook.Attempt
	Wait    time.Duration // since the end of the attempt before, or since the delivery was made
	Answer  string        // in a word or two
	Request []headerLine
	Curl    string
}

// EndedAt returns when the answer was there, or hope for it was given up.
func (v attemptView) EndedAt() time.Time { return v.StartedAt.Add(v.Duration) }

// ResponseText returns what is kept of the answer.
func (v attemptView) ResponseText() string { return string(v.Response) }

// delivery shows one delivery.
func (d *Dashboard) delivery(r *http.Request, s *session) (view, error) {
	ctx, account, id := r.Context(), s.Account.ID, r.PathValue("id")
	sent, err := d.Deliveries.Outgoing(ctx, account, id)
	if err != nil {
		return view{}, err
	}
	attempts, err := d.Deliveries.Attempts(ctx, account, id)
	if err != nil {
		return view{}, err
	}
	same, err := d.Deliveries.Deliveries(ctx, taskhook.DeliveryFilter{AccountID: account, EventID: sent.EventID,
		Page: taskhook.Page{Limit: maxSiblings + 1}})
	if err != nil {
		return view{}, err
	}
	siblings := slices.DeleteFunc(same.Items, func(other taskhook.Delivery) bool { return other.ID == id })
	return view{template: "delivery.html", section: "deliveries", title: "Delivery " + shortID(id), data: deliveryView{
		access: s.access, Delivery: sent.Delivery, Tries: attemptViews(&sent, attempts), Body: indented(sent.Body), BodySize: int64(len(sent.Body)),
		Siblings: siblings}}, nil
}

// attemptViews returns the attempts, newest first.
func attemptViews(sent *taskhook.Outgoing, attempts []taskhook.Attempt) []attemptView {
	list := make([]attemptView, len(attempts))
	before := sent.CreatedAt
	for i, a := range attempts {
		v := attemptView{Attempt: a, Wait: max(a.StartedAt.Sub(before), 0), Answer: answer(&a), Request: requestHeaders(sent, &a)}
		v.Curl = curl(sent, v.Request)
		before = v.EndedAt()
		list[len(list)-1-i] = v
	}
	return list
}
