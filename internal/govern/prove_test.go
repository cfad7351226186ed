package govern_test

import (
	"bytes"
	"testing"
	"time"

	"govd/internal/gov"
	"govd/internal/govern"
	"govd/internal/trail"
)

// TestProofsSince: every proof about one thing shows a reader who kept a
// checkpoint that the log only grew. Who kept one of another history, which the
// same key signed, or of another size, is told so.
func TestProofsSince(t *testing.T) {
	s, fork := newCalm(t), newCalm(t)
	fork.Clock.Turn(time.Hour)
	fork.Dataset("signs/other")
	for s.LogSize() < fork.LogSize() {
		s.Dataset("signs/letters")
	}
	size := s.LogSize()
	head := func(s *signs) []byte {
		cp, err := s.Service.Checkpoint(ctx)
		s.must(err)
		return cp
	}
	known, other := head(s), head(fork)
	output, _ := s.trained()
	late, aud := head(s), s.auditor()
	proofs := func(since uint64) (files map[string][]byte, err error) {
		files = map[string][]byte{}
		in := govern.ProveRecord{Ref: gov.Ref{Dataset: digits, Number: 1}, Key: calmKey(3), Since: since}
		if files["record"], _, err = s.Service.ProveRecord(ctx, s.bob.Call(), in); err != nil {
			return nil, err
		}
		in.Key = "none"
		if files["no record"], _, err = s.Service.ProveRecord(ctx, s.bob.Call(), in); err != nil {
			return nil, err
		}
		if files["entry"], err = s.Service.ProveEntry(ctx, aud.Call(), 3, since); err != nil {
			return nil, err
		}
		if files["receipt"], err = s.Service.OutputReceipt(ctx, aud.Call(), output, since); err != nil {
			return nil, err
		}
		files["growth"], err = s.Service.ProveGrowth(ctx, since)
		return files, err
	}
	files, err := proofs(size)
	s.must(err)
	for name, file := range files {
		for _, c := range []struct {
			since  []byte
			reason gov.Reason
		}{{known, ""}, {other, "NOT_PROVEN"}, {late, "NOT_PROVEN"}} {
			claims, err := trail.Verify(bytes.NewReader(file), int64(len(file)), trail.Options{VerifierKey: s.Key, Since: c.since})
			if gov.ReasonOf(err) != c.reason {
				t.Errorf("%s: %+v, %v", name, claims, err)
			}
		}
	}
	_, err = proofs(s.LogSize() + 1)
	s.refused(err, "LOG_SHORTER")
}
