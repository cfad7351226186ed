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

	"govd/internal/audit"
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

// parseArchive takes a trail apart, and refuses any byte that it would not have
// written itself.
func parseArchive(file []byte) (*archive, error) {
	if len(file) > maxBundleFile {
		return nil, badFile("the trail has %d bytes, %d at most", len(file), maxBundleFile)
	}
	parts, err := unzipped(file)
	if err != nil {
		return nil, err
	}
	a := &archive{}
	for _, p := range parts {
		if err := a.take(p); err != nil {
			return nil, err
		}
	}
	a.arrange()
	files, err := a.files()
	if err != nil {
		return nil, err
	}
	if again, err := zipped(files); err != nil || !bytes.Equal(again, file) {
		return nil, badFile("not a trail in its one form: parts, their order or what is between them differ")
	}
	return a, nil
}

// take takes in one part. What is doubled or out of order shows when all is
// written again.
func (a *archive) take(p part) (err error) {
	switch {
	case p.name == manifestPart:
		return checkManifest(p.data)
	case p.name == signedPart:
		a.checkpoint = p.data
	case p.name == growthPart:
		a.since = &Growth{}
		if json.Unmarshal(p.data, a.since) != nil {
			return badFile("the trail's %s is not one", growthPart)
		}
	case p.name == headsPart && len(p.data) > 0:
		a.heads, err = parseLines[seenHead](p.data)
	case p.name == entriesPart:
		a.entries, err = parseEntries(p.data)
	case p.name == hashesPart:
		a.hashes, err = parseHashes(p.data)
	case len(p.data) == 0 && !strings.HasPrefix(p.name, documentParts):
		err = badFile("the trail's part %s is empty", quote(p.name))
	default:
		a.shown = append(a.shown, p)
	}
	return err
}

func checkManifest(b []byte) error {
	var m manifest
	if json.Unmarshal(b, &m) != nil || m.Format != BundleFormat {
		return badFile("no format %s is known here; a newer govctl may know it", quote(m.Format))
	}
	return nil
}

func parseEntries(b []byte) (all []indexed, err error) {
	for line := range bytes.Lines(b) {
		number, entry, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		i, err := strconv.ParseUint(string(number), 10, 64)
		if err != nil || len(entry) > audit.MaxEntry || len(all) == maxBundleEntries {
			return nil, badFile("the trail's entries are too many, too long or without their index")
		}
		if n := len(all); n > 0 && all[n-1].index >= i {
			return nil, badFile("the trail's entries do not ascend")
		}
		all = append(all, indexed{i, entry})
	}
	return all, nil
}

func parseHashes(b []byte) (all []gov.Digest, err error) {
	for line := range strings.Lines(string(b)) {
		d, err := gov.ParseDigest(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, badFile("the trail's proof is not one")
		}
		all = append(all, d)
	}
	return all, nil
}

// parseLines parses lines of JSON, and refuses any other form of them.
func parseLines[T any](b []byte) (all []T, err error) {
	for line := range bytes.Lines(b) {
		var v T
		if json.Unmarshal(line, &v) != nil || len(all) == maxBundleParts {
			return nil, badFile("a list of the trail is too long or not one")
		}
		all = append(all, v)
	}
	if again, err := linesOf(all); err != nil || !bytes.Equal(again, b) {
		return nil, badFile("a list of the trail is not in its one form")
	}
	return all, nil
}

// ReadChain returns the chain that a trail shows, for who wants to look at it.
// It proves nothing; see [Verify]. Returns gov.NotFound with the reason NO_CHAIN
// from a receipt.
func ReadChain(file []byte) (*Chain, error) {
	a, err := parseArchive(file)
	if err != nil {
		return nil, err
	}
	b := a.find(chainPart)
	if b == nil {
		return nil, gov.Errorf(gov.NotFound, "NO_CHAIN", "the file is %s and shows no chain: 'govctl verify' says what it proves", kinds[a.kind()])
	}
	return ParseChain(b)
}

// ReadCertificate returns the certificate that a file shows. It proves nothing;
// see [Verify]. Returns gov.NotFound with the reason NO_CERTIFICATE if it shows
// none.
func ReadCertificate(file []byte) (*Certificate, error) {
	a, err := parseArchive(file)
	if err != nil {
		return nil, err
	}
	c := &Certificate{}
	switch b := a.find(certificatePart); {
	case b == nil:
		return nil, gov.Errorf(gov.NotFound, "NO_CERTIFICATE", "the file is %s and no certificate", kinds[a.kind()])
	case json.Unmarshal(b, c) != nil || c.Format != CertificateFormat:
		return nil, badFile("no certificate can be read here; a newer govctl may know its form")
	}
	return c, nil
}

// ParseChain reads a chain as the format "json" writes it. It proves nothing.
func ParseChain(b []byte) (*Chain, error) {
	c := &Chain{}
	if json.Unmarshal(b, c) != nil || c.Format != ChainFormat {
		return nil, badFile("no chain can be read here; a newer govctl may know its form")
	}
	return c, nil
}
