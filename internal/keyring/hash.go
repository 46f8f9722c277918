package keyring

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// HashKey returns the hex SHA-256 of an API key's text, the only form in which
// the key is stored. API keys are long random text, so that a slow or salted
// hash would add nothing.
func HashKey(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// thumbprint returns the id of a public key by RFC 7638 and RFC 8037: the hash
// of its required members in alphabetical order.
func thumbprint(public ed25519.PublicKey) string {
	x := base64.RawURLEncoding.EncodeToString(public)
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + x + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
