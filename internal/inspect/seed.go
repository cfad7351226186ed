package inspect

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"

	"govd/internal/gov"
)

// The hash layer of inspections. It is frozen: who verifies a draw years later
// computes the same.
//
//	commitment  SHA-256(0x20 | secret[32])
//	seed        SHA-256(0x21 | root[32] | design[32] | secret[32])
//	rank        SHA-256(0x22 | seed[32] | key)
//	item id     SHA-256(0x23 | seed[32] | key), the first 12 bytes
//	place       SHA-256(0x24 | seed[32] | u64 place)
//	turn        SHA-256(0x25 | seed[32] | item id | 0x00 | person)
//	planted     SHA-256(0x26 | seed[32] | key)
//	choice      SHA-256(0x27 | seed[32] | key)
const (
	tagCommitment = 0x20
	tagSeed       = 0x21
	tagRank       = 0x22
	tagItem       = 0x23
	tagPlace      = 0x24
	tagTurn       = 0x25
	tagPlant      = 0x26
	tagChoice     = 0x27
)

func hash(tag byte, parts ...[]byte) (d gov.Digest) {
	buf := make([]byte, 1, 256)
	buf[0] = tag
	for _, p := range parts {
		buf = append(buf, p...)
	}
	return sha256.Sum256(buf)
}

// A Secret is what makes a sample unpredictable: 32 random bytes that the server
// keeps until the inspection is over.
type Secret [32]byte

// Commitment returns what is published before the secret is used.
func (s Secret) Commitment() gov.Digest { return hash(tagCommitment, s[:]) }

// Seed returns the seed of the sample of the version with that root, by the
// design with that digest. It must stay secret as long as the secret.
func (s Secret) Seed(root, design gov.Digest) gov.Digest {
	return hash(tagSeed, root[:], design[:], s[:])
}

// Reveal checks a revealed secret against its commitment. Returns gov.Denied if
// it is another one.
func (s Secret) Reveal(commitment gov.Digest) error {
	got := s.Commitment()
	if subtle.ConstantTimeCompare(got[:], commitment[:]) != 1 {
		return gov.Errorf(gov.Denied, "WRONG_SECRET", "the secret is not the one that %s commits to", commitment.Short())
	}
	return nil
}

// An ItemID names an item to inspectors. It says nothing of the item's key to
// those who do not know the seed, nor whether the item is gold.
type ItemID string

func itemID(seed gov.Digest, key string) ItemID {
	d := hash(tagItem, seed[:], []byte(key))
	return ItemID(hex.EncodeToString(d[:12]))
}

func rank(seed gov.Digest, key string) gov.Digest { return hash(tagRank, seed[:], []byte(key)) }

func placeRank(seed gov.Digest, place int) gov.Digest {
	return hash(tagPlace, seed[:], binary.BigEndian.AppendUint64(nil, uint64(place)))
}

func turn(seed gov.Digest, id ItemID, who gov.PersonID) gov.Digest {
	return hash(tagTurn, seed[:], []byte(id), []byte{0}, []byte(who))
}
