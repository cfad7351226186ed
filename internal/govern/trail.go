package govern

import (
	"context"
	"errors"
	"slices"
	"strings"

	"govd/internal/gov"
	"govd/internal/store"
	"govd/internal/trail"
)

// TrailExported: a piece of lineage was handed out.
type TrailExported struct {
	Node    gov.Node   `json:"node"`
	AsOf    uint64     `json:"as_of"`   // entries of the log that it takes into account
	Format  string     `json:"format"`  // BundleFormat, or one of trail.Formats
	Content gov.Digest `json:"content"` // trail.Bundle's, or gov.DocumentDigest of the file
}

func (*TrailExported) name() string { return "trail.exported" }

func (*TrailExported) apply(*store.Tx, origin) error { return nil }

// BundleFormat is the format of the trail that verifies offline.
const BundleFormat = "bundle"

// ExportTrail is a request for the lineage of a node.
type ExportTrail struct {
	Node   string // kind:name; a version may go by any reference
	Format string
	Since  uint64 // size of a log that the reader knows: a bundle shows that this one continues it
}

// ExportTrail records that the caller takes the lineage of a node, and returns
// the file. Nodes that the caller may not read are in it without a name.
func (s *Service) ExportTrail(ctx context.Context, c Call, in ExportTrail) (file []byte, err error) {
	if in.Format != BundleFormat && !slices.Contains(trail.Formats(), in.Format) {
		return nil, gov.Errorf(gov.Invalid, "UNKNOWN_FORMAT", "no format %q: there are %s, %s", in.Format, BundleFormat, strings.Join(trail.Formats(), ", "))
	}
	n, at, err := s.nodeNamed(ctx, in.Node)
	if err != nil {
		return nil, err
	}
	t, err := s.traced(ctx, c, n, at)
	if err != nil {
		return nil, hideNode(n, err)
	}
	ev := TrailExported{Node: n, AsOf: t.bundle.Chain.AsOf, Format: in.Format}
	if in.Format == BundleFormat {
		ev.Content, err = t.bundle.Content()
	} else if file, err = trail.Export(t.bundle.Chain, in.Format); err == nil {
		ev.Content = gov.DocumentDigest(file)
	}
	if err != nil {
		return nil, err
	}
	done, err := write(ctx, s, c, action{do: gov.AuditExport, at: at, args: in}, func(*store.Tx) (*TrailExported, error) { return &ev, nil })
	if err != nil {
		return nil, hideNode(n, err)
	}
	if done.Event.Content != ev.Content {
		return nil, exportedBefore()
	}
	if in.Format != BundleFormat {
		return file, nil
	}
	t.entry(done.Index)
	return s.sealed(ctx, &t.bundle, in.Since)
}

// exportedBefore refuses to answer a request anew: what the log holds is of what
// was exported then.
func exportedBefore() error {
	return gov.Errorf(gov.Conflict, "EXPORTED", "this request was answered before, and the log has grown since: export again under a new request_id")
}

// sealed returns the file of a bundle, under the newest signed head.
func (s *Service) sealed(ctx context.Context, b *trail.Bundle, since uint64) (file []byte, err error) {
	err = s.withHead(ctx, since, func(_ *store.Tx, h trail.Head) error {
		file, err = b.Encode(h)
		return err
	})
	return file, err
}

// traced gathers the trail of a node for who may export it.
func (s *Service) traced(ctx context.Context, c Call, n gov.Node, at gov.Place) (t *tracer, err error) {
	err = s.see(ctx, c, gov.AuditExport, at, func(tx *store.Tx) error {
		t = newTracer(tx, s.key.Origin(), func(n gov.Node) (bool, error) { return s.mayRead(tx, c, n) })
		return t.trace(n)
	})
	return t, err
}

// nodeNamed returns the node of that name, and where it belongs. A name without
// a kind is a version's.
func (s *Service) nodeNamed(ctx context.Context, name string) (n gov.Node, at gov.Place, err error) {
	kind, rest, found := strings.Cut(name, ":")
	if !found || strings.ContainsAny(kind, "/@") {
		kind, rest = string(gov.VersionNode), name
	}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		if n, err = parseNode(tx, gov.NodeKind(kind), rest); err != nil {
			return err
		}
		at, err = homeOf(tx, n)
		return err
	})
	if errors.Is(err, gov.NotFound) {
		err = noNode(name)
	}
	return n, at, err
}

func noNode(name string) error { return gov.Errorf(gov.NotFound, "NO_NODE", "no node %s", name) }

// OutputReceipt returns the file that proves where an output came from, for who may
// read it: the trail without what it shows, free text and names. It is no entry
// of the log, for there may be one for every output. since is the size of a log
// that the reader knows, 0 for none.
func (s *Service) OutputReceipt(ctx context.Context, c Call, digest gov.Digest, since uint64) (file []byte, err error) {
	output := gov.Node{Kind: gov.OutputNode, Name: digest.String()}
	at, err := s.homeOfNode(ctx, output)
	if err != nil {
		return nil, err
	}
	var t *tracer
	err = s.see(ctx, c, gov.OutputRead, at, func(tx *store.Tx) error {
		t = newTracer(tx, s.key.Origin(), func(n gov.Node) (bool, error) { return s.mayRead(tx, c, n) })
		t.brief = true
		return t.trace(output)
	})
	if err != nil {
		return nil, hideNode(output, err)
	}
	t.bundle.Chain, t.bundle.Texts = nil, nil
	return s.sealed(ctx, &t.bundle, since)
}

// parseNode parses a node; versions go by any reference.
func parseNode(tx *store.Tx, kind gov.NodeKind, name string) (gov.Node, error) {
	if kind != gov.VersionNode {
		return gov.ParseNode(string(kind) + ":" + name)
	}
	ref, err := gov.ParseRef(name)
	if err != nil {
		return gov.Node{}, err
	}
	v, err := resolve(tx, ref)
	return gov.VersionOf(v.Dataset, v.Number), err
}

// hideNode keeps an error about a hidden place from telling its name.
func hideNode(n gov.Node, err error) error {
	if reason := gov.ReasonOf(err); reason != "NO_DATASET" && reason != "NO_PROJECT" {
		return err
	}
	if Refused(err) {
		return refusal{noNode(n.String())}
	}
	return noNode(n.String())
}
