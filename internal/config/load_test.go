package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskhook/taskhook"
)

// environment is an Env of the variables.
func environment(variables map[string]string) Env {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

// write returns the path of a new file with the text.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "taskhook.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load(&Config{}, nil, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" || c.Data != "./taskhook-data" || c.LogLevel != "info" {
		t.Errorf("defaults are %+v", c)
	}
	want := taskhook.Schedule{time.Minute, 5 * time.Minute, 30 * time.Minute}
	if !slices.Equal(c.Schedule, want) || len(c.PerJobSchedule) != 0 {
		t.Errorf("schedules are %s and %s", c.Schedule, c.PerJobSchedule)
	}
	if c.Delivery != (Delivery{Concurrency: 256, Timeout: 30 * time.Second, Breaker: 20, DisableAfter: 120 * time.Hour, Gone: "disable"}) {
		t.Errorf("delivery is %+v", c.Delivery)
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	const file = "listen: 127.0.0.1:1\ndelivery:\n  timeout: 1s\n"
	env := map[string]string{"TASKHOOK_LISTEN": "127.0.0.1:2", "TASKHOOK_DELIVERY_TIMEOUT": "2s"}
	flags := Config{Listen: "127.0.0.1:3", Delivery: Delivery{Timeout: 3 * time.Second}}
	given := []string{"listen", "delivery-timeout"}
	cases := []struct {
		name            string
		file, env, flag bool
		listen, origin  string
		timeout         time.Duration
	}{
		{"default", false, false, false, "127.0.0.1:8080", "", 30 * time.Second},
		{"file", true, false, false, "127.0.0.1:1", ":1", time.Second},
		{"env over file", true, true, false, "127.0.0.1:2", "TASKHOOK_LISTEN", 2 * time.Second},
		{"env", false, true, false, "127.0.0.1:2", "TASKHOOK_LISTEN", 2 * time.Second},
		{"flags over all", true, true, true, "127.0.0.1:3", "--listen", 3 * time.Second},
		{"flags over file", true, false, true, "127.0.0.1:3", "--listen", 3 * time.Second},
		{"flags", false, false, true, "127.0.0.1:3", "--listen", 3 * time.Second},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			variables, flags, given := map[string]string{}, flags, slices.Clone(given)
			if tt.env {
				variables = map[string]string{"TASKHOOK_LISTEN": env["TASKHOOK_LISTEN"], "TASKHOOK_DELIVERY_TIMEOUT": "2s"}
			}
			if !tt.flag {
				given = nil
			}
			if tt.file {
				flags.File = write(t, file)
				given = append(given, "config")
			}
			c, err := Load(&flags, given, environment(variables))
			if err != nil {
				t.Fatal(err)
			}
			if c.Listen != tt.listen || c.Delivery.Timeout != tt.timeout {
				t.Errorf("listen %s, timeout %s", c.Listen, c.Delivery.Timeout)
			}
			if origin := c.origins["listen"]; !strings.HasSuffix(origin, tt.origin) {
				t.Errorf("listen is said to come from %q", origin)
			}
		})
	}
}

