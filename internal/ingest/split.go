package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	"govd/internal/gov"
)

// A Split says where a record's split comes from. The zero Split is folder.
type Split struct {
	rule   splitRule
	shares [3]uint64 // of train, val and test in percent, where the rule is byHash
}

type splitRule uint8

const (
	byFolder splitRule = iota
	byLabels
	byHash
	noSplit
)

// ParseSplit parses the name of a rule:
//
//	folder         what the label file says; where it says nothing, the first
//	               directory if it is train, val, validation or test (the default)
//	labels         what the label file says
//	hash:80/10/10  train, val and test by a hash of the key, in these percentages:
//	               random, yet the same key is always in the same split
//	none           no record has a split
func ParseSplit(s string) (Split, error) {
	switch s {
	case "", "folder":
		return Split{}, nil
	case "labels":
		return Split{rule: byLabels}, nil
	case "none":
		return Split{rule: noSplit}, nil
	}
	sp := Split{rule: byHash}
	_, err := fmt.Sscanf(s, "hash:%d/%d/%d", &sp.shares[0], &sp.shares[1], &sp.shares[2])
	if err != nil || sp.String() != s || sp.shares[0]+sp.shares[1]+sp.shares[2] != 100 || max(sp.shares[0], sp.shares[1], sp.shares[2]) > 100 {
		return Split{}, gov.Errorf(gov.Invalid, "BAD_SPLIT", "%q is not a rule for splits: want folder, labels, none or hash:80/10/10 with a sum of 100", s)
	}
	return sp, nil
}

// String returns the form that ParseSplit parses.
func (s Split) String() string {
	switch s.rule {
	case byLabels:
		return "labels"
	case byHash:
		return fmt.Sprintf("hash:%d/%d/%d", s.shares[0], s.shares[1], s.shares[2])
	case noSplit:
		return "none"
	}
	return "folder"
}

// of returns the split of a key of which the label file says what it says.
func (s Split) of(key, said string) string {
	switch s.rule {
	case byLabels:
		return said
	case byHash:
		return s.hashed(key)
	case noSplit:
		return ""
	}
	if said != "" {
		return said
	}
	return splitFolder(key)
}

func (s Split) hashed(key string) string {
	sum := sha256.Sum256([]byte("govd/split/1\x00" + key))
	switch percent := binary.BigEndian.Uint64(sum[:]) % 100; {
	case percent < s.shares[0]:
		return "train"
	case percent < s.shares[0]+s.shares[1]:
		return "val"
	}
	return "test"
}

// splitFolder returns the first directory of a key if it names a split.
func splitFolder(key string) string {
	first, _, _ := strings.Cut(key, "/")
	switch first {
	case "train", "val", "validation", "test":
		if first != key {
			return first
		}
	}
	return ""
}

// folderLabel returns the last directory of a key, or "" if there is none or
// it is the one that names the split.
func folderLabel(key string) string {
	last := strings.LastIndexByte(key, '/')
	if last < 0 || splitFolder(key) == key[:last] {
		return ""
	}
	return key[strings.LastIndexByte(key[:last], '/')+1 : last]
}
