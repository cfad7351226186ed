package ctl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	"govd/internal/ingest"
	govdv1 "govd/proto/govd/v1"
)

// A push registers what is in a directory as a version of a dataset.
type push struct {
	*app
	*client
	dataset gov.DatasetName
	options ingest.Options

	labels, split  string
	message        string
	parent         string // that the newest version must be, if not ""
	skipUnreadable bool
	allowEmpty     bool
	dryRun         bool
	noCache        bool

	reading *bar // nil until the first file was read
}

// A pushView is what became of a push.
type pushView struct {
	Version    string `json:"version"`
	Digest     string `json:"digest"`
	Root       string `json:"root"`
	Records    uint64 `json:"records"`
	Bytes      uint64 `json:"bytes"` // of the files
	Added      uint64 `json:"added"`
	Removed    uint64 `json:"removed"`
	Changed    uint64 `json:"changed"`
	Unchanged  uint64 `json:"unchanged"`
	AuditIndex uint64 `json:"audit_index"`
	DryRun     bool   `json:"dry_run,omitempty"`

	noChange bool
}

func datasetPushCmd(a *app) *cobra.Command {
	p := &push{app: a}
	cmd := &cobra.Command{
		Use:   "push PROJECT/NAME DIR",
		Short: "Register what is in a directory as the next version",
		Long: `Register what is in a directory as the next version of a dataset. The files stay
where they are: the version holds each one's digest, size, type, labels, split
and image facts. A file's key is its path below the directory; names that begin
with a dot are passed over. If nothing changed, no version is made.

What is known of the files is kept in a cache, so that a file is read again only
when its size, times or inode change, and so that only what changed is sent.

Files that cannot be read, such as cut-off images, are listed and the push is
refused unless --skip-unreadable leaves them out.

With --json, "bytes" is the size of the files together.`,
		Example: `  govctl dataset push hands/signs ./photos -m "first photos"
  govctl dataset push hands/signs ./photos --labels csv:labels.csv --split-from hash:80/10/10
  govctl dataset push hands/signs ./photos --dry-run`,
		Args:              args(2, 2),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			p.client = c
			if err := p.prepare(args[0], args[1]); err != nil {
				return err
			}
			v, err := p.run(ctx)
			if err != nil {
				return err
			}
			return p.report(v)
		}),
	}
	p.flags(cmd)
	return cmd
}

func (p *push) flags(cmd *cobra.Command) {
	p.sourceFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&p.message, "message", "m", "", "why the version is made")
	f.StringVar(&p.parent, "parent", "", "digest that the newest version must have; else nothing is pushed")
	f.BoolVar(&p.allowEmpty, "allow-empty", false, "make a version without records of a directory without files")
	f.BoolVar(&p.noCache, "no-cache", false, "read every file and send every record")
}

// sourceFlags are about how a directory is read.
func (p *push) sourceFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.labels, "labels", "folder", "where labels come from: folder (a file's last directory),\ncsv:FILE, jsonl:FILE, coco:FILE or none")
	f.StringVar(&p.split, "split-from", "folder", "where splits come from: folder (a first directory named train,\nval, validation or test), labels, hash:80/10/10 or none")
	f.BoolVar(&p.options.AllowUnlabelled, "allow-unlabelled", false, "take files that the label file does not mention")
	f.BoolVar(&p.skipUnreadable, "skip-unreadable", false, "leave out files that cannot be read")
	f.BoolVar(&p.dryRun, "dry-run", false, "check everything and say what would change, but change nothing")
	f.StringVar(&p.options.Cache, "cache", "", "directory of the cache (default GOVCTL_CACHE, else govctl in\nyour cache directory)")
}

// prepare parses what the flags say.
func (p *push) prepare(dataset, dir string) (err error) {
	if p.dataset, err = gov.ParseDatasetName(dataset); err != nil {
		return err
	}
	p.options.Dir = dir
	p.options.Progress = func(done, total int, _ int64) {
		if p.reading == nil {
			p.reading = p.newBar("reading", thousands)
		}
		p.reading.set(uint64(done), uint64(total))
	}
	if p.options.Labels, err = ingest.ParseSource(p.labels); err != nil {
		return err
	}
	if p.options.Split, err = ingest.ParseSplit(p.split); err != nil {
		return err
	}
	if p.parent != "" {
		if _, err = gov.ParseDigest(p.parent); err != nil {
			return err
		}
	}
	p.options.Cache = p.cache()
	return nil
}

