package govern_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/review"
	"govd/internal/trail"
)

// auditor is somebody who may export trails of signs.
func (s *signs) auditor() *govtest.Actor { return s.Person("aud", gov.Auditor, "signs") }

func (s *signs) export(by *govtest.Actor, node, format string) []byte {
	s.t.Helper()
	file, err := s.Service.ExportTrail(ctx, by.Call(), govern.ExportTrail{Node: node, Format: format})
	s.must(err)
	return file
}

// verify returns what a file proves.
func (s *signs) verify(file []byte) ([]trail.Claim, error) {
	return trail.Verify(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: s.Key})
}

// proves holds that every claim of the file holds, and that each of these is
// among them.
func (s *signs) proves(file []byte, wanted ...string) {
	s.t.Helper()
	claims, err := s.verify(file)
	if err != nil {
		s.t.Error(err)
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(claims, func(c trail.Claim) bool { return c.Holds && strings.Contains(c.Claim, w) }) {
			s.t.Errorf("no claim says %q of %v", w, claims)
		}
	}
}

// signedChange applies a change that bob has approved with a signature, under
// rules that three people made. It returns the new version's name.
func (s *signs) signedChange() (node string) {
	s.t.Helper()
	s.rule("signs", func(r *review.Rules) { r.SignedFrom = 2 })
	key := signer(s.t, "bob")
	s.addKey(s.bob, key)
	p := s.propose(s.ann, one(0))
	p = s.revise(s.ann, p, govern.Proposal{Message: "two of them"}, one(0), one(1))
	_, err := s.Service.Vote(ctx, s.bob.Call(), s.signed(s.statement(s.bob, p, gov.Approve), key))
	s.must(err)
	s.applied(p)
	return string(digits) + "@v2"
}

// TestTrail: the trail of a version tells, offline, what it came from, who
// approved that under which rules, and with which key.
func TestTrail(t *testing.T) {
	s := newCalm(t)
	node := s.signedChange()
	aud := s.auditor()
	before := s.LogSize()
	file := s.export(aud, node, govern.BundleFormat)
	if e := s.Entry(before); e.Event != "trail.exported" || e.Who != aud.ID || e.At != gov.Place(digits) {
		t.Errorf("the export is recorded as %+v", e)
	}
	s.proves(file,
		"version signs/digits@v1 was registered by "+string(s.ann.ID), "change 1 of signs/digits was revised",
		"is signed by the key SHA256:", "the log that "+string(s.bob.ID)+" saw before the vote in log entry ",
		"change 1 of "+string(s.ann.ID)+" touched version signs/digits@v2, approved by "+string(s.bob.ID),
		"version signs/digits@v2 came from version signs/digits@v1", `was added under the name bob`,
		"all that this file shows is what the server exported to "+string(aud.ID), "the server says that the chain is complete")
	s.proves(file, "rules 1 of approval for signs were proposed by "+string(s.Admin().ID), string(s.eve.ID)+" agreed to rules 1 of approval for signs")
	c, err := trail.ReadChain(file)
	s.must(err)
	if len(c.Nodes) != 3 || len(c.Edges) != 3 || c.AsOf != before || len(c.Unresolved)+int(c.Redacted) != 0 {
		t.Errorf("the chain is %+v", c)
	}
	if again := s.export(aud, "version:"+node, "json"); !bytes.Contains(again, []byte(`"subject": "version:signs/digits@v2"`)) {
		t.Errorf("as JSON: %s", again)
	}
}

// TestTrailRefusesEveryChange: one flipped bit anywhere, and the file is refused.
func TestTrailRefusesEveryChange(t *testing.T) {
	s := newCalm(t)
	file := s.export(s.auditor(), s.signedChange(), govern.BundleFormat)
	step := max(1, len(file)/400)
	for at := 0; at < len(file); at += step {
		bad := slices.Clone(file)
		bad[at] ^= 1 << (at % 8)
		if _, err := s.verify(bad); err == nil {
			t.Fatalf("byte %d of %d was flipped, and nothing was noticed", at, len(file))
		}
	}
	if _, err := s.verify(file[:len(file)-1]); err == nil {
		t.Error("a file that is cut off is accepted")
	}
}

// TestTrailFormats: every format is written of a version, and is recorded.
func TestTrailFormats(t *testing.T) {
	s := newCalm(t)
	node, aud := s.signedChange(), s.auditor()
	for _, format := range trail.Formats() {
		if n := s.LogSize(); len(s.export(aud, node, format)) == 0 || s.LogSize() != n+1 {
			t.Errorf("%s: nothing, or nothing recorded", format)
		}
	}
	_, err := s.Service.ExportTrail(ctx, aud.Call(), govern.ExportTrail{Node: node, Format: "xml"})
	s.refused(err, "UNKNOWN_FORMAT")
	_, err = s.Service.ExportTrail(ctx, aud.Call(), govern.ExportTrail{Node: "change:1", Format: "croissant"})
	s.refused(err, "NOT_FOR_FORMAT")
}

