package trail

import (
	"errors"
	"slices"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/tree"
)

// BundleFormat is the format of a trail bundle.
const BundleFormat = "govd/trail/1"

// Limits of a bundle. A reader refuses what is over them before it reads it.
const (
	maxBundleFile    = 256 << 20
	maxBundleEntries = 20_000
	maxBundleParts   = 10_000 // of each list
)

// A Bundle is what goes into a trail, the one file that an auditor takes home.
// A trail is an export, which shows a Chain, or a certificate, which shows that
// one; both are entries of the log themselves. Or it is a receipt, which shows
// neither. Order and repetition in the lists make no difference to the file.
type Bundle struct {
	Chain       *Chain
	Certificate *Certificate

	Entries   []uint64       // of the log: what the claims rest on, an export's own entry among them
	Records   []Presence     // that versions hold records, or do not
	Gone      []Gone         // that versions hold values no more
	Outputs   []OutputProof  // that batches hold outputs
	Documents [][]byte       // that entries commit to by gov.DocumentDigest: signed votes, rules, reports, taxonomies
	Texts     []gov.SaltText // that entries commit to: names, reasons
	Heads     []uint64       // sizes of the log that signed votes name
}

// A Presence shows that a version holds a record, or does not. The proof must be
// full if it does not.
type Presence struct {
	Entry uint64      `json:"entry"` // that registered the version
	Key   string      `json:"key"`
	Proof *tree.Proof `json:"proof"`
}

// An OutputProof shows that a batch holds an output.
type OutputProof struct {
	Entry  uint64       `json:"entry"` // that recorded the batch
	Index  uint64       `json:"index"` // in the batch
	Name   string       `json:"name,omitempty"`
	Digest gov.Digest   `json:"digest"`
	Hashes []gov.Digest `json:"hashes,omitempty"` // from the output to the batch's root, RFC 6962 section 2.1.1
}

// Content returns the digest of all that a bundle shows besides the log: the
// event of the export holds it, so that every byte of the file is vouched for by
// the log itself.
func (b *Bundle) Content() (gov.Digest, error) {
	a, err := newArchive(b)
	return a.content(), err
}

// Encode returns the file, whose entries are proven to be in the head's log.
// Returns gov.Exhausted with the reason TRAIL_TOO_LARGE over the limits.
func (b *Bundle) Encode(h Head) ([]byte, error) {
	a, err := newArchive(b)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(a.prove(h, b.Entries), a.proveHeads(h, b.Heads)); err != nil {
		return nil, err
	}
	files, err := a.files()
	if err != nil {
		return nil, err
	}
	return zipped(files)
}

// prove adds the entries and what leads from them to the head.
func (a *archive) prove(h Head, indexes []uint64) (err error) {
	indexes = slices.Clone(indexes)
	slices.Sort(indexes)
	indexes = slices.Compact(indexes)
	if len(indexes) > maxBundleEntries {
		return tooLarge("%d log entries, %d at most", len(indexes), maxBundleEntries)
	}
	for _, i := range indexes {
		line, err := h.log.Entry(i)
		if err != nil {
			return err
		}
		a.entries = append(a.entries, indexed{i, line})
	}
	if a.hashes, err = proveEntries(h.log, h.checkpoint.Size, indexes); err != nil {
		return err
	}
	if h.since > 0 {
		g, err := newGrowth(h)
		if err != nil {
			return err
		}
		a.since = &g
	}
	a.checkpoint = h.signed
	return nil
}

// proveHeads adds how the head's log continues those that signers saw.
func (a *archive) proveHeads(h Head, sizes []uint64) error {
	sizes = slices.Clone(sizes)
	slices.Sort(sizes)
	sizes = slices.Compact(sizes)
	if len(sizes) > maxBundleParts {
		return tooLarge("%d heads that signers saw, %d at most", len(sizes), maxBundleParts)
	}
	for _, size := range sizes {
		hashes, err := audit.ProveConsistency(h.log, size, h.checkpoint.Size)
		if err != nil {
			return err
		}
		a.heads = append(a.heads, seenHead{size, hashes})
	}
	return nil
}

func tooLarge(format string, args ...any) error {
	return gov.Errorf(gov.Exhausted, "TRAIL_TOO_LARGE", "the trail has "+format, args...)
}
