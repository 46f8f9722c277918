package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/taskhook/taskhook/client"
)

// keys makes a key, uses it, and often revokes it.
func (w *workload) keys() {
	var made client.Key
	err := once(func(ctx context.Context) (err error) {
		made, err = w.client.CreateKey(ctx, client.NewKey{Name: fmt.Sprintf("crash %d", w.serial.Add(1))})
		return err
	})
	if err != nil { // without an answer nobody knows its text
		pause()
		return
	}
	k := &key{text: made.Key}
	w.ledger.note("key", made.ID, func() { w.ledger.keys[made.ID] = k })
	w.try(made.ID, k)
	if rand.IntN(3) == 0 {
		return
	}
	err = insist(func(ctx context.Context) error { return w.client.DeleteKey(ctx, made.ID) })
	if err == nil || status(err) == http.StatusNotFound {
		w.ledger.note("key revoked", made.ID, func() { k.revoked = true })
		w.try(made.ID, k)
	}
}

// try uses a key.
func (w *workload) try(id string, k *key) {
	err := insist(func(ctx context.Context) error {
		_, err := w.dial(k.text).Models(ctx, client.ModelQuery{})
		return err
	})
	if breach := k.breach(id, err); breach != "" {
		w.ledger.breach(breach)
	}
}

// breach says what the answer to a use of the key breaks; empty: nothing.
func (k *key) breach(id string, err error) string {
	switch {
	case !k.revoked && refused(err):
		return fmt.Sprintf("L9: key %s was answered as made: %v", id, err)
	case k.revoked && err == nil:
		return fmt.Sprintf("L9: key %s was answered as revoked and works", id)
	}
	return ""
}
