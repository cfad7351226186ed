package govern

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// A LabelBlame says where the value of a label comes from.
type LabelBlame struct {
	gov.Label
	Was       string // the name before; "" if the label is new
	Version   VersionInfo
	Change    gov.ChangeID // 0: the version was registered whole
	Author    gov.Person   // of the change, or who registered the version
	Approvers []gov.Person
	Message   string
	Glass     bool
}

// Blame returns of each label of a record who changed it last and who approved
// that, by label id.
func (s *Service) Blame(ctx context.Context, c Call, ref gov.Ref, key string) (all []LabelBlame, err error) {
	var v gov.Version
	err = s.see(ctx, c, gov.VersionRead, gov.Place(ref.Dataset), func(tx *store.Tx) error {
		v, err = resolve(tx, ref)
		return err
	})
	if err != nil {
		return nil, err
	}
	b := blame{ctx: ctx, s: s, key: key}
	if err := b.walk(v); err != nil {
		return nil, err
	}
	slices.SortFunc(b.found, func(x, y LabelBlame) int { return strings.Compare(x.ID, y.ID) })
	return b.found, nil
}

// A blame walks from a version to its parents and stops where each label of the
// record got its value.
type blame struct {
	ctx   context.Context
	s     *Service
	key   string
	found []LabelBlame
}

func (b *blame) walk(v gov.Version) error {
	now, hash, err := b.record(v)
	if err == nil && now == nil {
		err = gov.Errorf(gov.NotFound, "NO_RECORD", "no record %q in %s", b.key, v.Ref())
	}
	if err != nil {
		return err
	}
	open := slices.Clone(now.Labels)
	for len(open) > 0 && err == nil {
		var before *gov.Record
		var parent gov.Version
		if v.Number > 1 {
			var was gov.Digest
			if parent, err = b.version(v.Dataset, v.Number-1); err != nil {
				return err
			}
			if before, was, err = b.record(parent); err != nil {
				return err
			}
			if was == hash {
				v = parent
				continue
			}
			hash = was
		}
		open, err = b.settle(v, before, open)
		v = parent
	}
	return err
}

// settle blames a version for the labels that the record did not have so before
// it, and returns the others.
func (b *blame) settle(v gov.Version, before *gov.Record, open []gov.Label) (rest []gov.Label, err error) {
	for _, l := range open {
		was, same := labelBefore(before, l)
		if same {
			rest = append(rest, l)
			continue
		}
		found := LabelBlame{Label: l, Was: was, Change: v.Change}
		if err := b.s.store.View(b.ctx, func(tx *store.Tx) error { return b.s.explainBlame(tx, v, &found) }); err != nil {
			return nil, err
		}
		b.found = append(b.found, found)
	}
	return rest, nil
}

// labelBefore returns the name that a label had, and whether it was the same.
func labelBefore(before *gov.Record, l gov.Label) (was string, same bool) {
	if before == nil {
		return "", false
	}
	for _, old := range before.Labels {
		if old.ID == l.ID {
			return old.Name, len(gov.DiffLabels(&gov.Record{Labels: []gov.Label{old}}, &gov.Record{Labels: []gov.Label{l}})) == 0
		}
	}
	return "", false
}

func (b *blame) version(name gov.DatasetName, number uint64) (v gov.Version, err error) {
	err = b.s.store.View(b.ctx, func(tx *store.Tx) error {
		v, err = tx.Version(name, number)
		return err
	})
	return v, err
}

// record returns the record in a version and what the tree commits to for it;
// nil if it is not there.
func (b *blame) record(v gov.Version) (*gov.Record, gov.Digest, error) {
	for e, err := range tree.Range(nodes{b.ctx, b.s}, v.Tree, []byte(b.key), append([]byte(b.key), 0)) {
		switch {
		case err != nil:
			return nil, gov.Digest{}, err
		case e.Erased:
			return nil, gov.Digest{}, gov.Errorf(gov.NotFound, "ERASED", "record %q was erased", b.key)
		}
		r, err := gov.DecodeRecord(b.key, e.Value)
		return r, e.Hash, err
	}
	return nil, gov.Digest{}, nil
}

// explainBlame fills in who is behind a version.
func (s *Service) explainBlame(tx *store.Tx, v gov.Version, to *LabelBlame) (err error) {
	if to.Version, err = describe(tx, v); err != nil {
		return err
	}
	author, approvers := v.By, []gov.PersonID(nil)
	if v.Change != 0 {
		ch, err := tx.Change(v.Change)
		if err != nil {
			return err
		}
		author, to.Glass = ch.Author, ch.Glass != nil && !ch.Glass.Applied.IsZero()
		if approvers, err = approversOf(tx, ch, v); err != nil {
			return err
		}
	}
	to.Message = to.Version.Message
	if to.Author, err = tx.Person(author); err != nil {
		return err
	}
	for _, id := range approvers {
		p, err := tx.Person(id)
		if err != nil {
			return err
		}
		to.Approvers = append(to.Approvers, p)
	}
	return nil
}

// approversOf returns whose approvals counted when the change was applied, or
// ratified later.
func approversOf(tx *store.Tx, ch gov.Change, v gov.Version) ([]gov.PersonID, error) {
	at := v.Entry
	if ch.Glass != nil && ch.Glass.Ratified != 0 {
		at = ch.Glass.Ratified
	}
	l, err := line(tx, at)
	if err != nil {
		return nil, err
	}
	var said struct {
		Approvers []gov.PersonID `json:"approvers"`
	}
	err = json.Unmarshal(l.Data, &said)
	return said.Approvers, err
}
