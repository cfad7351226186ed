package ctl

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

// A versionView is a version of a dataset as printed.
type versionView struct {
	Version    string    `json:"version"` // project/name@vN
	Digest     string    `json:"digest"`
	Root       string    `json:"root"`
	Records    uint64    `json:"records"`
	TreeBytes  uint64    `json:"tree_bytes"` // of keys and records, not of the files
	Parents    []string  `json:"parents"`
	Added      uint64    `json:"added"`
	Removed    uint64    `json:"removed"`
	Changed    uint64    `json:"changed"`
	Unchanged  uint64    `json:"unchanged"`
	Message    string    `json:"message"`
	By         string    `json:"by"`
	ByName     string    `json:"by_name"`
	Created    time.Time `json:"created"`
	AuditIndex uint64    `json:"audit_index"`
	Tags       []string  `json:"tags"`

	Change       uint64 `json:"change,omitempty"`       // that made it
	Ratification string `json:"ratification,omitempty"` // of a change for which the glass was broken
}

func viewVersion(v *govdv1.Version) versionView {
	n := v.GetCounts()
	return versionView{
		Version: v.GetRef(), Digest: v.GetDigest(), Root: v.GetRoot(), Records: v.GetRecords(), TreeBytes: v.GetBytes(),
		Parents: nonNil(v.GetParents()), Added: n.GetAdded(), Removed: n.GetRemoved(), Changed: n.GetChanged(), Unchanged: n.GetUnchanged(),
		Message: v.GetMessage(), By: v.GetBy(), ByName: v.GetByName(), Created: when(v.GetCreated()),
		AuditIndex: v.GetAuditIndex(), Tags: nonNil(v.GetTags()),
		Change: v.GetChange(), Ratification: v.GetRatification(),
	}
}

// origin names the change that made the version, and whether that stands.
func (v versionView) origin() string {
	switch {
	case v.Change == 0:
		return ""
	case v.Ratification == "":
		return fmt.Sprintf("change %d", v.Change)
	}
	return fmt.Sprintf("change %d, glass broken, %s", v.Change, strings.ToLower(v.Ratification))
}

// delta says how a version differs from its parent: "+3 -1 ~2".
func (v versionView) delta() string {
	return deltaWords(v.Added, v.Removed, v.Changed)
}

func deltaWords(added, removed, changed uint64) string {
	var words []string
	for _, w := range []struct {
		sign string
		n    uint64
	}{{"+", added}, {"-", removed}, {"~", changed}} {
		if w.n > 0 {
			words = append(words, w.sign+thousands(w.n))
		}
	}
	return strings.Join(words, " ")
}

func versionColumns() []column[versionView] {
	return []column[versionView]{
		{name: "VERSION", value: func(v versionView) any { return v.Version }},
		{name: "DIGEST", value: func(v versionView) any { return digest(v.Digest) }},
		{name: "ROOT", value: func(v versionView) any { return digest(v.Root) }},
		{name: "RECORDS", value: func(v versionView) any { return v.Records }},
		{name: "CHANGES", value: func(v versionView) any { return v.delta() }},
		{name: "PARENTS", value: func(v versionView) any { return v.Parents }, wide: true},
		{name: "MESSAGE", value: func(v versionView) any { return v.Message }},
		{name: "BY", value: func(v versionView) any { return first(v.ByName, v.By) }},
		{name: "CREATED", value: func(v versionView) any { return v.Created }},
		{name: "ENTRY", value: func(v versionView) any { return v.AuditIndex }},
		{name: "TAGS", value: func(v versionView) any { return v.Tags }},
		{name: "MADE BY", value: func(v versionView) any { return v.origin() }},
	}
}

// isRef reports whether s names a version rather than a dataset.
func isRef(s string) bool { return strings.Contains(s, "@") }

func datasetLogCmd(a *app) *cobra.Command {
	var limit uint
	cmd := &cobra.Command{
		Use:   "log REF",
		Short: "List the versions of a dataset, newest first",
		Example: `  govctl dataset log hands/signs
  govctl dataset log hands/signs@v7 -n 3`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeRef,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			versions := pages(func(token string) ([]*govdv1.Version, string, error) {
				resp, err := c.ListVersions(ctx, &govdv1.ListVersionsRequest{Ref: args[0], PageSize: pageOf(limit), PageToken: token})
				return resp.GetVersions(), resp.GetNextPageToken(), err
			})
			return list(a, "versions", logColumns(), convert(head(versions, limit, a.cut), viewVersion))
		}),
	}
	limitFlag(cmd, &limit, 0)
	return cmd
}

func logColumns() []column[versionView] {
	return []column[versionView]{
		{name: "VERSION", value: func(v versionView) any { return v.Version }, wide: true},
		{name: "NR", value: func(v versionView) any { return afterAt(v.Version) }},
		{name: "DIGEST", value: func(v versionView) any { return digest(v.Digest) }},
		{name: "RECORDS", value: func(v versionView) any { return v.Records }},
		{name: "CHANGES", value: func(v versionView) any { return v.delta() }},
		{name: "BY", value: func(v versionView) any { return first(v.ByName, v.By) }},
		{name: "CREATED", value: func(v versionView) any { return v.Created }},
		{name: "TAGS", value: func(v versionView) any { return v.Tags }},
		{name: "MESSAGE", value: func(v versionView) any { return v.Message }, prose: true},
		{name: "MADE BY", value: func(v versionView) any { return v.origin() }},
	}
}

func afterAt(ref string) string {
	_, after, _ := strings.Cut(ref, "@")
	return after
}

// pageOf returns the page size to ask for where limit items are wanted, and one
// more to know whether that is all.
func pageOf(limit uint) int32 {
	if limit > 0 && limit < pageSize {
		return int32(limit) + 1
	}
	return pageSize
}

func limitFlag(cmd *cobra.Command, limit *uint, most uint) {
	cmd.Flags().UintVarP(limit, "limit", "n", most, "at most so many; 0 for all")
}

// A programView is the program as printed.
type programView struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// program says what was built into this program.
func program() programView {
	v := programView{Version: "(unknown)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	return v
}

// versionCmd is about the program, not about datasets.
func versionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of govctl",
		Example: `  govctl version --json`,
		Args:    args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			v := program()
			return a.tell(v, v.Version, "govctl %s (%s)", v.Version, v.Go)
		},
	}
}
