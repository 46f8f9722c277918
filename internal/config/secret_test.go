package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const text = "hidden-hidden-hidden-hidden-hidden-hidden"
	c := Default()
	c.BootstrapKey = NewSecret(text)
	if c.BootstrapKey.Reveal() != text {
		t.Fatalf("the secret became %q", c.BootstrapKey.Reveal())
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", c.BootstrapKey, *c)
	}
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("config", "key", c.BootstrapKey, "all", c)
	slog.New(slog.NewTextHandler(&out, nil)).Info("config", "key", c.BootstrapKey, "all", c)
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	if err := c.Dump(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hidden") {
		t.Errorf("the secret is shown:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "bootstrap-key: (set)\n") || !strings.Contains(out.String(), "secret-key: \"\"\n") {
		t.Errorf("the dump does not say which secret is set:\n%s", out.String())
	}
}

func TestDumpReadsBack(t *testing.T) {
	t.Parallel()
	variables := map[string]string{}
	for _, f := range Default().fields() {
		if _, secret := f.value.Interface().(Secret); !secret || f.name == "s3-secret-key" { // which s3-bucket needs
			variables[f.variable()] = samples()[f.name]
		}
	}
	c, err := Load(&Config{}, nil, environment(variables))
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := c.Dump(&first); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(first.String(), "  timeout: 9s # TASKHOOK_DELIVERY_TIMEOUT\n") {
		t.Errorf("the dump does not say where the timeout was set:\n%s", first.String())
	}
	again := Default()
	if err := again.parseFile("dump.yaml", first.Bytes()); err != nil {
		t.Fatal(err)
	}
	again.origins = c.origins
	if err := again.Dump(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() {
		t.Errorf("read back:\n%s\nwas:\n%s", second.String(), first.String())
	}
}

func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := WriteMarkdown(&want); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs/config.md is not current; run: go generate ./internal/config")
	}
}
