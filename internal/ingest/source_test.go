package ingest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/gov"
)

// parse parses a label file of a kind and fails the test if it cannot.
func parse(t *testing.T, kind, text string) notes {
	t.Helper()
	n, err := Source{sourceKind(kind), "labels." + kind}.parse(context.Background(), strings.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

func box(x, y, w, h int64) *gov.Geometry {
	return &gov.Geometry{Kind: gov.Box, Parts: [][]int64{{x, y, w, h}}}
}

func diff(t *testing.T, want, got notes) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(note{})); d != "" {
		t.Error(d)
	}
}

func TestCSV(t *testing.T) {
	diff(t, notes{
		"a/1.png": {line: 2, labels: []gov.Label{{ID: "1", Name: "fist"}}},
		"b.png":   {line: 3},
		"c,d.png": {line: 4, labels: []gov.Label{{ID: "1", Name: "two\nlines"}}},
		"e.png":   {line: 6, labels: []gov.Label{{ID: "1", Name: "é"}}},
	}, parse(t, "csv", "\xef\xbb\xbffile,label\r\na/1.png,fist\r\n./b.png,\r\n\"c,d.png\",\"two\nlines\"\ne.png,é"))

	diff(t, notes{
		"a": {line: 2, split: "val", attributes: map[string]string{"who": "ann"}, labels: []gov.Label{
			{ID: "t1", Name: "thumb", Geometry: box(1500, -2000, 10001, 3)}, {ID: "t2", Name: "thumb"},
		}},
		"b": {line: 4, labels: []gov.Label{{ID: "t1", Name: "palm"}}},
	}, parse(t, "csv", `split,attr.who,id,label,filename,x,y,w,h
val,ann,t2,thumb,a,,,,
val,ann,t1,thumb,a,1.5,-2,1.00005e1,.0025
,,t1,palm,b,,,,
`))
}

func TestCSVRefuses(t *testing.T) {
	for _, tt := range []struct{ text, words string }{
		{"", "labels.csv:1: the file is empty; its first row names the columns"},
		{"file,name\n", `labels.csv:1: column "name" is not known: want key, label, id, split, x, y, w, h or attr.NAME`},
		{"file,label,path\n", `labels.csv:1: two columns say "path"`},
		{"label,attr.\n", `labels.csv:1: column "attr." is not known: want key, label, id, split, x, y, w, h or attr.NAME`},
		{"label\n", "labels.csv:1: there must be a column key (or file, filename, path) and a column label"},
		{"key,label,x,y\n", "labels.csv:1: a box needs all of the columns x, y, w, h"},
		{"key,label\na,b\nc\nd,e\nf,g,h\n", "labels.csv:3: 1 columns, the header has 2 (and 1 more)"},
		{"key,label\na,b\n\"c,d\n", "labels.csv:3: extraneous or missing \" in quoted-field"},
		{"key,label\na,b\n./a,c\na,b\n", `labels.csv:3: file "a" is in labels.csv:2 already (and 1 more)`},
		{"key,label\n,b\n", "labels.csv:2: a record has no key"},
		{"key,label,id\na,b,1\na,c,1\n", `labels.csv:3: a second label with the id "1" for the same file`},
		{"key,label,id\na,b,\n", "labels.csv:2: a label without an id, though there is a column for it"},
		{"key,label,id\na,,1\n", "labels.csv:2: an id or a box without a label"},
		{"key,label,id\na,b,1\na,,\n", "labels.csv:3: the file has no label in this row or in labels.csv:2, and then needs no other"},
		{"key,label,id,split\na,b,1,val\na,b,2,test\n", "labels.csv:3: another split or attributes than in labels.csv:2"},
		{"key,label,id,attr.q\na,b,1,v\na,b,2,\n", "labels.csv:3: another split or attributes than in labels.csv:2"},
		{"key,label,x,y,w,h\na,b,1,2,3,four\n", `labels.csv:2: the box: "four" is not a number, or too large`},
		{"key,label,x,y,w,h\na,b,1,2,3,\n", `labels.csv:2: the box: "" is not a number, or too large`},
	} {
		_, err := Source{csvFile, "labels.csv"}.parse(context.Background(), strings.NewReader(tt.text))
		refused(t, err, "BAD_LABELS", tt.words)
	}
}

