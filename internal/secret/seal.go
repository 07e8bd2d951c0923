package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Sealer encrypts texts that must be read again, for one purpose: what one
// sealer sealed no other opens.
type Sealer struct{ aead cipher.AEAD }

// NewSealer derives a sealer from a key of at least 32 bytes.
func NewSealer(key []byte, purpose string) (*Sealer, error) {
	if len(key) < 32 {
		return nil, errors.New("secret: the key is shorter than 32 bytes")
	}
	own, err := hkdf.Key(sha256.New, key, nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead}, nil
}

// Seal encrypts a text so that it can be opened for the same owner only. The
// empty text stays empty.
func (s *Sealer) Seal(owner string, text Text) string {
	if text == "" {
		return ""
	}
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(text), []byte(owner)))
}

// Open decrypts what Seal made.
func (s *Sealer) Open(owner, sealed string) (Text, error) {
	if sealed == "" {
		return "", nil
	}
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	n := s.aead.NonceSize()
	if err != nil || len(b) < n {
		return "", errors.New("secret: not sealed by us")
	}
	text, err := s.aead.Open(nil, b[:n], b[n:], []byte(owner))
	return Text(text), err
}
