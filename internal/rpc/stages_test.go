package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"govd/examples/hands"
	"govd/internal/gov"
	"govd/internal/govtest"
	"govd/internal/rpc"
	"govd/internal/validate"
	v1 "govd/proto/govd/v1"

	"go.yaml.in/yaml/v3"
)

const grown = gov.DatasetName("hands/grown")

// A growth takes drawn hands through the shipped policies of the stages, by
// nothing but calls of the API.
type growth struct {
	*govtest.Server
	t        *testing.T
	ctx      context.Context
	set      *hands.Set
	maker    *govtest.Actor
	sue, sam *govtest.Client // stewards
	ina, ira *govtest.Client // annotators who made nothing, and inspect
	tom      *govtest.Client // trainer
	records  map[string]*gov.Record
	runs     map[string]string // by job
	lots     map[string]bool   // that came in
}

func newGrowth(t *testing.T) *growth {
	k := govtest.New(t)
	k.Dataset(grown, taxonomyOf(t)...)
	g := &growth{runs: map[string]string{}, lots: map[string]bool{}, t: t, ctx: t.Context(), maker: k.Person("max", gov.Annotator, "hands")}
	people := map[string]*govtest.Actor{}
	for name, role := range map[string]gov.Role{"sue": gov.Steward, "sam": gov.Steward, "ina": gov.Annotator, "ira": gov.Annotator, "tom": gov.Trainer} {
		people[name] = k.Person(name, role, "hands")
	}
	k.Clock.Turn(8 * 24 * time.Hour)
	g.Server = k.Serve()
	g.tom = g.As(people["tom"])
	g.sue, g.sam, g.ina, g.ira = g.As(people["sue"]), g.As(people["sam"]), g.As(people["ina"]), g.As(people["ira"])
	return g
}

