package upstream

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

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
	rate        rate.Limit
	concurrency int
}

// join returns the account of a definition with the secrets.
func (l *Accounts) join(secrets map[string]any, d *Definition) *account {
	own := &account{rate: limit(d.Rate), concurrency: d.Concurrency}
	if l == nil {
		return own
	}
	values := valuesOf(secrets)
	found := own
	for _, value := range values {
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
	found.rate = min(found.rate, own.rate)
	found.concurrency = min(found.concurrency, own.concurrency)
	return found
}

// valuesOf lists secrets in an order, so that the account has the same name after each
// load.
func valuesOf(secrets map[string]any) (values []string) {
	for _, secret := range secrets {
		if value, _ := secret.(string); value != "" {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	return values
}

func limit(callsPerSecond float64) rate.Limit {
	if callsPerSecond == 0 {
		return rate.Inf
	}
	return rate.Limit(callsPerSecond)
}
