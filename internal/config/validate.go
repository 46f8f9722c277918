package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// minKey is the least length of a key or token that an operator sets: long
// enough that it can't be guessed.
const minKey = 32

// validate refuses settings that can't be used or contradict each other.
func (c *Config) validate() error {
	if c.Data == "" {
		return errors.New("data is empty; name the directory that holds the database")
	}
	for _, check := range []func() error{c.checkAddresses, c.checkHosts, c.checkDatabase, c.checkPublicURL, c.checkBootstrapKey,
		c.checkOperatorToken, c.checkLimits, c.checkDelivery, c.checkS3, c.checkRetention} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkDatabase leaves the rest of the URL to the driver, which knows its forms.
func (c *Config) checkDatabase() error {
	text := c.DatabaseURL.Reveal()
	if text == "" || strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		return nil
	}
	return errors.New("database-url does not begin with postgres://; write it like postgres://user:password@host:5432/database")
}

func (c *Config) checkPublicURL() error {
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("public-url %q does not begin with http:// or https://; write it like https://tasks.example.com", c.PublicURL)
	}
	if u.Hostname() == "" {
		return fmt.Errorf("public-url %q has no host name; write it like https://tasks.example.com", c.PublicURL)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.New("public-url has more than scheme, host, port and path; write it like https://tasks.example.com")
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	return nil
}

// checkBootstrapKey leaves secret-key to the package that decodes it.
func (c *Config) checkBootstrapKey() error {
	return checkText("bootstrap-key", c.BootstrapKey.Reveal())
}

func (c *Config) checkOperatorToken() error {
	text := c.OperatorToken.Reveal()
	if text != "" && text == c.BootstrapKey.Reveal() {
		return errors.New("operator-token is the bootstrap-key too, so whoever holds the key of one account would see all: make another with: openssl rand -hex 32")
	}
	return checkText("operator-token", text)
}

// checkText refuses a secret that can be guessed or can't be sent; none is fine.
func checkText(name, text string) error {
	if text == "" {
		return nil
	}
	if len(text) < minKey {
		return fmt.Errorf("%s has %d characters, at least %d are needed; make one with: openssl rand -hex 32", name, len(text), minKey)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%s holds a blank or a character that no header can carry; make one with: openssl rand -hex 32", name)
	}
	return nil
}

// The bounds of the limits of keys and accounts.
const (
	maxRate    = 1_000_000
	maxTasks   = 10_000_000
	maxBacklog = 10_000_000
)

func (c *Config) checkLimits() error {
	if n := c.RateLimit; n < 0 || n > maxRate {
		return fmt.Errorf("rate-limit is %d; it must be from 1 to %d, or 0 for no limit", n, maxRate)
	}
	if n := c.MaxQueuedTasks; n < 0 || n > maxTasks {
		return fmt.Errorf("max-queued-tasks is %d; it must be from 1 to %d, or 0 for no limit", n, maxTasks)
	}
	if n := c.MaxBacklog; n < 0 || n > maxBacklog {
		return fmt.Errorf("max-backlog is %d; it must be from 1 to %d, or 0 for no limit", n, maxBacklog)
	}
	if d := time.Duration(c.WorkerWait); d > 0 && d < time.Second {
		return fmt.Errorf("worker-wait is %s; it must be 1s or longer, or 0 to let tasks wait for ever", d)
	}
	if n := c.ModelsLab.WorkflowRate; n < 0 || n > maxRate {
		return fmt.Errorf("modelslab-workflow-rate is %d; it must be from 1 to %d, or 0 for no limit", n, maxRate)
	}
	return nil
}

// The bounds of the settings of delivery.
const (
	maxConcurrency = 10_000
	maxTimeout     = 5 * time.Minute
)

func (c *Config) checkDelivery() error {
	if n := c.Delivery.Concurrency; n < 1 || n > maxConcurrency {
		return fmt.Errorf("delivery-concurrency is %d; it must be from 1 to %d", n, maxConcurrency)
	}
	if d := c.Delivery.Timeout; d < time.Second || d > maxTimeout {
		return fmt.Errorf("delivery-timeout is %s; it must be from 1s to %s", d, maxTimeout)
	}
	if d := c.ModelsLab.ResultWait; d < 0 || d > maxResultWait {
		return fmt.Errorf("modelslab-result-wait is %s; it must be from 0s to %s", d, maxResultWait)
	}
	return nil
}

// maxResultWait is what clients wait for an answer at least.
const maxResultWait = 30 * time.Second

// Level returns LogLevel as log/slog has it.
func (c *Config) Level() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return slog.LevelInfo // of a Config that was not loaded
	}
	return level
}
