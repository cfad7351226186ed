package govern_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/govtest"
	"govd/internal/store"
	"govd/internal/tree"
)

// No digest, node or proof of others changes, whatever is erased of whichever
// versions.
func TestErasureLeavesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := govtest.New(t)
		k.Dataset("lab/faces")
		sue, ben := k.Person("sue", gov.Steward, "lab"), k.Person("ben", gov.Steward, "lab")
		k.Clock.Turn(8 * 24 * time.Hour)
		who := rapid.SampledFrom([]string{"s1", "s17", "s2", "s3"})
		var all []*gov.Record
		for i := range rapid.IntRange(1, 150).Draw(t, "records") {
			all = append(all, subject(fmt.Sprintf("%03d", i), who.Draw(t, "who")))
		}
		k.Register(sue, "lab/faces", all...)
		for range rapid.IntRange(0, 3).Draw(t, "versions") {
			key := fmt.Sprintf("%03d", rapid.IntRange(0, 160).Draw(t, "key"))
			k.Edit(sue, "lab/faces", govern.Edit{Put: subject(key, who.Draw(t, "who"), fmt.Sprint(rapid.IntRange(0, 1<<30).Draw(t, "label")))})
		}
		ids := nodeIDs(t, k)
		proofs := proofsOf(t, k)
		done, err := k.Service.RequestErasure(ctx, sue.Call(), govern.RequestErasure{Project: "lab", Where: ofS17, Reason: "article 17"})
		if gov.ReasonOf(err) == "NOTHING_FOUND" {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Service.ApproveErasure(ctx, ben.Call(), done.Event.Erasure); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Service.RunErasure(ctx, sue.Call(), done.Event.Erasure); err != nil {
			t.Fatal(err)
		}
		if again := nodeIDs(t, k); again != ids {
			t.Fatalf("the nodes were\n%s\nand are\n%s", ids, again)
		}
		for key, before := range proofs {
			if before.subject != "s17" && before.proof != proofOf(t, k, key) {
				t.Fatalf("the proof of record %q is another", key)
			}
		}
	})
}

type provenRecord struct{ subject, proof string }

func newestTree(t *rapid.T, k *govtest.Kit) (v gov.Version) {
	k.View(func(tx *store.Tx) error {
		d, err := tx.Dataset("lab/faces")
		if err == nil {
			v, err = tx.Version(d.Name, d.Versions)
		}
		return err
	})
	return v
}

func nodeIDs(t *rapid.T, k *govtest.Kit) (all string) {
	seen := map[gov.Digest]bool{}
	k.View(func(tx *store.Tx) error {
		for v, err := range tx.Versions("lab/faces", 0) {
			if err != nil {
				return err
			}
			all += fmt.Sprintln(v.Number, v.Digest, v.ComputeDigest(), v.Tree)
			err = tree.Mark(tx, v.Tree, func(id gov.Digest, _ bool) bool {
				if !seen[id] {
					all += id.String() + "\n"
				}
				seen[id] = true
				return true
			})
			if err != nil {
				return err
			}
		}
		for id := range seen { // what a node holds gives its id, whatever of it is gone
			frame, err := tx.Node(id)
			if err == nil {
				err = tree.VerifyFrame(id, frame)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return all
}

func proofsOf(t *rapid.T, k *govtest.Kit) map[string]provenRecord {
	all := map[string]provenRecord{}
	k.View(func(tx *store.Tx) error {
		for e, err := range tree.Range(tx, newestTree(t, k).Tree, nil, nil) {
			if err != nil {
				return err
			}
			r, err := gov.DecodeRecord(string(e.Key), e.Value)
			if err != nil {
				return err
			}
			all[r.Key] = provenRecord{r.Attributes["subject"], proofOf(t, k, r.Key)}
		}
		return nil
	})
	return all
}

// proofOf returns the compact proof of a record.
func proofOf(t *rapid.T, k *govtest.Kit, key string) (text string) {
	v := newestTree(t, k)
	k.View(func(tx *store.Tx) error {
		p, err := tree.ProveCompact(tx, v.Tree, []byte(key))
		if err == nil {
			_, _, err = p.Verify(v.Tree, []byte(key))
		}
		text = fmt.Sprintf("%+v", p)
		return err
	})
	return text
}