// TestTrailRefusals: who may not export is refused, which is recorded, and who
// may not know of a place learns nothing of it.
func TestTrailRefusals(t *testing.T) {
	s := newCalm(t)
	node := s.signedChange()
	s.Dataset("secret/faces")
	aud := s.auditor()
	ask := func(by *govtest.Actor, node string) error {
		_, err := s.Service.ExportTrail(ctx, by.Call(), govern.ExportTrail{Node: node, Format: govern.BundleFormat})
		return err
	}
	n := s.LogSize()
	s.refused(ask(s.bob, node), "DENIED")
	if s.LogSize() != n+1 {
		t.Error("the refusal is not recorded")
	}
	s.Register(s.Person("sam", gov.Steward, "secret"), "secret/faces", govtest.Record("a"))
	for _, node := range []string{"secret/faces@v1", "secret/faces@v9", "none/none@v1", "change:77", "model:signs/none:v1", "run:00000000-0000-7000-8000-000000000000"} {
		s.refused(ask(aud, node), "NO_NODE")
	}
	s.refused(ask(aud, "signs/digits@v3"), "NO_NODE")
	s.refused(ask(aud, "nonsense"), "BAD_NAME")
	s.refused(ask(aud, "planet:mars"), "BAD_NODE")
}

// TestTrailSince: a reader who kept a checkpoint sees that the log only grew.
func TestTrailSince(t *testing.T) {
	s := newCalm(t)
	old, err := s.Service.Checkpoint(ctx)
	s.must(err)
	size := s.LogSize()
	node, aud := s.signedChange(), s.auditor()
	file, err := s.Service.ExportTrail(ctx, aud.Call(), govern.ExportTrail{Node: node, Format: govern.BundleFormat, Since: size})
	s.must(err)
	if _, err := trail.Verify(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: s.Key, Since: old}); err != nil {
		t.Error(err)
	}
	_, err = s.Service.ExportTrail(ctx, aud.Call(), govern.ExportTrail{Node: node, Format: govern.BundleFormat, Since: 1e6})
	s.refused(err, "LOG_SHORTER")
}

// TestTrailRetry: an answer that was lost is not given again under the same id,
// for another entry would vouch for it.
func TestTrailRetry(t *testing.T) {
	s := newCalm(t)
	c := s.auditor().Call()
	in := govern.ExportTrail{Node: string(digits) + "@v1", Format: govern.BundleFormat}
	_, err := s.Service.ExportTrail(ctx, c, in)
	s.must(err)
	_, err = s.Service.ExportTrail(ctx, c, in)
	s.refused(err, "EXPORTED")
}

// TestTrailOfBrokenGlass: the trail says that nobody had approved, and that the
// approval followed.
func TestTrailOfBrokenGlass(t *testing.T) {
	s := newCalm(t)
	p, done := s.broken()
	aud := s.auditor()
	node := done.Ref().String()
	c, err := trail.ReadChain(s.export(aud, node, govern.BundleFormat))
	s.must(err)
	if got := c.Nodes[0].Marks; !slices.Equal(got, []string{"not ratified yet"}) {
		t.Errorf("marks %v", got)
	}
	s.proves(s.export(aud, node, govern.BundleFormat), "the glass was broken")
	s.must(s.vote(s.cid, p, gov.Approve))
	_, err = s.Service.RatifyChange(ctx, s.bob.Call(), p.Change.ID)
	s.must(err)
	s.proves(s.export(aud, node, govern.BundleFormat), "the glass was broken", "to apply change 1 without its quorum was asked for by "+string(s.eve.ID),
		"change 1, which was applied by breaking the glass, was ratified by "+string(s.cid.ID))
}

// trained is an output of a model that learned from the newest digits, and how
// it is called in a lineage.
func (s *signs) trained() (output gov.Digest, node string) {
	s.t.Helper()
	tim := s.Person("tim", gov.Trainer, "signs")
	start := govern.StartRun{
		Project: "signs", Job: "train-digits", Purpose: "research", Exploratory: true, Params: map[string]string{"lr": "0.01"},
		Inputs: []string{string(digits), "external:kaggle#hands@3", "secret/faces@v1"},
	}
	run, err := s.Service.StartRun(ctx, tim.Call(), start)
	s.must(err)
	s.Dataset("secret/faces") // as it turns out, there is such a version
	s.Register(s.Person("sam", gov.Steward, "secret"), "secret/faces", govtest.Record("a"))
	files := []gov.ModelFile{{Name: "weights.bin", Digest: gov.Digest{7}, Size: 1000}}
	m, err := s.Service.RegisterModel(ctx, tim.Call(), govern.RegisterModel{Model: "signs/reader", Run: run.Event.Run, Files: files})
	s.must(err)
	_, err = s.Service.FinishRun(ctx, tim.Call(), govern.FinishRun{Run: run.Event.Run})
	s.must(err)
	all := outputsOf("one", "two", "three", "four", "five")
	_, err = s.Service.RecordOutputs(ctx, tim.Call(), gov.ModelRef{Model: m.Event.Model, Number: 1}, all)
	s.must(err)
	return all[3].Digest, "output:" + all[3].Digest.String()
}

