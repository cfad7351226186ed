package trail

import (
	"encoding/json"
	"strings"
	"testing"

	"govd/internal/audit"
	"govd/internal/gov"
)

// A told case says what entries prove, or that they prove nothing.
type toldCase struct {
	documents [][]byte
	entries   []audit.Entry
	want      string // in the last claim or in what proves it
	fails     bool
}

func tellAll(t *testing.T, cases map[string]toldCase) {
	t.Helper()
	for name, c := range cases {
		claims, err := toldClaims(c.documents, c.entries...)
		last := Claim{}
		if len(claims) > 0 {
			last = claims[len(claims)-1]
		}
		if (err != nil) != c.fails || last.Holds == c.fails || !strings.Contains(last.Claim+"; "+last.Evidence, c.want) {
			t.Errorf("%s: %v, want %q, fails %v:\n%s: %s", name, err, c.want, c.fails, last.Claim, last.Evidence)
		}
	}
}

// fields is an event's data; more of them take the place of the first ones.
func fields(base map[string]any, more ...any) map[string]any {
	all := map[string]any{}
	for k, v := range base {
		all[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i].(string)] = more[i+1]
	}
	return all
}

// TestChecksTold: a report must say what its entry says, of the version that was
// registered under that name.
func TestChecksTold(t *testing.T) {
	s := newStory(t, nil)
	v1 := entryOf("user:2", "hands/stage1", "version.registered", registered{Registration: s.v1})
	v1.Do = gov.VersionRegister
	said := map[string]any{"version": s.v1.Digest, "stage": 2, "policy": gov.Digest{4}, "verdict": "pass", "records": 40}
	document := func(more ...any) []byte {
		b, err := json.Marshal(fields(said, more...))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := document()
	entry := func(at gov.Place, doc []byte, more ...any) audit.Entry {
		base := fields(said, "dataset", "hands/stage1", "number", 1, "report", gov.DocumentDigest(doc))
		return entryOf("user:2", at, "check.reported", fields(base, more...))
	}
	lies := document("verdict", "fail")
	tellAll(t, map[string]toldCase{
		"with its report":     {[][]byte{good}, []audit.Entry{v1, entry("hands/stage1", good)}, "the checks of stage 2 said pass of version hands/stage1@v1, run by user:2", false},
		"without":             {nil, []audit.Entry{v1, entry("hands/stage1", good)}, "this file does not hold it", false},
		"of a part":           {nil, []audit.Entry{v1, entry("hands/stage1", good, "partial", true)}, "of a part of it alone", false},
		"the report says no":  {[][]byte{lies}, []audit.Entry{v1, entry("hands/stage1", lies)}, "says something else", true},
		"of another version":  {[][]byte{good}, []audit.Entry{v1, entry("hands/stage1", good, "version", gov.Digest{8})}, "log entry 100 registered", true},
		"in another place":    {[][]byte{good}, []audit.Entry{v1, entry("hands/stage2", good)}, "another dataset", true},
		"no report but words": {[][]byte{[]byte("words")}, []audit.Entry{v1, entry("hands/stage1", []byte("words"))}, "says something else", true},
		"contents": {nil, []audit.Entry{v1, entryOf("user:2", "hands/stage1", "contents.read", map[string]any{
			"dataset": "hands/stage1", "number": 1, "version": s.v1.Digest, "of": 40, "read": 7,
		})}, "of 40 records of version hands/stage1@v1, 7 contents were read again", false},
		"contents of another": {nil, []audit.Entry{v1, entryOf("user:2", "hands/stage1", "contents.read", map[string]any{
			"dataset": "hands/stage1", "number": 1, "version": gov.Digest{1}, "of": 40, "read": 7,
		})}, "log entry 100 registered", true},
	})
}

// TestRulesTold: nobody rules alone, and nobody agrees to other rules than those
// that were proposed.
func TestRulesTold(t *testing.T) {
	d := gov.Digest{3}
	proposed := entryOf("user:2", "hands", "rules.proposed", map[string]any{"place": "hands", "number": 4, "document": d})
	agrees := func(who gov.PersonID, more ...any) audit.Entry {
		return entryOf(who, "hands", "rules.consented", fields(map[string]any{"place": "hands", "number": 4, "document": d, "effective": "2026-03-05T00:00:00Z"}, more...))
	}
	stage := map[string]any{"place": "hands", "of": "stage-2", "number": 4, "document": d}
	tellAll(t, map[string]toldCase{
		"proposed":         {nil, []audit.Entry{proposed}, "rules 4 of approval for hands were proposed by user:2", false},
		"agreed":           {nil, []audit.Entry{proposed, agrees("user:3")}, "four eyes: user:2 proposed them, and user:3 agreed", false},
		"one of two":       {nil, []audit.Entry{proposed, agrees("user:3", "effective", "0001-01-01T00:00:00Z")}, "others had to agree, too", false},
		"by the proposer":  {nil, []audit.Entry{proposed, agrees("user:2")}, "had proposed them", true},
		"twice":            {nil, []audit.Entry{proposed, agrees("user:3"), agrees("user:3")}, "agreed before", true},
		"to other rules":   {nil, []audit.Entry{proposed, agrees("user:3", "document", gov.Digest{9})}, "was proposed", true},
		"of another place": {nil, []audit.Entry{proposed, agrees("user:3", "place", "feet")}, "another place", true},
		"of a stage":       {nil, []audit.Entry{entryOf("user:2", "hands", "rules.proposed", stage)}, "rules 4 of stage-2 for hands were proposed", false},
		"of others":        {nil, []audit.Entry{agrees("user:3")}, "does not hold who proposed them", false},
	})
}

// TestRatificationTold: who is said to have approved must have voted so.
func TestRatificationTold(t *testing.T) {
	s := newStory(t, nil)
	var change audit.Entry
	for _, b := range s.entries {
		if e, err := audit.DecodeEntry(b); err == nil && e.Event == "change.proposed" {
			change = *e
		}
	}
	vote := entryOf("user:4", "hands/stage1", "change.voted", map[string]any{"change": 17, "revision": s.change.Digest, "kind": "approve"})
	ratified := entryOf("user:2", "hands/stage1", "change.ratified", map[string]any{"change": 17, "revision": s.change.Digest, "approvers": []string{"user:4"}})
	asked := entryOf("user:9", "hands/stage1", "glass.asked", map[string]any{"change": 17, "revision": s.change.Digest, "reason": gov.Digest{7}, "ticket": gov.Digest{8}})
	tellAll(t, map[string]toldCase{
		"asked":         {nil, []audit.Entry{change, asked}, "to apply change 17 without its quorum was asked for by user:9", false},
		"ratified":      {nil, []audit.Entry{change, asked, vote, ratified}, "was ratified by user:4", false},
		"without votes": {nil, []audit.Entry{change, asked, ratified}, "no vote in this file", true},
		"alone":         {nil, []audit.Entry{ratified}, "does not hold their votes", false},
	})
}

// TestSignersLog: a signer who saw another log than this one gives the server
// away. Nothing may be said of logs that nobody saw.
func TestSignersLog(t *testing.T) {
	s := newStory(t, nil) // whose signer saw a root that the log never had
	s.bundle.Heads = []uint64{2}
	claims, err := verify(s.receipt(), s.options(2))
	if last := claims[len(claims)-1]; gov.ReasonOf(err) != "NOT_PROVEN" || last.Holds || !strings.Contains(last.Claim, "the log that user:3 saw before the vote in log entry") {
		t.Errorf("%v: %+v", err, last)
	}
	s.bundle.Heads = []uint64{3}
	if _, err := verify(s.receipt(), s.options(2)); gov.ReasonOf(err) != "BAD_PROOF_FILE" || !strings.Contains(err.Error(), "no signature") {
		t.Errorf("a head that no signature names: %v", err)
	}
}
