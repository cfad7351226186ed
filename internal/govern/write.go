package govern

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/store"
)

// A RequestID is the UUID that a caller gives a write, so that it can ask
// again when an answer is lost. The zero id is none.
type RequestID [16]byte

// ParseRequestID parses a UUID. Version 7 keeps the store's writes together.
func ParseRequestID(s string) (RequestID, error) {
	id, err := uuid.Parse(s)
	if err != nil || id == uuid.Nil || len(s) != 36 {
		return RequestID{}, gov.Errorf(gov.Invalid, "BAD_REQUEST_ID", "request_id must be a UUID")
	}
	return RequestID(id), nil
}

// String returns the UUID's text, or "" for none.
func (id RequestID) String() string {
	if id == (RequestID{}) {
		return ""
	}
	return uuid.UUID(id).String()
}

// errMoved says that policy has changed since a verdict was reached.
var errMoved = errors.New("policy moved")

// An action is what a write asks to do, and where.
type action struct {
	do   gov.Action
	at   gov.Place
	args any  // what the caller asked for: the same request id with others is an error
	own  bool // it is the caller's own thing: no role is needed, only the scope
}

// write is the one way to change anything. It asks policy whether the caller
// may, lets decide hold the rules against the state and return what happens, appends that
// to the log and applies it: all in one transaction, so nothing changes
// unrecorded and nothing is recorded that did not happen.
//
// A refusal, by policy or by a rule that returns an error of kind Denied, is
// recorded too. If decide fails in another way, nothing changes and nothing is
// recorded. decide may put bulk beside the log; tables are changed by apply
// alone. A request id that was used before returns the event of then.
func write[E event](ctx context.Context, s *Service, c Call, a action, decide func(*store.Tx) (E, error)) (Done[E], error) {
	if c.Request == (RequestID{}) {
		return Done[E]{}, gov.Errorf(gov.Invalid, "BAD_REQUEST_ID", "what changes something needs a request_id")
	}
	for {
		// Judge before taking the writer, since compiling a policy takes long next
		// to a write. The transaction then checks that the verdict still stands.
		var v verdict
		err := s.store.View(ctx, func(tx *store.Tx) (err error) {
			v, err = s.judge(tx, c, a.do, a.at)
			v.allowed = v.allowed || a.own && c.Scope.Allows(a.do, a.at)
			return err
		})
		if err != nil {
			return Done[E]{}, err
		}
		done, err := writeUnder(ctx, s, c, a, v, decide)
		if !errors.Is(err, errMoved) {
			return done, err
		}
	}
}

// writeUnder is write with a verdict reached.
func writeUnder[E event](ctx context.Context, s *Service, c Call, a action, v verdict, decide func(*store.Tx) (E, error)) (done Done[E], err error) {
	var refused error
	salt, err := s.requestSalt(ctx)
	if err != nil {
		return done, err
	}
	body := a.digest(salt)
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		done, refused = Done[E]{}, nil
		if revisions(tx, a.at) != v.revision {
			return errMoved
		}
		e := entry(c, a, v, body)
		if index, again, err := tx.Request(c.Actor.Person, c.Request); err != nil || again {
			if err == nil {
				done, refused, err = recall[E](tx, index, body)
			}
			return err
		}
		if !v.allowed {
			refused = denial(a.do, a.at, v)
			return record(tx, e, nil, refused)
		}
		ev, err := decide(tx)
		if errors.Is(err, gov.Denied) {
			refused = err
			return record(tx, e, nil, refused)
		}
		if err != nil {
			return err
		}
		done = Done[E]{Event: ev, Index: tx.LogSize(), Time: tx.Now}
		return record(tx, e, ev, nil)
	})
	if err == nil && refused != nil {
		err = refusal{refused}
	}
	return done, err
}

// digest tells requests under one id apart. It is keyed with a salt that lies
// beside the log: requests hold names and messages, which nobody must be able
// to guess from the log once they have been erased.
func (a action) digest(salt [16]byte) (d gov.Digest) {
	b, err := json.Marshal(a.args)
	if err != nil {
		panic(fmt.Sprintf("arguments of %s: %v", a.do, err))
	}
	mac := hmac.New(sha256.New, salt[:])
	fmt.Fprintf(mac, "%s\x00%s\x00%s", a.do, a.at, b)
	mac.Sum(d[:0])
	return d
}

// entry begins the log entry of an action.
func entry(c Call, a action, v verdict, body gov.Digest) *audit.Entry {
	return &audit.Entry{
		V: 1, Who: c.Actor.Person, Credential: c.Actor.Credential, Do: a.do, At: a.at,
		Policy: max(v.revision.Server, v.revision.Project), Request: c.Request.String(), Body: body,
	}
}

// recall returns the outcome of a request that was answered before.
func recall[E event](tx *store.Tx, index uint64, body gov.Digest) (done Done[E], refused, err error) {
	line, err := tx.Entry(index)
	if err != nil {
		return done, nil, err
	}
	e, err := audit.DecodeEntry(line)
	switch {
	case err != nil:
		return done, nil, err
	case e.Body != body:
		return done, nil, gov.Errorf(gov.Invalid, "REQUEST_ID_REUSED", "request_id %s was used for another request", e.Request)
	case e.Refused != "":
		return done, refusedBefore(e, index), nil
	}
	done = Done[E]{Index: index, Time: e.Time}
	err = json.Unmarshal(e.Data, &done.Event)
	return done, nil, err
}

// refusedBefore returns the error that a recorded refusal was; the words of a
// rule are not in the log.
func refusedBefore(e *audit.Entry, index uint64) error {
	hidden := e.Refused == "NO_DATASET" || e.Refused == "NO_PROJECT"
	if hidden || e.Refused == "DENIED" {
		return denial(e.Do, e.At, verdict{hidden: hidden})
	}
	return gov.Errorf(gov.Denied, e.Refused, "%s was refused before (log entry %d)", e.Do, index)
}

// record appends the entry of an event, or of a refusal, and applies it.
func record(tx *store.Tx, e *audit.Entry, ev event, refused error) (err error) {
	e.Time = tx.Now
	if refused != nil {
		e.Refused = gov.ReasonOf(refused)
	} else {
		e.Event = ev.name()
		if e.Data, err = json.Marshal(ev); err != nil {
			return err
		}
	}
	line, err := e.Encode()
	if err != nil {
		return err
	}
	return apply(tx, tx.Append(line), e, ev)
}

// A refusal is an error that has been recorded in the log.
type refusal struct{ error }

// Unwrap returns what the caller is told.
func (r refusal) Unwrap() error { return r.error }

// Refused reports whether err is a refusal that was recorded in the log.
func Refused(err error) bool {
	_, yes := errors.AsType[refusal](err)
	return yes
}

// refuse records that a read was refused, and returns the refusal.
func (s *Service) refuse(ctx context.Context, c Call, do gov.Action, at gov.Place, v verdict) error {
	why := denial(do, at, v)
	a := action{do: do, at: at}
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		return record(tx, entry(Call{Actor: c.Actor}, a, v, gov.Digest{}), nil, why)
	})
	if err != nil {
		return err
	}
	return refusal{why}
}
