package govern

import (
	"context"
	"errors"
	"slices"
	"strings"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
)

// An ErasureImpact says what an erasure is about, and what came of that.
type ErasureImpact struct {
	ErasureInfo
	List       gov.ErasureList
	Versions   []HeldVersion // the oldest of each dataset first
	More       uint64        // versions that are not among them
	Lineage    LineageAnswer // what came of the versions
	Tags       []string      // of the models among it
	Holds      []HoldInTheWay
	Floors     []FloorInTheWay
	Recipients []Recipient // newest first
}

// A HeldVersion is a version, and how many values it holds.
type HeldVersion struct {
	gov.Version
	Values uint64
}

// A Recipient is who was handed what may hold the records.
type Recipient struct {
	audit.Entry
	Index uint64
	Name  string
}

// Limits of an impact.
const (
	maxHeldVersions = 10_000
	maxRecipients   = 1000
)

// ErasureImpact returns the impact of an erasure, as of now.
func (s *Service) ErasureImpact(ctx context.Context, c Call, id gov.ErasureID) (m ErasureImpact, err error) {
	return m, s.seeErasure(ctx, c, gov.EraseRead, id, func(tx *store.Tx, row gov.Erasure) error {
		m = ErasureImpact{}
		if m.ErasureInfo, err = describeErasure(tx, row); err != nil {
			return err
		}
		if m.List, err = readText[gov.ErasureList](tx, row.List); err != nil {
			return err
		}
		if m.Holds, err = holdsOn(tx, row.Project, &m.List); err != nil {
			return err
		}
		if m.Floors, err = floorsOn(tx, &m.List); err != nil {
			return err
		}
		if err := m.versions(tx); err != nil {
			return err
		}
		if err := m.lineage(tx, s, c); err != nil {
			return err
		}
		return m.recipients(tx, row.Project)
	})
}

// versions finds the versions that hold what is in the list.
func (m *ErasureImpact) versions(tx *store.Tx) error {
	held := map[gov.DatasetName]map[uint64]uint64{}
	for i := range m.List.Values {
		v := &m.List.Values[i]
		if held[v.Dataset] == nil {
			held[v.Dataset] = map[uint64]uint64{}
		}
		for _, run := range v.Versions {
			for n := run[0]; n <= run[1]; n++ {
				held[v.Dataset][n]++
			}
		}
	}
	for _, d := range sortedNames(held) {
		for n := uint64(1); len(held[d]) > 0; n++ {
			if held[d][n] == 0 {
				continue
			}
			values := held[d][n]
			delete(held[d], n)
			if len(m.Versions) == maxHeldVersions {
				m.More++
				continue
			}
			v, err := tx.Version(d, n)
			if err != nil {
				return err
			}
			m.Versions = append(m.Versions, HeldVersion{v, values})
		}
	}
	return nil
}

func sortedNames[V any](m map[gov.DatasetName]V) (names []gov.DatasetName) {
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// lineage finds what came of the versions, as far as the caller may read it, and
// where the models among it are in use.
func (m *ErasureImpact) lineage(tx *store.Tx, s *Service, c Call) (err error) {
	var all []gov.Version
	for _, v := range m.Versions {
		all = append(all, v.Version)
	}
	if m.Lineage, err = s.newView(tx, c).impactOf(all); err != nil {
		return err
	}
	for _, step := range m.Lineage.Steps {
		if step.Node.Kind != gov.ModelNode || step.Redacted {
			continue
		}
		ref, err := gov.ParseModelRef(step.Node.Name)
		if err != nil {
			return err
		}
		for t, err := range tx.ModelTags(ref.Model) {
			if err != nil {
				return err
			}
			if t.Number == ref.Number {
				m.Tags = append(m.Tags, string(ref.Model)+":"+t.Name+" is "+ref.String())
			}
		}
	}
	return nil
}

// handsOut reports whether an action, once it is in the log, handed out data or
// evidence: exports and backups, and certificates, which name keys.
func handsOut(do gov.Action) bool {
	return do == gov.AuditExport || do == gov.ServerBackup || do == gov.EraseRead
}

// recipients finds who was handed data or evidence since the first version that
// holds a record was there.
func (m *ErasureImpact) recipients(tx *store.Tx, project gov.Project) error {
	since := tx.LogSize()
	for i := range m.Versions {
		since = min(since, m.Versions[i].Entry)
	}
	for i, line := range tx.Entries(since) {
		e, err := audit.DecodeEntry(line)
		if err != nil {
			return err
		}
		if e.Refused != "" || !handsOut(e.Do) || e.At != gov.Server && e.At.Project() != project {
			continue
		}
		p, err := tx.Person(e.Who)
		if err != nil && !errors.Is(err, gov.NotFound) {
			return err
		}
		m.Recipients = append(m.Recipients, Recipient{*e, i, strings.TrimSpace(p.Name)})
	}
	slices.Reverse(m.Recipients)
	m.Recipients = m.Recipients[:min(len(m.Recipients), maxRecipients)]
	return nil
}
