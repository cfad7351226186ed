package govern

import (
	"context"
	"errors"
	"iter"
	"slices"

	"govd/internal/gov"
	"govd/internal/lineage"
	"govd/internal/store"
)

// ModelRegistered: a model has a new version.
type ModelRegistered struct {
	Model       gov.DatasetName `json:"model"`
	Number      uint64          `json:"number"`
	Digest      gov.Digest      `json:"digest"` // of the document that lists its files
	Files       uint64          `json:"files"`
	Bytes       uint64          `json:"bytes"`
	Run         gov.RunID       `json:"run,omitempty"`
	Exploratory bool            `json:"exploratory,omitempty"`
	OMS         gov.Digest      `json:"oms,omitzero"` // of the model-signing bundle that named the digests
}

func (*ModelRegistered) name() string { return "model.registered" }

func (e *ModelRegistered) apply(tx *store.Tx, o origin) error {
	m := gov.ModelVersion{
		Model: e.Model, Number: e.Number, Digest: e.Digest, Files: e.Files, Bytes: e.Bytes, Run: e.Run, Exploratory: e.Exploratory, OMS: e.OMS,
		By: o.who, Created: o.time, Entry: o.index,
	}
	n := m.Ref().Node()
	var edges []lineage.Edge
	if e.Run != "" {
		r, err := tx.Run(e.Run)
		if err != nil {
			return err
		}
		edges = append(edges, lineage.Edge{From: n, Kind: lineage.GeneratedBy, To: r.ID.Node()})
		for _, in := range r.Inputs {
			if in.Kind == gov.VersionNode {
				edges = append(edges, lineage.Edge{From: n, Kind: lineage.TrainedOn, To: in})
			}
		}
	}
	return errors.Join(tx.PutModel(m), known(tx, o, n), link(tx, o, edges...))
}

// ModelTagged: a tag names a version of a model.
type ModelTagged struct {
	Model  gov.DatasetName `json:"model"`
	Name   string          `json:"name"`
	Number uint64          `json:"number"`
}

func (*ModelTagged) name() string { return "model.tagged" }

func (e *ModelTagged) apply(tx *store.Tx, o origin) error {
	return tx.PutModelTag(gov.TaggedModel{Model: e.Model, Name: e.Name, Number: e.Number, By: o.who, Set: o.time})
}

// ModelUntagged: a tag of a model is gone.
type ModelUntagged struct {
	Model gov.DatasetName `json:"model"`
	Name  string          `json:"name"`
}

func (*ModelUntagged) name() string { return "model.untagged" }

func (e *ModelUntagged) apply(tx *store.Tx, _ origin) error {
	return tx.RemoveModelTag(e.Model, e.Name)
}

// RegisterModel is a request to register a version of a model.
type RegisterModel struct {
	Model gov.DatasetName
	Run   gov.RunID       // that made it; "" if none is known, which coverage tells of
	Files []gov.ModelFile // none: those that the bundle names
	OMS   []byte          // an OpenSSF model-signing bundle that names the files, or nil
}

// RegisterModel gives a model a new version, identified by the digest of its
// list of files. Returns gov.Exists if the model has a version of these files.
func (s *Service) RegisterModel(ctx context.Context, c Call, in RegisterModel) (done Done[*ModelRegistered], err error) {
	files, err := filesOf(in)
	if err != nil {
		return done, err
	}
	doc, err := gov.ModelDocument(files)
	if err != nil {
		return done, err
	}
	ev := ModelRegistered{Model: in.Model, Digest: gov.DocumentDigest(doc), Files: uint64(len(files)), Run: in.Run}
	for _, f := range files {
		ev.Bytes += f.Size
	}
	if in.OMS != nil {
		ev.OMS = gov.DocumentDigest(in.OMS)
	}
	at := gov.Place(in.Model.Project())
	return write(ctx, s, c, action{do: gov.ModelRegister, at: at, args: ev}, func(tx *store.Tx) (*ModelRegistered, error) {
		is := ev
		if err := numberModel(tx, c, &is); err != nil {
			return nil, err
		}
		err := tx.PutDocument(is.Digest, doc)
		if in.OMS != nil {
			err = errors.Join(err, tx.PutDocument(is.OMS, in.OMS))
		}
		return &is, err
	})
}

// numberModel gives the version its number and what it has of its run.
func numberModel(tx *store.Tx, c Call, ev *ModelRegistered) error {
	if _, err := tx.Project(ev.Model.Project()); err != nil {
		return err
	}
	ev.Number = 1
	for m, err := range tx.Models(ev.Model, 0) {
		if err != nil {
			return err
		}
		ev.Number = m.Number + 1
		break
	}
	for m, err := range tx.ModelsByDigest(ev.Digest) {
		if err != nil {
			return err
		}
		if m.Model == ev.Model {
			return gov.Errorf(gov.Exists, "MODEL_EXISTS", "%s has these files already", m.Ref())
		}
	}
	if ev.Run == "" {
		if len(c.Scope.Runs) > 0 {
			return gov.Errorf(gov.Denied, "WRONG_RUN", "this token is for one run: name it")
		}
		return nil
	}
	return fromRun(tx, c, ev)
}

// fromRun holds that the run may have made the model.
func fromRun(tx *store.Tx, c Call, ev *ModelRegistered) error {
	r, err := tx.Run(ev.Run)
	if err == nil && r.Project != ev.Model.Project() {
		err = noRun(ev.Run)
	}
	if err != nil {
		return err
	}
	if err := mustOwn(c, r); err != nil {
		return err
	}
	if r.State.Ended() && r.State != gov.RunFinished {
		return gov.Errorf(gov.Conflict, "RUN_ENDED", "run %s has %s: it made no model", r.ID, r.State)
	}
	ev.Exploratory = r.Exploratory
	return nil
}

