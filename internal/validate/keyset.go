package validate

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// A keyset keeps the MaxWitnesses keys whose SHA-256 is least, and counts all:
// the same witnesses whatever order the keys come in.
type keyset struct {
	n    uint64
	keys []hashedKey // ascending
}

type hashedKey struct {
	hash [32]byte
	key  string
}

func (s *keyset) add(key string) {
	s.n++
	h := hashedKey{sha256.Sum256([]byte(key)), key}
	at, there := slices.BinarySearchFunc(s.keys, h, func(a, b hashedKey) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	if there || at == MaxWitnesses {
		return
	}
	s.keys = slices.Insert(s.keys, at, h)
	s.keys = s.keys[:min(len(s.keys), MaxWitnesses)]
}

// list returns the keys in their own order.
func (s *keyset) list() []string {
	keys := make([]string, len(s.keys))
	for i, k := range s.keys {
		keys[i] = k.key
	}
	slices.Sort(keys)
	return keys
}

// some returns the witnesses among keys.
func some(keys []string) []string {
	var s keyset
	for _, k := range keys {
		s.add(k)
	}
	return s.list()
}
