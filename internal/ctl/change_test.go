package ctl

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// What scripts read of a change, to the byte.
func TestChangeContracts(t *testing.T) {
	f := newFakeServer()
	n := names{"user:2": "bob"}
	for _, test := range []struct {
		name string
		view any
		want string
	}{
		{
			"propose", viewProposed(f.change(), f.revision()),
			`{"change":7,"revision":2,"digest":"` + digestOf2 + `","state":"open","edits":12,"base":"hands/signs@v3"}`,
		},
		{
			"explain", viewVerdict(f.verdict(), n).explainView,
			`{"ready":false,"factors":[{"rule":"stage-2/steward","need":1,"have":0,"missing":1,"excluded":[{"person":"bob","reason":"SELF_APPROVAL"}]},` +
				`{"rule":"size/steward","need":1,"have":0,"missing":1,"excluded":[{"person":"bob","reason":"SELF_APPROVAL"}]}]}`,
		},
		{"explain, nothing needed", viewVerdict(&govdv1.Verdict{Ready: true}, n).explainView, `{"ready":true,"factors":[]}`},
		{"apply", appliedView{7, "hands/signs@v4", digestOf2, 41}, `{"change":7,"version":"hands/signs@v4","digest":"` + digestOf2 + `","audit_index":41}`},
	} {
		got, err := json.Marshal(test.view)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v, want %s", test.name, got, err, test.want)
		}
	}
}

// Refusals by the rules exit as refused with their reason, whatever the code,
// and say what helps.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		reason gov.Reason
		code   codes.Code
		exit   int
		hint   string
	}{
		{"SELF_APPROVAL", codes.PermissionDenied, exitRefused, "change explain 7"},
		{"STALE_DIGEST", codes.Aborted, exitRefused, "change review 7"},
		{"BASE_MOVED", codes.FailedPrecondition, exitRefused, "change rebase 7"},
		{"UNSIGNED", codes.PermissionDenied, exitRefused, "--sign"},
		{"QUORUM", codes.PermissionDenied, exitRefused, "change explain 7"},
		{"NO_CHANGE", codes.NotFound, exitNotFound, "change list"},
		{"BAD_EDIT", codes.InvalidArgument, exitError, ""},
		{"DENIED", codes.PermissionDenied, exitRefused, ""},
	} {
		err := refused(answer(t, test.code, "govd", string(test.reason), "no"), 7)
		hints := strings.Join(hintsOf(err), "\n")
		if refused(nil, 7) != nil {
			t.Fatal("no error is refused")
		}
		if c := complaintOf(err); c.exit != test.exit || c.reason != test.reason || !strings.Contains(hints, test.hint) || test.hint == "" && hints != "" {
			t.Errorf("%s: %+v, hints %q", test.reason, c, hints)
		}
	}
}

// Only what policy refuses is explained by policy.
func TestExplainDenied(t *testing.T) {
	l := &link{}
	if h := hintsOf(l.explain(answer(t, codes.PermissionDenied, "govd", "DENIED", "you may not change.vote in hands/signs"))); len(h) != 1 || !strings.Contains(h[0], "'govctl policy explain change.vote hands/signs'") {
		t.Errorf("hints %q", h)
	}
	if h := hintsOf(l.explain(answer(t, codes.PermissionDenied, "govd", "SELF_APPROVAL", "no"))); len(h) > 0 {
		t.Errorf("hints %q", h)
	}
}

// The edits of a record are gathered, however the server cuts them.
func TestTouched(t *testing.T) {
	f := newFakeServer()
	f.edits = []*govdv1.LabelEdit{
		{Key: "a", Label: "1", Op: govdv1.EditOp_EDIT_OP_REMOVE, From: "fist"},
		{Key: "a", Label: "2", Op: govdv1.EditOp_EDIT_OP_ADD, To: "palm"},
		{Key: "b", Label: "1", Op: govdv1.EditOp_EDIT_OP_RENAME, From: "fist", To: "palm"},
	}
	got, err := collect(f.client().touched(context.Background(), &govdv1.ListEditsRequest{}))
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"key":"a","split":"a","before":["fist"],"after":["palm"]},{"key":"b","split":"b","before":["fist"],"after":["palm"]}]`
	if string(b) != want {
		t.Errorf("got %s\nwant %s", b, want)
	}
}

const statTabs = `transition	fist	palm	10
transition		thumb	2
before	fist		80
after	fist		70
before	ok		3
after	ok		3
before	palm		1200
after	palm		1210
before	thumb		0
after	thumb		2
split	train		10
split	val		2
approved	dave		12
against	dave		1
votes	user:2		30
`

func TestShowStat(t *testing.T) {
	a, out := testApp(screen{})
	if err := a.showStat(context.Background(), newFakeServer().client(), 7, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(statTabs, out.String()); diff != "" {
		t.Error(diff)
	}
}

const historyTable = `WHEN    WHO   DID      DIGEST               LOOKED AT  MESSAGE
1h ago  bob   propose  sha256:0123456789ab             mirrored hands were labe…
1m ago  dave  veto     sha256:0123456789ab  summary    the thumbs are wrong
`

func TestHistory(t *testing.T) {
	a, out := testApp(screen{terminal: true, width: 80})
	resp, n, err := newFakeServer().client().getChange(context.Background(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := list(a, "steps", stepColumns(), seq(viewDetail(resp, n).steps())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(historyTable, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestVetoer(t *testing.T) {
	resp, n, err := newFakeServer().client().getChange(context.Background(), 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"dave", "user:4"} {
		if got, err := vetoer(resp, n, who); got != "user:4" || err != nil {
			t.Errorf("%s: %q, %v", who, got, err)
		}
	}
	if got, err := vetoer(resp, n, "carol"); complaintOf(err).reason != "NOTHING_TO_LIFT" {
		t.Errorf("carol: %q, %v", got, err)
	}
}

func TestMissingWords(t *testing.T) {
	many := &govdv1.Factor{Role: "steward", Rule: "stage-4/steward", Under: "current", Missing: 2, Could: strings.Fields("user:1 user:2 user:3 user:4 user:5 user:6 user:7")}
	for _, test := range []struct {
		name    string
		verdict *govdv1.Verdict
		want    string
	}{
		{"ready", &govdv1.Verdict{Ready: true}, "it needs nothing more: 'govctl change apply 7' makes the version"},
		{
			"some of many", &govdv1.Verdict{Factors: []*govdv1.Factor{{Role: "admin"}, many}, Reasons: []*govdv1.Block{{Reason: "QUORUM"}}},
			"needs 2 more stewards (stage-4/steward current) from user:1, bob, user:3, user:4, user:5 and 2 others",
		},
		{
			"a veto", &govdv1.Verdict{Reasons: []*govdv1.Block{{Reason: "VETO", Person: "user:2", Says: "the veto of user:2 stands: they can lift it, or 2 others"}}},
			"VETO: the veto of bob (user:2) stands: they can lift it, or 2 others",
		},
	} {
		if got := missingWords(&govdv1.Change{Number: 7}, test.verdict, names{"user:2": "bob"}); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for ppm, want := range map[uint32]string{0: "0%", 1: "<0.1%", 1000: "0.1%", 125_000: "12.5%", 1_000_000: "100.0%", 2_500_000: "250.0%"} {
		if got := percent(ppm); got != want {
			t.Errorf("percent(%d) = %q, want %q", ppm, got, want)
		}
	}
}
