// Package keyring owns the installation's one master key and all that is derived
// from it: secrets sealed at rest, the key of signed links, and the key pair of
// per-job webhooks. It also hashes API keys, which need no key of ours.
//
// Each purpose has a key of its own, derived by HKDF-SHA256 with the name of the
// purpose, so that none can stand in for another. The package knows key bytes
// and the file that holds them; it must not know what is sealed, nor where it is
// stored.
package keyring
