package trail

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
)

// isBundle tells a trail by its first bytes.
func isBundle(first []byte) bool { return bytes.HasPrefix(first, []byte("PK\x03\x04")) }

// bundle checks a trail, and returns what its entries have shown.
func (v *verifier) bundle(r *io.SectionReader) (*proven, error) {
	if r.Size() > maxBundleFile {
		return nil, badFile("the trail has %d bytes, %d at most", r.Size(), maxBundleFile)
	}
	file, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	a, err := parseArchive(file)
	if err != nil {
		return nil, err
	}
	v.read.Kind = kinds[a.kind()]
	c, err := v.checkpoint(a.checkpoint)
	if err != nil {
		return nil, err
	}
	if err := v.grown(c, a.since); err != nil {
		return nil, err
	}
	entries, err := v.entries(a, c)
	if err != nil {
		return nil, err
	}
	p := newProven(v)
	p.head = c
	return p, p.tellAll(a, entries)
}

// entries checks that all entries are in the log, and decodes them.
func (v *verifier) entries(a *archive, c audit.Checkpoint) (all []line, err error) {
	claim := fmt.Sprintf("%d log entries are in the log of %s at size %d", len(a.entries), c.Origin, c.Size)
	if n := len(a.entries); n == 0 || a.entries[n-1].index >= c.Size {
		return nil, v.fails(claim, fmt.Errorf("there are none, or the log is shorter"))
	}
	root, exact := rootOf(c.Size, a.entries, a.hashes)
	if !exact || root != c.Root {
		return nil, v.fails(claim, fmt.Errorf("they do not lead to the root %s", c.Root))
	}
	for _, e := range a.entries {
		entry, err := audit.DecodeEntry(e.line)
		if err != nil {
			return nil, v.fails(claim, err)
		}
		all = append(all, line{entry, e.index})
	}
	v.holds(claim, "they and %s give the root %s", count(len(a.hashes), "hash"), c.Root)
	v.read.Newest = all[len(all)-1].Time
	return all, nil
}

// tellAll makes the claims of a trail from its entries.
func (p *proven) tellAll(a *archive, entries []line) error {
	for _, h := range a.heads {
		p.heads[h.Size] = h.Hashes
	}
	if err := p.besides(a, entries); err != nil {
		return err
	}
	if err := p.exported(a, entries); err != nil {
		return err
	}
	for _, l := range entries {
		if err := p.tell(l); err != nil {
			return err
		}
	}
	if len(p.seen) != len(p.heads) {
		return badFile("the trail says how the log continues one that no signature in it names")
	}
	if err := p.records(a, entries); err != nil {
		return err
	}
	outputs, err := parseLines[OutputProof](a.find(outputsPart))
	if err != nil {
		return err
	}
	for _, o := range outputs {
		p.on(OfOutputs, o.Digest.String())
		if err := p.output(o); err != nil {
			return err
		}
	}
	if err := p.gone(a, entries); err != nil {
		return err
	}
	p.on(OfLog, "")
	if a.kind() == "certificate" {
		return p.certificate(a)
	}
	return p.chain(a)
}

// besides takes in documents and texts. Each must be one that an entry names,
// so that nobody can add one.
func (p *proven) besides(a *archive, entries []line) error {
	named := namedDigests(entries)
	texts, err := parseLines[saltText](a.find(textsPart))
	if err != nil {
		return err
	}
	for _, t := range texts {
		text := gov.SaltText{Text: t.Text}
		if copy(text.Salt[:], t.Salt) != len(t.Salt) || len(t.Salt) != len(text.Salt) || !named[text.Digest()] {
			return badFile("the trail holds a text that no entry of it names")
		}
		p.texts[text.Digest()] = t.Text
	}
	for _, part := range a.shown {
		name, is := strings.CutPrefix(part.name, documentParts)
		if !is {
			if !slices.Contains(shownParts, part.name) {
				return badFile("the trail has a part %s that is not known here", quote(part.name))
			}
			continue
		}
		d := gov.DocumentDigest(part.data)
		if name != hex.EncodeToString(d[:]) || !named[d] {
			return badFile("the trail holds a document %s that is changed, or that no entry of it names", quote(name))
		}
		p.documents[d] = part.data
	}
	return nil
}

// namedDigests returns every digest that stands in the data of an entry.
func namedDigests(entries []line) map[gov.Digest]bool {
	const form = len("sha256:") + 64
	named := map[gov.Digest]bool{}
	for _, l := range entries {
		for rest := l.Data; ; {
			i := bytes.Index(rest, []byte("sha256:"))
			if i < 0 || len(rest) < i+form {
				break
			}
			if d, err := gov.ParseDigest(string(rest[i : i+form])); err == nil {
				named[d] = true
			}
			rest = rest[i+1:]
		}
	}
	return named
}

