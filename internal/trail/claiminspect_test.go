package trail

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"govd/internal/audit"
	"govd/internal/gov"
	"govd/internal/inspect"
)

// An inspecting is an inspection of the first version of a story, of a thousand
// made up records, and its entries.
type inspecting struct {
	t      *testing.T
	v1     gov.Registration
	secret inspect.Secret
	design []byte
	sheet  *inspect.Sheet
	pool   []inspect.Gold
	result []byte
}

func newInspecting(t *testing.T) *inspecting {
	t.Helper()
	w := newWorld(t)
	i := &inspecting{t: t, v1: w.registration(1, gov.Tree{Root: gov.Digest{5}, Records: 1000}), secret: inspect.Secret{1, 2, 3}}
	d := &inspect.Design{Limit: 50_000, Confidence: 900_000, Reviewers: 1, Gold: 200_000, Sensitivity: 500_000, MinGold: 5, MinAccuracy: 300_000}
	var err error
	i.design, err = d.Document()
	w.must(err)
	for n := range 40 {
		i.pool = append(i.pool, inspect.Gold{Key: fmt.Sprintf("%04d.png", 25*n), Truth: inspect.Wrong})
	}
	i.sheet = i.drawn(i.keys())
	i.result = i.json(inspect.Result{State: inspect.Passed, N: 9, Bound: 40_000, Confidence: 900_000})
	return i
}

func (i *inspecting) keys() (keys []string) {
	for n := range 1000 {
		keys = append(keys, fmt.Sprintf("%04d.png", n))
	}
	return keys
}

func (i *inspecting) seed() gov.Digest {
	return i.secret.Seed(i.v1.Tree.Root, gov.DocumentDigest(i.design))
}

// drawn is the sheet that the secret draws from keys.
func (i *inspecting) drawn(keys []string) *inspect.Sheet {
	i.t.Helper()
	d, err := inspect.ParseDesign(i.design)
	i.must(err)
	w, err := inspect.NewDraw(d, i.seed(), func(key string) bool {
		return slices.ContainsFunc(i.pool, func(g inspect.Gold) bool { return g.Key == key })
	})
	i.must(err)
	for _, key := range keys {
		i.must(w.Add(key, ""))
	}
	sheet, err := w.Close(i.pool)
	i.must(err)
	return sheet
}

func (i *inspecting) must(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
}

func (i *inspecting) json(v any) []byte {
	i.t.Helper()
	b, err := json.Marshal(v)
	i.must(err)
	return b
}

// texts are the sheet and its gold items, as they lie beside the log.
func (i *inspecting) texts() (sheet, gold gov.SaltText) {
	pool := map[string]any{"planted": true, "items": i.pool}
	return gov.SaltText{Salt: [16]byte{1}, Text: string(i.json(i.sheet))}, gov.SaltText{Salt: [16]byte{2}, Text: string(i.json(pool))}
}

// before are the entries up to the draw. late: the secret is committed to after
// the version was registered.
func (i *inspecting) before(late bool) []audit.Entry {
	project := entryOf("user:1", "hands", "project.created", map[string]any{"name": "hands", "ahead": i.secret.Commitment()})
	v1 := entryOf("user:2", "hands/stage1", "version.registered", registered{Registration: i.v1})
	v1.Do = gov.VersionRegister
	sheet, gold := i.texts()
	drawn := entryOf("user:9", "hands/stage1", "inspection.drawn", map[string]any{
		"inspection": 3, "dataset": "hands/stage1", "number": 1, "root": i.v1.Tree.Root, "design": gov.DocumentDigest(i.design),
		"sheet": sheet.Digest(), "gold": gold.Digest(), "commitment": i.secret.Commitment(), "ahead": gov.Digest{8},
	})
	if late {
		return []audit.Entry{v1, project, drawn}
	}
	return []audit.Entry{project, v1, drawn}
}

// answered are the answers of somebody, the last of which ends it.
func (i *inspecting) answered(who gov.PersonID, items []inspect.Item, secret string) (all []audit.Entry) {
	for n, it := range items {
		data := map[string]any{"inspection": 3, "item": it.ID, "answer": gov.Digest{5, byte(n)}}
		if n == len(items)-1 {
			data["end"] = map[string]any{"state": "passed", "result": gov.DocumentDigest(i.result), "secret": secret}
		}
		all = append(all, entryOf(who, "hands/stage1", "inspection.answered", data))
	}
	return all
}

// hide makes the sheet one that passes over the first record of the sample, which
// only who has all keys can see.
func (i *inspecting) hide() {
	first := slices.IndexFunc(i.sheet.Items, func(it inspect.Item) bool { return it.Truth == "" })
	key := i.sheet.Items[first].Key
	i.sheet = i.drawn(append(slices.DeleteFunc(i.keys(), func(k string) bool { return k == key }), "made up.png"))
}

