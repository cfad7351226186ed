package gov_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"govd/internal/gov"
)

const someDigest = "sha256:00000000000000000000000000000000000000000000000000000000000000ab"

var nodeTexts = []string{
	"source:https://example.org/hands?a=b#c", "source:s3:bucket", "version:p/d@v12", "change:7", "report:" + someDigest, "inspection:3",
	"run:01939f3c-7a00-7000-8000-000000000001", "model:p/m:v3", "deployment:p/clinic#2", "batch:9", "output:" + someDigest,
	"external:s3://bucket#path/x", "external:db#t@5", "external:a%23b#c%40d@%25", "job:airflow#dag.task", "external:ö#ü",
}

// TestNodes: each form is parsed to its kind and written as it was.
func TestNodes(t *testing.T) {
	for _, s := range nodeTexts {
		n, err := gov.ParseNode(s)
		if err != nil || n.String() != s || !strings.HasPrefix(s, string(n.Kind)+":") {
			t.Errorf("%q is %+v, %v", s, n, err)
		}
		b, _ := json.Marshal(n)
		var again gov.Node
		if err := json.Unmarshal(b, &again); err != nil || again != n {
			t.Errorf("%s is %+v, %v", b, again, err)
		}
	}
	var none gov.Node
	if b, err := none.MarshalText(); err != nil || len(b) > 0 || none.UnmarshalText(nil) != nil {
		t.Errorf("no node is %q", b)
	}
}

// TestNotNodes: there is one form for each node, and nothing near it is one.
func TestNotNodes(t *testing.T) {
	for _, s := range []string{
		"", ":", "x", "version", "version:", "version:p/d", "version:p/d@latest", "version:p/d@v0", "version:p/d@v01", "version:p/d@tag",
		"version:p/d@" + someDigest, "Version:p/d@v1", " version:p/d@v1", "change:0", "change:07", "change:-1", "report:ab", "batch:", "batch:1 ",
		"run:01939F3C-7A00-7000-8000-000000000001", "run:7", "model:p/m", "model:p/m:3", "model:p/m:v0", "deployment:p#1", "deployment:p/c", "deployment:p/c#0", "deployment:p/c#01", "deployment:p/c@v1", "deployment:p/c#1#2", "output:" + strings.ToUpper(someDigest),
		"source:relative/path", "source:HTTP://x", "source:http:", "source:http://a b", "source:1a:b", "external:a", "external:#b", "external:a#", "external:a#b@",
		"external:a#b#c", "external:a#b@c@d", "external:a b#c", "external:a%#b", "external:a%2#b", "external:a%41#b", "external:a%2f#b", "external:a%23#%zz",
		"job:a#b@c", "job:a", "external:\xff#b", "source:x:\xff", "source:x:" + strings.Repeat("y", gov.MaxNode),
	} {
		if n, err := gov.ParseNode(s); gov.ReasonOf(err) != "BAD_NODE" {
			t.Errorf("%q is %+v, %v", s, n, err)
		}
	}
}

// TestNodePlaces: policy sees where a node lies.
func TestNodePlaces(t *testing.T) {
	for s, want := range map[string]gov.Place{"version:p/d@v1": "p/d", "model:p/m:v3": "p", "deployment:p/c#1": "p", "change:7": "", "external:p/d#x": ""} {
		if n, err := gov.ParseNode(s); err != nil || n.Place() != want {
			t.Errorf("%s lies in %q, want %q", s, n.Place(), want)
		}
	}
}

// TestOutside: any names of another system become a node and come back, and
// different ones are different nodes.
func TestOutside(t *testing.T) {
	awkward := rapid.StringOfN(rapid.SampledFrom([]rune("ab%#@ \x002F4é:/")), 1, 6, -1)
	draw := func(t *rapid.T) gov.Outside {
		o := gov.Outside{Namespace: awkward.Draw(t, "namespace"), Name: awkward.Draw(t, "name")}
		if rapid.Bool().Draw(t, "has version") {
			o.Version = awkward.Draw(t, "version")
		}
		return o
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t), draw(t)
		n, err := a.External()
		m, err2 := b.External()
		if err != nil || err2 != nil || n.Outside() != a || (n == m) != (a == b) {
			t.Fatalf("%+v is %v and back %+v; %v, %v", a, n, n.Outside(), err, err2)
		}
		a.Version = ""
		if j, err := a.Job(); err != nil || j.Outside() != a {
			t.Fatalf("%+v is %v, %v", a, j, err)
		}
	})
	for _, o := range []gov.Outside{{}, {Namespace: "a"}, {Name: "a"}, {Namespace: "a", Name: strings.Repeat("#", gov.MaxNode/3)}, {Namespace: "\xff", Name: "a"}} {
		if n, err := o.External(); err == nil {
			t.Errorf("%+v is %v", o, n)
		}
	}
}

// TestMadeNodes: the constructors make what ParseNode takes.
func TestMadeNodes(t *testing.T) {
	for want, n := range map[string]gov.Node{
		"version:p/d@v12": gov.VersionOf("p/d", 12),
		"change:7":        gov.NumberedNode(gov.ChangeNode, 7),
		"batch:9":         gov.NumberedNode(gov.BatchNode, 9),
		"model:p/m:v3":    gov.ModelRef{Model: "p/m", Number: 3}.Node(),
		"run:01939f3c-7a00-7000-8000-000000000001": gov.RunID("01939f3c-7a00-7000-8000-000000000001").Node(),
	} {
		if got, err := gov.ParseNode(want); err != nil || got != n {
			t.Errorf("%s is %+v, want %+v", want, got, n)
		}
	}
	for s, ended := range map[gov.RunState]bool{"": false, gov.RunStarted: false, gov.RunFinished: true, gov.RunFailed: true, gov.RunAborted: true} {
		if s.Ended() != ended {
			t.Errorf("%q ended: %v", s, s.Ended())
		}
	}
}

// FuzzParseNode: a node that is taken is written as it was.
func FuzzParseNode(f *testing.F) {
	for _, s := range nodeTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := gov.ParseNode(s)
		if err != nil {
			return
		}
		if again, err := gov.ParseNode(n.String()); n.String() != s || err != nil || again != n {
			t.Errorf("%q is %+v, written %q", s, n, n)
		}
		if n.Kind != gov.ExternalNode && n.Kind != gov.JobNode {
			return
		}
		o := n.Outside()
		again, err := o.External()
		if n.Kind == gov.JobNode {
			again, err = o.Job()
		}
		if err != nil || again != n {
			t.Errorf("%q is %+v, which is %v, %v", s, o, again, err)
		}
	})
}
