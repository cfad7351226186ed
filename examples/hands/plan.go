package hands

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"govd/internal/gov"
)

// A shot is one picture: who and what it shows, its record, and what faults
// have done to it.
type shot struct {
	record *gov.Record // without what is measured from the picture
	sub    *subject
	class  string // what it shows; what the record says may be wrong
	back   bool
	take   int       // 0, or 1 for lot-2
	seq    *sequence // nil for a still
	stream int
	frame  int
	seed   uint64
	stage  int
	size   int
	flaw   flaw
	spoilt bool // a fault is in it
}

// plan lists the shots of a good dataset.
func (o Options) plan() []*shot {
	var shots []*shot
	for _, sub := range o.subjects() {
		for class := range Classes() {
			shots = append(shots, o.still(sub, class, 0))
			if o.Stage >= 3 {
				shots = append(shots, o.still(sub, class, 1))
			}
		}
		if o.Stage >= 5 {
			shots = append(shots, o.frames(sub)...)
		}
	}
	return shots
}

// still plans a picture of one part of a hand. Fingers are seen from the palm
// and from the back in turn; the other take shows the other side.
func (o Options) still(sub *subject, class, take int) *shot {
	name := Classes()[class]
	back := name == "back" || class >= 2 && class <= 6 && (class+sub.n+take)%2 == 0
	s := &shot{sub: sub, class: name, back: back, take: take, seed: o.Seed, stage: o.Stage, size: o.Size}
	a := sub.attributes(o.Stage)
	a["lot"] = fmt.Sprintf("lot-%d", take+1)
	a["asset"] = fmt.Sprintf("%s-%s-%d", sub.id(), name, take+1)
	a["view"] = view(back)
	// Each subject has the same share of each camera, source and annotator, and
	// so has each tone.
	turn := class + sub.n + 3*take
	a["camera"] = [2]string{"cam-a", "cam-b"}[turn%2]
	a["source"] = [2]string{"studio", "clinic"}[turn/2%2]
	a["annotator"] = fmt.Sprintf("a%02d", 1+(class+class/4+sub.n+take)%4)
	s.record = &gov.Record{
		Key:        fmt.Sprintf("%s/%s/%04d%s.png", sub.split, name, sub.n, [2]string{"", "b"}[take]),
		MediaType:  "image/png",
		Split:      sub.split,
		Attributes: a,
	}
	s.record.Labels = s.labels()
	return s
}

func view(back bool) string {
	if back {
		return "back"
	}
	return "palm"
}

// scene arranges what the shot shows. Earlier stages have the same scenes.
func (s *shot) scene() *scene {
	if s.seq != nil {
		return s.seq.scene(s)
	}
	class := slices.Index(Classes(), s.class)
	r := rand.New(rand.NewPCG(s.seed, uint64(s.take)<<48|uint64(class+1)<<41|uint64(s.sub.n)))
	return newScene(r, s.sub, s.class, s.back, s.stage)
}

// sort puts the shots into the order of their keys.
func (s *Set) sort() {
	slices.SortFunc(s.shots, func(a, b *shot) int { return cmp.Compare(a.record.Key, b.record.Key) })
}

// labels returns what is labelled of the picture at its stage: its class, and
// the parts that it is about.
func (s *shot) labels() []gov.Label {
	if s.seq != nil {
		return s.seq.labels(s)
	}
	labels := []gov.Label{{ID: "1", Name: s.class}}
	if s.stage < 2 {
		return labels
	}
	sc := s.scene()
	labels[0].Geometry = sc.whole(s)
	for _, id := range s.parts() {
		labels = append(labels, gov.Label{ID: id, Name: partName(id), Geometry: sc.geometry(sc.hand.parts[id], s.size)})
	}
	slices.SortFunc(labels, func(a, b gov.Label) int { return cmp.Compare(a.ID, b.ID) })
	return labels
}

// partName takes the number off a part of which there are several, and the
// finger off its print, which is one name for all fingers.
func partName(id string) string {
	if strings.HasSuffix(id, "fingerprint") {
		return "fingerprint"
	}
	return strings.TrimRight(id, "-0123456789")
}

// parts returns the ids of the parts that are labelled, in any order.
func (s *shot) parts() (ids []string) {
	switch s.class {
	case "palm", "back":
		for i, finger := range fingerNames {
			ids = append(ids, finger)
			ids = append(ids, s.fingerParts(i)...)
		}
	case "wrist":
		return []string{"wrist-crease"}
	default:
		return s.fingerParts(slices.Index(fingerNames, s.class))
	}
	if s.class == "palm" {
		return append(ids, "heart-line", "head-line", "life-line", "thenar", "hypothenar", "wrist-crease")
	}
	if s.stage >= 3 {
		ids = append(ids, "tendon-1", "tendon-2", "tendon-3", "tendon-4", "vein-1", "vein-2", "vein-3")
	}
	if s.stage >= 4 {
		ids = append(ids, "scar", "freckle-1", "freckle-2", "freckle-3")
	}
	return ids
}

func (s *shot) fingerParts(i int) []string {
	name := fingerNames[i]
	ids := []string{name + "-proximal", name + "-distal"}
	if i > 0 {
		ids = append(ids, name+"-middle")
	}
	if s.back && s.stage >= 3 {
		ids = append(ids, name+"-nail", name+"-cuticle")
		if i > 0 {
			ids = append(ids, name+"-knuckle")
		}
	}
	if !s.back && s.stage >= 4 && s.class == name {
		ids = append(ids, name+"-fingerprint")
	}
	return ids
}