func TestFlagsNotGivenAreNotRead(t *testing.T) {
	t.Parallel()
	c, err := Load(&Config{Listen: "nonsense"}, nil, environment(map[string]string{"TASKHOOK_DATA": "/d", "TASKHOOK_LISTEN": ""}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:8080" || c.Data != "/d" {
		t.Errorf("listen %q, data %q", c.Listen, c.Data)
	}
}

func TestFileNamedByVariableYieldsToFlag(t *testing.T) {
	t.Parallel()
	byEnv, byFlag := write(t, "data: env"), write(t, "data: flag")
	env := environment(map[string]string{"TASKHOOK_CONFIG": byEnv})
	c, err := Load(&Config{}, nil, env)
	if err != nil || c.Data != "env" {
		t.Errorf("data %q, %v", c.Data, err)
	}
	c, err = Load(&Config{Location: Location{File: byFlag}}, []string{"config"}, env)
	if err != nil || c.Data != "flag" {
		t.Errorf("data %q, %v", c.Data, err)
	}
}

// samples has a value other than the default for every setting.
func samples() map[string]string {
	return map[string]string{
		"config": "", "data": "/srv/taskhook", "files": "/srv/files", "database-url": "postgres://u:p@db.example/t", "listen": "127.0.0.2:1", "public-url": "https://tasks.example.com", "modelslab-hosts": "lab.example.com,lab.test", "modelslab-result-wait": "8s", "modelslab-workflow-rate": "9",
		"dev": "true", "dev-listen-any": "true", "log-level": "debug", "log-format": "json",
		"accept-new-key": "true",
		"bootstrap-key":  strings.Repeat("b", 40), "secret-key": strings.Repeat("s", 40),
		"rate-limit": "100", "max-queued-tasks": "5", "max-backlog": "6", "worker-wait": "3h0m0s",
		"operator-token": strings.Repeat("o", 40),
		"schedule":       "1s,2s", "per-job-schedule": "3s", "workflow-schedule": "4s", "delivery-concurrency": "7", "delivery-timeout": "9s",
		"delivery-breaker": "5", "delivery-disable-after": "72h", "delivery-gone": "end",
		"alert-url": "https://alerts.example.com/", "alert-command": "notify,--urgent", "allow": "receiver.lan,10.0.0.0/8", "ports": "80,8443", "catalogue": "", "provider": "",
		"s3-bucket": "files", "s3-endpoint": "https://s3.example.com", "s3-region": "auto", "s3-prefix": "media/taskhook",
		"s3-access-key": "taskhook", "s3-secret-key": strings.Repeat("k", 40), "s3-serve": "redirect",
		"modelhunter-listen": "127.0.0.2:2", "modelhunter-hosts": "hunter.example.com,hunter.test", "modelslab-listen": "127.0.0.2:3", "muapi-listen": "127.0.0.2:4",
		"retention-events": "50d", "retention-attempts": "10d", "retention-tasks": "100d", "retention-artifacts": "36h", "retention-files": "40d", "retention-usage": "0",
		"retention-events-bytes": "20GB", "retention-attempts-bytes": "1TB", "retention-tasks-bytes": "500MB", "retention-artifacts-bytes": "7", "retention-files-bytes": "3kB", "inline": "4kB", "posters": "off",
		"muapi-hosts": "muapi.example.com,other.example.com", "muapi-schedule": "4s,5s",
	}
}

func TestEverySettingIsReadEverywhere(t *testing.T) {
	t.Parallel()
	variables := map[string]string{}
	var want Config
	for _, f := range want.fields() {
		text, ok := samples()[f.name]
		if !ok {
			t.Errorf("no sample for %s", f.name)
		}
		if err := f.set(text); err != nil {
			t.Errorf("set %s: %v", f.name, err)
		}
		variables[f.variable()] = text
	}
	// As text in the environment, as a file, and as the flags that were parsed.
	byEnv, err := Load(&Config{}, nil, environment(variables))
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	var given []string
	for _, f := range want.fields() {
		given = append(given, f.name)
		text := samples()[f.name]
		if name, ok := strings.CutPrefix(f.path, "delivery."); ok {
			text = name + ": " + text
			if !strings.Contains(file.String(), "delivery:") {
				file.WriteString("delivery:\n")
			}
			file.WriteString("  " + text + "\n")
		} else if text != "" && f.isList() {
			file.WriteString(f.path + ": [" + text + "]\n")
		} else if text != "" {
			file.WriteString(f.path + ": " + text + "\n")
		}
	}
	byFile, err := Load(&Config{Location: Location{File: write(t, file.String())}}, []string{"config"}, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	byFlag, err := Load(&want, given, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range want.fields() {
		for name, c := range map[string]*Config{"environment": byEnv, "file": byFile, "flags": byFlag} {
			if got := c.fields()[i].value; f.name != "config" && !reflect.DeepEqual(got.Interface(), f.value.Interface()) {
				t.Errorf("%s by %s is %v, want %v", f.name, name, got, f.value)
			}
		}
	}
}

func TestBadVariables(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ value, want string }{
		"TASKHOOK_DEV":                  {"yes please", `"yes please" is neither true nor false`},
		"TASKHOOK_PORTS":                {"80,x", `"x" is not a whole number`},
		"TASKHOOK_SCHEDULE":             {"1m,soon", `"soon"`},
		"TASKHOOK_LOG_LEVEL":            {"loud", `"loud" is none of debug, info, warn, error`},
		"TASKHOOK_DELIVERY_TIMEOUT":     {"30", `"30" is not a duration`},
		"TASKHOOK_DELIVERY_CONCURRENCY": {"1.5", `"1.5" is not a whole number`},
	}
	for name, tt := range cases {
		_, err := Load(&Config{}, nil, environment(map[string]string{name: tt.value}))
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s=%s: %v", name, tt.value, err)
		}
	}
}

func TestMissingFiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"TASKHOOK_CONFIG", "TASKHOOK_CATALOGUE"} {
		_, err := Load(&Config{}, nil, environment(map[string]string{name: "/nowhere/x.yaml"}))
		if err == nil || !strings.Contains(err.Error(), "/nowhere/x.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
