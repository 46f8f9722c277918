package keyring

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	k := newKeyring(t, countingKey())
	for _, secret := range []string{"", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", strings.Repeat("x", 10_000)} {
		sealed := k.Seal("wh_1", []byte(secret))
		if secret != "" && bytes.Contains(sealed, []byte(secret)) {
			t.Error("the secret can be read in what Seal returned")
		}
		if opened, err := k.Open("wh_1", sealed); err != nil || string(opened) != secret {
			t.Errorf("Open = %q, %v, want %q", opened, err, secret)
		}
	}
	if bytes.Equal(k.Seal("wh_1", []byte("same")), k.Seal("wh_1", []byte("same"))) {
		t.Error("Seal used a nonce twice")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	k := newKeyring(t, countingKey())
	sealed := k.Seal("wh_1", []byte("whsec_secret"))
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name    string
		keyring *Keyring
		context string
		sealed  []byte
	}{
		{"another master key", newKeyring(t, bytes.Repeat([]byte{7}, KeySize)), "wh_1", sealed},
		{"another context", k, "wh_2", sealed},
		{"a changed bit", k, "wh_1", flipped},
		{"cut short", k, "wh_1", sealed[:len(sealed)-1]},
		{"the version alone", k, "wh_1", sealed[:1]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			secret, err := test.keyring.Open(test.context, test.sealed)
			if secret != nil || !errors.Is(err, ErrCannotOpen) {
				t.Fatalf("Open = %q, %v, want ErrCannotOpen", secret, err)
			}
			if !strings.Contains(err.Error(), test.context) || !strings.Contains(err.Error(), "key file does not belong to this database") {
				t.Errorf("the error does not explain the loss: %v", err)
			}
		})
	}
}

func TestOpenRefusesOtherForms(t *testing.T) {
	t.Parallel()
	k := newKeyring(t, countingKey())
	newer := append([]byte{2}, k.Seal("wh_1", []byte("secret"))[1:]...)
	if _, err := k.Open("wh_1", newer); err == nil || !strings.Contains(err.Error(), "newer taskhook") {
		t.Errorf("Open of a newer form says %v", err)
	}
	if _, err := k.Open("wh_1", nil); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("Open of nothing says %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	k := newKeyring(f, countingKey())
	f.Add("wh_1", []byte{1})
	f.Add("", k.Seal("wh_1", nil))
	f.Fuzz(func(t *testing.T, context string, sealed []byte) {
		if _, err := k.Open(context, sealed); err == nil && context != "wh_1" {
			t.Errorf("Open(%q, %x) took what Seal did not make", context, sealed)
		}
	})
}
