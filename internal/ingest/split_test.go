package ingest

import (
	"fmt"
	"testing"
)

func TestFolders(t *testing.T) {
	for _, tt := range []struct{ key, label, split string }{
		{"x.png", "", ""},
		{"fist/x.png", "fist", ""},
		{"a/b/c/x.png", "c", ""},
		{"train/x.png", "", "train"},
		{"train/fist/x.png", "fist", "train"},
		{"val/fist/x.png", "fist", "val"},
		{"validation/fist/x.png", "fist", "validation"},
		{"test/a/fist/x.png", "fist", "test"},
		{"training/fist/x.png", "fist", ""},
		{"fist/train/x.png", "train", ""},
		{"train/train/x.png", "train", "train"},
		{"train", "", ""},
	} {
		if got := folderLabel(tt.key); got != tt.label {
			t.Errorf("label of %s is %q, want %q", tt.key, got, tt.label)
		}
		if got := (Split{}).of(tt.key, ""); got != tt.split {
			t.Errorf("split of %s is %q, want %q", tt.key, got, tt.split)
		}
	}
}

func TestSplitRules(t *testing.T) {
	for _, tt := range []struct{ rule, key, said, want string }{
		{"folder", "train/x", "", "train"},
		{"folder", "train/x", "holdout", "holdout"},
		{"labels", "train/x", "", ""},
		{"labels", "train/x", "val", "val"},
		{"none", "train/x", "val", ""},
		{"hash:100/0/0", "test/x", "val", "train"},
		{"hash:0/100/0", "x", "", "val"},
		{"hash:0/0/100", "x", "", "test"},
		// These three are fixed: a key must never move to another split.
		{"hash:80/10/10", "a.png", "", "train"},
		{"hash:80/10/10", "o.png", "", "val"},
		{"hash:80/10/10", "i.png", "", "test"},
	} {
		s, err := ParseSplit(tt.rule)
		if err != nil || s.String() != tt.rule {
			t.Fatalf("%s: parsed as %s, %v", tt.rule, s, err)
		}
		if got := s.of(tt.key, tt.said); got != tt.want {
			t.Errorf("%s: split of %s is %q, want %q", tt.rule, tt.key, got, tt.want)
		}
	}
}

func TestSplitHashShares(t *testing.T) {
	s, _ := ParseSplit("hash:70/20/10")
	got := map[string]int{}
	for i := range 10_000 {
		got[s.of(fmt.Sprintf("img/%d.jpg", i), "")]++
	}
	for split, want := range map[string]int{"train": 7000, "val": 2000, "test": 1000} {
		if d := got[split] - want; d < -150 || d > 150 { // three standard deviations
			t.Errorf("%d of 10000 in %s, want about %d", got[split], split, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"hash", "hash:80/10", "hash:80/10/20", "hash:080/10/10", "hash:80/10/10 ", "hash:-1/1/100", "hash:101/0/-1", "Folder", "csv"} {
		if got, err := ParseSplit(s); err == nil {
			t.Errorf("ParseSplit(%q) = %v", s, got)
		}
	}
	for _, s := range []string{"csv", "csv:", "xml:a", "Folder", "folder:x", "none:x"} {
		if got, err := ParseSource(s); err == nil {
			t.Errorf("ParseSource(%q) = %v", s, got)
		}
	}
	for _, s := range []string{"folder", "none", "csv:a:b.csv", "jsonl:/x y.jsonl", "coco:i.json"} {
		if got, err := ParseSource(s); err != nil || got.String() != s {
			t.Errorf("ParseSource(%q) = %v, %v", s, got, err)
		}
	}
}
