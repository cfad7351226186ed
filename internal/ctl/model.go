package ctl

import (
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func modelCmd(a *app) *cobra.Command {
	return group("model", "Register models, look them up, say where they serve",
		modelRegisterCmd(a), modelListCmd(a), modelShowCmd(a), modelTagCmd(a), modelUntagCmd(a),
		modelDeployCmd(a), modelUndeployCmd(a), modelDeploymentsCmd(a))
}

type modelView struct {
	Model       string     `json:"model"`
	Digest      string     `json:"digest"`
	Files       uint64     `json:"files"`
	Bytes       uint64     `json:"bytes"`
	Run         string     `json:"run"`
	Exploratory bool       `json:"exploratory"`
	Tags        []string   `json:"tags"`
	OMS         string     `json:"oms,omitempty"`
	By          string     `json:"by"`
	Created     time.Time  `json:"created"`
	AuditIndex  uint64     `json:"audit_index"`
	List        []fileView `json:"file_list,omitempty"`
}

type fileView struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Size   uint64 `json:"size"`
}

func viewModel(m *govdv1.Model) modelView {
	v := modelView{
		Model: m.GetRef(), Digest: m.GetDigest(), Files: m.GetFileCount(), Bytes: m.GetBytes(), Run: m.GetRun(), Exploratory: m.GetExploratory(),
		Tags: nonNil(m.GetTags()), OMS: m.GetOms(), By: first(m.GetByName(), m.GetBy()), Created: when(m.GetCreated()), AuditIndex: m.GetAuditIndex(),
	}
	for _, f := range m.GetFiles() {
		v.List = append(v.List, fileView{f.GetName(), digestOf(f.GetSha256()), f.GetSize()})
	}
	return v
}

func modelColumns() []column[modelView] {
	return []column[modelView]{
		{name: "MODEL", value: func(m modelView) any { return m.Model }},
		{name: "DIGEST", value: func(m modelView) any { return digest(m.Digest) }},
		{name: "FILES", value: func(m modelView) any { return m.Files }, right: true},
		{name: "SIZE", value: func(m modelView) any { return size(m.Bytes) }, right: true},
		{name: "RUN", value: func(m modelView) any { return m.Run }},
		{name: "EXPLORATORY", value: func(m modelView) any { return m.Exploratory }},
		{name: "TAGS", value: func(m modelView) any { return m.Tags }},
		{name: "BY", value: func(m modelView) any { return m.By }},
		{name: "CREATED", value: func(m modelView) any { return m.Created }},
	}
}

func modelRegisterCmd(a *app) *cobra.Command {
	var run, oms string
	var files []string
	cmd := &cobra.Command{
		Use:   "register PROJECT/NAME",
		Short: "Give a model a new version, identified by its files",
		Long: `Give a model a new version. It is identified by the digest of the list of its
files, which are hashed here and not sent. --oms names an OpenSSF model-signing
bundle instead, or as well: then both must name the same files.

Without --from no run is known that made it, which 'govctl lineage gaps' tells.`,
		Example: `  govctl model register hands/pose --from $RUN --file weights.bin --file config.json
  govctl model register hands/pose --from $RUN --oms model.sig`,
		Args: args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			if len(files) == 0 && oms == "" {
				return usage("name the model's files with --file, or a signed list of them with --oms")
			}
			m, err := a.registerModel(ctx, c, args[0], run, files, oms)
			if err != nil {
				return err
			}
			return a.tell(viewModel(m), m.GetRef(), "%s is registered: %s", m.GetRef(), short(m.GetDigest()))
		}),
	}
	f := cmd.Flags()
	f.StringVar(&run, "from", "", "the run that made it")
	f.StringArrayVar(&files, "file", nil, "a file, or a directory of files; repeat for more")
	f.StringVar(&oms, "oms", "", "file of a model-signing bundle")
	return cmd
}

// registerModel hashes the files and registers the model.
func (a *app) registerModel(ctx context.Context, c *client, name, run string, files []string, oms string) (*govdv1.Model, error) {
	req := &govdv1.RegisterModelRequest{RequestId: requestID(), Model: name, Run: run}
	for _, path := range files {
		if err := addFiles(req, path); err != nil {
			return nil, err
		}
	}
	if oms != "" {
		b, err := os.ReadFile(oms)
		if err != nil {
			return nil, err
		}
		req.Oms = b
	}
	resp, err := c.RegisterModel(ctx, req)
	return resp.GetModel(), err
}

// addFiles adds a file by its base name, or those of a directory by their paths
// in it.
func addFiles(req *govdv1.RegisterModelRequest, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		f, err := hashedFile(path, filepath.Base(path))
		req.Files = append(req.Files, f)
		return err
	}
	return fs.WalkDir(os.DirFS(path), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := hashedFile(filepath.Join(path, filepath.FromSlash(name)), name)
		req.Files = append(req.Files, f)
		return err
	})
}

func hashedFile(path, name string) (*govdv1.ModelFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return &govdv1.ModelFile{Name: name, Sha256: h.Sum(nil), Size: uint64(n)}, err
}

func modelListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list PROJECT | PROJECT/NAME",
		Short: "List the models of a project, or the versions of a model",
		Example: `  govctl model list hands
  govctl model list hands/pose`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeProject,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			return list(a, "models", modelColumns(), convert(c.models(ctx, args[0]), viewModel))
		}),
	}
}

func (c *client) models(ctx context.Context, place string) iter.Seq2[*govdv1.Model, error] {
	return pages(func(token string) ([]*govdv1.Model, string, error) {
		resp, err := c.ListModels(ctx, &govdv1.ListModelsRequest{Place: place, PageSize: pageSize, PageToken: token})
		return resp.GetModels(), resp.GetNextPageToken(), err
	})
}

func modelShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show PROJECT/NAME[:v3 | :TAG]",
		Short:   "Show a version of a model, with its files",
		Example: `  govctl model show hands/pose:v3 --json`,
		Args:    args(1, 1),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.GetModel(ctx, &govdv1.GetModelRequest{Model: args[0]})
			if err != nil {
				return err
			}
			columns := append(modelColumns(), column[modelView]{name: "FILE LIST", value: func(m modelView) any {
				var names []string
				for _, f := range m.List {
					names = append(names, f.Name)
				}
				return names
			}})
			return show(a, columns, viewModel(resp.GetModel()))
		}),
	}
}

func modelTagCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "tag PROJECT/NAME:v3 TAG",
		Short:   "Let a tag name a version of a model; it may move",
		Example: `  govctl model tag hands/pose:v3 live`,
		Args:    args(2, 2),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.TagModel(ctx, &govdv1.TagModelRequest{RequestId: requestID(), Model: args[0], Tag: args[1]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "%s is %s", args[1], args[0])
		}),
	}
}

func modelUntagCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "untag PROJECT/NAME TAG",
		Short:   "Take a tag of a model away; the version stays",
		Example: `  govctl model untag hands/pose live`,
		Args:    args(2, 2),
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			resp, err := c.UntagModel(ctx, &govdv1.UntagModelRequest{RequestId: requestID(), Model: args[0], Tag: args[1]})
			if err != nil {
				return err
			}
			return a.tell(done{resp.GetAuditIndex()}, "", "tag %s is gone", args[1])
		}),
	}
}
