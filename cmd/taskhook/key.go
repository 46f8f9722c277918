//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/config"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Make a key and print it; it is shown only this once."`
	List   keyListCommand   `cmd:"" help:"List all keys, oldest first."`
	Revoke keyRevokeCommand `cmd:"" help:"End a key for good; a running server refuses it within seconds."`
}

type keyCreateCommand struct {
	config.Location
	Account string `placeholder:"NAME" help:"Account that the key belongs to, made if it does not exist. Default: the first one."`
	Name    string `placeholder:"TEXT" help:"What the key is for, shown in lists."`
	Test    bool   `help:"Make a test key: its tasks run on the sandbox and cost nothing."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run makes the key, on an empty data directory too.
func (k *keyCreateCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(config.Config{Location: k.Location})
	if err != nil {
		return err
	}
	return withAccounts(ctx, cfg.Data, true, func(accounts *account.Service) error {
		text, key, err := accounts.Create(ctx, time.Now(), k.Account, k.Name, k.Test)
		if err != nil {
			return err
		}
		if k.JSON {
			shown := showKey(key)
			shown.Text = text
			return printJSON(c.stdout, shown)
		}
		printKey(c.stdout, text)
		return nil
	})
}

// printKey prints the text of a key that is stored as a hash only.
func printKey(w io.Writer, text string) {
	fmt.Fprintf(w, "key: %s\nThis key is shown only this once; keep it in a safe place.\n", text)
}

type keyListCommand struct {
	config.Location
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the keys without their texts, which nobody knows.
func (k *keyListCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(config.Config{Location: k.Location})
	if err != nil {
		return err
	}
	return withAccounts(ctx, cfg.Data, false, func(accounts *account.Service) error {
		keys, err := accounts.Keys(ctx)
		if err != nil {
			return fmt.Errorf("list keys: %w", err)
		}
		shown := make([]shownKey, len(keys))
		for i, key := range keys {
			shown[i] = showKey(key)
		}
		if k.JSON {
			return printJSON(c.stdout, shown)
		}
		return printKeys(c.stdout, shown)
	})
}

type keyRevokeCommand struct {
	config.Location
	ID string `arg:"" help:"Id of the key, as key list shows it."`
}

// Run revokes the key.
func (k *keyRevokeCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(config.Config{Location: k.Location})
	if err != nil {
		return err
	}
	return withAccounts(ctx, cfg.Data, false, func(accounts *account.Service) error {
		if err := accounts.Revoke(ctx, time.Now(), k.ID); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s is revoked\n", k.ID)
		return nil
	})
}

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
}

func showKey(k taskhook.Key) shownKey {
	s := shownKey{ID: k.ID, Account: k.AccountID, Name: k.Name, Hint: k.Hint, Test: k.Test, CreatedAt: k.CreatedAt.UTC()}
	if !k.RevokedAt.IsZero() {
		at := k.RevokedAt.UTC()
		s.RevokedAt = &at
	}
	return s
}

func printKeys(w io.Writer, keys []shownKey) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tKEY\tACCOUNT\tNAME\tCREATED\tSTATE")
	for _, k := range keys {
		state := "valid"
		if k.RevokedAt != nil {
			state = "revoked " + k.RevokedAt.Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%q\t%s\t%s\n", k.ID, k.Hint, k.Account, k.Name, k.CreatedAt.Format(time.DateOnly), state)
	}
	return table.Flush()
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
