//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/taskhook/taskhook"
	"github.com/taskhook/taskhook/internal/account"
	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/keyring"
	"github.com/taskhook/taskhook/internal/store"
)

type accountBucketCommand struct {
	Set    accountBucketSetCommand    `cmd:"" help:"Have the results of an account copied to a bucket of its own from now on; what was given up is tried once more."`
	Show   accountBucketShowCommand   `cmd:"" help:"Show where the results of an account are copied to, and how that fares."`
	Remove accountBucketRemoveCommand `cmd:"" help:"Have the results of an account copied nowhere any more."`
}

type accountBucketSetCommand struct {
	config.Location
	Name      string `arg:"" help:"Name of the account, as account list shows it."`
	Endpoint  string `name:"endpoint" required:"" placeholder:"URL" help:"Where the storage is, such as https://s3.eu-central-1.amazonaws.com. The server must be allowed to go there, as to receivers."`
	Bucket    string `name:"bucket" required:"" placeholder:"BUCKET" help:"Name of the bucket."`
	Region    string `name:"region" default:"us-east-1" placeholder:"REGION" help:"Its region; storages without regions take any."`
	Prefix    string `name:"prefix" placeholder:"FOLDER" help:"Folder in it."`
	AccessKey string `name:"access-key" required:"" placeholder:"ID" help:"Name of a key that may write there."`
	Secret    string `name:"secret" required:"" placeholder:"@FILE" help:"Its secret: a file with @ before its name, or - for the standard input."`
}

// Run sets the bucket.
func (a *accountBucketSetCommand) Run(ctx context.Context, c *console) error {
	if a.Secret != "-" && !strings.HasPrefix(a.Secret, "@") {
		return usageError{errors.New("--secret must not be the secret itself, which other users of the machine would see: give @FILE, or - for the standard input")}
	}
	secret, err := readArgument(a.Secret)
	if err != nil {
		return usageError{fmt.Errorf("read --secret: %w", err)}
	}
	cfg, err := c.load(config.Config{Location: a.Location})
	if err != nil {
		return err
	}
	keys, err := readKeyring(cfg)
	if err != nil {
		return err
	}
	return withSealer(ctx, cfg, keys, func(accounts *account.Service) error {
		b := taskhook.Bucket{Endpoint: a.Endpoint, Name: a.Bucket, Region: a.Region, Prefix: a.Prefix, AccessKey: a.AccessKey,
			SecretKey: strings.TrimSpace(string(secret))}
		if err := accounts.SetBucket(ctx, time.Now(), a.Name, b); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.stdout, "results of %q are copied to the bucket %s from now on; `taskhook account bucket show` says how that fares\n", a.Name, a.Bucket)
		return err
	})
}

// readKeyring reads the master key of a server that was started before.
func readKeyring(cfg *config.Config) (*keyring.Keyring, error) {
	if text := cfg.SecretKey.Reveal(); text != "" {
		return keyring.Parse(text)
	}
	path := filepath.Join(cfg.Data, "taskhook.key")
	if _, err := os.Stat(path); err != nil { // Load would make one
		return nil, fmt.Errorf("read the key file, by which the secret is sealed: %w; start `taskhook serve` first, or name its data directory with --data", err)
	}
	keys, _, err := keyring.Load(path)
	return keys, err
}

// withSealer does something with the accounts of a database, secrets included.
func withSealer(ctx context.Context, cfg *config.Config, keys *keyring.Keyring, do func(*account.Service) error) (err error) {
	options := besideOptions(cfg)
	options.Sealer = keys
	db, err := store.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(account.New(db, keyring.HashKey, 0))
}

type accountBucketShowCommand struct {
	config.Location
	Name string `arg:"" help:"Name of the account, as account list shows it."`
	JSON bool   `name:"json" help:"Print JSON."`
}

// shownBucket is a bucket as the commands print it.
type shownBucket struct {
	Endpoint  string    `json:"endpoint"`
	Bucket    string    `json:"bucket"`
	Region    string    `json:"region"`
	Prefix    string    `json:"prefix"`
	AccessKey string    `json:"access_key"`
	Since     time.Time `json:"since"`
	Waiting   int       `json:"waiting"`  // results
	GivenUp   int       `json:"given_up"` // results
	Failures  int       `json:"failures"` // in a row
	Error     string    `json:"error,omitempty"`
}

// Run shows the bucket.
func (a *accountBucketShowCommand) Run(ctx context.Context, c *console) error {
	return onData(ctx, c, a.Location, func(accounts *account.Service) error {
		b, ok, err := accounts.Bucket(ctx, a.Name)
		if err == nil && !ok {
			err = fmt.Errorf("the account %q has no bucket of its own", a.Name)
		}
		if err != nil {
			return err
		}
		shown := shownBucket{b.Endpoint, b.Name, b.Region, b.Prefix, b.AccessKey, b.CreatedAt.UTC(), b.Waiting, b.Failed, b.Failures, b.Error}
		if a.JSON {
			return printJSON(c.stdout, shown)
		}
		return printBucket(c.stdout, &shown)
	})
}

func printBucket(w io.Writer, b *shownBucket) error {
	_, err := fmt.Fprintf(w, "bucket %s at %s, region %s, prefix %q, key %s, since %s\n%d results wait to be copied, %d were given up\n",
		b.Bucket, b.Endpoint, b.Region, b.Prefix, b.AccessKey, b.Since.Format(time.DateOnly), b.Waiting, b.GivenUp)
	if err == nil && b.Failures > 0 {
		_, err = fmt.Fprintf(w, "the last %d tries failed: %s\n", b.Failures, safe(b.Error))
	}
	return err
}

type accountBucketRemoveCommand struct {
	config.Location
	Name string `arg:"" help:"Name of the account, as account list shows it."`
}

// Run removes the bucket.
func (a *accountBucketRemoveCommand) Run(ctx context.Context, c *console) error {
	return onData(ctx, c, a.Location, func(accounts *account.Service) error {
		if err := accounts.RemoveBucket(ctx, a.Name); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.stdout, "results of %q are copied nowhere any more; what is in the bucket stays there\n", a.Name)
		return err
	})
}
