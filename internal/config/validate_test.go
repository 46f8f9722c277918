package config

import (
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*Config)
		want   string // in the error; empty when all is well
	}{
		{"default", func(*Config) {}, ""},
		{"free port", func(c *Config) { c.Listen = "[::1]:0" }, ""},
		{"no port", func(c *Config) { c.Listen = "localhost" }, "not an address with a port"},
		{"named port", func(c *Config) { c.Listen = "localhost:http" }, "the port is not a number"},
		{"large port", func(c *Config) { c.Listen = "localhost:65536" }, "the port is not a number"},
		{"every address", func(c *Config) { c.Listen = ":8080" }, "set public-url"},
		{"every IPv6 address", func(c *Config) { c.Listen = "[::]:8080" }, "set public-url"},
		{"every address with its URL", func(c *Config) { c.Listen, c.PublicURL = "0.0.0.0:80", "https://x.example" }, ""},
		{"addresses of single faces", func(c *Config) {
			c.ModelHunter.Listen, c.ModelsLab.Listen, c.Muapi.Listen = "127.0.0.1:81", "127.0.0.1:0", "127.0.0.1:0"
		}, ""},
		{"face without port", func(c *Config) { c.ModelsLab.Listen = "localhost" }, `modelslab-listen "localhost" is not an address with a port`},
		{"face with a large port", func(c *Config) { c.Muapi.Listen = "localhost:70000" }, `muapi-listen "localhost:70000": the port is not a number`},
		{"face at the address of all", func(c *Config) { c.ModelHunter.Listen = c.Listen }, "listen and modelhunter-listen are both 127.0.0.1:8080"},
		{"two faces at one address", func(c *Config) { c.ModelsLab.Listen, c.Muapi.Listen = "127.0.0.1:9", "127.0.0.1:9" }, "modelslab-listen and muapi-listen are both"},
		{"dev with a face for all", func(c *Config) { c.Dev, c.Muapi.Listen = true, "0.0.0.0:9" }, "set muapi-listen to 127.0.0.1:9"},
		{"face beyond the links", func(c *Config) { c.ModelsLab.Listen = "0.0.0.0:9" }, "links would start with http://127.0.0.1:8080"},
		{"face beyond, with the URL", func(c *Config) { c.ModelsLab.Listen, c.PublicURL = "0.0.0.0:9", "https://x.example" }, ""},
		{"one host name for two", func(c *Config) {
			c.ModelHunter.Hosts, c.Muapi.Hosts = []string{"Api.example"}, []string{"b.example", "api.EXAMPLE"}
		}, "modelhunter-hosts and muapi-hosts both have api.example"},
		{"a host name twice", func(c *Config) { c.Muapi.Hosts = []string{"b.example", "b.example"} }, ""},
		{"events shorter than attempts", func(c *Config) { c.Retention.Attempts = 2 * c.Retention.Events }, "retention-events is 60d, which is shorter than retention-attempts"},
		{"events shorter than the schedule", func(c *Config) {
			c.Retention.Events, c.Retention.Attempts = Age(time.Minute), Age(time.Minute)
		}, "which is shorter than the longest schedule"},
		{"tasks shorter than results", func(c *Config) { c.Retention.Artifacts = 2 * c.Retention.Tasks }, "retention-tasks is 90d, which is shorter than retention-artifacts"},
		{"tasks shorter than keys", func(c *Config) { c.Retention.Tasks = Age(time.Hour) }, "an Idempotency-Key"},
		{"results for ever, tasks not", func(c *Config) { c.Retention.Artifacts = 0 }, "retention-artifacts is 0, which is for ever"},
		{"all for ever", func(c *Config) { c.Retention = Retention{} }, ""},
		{"one address", func(c *Config) { c.Listen = "10.0.0.1:80" }, ""},
		{"no data directory", func(c *Config) { c.Data = "" }, "data is empty"},
		{"dev", func(c *Config) { c.Dev = true }, ""},
		{"dev on localhost", func(c *Config) { c.Dev, c.Listen = true, "localhost:1" }, ""},
		{"dev for all", func(c *Config) { c.Dev, c.Listen = true, "0.0.0.0:8080" }, "add dev-listen-any"},
		{"dev on a name", func(c *Config) { c.Dev, c.Listen = true, "box.lan:8080" }, "add dev-listen-any"},
		{"dev on an address", func(c *Config) { c.Dev, c.Listen = true, "10.0.0.1:8080" }, "set listen to 127.0.0.1:8080"},
		{"dev in a container", func(c *Config) { c.Dev, c.DevListenAny, c.Listen = true, true, "0.0.0.0:8080" }, ""},
		{"dev-listen-any alone", func(c *Config) { c.DevListenAny = true }, "only together with dev"},
		{"URL without scheme", func(c *Config) { c.PublicURL = "tasks.example.com" }, "does not begin with http:// or https://"},
		{"URL with port only", func(c *Config) { c.PublicURL = "example.com:8080" }, "does not begin with http:// or https://"},
		{"URL of another kind", func(c *Config) { c.PublicURL = "ftp://example.com" }, "does not begin with http:// or https://"},
		{"URL without host", func(c *Config) { c.PublicURL = "https:///x" }, "has no host name"},
		{"URL with a query", func(c *Config) { c.PublicURL = "https://x.example/?a=b" }, "more than scheme, host, port and path"},
		{"URL with a password", func(c *Config) { c.PublicURL = "https://u:hidden@x.example" }, "more than scheme, host, port and path"},
		{"URL with a path", func(c *Config) { c.PublicURL = "https://x.example/tasks/" }, ""},
		{"short key", func(c *Config) { c.BootstrapKey = NewSecret("short") }, "bootstrap-key has 5 characters, at least 32"},
		{"key with a blank", func(c *Config) { c.BootstrapKey = NewSecret(strings.Repeat("hidden ", 9)) }, "holds a blank"},
		{"key of another maker", func(c *Config) { c.BootstrapKey = NewSecret("river_live_" + strings.Repeat("x", 21)) }, ""},
		{"short token", func(c *Config) { c.OperatorToken = NewSecret("hidden") }, "operator-token has 6 characters, at least 32"},
		{"token with a blank", func(c *Config) { c.OperatorToken = NewSecret(strings.Repeat("hidden ", 9)) }, "operator-token holds a blank"},
		{"token", func(c *Config) { c.OperatorToken = NewSecret(strings.Repeat("x", 32)) }, ""},
		{"token that is a key", func(c *Config) {
			c.OperatorToken = NewSecret(strings.Repeat("hidden", 9))
			c.BootstrapKey = c.OperatorToken
		}, "operator-token is the bootstrap-key too"},
		{"a limit", func(c *Config) { c.RateLimit = 100 }, ""},
		{"a limit below none", func(c *Config) { c.RateLimit = -1 }, "rate-limit is -1"},
		{"a wait without end", func(c *Config) { c.ModelsLab.ResultWait = time.Hour }, "modelslab-result-wait is 1h0m0s"},
		{"no time for workers", func(c *Config) { c.WorkerWait = 5 }, "worker-wait is 5ns"},
		{"no place for deliveries", func(c *Config) { c.MaxBacklog = -1 }, "max-backlog is -1"},
		{"no place for runs", func(c *Config) { c.ModelsLab.WorkflowRate = -1 }, "modelslab-workflow-rate is -1"},
		{"no place for tasks", func(c *Config) { c.MaxQueuedTasks = -1 }, "max-queued-tasks is -1"},
		{"a limit beyond all", func(c *Config) { c.RateLimit = 1e9 }, "rate-limit is 1000000000"},
		{"no attempts", func(c *Config) { c.Delivery.Concurrency = 0 }, "delivery-concurrency is 0"},
		{"too many attempts", func(c *Config) { c.Delivery.Concurrency = 1e6 }, "delivery-concurrency is 1000000"},
		{"no time", func(c *Config) { c.Delivery.Timeout = time.Millisecond }, "delivery-timeout is 1ms"},
		{"a bucket", s3(nil), ""},
		{"a bucket on this machine", s3(func(s *S3) { s.Endpoint = "http://127.0.0.1:9000/" }), ""},
		{"a folder in a bucket", s3(func(s *S3) { s.Prefix = "/media/taskhook/" }), ""},
		{"a bucket nowhere", s3(func(s *S3) { s.Endpoint = "" }), "s3-bucket is set without s3-endpoint"},
		{"a bucket of nobody", s3(func(s *S3) { s.AccessKey = "" }), "s3-bucket is set without s3-access-key"},
		{"a bucket without the secret", s3(func(s *S3) { s.SecretKey = Secret{} }), "s3-bucket is set without s3-secret-key"},
		{"an endpoint alone", func(c *Config) { c.S3.Endpoint = "https://s3.example" }, "s3-endpoint has a meaning only together with s3-bucket"},
		{"a secret alone", func(c *Config) { c.S3.SecretKey = NewSecret("hidden") }, "s3-secret-key has a meaning only together with s3-bucket"},
		{"a folder alone", func(c *Config) { c.S3.Prefix = "x" }, "s3-prefix has a meaning only together with s3-bucket"},
		{"redirect alone", func(c *Config) { c.S3.Serve = "redirect" }, "s3-serve is redirect, which has a meaning only together with s3-bucket"},
		{"an endpoint without scheme", s3(func(s *S3) { s.Endpoint = "s3.example:9000" }), "s3-endpoint is not an address"},
		{"an endpoint with a bucket", s3(func(s *S3) { s.Endpoint = "https://s3.example/files" }), "more than scheme, host and port"},
		{"an endpoint with a password", s3(func(s *S3) { s.Endpoint = "https://u:hidden@s3.example" }), "more than scheme, host and port"},
		{"a bucket with a folder", s3(func(s *S3) { s.Bucket = "files/x" }), "not the name of a bucket"},
		{"a folder elsewhere", s3(func(s *S3) { s.Prefix = "a/../b" }), "is not a folder"},
		{"all day", func(c *Config) { c.Delivery.Timeout = 24 * time.Hour }, "delivery-timeout is 24h0m0s"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			tt.change(c)
			err := c.validate()
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "hidden"):
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

// s3 sets a bucket, and then changes it.
func s3(change func(*S3)) func(*Config) {
	return func(c *Config) {
		c.S3 = S3{Bucket: "files", Endpoint: "https://s3.example", AccessKey: "taskhook", SecretKey: NewSecret("hidden"), Serve: "proxy"}
		if change != nil {
			change(&c.S3)
		}
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	cases := []struct{ public, addr, want string }{
		{"", "127.0.0.1:4711", "http://127.0.0.1:4711"},
		{"", "[::]:80", "http://localhost:80"},
		{"", "0.0.0.0:80", "http://localhost:80"},
		{"https://x.example/tasks/", "127.0.0.1:1", "https://x.example/tasks"},
	}
	for _, tt := range cases {
		c := Default()
		c.PublicURL = tt.public
		if err := c.validate(); err != nil {
			t.Fatal(err)
		}
		if got := c.BaseURL(tt.addr); got != tt.want {
			t.Errorf("%q at %s: %s, want %s", tt.public, tt.addr, got, tt.want)
		}
	}
}
