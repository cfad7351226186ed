package govern_test

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
)

// The operations of the machine on projects, datasets and versions, and those
// that repeat others.

func cmpGrant(a, b gov.Grant) int {
	return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Place, b.Place))
}

func (m *model) nameOf(id gov.PersonID) string {
	for name, p := range m.persons {
		if p.id == id {
			return name
		}
	}
	return ""
}

func (m *machine) createProject(t *rapid.T) {
	name := rapid.SampledFrom(projects).Draw(t, "project")
	m.ask(t, gov.ProjectCreate, gov.Server, func(*token) outcome {
		if m.projects[name] {
			return fails(gov.Exists)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		return index(m.svc.CreateProject(ctx, c, name))
	}, func() { m.projects[name] = true })
}

func (m *machine) createDataset(t *rapid.T) {
	name := rapid.SampledFrom(sets).Draw(t, "dataset")
	m.ask(t, gov.DatasetCreate, gov.Place(name), func(*token) outcome {
		switch {
		case !m.projects[name.Project()]:
			return fails(gov.NotFound)
		case m.datasets[name] != nil:
			return fails(gov.Exists)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		return index(m.svc.CreateDataset(ctx, c, govern.CreateDataset{Name: name, Stage: 1}))
	}, func() { m.datasets[name] = &dataset{tags: map[string]uint64{}} })
}

// puts returns an edit for each row, in order.
func puts(rows map[string]string) (edits []govern.Edit) {
	for _, k := range slices.Sorted(maps.Keys(rows)) {
		edits = append(edits, govern.Edit{Put: govtest.Record(k, rows[k])})
	}
	return edits
}

func drawRows(t *rapid.T) map[string]string {
	return rapid.MapOfN(rapid.SampledFrom(keys), rapid.SampledFrom(words), 0, 4).Draw(t, "rows")
}

func (m *machine) registerWhole(t *rapid.T) {
	rows := drawRows(t)
	m.register(t, false, puts(rows), func(*dataset) map[string]string { return rows })
}

func (m *machine) registerDelta(t *rapid.T) {
	rows := drawRows(t)
	edits := puts(rows)
	var gone []string
	for _, k := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 0, 2, rapid.ID[string]).Draw(t, "deletes") {
		if _, put := rows[k]; !put {
			gone = append(gone, k)
			edits = append(edits, govern.Edit{Delete: k})
		}
	}
	slices.SortFunc(edits, func(a, b govern.Edit) int { return strings.Compare(editKey(a), editKey(b)) })
	m.register(t, true, edits, func(d *dataset) map[string]string {
		after := maps.Clone(d.newest().rows)
		maps.Copy(after, rows)
		for _, k := range gone {
			delete(after, k)
		}
		return after
	})
}

func editKey(e govern.Edit) string {
	if e.Put != nil {
		return e.Put.Key
	}
	return e.Delete
}

// registerBadly sends what no version can be made of.
func (m *machine) registerBadly(t *rapid.T) {
	bad := rapid.SampledFrom([][]govern.Edit{
		{{Put: govtest.Record("b")}, {Put: govtest.Record("a")}},
		{{Put: govtest.Record("a")}, {Put: govtest.Record("a")}},
		{{Put: &gov.Record{Key: "a"}}},
		{{Put: govtest.Record("")}},
	}).Draw(t, "edits")
	m.register(t, false, bad, nil)
}

// register registers a version. after says what it holds; nil: nothing, as the
// edits are wrong.
func (m *machine) register(t *rapid.T, delta bool, edits []govern.Edit, after func(*dataset) map[string]string) {
	name := rapid.SampledFrom(sets).Draw(t, "dataset")
	d := m.datasets[name]
	if d == nil {
		d = &dataset{}
	}
	in := govern.Register{Dataset: name, Delta: delta, Parent: m.drawParent(t, d)}
	var rows map[string]string
	var made govern.Registered
	m.ask(t, gov.VersionRegister, gov.Place(name), func(*token) outcome {
		want := m.registration(name, d, in)
		switch {
		case want != done:
			return want
		case after == nil:
			return fails(gov.Invalid)
		}
		if rows = after(d); d.same(rows) {
			return nothing
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		r, err := m.svc.RegisterVersion(ctx, c, in, govtest.Edits(edits...))
		made = r
		return r.Index, err
	}, func() {
		if want := d.counts(rows); made.Counts != want || made.Tree.Records != uint64(len(rows)) {
			t.Fatalf("counts %+v of %d records, want %+v of %d", made.Counts, made.Tree.Records, want, len(rows))
		}
		d.versions = append(d.versions, version{made.Digest, rows})
	})
}

// drawParent draws the newest version, any of them, none or one that is not there.
func (m *machine) drawParent(t *rapid.T, d *dataset) gov.Digest {
	candidates := []gov.Digest{d.newest().digest, d.newest().digest, d.newest().digest, {}, {1}}
	for _, v := range d.versions {
		candidates = append(candidates, v.digest)
	}
	return rapid.SampledFrom(candidates).Draw(t, "parent")
}

// registration is the rule for a registration whose records are right.
func (m *machine) registration(name gov.DatasetName, d *dataset, in govern.Register) outcome {
	known := slices.ContainsFunc(d.versions, func(v version) bool { return v.digest == in.Parent })
	switch {
	case m.datasets[name] == nil || !in.Parent.IsZero() && !known:
		return fails(gov.NotFound)
	case in.Delta && in.Parent.IsZero():
		return fails(gov.Invalid)
	case in.Parent != d.newest().digest:
		return fails(gov.Conflict)
	}
	return done
}

func (m *machine) setTag(t *rapid.T) {
	name := rapid.SampledFrom(sets).Draw(t, "dataset")
	tag := rapid.SampledFrom(tags).Draw(t, "tag")
	number := rapid.Uint64Range(1, 3).Draw(t, "number")
	m.ask(t, gov.VersionTag, gov.Place(name), func(*token) outcome {
		if d := m.datasets[name]; d == nil || number > uint64(len(d.versions)) {
			return fails(gov.NotFound)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		return index(m.svc.SetTag(ctx, c, gov.Ref{Dataset: name, Number: number}, tag))
	}, func() { m.datasets[name].tags[tag] = number })
}

func (m *machine) removeTag(t *rapid.T) {
	name := rapid.SampledFrom(sets).Draw(t, "dataset")
	tag := rapid.SampledFrom(tags).Draw(t, "tag")
	m.ask(t, gov.VersionTag, gov.Place(name), func(*token) outcome {
		if d := m.datasets[name]; d == nil || d.tags[tag] == 0 {
			return fails(gov.NotFound)
		}
		return done
	}, func(c govern.Call) (uint64, error) {
		return index(m.svc.RemoveTag(ctx, c, name, tag))
	}, func() { delete(m.datasets[name].tags, tag) })
}

// askAgain makes a request that was answered before: the answer is the same,
// and the log does not grow.
func (m *machine) askAgain(t *rapid.T) {
	if len(m.asked) == 0 {
		t.Skip("nothing was asked yet")
	}
	a := rapid.SampledFrom(m.asked).Draw(t, "request")
	if a.do == gov.VersionRegister && m.judge(a.by, m.now(), a.do, a.at) != done {
		return // begins with a read, which is refused anew
	}
	index, err := a.again(a.call)
	switch {
	case !m.proven(a.by, m.now()):
		m.expect(t, unproven, err)
	case a.kind != ok:
		m.expectKind(t, a.kind, err)
	case err != nil || index != a.index:
		t.Fatalf("asked again: entry %d, %v; want entry %d", index, err, a.index)
	}
}

// reuseRequest uses the id of a request for another.
func (m *machine) reuseRequest(t *rapid.T) {
	if len(m.asked) == 0 {
		t.Skip("nothing was asked yet")
	}
	a := rapid.SampledFrom(m.asked).Draw(t, "request")
	_, err := m.svc.CreateProject(ctx, a.call, "other")
	if !m.proven(a.by, m.now()) {
		m.expect(t, unproven, err)
	} else if gov.ReasonOf(err) != "REQUEST_ID_REUSED" {
		t.Fatalf("got %v, want REQUEST_ID_REUSED", err)
	}
}

func (m *machine) expectKind(t *rapid.T, want gov.Kind, err error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// read does a read: a refusal is recorded, and what is seen is not.
func (m *machine) read(t *rapid.T, do gov.Action, at gov.Place, rule func() outcome, call func(govern.Call) error) {
	by := rapid.SampledFrom(m.tokens).Draw(t, "by")
	want := m.judge(by, m.now(), do, at)
	if want == done {
		want = rule()
	}
	m.expect(t, want, call(by.Call()))
	if want.logged {
		m.log++
	}
}

func (m *machine) readRecords(t *rapid.T) {
	name := rapid.SampledFrom(sets).Draw(t, "dataset")
	number := rapid.Uint64Range(1, 3).Draw(t, "number")
	d := m.datasets[name]
	m.read(t, gov.VersionRead, gov.Place(name), func() outcome {
		if d == nil || number > uint64(len(d.versions)) {
			return fails(gov.NotFound)
		}
		return nothing
	}, func(c govern.Call) error {
		rows, err := m.svc.Records(ctx, c, gov.Ref{Dataset: name, Number: number}, govern.Span{})
		if err != nil {
			return err
		}
		got := map[string]string{}
		for row, err := range rows {
			if err != nil {
				return err
			}
			got[row.Key] = row.Record.Labels[0].Name
		}
		if diff := gocmp.Diff(d.versions[number-1].rows, got); diff != "" {
			t.Fatalf("records (-model +store)\n%s", diff)
		}
		return nil
	})
}

// readPlaces lists what the caller may see: that and no more.
func (m *machine) readPlaces(t *rapid.T) {
	by := rapid.SampledFrom(m.tokens).Draw(t, "by")
	page, err := m.svc.Datasets(ctx, by.Call(), "", "", 100)
	if !m.proven(by, m.now()) {
		m.expect(t, unproven, err)
		return
	}
	var got, want []gov.DatasetName
	for _, d := range page {
		got = append(got, d.Name)
	}
	for _, name := range sets {
		if m.datasets[name] != nil && m.may(by, gov.DatasetRead, gov.Place(name)) {
			want = append(want, name)
		}
	}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%s sees %v (%v), want %v", by.Name, got, err, want)
	}
}
