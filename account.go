package taskhook

import "time"

// Account owns keys, tasks, endpoints and events. Nothing is visible across
// accounts.
type Account struct {
	ID        string
	Number    int64 // ModelsLab's user_id
	Name      string
	CreatedAt time.Time
	Balance
}

// Key authenticates an account. Only a hash of its text is kept.
type Key struct {
	ID        string
	AccountID string
	Name      string
	Hint      string // the first characters, to recognise it by: "thk_live_3f…"
	Test      bool   // tasks of a test key run on the sandbox and cost nothing
	CreatedAt time.Time
	RevokedAt time.Time // zero while not revoked
	Spent     Money     // by its tasks, with what is held for those that have not ended
	Limits
}

// NewKey is what a key is made from.
type NewKey struct {
	Name string
	Test bool
	Limits
}

// KeyFilter selects the keys of an account that are not revoked.
type KeyFilter struct {
	AccountID string
	Page
}

// Identity is who makes a request.
type Identity struct {
	AccountID string
	KeyID     string
	Test      bool
	Limits    // of the key
}