// cache returns the directory of the cache; "" for none.
func (p *push) cache() string {
	if p.noCache {
		return ""
	}
	if dir := first(p.options.Cache, p.getenv("GOVCTL_CACHE")); dir != "" {
		return dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(base, "govctl")
}

func (p *push) run(ctx context.Context) (pushView, error) {
	listing, err := ingest.Walk(ctx, p.options)
	if err != nil {
		return pushView{}, err
	}
	if listing.Len() == 0 && !p.allowEmpty {
		return pushView{}, p.noFiles()
	}
	status, err := p.GetStatus(ctx, &govdv1.GetStatusRequest{})
	if err != nil {
		return pushView{}, err
	}
	newest, err := p.newest(ctx)
	if err != nil {
		return pushView{}, err
	}
	to := ingest.Target{Origin: status.GetOrigin(), Dataset: p.dataset}
	last := p.lastPush(to, newest)
	if last != nil && last.Same(listing) {
		return unchanged(newest, uint64(listing.Bytes())), nil
	}
	m, err := p.read(ctx, listing)
	if err != nil {
		return pushView{}, err
	}
	v, err := p.register(ctx, m, last, newest)
	if err == nil && !p.dryRun {
		p.remember(m, to, v)
	}
	return v, err
}

// noFiles refuses an empty directory: more often than not it is the wrong one,
// or a disk that is not mounted.
func (p *push) noFiles() error {
	err := complain(exitError, "NO_FILES", "no files in %s; nothing was pushed", p.options.Dir)
	return hint(err, "names that begin with a dot are passed over; --allow-empty makes a version without records")
}

// newest returns the newest version of the dataset; nil if it has none.
func (p *push) newest(ctx context.Context) (*govdv1.Version, error) {
	resp, err := p.GetVersion(ctx, &govdv1.GetVersionRequest{Ref: string(p.dataset) + "@latest"})
	if err != nil && complaintOf(err).reason != "NO_VERSION" {
		return nil, err
	}
	v := resp.GetVersion()
	if p.parent != "" && p.parent != v.GetDigest() {
		return nil, complain(exitConflict, "PARENT_MOVED", "the newest version of %s is %s, not %s", p.dataset, first(v.GetDigest(), "none"), p.parent)
	}
	return v, nil
}

// lastPush returns what the cache remembers of the newest version, if that was
// pushed from here. It names a version by its digest, so it can vouch for no
// other.
func (p *push) lastPush(to ingest.Target, newest *govdv1.Version) *ingest.Push {
	if p.options.Cache == "" || newest == nil {
		return nil
	}
	last, ok := ingest.LastPush(p.options.Cache, to)
	if !ok || last.Version.String() != newest.GetDigest() {
		return nil
	}
	return last
}

// read reads the directory, with a bar, and deals with what cannot be read.
func (p *push) read(ctx context.Context, listing *ingest.Listing) (*ingest.Manifest, error) {
	m, err := listing.Read(ctx)
	p.reading.stop()
	if err != nil {
		return nil, err
	}
	if m.CacheErr != nil {
		p.note("the cache cannot be written, so the next push will take as long: %v", m.CacheErr)
	}
	return m, p.unreadable(m.Problems, listing.Len())
}

// listedProblems is how many files are named that cannot be read.
const listedProblems = 20

// unreadable lists the files that cannot be read, and refuses unless they are
// to be skipped.
func (p *push) unreadable(problems []ingest.Problem, files int) error {
	n := uint64(len(problems))
	if n == 0 {
		return nil
	}
	for _, problem := range problems[:min(n, listedProblems)] {
		p.note("%s: %s: %s", problem.Reason, problem.Key, problem.Text)
	}
	if n > listedProblems {
		p.note("and %s more", thousands(n-listedProblems))
	}
	if p.skipUnreadable {
		p.note("leaving out %s that cannot be read", count(n, "file"))
		return nil
	}
	err := complain(exitError, "UNREADABLE_FILES", "%s of %s cannot be read, the first is %s; nothing was pushed", thousands(n), count(uint64(files), "file"), problems[0].Key)
	return hint(err, "mend or remove them, or leave them out with --skip-unreadable")
}

// remember keeps for the next push what this one was. A lost note costs time.
func (p *push) remember(m *ingest.Manifest, to ingest.Target, v pushView) {
	digest, err := gov.ParseDigest(v.Digest)
	if err = errors.Join(err, m.Remember(to, digest)); err != nil {
		p.note("the cache cannot be written, so the next push will send every record: %v", err)
	}
}

// unchanged is what becomes of a push that changes nothing.
func unchanged(v *govdv1.Version, bytes uint64) pushView {
	return pushView{
		Version: v.GetRef(), Digest: v.GetDigest(), Root: v.GetRoot(), Records: v.GetRecords(), Bytes: bytes,
		Unchanged: v.GetRecords(), AuditIndex: v.GetAuditIndex(), noChange: true,
	}
}

// report tells what became of the push.
func (p *push) report(v pushView) error {
	v.DryRun = p.dryRun
	line := fmt.Sprintf("%s\t%s\t%d\t%d\t%d\t%d\t%d", v.Version, v.Digest, v.Records, v.Added, v.Removed, v.Changed, v.Unchanged)
	if v.noChange {
		if !p.screen.terminal {
			p.note("nothing changed since %s, so no version was made", v.Version)
		}
		return p.tell(v, line, "nothing changed since %s (%s), so no version was made", v.Version, count(v.Records, "record"))
	}
	summary := fmt.Sprintf("%s, %s\n%s added, %s removed, %s changed, %s unchanged", count(v.Records, "record"), bytesWords(v.Bytes),
		thousands(v.Added), thousands(v.Removed), thousands(v.Changed), thousands(v.Unchanged))
	if p.dryRun {
		return p.tell(v, line, "would make %s: %s\nnothing was changed", v.Version, summary)
	}
	return p.tell(v, line, "%s  %s\n%s\nlog entry %d", v.Version, short(v.Digest), summary, v.AuditIndex)
}
