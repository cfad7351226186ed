package daemon

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"testing"

	"github.com/google/uuid"

	"govd/internal/fsck"
	"govd/internal/gov"
	"govd/internal/govern"
)

// Once the file was compacted after an erasure, the log says so, once. What was erased
// is not in it, which package govern shows of larger files.
func TestCompactAfterErasure(t *testing.T) {
	ctx, d := t.Context(), newDir(t)
	must(t, os.MkdirAll(string(d), 0o700))
	h, err := open(ctx, onSocket(d), d)
	must(t, err)
	as := func(who gov.PersonID, by gov.CredentialID) govern.Call {
		return govern.Call{Actor: gov.Actor{Person: who, Credential: by}, Request: govern.RequestID(uuid.Must(uuid.NewV7()))}
	}
	rules := []byte(`{"stages": {"1": {}, "2": {}, "3": {}, "4": {}, "5": {}}, "vote_life": "14d", "change_life": "30d", "lift_more": 1, "rule_need": 1, "rule_delay": "1h"}`)
	boot, err := h.svc.Bootstrap(ctx, as(gov.Bootstrap, ""), govern.Bootstrap{Name: "ann", Secret: gov.Digest{1}, Rules: rules})
	must(t, err)
	admin := func() govern.Call { return as(boot.Event.Person.ID, boot.Event.Token.ID) }
	_, err = h.svc.CreateProject(ctx, admin(), "hands")
	must(t, err)
	_, err = h.svc.CreateDataset(ctx, admin(), govern.CreateDataset{Name: "hands/signs", Stage: 1})
	must(t, err)
	steward := func(name string) func() govern.Call {
		p, err := h.svc.AddPerson(ctx, admin(), govern.AddPerson{Name: name})
		must(t, err)
		_, err = h.svc.GrantRole(ctx, admin(), govern.Role{Person: name, Role: gov.Steward, Place: "hands"})
		must(t, err)
		token, err := h.svc.CreateToken(ctx, admin(), govern.CreateToken{Person: name, Secret: sha256.Sum256([]byte(name))})
		must(t, err)
		return func() govern.Call { return as(p.Event.ID, token.Event.ID) }
	}
	bob, cid := steward("bob"), steward("cid")
	const mark = "a-mark-to-look-for"
	record := &gov.Record{Key: "a", Content: gov.Digest{7}, MediaType: "image/png", Attributes: map[string]string{"note": mark}}
	_, err = h.svc.RegisterVersion(ctx, bob(), govern.Register{Dataset: "hands/signs"}, func(yield func(govern.Edit, error) bool) { yield(govern.Edit{Put: record}, nil) })
	must(t, err)
	asked, err := h.svc.RequestErasure(ctx, bob(), govern.RequestErasure{Project: "hands", Where: `record.key == "a"`, Reason: "article 17"})
	must(t, err)
	id := asked.Event.Erasure
	_, err = h.svc.ApproveErasure(ctx, cid(), id)
	must(t, err)
	row, err := h.svc.RunErasure(ctx, bob(), id)
	if must(t, err); row.Compacted != 0 {
		t.Errorf("it is compacted before: %+v", row)
	}
	must(t, h.store.Close())
	holds := func() bool {
		b, err := os.ReadFile(d.Store())
		must(t, err)
		return bytes.Contains(b, []byte(mark))
	}
	for range 2 { // the second time there is nothing to say
		_, _, err = Compact(ctx, d, func(path string) error {
			_, err := fsck.Check(context.Background(), path, t.Errorf, func(string) {})
			return err
		})
		must(t, err)
	}
	if holds() {
		t.Error("what was erased is still in the file")
	}
	h, err = open(ctx, onSocket(d), d)
	must(t, err)
	info, err := h.svc.Erasure(ctx, cid(), id)
	if must(t, err); info.Compacted != info.Done+1 {
		t.Errorf("the log says that it was compacted at entry %d, want %d", info.Compacted, info.Done+1)
	}
	must(t, h.store.Close())
}
