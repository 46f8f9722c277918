package keyring

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// Parse derives a Keyring from the text of a master key: 32 random bytes in
// base64 (either alphabet, padded or not) or in hex. Space around it is ignored.
// The error does not repeat the text.
func Parse(text string) (*Keyring, error) {
	master, err := decode(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	return New(master)
}

func decode(text string) ([]byte, error) {
	var master []byte
	var err error
	switch unpadded := strings.TrimRight(text, "="); {
	case len(text) == hex.EncodedLen(KeySize):
		master, err = hex.DecodeString(text)
	case strings.ContainsAny(text, "-_"):
		master, err = base64.RawURLEncoding.DecodeString(unpadded)
	default:
		master, err = base64.RawStdEncoding.DecodeString(unpadded)
	}
	if err != nil || len(master) != KeySize {
		return nil, errors.New("the master key must be 32 random bytes in base64 or hex; make one with: openssl rand -base64 32")
	}
	if isZero(master) {
		return nil, errors.New("the master key is all zeros; make a random one with: openssl rand -base64 32")
	}
	return master, nil
}

func isZero(key []byte) bool { return strings.Trim(string(key), "\x00") == "" }
