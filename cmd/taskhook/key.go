//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

	Permission []string `aliases:"scope" placeholder:"SCOPE" help:"What the key may do, such as video:create or tasks:read, or worker for a program that fetches tasks; can be repeated. Default: everything, but not worker."`
	Model      []string `placeholder:"NAME" help:"Model that the key of a worker is for; can be repeated. Default: all."`
	IP         []string `name:"ip" placeholder:"NETWORK" help:"Address or network that the key may be used from, such as 192.0.2.0/24; can be repeated. Default: any."`
	Expires    string   `placeholder:"TIME" help:"When the key ends: a time like 2026-03-01T09:30:00Z, or from now, like 720h. Default: never."`

	SpendLimit string `placeholder:"USD" help:"What the key's tasks may cost in all, such as 12.50. Default: no limit."`

	keyFlags
}

// Run makes the key, on an empty data directory too.
func (k *keyCreateCommand) Run(ctx context.Context, c *console) error {
	cfg, err := c.load(config.Config{Location: k.Location})
	if err != nil {
		return err
	}
	now := time.Now()
	n := taskhook.NewKey{Name: k.Name, Test: k.Test}
	if n.Limits, err = k.limits(now); err != nil {
		return err
	}
	if k.Server != "" {
		return k.createThere(ctx, c, n)
	}
	return withAccounts(ctx, cfg, true, func(accounts *account.Service) error {
		text, key, err := accounts.Create(ctx, now, k.Account, n)
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

// limits reads what the key is limited to.
func (k *keyCreateCommand) limits(now time.Time) (l taskhook.Limits, err error) {
	for _, name := range k.Permission {
		scope, err := taskhook.ParseScope(name)
		if err != nil {
			return l, err
		}
		l.Permissions = append(l.Permissions, scope)
	}
	l.Models = k.Model
	for _, text := range k.IP {
		network, err := taskhook.ParseNetwork(text)
		if err != nil {
			return l, err
		}
		l.Networks = append(l.Networks, network)
	}
	if k.SpendLimit != "" {
		limit, err := taskhook.ParseMoney(k.SpendLimit)
		if err == nil && limit < 0 {
			err = errors.New("must not be below 0")
		}
		if err != nil {
			return l, usageError{fmt.Errorf("--spend-limit %w", err)}
		}
		l.SpendLimit = &limit
	}
	if k.Expires == "" {
		return l, nil
	}
	if life, err := time.ParseDuration(k.Expires); err == nil {
		l.ExpiresAt = now.Add(life)
		return l, nil
	}
	if l.ExpiresAt, err = time.Parse(time.RFC3339, k.Expires); err != nil {
		return l, fmt.Errorf("--expires %q is no time; write it like 2026-03-01T09:30:00Z, or like 720h for a time from now", k.Expires)
	}
	return l, nil
}

// printKey prints the text of a key that is stored as a hash only.
func printKey(w io.Writer, text string) {
	fmt.Fprintf(w, "key: %s\nThis key is shown only this once; keep it in a safe place.\n", text)
}

type keyListCommand struct {
	config.Location
	keyFlags
}

// Run lists the keys without their texts, which nobody knows.
func (k *keyListCommand) Run(ctx context.Context, c *console) error {
	if k.Server != "" {
		return k.listThere(ctx, c)
	}
	cfg, err := c.load(config.Config{Location: k.Location})
	if err != nil {
		return err
	}
	return withAccounts(ctx, cfg, false, func(accounts *account.Service) error {
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
		return printKeys(c.stdout, time.Now(), shown)
	})
}

type keyRevokeCommand struct {
	config.Location
	ID string `arg:"" help:"Id of the key, as key list shows it."`
	keyFlags
}

// Run revokes the key.
func (k *keyRevokeCommand) Run(ctx context.Context, c *console) error {
	if k.Server != "" {
		return k.revokeThere(ctx, c)
	}
	cfg, err := c.load(config.Config{Location: k.Location})
	if err != nil {
		return err
	}
	return withAccounts(ctx, cfg, false, func(accounts *account.Service) error {
		if err := accounts.Revoke(ctx, time.Now(), k.ID); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s is revoked\n", k.ID)
		return nil
	})
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
