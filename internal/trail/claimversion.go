package trail

import (
	"fmt"

	"govd/internal/gov"
	"govd/internal/lineage"
)

// versionRegistered tells of a version that was registered whole or as a delta.
func (p *proven) versionRegistered(l line) error {
	r, err := registration(l.Entry)
	if err != nil {
		return err
	}
	p.version(l, r.Registration, r.how, r.left)
	p.madeBy[gov.VersionOf(r.Dataset, r.Number)] = 0
	p.registrars[gov.VersionOf(r.Dataset, r.Number)] = l.Who
	return nil
}

// version tells what a version is and what it came from.
func (p *proven) version(l line, r gov.Registration, how, more string) {
	n := gov.VersionOf(r.Dataset, r.Number)
	p.on(OfVersions, r.Ref().String())
	p.holds(fmt.Sprintf("version %s was %s %s", r.Ref(), how, l.said()), "digest %s commits to the root %s of %s%s", r.Digest, r.Tree.Root, count(r.Tree.Records, "record"), more)
	p.node(n, l, r.Digest)
	p.versions[r.Digest], p.registered[n] = n, r
	for _, parent := range r.Parents {
		name, known := p.versions[parent]
		if !known {
			p.lacks(fmt.Sprintf("version %s came from a version with the digest %s", r.Ref(), parent), "log entry %d says so, and no entry in this file registers the parent", l.index)
			continue
		}
		p.edge(n, lineage.DerivedFrom, name)
		p.holds(fmt.Sprintf("version %s came from version %s", r.Ref(), name.Name), "log entry %d names the digest %s that log entry %d registered", l.index, parent, p.nodes[name].entry)
	}
}
