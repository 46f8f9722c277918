package webhook

import (
	"fmt"
	"strconv"
	"time"
)

// checkTimestamp holds the text of a timestamp against now. Only digits are
// taken, so that the text cannot run into its neighbours in what is signed.
func checkTimestamp(text string, now time.Time) error {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return fmt.Errorf("%w: %q", ErrBadTimestamp, text)
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %q", ErrBadTimestamp, text)
	}
	limit := int64(Tolerance / time.Second)
	switch age := now.Unix() - seconds; {
	case age > limit:
		return fmt.Errorf("%w: sent %d seconds ago", ErrTooOld, age)
	case age < -limit:
		return fmt.Errorf("%w: %d seconds ahead", ErrTooNew, -age)
	}
	return nil
}
