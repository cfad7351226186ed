package trail

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"govd/internal/gov"
	"govd/internal/report"
)

// The parts of a trail, in their order. All but documents may be missing once:
// growth where the reader knew no older log, the others where there is nothing
// in them.
const (
	manifestPart = "manifest.json" // what this is
	signedPart   = "checkpoint"    // the log's signed head
	growthPart   = "growth.json"   // how the log continues one that the reader knows
	headsPart    = "heads.json"    // a line each: how the log continues one that a signer saw
	entriesPart  = "entries"       // a line each: index, space, the entry's bytes
	hashesPart   = "entries.proof" // hashes that lead from the entries to the head's root, a line each
	recordsPart  = "records.json"  // a line each: that versions hold records, or do not
	outputsPart  = "outputs.json"  // a line each: that batches hold outputs
	gonePart     = "gone.json"     // a line each: that versions hold values no more
	textsPart    = "texts.json"    // a line each: texts with their salts
	chainPart    = "chain.json"    // what an export shows, for programs
	pagePart     = "index.html"    // and for people

	certificatePart = "certificate.json" // what a certificate shows, for programs
	documentParts   = "documents/"       // what entries commit to, by digest in hex
)

// shownParts are the parts that are shown once, in their order.
var shownParts = []string{recordsPart, outputsPart, gonePart, textsPart, chainPart, certificatePart, pagePart}

// A manifest says what a trail is. It names the log and is trusted for nothing.
type manifest struct {
	Format string `json:"format"`
	Origin string `json:"origin"`
	Kind   string `json:"kind"` // export, certificate or receipt
}

// An archive is a trail taken apart.
type archive struct {
	checkpoint []byte
	since      *Growth
	heads      []seenHead // that signers saw
	entries    []indexed  // ascending
	hashes     []gov.Digest
	shown      []part // records, outputs, texts, chain, page and documents, in their order
}

// An indexed entry is one with its place in the log.
type indexed struct {
	index uint64
	line  []byte
}

// A seenHead shows that the log begins with the one whose size and root a
// signer named.
type seenHead struct {
	Size   uint64       `json:"size"`
	Hashes []gov.Digest `json:"hashes,omitempty"` // as in Growth
}

// newArchive lays out what a bundle shows.
func newArchive(b *Bundle) (*archive, error) {
	a := &archive{}
	if n := max(len(b.Records), len(b.Outputs), len(b.Gone), len(b.Documents), len(b.Texts)); n > maxBundleParts {
		return a, tooLarge("a list of %d, %d at most", n, maxBundleParts)
	}
	texts := make([]saltText, 0, len(b.Texts))
	for _, t := range b.Texts {
		texts = append(texts, saltText{t.Salt[:], t.Text})
	}
	if err := errors.Join(show(a, recordsPart, b.Records), show(a, outputsPart, b.Outputs), show(a, gonePart, b.Gone), show(a, textsPart, texts)); err != nil {
		return a, err
	}
	if err := a.export(b); err != nil {
		return a, err
	}
	for _, doc := range b.Documents {
		a.shown = append(a.shown, part{documentParts + hexOf(gov.DocumentDigest(doc)), doc})
	}
	a.arrange()
	return a, nil
}

// export adds what is exported, for programs and for people.
func (a *archive) export(b *Bundle) error {
	name, what, page := "", any(nil), (*report.Document)(nil)
	switch {
	case b.Chain != nil:
		name, what, page = chainPart, b.Chain, Trace(b.Chain)
	case b.Certificate != nil:
		name, what, page = certificatePart, b.Certificate, b.Certificate.Page()
	default:
		return nil
	}
	data, err := indented(what)
	a.shown = append(a.shown, part{name, data}, part{pagePart, page.HTML()})
	return err
}

// A saltText is a text as a trail has it.
type saltText struct {
	Salt []byte `json:"salt"`
	Text string `json:"text"`
}

// show adds a part with a line of JSON for each value, if there are any.
func show[T any](a *archive, name string, all []T) error {
	b, err := linesOf(all)
	if len(b) > 0 {
		a.shown = append(a.shown, part{name, b})
	}
	return err
}

// linesOf writes each value as one line of JSON; any order gives the same lines.
func linesOf[T any](all []T) ([]byte, error) {
	var lines [][]byte
	for _, v := range all {
		line, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		lines = append(lines, append(line, '\n'))
	}
	slices.SortFunc(lines, bytes.Compare)
	return bytes.Join(slices.CompactFunc(lines, bytes.Equal), nil), nil
}

// arrange puts what is shown into its order: the named parts, then documents.
func (a *archive) arrange() {
	place := func(p part) int {
		if i := slices.Index(shownParts, p.name); i >= 0 {
			return i
		}
		return len(shownParts)
	}
	slices.SortFunc(a.shown, func(p, q part) int { return cmp.Or(place(p)-place(q), strings.Compare(p.name, q.name)) })
	a.shown = slices.CompactFunc(a.shown, func(p, q part) bool { return p.name == q.name })
}

// content returns the digest of all that is shown; see [Bundle.Content]:
// gov.DocumentDigest of "govd/trail-content/1" and a line for each part with its
// name, its size and its SHA-256.
func (a *archive) content() gov.Digest {
	var b strings.Builder
	b.WriteString("govd/trail-content/1\n")
	for _, p := range a.shown {
		fmt.Fprintf(&b, "%s %d %s\n", p.name, len(p.data), gov.Digest(sha256.Sum256(p.data)))
	}
	return gov.DocumentDigest([]byte(b.String()))
}

// find returns a part of what is shown; nil if there is none.
func (a *archive) find(name string) []byte {
	for _, p := range a.shown {
		if p.name == name {
			return p.data
		}
	}
	return nil
}

// kinds are what people call the kinds of trails.
var kinds = map[string]string{"export": "a trail", "certificate": "a certificate of erasure", "receipt": "a receipt"}

// kind says what the trail is.
func (a *archive) kind() string {
	switch {
	case a.find(chainPart) != nil:
		return "export"
	case a.find(certificatePart) != nil:
		return "certificate"
	}
	return "receipt"
}

// files returns all parts in their one form.
func (a *archive) files() ([]part, error) {
	m := manifest{Format: BundleFormat, Origin: originOf(a.checkpoint), Kind: a.kind()}
	head, err := indented(m)
	if err != nil {
		return nil, err
	}
	files := []part{{manifestPart, head}, {signedPart, a.checkpoint}}
	if a.since != nil {
		growth, err := indented(a.since)
		if err != nil {
			return nil, err
		}
		files = append(files, part{growthPart, growth})
	}
	heads, err := linesOf(a.heads)
	if err != nil {
		return nil, err
	}
	if len(heads) > 0 {
		files = append(files, part{headsPart, heads})
	}
	files = append(files, part{entriesPart, a.entryLines()}, part{hashesPart, a.hashLines()})
	return append(files, a.shown...), nil
}

// originOf returns the first line of a checkpoint.
func originOf(signed []byte) string {
	line, _, _ := strings.Cut(string(signed), "\n")
	return line
}

func (a *archive) entryLines() (b []byte) {
	for _, e := range a.entries {
		b = strconv.AppendUint(b, e.index, 10)
		b = append(append(append(b, ' '), e.line...), '\n')
	}
	return b
}

func (a *archive) hashLines() (b []byte) {
	for _, h := range a.hashes {
		b = append(append(b, h.String()...), '\n')
	}
	return b
}