// chainOf exports the chain of a node.
func (s *signs) chainOf(by *govtest.Actor, node string) *trail.Chain {
	s.t.Helper()
	c, err := trail.ReadChain(s.export(by, node, govern.BundleFormat))
	s.must(err)
	return c
}

// TestTrailOfAnOutput: from one output back to the approved change.
func TestTrailOfAnOutput(t *testing.T) {
	s := newCalm(t)
	s.signedChange()
	output, node := s.trained()
	aud := s.auditor()
	s.proves(s.export(aud, node, govern.BundleFormat),
		"output "+output.String()+" is number 3 of batch:1", "5 outputs of model signs/reader:v1 were recorded",
		"model signs/reader:v1 was registered, for exploration only by run", "version signs/digits@v2 is an input of run",
		"touched version signs/digits@v2, approved by "+string(s.bob.ID),
		"came from batch 1, model signs/reader:v1, run ")
	c := s.chainOf(aud, node)
	var ids []string
	for _, n := range c.Nodes {
		ids = append(ids, string(n.ID.Kind))
		if n.Run != nil && n.Run.Params["lr"] != "0.01" || n.Model != nil && len(n.Model.Files) != 1 {
			t.Errorf("%+v", n)
		}
	}
	slices.Sort(ids)
	if want := strings.Fields("batch change external external model output run version version"); !slices.Equal(ids, want) {
		t.Errorf("nodes %v, want %v", ids, want)
	}
	if len(c.Unresolved) != 1 || c.Redacted != 1 {
		t.Errorf("unresolved %v, %d redacted", c.Unresolved, c.Redacted)
	}
	d, err := trail.Dossier(s.chainOf(aud, "model:signs/reader:v1"))
	s.must(err)
	if text := d.Text(100); !strings.Contains(text, "weights.bin") || !strings.Contains(text, "signs/digits@v2") || !strings.Contains(text, string(s.bob.ID)) {
		t.Errorf("the dossier is %s", text)
	}
	if b := s.export(aud, node, "json"); bytes.Contains(b, []byte("faces")) {
		t.Error("it tells of what the auditor may not read")
	}
}

// TestReceipt: whoever has an output's receipt can tell where it came from. It
// tells no names and no reasons, and is no entry.
func TestReceipt(t *testing.T) {
	s := newCalm(t)
	s.signedChange()
	output, _ := s.trained()
	aud := s.auditor()
	n := s.LogSize()
	file, err := s.Service.OutputReceipt(ctx, aud.Call(), output, 0)
	s.must(err)
	if s.LogSize() != n {
		t.Error("a receipt grows the log")
	}
	s.proves(file, "output "+output.String()+" is number 3 of batch:1", "touched version signs/digits@v2, approved by "+string(s.bob.ID))
	claims, _ := s.verify(file)
	for _, c := range claims {
		if strings.Contains(c.Claim, "under the name bob") {
			t.Errorf("it tells a name: %s", c.Claim)
		}
	}
	_, err = s.Service.OutputReceipt(ctx, aud.Call(), gov.Digest{1}, 0)
	s.refused(err, "NO_NODE")
	_, err = s.Service.OutputReceipt(ctx, s.Person("max", gov.Viewer, "secret").Call(), output, 0)
	s.refused(err, "NO_NODE")
}

// TestTrailOfChecks: reports and inspections of a version are part of its trail.
func TestTrailOfChecks(t *testing.T) {
	k := govtest.New(t)
	story(t, k)
	s := &signs{Kit: k, t: t}
	aud := k.Person("aud", gov.Auditor, gov.Server)
	kinds := map[gov.NodeKind]int{}
	s.proves(s.export(aud, "signs/digits@v1", govern.BundleFormat), "the checks of stage 1 said ")
	for _, n := range s.chainOf(aud, "signs/digits@v1").Nodes {
		kinds[n.ID.Kind]++
		if n.Report != nil && n.Report.Checks == 0 {
			t.Errorf("%+v", n.Report)
		}
	}
	if kinds[gov.ReportNode] == 0 {
		t.Errorf("nodes %v", kinds)
	}
}
