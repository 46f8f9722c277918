package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
)

// secretPrefix marks the text of a secret, as Standard Webhooks has it.
const secretPrefix = "whsec_"

// NewSecret returns the text of a new secret: "whsec_" and the base64 of 32
// random bytes.
func NewSecret() string {
	var key [32]byte
	rand.Read(key[:])
	return secretPrefix + base64.StdEncoding.EncodeToString(key[:])
}

// decodeSecret returns the key of the Standard Webhooks signature: the bytes
// that the base64 stands for, with or without the prefix, as the libraries of
// that standard read it. A text that is not base64 is its own key.
func decodeSecret(text string) ([]byte, error) {
	encoded := strings.TrimPrefix(text, secretPrefix)
	if encoded == "" {
		return nil, errors.New("webhook: the secret is empty")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return []byte(text), nil
	}
	return key, nil
}
