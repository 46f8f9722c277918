package upstream

import (
	"crypto/sha256"
	"encoding/hex"

	"golang.org/x/time/rate"
)

// Accounts are those that definitions have with their APIs: definitions that have a
// secret in common have one account, whose limits are the strictest that any of them
// writes. It is used while adapters are made, by one goroutine.
type Accounts struct {
	bySecret map[string]*account
}

// NewAccounts returns Accounts for the adapters of one load.
func NewAccounts() *Accounts { return &Accounts{bySecret: map[string]*account{}} }

// account is what is shared by those who have one.
type account struct {
	name        string // tells nothing of the secret; empty: nobody else has it
	pace        *rate.Limiter
	concurrency int
}

// join returns the account of a definition with the secrets.
func (l *Accounts) join(secrets map[string]any, d *Definition) *account {
	own := &account{pace: rate.NewLimiter(limit(d.Rate), 1), concurrency: d.Concurrency}
	if l == nil {
		return own
	}
	var values []string
	found := own
	for _, secret := range secrets {
		value, _ := secret.(string)
		if value == "" {
			continue
		}
		values = append(values, value)
		if other := l.bySecret[value]; other != nil {
			found = other
		}
	}
	for _, value := range values {
		if found.name == "" {
			sum := sha256.Sum256([]byte("account\n" + value))
			found.name = hex.EncodeToString(sum[:8])
		}
		l.bySecret[value] = found
	}
	found.pace.SetLimit(min(found.pace.Limit(), own.pace.Limit()))
	found.concurrency = min(found.concurrency, own.concurrency)
	return found
}

func limit(callsPerSecond float64) rate.Limit {
	if callsPerSecond == 0 {
		return rate.Inf
	}
	return rate.Limit(callsPerSecond)
}
