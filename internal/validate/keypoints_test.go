package validate

import (
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"govd/internal/gov"
	"govd/internal/validate/stat"
)

// landmarks reads data/hand-keypoints: a class and 21 points a row, which are
// put into a picture of 2,000 x 2,000 pixels, in thousandths.
func landmarks(t *testing.T) (records []*gov.Record) {
	t.Helper()
	for i, line := range readCSV(t, shared(t, "hand-keypoints", "keypoint.csv")) {
		g := &gov.Geometry{Kind: gov.Keypoints, Parts: [][]int64{nil}}
		for at := 1; at+1 < len(line); at += 2 {
			g.Parts[0] = append(g.Parts[0], pixel(t, line[at]), pixel(t, line[at+1]), 2)
		}
		records = append(records, &gov.Record{
			Key: fmt.Sprintf("%05d", i), Content: digest(line), Size: 1,
			Labels: []gov.Label{{ID: "1", Name: line[0], Geometry: g}}, Facts: &gov.ImageFacts{Width: 2000, Height: 2000},
		})
	}
	return records
}

func digest(line []string) gov.Digest { return sha256.Sum256(fmt.Append(nil, line)) }

func pixel(t *testing.T, text string) int64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	must(t, err)
	return 1_000_000 + int64(math.Round(999_000*v))
}

// The classes are of the sizes that are known. The shipped limits let an
// imbalance of 4.7 to 1 pass. Points outside their picture are found.
func TestHandKeypoints(t *testing.T) {
	records := landmarks(t)
	policy := realPolicy("2", "", "S1.classes: on", "S1.exactDup: on", "S2.geometry: on", "S2.conflict: on")
	r := judgeRecords(t, policy, nil, records)
	if ids := raised(r); len(ids) > 0 {
		t.Errorf("raised: %s", explain(r, ids))
	}
	want := map[string]stat.Micro{
		"0": 1522 * stat.One, "1": 1572 * stat.One, "2": 1356 * stat.One, "3": 337 * stat.One, "imbalance": 4_664_688, "evenness": 919_082,
	}
	for _, p := range r.Finding("S1.classes").Parts {
		if p.Value != want[p.Name] {
			t.Errorf("%s is %s, want %s", p.Name, p.Value, want[p.Name])
		}
	}
	records[100].Labels[0].Geometry.Parts[0][0] = 2_001_000
	if f := judgeRecords(t, policy, nil, records).Finding("S2.geometry"); f.Verdict != Fail || !slices.Equal(f.Witnesses, []string{"00100"}) {
		t.Errorf("a point outside: %s %v", f.Verdict, f.Witnesses)
	}
}

// The 5,296 tracks of a fingertip, sixteen frames each: whole as they are, and
// with one frame taken from a hundred of them exactly these are found.
func TestHandTracks(t *testing.T) {
	lines := readCSV(t, shared(t, "hand-keypoints", "point_history.csv"))
	if len(lines) != 5296 {
		t.Fatalf("%d tracks", len(lines))
	}
	policy := realPolicy("5", "", "S5.mono: on", "S5.gap: on", "S5.jitter: on", "S5.sync: on", "S5.seqIntegrity: on")
	r := judgeRecords(t, policy, nil, frames(lines, func(int, int) bool { return false }))
	if ids := raised(r); len(ids) > 0 || r.Finding("S5.sync").Verdict != Skipped {
		t.Errorf("raised: %s", explain(r, ids))
	}
	r = judgeRecords(t, policy, nil, frames(lines, func(track, frame int) bool { return track%53 == 1 && track < 5300 && frame == 7 }))
	if got := raised(r); !slices.Equal(got, []string{"S5.seqIntegrity"}) {
		t.Errorf("raised: %s", explain(r, got))
	}
	// A hundred of 84,736 frames are fewer than S5.gap asks a waiver for.
	for _, f := range []*Finding{r.Finding("S5.gap"), r.Finding("S5.seqIntegrity")} {
		if f.Parts[0].Count != 100 || len(f.Parts[0].Witnesses) != MaxWitnesses {
			t.Errorf("%s: %+v", f.Check, f.Parts[0])
		}
	}
}

func frames(lines [][]string, lost func(track, frame int) bool) (records []*gov.Record) {
	for i, line := range lines {
		for frame := range (len(line) - 1) / 2 {
			if lost(i, frame) {
				continue
			}
			number := strconv.Itoa(frame)
			records = append(records, &gov.Record{
				Key: fmt.Sprintf("%05d/%02d", i, frame), Content: digest(append(line, number)), Size: 1, Labels: []gov.Label{{ID: "1", Name: line[0]}},
				Attributes: map[string]string{"sequence": strconv.Itoa(i), "frame": number, "time_us": strconv.Itoa(frame * 33_333), "fps": "30", "frames": "16"},
			})
		}
	}
	return records
}
