package govern

import (
	"context"
	"errors"
	"iter"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/tree"
)

// Register is a request to register a version.
type Register struct {
	Dataset gov.DatasetName
	Parent  gov.Digest // the version it follows; none for the first
	Delta   bool       // the edits are against the parent, not the whole
	Message string
	Skipped uint64
	DryRun  bool // check everything, change nothing
}

// An Edit puts a record, or deletes the one at a key.
type Edit struct {
	Put    *gov.Record
	Delete string
}

func (e Edit) key() string {
	if e.Put != nil {
		return e.Put.Key
	}
	return e.Delete
}

// Registered is what a registration came to.
type Registered struct {
	VersionInfo
	Counts   gov.Counts
	NoChange bool   // nothing differs from the parent: no version was made
	Index    uint64 // the log entry that registered the version
}

// RegisterVersion makes a version of edits in strictly ascending key order. If
// nothing differs from the parent it makes none and returns the parent. Returns
// gov.Conflict if the parent is not the newest version; names the first record
// that is wrong and counts the others.
func (s *Service) RegisterVersion(ctx context.Context, c Call, in Register, edits iter.Seq2[Edit, error]) (Registered, error) {
	if len(in.Message) > gov.MaxMessage {
		return Registered{}, gov.Errorf(gov.Invalid, "BAD_MESSAGE", "a message has %d bytes at most", gov.MaxMessage)
	}
	b, err := s.begin(ctx, c, in)
	if err != nil {
		return Registered{}, err
	}
	imp, err := s.store.NewImport(ctx)
	if err != nil {
		return Registered{}, err
	}
	defer imp.Close()
	from := imported{imp, s.cache}
	root, err := b.build(from, in, edits)
	if err != nil {
		return Registered{}, err
	}
	counts, err := compare(from, b.parent.Tree, root)
	if err != nil {
		return Registered{}, err
	}
	if b.parent.Number > 0 && root.Root == b.parent.Tree.Root {
		info, err := s.registered(ctx, b.parent.Registration)
		return Registered{VersionInfo: info, Counts: counts, NoChange: true, Index: info.Entry}, err
	}
	if in.DryRun {
		return Registered{Counts: counts, VersionInfo: VersionInfo{Version: gov.Version{Registration: b.registration(in, root, counts)}}}, nil
	}
	return s.publish(ctx, c, in, b.registration(in, root, counts), imp)
}

// A base is what a version is built upon.
type base struct {
	parent gov.Version // number 0: none
	params *tree.Params
	seal   *gov.Sealer
	labels labels
	out    func(*gov.Record) error // refuses records that were erased
	also   func(Edit) error        // what else to check of each record; nil: nothing
}

// begin asks policy before any record is read, and looks up the parent.
func (s *Service) begin(ctx context.Context, c Call, in Register) (*base, error) {
	b := &base{}
	err := s.see(ctx, c, gov.VersionRegister, gov.Place(in.Dataset), func(tx *store.Tx) error {
		d, err := tx.Dataset(in.Dataset)
		if err != nil {
			return err
		}
		if b.parent, err = parentOf(tx, c, in, d); err != nil {
			return err
		}
		return s.readDataset(ctx, tx, b, d)
	})
	return b, err
}

// readDataset reads what records of the dataset are built and checked with.
func (s *Service) readDataset(ctx context.Context, tx *store.Tx, b *base, d gov.Dataset) error {
	salt, err := tx.Salt(d.Salt)
	if err != nil {
		return err
	}
	b.params, b.seal, b.out = tree.NewParams(salt), gov.NewSealer(salt), s.staysOut(ctx, d, salt)
	t, err := taxonomy(tx, d)
	b.labels = newLabels(t, d.Stage+1) // what the next stage needs must be there before the promotion
	return err
}

