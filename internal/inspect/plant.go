package inspect

import (
	"encoding/binary"

	"govd/internal/gov"
)

// A Planting chooses records that are shown to inspectors with another label
// than they have, where nobody brings gold items of their own. Like the sample,
// they follow from the seed.
type Planting struct {
	seed gov.Digest
	kept stratum
}

// NewPlanting chooses n of the records that it will be shown.
func NewPlanting(seed gov.Digest, n int) *Planting {
	return &Planting{seed: seed, kept: stratum{most: n}}
}

// Add shows the planting a record, each once and in any order.
func (p *Planting) Add(key string) {
	p.kept.add(pick{hash(tagPlant, p.seed[:], []byte(key)), key})
}

// Keys returns the keys of the chosen records; fewer than asked for if there are
// no more.
func (p *Planting) Keys() (keys []string) {
	p.kept.cut()
	for _, k := range p.kept.picks {
		keys = append(keys, k.key)
	}
	return keys
}

// Choice returns which of n labels a planted record is shown with.
func (p *Planting) Choice(key string, n int) int {
	d := hash(tagChoice, p.seed[:], []byte(key))
	return int(binary.BigEndian.Uint64(d[:]) % uint64(n))
}
