package taskhook_test

import (
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

func TestSettle(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	s := taskhook.Schedule{minute, 5 * minute}
	tests := []struct {
		name    string
		d       taskhook.Delivery
		a       taskhook.Attempt
		state   taskhook.DeliveryState
		dueFrom time.Duration // after the end of the attempt
	}{
		{"success", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassOK}, taskhook.DeliveryDelivered, 0},
		{"late success", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 9, Class: taskhook.ClassOK}, taskhook.DeliveryDelivered, 0},
		{"first failure", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus}, taskhook.DeliveryPending, minute},
		{"second failure", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 2, Class: taskhook.ClassDNS}, taskhook.DeliveryPending, 5 * minute},
		{"last failure", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 3, Class: taskhook.ClassTimeout}, taskhook.DeliveryFailed, 0},
		{"one attempt", taskhook.Delivery{}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus}, taskhook.DeliveryFailed, 0},
		{"one attempt, asked for more", taskhook.Delivery{}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus, RetryAfter: minute}, taskhook.DeliveryFailed, 0},
		{"gone", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassGone}, taskhook.DeliveryFailed, 0},
		{"asked for less", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus, RetryAfter: 1}, taskhook.DeliveryPending, minute},
		{"asked for more", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus, RetryAfter: 7 * minute}, taskhook.DeliveryPending, 7 * minute},
		{"asked for too much", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus, RetryAfter: 1e18}, taskhook.DeliveryPending, taskhook.MaxRetryAfter},
		{"asked for nonsense", taskhook.Delivery{Schedule: s}, taskhook.Attempt{Number: 1, Class: taskhook.ClassStatus, RetryAfter: -1e18}, taskhook.DeliveryPending, minute},
	}
	end := time.Date(2025, 1, 15, 10, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			state, due := tt.d.Settle(&tt.a, end)
			if state != tt.state || !due.Equal(end.Add(tt.dueFrom)) {
				t.Errorf("%s, due after %s; want %s, after %s", state, due.Sub(end), tt.state, tt.dueFrom)
			}
		})
	}
}

// FuzzSettle holds what is true of every attempt: a delivery never has more of
// them than its schedule allows, and is never due before it.
func FuzzSettle(f *testing.F) {
	f.Add(1, "ok", int64(0), "1m,5m")
	f.Add(3, "status", int64(time.Hour), "")
	f.Add(-1, "gone", int64(-1), "0s")
	f.Fuzz(func(t *testing.T, number int, class string, retryAfter int64, text string) {
		s, err := taskhook.ParseSchedule(text)
		if err != nil {
			return
		}
		end := time.Unix(1_736_937_000, 0)
		a := taskhook.Attempt{Number: number, Class: taskhook.Class(class), RetryAfter: time.Duration(retryAfter)}
		state, due := (&taskhook.Delivery{Schedule: s}).Settle(&a, end)
		planned, more := s.After(number)
		switch {
		case (state == taskhook.DeliveryDelivered) != a.Delivered():
			t.Errorf("class %q becomes %s", class, state)
		case state == taskhook.DeliveryPending && !more:
			t.Errorf("attempt %d of %d is followed by another", number, len(s)+1)
		case state == taskhook.DeliveryPending && (due.Before(end.Add(planned)) || due.After(end.Add(max(planned, taskhook.MaxRetryAfter)))):
			t.Errorf("due after %s, planned was %s", due.Sub(end), planned)
		case state.Final() && !due.Equal(end):
			t.Errorf("%s, but due at another time than the end", state)
		}
	})
}

func TestDeliveryStates(t *testing.T) {
	t.Parallel()
	for _, s := range taskhook.DeliveryStates() {
		if s.Final() == (s == taskhook.DeliveryPending) {
			t.Errorf("%s is final: %t", s, s.Final())
		}
	}
	if n := len(taskhook.DeliveryStates()); n != 4 {
		t.Errorf("%d states", n)
	}
}

func TestNewDelivery(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	e := taskhook.Event{ID: "evt_1", AccountID: "acc_a", Type: "task.completed", Subject: "task_1", Body: []byte("body")}
	to := taskhook.Endpoint{ID: "wh_1", AccountID: "acc_a", LaneID: "lane_1", URL: "https://x/"}
	d := taskhook.NewDelivery(&e, &to, taskhook.Schedule{time.Minute}, now)
	if d.PerJob() || d.State != taskhook.DeliveryPending || !d.DueAt.Equal(now) || d.EventID != e.ID || d.LaneID != to.LaneID ||
		string(d.Body) != "body" || d.Attempts != 0 || d.Epoch != 0 || !taskhook.HasIDForm(taskhook.PrefixDelivery, d.ID) {
		t.Errorf("made %+v", d)
	}
}