// parentOf finds the parent, which must be the newest version unless the same
// request has been answered before.
func parentOf(tx *store.Tx, c Call, in Register, d gov.Dataset) (parent gov.Version, err error) {
	if !in.Parent.IsZero() {
		if parent, err = resolve(tx, gov.Ref{Dataset: in.Dataset, Prefix: in.Parent.String()[len("sha256:"):]}); err != nil {
			return parent, err
		}
	} else if in.Delta {
		return parent, gov.Errorf(gov.Invalid, "NO_PARENT", "a delta needs a parent")
	}
	_, again, err := tx.Request(c.Actor.Person, c.Request)
	if err == nil && !again && parent.Number != d.Versions {
		err = parentMoved(d)
	}
	return parent, err
}

func parentMoved(d gov.Dataset) error {
	return gov.Errorf(gov.Conflict, "PARENT_MOVED", "the newest version of %s is v%d, and this one does not follow it", d.Name, d.Versions)
}

// build makes the tree of the version.
func (b *base) build(imp imported, in Register, edits iter.Seq2[Edit, error]) (gov.Tree, error) {
	sealed := b.sealed(edits)
	if in.Delta {
		return tree.Mutate(b.params, imp, imp, b.parent.Tree, sealed)
	}
	to := tree.NewBuilder(b.params, imp)
	for e, err := range sealed {
		if err == nil && e.Delete {
			err = gov.Errorf(gov.Invalid, "NOT_A_DELTA", "a delete of %q outside a delta", e.Key)
		}
		if err == nil {
			err = to.Add(e.Key, e.Value)
		}
		if err != nil {
			return gov.Tree{}, err
		}
	}
	return to.Finish()
}

// compare counts what differs between two trees.
func compare(from tree.Source, a, b gov.Tree) (n gov.Counts, err error) {
	if a.Records == 0 {
		return gov.Counts{Added: b.Records}, nil
	}
	for ch, err := range tree.Diff(from, a, b) {
		switch {
		case err != nil:
			return n, err
		case ch.From == nil:
			n.Added++
		case ch.To == nil:
			n.Removed++
		default:
			n.Changed++
		}
	}
	n.Unchanged = b.Records - n.Added - n.Changed
	return n, nil
}

// registration describes the version that follows the parent.
func (b *base) registration(in Register, root gov.Tree, counts gov.Counts) gov.Registration {
	r := gov.Registration{Dataset: in.Dataset, Number: b.parent.Number + 1, Tree: root, Counts: counts}
	if b.parent.Number > 0 {
		r.Parents = []gov.Digest{b.parent.Digest}
	}
	r.Digest = r.ComputeDigest()
	return r
}

// publish makes the version known: its last nodes, its message and the event in
// one transaction.
func (s *Service) publish(ctx context.Context, c Call, in Register, r gov.Registration, imp *store.Import) (Registered, error) {
	args := struct {
		Register
		Root gov.Digest
	}{in, r.Tree.Root}
	var text gov.SaltText
	if in.Message != "" {
		text = newText(in.Message)
		r.Message = text.Digest()
	}
	done, err := write(ctx, s, c, action{do: gov.VersionRegister, at: gov.Place(in.Dataset), args: args}, func(tx *store.Tx) (*VersionRegistered, error) {
		d, err := tx.Dataset(in.Dataset)
		if err != nil {
			return nil, err
		}
		if d.Versions != r.Number-1 {
			return nil, parentMoved(d)
		}
		if in.Message != "" {
			err = tx.PutText(r.Message, text)
		}
		return &VersionRegistered{r, in.Skipped}, errors.Join(err, imp.Commit(tx))
	})
	if err != nil {
		return Registered{}, err
	}
	info, err := s.registered(ctx, done.Event.Registration)
	return Registered{VersionInfo: info, Counts: done.Event.Counts, Index: done.Index}, err
}

// registered describes a version to who was allowed to register it: a token
// for that alone is enough.
func (s *Service) registered(ctx context.Context, r gov.Registration) (info VersionInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		v, err := tx.Version(r.Dataset, r.Number)
		if err != nil {
			return err
		}
		info, err = describe(tx, v)
		return err
	})
	return info, err
}
