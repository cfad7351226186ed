package ctl

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// TestParseDays: days and years of 365, and nothing that could be misread.
func TestParseDays(t *testing.T) {
	for s, want := range map[string]uint32{"": 0, "1d": 1, "730d": 730, "3y": 1095, "100y": gov.MaxRetention, "36500d": gov.MaxRetention} {
		if got, err := parseDays(s); err != nil || got != want {
			t.Errorf("%q is %d days, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"0d", "0y", "30", "d", "y", "-1d", "1.5y", "3m", "12h", "1y6d", "101y", "36501d", "70000d", "1 d"} {
		var c *complaint
		if got, err := parseDays(s); !errors.As(err, &c) || c.exit != exitUsage {
			t.Errorf("%q is %d days, %v", s, got, err)
		}
	}
}

// TestDueTable: what is due, for people, for pipes and for programs.
func TestDueTable(t *testing.T) {
	ago := func(days int) *timestamppb.Timestamp { return timestamppb.New(now.AddDate(0, 0, -days)) }
	all := []*govdv1.DueDataset{
		{
			Dataset: "hands/signs", Class: "consented photos", EraseAfterDays: 730, Cutoff: ago(730), Records: 1203,
			First: []*govdv1.DueRecord{{Key: "fist/a.png", Registered: ago(800)}, {Key: "fist/b.png", Registered: ago(750)}},
		},
		{Dataset: "hands/toes", Class: "drawings", EraseAfterDays: 10, Cutoff: ago(10)},
	}
	first, later := now.AddDate(0, 0, -800).UTC().Format(time.RFC3339), now.AddDate(0, 0, -750).UTC().Format(time.RFC3339)
	cutoff, young := now.AddDate(0, 0, -730).UTC().Format(time.RFC3339), now.AddDate(0, 0, -10).UTC().Format(time.RFC3339)
	for _, test := range []struct {
		name   string
		screen screen
		json   bool
		want   string
	}{
		{"pipe", screen{}, false, "hands/signs\tconsented photos\t730\t" + cutoff + "\t1203\t" + first + "\tfist/a.png,fist/b.png,and 1,201 more\n" +
			"hands/toes\tdrawings\t10\t" + young + "\t0\t\t\n"},
		{"json", screen{}, true, `{"dataset":"hands/signs","class":"consented photos","erase_after_days":730,"cutoff":"` + cutoff + `","records":1203,"oldest":"` + first +
			`","first":[{"key":"fist/a.png","registered":"` + first + `"},{"key":"fist/b.png","registered":"` + later + `"}],"more":1201}` + "\n" +
			`{"dataset":"hands/toes","class":"drawings","erase_after_days":10,"cutoff":"` + young + `","records":0,"first":[],"more":0}` + "\n"},
		{"terminal", screen{terminal: true, width: 140}, false, `DATASET      CLASS             AFTER DAYS  CUTOFF   RECORDS  OLDEST  KEYS
hands/signs  consented photos         730  2y ago     1,203  2y ago  fist/a.png, fist/b.png, and 1,201 more
hands/toes   drawings                  10  10d ago        0
`},
	} {
		a, out := testApp(test.screen)
		a.json = test.json
		if err := list(a, "datasets", dueColumns(), convert(seq(all), viewDue)); err != nil || out.String() != test.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", test.name, err, out, test.want)
		}
	}
}

// TestRetentionView: what a document says, and one that takes the retention away.
func TestRetentionView(t *testing.T) {
	set := &govdv1.RuleSet{Place: "hands/signs", Of: "retention", Number: 3, State: "in_force", By: "user:2", ByName: "ann", Effective: timestamppb.New(now), AuditIndex: 9}
	for _, test := range []struct {
		document string
		want     string
		words    string
	}{
		{`{"class":"study 7","keep_days":30,"erase_after_days":60}`, "hands/signs\tstudy 7\t30\t60\tin_force\t3\tann\t" + now.UTC().Format(time.RFC3339) + "\n", "study 7: kept for 30 days, to be erased after 60 days"},
		{`{"class":"b","erase_after_days":1}`, "hands/signs\tb\t0\t1\tin_force\t3\tann\t" + now.UTC().Format(time.RFC3339) + "\n", "b: to be erased after 1 day"},
		{`{}`, "hands/signs\tnone any more\t0\t0\tin_force\t3\tann\t" + now.UTC().Format(time.RFC3339) + "\n", ": "},
	} {
		set.Document = []byte(test.document)
		v, err := viewRetention(set)
		a, out := testApp(screen{})
		if err == nil {
			err = list(a, "retentions", retentionColumns(), seq([]retentionView{v}))
		}
		if err != nil || out.String() != test.want || v.words() != test.words {
			t.Errorf("%s: %q, %q, %v; want %q, %q", test.document, out, v.words(), err, test.want, test.words)
		}
	}
	if _, err := viewRetention(&govdv1.RuleSet{Document: []byte(`{"votes":3}`)}); err == nil {
		t.Error("what is no retention is shown as one")
	}
}

// TestFloorWords: the dataset, the class and until when.
func TestFloorWords(t *testing.T) {
	got := floorWords([]*govdv1.ErasureFloor{
		{Dataset: "hands/signs", Class: "study\n7", KeepDays: 30, Values: 1, Until: timestamppb.New(now)}, {Dataset: "hands/toes", Class: "b", KeepDays: 1, Values: 2, Until: timestamppb.New(now)},
	})
	at := now.UTC().Format(time.RFC3339)
	if want := `hands/signs keeps "study\n7" for 30 days, and 1 value of it until ` + at + `; hands/toes keeps "b" for 1 day, and 2 values of it until ` + at; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
