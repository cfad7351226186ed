package govern_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/lineage"
)

// exported takes the lineage of a project, a line each.
func exported(t *testing.T, k *govtest.Kit, by *govtest.Actor, in govern.ExportLineage) (lines [][]byte, out govern.ExportedLineage) {
	t.Helper()
	out, err := k.Service.ExportLineage(ctx, by.Call(), in, func(event []byte) error {
		lines = append(lines, bytes.Clone(event))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.Events != uint64(len(lines)) {
		t.Errorf("%d events, told %d", len(lines), out.Events)
	}
	return lines, out
}

// history makes lineage of every kind in the project signs, some of it of another
// system, and returns a model of it.
func history(t *testing.T, s *signs) gov.ModelRef {
	t.Helper()
	s.signedChange()
	s.trained()
	tim := s.Person("tia", gov.Trainer, "signs")
	m := gov.ModelRef{Model: "signs/reader", Number: 1}
	_, err := s.Service.DeployModel(ctx, s.bob.Call(), govern.DeployModel{Model: m, Site: "clinic", Trial: true})
	s.must(err)
	_, err = s.Service.RecordServed(ctx, tim.Call(), m, "clinic", outputsOf("served"))
	s.must(err)
	child := strings.Replace(runEvent(3, "START", "clean", "report"), `"job"`, `"facets":{},"job"`, 1)
	child = strings.Replace(child, `"runId":"0190a6e0-0000-7000-8000-000000000003"}`,
		`"runId":"0190a6e0-0000-7000-8000-000000000003","facets":{`+facetOf("parent", `,"run":{"runId":"0190a6e0-0000-7000-8000-000000000001"},"job":{"namespace":"etl","name":"all"}`)+`}}`, 1)
	child = strings.Replace(child, `"facets":{},"job"`, `"job"`, 1)
	alias := strings.Replace(dropEvent("clean", 2), facetOf("lifecycleStateChange", `,"lifecycleStateChange":"DROP"`),
		facetOf("symlinks", `,"identifiers":[{"namespace":"hive","name":"clean","type":"TABLE"}]`), 1)
	_, err = s.Service.ImportLineage(ctx, tim.Call(), "signs", lines(
		runEvent(1, "START", "raw", ""), runEvent(1, "COMPLETE", "raw", "clean"), runEvent(2, "FAIL", "", "raw"), child, alias, dropEvent("raw", 5)))
	s.must(err)
	return m
}

// TestProjectLineageComesBack: what a project exports, another server of the same
// name takes in, and it has the same lineage: it exports the same events again,
// and walks and drops are the same.
func TestProjectLineageComesBack(t *testing.T) {
	s := newCalm(t)
	m := history(t, s)
	aud := s.Person("ada", gov.Auditor, gov.Server)
	first, out := exported(t, s.Kit, aud, govern.ExportLineage{Project: "signs"})
	if !out.Complete {
		t.Error("something was left out")
	}
	again, _ := exported(t, s.Kit, aud, govern.ExportLineage{Project: "signs"})
	if !slices.EqualFunc(first, again, bytes.Equal) {
		t.Error("the same lineage gives other bytes")
	}

	other := newCalm(t)
	root := other.Person("rob", gov.Admin, gov.Server)
	other.Grant(root, gov.Trainer, "signs")
	in, err := other.Service.ImportLineage(ctx, root.Call(), "signs", first)
	if other.must(err); in.Warnings > 0 || in.Again > 0 || in.Count != out.Events {
		t.Errorf("taken in: %+v", in)
	}
	if in, err := other.Service.ImportLineage(ctx, root.Call(), "signs", first); err != nil || in.Index != 0 || in.Again != in.Count {
		t.Errorf("taken in again: %+v, %v", in, err)
	}
	aud2 := other.Person("ada", gov.Auditor, gov.Server)
	back, _ := exported(t, other.Kit, aud2, govern.ExportLineage{Project: "signs"})
	sorted := func(all [][]byte) []string {
		text := strings.Split(string(bytes.Join(all, []byte("\n"))), "\n")
		slices.Sort(text)
		return text
	}
	if d := cmp.Diff(sorted(first), sorted(back)); d != "" {
		t.Errorf("what comes back differs (-exported +exported again)\n%s", d)
	}
	for _, q := range []govern.LineageQuery{
		{Node: m.Node()}, {Node: gov.VersionOf(digits, 1), Direction: lineage.Impact}, {Node: gov.Node{Kind: gov.ExternalNode, Name: "hive#clean"}},
	} {
		if d := cmp.Diff(reached(t, s, aud, q), reached(t, other, aud2, q)); d != "" {
			t.Errorf("%s: %s", q.Node, d)
		}
	}
}

// reached lists what a walk reaches, and what of it was dropped.
func reached(t *testing.T, s *signs, by *govtest.Actor, q govern.LineageQuery) (all []string) {
	t.Helper()
	a, err := s.Service.Lineage(ctx, by.Call(), q)
	s.must(err)
	for _, step := range a.Steps {
		mark := ""
		if !step.Dropped.IsZero() {
			mark = " " + step.Dropped.String()
		}
		all = append(all, step.Node.String()+mark)
	}
	if len(all) < 3 {
		t.Errorf("%s reaches %v", q.Node, all)
	}
	slices.Sort(all)
	return all
}

// TestExportedLineage: what may not be read is left out and that is told, other
// projects' things are not exported, an export as of an entry holds nothing that
// came later, and every export and refusal is on record.
func TestExportedLineage(t *testing.T) {
	s := newCalm(t)
	history(t, s)
	aud := s.Person("ada", gov.Auditor, "signs")
	n := s.LogSize()
	all, out := exported(t, s.Kit, aud, govern.ExportLineage{Project: "signs"})
	if e := s.Entry(n); s.LogSize() != n+1 || e.Event != "lineage.exported" || e.At != "signs" || out.AsOf != n-1 {
		t.Errorf("the entry is %+v, the export as of %d", e, out.AsOf)
	}
	if text := string(bytes.Join(all, nil)); out.Complete || strings.Contains(text, "faces") || !strings.Contains(text, `"DROP"`) {
		t.Errorf("complete %v, or it tells of what the auditor may not read", out.Complete)
	}
	before, _ := exported(t, s.Kit, aud, govern.ExportLineage{Project: "signs", AsOf: 12})
	if text := string(bytes.Join(before, nil)); strings.Contains(text, "RunEvent") || strings.Contains(text, "model:") || len(before) >= len(all) {
		t.Errorf("as of entry 12: %s", text)
	}
	full, _ := exported(t, s.Kit, s.Person("max", gov.Auditor, gov.Server), govern.ExportLineage{Project: "secret"})
	if len(full) > 0 {
		t.Errorf("of secret: %s", full)
	}
	none := func([]byte) error { t.Error("something is sent"); return nil }
	_, err := s.Service.ExportLineage(ctx, s.bob.Call(), govern.ExportLineage{Project: "signs"}, none)
	s.refused(err, "DENIED")
	_, err = s.Service.ExportLineage(ctx, aud.Call(), govern.ExportLineage{Project: "secret"}, none)
	s.refused(err, "NO_PROJECT")
}
