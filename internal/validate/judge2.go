package validate

import (
	"maps"
	"slices"
	"strings"

	"govd/internal/validate/stat"
)

func judgeVocab(j *judged) {
	if j.Taxonomy == nil {
		j.skip("the dataset has no taxonomy: any label goes")
		return
	}
	j.codesOf(j.vocabulary.In(j.e.Now), j.set.Severity, "unknown", "early", "forbidden")
}

func judgeGeometry(j *judged) {
	j.codes(j.geometry.In(j.e.Now))
	if j.Taxonomy != nil {
		j.codesOf(j.vocabulary.In(j.e.Now), j.set.Severity, "many")
	}
}

func judgeConflict(j *judged) {
	if j.indexed() {
		j.found(j.set.Severity, "same content, other labels", j.contents.In(j.e.Index), "conflict", j.param("max"))
	}
}

func judgeAuditRate(j *judged) { j.certified("label", false) }

func judgeRelevance(j *judged) { j.certified("relevance", false) }

// certified judges every inspection of the policy that asks so, and is or is
// not of groups: its bound must hold with its confidence.
func (j *judged) certified(asks string, byGroup bool) {
	found := false
	for _, want := range j.Policy.Inspections {
		if want.Asks != asks || (want.By != "") != byGroup {
			continue
		}
		found = true
		j.inspected(want)
	}
	if !found {
		j.skip("the policy asks for no such inspection")
	}
}

// inspected judges one inspection: each of its results, of one group or of all.
func (j *judged) inspected(want Inspection) {
	most := min(want.Limit, j.param("max"))
	results := 0
	for _, got := range j.e.Inspections {
		if got.ID != want.ID {
			continue
		}
		results++
		f := Facet{Name: strings.TrimSpace(got.ID + " " + got.Group), Value: got.Bound, Limit: most, Count: got.Errors, Witnesses: some(got.Wrong)}
		if got.Carried {
			f.Note = "carried forward over what changed"
		}
		if got.Confidence < want.Confidence {
			f.Value, f.Note = stat.One, "its confidence is "+plain(got.Confidence)+", not "+plain(want.Confidence)
		}
		j.atMost(j.set.Severity, f)
	}
	if results == 0 {
		j.unknown("inspection %s has no result: draw it and let people answer", want.ID)
	}
}

func judgeAgree(j *judged) {
	votes := j.labelVotes()
	if len(votes) == 0 {
		j.unknown("nobody has voted twice on a record")
		return
	}
	values := map[string]int{}
	for _, v := range votes {
		for _, name := range v {
			values[name] = 0
		}
	}
	for i, name := range slices.Sorted(maps.Keys(values)) {
		values[name] = i
	}
	ratings, err := stat.NewRatings(len(values))
	if err != nil {
		j.unknown("%v", err)
		return
	}
	var apart keyset
	for key, names := range votes {
		counts := make([]uint64, len(values))
		for _, name := range names {
			counts[values[name]]++
		}
		ratings.Add(counts)
		if len(slices.Compact(sorted(names))) > 1 {
			apart.add(key)
		}
	}
	alpha, ok := ratings.Alpha(stat.Nominal)
	if !ok {
		alpha = 1 // all votes are the same
	}
	j.band(Facet{Name: "alpha", Value: stat.Near(alpha), Count: apart.n, Witnesses: apart.list()}, j.param("min"), j.param("good"))
}

// band adds a part that blocks below least and needs a waiver below good.
func (j *judged) band(f Facet, least, good stat.Micro) {
	if f.Limit = least; f.Value < least {
		j.atLeast(j.set.Severity, f)
		return
	}
	f.Limit = good
	j.atLeast(Waiver, f)
}

// labelVotes returns the names that were voted for each record with two votes
// or more.
func (j *judged) labelVotes() map[string][]string {
	votes := map[string][]string{}
	for _, v := range j.e.Votes {
		votes[v.Key] = append(votes[v.Key], v.Name)
	}
	maps.DeleteFunc(votes, func(_ string, names []string) bool { return len(names) < 2 })
	return votes
}

func judgeReviewer(j *judged) {
	items, right := map[string]uint64{}, map[string]uint64{}
	for _, v := range j.e.Votes {
		if v.Right != "" {
			items[v.By]++
			if v.Name == v.Right {
				right[v.By]++
			}
		}
	}
	if len(items) == 0 {
		j.unknown("no reviewer has answered a gold item")
		return
	}
	for _, by := range slices.Sorted(maps.Keys(items)) {
		n, k := items[by], right[by]
		f := Facet{Name: by, Value: share(k, n), Limit: j.param("min"), Count: n - k, Witnesses: []string{by}}
		switch {
		case n < j.times("items"):
			f.Name, f.Value, f.Limit, f.Note = by+" gold items", whole(n), j.param("items"), "too few to tell"
			j.atLeast(Waiver, f)
		default:
			f.Note = "at least " + plain(stat.Lower(k, n, j.param("confidence")))
			j.atLeast(j.set.Severity, f)
		}
	}
}

func judgeChange(j *judged) {
	if j.e.Then == nil || j.e.Relabelled == nil {
		j.skip("there is no version before")
		return
	}
	r := j.e.Relabelled
	j.rate(j.set.Severity, "relabelled records", r.Records, r.Both, j.param("records"), r.keys.list())
	moved := map[string]uint64{}
	for pair, n := range r.Moves {
		moved[pair[0]] += n
		moved[pair[1]] += n
	}
	before := j.labels.In(j.e.Then)
	for _, name := range slices.Sorted(maps.Keys(moved)) {
		if n := before.Get(name); name != "" && n > 0 {
			j.rate(j.set.Severity, "label "+name, moved[name], n, j.param("label"), nil)
		}
	}
}

// judgeSuspects lists what a model doubts. It gates nothing.
func judgeSuspects(j *judged) {
	s := j.e.Suspects
	if s == nil {
		j.skip("no predictions were given")
		return
	}
	var names []string
	for _, x := range s.List {
		names = append(names, x.Key)
	}
	j.shown(Facet{
		Name: "suspects", Value: s.Errors, Count: uint64(len(s.List)) + s.More, Witnesses: names[:min(len(names), MaxWitnesses)],
		Note: "the share of wrong labels that the predictions suggest; look at these first",
	})
}

func judgeFourEyes(j *judged) {
	a := j.e.Approvals
	if a == nil {
		j.unknown("how label changes were approved was not looked up")
		return
	}
	j.atMost(j.set.Severity, Facet{Name: "approved by their author", Value: whole(uint64(len(a.Self))), Limit: j.param("max"), Count: uint64(len(a.Self)), Witnesses: some(a.Self)})
	j.atMost(j.set.Severity, Facet{Name: "approved by nobody who may", Value: whole(uint64(len(a.Unapproved))), Limit: j.param("max"), Count: uint64(len(a.Unapproved)), Witnesses: some(a.Unapproved)})
	j.shown(Facet{Name: "changes", Value: whole(a.Changes)})
}