func TestJSONL(t *testing.T) {
	diff(t, notes{
		"a/1.png": {line: 1, split: "train", attributes: map[string]string{"hand": "left"}, labels: []gov.Label{{ID: "1", Name: "fist"}, {ID: "x", Name: "palm", Geometry: box(1000, 2000, 3000, 4500)}}},
		"b": {line: 3, labels: []gov.Label{
			{ID: "1", Name: "p", Geometry: &gov.Geometry{Kind: gov.Polygon, Parts: [][]int64{{0, 0, 1000, 0, 0, 1000}, {5000, 5000, 6000, 5000, 5000, 6500}}}},
			{ID: "2", Name: "k", Geometry: &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{{1500, 2500, 2, 0, 0, 0}}}},
			{ID: "3", Name: "i", Geometry: &gov.Geometry{Kind: gov.Interval, Parts: [][]int64{{5, 1_000_000}}}},
			{ID: "4", Name: "m", Geometry: &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{{3, 2}, {1, 4, 1}}}},
		}},
		"c": {line: 4},
	}, parse(t, "jsonl", `{"key":"a/1.png","split":"train","attributes":{"hand":"left"},"labels":[{"name":"fist"},{"id":"x","name":"palm","box":[1,2,3,4.5]}]}

{"key":"b","labels":[{"name":"p","polygon":[[0,0,1,0,0,1],[5,5,6,5,5,6.5]]},{"name":"k","keypoints":[1.5,2.5,2,0,0,0]},{"name":"i","interval":[5,1000000]},{"name":"m","mask":{"size":[3,2],"counts":[1,4,1]}}]}
{"key":"c"}`))
}

func TestJSONLRefuses(t *testing.T) {
	for _, tt := range []struct{ text, words string }{
		{"{\"key\":\"a\"}\n{\"key\":\n", "labels.jsonl:2: unexpected EOF"},
		{`{"key":"a","lables":[]}`, `labels.jsonl:1: json: unknown field "lables"`},
		{`{"key":7}`, `labels.jsonl:1: field "key" does not take a number`},
		{`{"key":"a"} {"key":"b"}`, "labels.jsonl:1: more than one object on the line"},
		{"{\"key\":\"a\"}\n\n{\"key\":\"a\"}\n{\"key\":\"a\"}", `labels.jsonl:3: file "a" is in labels.jsonl:1 already (and 1 more)`},
		{`{"labels":[]}`, "labels.jsonl:1: a record has no key"},
		{`{"key":"a","labels":[{"name":"x","box":[1,2,3,4],"interval":[1,2]}]}`, "labels.jsonl:1: a label has one geometry at most"},
		{`{"key":"a","labels":[{"name":"x","keypoints":[1,2,3]}]}`, "labels.jsonl:1: a keypoint's visibility is 0, 1 or 2"},
		{`{"key":"a","labels":[{"name":"x","box":[1,"2",3,4]}]}`, "labels.jsonl:1: not a number, or too large"},
		{`{"key":"a","labels":[{"name":"x","box":{"x":1}}]}`, "labels.jsonl:1: want an array of numbers"},
		{`{"key":"a","labels":[{"name":"x","mask":{"size":[1,1],"counts":[0.5]}}]}`, "labels.jsonl:1: the mask's counts must be whole numbers"},
	} {
		_, err := Source{jsonlFile, "labels.jsonl"}.parse(context.Background(), strings.NewReader(tt.text))
		refused(t, err, "BAD_LABELS", tt.words)
	}
}

