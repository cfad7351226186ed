package validate

import (
	"fmt"

	"govd/internal/gov"
)

// Figures are what a stage calls for at a size. They are arithmetic on the size
// and on the constants below, for planning; nothing is measured.
type Figures struct {
	Stage      gov.Stage `json:"stage"`
	Records    uint64    `json:"records"`
	Bytes      uint64    `json:"bytes"`
	Hot        uint64    `json:"hot_bytes"`    // read in every epoch: solid-state
	Bulk       uint64    `json:"bulk_bytes"`   // all contents, all copies: object storage
	Growth     uint64    `json:"growth_bytes"` // bulk that is added until it has grown
	Manifest   uint64    `json:"manifest_bytes"`
	Epochs     []Epoch   `json:"epochs"`
	Nodes      string    `json:"gpu_nodes"`
	Governance []string  `json:"governance"`
	Next       []string  `json:"next,omitempty"`
	Checks     int       `json:"checks"`
	CheckCost  uint64    `json:"check_cost_us"` // CPU of a first run
	AgainCost  uint64    `json:"again_cost_us"` // after a hundredth has changed
}

const lastStage = 5

// An Epoch is how long one reading of all hot data takes over a network.
type Epoch struct {
	Gbit    uint32 `json:"gbit"`
	Seconds uint64 `json:"seconds"`
}

const (
	// manifestBytes of a record: key, value, its share of nodes, and what is
	// remembered of them.
	manifestBytes = 400
	// efficiency of a network in percent: what of its bits are payload, of
	// streams that are read by several workers.
	efficiency = 80
	// copies of contents in bulk storage: erasure coding of 8 + 4.
	copiesTenths = 15
)

// Figure computes the figures of the policy's stage for so many records and
// bytes that grow to so many records.
func (p *Policy) Figure(records, bytes, growTo uint64) (*Figures, error) {
	f := &Figures{
		Stage: p.Stage, Records: records, Bytes: bytes, Hot: bytes, Bulk: tenths(bytes, copiesTenths),
		Manifest: records * manifestBytes, Nodes: nodes(bytes), Governance: governance[p.Stage-1], Checks: len(p.Checks),
	}
	if growTo > records && records > 0 {
		f.Growth = tenths(uint64(float64(bytes)*(float64(growTo)/float64(records)-1)), copiesTenths)
	}
	for _, gbit := range []uint32{10, 25, 100, 400} {
		perSecond := uint64(gbit) * 1_000_000_000 / 8 * efficiency / 100
		f.Epochs = append(f.Epochs, Epoch{gbit, (f.Hot + perSecond - 1) / perSecond})
	}
	if p.Stage < lastStage {
		f.Next = next[p.Stage-1]
	}
	return f, p.costs(f)
}

func (p *Policy) costs(f *Figures) error {
	first, err := p.Plan(Size{Records: f.Records, Changed: f.Records, Contents: f.Records, Unread: f.Records, Bytes: f.Bytes})
	if err != nil {
		return err
	}
	changed := f.Records / 100
	again, err := p.Plan(Size{Records: f.Records, Changed: changed, Contents: f.Records, Unread: changed, Bytes: f.Bytes})
	if err != nil {
		return err
	}
	f.CheckCost, f.AgainCost = first.Cost, again.Cost
	return nil
}

func tenths(n, by uint64) uint64 { return n/10*by + n%10*by/10 }

// nodes says which class of machine an epoch of so many bytes keeps busy.
func nodes(bytes uint64) string {
	const gigabyte = 1_000_000_000
	switch {
	case bytes < 50*gigabyte:
		return "one workstation with one GPU: the data fits its memory"
	case bytes < 2_000*gigabyte:
		return "one node of 4 to 8 GPUs, data on its own NVMe, 25 GbE"
	case bytes < 50_000*gigabyte:
		return "2 to 8 nodes of 8 GPUs, 100 GbE, a shared cache on NVMe"
	case bytes < 1_000_000*gigabyte:
		return "8 to 32 nodes of 8 GPUs, 400 GbE, a parallel file system before object storage"
	default:
		return fmt.Sprintf("32 nodes of 8 GPUs and more, 400 GbE to each, sharded reads: %d shards of 1 GB", bytes/gigabyte)
	}
}

// governance is what each stage adds to the one before.
var governance = [lastStage][]string{
	{"one person may do it all", "sound records, a baseline profile"},
	{"label changes need a steward's approval", "label audits by a random sample", "gold items for reviewers", "a taxonomy"},
	{"new imagery comes in lots, in quarantine until vetted", "a sample of contents is read again by the server", "sources and cameras are watched"},
	{"two stewards for a label change", "bias checks by tone group, against a reference", "inspections certified for each group", "tone attributes are kept from those who do not need them"},
	{"lineage to every output", "votes with a second factor", "reads are recorded where the law asks for it", "coverage and sequence checks, carried-forward guarantees", "retention and erasure by subject"},
}

var next = [lastStage - 1][]string{
	{"two votes a record on a sample, and gold items", "geometry for every part", "598 reviews certify an error below 0.5 % at 95 %, whatever the size"},
	{"pictures of twice the resolution", "lots with a plan of acceptance: 628 reviews, 2 errors at most", "contents within reach of the server"},
	{"tone by declaration or by two annotators, with scale and region", "a reference distribution", "528 reviews for each of ten groups"},
	{"sequences with frame numbers and times", "required combinations of angle, light and motion", "parents and runs of every frame"},
}
