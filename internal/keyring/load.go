package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxFile is more than any form of a key takes, in bytes.
const maxFile = 1024

// Load derives a Keyring from the key file at path, in the form that Parse
// reads. If there is none it makes one with a new key, durable before Load
// returns, and reports created: the moment to tell the operator to keep a copy.
// The folder must exist. A file that others than its owner can use is refused.
func Load(path string) (k *Keyring, created bool, err error) {
	k, err = read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, false, err
	}
	if created, err = create(path); err != nil {
		return nil, false, err
	}
	k, err = read(path)
	return k, created, err
}

// read derives a Keyring from an existing file.
func read(path string) (*Keyring, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s can be used by others than its owner (mode %04o): run chmod 600 %[1]s", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	k, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", path, err)
	}
	return k, nil
}

// create writes a file with a new key, and reports whether it is ours: another
// process may have been first. It is written under another name and then linked,
// so that no one ever sees a part of it and none is ever replaced.
func create(path string) (created bool, err error) {
	folder := filepath.Dir(path)
	temporary, err := os.CreateTemp(folder, filepath.Base(path)+".new-*")
	if err != nil {
		return false, fmt.Errorf("create the key file: %w", err)
	}
	defer os.Remove(temporary.Name())
	if err := writeKey(temporary); err != nil {
		return false, fmt.Errorf("write the key file: %w", err)
	}
	switch err := os.Link(temporary.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("name the key file: %w", err)
	}
	if err := syncFolder(folder); err != nil {
		return false, fmt.Errorf("make the key file durable: %w", err)
	}
	return true, nil
}

// writeKey writes a new key, makes it durable and closes the file.
func writeKey(file *os.File) error {
	var master [KeySize]byte
	rand.Read(master[:])
	_, err := file.WriteString(base64.StdEncoding.EncodeToString(master[:]) + "\n")
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
