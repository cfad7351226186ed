package govern

import (
	"context"
	"encoding/json"

	"govd/internal/gov"
	"govd/internal/inspect"
	"govd/internal/store"
	"govd/internal/tree"
)

// InspectionAnswered: somebody has judged an item. What they said lies beside
// the log until the end, so that no inspector knows what others said. The last
// answer ends the inspection.
type InspectionAnswered struct {
	Inspection gov.InspectionID   `json:"inspection"`
	Item       string             `json:"item"`
	Answer     gov.Digest         `json:"answer"` // of a text
	End        *gov.InspectionEnd `json:"end,omitempty"`
}

func (*InspectionAnswered) name() string { return "inspection.answered" }

func (e *InspectionAnswered) apply(tx *store.Tx, o origin) error {
	row, err := tx.Inspection(e.Inspection)
	if err != nil {
		return err
	}
	row.Answers, row.Last = row.Answers+1, e.Answer
	if e.End != nil {
		row = ended(row, *e.End, o)
	}
	err = tx.PutInspectionAnswer(gov.InspectionAnswer{
		Inspection: row.ID, Item: e.Item, Person: o.who, Answer: e.Answer, Time: o.time, Entry: o.index,
	})
	if err != nil {
		return err
	}
	return tx.PutInspection(row)
}

// A Task is an item for an inspector to judge.
type Task struct {
	inspect.Task
	Asks   string      // what is asked
	Record *gov.Record // as it is to be judged; nil if it has been erased since the sample was drawn
}

// NextTask returns the item that the caller is to judge next, and false if there
// is none for them now.
func (s *Service) NextTask(ctx context.Context, c Call, id gov.InspectionID) (t Task, some bool, status inspect.Status, err error) {
	err = s.seeInspection(ctx, c, gov.InspectAnswer, id, func(tx *store.Tx, row gov.Inspection) error {
		at, err := s.sittingOf(tx, row)
		if err != nil {
			return err
		}
		status, t.Asks = at.Status(id.String()), at.design.Question()
		status.State = inspect.State(row.State)
		if row.State != gov.InspectionOpen {
			return nil
		}
		if t.Task, some, err = at.Next(c.Actor.Person); err != nil || !some {
			return err
		}
		t.Record, err = at.show(tx, row, t.Key)
		return err
	})
	return t, some, status, err
}

// show returns a record as inspectors are to see it.
func (at *sitting) show(tx *store.Tx, row gov.Inspection, key string) (*gov.Record, error) {
	root, _, err := inspectedTree(tx, row)
	if err != nil {
		return nil, err
	}
	value, err := tree.Get(tx, root, []byte(key))
	if gov.ReasonOf(err) == "ERASED" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := gov.DecodeRecord(key, value)
	if name := at.shown[key]; err == nil && name != "" && len(r.Labels) > 0 {
		r.Labels[0].Name = name
	}
	return r, err
}

// Answer is a request to record what the caller says of an item.
type Answer struct {
	Inspection gov.InspectionID
	Item       inspect.ItemID
	Verdict    inspect.Verdict
	Label      string // of an error: what it should be
}

// Answer records what the caller says of an item. Returns gov.Denied, which is
// recorded, for who must not inspect, and gov.Conflict if the item needs no
// answer of theirs.
func (s *Service) Answer(ctx context.Context, c Call, in Answer) (Done[*InspectionAnswered], error) {
	return writeInspection(ctx, s, c, gov.InspectAnswer, in.Inspection, in, func(tx *store.Tx, row gov.Inspection) (*InspectionAnswered, error) {
		if row.State != gov.InspectionOpen {
			return nil, gov.Errorf(gov.Conflict, "NOT_OPEN", "inspection %s has %s", row.ID, row.State)
		}
		before, err := s.sittingOf(tx, row)
		if err != nil {
			return nil, err
		}
		a := inspect.Answer{Item: in.Item, Inspector: c.Actor.Person, Verdict: in.Verdict, Label: in.Label, Time: tx.Now}
		after := *before
		after.Inspection = before.Clone()
		if err := after.Answer(a); err != nil {
			return nil, err
		}
		ev := &InspectionAnswered{Inspection: row.ID, Item: string(in.Item)}
		if ev.Answer, err = sealed(tx, a); err != nil {
			return nil, err
		}
		s.sittings.put(ev.Answer, &after)
		ev.End, err = after.end(tx, row)
		return ev, err
	})
}

// end returns the end of an inspection that its last answer has decided, nil if
// it goes on.
func (at *sitting) end(tx *store.Tx, row gov.Inspection) (*gov.InspectionEnd, error) {
	r, over := at.Result()
	if !over {
		return nil, nil
	}
	end, err := endOf(tx, row, gov.InspectionState(at.State()))
	if err != nil {
		return nil, err
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	end.Result = gov.DocumentDigest(doc)
	return &end, tx.PutDocument(end.Result, doc)
}
