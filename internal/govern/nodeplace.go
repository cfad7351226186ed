package govern

import (
	"context"
	"errors"

	"govd/internal/gov"
	"govd/internal/store"
)

// A home is where a node belongs, and what reading it is.
type home struct {
	at gov.Place
	do gov.Action
}

// homesOf returns where a node belongs. A node of another system belongs to
// every project that spoke of it. Returns gov.NotFound if nothing is known of it.
func homesOf(tx *store.Tx, n gov.Node) ([]home, error) {
	h := home{}
	var err error
	switch n.Kind {
	case gov.VersionNode:
		h = home{n.Place(), gov.VersionRead}
		_, err = versionOf(tx, n)
	case gov.ChangeNode:
		h.do = gov.ChangeRead
		h.at, err = homeOfChange(tx, n)
	case gov.ReportNode:
		h.do = gov.ReportRead
		h.at, err = homeOfReport(tx, n)
	case gov.InspectionNode:
		h.do = gov.InspectRead
		h.at, err = homeOfInspection(tx, n)
	case gov.ModelNode:
		h = home{n.Place(), gov.ModelRead}
		_, err = (&graph{tx: tx}).Number(n)
	default:
		return homesSpoken(tx, n)
	}
	return []home{h}, err
}

func homeOfChange(tx *store.Tx, n gov.Node) (gov.Place, error) {
	id, err := gov.ParseChangeID(n.Name)
	if err != nil {
		return "", err
	}
	ch, err := tx.Change(id)
	return gov.Place(ch.Dataset), err
}

func homeOfReport(tx *store.Tx, n gov.Node) (gov.Place, error) {
	d, err := gov.ParseDigest(n.Name)
	if err != nil {
		return "", err
	}
	found, err := take(tx.ReportsByDigest(d), 1)
	if err != nil || len(found) == 0 {
		return "", errors.Join(err, noNode(n.String()))
	}
	return gov.Place(found[0].Dataset), nil
}

func homeOfInspection(tx *store.Tx, n gov.Node) (gov.Place, error) {
	id, err := gov.ParseInspectionID(n.Name)
	if err != nil {
		return "", err
	}
	in, err := tx.Inspection(id)
	return gov.Place(in.Dataset), err
}

// homesSpoken returns the projects that spoke of a node.
func homesSpoken(tx *store.Tx, n gov.Node) (all []home, err error) {
	do := gov.LineageRead
	switch n.Kind {
	case gov.RunNode:
		do = gov.RunRead
	case gov.BatchNode, gov.OutputNode:
		do = gov.OutputRead
	}
	g := &graph{tx: tx}
	number, err := g.Number(n)
	if err != nil {
		return nil, err
	}
	if _, _, err := g.Node(number, tx.LogSize()); err != nil {
		return nil, err
	}
	for _, p := range g.last.Projects {
		all = append(all, home{gov.Place(p), do})
	}
	if len(all) == 0 {
		all = []home{{gov.Server, do}}
	}
	return all, nil
}

// homeOf returns the first place that a node belongs to.
func homeOf(tx *store.Tx, n gov.Node) (gov.Place, error) {
	homes, err := homesOf(tx, n)
	if err != nil {
		return "", err
	}
	return homes[0].at, nil
}

// homeOfNode is homeOf in a transaction of its own.
func (s *Service) homeOfNode(ctx context.Context, n gov.Node) (at gov.Place, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		at, err = homeOf(tx, n)
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noNode(n.String())
	}
	return at, err
}

// mayRead reports whether the caller may see a node in a lineage: they may read
// it in one of the places that it belongs to.
func (s *Service) mayRead(tx *store.Tx, c Call, n gov.Node) (bool, error) {
	homes, err := homesOf(tx, n)
	if err != nil {
		if errors.Is(err, gov.NotFound) { // named, and never made
			homes, err = homesSpoken(tx, n)
		}
		if err != nil {
			return false, err
		}
	}
	for _, h := range homes {
		if yes, err := s.reads(tx, c, h.do, h.at); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}
