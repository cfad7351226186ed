package ctl

import (
	"context"
	"iter"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"govd/internal/gov"
	"govd/internal/ingest"
	govdv1 "govd/proto/govd/v1"
)

// A relabel says KEYGLOB:FROM=TO: what becomes of labels in the records whose
// keys match.
type relabel struct {
	glob     *regexp.Regexp
	prefix   string // of every key that matches
	from, to string
}

// parseRelabel parses a relabel. In a glob, * is any part of a name, ** goes
// across slashes, and ? is one character. Without FROM a label is added to the
// records that have no such label; without TO it is removed.
func parseRelabel(s string) (r relabel, err error) {
	const form = "'KEYGLOB:FROM=TO', such as 'train/fist/*:fist=palm'"
	colon := strings.LastIndex(s, ":")
	if colon < 1 {
		return r, usage("--relabel %q has no keys: want %s", s, form)
	}
	from, to, ok := strings.Cut(s[colon+1:], "=")
	if !ok || from == to || strings.Contains(to, "=") {
		return r, usage("--relabel %q does not say which label becomes which: want %s", s, form)
	}
	glob := s[:colon]
	prefix, _, _ := strings.Cut(strings.ReplaceAll(glob, "?", "*"), "*")
	return relabel{compileGlob(glob), prefix, from, to}, nil
}

func compileGlob(glob string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(glob)
	return regexp.MustCompile(`^(?s:` + strings.NewReplacer(`\*\*`, `.*`, `\*`, `[^/]*`, `\?`, `[^/]`).Replace(quoted) + `)$`)
}

// relabelEdits returns what the relabels change in the records of a version.
// The first that speaks of a label holds.
func (c *client) relabelEdits(ctx context.Context, ref string, rules []relabel) (edits []edit, err error) {
	prefix := rules[0].prefix
	for _, r := range rules {
		prefix = common(prefix, r.prefix)
	}
	for record, err := range c.labelled(ctx, ref, prefix) {
		if err != nil {
			return nil, err
		}
		edits = append(edits, relabelRecord(record, rules)...)
	}
	if len(edits) == 0 {
		return nil, complain(exitError, "NO_EDITS", "no record of %s has a key and a label that --relabel speaks of", ref)
	}
	return edits, nil
}

// common returns the longest common beginning.
func common(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

func relabelRecord(record *govdv1.Record, rules []relabel) (edits []edit) {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r relabel) bool { return !r.glob.MatchString(record.GetKey()) })
	for _, l := range record.GetLabels() {
		i := slices.IndexFunc(rules, func(r relabel) bool { return r.from == l.GetName() })
		if i < 0 {
			continue
		}
		e := &govdv1.LabelEdit{Key: record.GetKey(), Label: l.GetId(), Op: govdv1.EditOp_EDIT_OP_RENAME, From: l.GetName(), To: rules[i].to}
		if e.To == "" {
			e.Op, e.FromGeometry = govdv1.EditOp_EDIT_OP_REMOVE, l.GetGeometry()
		}
		edits = append(edits, edit{LabelEdit: e})
	}
	for _, r := range rules {
		has := slices.ContainsFunc(record.GetLabels(), func(l *govdv1.Label) bool { return l.GetName() == r.to })
		if r.from == "" && !has {
			edits = append(edits, edit{LabelEdit: &govdv1.LabelEdit{Key: record.GetKey(), Op: govdv1.EditOp_EDIT_OP_ADD, To: r.to}})
		}
	}
	return edits
}

// labelled streams the records of a version that are not erased.
func (c *client) labelled(ctx context.Context, ref, prefix string) iter.Seq2[*govdv1.Record, error] {
	s, err := c.ListRecords(ctx, &govdv1.ListRecordsRequest{Ref: ref, Prefix: prefix})
	if err != nil {
		return func(yield func(*govdv1.Record, error) bool) { yield(nil, c.link.explain(err)) }
	}
	return stream(c.link, s.Recv, func(m *govdv1.ListRecordsResponse) []*govdv1.Record {
		return slices.DeleteFunc(m.GetRecords(), func(r *govdv1.Record) bool {
			_, erased := slices.BinarySearch(m.GetErased(), r.GetKey())
			return erased
		})
	})
}

// labelFileEdits returns what a label file says differently from a version.
// Records that the file does not name stay as they are; what it names must be in
// the version. Labels are told apart by their ids.
func (c *client) labelFileEdits(ctx context.Context, ref, file string) (edits []edit, unnamed uint64, err error) {
	source, err := ingest.ParseSource(file)
	if err != nil {
		return nil, 0, err
	}
	labels, err := ingest.ReadLabels(ctx, source)
	if err != nil {
		return nil, 0, err
	}
	found := map[string]bool{}
	for record, err := range c.labelled(ctx, ref, "") {
		if err != nil {
			return nil, 0, err
		}
		want, named := labels.Of(record.GetKey())
		if !named {
			unnamed++
			continue
		}
		found[record.GetKey()] = true
		edits = append(edits, labelEdits(record, want)...)
	}
	bad := faults{reason: "UNKNOWN_RECORD"}
	for _, key := range labels.Keys() {
		if !found[key] {
			bad.in(labels.Place(key), "%q is no record of %s", key, ref)
		}
	}
	switch err := bad.err(); {
	case err != nil:
		return nil, 0, err
	case len(edits) == 0:
		return nil, 0, complain(exitError, "NO_EDITS", "%s says nothing that is not in %s already", file, ref)
	}
	return edits, unnamed, nil
}

// labelEdits returns the edits that give a record the labels that it should
// have. Both lists are in order of ids.
func labelEdits(record *govdv1.Record, want []gov.Label) (edits []edit) {
	add := func(e *govdv1.LabelEdit) {
		e.Key = record.GetKey()
		edits = append(edits, edit{LabelEdit: e})
	}
	have := record.GetLabels()
	for len(have) > 0 || len(want) > 0 {
		switch {
		case len(want) == 0 || len(have) > 0 && have[0].GetId() < want[0].ID:
			l := have[0]
			add(&govdv1.LabelEdit{Label: l.GetId(), Op: govdv1.EditOp_EDIT_OP_REMOVE, From: l.GetName(), FromGeometry: l.GetGeometry()})
			have = have[1:]
		case len(have) == 0 || want[0].ID < have[0].GetId():
			w := want[0]
			add(&govdv1.LabelEdit{Label: w.ID, Op: govdv1.EditOp_EDIT_OP_ADD, To: w.Name, ToGeometry: geometryMessage(w.Geometry)})
			want = want[1:]
		default:
			if e := labelDifference(have[0], &want[0]); e != nil {
				add(e)
			}
			have, want = have[1:], want[1:]
		}
	}
	return edits
}

// labelDifference returns the edit that makes a label another of the same id;
// nil if they are the same.
func labelDifference(have *govdv1.Label, want *gov.Label) *govdv1.LabelEdit {
	e := &govdv1.LabelEdit{Label: want.ID, Op: govdv1.EditOp_EDIT_OP_RENAME, From: have.GetName(), To: want.Name}
	if geometry := geometryMessage(want.Geometry); !proto.Equal(have.GetGeometry(), geometry) {
		e.Op, e.FromGeometry, e.ToGeometry = govdv1.EditOp_EDIT_OP_RESHAPE, have.GetGeometry(), geometry
	} else if e.GetFrom() == e.GetTo() {
		return nil
	}
	return e
}
