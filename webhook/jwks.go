package webhook

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// PublicKey checks the signatures of per-job deliveries.
type PublicKey struct {
	ID  string // the kid, unique within its set
	Key ed25519.PublicKey
}

// jwk is an Ed25519 key in the form of RFC 8037.
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	ID        string `json:"kid,omitempty"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	X         string `json:"x"`
}

type jwks struct {
	Keys []json.RawMessage `json:"keys"`
}

// EncodeJWKS returns the keys as a JSON Web Key Set (RFC 7517, RFC 8037).
func EncodeJWKS(keys ...PublicKey) []byte {
	set := struct {
		Keys []jwk `json:"keys"`
	}{make([]jwk, len(keys))}
	for i, key := range keys {
		set.Keys[i] = jwk{
			Type: "OKP", Curve: "Ed25519", ID: key.ID, Use: "sig", Algorithm: "EdDSA",
			X: base64.RawURLEncoding.EncodeToString(key.Key),
		}
	}
	text, err := json.Marshal(set)
	if err != nil {
		panic(err) // strings always encode
	}
	return text
}

// ParseJWKS returns the Ed25519 keys of a JSON Web Key Set and passes over keys
// of other kinds and uses. A set without any is an error.
func ParseJWKS(text []byte) ([]PublicKey, error) {
	var set jwks
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("webhook: read the key set: %w", err)
	}
	var keys []PublicKey
	for i, raw := range set.Keys {
		var k jwk
		if err := json.Unmarshal(raw, &k); err != nil {
			continue
		}
		if k.Type != "OKP" || k.Curve != "Ed25519" || (k.Use != "" && k.Use != "sig") {
			continue
		}
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("webhook: key %d (%q) of the set is not the base64url of %d bytes", i+1, k.ID, ed25519.PublicKeySize)
		}
		keys = append(keys, PublicKey{ID: k.ID, Key: x})
	}
	if len(keys) == 0 {
		return nil, errors.New("webhook: the key set has no Ed25519 key for signatures")
	}
	return keys, nil
}
