package program

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/taskhook/taskhook/internal/config"
	"github.com/taskhook/taskhook/internal/testkit/datadir"
)

// FarSandbox is the member of an input that steers the sandbox of the server behind
// one that Behind started, for no provider may see the one that steers our own.
const FarSandbox = "far_sandbox"

// Behind starts a server whose models are run by another one, through each of the
// APIs that it speaks, by the descriptions that come with taskhook. Configure may
// change the configuration, which is that of a development machine.
func Behind(t testing.TB, far *Server, configure func(*config.Config)) *Server {
	t.Helper()
	dir := t.TempDir()
	key, overlay := filepath.Join(dir, "key"), filepath.Join(dir, "overlay.yaml")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(key, Key+"\n")
	write(overlay, fmt.Sprintf(`
providers:
  modelhunter:
    url: %[1]s/api/v1
    secrets: {key: "file:%[2]s"}
    submit: {body: '{model: $model, input: %[3]s} + if $callback then {webhookUrl: $callback} else {} end'}
    poll: {every: 50ms}
  modelslab:
    url: %[1]s/modelslab/api
    secrets: {key: "file:%[2]s"}
    submit: {body: '{model_id: $model} + %[3]s + {key: $secrets.key} + if $callback then {webhook: $callback} else {} end'}
    poll: {every: 50ms}
  muapi:
    url: %[1]s/muapi/api/v1
    secrets: {key: "file:%[2]s"}
    submit: {body: '%[3]s'}
    poll: {every: 50ms}
models:
  seedream: {seedream-4-0: {adapter: "http:modelhunter"}}
  vidu: {viduq3-pro: {adapter: "http:modelhunter"}}
  modelslab: {"*": {adapter: "http:modelslab"}}
  muapi: {flux-dev-image: {adapter: "http:muapi"}}
`, far.URL, key, `(if has("`+FarSandbox+`") then {sandbox: .`+FarSandbox+`} + . else . end | del(.`+FarSandbox+`))`))
	cfg, err := config.Load(&config.Config{Provider: []string{"modelhunter", "modelslab", "muapi", overlay}, Dev: true, Listen: "127.0.0.1:0",
		Location: config.Location{Data: datadir.Migrated(t)}}, []string{"provider", "dev", "listen", "data"}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	cfg.BootstrapKey = config.NewSecret(Key)
	if configure != nil {
		configure(cfg)
	}
	s := Run(t, cfg)
	t.Cleanup(func() { s.Stop(t) })
	return s
}