func taxonomyOf(t *testing.T) (labels []gov.TaxonomyLabel) {
	var doc struct {
		Labels []struct {
			Name, Parent string
			Since        int
			Max          uint32
		}
	}
	if err := yaml.Unmarshal(hands.Taxonomy(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, l := range doc.Labels {
		labels = append(labels, gov.TaxonomyLabel{Name: l.Name, Parent: l.Parent, Since: gov.Stage(l.Since), Max: l.Max})
	}
	return labels
}

func (g *growth) must(err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatal(err)
	}
}

func (g *growth) id() string { return g.Request().String() }

// register makes the hands of a stage the newest version.
func (g *growth) register(o hands.Options) {
	g.t.Helper()
	set, err := hands.New(o)
	g.must(err)
	g.set, g.records = set, map[string]*gov.Record{}
	records := set.Records()
	for _, r := range records {
		if job := r.Attributes["run"]; job != "" {
			r.Attributes["run"] = g.run(job)
		}
		g.records[r.Key] = r
	}
	lots := map[string][]*gov.Record{}
	var pushed []*gov.Record
	for _, r := range records {
		lot := r.Attributes["lot"]
		if o.Stage == 2 {
			g.lots[lot] = true // there before anybody asked
		}
		if g.lots[lot] {
			pushed = append(pushed, r)
		} else {
			lots[lot] = append(lots[lot], r)
		}
	}
	g.Kit.Register(g.maker, grown, pushed...)
	for lot, records := range lots {
		g.intake(lot, records)
	}
}

// intake brings new imagery as a lot, which is inspected as the shipped policy asks
// and accepted by somebody else.
func (g *growth) intake(lot string, records []*gov.Record) {
	g.t.Helper()
	stream, err := g.As(g.maker).Intakes.TakeLot(g.ctx)
	messages := []*v1.TakeLotRequest{{Part: &v1.TakeLotRequest_Header{Header: &v1.TakeLotHeader{RequestId: g.id(), Dataset: string(grown), Lot: lot}}}}
	for some := range slices.Chunk(records, 100) {
		b := &v1.RecordBatch{}
		for _, r := range some {
			b.Puts = append(b.Puts, rpc.RecordToProto(r))
		}
		messages = append(messages, &v1.TakeLotRequest{Part: &v1.TakeLotRequest_Batch{Batch: b}})
	}
	g.must(sendAll(stream, err, messages...))
	accept := &v1.AcceptLotRequest{RequestId: g.id(), Dataset: string(grown), Lot: lot}
	if _, err := g.sue.Intakes.AcceptLot(g.ctx, accept); err == nil || !strings.Contains(err.Error(), "asks for an inspection") {
		g.t.Errorf("lot %s, which nobody has looked at: %v", lot, err)
	}
	p, err := validate.Shipped(3)
	g.must(err)
	for _, want := range p.Inspections {
		if want.Asks == "intake" {
			g.inspect(want, "", lot)
		}
	}
	accept.RequestId = g.id()
	_, err = g.sue.Intakes.AcceptLot(g.ctx, accept)
	g.must(err)
	g.lots[lot] = true
}

// run returns the run of a job, which it starts if there is none.
func (g *growth) run(job string) string {
	g.t.Helper()
	if g.runs[job] == "" {
		done, err := g.tom.Runs.StartRun(g.ctx, &v1.StartRunRequest{RequestId: g.id(), Project: "hands", Job: job, Purpose: "cutting into frames"})
		g.must(err)
		g.runs[job] = done.GetRun().GetId()
	}
	return g.runs[job]
}

// votes brings what the annotators of the hands said.
func (g *growth) votes() {
	g.t.Helper()
	b := &v1.LabelVoteBatch{}
	for _, v := range g.set.Votes() {
		m := &v1.LabelVote{Key: v.Key, Annotator: v.Annotator, Label: v.Name}
		if v.Gold {
			m.Truth = g.set.Shows(v.Key)
		}
		b.Votes = append(b.Votes, m)
	}
	stream, err := g.ina.Checks.RecordVotes(g.ctx)
	g.must(sendAll(stream, err,
		&v1.RecordVotesRequest{Part: &v1.RecordVotesRequest_Header{Header: &v1.RecordVotesHeader{RequestId: g.id(), Ref: string(grown)}}},
		&v1.RecordVotesRequest{Part: &v1.RecordVotesRequest_Batch{Batch: b}}))
}

// inspect draws an inspection as the policy asks for it, and lets two people
// answer it truly.
func (g *growth) inspect(want validate.Inspection, by, lot string) {
	g.t.Helper()
	done, err := g.sue.Inspections.DrawInspection(g.ctx, &v1.DrawInspectionRequest{RequestId: g.id(), Ref: string(grown), Lot: lot, Design: &v1.InspectionDesign{
		Asks: want.Asks, Limit: uint32(want.Limit), Confidence: uint32(want.Confidence), Accept: uint64(want.Accept), By: by, Reviewers: 1,
		Sensitivity: 900_000, MinGold: 30, MinAccuracy: 800_000,
	}})
	g.must(err)
	for n := 0; ; n++ {
		who := []*govtest.Client{g.ina, g.ira}[n%2]
		task, err := who.Inspections.NextTask(g.ctx, &v1.NextTaskRequest{Inspection: done.Inspection})
		g.must(err)
		if task.Item == "" {
			break
		}
		verdict := "ok"
		if task.Record.Labels[0].Name != g.set.Shows(task.Key) {
			verdict = "error"
		}
		_, err = who.Inspections.AnswerTask(g.ctx, &v1.AnswerTaskRequest{RequestId: g.id(), Inspection: done.Inspection, Item: task.Item, Verdict: verdict})
		g.must(err)
	}
	over, err := g.sue.Inspections.GetInspection(g.ctx, &v1.GetInspectionRequest{Inspection: done.Inspection})
	g.must(err)
	if over.Inspection.Status.State != "passed" {
		g.t.Errorf("inspection %s has %s: %s", want.ID, over.Inspection.Status.State, over.Result.GetReason())
	}
}

// check runs the checks of a stage and returns the report.
func (g *growth) check(stage uint32) *validate.Report {
	g.t.Helper()
	stream, err := g.sue.Checks.RunChecks(g.ctx, &v1.RunChecksRequest{RequestId: g.id(), Ref: string(grown), Stage: stage})
	g.must(err)
	var doc []byte
	g.must(all(drain{stream, &doc}, nil))
	r, err := validate.ParseReport(doc)
	g.must(err)
	return r
}

type drain struct {
	v1.CheckService_RunChecksClient
	doc *[]byte
}

func (d drain) Recv() (*v1.RunChecksResponse, error) {
	m, err := d.CheckService_RunChecksClient.Recv()
	*d.doc = append(*d.doc, m.GetDocument()...)
	return m, err
}

// promote lets stewards give their word until it is enough.
func (g *growth) promote(to uint32, waive ...string) {
	g.t.Helper()
	for _, who := range []*govtest.Client{g.sue, g.sam} {
		p, err := who.Stages.PromoteDataset(g.ctx, &v1.PromoteDatasetRequest{RequestId: g.id(), Ref: string(grown), To: to, Waived: waive})
		g.must(err)
		if p.Promoted {
			return
		}
	}
	g.t.Fatalf("two words do not take it to stage %d", to)
}

func complaints(r *validate.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Verdict == validate.Pass || f.Verdict == validate.Skipped {
			continue
		}
		fmt.Fprintf(&b, "\n%s %s: %s", f.Check, f.Verdict, f.Why)
		for _, p := range f.Parts {
			if p.Verdict != validate.Pass {
				fmt.Fprintf(&b, "\n  %s %v against %v %s %v", p.Name, p.Value, p.Limit, p.Note, p.Witnesses)
			}
		}
	}
	return b.String()
}

