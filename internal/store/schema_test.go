package store

import (
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// The buckets that doc.go lists are those that are declared, in that order.
func TestSchemaDoc(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	var listed, declared []string
	for _, m := range regexp.MustCompile(`(?m)^\t([a-z][a-z._]*) `).FindAllStringSubmatch(f.Doc.Text(), -1) {
		listed = append(listed, m[1])
	}
	for _, b := range buckets {
		declared = append(declared, b.name)
	}
	if !slices.Equal(listed, declared) {
		t.Errorf("doc.go lists   %q\nschema declares %q", listed, declared)
	}
}

// Every bucket that is not a table's is an index of one, of the log or of the
// nodes: none is left out by Check and Dump.
func TestEveryBucketIsCovered(t *testing.T) {
	covered := []bucket{metaBucket, logEntries, logTiles, nodeSegments, nodeIndex, nodeImports}
	for _, table := range slices.Concat(folded, beside, cached) {
		covered = append(covered, table.at())
		indexes := reflect.ValueOf(table).Elem().FieldByName("indexes")
		for i := range indexes.Len() {
			covered = append(covered, bucket(indexes.Index(i).FieldByName("bucket").Uint()))
		}
	}
	slices.Sort(covered)
	for b := range bucketCount {
		if int(b) >= len(covered) || covered[b] != b {
			t.Fatalf("bucket %s is covered never or twice", buckets[b].name)
		}
	}
}
