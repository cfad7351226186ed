package govern

import (
	"encoding/json"
	"fmt"
	"time"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
)

// An event is something that happened. Its JSON form is frozen.
type event interface {
	// name is the event's word in the log: "version.registered".
	name() string
	// apply changes the tables. It must depend on nothing but the transaction's
	// state, the event and its origin, so that replaying the log gives the same.
	apply(*store.Tx, origin) error
}

// An origin is where an event comes from.
type origin struct {
	index uint64 // its log entry
	time  time.Time
	who   gov.PersonID
	at    gov.Place
}

// events makes an empty event of each name.
var events = func() map[string]func() event {
	m := map[string]func() event{}
	for _, make := range []func() event{
		func() event { return &ServerCreated{} },
		func() event { return &ServerBootstrapped{} },
		func() event { return &ServerRestored{} },
		func() event { return &ServerBackedUp{} },
		func() event { return &PersonAdded{} },
		func() event { return &PersonDisabled{} },
		func() event { return &PersonLinked{} },
		func() event { return &TokenCreated{} },
		func() event { return &TokenRevoked{} },
		func() event { return &RoleGranted{} },
		func() event { return &RoleRevoked{} },
		func() event { return &ProjectCreated{} },
		func() event { return &DatasetCreated{} },
		func() event { return &VersionRegistered{} },
		func() event { return &TagSet{} },
		func() event { return &TagRemoved{} },
		func() event { return &ChangeProposed{} },
		func() event { return &ChangeRevised{} },
		func() event { return &ChangeWithdrawn{} },
		func() event { return &ChangeReopened{} },
		func() event { return &ChangeVoted{} },
		func() event { return &ChangeApplied{} },
		func() event { return &ChangeRatified{} },
		func() event { return &GlassAsked{} },
		func() event { return &EvidenceImported{} },
		func() event { return &RulesProposed{} },
		func() event { return &RulesConsented{} },
		func() event { return &RulesWithdrawn{} },
		func() event { return &KeyAdded{} },
		func() event { return &KeyRevoked{} },
		func() event { return &InspectionDrawn{} },
		func() event { return &InspectionAnswered{} },
		func() event { return &InspectionStopped{} },
		func() event { return &CheckReported{} },
		func() event { return &ContentsRead{} },
		func() event { return &LabelVotesRecorded{} },
		func() event { return &LabelsDoubted{} },
		func() event { return &LotTaken{} },
		func() event { return &LotAccepted{} },
		func() event { return &LotRejected{} },
		func() event { return &RunStarted{} },
		func() event { return &RunFinished{} },
		func() event { return &RunFailed{} },
		func() event { return &ModelRegistered{} },
		func() event { return &ModelTagged{} },
		func() event { return &ModelUntagged{} },
		func() event { return &ModelDeployed{} },
		func() event { return &ModelUndeployed{} },
		func() event { return &OutputsRecorded{} },
		func() event { return &LineageImported{} },
		func() event { return &LineageExported{} },
		func() event { return &PromotionAsked{} },
		func() event { return &DatasetPromoted{} },
		func() event { return &HoldPlaced{} },
		func() event { return &HoldLiftAsked{} },
		func() event { return &HoldLifted{} },
		func() event { return &ErasureRequested{} },
		func() event { return &ErasureApproved{} },
		func() event { return &ErasureBegun{} },
		func() event { return &ErasureDone{} },
		func() event { return &ErasureCertified{} },
		func() event { return &ServerCompacted{} },
		func() event { return &LogExported{} },
		func() event { return &TrailExported{} },
	} {
		m[make().name()] = make
	}
	return m
}()

// apply changes the tables as an entry says: its event, if it has one, and the
// memory of its request.
func apply(tx *store.Tx, index uint64, e *audit.Entry, ev event) error {
	if ev != nil {
		if err := ev.apply(tx, origin{index, e.Time, e.Who, e.At}); err != nil {
			return fmt.Errorf("apply %s: %w", e.Event, err)
		}
	}
	if e.Request != "" {
		id, err := ParseRequestID(e.Request)
		if err != nil {
			return err
		}
		if err := tx.PutRequest(e.Who, id, index); err != nil {
			return err
		}
	}
	return forgetRequests(tx, index, e.Time)
}

// Replay appends a line of a log to a store and applies it, as the change that
// wrote it did. What lies beside the log must be there already.
func Replay(tx *store.Tx, line []byte) error {
	e, err := audit.DecodeEntry(line)
	if err != nil {
		return err
	}
	var ev event
	if e.Event != "" {
		make, known := events[e.Event]
		if !known {
			return fmt.Errorf("entry %d: unknown event %q", tx.LogSize(), e.Event)
		}
		ev = make()
		if err := json.Unmarshal(e.Data, ev); err != nil {
			return fmt.Errorf("entry %d: %w", tx.LogSize(), err)
		}
	}
	return apply(tx, tx.Append(line), e, ev)
}

// Requests are remembered for a day. Forgetting is part of apply, so that it
// replays: every sweepEvery entries, the oldest of the log's requests go, a
// bounded number at a time.
const (
	rememberFor = 24 * time.Hour
	sweepEvery  = 64
	sweepMost   = 256
	sweepTail   = "request.tail" // counter: entries before it are forgotten
)

func forgetRequests(tx *store.Tx, index uint64, now time.Time) error {
	if index%sweepEvery != 0 {
		return nil
	}
	tail := tx.Counter(sweepTail)
	for end := min(index, tail+sweepMost); tail < end; tail++ {
		line, err := tx.Entry(tail)
		if err != nil {
			return err
		}
		e, err := audit.DecodeEntry(line)
		if err != nil || now.Sub(e.Time) < rememberFor {
			return err
		}
		if err := forget(tx, e, tail); err != nil {
			return err
		}
	}
	return nil
}

// forget drops the request of entry i and moves the tail past it.
func forget(tx *store.Tx, e *audit.Entry, i uint64) error {
	tx.Next(sweepTail)
	if e.Request == "" {
		return nil
	}
	id, err := ParseRequestID(e.Request)
	if err != nil {
		return err
	}
	if index, found, err := tx.Request(e.Who, id); err != nil || !found || index != i {
		return err
	}
	return tx.RemoveRequest(e.Who, id)
}
