package dashboard

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// sealer encrypts what cookies hold, so that browsers can neither read nor change
// it, and nothing need be remembered here.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare to seal cookies: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare to seal cookies: %w", err)
	}
	return &sealer{aead}, nil
}

// seal returns the text of a cookie of the name, which no other name can have.
func (s *sealer) seal(name string, value any) string {
	plain, err := json.Marshal(value)
	if err != nil {
		panic(err) // structs of strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(name)))
}

// open reads what seal has made for the name into value.
func (s *sealer) open(name, text string, value any) bool {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(name))
	return err == nil && json.Unmarshal(plain, value) == nil
}

// setCookie gives the browser a sealed cookie for a time; no time takes it back.
func (d *Dashboard) setCookie(w http.ResponseWriter, name string, value any, life time.Duration) {
	c := &http.Cookie{Name: name, Path: d.prefix + "/", MaxAge: -1, HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteStrictMode}
	if life > 0 {
		c.Value, c.MaxAge = d.cookies.seal(name, value), int(life.Seconds())
	}
	http.SetCookie(w, c)
}

// cookie reads a sealed cookie into value, if the browser has it.
func (d *Dashboard) cookie(r *http.Request, name string, value any) bool {
	c, err := r.Cookie(name)
	return err == nil && d.cookies.open(name, c.Value, value)
}
