package store_test

import (
	"testing"

	"github.com/taskhook/taskhook/internal/store"
	"github.com/taskhook/taskhook/internal/store/storetest"
)

// TestBulkPlans holds bulk statements to searches by key for any number of rows, for
// which other tests ask only by chance.
func TestBulkPlans(t *testing.T) {
	t.Parallel()
	s := openSQLite(t, storetest.Options{}).Store
	for _, text := range store.BulkTexts() {
		steps, err := s.Plan(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		checkScans(t, text, steps)
	}
}
