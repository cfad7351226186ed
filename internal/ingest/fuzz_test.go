package ingest

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"govd/internal/gov"
)

// Whatever a label file holds, it is refused with a reason or makes notes
// about keys that records may have.
func fuzzSource(f *testing.F, kind sourceKind) {
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Source{kind, "x"}.parse(context.Background(), bytes.NewReader(b))
		if err != nil {
			if gov.ReasonOf(err) != "BAD_LABELS" || n != nil {
				t.Errorf("%v, reason %q, %d notes", err, gov.ReasonOf(err), len(n))
			}
			return
		}
		for key, note := range n {
			if gov.CheckKey(key) != nil || note.line < 1 || len(note.labels) > gov.MaxLabels && kind == csvFile {
				t.Errorf("a note about %q: %+v", key, note)
			}
			r := gov.Record{Key: key, Content: gov.Digest{1}, Labels: note.labels, Attributes: note.attributes, Split: note.split}
			if r.Check() == nil {
				if _, err := gov.NewSealer([16]byte{}).Seal(&r); err != nil && gov.ReasonOf(err) == "" {
					t.Errorf("a record that cannot be sealed: %v", err)
				}
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("key,label,id,split,attr.a,x,y,w,h\na,b,1,val,v,1,2,3,4.5\n\"c\"\"d\",e,2,,,,,,\n"))
	f.Add([]byte("\xef\xbb\xbfkey,label\r\n\"a\nb\",c\r\n"))
	fuzzSource(f, csvFile)
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"key":"a","labels":[{"name":"b","polygon":[[1,2,3,4,5,6]]},{"name":"c","mask":{"size":[2,2],"counts":"04"}}],"attributes":{"x":"y"}}`))
	f.Add([]byte("{\"key\":\"a\"}\n\n{\"key\":\"b\",\"split\":\"val\",\"labels\":[{\"id\":\"7\",\"name\":\"k\",\"keypoints\":[1,2,2]}]}"))
	fuzzSource(f, jsonlFile)
}

func FuzzCOCO(f *testing.F) {
	f.Add([]byte(`{"images":[{"id":1,"file_name":"a"}],"categories":[{"id":1,"name":"x"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":[[1,2,3,4,5,6]],"keypoints":[1,2,2]}]}`))
	f.Add([]byte(`{"annotations":[{"id":1,"image_id":1,"category_id":1,"segmentation":{"size":[2,2],"counts":"04"}}],"info":{}}`))
	fuzzSource(f, cocoFile)
}

// A frame's body of any bytes gives keys that ascend, and ends.
func FuzzEntries(f *testing.F) {
	files := []file{{"a/1", stamp{1, 2, 3, 4}}, {"a/2", stamp{5, 6, 7, 8}}, {"b", stamp{}}}
	items := []item{
		{content: gov.Digest{1}, media: "image/png", facts: &gov.ImageFacts{Width: 3, Height: 2, PHash: 1 << 63, Gray: true}},
		{content: gov.Digest{2}, media: "text/plain"},
		{content: gov.Digest{3}},
	}
	f.Add(appendEntries(nil, files, items, time.Unix(10, 0)))
	f.Add([]byte("\x00\x01a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e := &entries{cursor: cursor{b: b}, known: map[string]string{}}
		p := &pushed{cursor: cursor{b: b}}
		for before := ""; ; before = string(e.key) {
			if e.next(); !e.ok {
				break
			}
			if string(e.key) <= before {
				t.Fatalf("%q after %q", e.key, before)
			}
		}
		for before := ""; ; before = string(p.key) {
			if p.next(); !p.ok {
				break
			}
			if strings.Compare(before, string(p.key)) >= 0 {
				t.Fatalf("%q after %q", p.key, before)
			}
		}
	})
}
