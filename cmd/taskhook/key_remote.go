//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/client"
)

// keyFlags let the commands about keys work in a data directory or, for who has a
// key only, by the API of a server.
type keyFlags struct {
	Server  string `placeholder:"URL" help:"Ask this server, for the account of the API key in TASKHOOK_API_KEY, instead of using the data directory."`
	KeyFile string `placeholder:"FILE" help:"File that holds the API key for --server."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

func (f *keyFlags) call(ctx context.Context, c *console, do func(context.Context, *remote) error) error {
	there := remoteFlags{Server: f.Server, KeyFile: f.KeyFile, JSON: f.JSON}
	return there.call(ctx, c, do)
}

func (k *keyCreateCommand) createThere(ctx context.Context, c *console, n taskhook.NewKey) error {
	if k.Account != "" {
		return usageError{errors.New("--account can't be given with --server: the new key belongs to the account of the one that makes it")}
	}
	return k.call(ctx, c, func(ctx context.Context, r *remote) error {
		made, err := r.CreateKey(ctx, wireKey(n))
		if err != nil {
			return err
		}
		if r.json {
			return writeJSON(c.stdout, made)
		}
		printKey(c.stdout, made.Key)
		return nil
	})
}

// wireKey is what is asked for in the words of the API.
func wireKey(n taskhook.NewKey) client.NewKey {
	w := client.NewKey{Name: n.Name, ExpiresAt: n.ExpiresAt}
	if n.Test {
		w.Test = &n.Test
	}
	for _, network := range n.Networks {
		w.IPWhitelist = append(w.IPWhitelist, network.String())
	}
	for _, scope := range n.Permissions {
		if w.Permissions == nil {
			w.Permissions = map[string]bool{}
		}
		w.Permissions[string(scope)] = true
	}
	if n.SpendLimit != nil {
		w.SpendLimit = json.Number(n.SpendLimit.String())
	}
	return w
}

func (k *keyListCommand) listThere(ctx context.Context, c *console) error {
	return k.call(ctx, c, func(ctx context.Context, r *remote) error {
		t := &table{columns: []column{{title: "ID"}, {title: "KEY"}, {title: "NAME", elastic: true}, {title: "CREATED"},
			{title: "SPENT"}, {title: "LIMIT", optional: true}, {title: "ENDS", optional: true}}}
		fetch := func(ctx context.Context, page client.PageQuery) (client.Page[client.Key], error) {
			return r.Keys(ctx, page)
		}
		return list(ctx, r, listFlags{Limit: 1, All: true}, t, fetch, func(k client.Key) {
			ends := ""
			if !k.ExpiresAt.IsZero() {
				ends = k.ExpiresAt.Format("2006-01-02 15:04Z")
			}
			t.add(k.ID, k.Hint, k.Name, k.CreatedAt.Format("2006-01-02"), k.Spent.String(), k.SpendLimit.String(), ends)
		})
	})
}

func (k *keyRevokeCommand) revokeThere(ctx context.Context, c *console) error {
	return k.call(ctx, c, func(ctx context.Context, r *remote) error {
		if err := r.DeleteKey(ctx, k.ID); err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s is revoked\n", k.ID)
		return nil
	})
}
