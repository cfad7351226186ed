package govd_test

import (
	"os"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// TestFloors holds the oldest versions that are free of known holes: the
// vulnerability database cannot be asked everywhere that this builds.
func TestFloors(t *testing.T) {
	floors := map[string]string{
		"google.golang.org/grpc":     "v1.83.1",
		"google.golang.org/protobuf": "v1.33.0",
		"golang.org/x/net":           "v0.56.0",
		"golang.org/x/image":         "v0.47.0",
		"go.etcd.io/bbolt":           "v1.4.3",
		"golang.org/x/crypto":        "v0.55.0",
	}
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.ParseLax("go.mod", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if floor, ok := floors[r.Mod.Path]; ok {
			delete(floors, r.Mod.Path)
			if semver.Compare(r.Mod.Version, floor) < 0 {
				t.Errorf("%s %s is older than %s", r.Mod.Path, r.Mod.Version, floor)
			}
		}
	}
	for path := range floors {
		t.Errorf("%s is not in go.mod", path)
	}
}
