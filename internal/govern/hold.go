package govern

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"govd/internal/gov"
	"govd/internal/review"
	"govd/internal/store"
	"govd/internal/tree"
)

const holdCounter = "hold" // the number of the newest hold

// HoldPlaced: data may be neither erased nor used until the hold is lifted.
type HoldPlaced struct {
	Hold    gov.HoldID `json:"hold"`
	Place   gov.Place  `json:"place"`
	Version uint64     `json:"version,omitempty"`
	Keys    gov.Digest `json:"keys,omitzero"`
	Count   uint64     `json:"count,omitempty"`
	Reason  gov.Digest `json:"reason"`
}

func (*HoldPlaced) name() string { return "hold.placed" }

func (e *HoldPlaced) apply(tx *store.Tx, o origin) error {
	tx.Next(holdCounter)
	return tx.PutHold(gov.Hold{
		ID: e.Hold, Place: e.Place, Version: e.Version, Keys: e.Keys, Count: e.Count, Reason: e.Reason, By: o.who, Placed: o.time, Entry: o.index,
	})
}

// HoldLiftAsked: one person asks to lift a hold; another must agree.
type HoldLiftAsked struct {
	Hold   gov.HoldID `json:"hold"`
	Reason gov.Digest `json:"reason"`
}

func (*HoldLiftAsked) name() string { return "hold.lift_asked" }

func (e *HoldLiftAsked) apply(tx *store.Tx, o origin) error {
	h, err := tx.Hold(e.Hold)
	if err != nil {
		return err
	}
	h.Asked = &gov.Lifting{By: o.who, Time: o.time, Entry: o.index, Reason: e.Reason}
	return tx.PutHold(h)
}

// HoldLifted: another person agreed. Asked is the log entry of the asking.
type HoldLifted struct {
	Hold   gov.HoldID `json:"hold"`
	Asked  uint64     `json:"asked"`
	Reason gov.Digest `json:"reason,omitzero"`
}

func (*HoldLifted) name() string { return "hold.lifted" }

func (e *HoldLifted) apply(tx *store.Tx, o origin) error {
	h, err := tx.Hold(e.Hold)
	if err != nil {
		return err
	}
	h.Lifted = &gov.Lifting{By: o.who, Time: o.time, Entry: o.index, Reason: e.Reason}
	return tx.PutHold(h)
}

// PlaceHold is a request to hold a project, a dataset, a version of one, or some
// records of either of those.
type PlaceHold struct {
	Place  gov.Place
	Ref    gov.Ref // of a version in the place; the zero Ref: all
	Keys   []string
	Reason string
}

// PlaceHold places a hold. It holds from then on, for versions to come as well.
func (s *Service) PlaceHold(ctx context.Context, c Call, in PlaceHold) (Done[*HoldPlaced], error) {
	if err := in.check(); err != nil {
		return Done[*HoldPlaced]{}, err
	}
	return write(ctx, s, c, action{do: gov.HoldPlace, at: in.Place, args: in}, func(tx *store.Tx) (*HoldPlaced, error) {
		ev := &HoldPlaced{Hold: gov.HoldID(tx.Counter(holdCounter) + 1), Place: in.Place, Count: uint64(len(in.Keys))}
		var err error
		if ev.Version, err = in.find(tx); err != nil {
			return nil, err
		}
		if len(in.Keys) > 0 {
			if ev.Keys, err = putKeys(tx, in.Keys); err != nil {
				return nil, err
			}
		}
		ev.Reason, err = putText(tx, in.Reason)
		return ev, err
	})
}

// check holds the limits of a request, and puts its keys in order.
func (in *PlaceHold) check() error {
	switch {
	case in.Place == gov.Server:
		return gov.Errorf(gov.Invalid, "BAD_HOLD", "a hold is on a project, a dataset, a version or records, not on the whole server")
	case in.Reason == "":
		return gov.Errorf(gov.Invalid, "NO_REASON", "a hold needs a reason")
	case len(in.Keys) > gov.MaxHoldKeys:
		return gov.Errorf(gov.Invalid, "TOO_MANY_KEYS", "a hold names %d records at most, not %d: hold the version, or place several", gov.MaxHoldKeys, len(in.Keys))
	case len(in.Keys) > 0 && in.Place.Dataset() == "":
		return gov.Errorf(gov.Invalid, "BAD_HOLD", "keys are those of a dataset or a version, not of a project")
	}
	for _, key := range in.Keys {
		if err := gov.CheckKey(key); err != nil {
			return err
		}
	}
	slices.Sort(in.Keys)
	in.Keys = slices.Compact(in.Keys)
	return nil
}

// find returns the number of the version that is held, 0 for all, and refuses
// what is not there.
func (in *PlaceHold) find(tx *store.Tx) (number uint64, err error) {
	if err := placeExists(tx, in.Place); err != nil {
		return 0, err
	}
	if in.Ref != (gov.Ref{}) {
		v, err := resolve(tx, in.Ref)
		if err != nil {
			return 0, err
		}
		number = v.Number
	}
	for _, key := range in.Keys {
		if err := keyExists(tx, in.Place.Dataset(), number, key); err != nil {
			return 0, err
		}
	}
	return number, nil
}

// keyExists refuses a key that no version has, or that the one does not have.
func keyExists(tx *store.Tx, dataset gov.DatasetName, number uint64, key string) error {
	for v, err := range tx.Versions(dataset, 0) {
		if err != nil {
			return err
		}
		if number != 0 && v.Number != number {
			continue
		}
		if has, err := hasKey(tx, v.Tree, key); has || err != nil {
			return err
		}
	}
	return gov.Errorf(gov.NotFound, "NO_RECORD", "no record %q there", key)
}