// A ModelInfo is a version of a model with what its row does not hold.
type ModelInfo struct {
	gov.ModelVersion
	ByName string
	Tags   []string
	List   []gov.ModelFile // only where one model is asked for
}

// resolveModel finds the version of a model: by number, by tag, or the newest.
func resolveModel(tx *store.Tx, name gov.DatasetName, which string) (gov.ModelVersion, error) {
	if ref, err := gov.ParseModelRef(string(name) + ":" + which); err == nil {
		return tx.Model(ref)
	}
	if which != "" {
		t, err := tx.ModelTag(name, which)
		if err != nil {
			return gov.ModelVersion{}, err
		}
		return tx.Model(gov.ModelRef{Model: name, Number: t.Number})
	}
	for m, err := range tx.Models(name, 0) {
		return m, err
	}
	return gov.ModelVersion{}, gov.Errorf(gov.NotFound, "NO_MODEL", "no model %s", name)
}

// Model returns a version of a model: "v3", a tag, or "" for the newest.
func (s *Service) Model(ctx context.Context, c Call, name gov.DatasetName, which string) (info ModelInfo, err error) {
	err = s.see(ctx, c, gov.ModelRead, gov.Place(name.Project()), func(tx *store.Tx) error {
		m, err := resolveModel(tx, name, which)
		if err != nil {
			return err
		}
		if info, err = describeModel(tx, m); err != nil {
			return err
		}
		doc, err := tx.Document(m.Digest)
		if err == nil {
			info.List, err = gov.ParseModelDocument(doc)
		}
		return err
	})
	return info, err
}

// ModelWorkedOn describes a version of a model to who has just worked on it.
func (s *Service) ModelWorkedOn(ctx context.Context, r gov.ModelRef) (info ModelInfo, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		m, err := tx.Model(r)
		if err == nil {
			info, err = describeModel(tx, m)
		}
		return err
	})
	return info, err
}

// Models returns up to n versions of a model, newest first, from the one before
// a number.
func (s *Service) Models(ctx context.Context, c Call, name gov.DatasetName, before uint64, n int) (page []ModelInfo, err error) {
	err = s.see(ctx, c, gov.ModelRead, gov.Place(name.Project()), func(tx *store.Tx) error {
		page, err = describeModels(tx, tx.Models(name, before), n)
		return err
	})
	return page, err
}

// ModelsIn returns up to n versions of a project's models, by name, the oldest
// first, after one.
func (s *Service) ModelsIn(ctx context.Context, c Call, project gov.Project, after gov.ModelRef, n int) (page []ModelInfo, err error) {
	err = s.see(ctx, c, gov.ModelRead, gov.Place(project), func(tx *store.Tx) error {
		page, err = describeModels(tx, tx.ModelsIn(project, after), n)
		return err
	})
	return page, err
}

func describeModels(tx *store.Tx, all iter.Seq2[gov.ModelVersion, error], n int) (page []ModelInfo, err error) {
	rows, err := take(all, n)
	for _, m := range rows {
		info, err := describeModel(tx, m)
		if err != nil {
			return nil, err
		}
		page = append(page, info)
	}
	return page, err
}

func describeModel(tx *store.Tx, m gov.ModelVersion) (info ModelInfo, err error) {
	info.ModelVersion = m
	p, err := tx.Person(m.By)
	if err != nil {
		return info, err
	}
	info.ByName = p.Name
	for t, err := range tx.ModelTags(m.Model) {
		if err != nil {
			return info, err
		}
		if t.Number == m.Number {
			info.Tags = append(info.Tags, t.Name)
		}
	}
	return info, nil
}

// TagModel lets a tag name a version of a model.
func (s *Service) TagModel(ctx context.Context, c Call, r gov.ModelRef, tag string) (Done[*ModelTagged], error) {
	args := struct{ Model, Tag string }{r.String(), tag}
	return write(ctx, s, c, action{do: gov.ModelTag, at: gov.Place(r.Model.Project()), args: args}, func(tx *store.Tx) (*ModelTagged, error) {
		if _, err := gov.ParseTag(tag); err != nil {
			return nil, err
		}
		_, err := tx.Model(r)
		return &ModelTagged{r.Model, tag, r.Number}, err
	})
}

// UntagModel takes a tag of a model away.
func (s *Service) UntagModel(ctx context.Context, c Call, model gov.DatasetName, tag string) (Done[*ModelUntagged], error) {
	args := struct{ Model, Tag string }{string(model), tag}
	return write(ctx, s, c, action{do: gov.ModelTag, at: gov.Place(model.Project()), args: args}, func(tx *store.Tx) (*ModelUntagged, error) {
		_, err := tx.ModelTag(model, tag)
		return &ModelUntagged{model, tag}, err
	})
}

// filesOf returns the files of a model. Where a bundle names them too, both must
// say the same.
func filesOf(in RegisterModel) ([]gov.ModelFile, error) {
	if in.OMS == nil {
		return in.Files, nil
	}
	named, err := readOMS(in.OMS)
	if err != nil || len(in.Files) == 0 {
		return named, err
	}
	for _, f := range in.Files {
		if !slices.ContainsFunc(named, func(n gov.ModelFile) bool { return n.Name == f.Name && n.Digest == f.Digest }) {
			return nil, gov.Errorf(gov.Invalid, "NOT_IN_BUNDLE", "the bundle does not name file %q with the digest %s", f.Name, f.Digest)
		}
	}
	if len(named) != len(in.Files) {
		return nil, gov.Errorf(gov.Invalid, "NOT_IN_BUNDLE", "the bundle names %d files, and %d are given", len(named), len(in.Files))
	}
	return in.Files, nil
}
