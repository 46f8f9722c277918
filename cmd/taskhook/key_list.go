//go:build unix

package main

import (
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/taskhook/taskhook"
)

// shownKey is a key as the commands print it.
type shownKey struct {
	ID        string     `json:"id"`
	Account   string     `json:"account"`
	Name      string     `json:"name"`
	Hint      string     `json:"hint"`
	Text      string     `json:"key,omitempty"` // only when it was just made
	Test      bool       `json:"test"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`

	Permissions []taskhook.Scope `json:"permissions,omitempty"` // none: everything
	Networks    []netip.Prefix   `json:"ip_whitelist,omitempty"`
	ExpiresAt   time.Time        `json:"expires_at,omitzero"`
	SpendLimit  *shownMoney      `json:"spend_limit,omitempty"`
	Spent       shownMoney       `json:"spent"`
}

func showKey(k taskhook.Key) shownKey {
	s := shownKey{ID: k.ID, Account: k.AccountID, Name: k.Name, Hint: k.Hint, Test: k.Test, CreatedAt: k.CreatedAt.UTC(),
		Permissions: k.Permissions, Networks: k.Networks, ExpiresAt: k.ExpiresAt,
		SpendLimit: (*shownMoney)(k.SpendLimit), Spent: shownMoney(k.Spent)}
	if !k.RevokedAt.IsZero() {
		at := k.RevokedAt.UTC()
		s.RevokedAt = &at
	}
	return s
}

func printKeys(w io.Writer, now time.Time, keys []shownKey) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tKEY\tACCOUNT\tNAME\tCREATED\tSTATE\tSPENT\tPERMISSIONS\tADDRESSES")
	for _, k := range keys {
		fmt.Fprintf(table, "%s\t%s\t%s\t%q\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Hint, k.Account, k.Name, k.CreatedAt.Format(time.DateOnly), k.state(now), k.spending(),
			listed(k.Permissions, "all"), listed(k.Networks, "any"))
	}
	return table.Flush()
}

// state says whether the key is good for anything.
func (k *shownKey) state(now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked " + k.RevokedAt.Format(time.DateOnly)
	case k.ExpiresAt.IsZero():
		return "valid"
	case now.Before(k.ExpiresAt):
		return "valid until " + k.ExpiresAt.Format(time.DateOnly)
	}
	return "expired " + k.ExpiresAt.Format(time.DateOnly)
}

// spending says how far the key is.
func (k *shownKey) spending() string {
	if k.SpendLimit == nil {
		return k.Spent.String()
	}
	return fmt.Sprintf("%s of %s", k.Spent, k.SpendLimit)
}

// listed prints a list of limits, or what no limit means.
func listed[T any](list []T, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Trim(fmt.Sprint(list), "[]")
}
