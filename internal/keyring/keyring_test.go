package keyring

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// countingKey is the bytes 0 to 31.
func countingKey() []byte {
	key := make([]byte, KeySize)
	for i := range key {
		key[i] = byte(i)
	}
	return key
}

func newKeyring(tb testing.TB, master []byte) *Keyring {
	tb.Helper()
	k, err := New(master)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// TestDerivedKeysStay holds the derivation fast: what was sealed, linked and
// published by one version must be good in the next.
func TestDerivedKeysStay(t *testing.T) {
	t.Parallel()
	k := newKeyring(t, countingKey())
	id, job := k.JobKey()
	got := fmt.Sprintf("%x %s %x", k.LinkKey(), id, job.Public())
	const want = "767842ac3f292c727a87428705a34c58b7eedf083f6d72241a5711006d0797ca RujV7Trb682v8Xj6kylsfwlpt9zYGhvpep0TuJABoaI d7fc3943133381a6d0a7101992dd2f68c1b88a29b5ad3865437d4e884e09e9e4"
	if got != want {
		t.Errorf("derived %s, want %s", got, want)
	}
	sealed, err := hex.DecodeString("01cac26ea064481677f4ed627c9fdc9292ef7a9f0060a39ca64cc0b2215e4a08f8b3a6f987bebfa1")
	if err != nil {
		t.Fatal(err)
	}
	if secret, err := k.Open("wh_1", sealed); err != nil || string(secret) != "whsec_stays" {
		t.Errorf("Open of what was once sealed = %q, %v", secret, err)
	}
}

func TestKeysDiffer(t *testing.T) {
	t.Parallel()
	one, other := newKeyring(t, countingKey()), newKeyring(t, bytes.Repeat([]byte{1}, KeySize))
	oneID, oneJob := one.JobKey()
	otherID, otherJob := other.JobKey()
	if bytes.Equal(one.LinkKey(), other.LinkKey()) || oneJob.Equal(otherJob) || oneID == otherID {
		t.Error("two master keys derive the same keys")
	}
	if bytes.Equal(one.LinkKey(), oneJob.Seed()) || bytes.Equal(one.LinkKey(), countingKey()) {
		t.Error("two purposes have the same key")
	}
}

func TestNewRefusesOtherSizes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 16, 31, 33} {
		if _, err := New(make([]byte, size)); err == nil {
			t.Errorf("New took a master key of %d bytes", size)
		}
	}
}

func TestJobKeySigns(t *testing.T) {
	t.Parallel()
	_, key := newKeyring(t, countingKey()).JobKey()
	message := []byte("evt_1.1614265330.{}")
	if !ed25519.Verify(key.Public().(ed25519.PublicKey), message, ed25519.Sign(key, message)) {
		t.Error("the job key is not a key pair")
	}
}

// TestThumbprint is the example of RFC 8037, appendix A.3.
func TestThumbprint(t *testing.T) {
	t.Parallel()
	public, err := base64.RawURLEncoding.DecodeString("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := thumbprint(public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("thumbprint = %s, want %s", got, want)
	}
}

func TestHashKey(t *testing.T) {
	t.Parallel()
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, B.1
	if got := HashKey("abc"); got != want {
		t.Errorf("HashKey(abc) = %s, want %s", got, want)
	}
}

func TestKeyringIsNotPrinted(t *testing.T) {
	t.Parallel()
	k := newKeyring(t, countingKey())
	id, _ := k.JobKey()
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("loaded", "keyring", k)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("loaded", "keyring", k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, k); got != "keyring("+id+")" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	link := k.LinkKey()
	if text := log.String(); strings.Contains(text, hex.EncodeToString(link)) || strings.Contains(text, fmt.Sprint(link)) {
		t.Errorf("the log shows a key: %s", text)
	}
}