// claims are what entries prove.
func (i *inspecting) claims(entries []audit.Entry, beside bool) ([]Claim, error) {
	p, err := i.told(entries, beside)
	return p.read.Claims(), err
}

func (i *inspecting) told(entries []audit.Entry, beside bool) (*proven, error) {
	p := newProven(&verifier{origin: "log.example/hands"})
	if beside {
		sheet, gold := i.texts()
		p.documents[gov.DocumentDigest(i.design)], p.documents[gov.DocumentDigest(i.result)] = i.design, i.result
		p.texts[sheet.Digest()], p.texts[gold.Digest()] = sheet.Text, gold.Text
	}
	for n := range entries {
		entries[n].V, entries[n].Time = 1, noon(0)
		if err := p.tell(line{&entries[n], uint64(n) + 100}); err != nil {
			return p, err
		}
	}
	return p, nil
}

// TestInspectionsTold: the sample must be the one that the secret draws, the
// secret the one that was committed to, and what was judged of the sample.
func TestInspectionsTold(t *testing.T) {
	secret := hex.EncodeToString(newInspecting(t).secret[:])
	all := func(i *inspecting) []audit.Entry {
		return append(i.before(false), i.answered("user:3", i.sheet.Items, secret)...)
	}
	for name, c := range map[string]struct {
		change func(*inspecting) []audit.Entry
		bare   bool // what lies beside the log is not there
		want   string
		fails  bool
	}{
		"all of it":        {all, false, "nobody who judged an item of inspection 3 had a hand in version hands/stage1@v1; user:2 registered", false},
		"what it came to":  {all, false, "of 9 records 0 were wrong", false},
		"committed before": {all, false, "was committed to before version hands/stage1@v1 was registered; log entry 100 committed to it, and log entry 101", false},
		"committed after":  {func(i *inspecting) []audit.Entry { return i.before(true) }, false, "whoever chose the secret could know the version", false},
		"not committed":    {func(i *inspecting) []audit.Entry { return i.before(false)[1:] }, false, "whether the secret of inspection 3 is older than version hands/stage1@v1 is not shown", false},
		"nothing beside":   {all, true, "which records inspection 3 looked at is not shown", false},
		"answers alone":    {func(i *inspecting) []audit.Entry { return i.answered("user:3", i.sheet.Items[:1], "")[:1] }, true, "inspection 3 ended, passed", false},
		"an answer alone":  {func(i *inspecting) []audit.Entry { return i.answered("user:3", i.sheet.Items[:2], "")[:1] }, true, "an item of inspection 3 was judged by user:3", false},
		"another secret": {func(i *inspecting) []audit.Entry {
			return append(i.before(false), i.answered("user:3", i.sheet.Items, strings.Repeat("00", 32))...)
		}, false, "not the one that", true},
		"no secret": {func(i *inspecting) []audit.Entry {
			return append(i.before(false), i.answered("user:3", i.sheet.Items, "00")...)
		}, false, "reveals no secret", true},
		"of another root":  {func(i *inspecting) []audit.Entry { e := all(i); e[1] = i.otherRoot(); return e }, false, "the sample is of the root", true},
		"in another place": {func(i *inspecting) []audit.Entry { e := all(i); e[2].At = "hands/stage2"; return e }, false, "another dataset", true},
		"another result": {func(i *inspecting) []audit.Entry {
			i.result = i.json(inspect.Result{State: inspect.Failed})
			return all(i)
		}, false, "says something else", true},
		"another sample":   {func(i *inspecting) []audit.Entry { i.sheet.Items[3].Key = "0001.png"; return all(i) }, false, "laid out in another way", true},
		"in another order": {func(i *inspecting) []audit.Entry { slices.Reverse(i.sheet.Items); return all(i) }, false, "laid out in another way", true},
		"a larger total":   {func(i *inspecting) []audit.Entry { i.sheet.Except++; return all(i) }, false, "leaves out other records", true},
		"of no stratum":    {func(i *inspecting) []audit.Entry { i.sheet.Items[0].Stratum = 7; return all(i) }, false, "of no stratum", true},
		"judged beside it": {func(i *inspecting) []audit.Entry {
			e := all(i)
			return append(e[:4], append(i.answered("user:3", []inspect.Item{{ID: "x"}, {}}, "")[:1], e[4:]...)...)
		}, false, "not on the sheet", true},
		"judged twice": {func(i *inspecting) []audit.Entry {
			e := all(i)
			return append(e[:4], append([]audit.Entry{e[3]}, e[4:]...)...)
		}, false, "a second time", true},
		"not judged": {func(i *inspecting) []audit.Entry { e := all(i); return append(e[:5], e[6:]...) }, false, "was judged 0 times", true},
		"by who registered it": {func(i *inspecting) []audit.Entry {
			return append(i.before(false), i.answered("user:2", i.sheet.Items, secret)...)
		}, false, "user:2 had", true},
		"a hidden record": {func(i *inspecting) []audit.Entry { i.hide(); return all(i) }, false, "lies as its secret and its design give it", false},
	} {
		i := newInspecting(t)
		claims, err := i.claims(c.change(i), !c.bare)
		found := slices.ContainsFunc(claims, func(k Claim) bool { return k.Holds != c.fails && strings.Contains(k.Claim+"; "+k.Evidence, c.want) })
		if (err != nil) != c.fails || !found {
			t.Errorf("%s: %v, want %q, fails %v:\n%s", name, err, c.want, c.fails, strings.Join(text(claims), "\n"))
		}
	}
}