// contents reads again what a stage asks to be read, and finds all as it should
// be.
func (g *growth) contents(stage uint32) {
	g.t.Helper()
	drawn, err := g.sue.Checks.DrawContents(g.ctx, &v1.DrawContentsRequest{Ref: string(grown), Stage: stage})
	g.must(err)
	var found []*v1.ContentFinding
	for {
		m, err := drawn.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		g.must(err)
		for _, key := range m.GetKeys() {
			r := g.records[key]
			found = append(found, &v1.ContentFinding{Key: key, Content: r.Content[:], Size: r.Size, MediaType: r.MediaType, Decodes: true})
		}
	}
	stream, err := g.sue.Checks.ReadContents(g.ctx)
	g.must(sendAll(stream, err,
		&v1.ReadContentsRequest{Part: &v1.ReadContentsRequest_Header{Header: &v1.ReadContentsHeader{RequestId: g.id(), Ref: string(grown), Stage: stage}}},
		&v1.ReadContentsRequest{Part: &v1.ReadContentsRequest_Findings{Findings: &v1.ContentFindings{Findings: found}}}))
}

// TestHandsGrow takes a drawn set from stage 1 to stage 5 by the shipped policies,
// as people would: with votes, inspections that two people answer truly, contents
// read again, and the word of stewards. Of what warns, only what growing brings
// with it is waived: other labels, more records, and too few gold items for each
// of two people.
func TestHandsGrow(t *testing.T) {
	last := 5
	if testing.Short() {
		last = 2
	}
	g := newGrowth(t)
	for stage := 2; stage <= last; stage++ {
		g.register(hands.Options{Seed: 1, Stage: stage, PerClass: []int{50, 50, 120, 120}[stage-2], Frames: 4})
		if r := g.check(uint32(stage)); r.Finding("S2.agree").Verdict != validate.Unknown || r.Verdict == validate.Pass {
			t.Errorf("stage %d before anybody has said anything: %s", stage, r.Verdict)
		}
		g.votes()
		p, err := validate.Shipped(gov.Stage(stage))
		g.must(err)
		for _, want := range p.Inspections {
			if want.Asks != "intake" {
				g.inspect(want, string(want.By), "")
			}
		}
		if stage > 2 {
			g.contents(uint32(stage))
		}
		r := g.check(uint32(stage))
		for _, id := range warned(r) {
			if id != "S2.change" && id != "S5.volume" && id != "S2.reviewer" {
				t.Errorf("stage %d: %s", stage, complaints(r))
			}
		}
		if f := r.Finding("S3.intake"); stage > 2 && f.Verdict != validate.Pass {
			t.Errorf("stage %d: %+v", stage, f)
		}
		g.promote(uint32(stage), warned(r)...)
	}
}

func warned(r *validate.Report) (all []string) {
	for _, f := range r.Findings {
		if f.Verdict == validate.Warn {
			all = append(all, f.Check)
		}
	}
	return all
}
