package govd_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says what each package may import of the module. A package that is
// not named here fails the test, so a new one must be placed on purpose.
var mayImport = map[string]string{
	"":                          "",
	"proto/govd/v1":             "",
	"internal/gov":              "",
	"internal/tree":             "internal/gov",
	"internal/audit":            "internal/gov",
	"internal/draw":             "",
	"internal/report":           "internal/draw",
	"internal/signature":        "internal/gov",
	"internal/lineage":          "internal/gov",
	"internal/trail":            "internal/gov internal/audit internal/tree internal/signature internal/lineage internal/draw internal/report internal/inspect",
	"internal/inspect":          "internal/gov internal/validate/stat",
	"internal/validate":         "internal/gov internal/tree internal/draw internal/report internal/validate/measure internal/validate/stat",
	"internal/validate/measure": "internal/gov internal/tree internal/validate/stat",
	"internal/validate/stat":    "internal/gov",
	"internal/policy":           "internal/gov",
	"internal/imagefacts":       "internal/gov",
	"internal/ingest":           "internal/gov internal/imagefacts",
	"internal/store":            "internal/gov",
	"internal/auth":             "internal/gov",
	"internal/govern":           "internal/gov internal/tree internal/audit internal/trail internal/policy internal/review internal/signature internal/store internal/validate internal/validate/stat internal/inspect internal/lineage internal/validate/measure",
	"internal/rpc":              "internal/gov internal/govern internal/review internal/lineage internal/auth internal/policy proto/govd/v1 internal/validate/stat internal/inspect internal/validate",
	"internal/fsck":             "internal/gov internal/tree internal/audit internal/store internal/govern internal/review internal/inspect internal/trail",
	"internal/daemon":           "internal/gov internal/ingest internal/audit internal/store internal/govern internal/auth internal/rpc internal/fsck",
	"internal/govtest":          "internal/gov internal/tree internal/audit internal/store internal/govern internal/auth internal/rpc internal/fsck internal/daemon proto/govd/v1",
	"internal/ctl":              "internal/gov internal/auth internal/ingest internal/audit internal/tree internal/trail internal/signature internal/draw internal/report internal/lineage proto/govd/v1",
	"internal/review":           "internal/gov",
	"cmd/govd":                  "internal/gov internal/daemon internal/fsck internal/ctl examples/hands",
	"cmd/govctl":                "internal/ctl",
	"examples/hands":            "internal/gov internal/imagefacts",
	"bench":                     "internal/gov internal/tree internal/audit internal/store internal/govern internal/policy internal/ingest internal/daemon internal/govtest proto/govd/v1",
}

// testKits may be imported by tests alone, and tests may import anything.
var testKits = []string{"internal/govtest"}

// only names the packages that alone may import a dependency, tests aside.
var only = map[string]string{
	"go.etcd.io/bbolt":                "internal/store",
	"github.com/casbin/casbin":        "internal/policy",
	"google.golang.org/grpc":          "internal/rpc internal/auth internal/daemon internal/ctl internal/govtest proto/govd/v1",
	"google.golang.org/protobuf":      "internal/rpc internal/ctl internal/govtest proto/govd/v1",
	"github.com/spf13/cobra":          "internal/ctl",
	"github.com/fxamacker/cbor":       "internal/gov",
	"golang.org/x/mod":                "internal/audit",
	"golang.org/x/image":              "internal/imagefacts examples/hands",
	"github.com/transparency-dev":     "",
	"pgregory.net/rapid":              "",
	"github.com/google/go-cmp":        "",
	"github.com/rogpeppe/go-internal": "",
	"github.com/dchest/siphash":       "internal/tree",
	"github.com/BurntSushi/toml":      "internal/daemon",
	"go.yaml.in/yaml":                 "internal/daemon internal/ctl internal/validate",
	"gonum.org/v1/gonum":              "internal/validate/stat",
	"github.com/google/cel-go":        "internal/validate",
	"github.com/hiddeco/sshsig":       "internal/signature",
	"golang.org/x/crypto":             "internal/signature internal/ctl",
	"github.com/santhosh-tekuri":      "",
	"github.com/dlclark":              "",
}

// TestLayout holds the arrows of ARCHITECTURE.md.
func TestLayout(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "govd"), "/")
		allowed, placed := mayImport[name]
		if !placed {
			t.Errorf("package %q has no place in the layout", name)
		}
		for _, imp := range p.Imports {
			if own, ok := strings.CutPrefix(imp, "govd/"); ok && !slices.Contains(strings.Fields(allowed), own) {
				t.Errorf("%s imports %s, and may not", name, own)
			}
			for dep, homes := range only {
				if (imp == dep || strings.HasPrefix(imp, dep+"/")) && !slices.Contains(strings.Fields(homes), name) && !slices.Contains(testKits, name) {
					t.Errorf("%s imports %s, whose homes are: %s", name, imp, homes)
				}
			}
		}
	}
}

// TestPurePackages holds that the pure packages read no clock and do no I/O.
func TestPurePackages(t *testing.T) {
	impure := strings.Fields("os net net/http os/exec math/rand math/rand/v2 syscall io/ioutil")
	pure := strings.Fields("internal/gov internal/tree internal/audit internal/trail internal/policy internal/imagefacts internal/review " +
		"internal/draw internal/report internal/signature internal/lineage internal/inspect internal/validate internal/validate/measure internal/validate/stat")
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "govd/")
		if !slices.Contains(pure, name) {
			continue
		}
		for _, imp := range p.Imports {
			if slices.Contains(impure, imp) {
				t.Errorf("%s is pure and imports %s", name, imp)
			}
		}
	}
}

type listed struct {
	ImportPath string
	Imports    []string // without those of tests
}

func packages(t *testing.T) (all []listed) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}
