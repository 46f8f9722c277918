package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"slices"
)

// KeySize is the length of the master key, and of the keys derived, in bytes.
const KeySize = 32

// The purposes of the derived keys. Changing one loses all that was made with it.
const (
	purposeSeal = "taskhook v1 seal secrets at rest"
	purposeLink = "taskhook v1 sign links"
	purposeJob  = "taskhook v1 sign per-job webhooks"
)

// Keyring holds the keys derived from one master key. It may be used
// concurrently, and shows none of its keys when it is printed or logged.
type Keyring struct {
	aead  cipher.AEAD
	link  []byte
	job   ed25519.PrivateKey
	jobID string
}

// New derives a Keyring from a master key of KeySize random bytes.
func New(master []byte) (*Keyring, error) {
	if len(master) != KeySize {
		return nil, fmt.Errorf("the master key has %d bytes; it must have %d", len(master), KeySize)
	}
	var derived [3][]byte
	for i, purpose := range []string{purposeSeal, purposeLink, purposeJob} {
		key, err := hkdf.Key(sha256.New, master, nil, purpose, KeySize)
		if err != nil {
			return nil, fmt.Errorf("derive the key to %q: %w", purpose, err)
		}
		derived[i] = key
	}
	block, err := aes.NewCipher(derived[0])
	if err != nil {
		return nil, fmt.Errorf("prepare to seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare to seal: %w", err)
	}
	job := ed25519.NewKeyFromSeed(derived[2])
	return &Keyring{aead: aead, link: derived[1], job: job, jobID: thumbprint(job.Public().(ed25519.PublicKey))}, nil
}

// LinkKey returns the key with which links are signed by HMAC-SHA256.
func (k *Keyring) LinkKey() []byte { return slices.Clone(k.link) }

// JobKey returns the Ed25519 key that signs per-job webhooks, and its id: the
// RFC 7638 thumbprint of the public key. Being public and different for every
// master key, the id also tells whether two nodes have the same one.
func (k *Keyring) JobKey() (id string, key ed25519.PrivateKey) { return k.jobID, slices.Clone(k.job) }

// Format writes the id of the job key, whatever the verb, so that no key reaches
// a log.
func (k *Keyring) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "keyring(%s)", k.jobID) }