// The lists of a COCO file may come in any order.
func TestCOCO(t *testing.T) {
	lists := []string{
		`"images":[{"id":7,"file_name":"a.jpg","width":640},{"id":8,"file_name":"d/b.jpg"},{"id":9,"file_name":"c.jpg"}]`,
		`"categories":[{"id":1,"name":"palm","supercategory":"hand"},{"id":2,"name":"thumb"}]`,
		`"annotations":[
			{"id":10,"image_id":7,"category_id":1,"bbox":[10.5,20,30,40.0004],"area":1200,"iscrowd":0,"segmentation":[]},
			{"id":9,"image_id":7,"category_id":2,"bbox":[1,2,3,4],"segmentation":[[0,0,10,0,10,10.25]]},
			{"id":11,"image_id":8,"category_id":2,"segmentation":{"size":[3,4],"counts":[2,3,7]},"iscrowd":1},
			{"id":12,"image_id":8,"category_id":1,"segmentation":{"size":[4,4],"counts":"02203"}},
			{"id":13,"image_id":8,"category_id":1,"bbox":[0,0,1,1],"keypoints":[1,2,2,3.5,4,1],"num_keypoints":2}]`,
		`"info":{"year":2026,"nested":{"images":[1]}},"licenses":[]`,
	}
	want := notes{
		"a.jpg": {line: 1, labels: []gov.Label{
			{ID: "10", Name: "palm", Geometry: box(10500, 20000, 30000, 40000)},
			{ID: "9", Name: "thumb", Geometry: &gov.Geometry{Kind: gov.Polygon, Parts: [][]int64{{0, 0, 10000, 0, 10000, 10250}}}},
		}},
		"d/b.jpg": {line: 2, labels: []gov.Label{
			{ID: "11", Name: "thumb", Geometry: &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{{3, 4}, {2, 3, 7}}}},
			{ID: "12", Name: "palm", Geometry: &gov.Geometry{Kind: gov.Mask, Parts: [][]int64{{4, 4}, {0, 2, 2, 2, 5}}}},
			{ID: "13", Name: "palm", Geometry: box(0, 0, 1000, 1000)},
			{ID: "13.keypoints", Name: "palm", Geometry: &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{{1000, 2000, 2, 3500, 4000, 1}}}},
		}},
		"c.jpg": {line: 3},
	}
	for i := range lists {
		turned := append(append([]string{}, lists[i:]...), lists[:i]...)
		diff(t, want, parse(t, "coco", "{"+strings.Join(turned, ",\n")+"}\n"))
	}
}

func TestCOCORefuses(t *testing.T) {
	const images, categories = `"images":[{"id":1,"file_name":"a"}]`, `"categories":[{"id":1,"name":"x"}]`
	for _, tt := range []struct{ text, words string }{
		{``, "i.coco: byte 0: unexpected EOF"},
		{`[]`, "i.coco: byte 1: want {, found ["},
		{`{"images":[{"id":1,"file_name":"a"}`, "i.coco: byte 35: unexpected EOF"},
		{`{"images":{}}`, "i.coco: byte 11: want [, found {"},
		{`{} {}`, "i.coco: byte 4: something follows the object"},
		{`{"images":[{"id":"1","file_name":"a"}]}`, `i.coco: byte 37: image 1: field "id" does not take a string`},
		{`{"images":[{"id":1},{"file_name":"a"}]}`, "i.coco: image 1: it has no id or no file_name (and 1 more)"},
		{`{"images":[{"id":1,"file_name":"a"},{"id":1,"file_name":"b"}]}`, "i.coco: image 2: its id 1 is that of image 1"},
		{`{"images":[{"id":1,"file_name":"a"},{"id":2,"file_name":"./a"}]}`, `i.coco: image 2: file "a" is in i.coco: image 1 already`},
		{`{"categories":[{"id":1,"name":"a"},{"id":1,"name":"b"}]}`, "i.coco: category 2: its id or name is missing, or its id was there before"},
		{`{` + images + `,` + categories + `,"annotations":[{"image_id":1}]}`, "i.coco: annotation 1: it has no id"},
		{`{` + images + `,` + categories + `,"annotations":[{"id":5,"image_id":2,"category_id":1}]}`, "i.coco: annotation 1: there is no image with the id 2"},
		{`{` + images + `,` + categories + `,"annotations":[{"id":5,"image_id":1,"category_id":1},{"id":6,"image_id":1,"category_id":3}]}`, "i.coco: annotation 2: there is no category with the id 3"},
		{`{` + images + `,"annotations":[{"id":5,"image_id":1,"segmentation":{"size":[1,1],"counts":"\u007f"}}]}`, "i.coco: byte 121: annotation 1: the mask's counts are not well formed"},
	} {
		_, err := Source{cocoFile, "i.coco"}.parse(context.Background(), strings.NewReader(tt.text))
		refused(t, err, "BAD_LABELS", tt.words)
	}
}

