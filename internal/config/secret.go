package config

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Secret is a text that shows as "(set)" wherever it is printed, logged or
// marshalled.
type Secret struct{ text string }

// NewSecret returns the secret with the text.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the text itself, empty when the secret is not set.
func (s Secret) Reveal() string { return s.text }

// String returns "(set)", or "" when the secret is not set.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "(set)"
}

// Format writes String whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue returns String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text without the blanks around it, such as the line
// end of a mounted file.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = strings.TrimSpace(string(text))
	return nil
}
