package keyring

import (
	"errors"
	"fmt"
)

// sealVersion is the first byte of sealed data: AES-256-GCM under purposeSeal,
// with the nonce in front.
const sealVersion = 1

// ErrCannotOpen means that sealed data are not from this master key and context.
var ErrCannotOpen = errors.New("the key file does not belong to this database, or the sealed data were changed: " +
	"put back the key file that was in use when the data were stored; without it the secrets in the database are lost, " +
	"and every endpoint needs a new secret")

// Seal encrypts a secret for storage. The context, such as the id of the
// endpoint that the secret belongs to, is not stored, but Open needs the same
// one, so that sealed data cannot be moved to another row. At most 2^32 secrets
// may be sealed under one master key.
func (k *Keyring) Seal(context string, secret []byte) []byte {
	sealed := make([]byte, 1, 1+len(secret)+k.aead.Overhead())
	sealed[0] = sealVersion
	return k.aead.Seal(sealed, nil, secret, []byte(context))
}

// Open decrypts what Seal returned for the context. The error wraps
// ErrCannotOpen if the key, the context or the data are not those of Seal.
func (k *Keyring) Open(context string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, fmt.Errorf("open the secret of %s: it is empty", context)
	}
	if sealed[0] != sealVersion {
		return nil, fmt.Errorf("open the secret of %s: it is sealed in form %d, of which this version knows nothing; use a newer taskhook", context, sealed[0])
	}
	secret, err := k.aead.Open(nil, nil, sealed[1:], []byte(context))
	if err != nil {
		return nil, fmt.Errorf("open the secret of %s: %w", context, ErrCannotOpen)
	}
	return secret, nil
}
