package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"govd/internal/gov"
)

// TestHashLayer writes the formats out by hand.
func TestHashLayer(t *testing.T) {
	s := Secret([]byte(strings.Repeat("s", 32)))
	root, design := gov.Digest([]byte(strings.Repeat("r", 32))), gov.Digest([]byte(strings.Repeat("d", 32)))
	seed := s.Seed(root, design)
	id := itemID(seed, "k/1")
	sum := func(parts ...string) gov.Digest { return sha256.Sum256([]byte(strings.Join(parts, ""))) }
	for what, c := range map[string][2]gov.Digest{
		"commitment": {s.Commitment(), sum("\x20", string(s[:]))},
		"seed":       {seed, sum("\x21", string(root[:]), string(design[:]), string(s[:]))},
		"rank":       {rank(seed, "k/1"), sum("\x22", string(seed[:]), "k/1")},
		"place":      {placeRank(seed, 258), sum("\x24", string(seed[:]), "\x00\x00\x00\x00\x00\x00\x01\x02")},
		"turn":       {turn(seed, id, "user:7"), sum("\x25", string(seed[:]), string(id), "\x00user:7")},
	} {
		if c[0] != c[1] {
			t.Errorf("%s is %v, want %v", what, c[0], c[1])
		}
	}
	if want := sum("\x23", string(seed[:]), "k/1"); string(id) != hex.EncodeToString(want[:12]) {
		t.Errorf("item id is %s", id)
	}
	if got := seed.String(); got != goldenSeed {
		t.Errorf("seed is %s, want %s", got, goldenSeed)
	}
}

const goldenSeed = "sha256:6c42bb365bfef83a8a893874027af2460697decea22d991e3cba7af986b837a9"

func TestReveal(t *testing.T) {
	c := secret(1).Commitment()
	if err := secret(1).Reveal(c); err != nil {
		t.Error(err)
	}
	if err := secret(2).Reveal(c); !errors.Is(err, gov.Denied) {
		t.Errorf("another secret: %v, want it denied", err)
	}
}

// TestSeedCovers holds that each part changes the seed.
func TestSeedCovers(t *testing.T) {
	a, b := gov.Digest{1}, gov.Digest{2}
	seeds := map[gov.Digest]bool{}
	for _, s := range []gov.Digest{secret(1).Seed(a, b), secret(2).Seed(a, b), secret(1).Seed(b, b), secret(1).Seed(a, a), secret(1).Seed(b, a)} {
		seeds[s] = true
	}
	if len(seeds) != 5 {
		t.Errorf("%d seeds of 5", len(seeds))
	}
}
