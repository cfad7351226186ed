package rpc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"

	"govd/internal/gov"
)

// Page sizes.
const (
	defaultPage = 100
	maxPage     = 1000
)

// A pager seals positions in listings into page tokens, so that a token cannot
// be bent into another listing or used by another person.
type pager struct{ key []byte }

const macLen = 16

// seal returns the token for a position in a listing, or "" for none.
func (p pager) seal(who gov.PersonID, listing, position string) string {
	if position == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(p.mac(who, listing, position), position...))
}

// open returns the position of a token that seal made for the same listing and
// person. The empty token is the beginning.
func (p pager) open(who gov.PersonID, listing, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	// Sealed again and compared as text: there is one token for each position.
	if b, err := base64.RawURLEncoding.DecodeString(token); err == nil && len(b) > macLen {
		position := string(b[macLen:])
		if hmac.Equal([]byte(token), []byte(p.seal(who, listing, position))) {
			return position, nil
		}
	}
	return "", gov.Errorf(gov.Invalid, "BAD_PAGE_TOKEN", "the page token is not one for this listing: begin again without it")
}

func (p pager) mac(who gov.PersonID, listing, position string) []byte {
	m := hmac.New(sha256.New, p.key)
	for _, part := range []string{string(who), listing, position} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		m.Write(n[:])
		m.Write([]byte(part))
	}
	return m.Sum(nil)[:macLen]
}

// pageSize checks a page size.
func pageSize(n int32) (int, error) {
	switch {
	case n == 0:
		return defaultPage, nil
	case n < 0 || n > maxPage:
		return 0, gov.Errorf(gov.Invalid, "BAD_PAGE_SIZE", "page_size is 1 to %d", maxPage)
	}
	return int(n), nil
}