func (i *inspecting) otherRoot() audit.Entry {
	r := i.v1
	r.Tree.Root = gov.Digest{6}
	r.Digest = r.ComputeDigest()
	e := entryOf("user:2", "hands/stage1", "version.registered", registered{Registration: r})
	e.Do = gov.VersionRegister
	return e
}

// TestRedraw: who has all keys sees whether a record was passed over.
func TestRedraw(t *testing.T) {
	swapped := func(keys []string) []string { keys[10], keys[11] = keys[11], keys[10]; return keys }
	for name, c := range map[string]struct {
		hide   bool
		list   func([]string) []string
		erased string
		want   string
		holds  bool
	}{
		"as it was":         {false, func(k []string) []string { return k }, "", "the same ", true},
		"erased since":      {false, func(k []string) []string { return k }, "0500.png", "the same ", true},
		"a hidden record":   {true, func(k []string) []string { return k }, "", "it draws another one", false},
		"one less":          {false, func(k []string) []string { return k[1:] }, "", "has 1000 records, and these are 999", false},
		"one more":          {false, func(k []string) []string { return append(k, "x") }, "", "and these are 1001", false},
		"another in place":  {false, func(k []string) []string { k[999] = "x"; return k }, "", "it draws another one", false},
		"one erased before": {false, func(k []string) []string { return k }, "", "the same ", true},
		"not in order":      {false, swapped, "", "in ascending order", false},
		"twice":             {false, func(k []string) []string { k[3] = k[2]; return k }, "", "listed once", false},
	} {
		i := newInspecting(t)
		if c.hide {
			i.hide()
		}
		if name == "another in place" { // of the sample
			c.list = func(k []string) []string {
				at := slices.IndexFunc(i.sheet.Items, func(it inspect.Item) bool { return it.Truth == "" })
				k = slices.DeleteFunc(k, func(key string) bool { return key == i.sheet.Items[at].Key })
				return append(k, "x")
			}
		}
		if name == "one erased before" {
			c.erased = "0001.png"
			i.sheet = i.drawn(slices.DeleteFunc(i.keys(), func(k string) bool { return k == c.erased }))
		}
		p, err := i.told(append(i.before(false), i.answered("user:3", i.sheet.Items, hex.EncodeToString(i.secret[:]))...), true)
		i.must(err)
		r, err := p.redraw(3)
		i.must(err)
		if r.Version() != "hands/stage1@v1" {
			t.Errorf("of %s", r.Version())
		}
		var claim Claim
		for _, key := range c.list(i.keys()) {
			if err = r.Add(key, nil, key == c.erased); err != nil {
				break
			}
		}
		if err == nil {
			claim, err = r.Close()
		}
		if (err == nil) != c.holds || claim.Holds != c.holds || !strings.Contains(claim.Evidence+fmt.Sprint(err), c.want) {
			t.Errorf("%s: %v: %+v", name, err, claim)
		}
	}
	i := newInspecting(t)
	p, err := i.told(i.before(false), true)
	i.must(err)
	if _, err := p.redraw(3); gov.ReasonOf(err) != "NO_SHEET" {
		t.Errorf("of one that is open: %v", err)
	}
}

// TestInspectedLot: what waits to be taken up is inspected, too, and is no version.
func TestInspectedLot(t *testing.T) {
	drawn := func(number uint64, lot string) audit.Entry {
		return entryOf("user:9", "hands/stage1", "inspection.drawn", map[string]any{"inspection": 3, "dataset": "hands/stage1", "number": number, "lot": lot})
	}
	claims, err := told(t, nil, drawn(0, "may"))
	want := []string{
		"inspection 3 of lot may of hands/stage1 was drawn by user:9 at 2026-03-04T05:06:00Z (log entry 100)",
		"whether the secret of inspection 3 is older than lot may of hands/stage1 is not shown",
	}
	if diff := cmp.Diff(want, claims); diff != "" || err != nil {
		t.Errorf("%v: %s", err, diff)
	}
	for _, bad := range []audit.Entry{drawn(0, ""), drawn(1, "may")} {
		if claims, err := told(t, nil, bad); gov.ReasonOf(err) != "NOT_PROVEN" {
			t.Errorf("%v: %v", claims, err)
		}
	}
}