// The first complaint is that of the lowest line, whenever it comes, and line
// 10 is not before line 9.
func TestFirstComplaint(t *testing.T) {
	for turn := range 3 {
		c := complaints{reason: "R"}
		for i := range 3 {
			line := 9 + (i+turn)%3
			c.at(line, fmt.Sprint("f:", line), "line %d", line)
		}
		refused(t, c.err(), "R", "f:9: line 9 (and 2 more)")
	}
}

// An endless piece ends the reading before it fills the memory.
func TestPiecesAreBounded(t *testing.T) {
	for kind, head := range map[string]string{"csv": "key,label\n\"", "jsonl": `{"key":"`, "coco": `{"images":[{"file_name":"`} {
		_, err := Source{sourceKind(kind), "x"}.parse(context.Background(), &endless{head: head})
		if gov.ReasonOf(err) != "BAD_LABELS" || !strings.Contains(err.Error(), "more than 16777216 bytes") && !strings.Contains(err.Error(), "too long") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

type endless struct {
	head string
	n    int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n += len(p); e.n > 1<<27 {
		return 0, errors.New("read far too much")
	}
	n := copy(p, e.head)
	e.head = ""
	for i := range p[n:] {
		p[n+i] = 'a'
	}
	return len(p), nil
}

func TestMatch(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a": "1", "b/c": "2", "d": "3", "labels.csv": "key,label\na,A\nx,X\nb/c,C\ny,Y\n"})
	o := Options{Dir: dir, Labels: source(t, "csv:"+filepath.Join(dir, "labels.csv"))}
	_, err := Scan(context.Background(), o)
	refused(t, err, "LABEL_WITHOUT_FILE", `labels.csv:3: there is no file "x" in the directory (and 1 more)`)

	write(t, dir, map[string]string{"labels.csv": "key,label,split\nb/c,C,val\n"})
	_, err = Scan(context.Background(), o)
	refused(t, err, "FILE_WITHOUT_LABEL", "a: the label file does not mention this file (and 1 more)")

	o.AllowUnlabelled = true
	_, records := scan(t, o)
	if d := cmp.Diff([]string{"a", "b/c", "d"}, keysOf(records)); d != "" {
		t.Error(d)
	}
	if r := records[1]; r.Split != "val" || len(r.Labels) != 1 || r.Labels[0].Name != "C" || records[0].Labels != nil {
		t.Errorf("records %+v", records)
	}
}

func TestBadRecords(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("x", gov.MaxText+1)
	write(t, dir, map[string]string{"a": "1", "b": "2", "c": "", "l": fmt.Sprintf("key,label\na,%s\nb,ok\nc,%s\n", long, long)})
	_, err := Scan(context.Background(), Options{Dir: dir, Labels: source(t, "csv:"+filepath.Join(dir, "l"))})
	refused(t, err, "BAD_RECORD", `a: record "a" has a label whose id or name is empty, too long or not UTF-8 (and 1 more)`)

	var polygon strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&polygon, "%d,", i)
	}
	write(t, dir, map[string]string{"l": `{"key":"a"}` + "\n" + `{"key":"c"}` + "\n" + `{"key":"b","labels":[{"name":"x","polygon":[[` + strings.TrimSuffix(polygon.String(), ",") + `]]}]}`})
	_, err = Scan(context.Background(), Options{Dir: dir, Labels: source(t, "jsonl:"+filepath.Join(dir, "l"))})
	if gov.ReasonOf(err) != "BAD_RECORD" || !strings.Contains(err.Error(), "bytes, 65536 at most") {
		t.Errorf("a value that is too large: %v", err)
	}
}
