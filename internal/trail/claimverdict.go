package trail

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"govd/internal/gov"
	"govd/internal/inspect"
)

// ended tells what an inspection came to. With its secret, what it looked at can
// be checked.
func (p *proven) ended(l line, id gov.InspectionID, in *inspected, end *gov.InspectionEnd) error {
	claim := fmt.Sprintf("inspection %s ended, %s, %s", id, quote(string(end.State)), l.said())
	doc, there := p.documents[end.Result]
	switch {
	case there:
		says, err := resultSays(doc, end.State)
		if err != nil {
			return p.fails(claim, err)
		}
		p.holds(claim, "its result %s is in this file: %s", end.Result, says)
	default:
		p.lacks(claim, "what it came to is not in this file")
	}
	if in == nil {
		return nil
	}
	secret, err := revealed(end.Secret, in.Commitment)
	if err != nil {
		return p.fails(fmt.Sprintf("the secret of inspection %s is the one that was committed to", id), err)
	}
	p.holds(fmt.Sprintf("the secret of inspection %s is the one that was committed to", id), "log entry %d reveals %s, and %s is its hash", l.index, end.Secret, in.Commitment)
	return p.laidOut(in, secret, end.State)
}

func revealed(text string, commitment gov.Digest) (s inspect.Secret, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) {
		return s, fmt.Errorf("the log entry reveals no secret")
	}
	s = inspect.Secret(b)
	return s, s.Reveal(commitment)
}

// resultSays tells a result in a few words.
func resultSays(doc []byte, state gov.InspectionState) (string, error) {
	var r inspect.Result
	if json.Unmarshal(doc, &r) != nil || string(r.State) != string(state) {
		return "", fmt.Errorf("its result says something else")
	}
	return fmt.Sprintf("of %s %d were wrong; of all, %s at most, at a confidence of %s", count(r.N, "record"), r.Errors, r.Bound, r.Confidence), nil
}
