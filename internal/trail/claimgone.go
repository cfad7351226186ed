package trail

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"govd/internal/gov"
)

// A place is a key of a version.
type place struct {
	dataset gov.DatasetName
	number  uint64
	key     string
}

// gone checks the proofs of a certificate: what stands in the place of values.
func (p *proven) gone(a *archive, entries []line) error {
	all, err := parseLines[Gone](a.find(gonePart))
	if err != nil {
		return err
	}
	for _, g := range all {
		i, there := slices.BinarySearchFunc(entries, g.Entry, func(l line, i uint64) int { return cmp.Compare(l.index, i) })
		if !there || g.Proof == nil {
			return badFile("a proof of what is gone names log entry %d, which is not here", g.Entry)
		}
		r, err := registration(entries[i].Entry)
		if err != nil {
			return err
		}
		if err := p.stands(&g, r.Registration); err != nil {
			return p.fails(fmt.Sprintf("what is said of record %s in %s", quote(g.Key), r.Ref()), err)
		}
	}
	return nil
}

// stands remembers what a proof shows of a version's key.
func (p *proven) stands(g *Gone, r gov.Registration) error {
	at := place{r.Dataset, r.Number, g.Key}
	if !g.Absent {
		hash, err := g.Proof.VerifyErased(r.Tree, []byte(g.Key))
		p.erased[at] = hash
		return err
	}
	_, present, err := g.Proof.Verify(r.Tree, []byte(g.Key))
	if err == nil && (present || !g.Proof.Full) {
		err = fmt.Errorf("it is there, or its absence rests on whoever built the tree")
	}
	p.absent[at] = true
	return err
}

// certificate compares a certificate with what the entries and the proofs have
// shown.
func (p *proven) certificate(a *archive) error {
	b := a.find(certificatePart)
	if b == nil {
		return nil
	}
	var c Certificate
	if json.Unmarshal(b, &c) != nil || c.Format != CertificateFormat || c.Origin != p.origin {
		return badFile("the file's %s is none of this log", certificatePart)
	}
	claim := fmt.Sprintf("the certificate of erasure %s agrees with the entries in this file", c.Erasure)
	p.on(OfErasures, c.Erasure.String())
	p.read.Subject = fmt.Sprintf("records of project %s (erasure %s)", quote(string(c.Project)), c.Erasure)
	row := p.erasures[c.Erasure]
	switch {
	case row == nil || !row.did("erasure.done"):
		return p.fails(claim, fmt.Errorf("no entry here says that it was done"))
	case c.Project != row.project || c.Found != row.found || !reflect.DeepEqual(c.Steps, row.steps):
		return p.fails(claim, fmt.Errorf("it says something else than they of the project, of what was found, or of who did what when"))
	case c.Where != p.texts[row.where] || c.Reason != p.texts[row.reason]:
		return p.fails(claim, fmt.Errorf("it gives another expression or reason"))
	}
	p.holds(claim, "%s, from log entry %d to %d", count(len(row.steps), "step"), row.steps[0].Entry, row.steps[len(row.steps)-1].Entry)
	if !row.did("server.compacted") {
		p.lacks("no entry here says that the server's file was compacted since", "until it is, the values may stand in its free pages")
	}
	return p.values(&c, row)
}

// values checks that each value which the certificate names is in the list, and
// that the proofs say of it what the certificate does.
func (p *proven) values(c *Certificate, row *erasing) error {
	if len(c.Values) == 0 {
		p.lacks("no value is shown to be gone", "the certificate names none: that the erasure was done is the server's word")
		return nil
	}
	claim := fmt.Sprintf("%d of %d erased values are shown to be gone: in the place of each stands the entry hash that the list names", len(c.Values), row.found.Values)
	if row.list == nil {
		return p.fails(claim, fmt.Errorf("the list is not in this file"))
	}
	was := row.hashes()
	newest := map[gov.DatasetName]uint64{}
	for _, n := range c.Newest {
		if ref, err := gov.ParseRef(n.Name); err == nil {
			newest[ref.Dataset] = ref.Number
		}
	}
	said := map[Now]int{}
	for _, v := range c.Values {
		hash, shown := p.erased[place{v.Dataset, v.In, v.Key}]
		if !shown || !was[erasedValue{v.Dataset, v.Key, hash}] {
			return p.fails(claim, fmt.Errorf("no proof here shows that of record %s in %s@v%d", quote(v.Key), v.Dataset, v.In))
		}
		if err := p.now(v, newest[v.Dataset]); err != nil {
			return p.fails(claim, err)
		}
		said[v.Now]++
	}
	p.holds(claim, "whole nodes lead from the roots of the versions to the hashes; that they were of these keys rests on log entry %d, signed before the values went", row.begun)
	p.tellNow(said)
	return nil
}

// now checks what the certificate says of the newest version.
func (p *proven) now(v CertifiedValue, newest uint64) error {
	switch {
	case v.Now == NowErased && v.In != newest, v.Now == NowAbsent && !p.absent[place{v.Dataset, newest, v.Key}]:
		return fmt.Errorf("no proof here shows that record %s is %s in %s@v%d", quote(v.Key), v.Now, v.Dataset, newest)
	case v.Now != NowErased && v.Now != NowAbsent && v.Now != NowAnother && v.Now != NowUnproven:
		return fmt.Errorf("of record %s it says %s, which is not known here", quote(v.Key), quote(string(v.Now)))
	}
	return nil
}

// tellNow tells what the newest versions hold.
func (p *proven) tellNow(said map[Now]int) {
	claim := fmt.Sprintf("of these, in the newest version that the server names, %d stand there erased, and %d are proven to be absent", said[NowErased], said[NowAbsent])
	evidence := "whole nodes show it"
	if n := said[NowAnother] + said[NowUnproven]; n > 0 {
		evidence += fmt.Sprintf("; of %d there is no proof: another value has the key (%d), or an erased neighbour hides whether it is absent (%d)", n, said[NowAnother], said[NowUnproven])
	}
	if said[NowAnother]+said[NowUnproven] > 0 {
		p.lacks(claim, "%s", evidence)
	} else {
		p.holds(claim, "%s", evidence)
	}
	p.lacks("whether anybody kept a copy is not shown by any file", "%s", limits)
}

// An erasedValue is one of the list of an erasure.
type erasedValue struct {
	dataset gov.DatasetName
	key     string
	hash    gov.Digest
}

// hashes returns what the list names.
func (e *erasing) hashes() map[erasedValue]bool {
	all := map[erasedValue]bool{}
	for i := range e.list.Values {
		v := &e.list.Values[i]
		all[erasedValue{v.Dataset, v.Key, v.Hash}] = true
	}
	return all
}
