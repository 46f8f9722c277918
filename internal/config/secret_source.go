package config

import (
	"fmt"
	"os"
	"strings"
)

// ReadSecret returns a secret that a provider's file names: the value of a variable
// of the environment, or, after "file:", the content of a file without the line
// end. The error is a sentence for the operator and never holds the secret.
func ReadSecret(from string) (string, error) {
	if path, ok := strings.CutPrefix(from, "file:"); ok {
		data, err := os.ReadFile(path)
		return strings.TrimRight(string(data), "\r\n"), err
	}
	value, ok := os.LookupEnv(from)
	if !ok || value == "" {
		return "", fmt.Errorf("set the variable %s", from)
	}
	return value, nil
}
