package bench

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/grpc/metadata"

	"govd/internal/auth"
	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// person adds somebody with a role in the project, and returns a context that
// calls as them.
func (d *govd) person(name, role string) context.Context {
	d.b.Helper()
	persons := govdv1.NewPersonServiceClient(d.conn)
	_, err := persons.AddPerson(d.ctx(), &govdv1.AddPersonRequest{RequestId: id(), Name: name})
	must(d.b, err)
	_, err = govdv1.NewPolicyServiceClient(d.conn).GrantRole(d.ctx(), &govdv1.GrantRoleRequest{RequestId: id(), Person: name, Role: role, Place: "bench"})
	must(d.b, err)
	secret := auth.NewSecret(cryptorand.Reader)
	digest := auth.HashSecret(secret)
	t, err := persons.CreateToken(d.ctx(), &govdv1.CreateTokenRequest{RequestId: id(), Person: name, SecretDigest: digest[:]})
	must(d.b, err)
	token := auth.FormatToken(auth.PersonToken, gov.CredentialID(t.GetId()), secret)
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
}

// propose renames a label of each record, from what the base calls it.
func (d *govd) propose(ctx context.Context, ref string, records []*govdv1.Record) *govdv1.Change {
	d.b.Helper()
	stream, err := govdv1.NewChangeServiceClient(d.conn).ProposeChange(ctx)
	must(d.b, err)
	h := &govdv1.ProposeChangeHeader{RequestId: id(), Ref: ref, Stage: 2}
	must(d.b, stream.Send(&govdv1.ProposeChangeRequest{Part: &govdv1.ProposeChangeRequest_Header{Header: h}}))
	for run := range slices.Chunk(records, 100) {
		batch := &govdv1.EditBatch{}
		for _, r := range run {
			batch.Edits = append(batch.Edits, &govdv1.LabelEdit{Key: r.Key, Label: "1", From: r.Labels[0].Name, To: "wrist"})
		}
		must(d.b, stream.Send(&govdv1.ProposeChangeRequest{Part: &govdv1.ProposeChangeRequest_Batch{Batch: batch}}))
	}
	resp, err := stream.CloseAndRecv()
	must(d.b, err)
	return resp.GetChange()
}

// BenchmarkApplyMillion proposes, approves and applies changes of 1,000 random
// labels to 1M records, and rebases one over a version with 1,000 other edits:
// cpu of server and client together, over ten rounds.
func BenchmarkApplyMillion(b *testing.B) {
	d := start(b)
	d.dataset("bench/hands")
	head := d.register("bench/hands", "", false, firstMillion).GetVersion()
	ann, bob := d.person("ann", "annotator"), d.person("bob", "steward")
	changes := govdv1.NewChangeServiceClient(d.conn)
	order := rand.New(rand.NewPCG(1, 2)).Perm(million) // no record is changed twice
	drawn := func(n int) (records []*govdv1.Record) {
		at := slices.Clone(order[:n])
		order = order[n:]
		slices.Sort(at)
		for _, i := range at {
			records = append(records, record(i, 0))
		}
		return records
	}
	timed := func(sum *float64, fn func()) {
		before := d.used()
		fn()
		*sum += float64((d.used().cpu - before.cpu).Microseconds()) / 1000
	}
	const rounds = 10
	d.propose(ann, head.GetRef(), drawn(1)) // counts the labels of the base
	for b.Loop() {
		var propose, apply, rebase, stat float64
		for range rounds {
			var ch, other *govdv1.Change
			records, others := drawn(1000), drawn(1000)
			timed(&propose, func() { ch = d.propose(ann, "bench/hands", records) })
			other = d.propose(ann, "bench/hands", others)
			timed(&stat, func() {
				_, err := changes.StatChange(ann, &govdv1.StatChangeRequest{Change: ch.GetNumber()})
				must(b, err)
			})
			_, err := changes.CastVote(bob, &govdv1.CastVoteRequest{RequestId: id(), Change: ch.GetNumber(), ExpectedDigest: ch.GetDigest(), Kind: "approve"})
			must(b, err)
			timed(&apply, func() {
				_, err := changes.ApplyChange(ann, &govdv1.ApplyChangeRequest{RequestId: id(), Change: ch.GetNumber()})
				must(b, err)
			})
			timed(&rebase, func() {
				r, err := changes.RebaseChange(ann, &govdv1.RebaseChangeRequest{RequestId: id(), Change: other.GetNumber()})
				must(b, err)
				if r.GetRevision().GetEdits() != 1000 || r.GetConflictCount() != 0 {
					b.Fatalf("rebased to %d edits with %d conflicts", r.GetRevision().GetEdits(), r.GetConflictCount())
				}
			})
		}
		b.ReportMetric(propose/rounds, "cpu-ms/propose")
		b.ReportMetric(stat/rounds, "cpu-ms/stat")
		b.ReportMetric(apply/rounds, "cpu-ms/apply")
		b.ReportMetric(rebase/rounds, "cpu-ms/rebase")
	}
}

// BenchmarkVoters lets 64 stewards approve changes at once, each another one at
// a time.
func BenchmarkVoters(b *testing.B) {
	const voters, each = 64, 100
	d := start(b)
	d.dataset("bench/hands")
	d.register("bench/hands", "", false, func(yield func(*govdv1.Record) bool) { yield(record(1, 0)) })
	ann := d.person("ann", "annotator")
	var stewards []context.Context
	for i := range voters {
		stewards = append(stewards, d.person(fmt.Sprint("steward-", i), "steward"))
	}
	changes := govdv1.NewChangeServiceClient(d.conn)
	for b.Loop() {
		b.StopTimer()
		queue := make([]chan *govdv1.Change, voters)
		for i := range queue {
			queue[i] = make(chan *govdv1.Change, each)
			for range each {
				queue[i] <- d.propose(ann, "bench/hands", []*govdv1.Record{record(1, 0)})
			}
		}
		raw := fdatasyncs(b)
		before := d.used()
		b.StartTimer()
		rate := drive(b, voters, func(c, n int) error {
			select {
			case ch := <-queue[c]:
				_, err := changes.CastVote(stewards[c], &govdv1.CastVoteRequest{RequestId: id(), Change: ch.GetNumber(), ExpectedDigest: ch.GetDigest(), Kind: "approve"})
				return err
			default:
				return errNoMore
			}
		})
		after := d.used()
		report(b, rate, raw, float64(after.written-before.written), after.cpu-before.cpu)
	}
}