// exported checks that what is shown is what the server exported: an entry
// commits to it. A receipt shows nothing, and needs none.
func (p *proven) exported(a *archive, entries []line) error {
	if a.find(gonePart) != nil && a.kind() != "certificate" {
		return badFile("the trail says what is gone, and is no certificate: nothing vouches for all of it")
	}
	event, issued := map[string]string{"export": "trail.exported", "certificate": "erasure.certified"}[a.kind()]
	if !issued {
		if a.find(pagePart) != nil {
			return badFile("the trail has a page and no chain")
		}
		return nil
	}
	if a.find(chainPart) != nil && a.find(certificatePart) != nil {
		return badFile("the file is a trail and a certificate at once")
	}
	content := a.content()
	claim := "all that this file shows is what the server exported"
	for _, l := range entries {
		if l.Event != event {
			continue
		}
		var e struct {
			Content gov.Digest `json:"content"`
		}
		if err := decodeEvent(l, &e); err == nil && e.Content == content {
			p.holds(fmt.Sprintf("%s to %s at %s (log entry %d), byte for byte", claim, l.Who, l.Time.Format(time.RFC3339), l.index), "the entry commits to its digest %s", content)
			return nil
		}
	}
	return p.fails(claim, fmt.Errorf("no entry here commits to its digest %s", content))
}

// records checks what is said of records.
func (p *proven) records(a *archive, entries []line) error {
	all, err := parseLines[Presence](a.find(recordsPart))
	if err != nil {
		return err
	}
	held := map[uint64]map[string]bool{}
	for _, r := range all {
		i, there := slices.BinarySearchFunc(entries, r.Entry, func(l line, i uint64) int { return cmp.Compare(l.index, i) })
		if !there || r.Proof == nil {
			return badFile("a record's proof names log entry %d, which is not here", r.Entry)
		}
		reg, err := registration(entries[i].Entry)
		if err != nil {
			return err
		}
		proof := &RecordProof{Key: r.Key, Version: reg.Registration, Tree: r.Proof}
		if !p.onSheet(reg.Registration, r.Key) {
			err = p.treeHas(proof)
		} else if err = p.holdsRecord(proof); err == nil {
			if held[r.Entry] == nil {
				held[r.Entry] = map[string]bool{}
			}
			held[r.Entry][r.Key] = true
		}
		if err != nil {
			return err
		}
	}
	return p.sampled(held)
}

// chain compares what an export shows with what the entries have shown.
func (p *proven) chain(a *archive) error {
	b := a.find(chainPart)
	if b == nil {
		return nil
	}
	var c Chain
	if json.Unmarshal(b, &c) != nil || c.Format != ChainFormat || c.Origin != p.origin {
		return badFile("the trail's %s is none of this log", chainPart)
	}
	claim := fmt.Sprintf("the chain of %s agrees with the entries in this file", quote(c.Subject.String()))
	p.read.Subject = strings.Replace(c.Subject.String(), ":", " ", 1)
	nodes, edges := 0, 0
	for i := range c.Nodes {
		s, known := p.nodes[c.Nodes[i].ID]
		if !known {
			continue
		}
		n := &c.Nodes[i]
		if n.Entry != s.entry || !s.digest.IsZero() && n.Digest != s.digest {
			return p.fails(claim, fmt.Errorf("of %s it says log entry %d and %s, and the entries say %d and %s", n.ID, n.Entry, n.Digest, s.entry, s.digest))
		}
		nodes++
		if err := p.samePromotions(n); err != nil {
			return p.fails(claim, err)
		}
	}
	for _, e := range c.Edges {
		if p.edges[[2]gov.Node{e.From, e.To}][e.Kind] {
			edges++
		}
	}
	says := p.holds
	if nodes < len(c.Nodes) || edges < len(c.Edges) {
		says = p.lacks
	}
	says(claim, "%d of %s and %d of %s are made by these entries; the rest is as the server exported it", nodes, count(len(c.Nodes), "node"), edges, count(len(c.Edges), "edge"))
	return p.completeness(&c)
}

// completeness tells whether the chain is all there is: that is the server's
// word, and the export vouches for it.
func (p *proven) completeness(c *Chain) error {
	says, tell := "is complete", p.holds
	if !c.whole() {
		tell = p.lacks
		says = fmt.Sprintf("is not complete: %d unresolved, %d redacted", len(c.Unresolved), c.Redacted)
		if !c.Complete {
			says += ", " + quote(or(c.Truncated, "truncated"))
		}
	}
	tell(fmt.Sprintf("the server says that the chain %s, as of the first %d log entries", says, c.AsOf), "%s", chainPart)
	return nil
}