// hasKey reports whether a version has a record, erased or not.
func hasKey(tx *store.Tx, t gov.Tree, key string) (bool, error) {
	_, _, err := tree.Leaf(tx, t, []byte(key))
	if gov.ReasonOf(err) == "NO_RECORD" {
		return false, nil
	}
	return err == nil, err
}

// putKeys lays keys of records beside the log: they may tell who somebody is.
func putKeys(tx *store.Tx, keys []string) (gov.Digest, error) {
	b, err := json.Marshal(keys)
	if err != nil {
		return gov.Digest{}, err
	}
	t := newText(string(b))
	return t.Digest(), tx.PutText(t.Digest(), t)
}

// keysOf reads back keys.
func keysOf(tx *store.Tx, d gov.Digest) (keys []string, err error) {
	text, err := textOf(tx, d)
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &keys)
	}
	return keys, err
}

// LiftHold is a request to lift a hold, which takes two people.
type LiftHold struct {
	Hold   gov.HoldID
	Reason string
}

// LiftHold asks for a hold to be lifted, or lifts it if somebody else has asked.
// It returns the log entry.
func (s *Service) LiftHold(ctx context.Context, c Call, in LiftHold) (index uint64, err error) {
	h, second, err := s.whoLifts(ctx, c, in.Hold)
	if err != nil {
		return 0, err
	}
	a := action{do: gov.HoldLift, at: h.Place, args: in}
	if second {
		done, err := write(ctx, s, c, a, func(tx *store.Tx) (*HoldLifted, error) { return s.agreeToLift(tx, c, in) })
		return done.Index, hideHold(in.Hold, err)
	}
	done, err := write(ctx, s, c, a, func(tx *store.Tx) (*HoldLiftAsked, error) { return s.askToLift(tx, c, in) })
	return done.Index, hideHold(in.Hold, err)
}

// whoLifts reports whether the caller is the second person. It says the same
// when a request is repeated: who asked stays noted.
func (s *Service) whoLifts(ctx context.Context, c Call, id gov.HoldID) (h gov.Hold, second bool, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if h, err = tx.Hold(id); err != nil || h.Asked == nil {
			return err
		}
		people, err := s.peopleAt(tx, h.Place, []gov.PersonID{c.Actor.Person, h.Asked.By})
		second = err == nil && !people.Same(c.Actor.Person, h.Asked.By)
		if second && h.Live() {
			second, err = s.stillAsked(tx, h)
		}
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noHold(id)
	}
	return h, second, err
}

// stillAsked reports whether somebody has asked to lift a hold who may do so now:
// who no longer may has asked for nothing.
func (s *Service) stillAsked(tx *store.Tx, h gov.Hold) (bool, error) {
	if h.Asked == nil {
		return false, nil
	}
	return s.still(tx, h.Asked.By, gov.HoldLift, h.Place)
}

// still reports whether a person may do now what they asked for then.
func (s *Service) still(tx *store.Tx, who gov.PersonID, do gov.Action, at gov.Place) (bool, error) {
	p, err := tx.Person(who)
	if err != nil || p.Disabled {
		return false, err
	}
	return s.allowed(tx, revisions(tx, at), Call{Actor: gov.Actor{Person: who}}, do, at)
}

func (s *Service) askToLift(tx *store.Tx, c Call, in LiftHold) (*HoldLiftAsked, error) {
	h, err := tx.Hold(in.Hold)
	if err != nil {
		return nil, err
	}
	if err := mustHold(h); err != nil {
		return nil, err
	}
	if in.Reason == "" {
		return nil, gov.Errorf(gov.Invalid, "NO_REASON", "to lift a hold needs a reason")
	}
	asked, err := s.stillAsked(tx, h)
	if err != nil {
		return nil, err
	}
	if asked {
		return nil, gov.Errorf(gov.Denied, review.SelfApproval, "it was you who asked to lift hold %s, and another person must agree", h.ID)
	}
	reason, err := putText(tx, in.Reason)
	return &HoldLiftAsked{h.ID, reason}, err
}

func (s *Service) agreeToLift(tx *store.Tx, c Call, in LiftHold) (*HoldLifted, error) {
	h, err := tx.Hold(in.Hold)
	if err != nil {
		return nil, err
	}
	if err := mustHold(h); err != nil {
		return nil, err
	}
	ask := review.Request{What: "to lift hold " + h.ID.String(), By: h.Asked.By, Entry: h.Asked.Entry, Role: gov.Steward}
	if err := s.mayAgree(tx, c, h.Place, &ask); err != nil {
		return nil, err
	}
	reason, err := putText(tx, in.Reason)
	return &HoldLifted{h.ID, h.Asked.Entry, reason}, err
}

// mayAgree refuses whoever cannot be the second person.
func (s *Service) mayAgree(tx *store.Tx, c Call, at gov.Place, ask *review.Request) error {
	rules, err := s.rulesInForce(tx, at)
	if err != nil {
		return err
	}
	people, err := s.peopleAt(tx, at, []gov.PersonID{ask.By, c.Actor.Person})
	if err != nil {
		return err
	}
	return ask.MayAgree(rules, people, c.Actor.Person, tx.Now)
}

func mustHold(h gov.Hold) error {
	if h.Live() {
		return nil
	}
	return gov.Errorf(gov.Conflict, "HOLD_LIFTED", "hold %s was lifted already", h.ID)
}

func noHold(id gov.HoldID) error { return gov.Errorf(gov.NotFound, "NO_HOLD", "no hold %s", id) }

// hideHold keeps an error about a hidden place from telling its name.
func hideHold(id gov.HoldID, err error) error {
	if r := gov.ReasonOf(err); r != "NO_DATASET" && r != "NO_PROJECT" {
		return err
	}
	if Refused(err) {
		return refusal{noHold(id)}
	}
	return noHold(id)
}
