package trail

import (
	"time"

	"govd/internal/gov"
	"govd/internal/lineage"
)

func node(s string) gov.Node {
	n, err := gov.ParseNode(s)
	if err != nil {
		panic(err)
	}
	return n
}

func noon(minute int) time.Time { return time.Date(2026, 3, 4, 12, minute, 0, 500, time.UTC) }

const runID = "0190f6a2-6d1e-7c3b-9a54-2f1c0d9e8b7a"

// hands is the lineage of an output: two versions, the second by an approved
// change, checked, and used with an outside table by a run whose model gave it.
func hands() *Chain {
	version := func(n uint64, minute int) Node {
		r := gov.Registration{Dataset: "hands/stage5", Number: n, Tree: gov.Tree{Root: gov.Digest{byte(n)}, Records: 12_000, Bytes: 3_400_000}, Counts: gov.Counts{Added: 12_000}}
		if n > 1 {
			r.Counts = gov.Counts{Changed: 3, Unchanged: 11_997}
		}
		r.Digest = r.ComputeDigest()
		return Node{ID: gov.VersionOf(r.Dataset, r.Number), Digest: r.Digest, Time: noon(minute), By: "user:2", Entry: uint64(minute), Version: &Version{
			Registration: r, Stage: 5, Purposes: []string{"research"}, Sensitivity: "confidential", License: "CC-BY-4.0", Labels: []Count{{"fist", 700}, {"palm", 900}},
			Card: []Field{{"description", "Hands \"in motion\" & <light>"}, {"rai:dataBiases", "few scars"}, {"rai:dataCollection", "volunteers"}, {"other", "left out"}},
		}}
	}
	v1, v2 := version(1, 10), version(2, 20)
	revision := gov.Digest{17}
	change := &Change{
		Number: 17, Dataset: "hands/stage5", State: gov.ChangeApplied, Revision: revision, Base: gov.Base{Number: 1, Digest: v1.Digest, Records: 12_000},
		Edits: 3, Touched: 3, Labels: []string{"fist", "palm"}, Rules: gov.Digest{4}, Result: 2, Votes: []Vote{
			{Person: "user:3", Kind: gov.Approve, Revision: revision, Time: noon(16), Entry: 16, Signature: gov.Digest{5}},
			{Person: "user:4", Kind: gov.Approve, Revision: revision, Time: noon(17), Entry: 17},
		},
	}
	run := &gov.Run{ID: runID, Project: "hands", Job: "train-pose", State: gov.RunFinished, Purpose: "research", Params: map[string]string{"lr": "0.01", "epochs": "20"}, By: "sa:8", Entry: 30, Started: noon(30), Ended: noon(40)}
	model := &Model{ModelVersion: gov.ModelVersion{Model: "hands/pose", Number: 3, Digest: gov.Digest{6}, Run: runID, By: "sa:8", Created: noon(41), Entry: 41}, Files: []File{{"weights.bin", gov.Digest{7}, 1000}, {"config.json", gov.Digest{8}, 10}}, Tags: []string{"prod"}}
	output := gov.Digest{9}
	c := &Chain{
		Format: ChainFormat, Origin: "log.example/hands", AsOf: 60, Time: noon(59), Complete: true,
		Unresolved: []gov.Node{node("external:warehouse#t%20able@2026")},
		People:     []Person{{"sa:8", "trainer"}, {"user:2", "ann"}, {"user:3", "bob"}, {ID: "user:4"}},
		Nodes: []Node{
			{ID: node("output:" + output.String()), Digest: output, Time: noon(50), By: "sa:8", Entry: 50, Output: &Output{Batch: 9, Index: 4, Name: "req-77"}},
			{ID: node("batch:9"), Digest: gov.Digest{10}, Time: noon(50), By: "sa:8", Entry: 50, Batch: &gov.Batch{Number: 9, Root: gov.Digest{10}, Count: 10_000}},
			{ID: node("model:hands/pose:v3"), Digest: gov.Digest{6}, Time: noon(41), By: "sa:8", Entry: 41, Model: model},
			{ID: node("run:" + runID), Time: noon(30), By: "sa:8", Entry: 30, Run: run},
			v2, v1,
			{ID: node("change:17"), Time: noon(15), By: "user:2", Entry: 15, Change: change},
			{ID: node("report:" + gov.Digest{11}.String()), Digest: gov.Digest{11}, Time: noon(21), By: "sa:8", Entry: 21, Report: &Report{Stage: 5, Passed: true, Checks: 41}},
			{ID: node("inspection:3"), Time: noon(22), By: "user:3", Entry: 22},
			{ID: node("external:warehouse#t%20able@2026")},
			{ID: node("source:https://photos.example/lot-2?a=b")},
			{ID: node("deployment:hands/prod#1"), Time: noon(45), By: "user:2", Entry: 45, Deployment: &gov.Deployment{
				Site: "hands/prod", Number: 1, Model: model.Ref(), Trial: true, By: "user:2", Since: noon(45), Entry: 45, Until: noon(55), EndEntry: 55, EndedBy: "user:3",
			}},
		},
	}
	c.Subject = c.Nodes[0].ID
	edge := func(from int, kind lineage.EdgeKind, to int) {
		c.Edges = append(c.Edges, lineage.Edge{From: c.Nodes[from].ID, Kind: kind, To: c.Nodes[to].ID, Via: "run.start", Time: noon(30), Since: max(c.Nodes[from].Entry, 1)})
	}
	edge(0, lineage.PartOf, 1)
	edge(1, lineage.GeneratedBy, 2)
	edge(2, lineage.GeneratedBy, 3)
	edge(2, lineage.TrainedOn, 4)
	edge(3, lineage.Used, 4)
	edge(3, lineage.Used, 9)
	edge(4, lineage.DerivedFrom, 5)
	edge(4, lineage.TouchedBy, 6)
	edge(4, lineage.CheckedBy, 7)
	edge(4, lineage.CheckedBy, 8)
	edge(6, lineage.DerivedFrom, 5)
	edge(5, lineage.DerivedFrom, 10)
	edge(11, lineage.Serves, 2)
	c.Edges[5].Inferred = true
	return c
}

// about returns the chain with another subject.
func about(c *Chain, subject string) *Chain {
	c.Subject = node(subject)
	return c
}

const (
	handsModel   = "model:hands/pose:v3"
	handsVersion = "version:hands/stage5@v2"
	handsRun     = "run:" + runID
)
