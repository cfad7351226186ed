package ctl

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"govd/internal/gov"
	govdv1 "govd/proto/govd/v1"
)

// completeTime is how long a shell waits for the server's suggestions.
const completeTime = time.Second

const noFiles = cobra.ShellCompDirectiveNoFileComp

// suggest asks the server for suggestions. Whatever goes wrong, there are none.
func (a *app) suggest(cmd *cobra.Command, ask func(context.Context, *client) iter.Seq2[string, error]) (names []string) {
	c, err := a.connect()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
	defer cancel()
	for name, err := range ask(ctx, c) {
		if err != nil {
			return names
		}
		names = append(names, name)
	}
	return names
}

// completeRef suggests datasets, and after an @ the newest versions. Only a
// first argument is a reference; files may follow it.
func (a *app) completeRef(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	dataset, _, hasAt := strings.Cut(begun, "@")
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		if !hasAt {
			return convert(c.datasets(ctx, ""), (*govdv1.Dataset).GetName)
		}
		resp, err := c.ListVersions(ctx, &govdv1.ListVersionsRequest{Ref: dataset, PageSize: 50})
		refs := []string{dataset + "@latest"}
		for _, v := range resp.GetVersions() {
			refs = append(refs, v.GetRef())
			for _, tag := range v.GetTags() {
				refs = append(refs, dataset+"@"+tag)
			}
		}
		return func(yield func(string, error) bool) {
			for _, ref := range refs {
				if !yield(ref, err) {
					return
				}
			}
		}
	}), noFiles
}

func (a *app) completeProject(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		return convert(c.projects(ctx), (*govdv1.Project).GetName)
	}), noFiles
}

// completePlace suggests projects, and datasets once there is a slash.
func (a *app) completePlace(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	if strings.Contains(begun, "/") {
		return a.completeRef(cmd, nil, begun)
	}
	return a.completeProject(cmd, nil, begun)
}

// completeAction suggests actions, and a place after one.
func (a *app) completeAction(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	for _, arg := range args {
		if _, err := gov.ParseAction(arg); err == nil {
			return a.completePlace(cmd, args, begun)
		}
	}
	return wordsOf(gov.Actions), noFiles
}

// completeGrant suggests the role and the place of a grant.
func (a *app) completeGrant(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	switch len(args) {
	case 1:
		return wordsOf(gov.Roles), noFiles
	case 2:
		return a.completePlace(cmd, args, begun)
	}
	return nil, noFiles
}

// completePlaceThenFile suggests a place, and files after it.
func (a *app) completePlaceThenFile(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.completePlace(cmd, args, begun)
}

// completeChange suggests the newest changes that are open, with what they are.
// Files may follow.
func (a *app) completeChange(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		resp, err := c.ListChanges(ctx, &govdv1.ListChangesRequest{Place: "*", State: "open", PageSize: 50})
		if err != nil {
			return failing(err)
		}
		return convert(seq(resp.GetChanges()), func(ch *govdv1.Change) string {
			return fmt.Sprintf("%d\t%s %s", ch.GetNumber(), ch.GetDataset(), clean(ch.GetMessage()))
		})
	}), noFiles
}

// completeRelabel suggests the names of labels after the keys and after the =.
func (a *app) completeRelabel(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	at := strings.LastIndexAny(begun, ":=") + 1
	if at == 0 || len(args) == 0 {
		return nil, noFiles
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		resp, err := c.GetStats(ctx, &govdv1.GetStatsRequest{Ref: args[0]})
		if err != nil {
			return failing(err)
		}
		end := ""
		if begun[at-1] == ':' {
			end = "="
		}
		return convert(seq(byCount(resp.GetLabels())), func(name string) string { return begun[:at] + name + end })
	}), noFiles | cobra.ShellCompDirectiveNoSpace
}

func (a *app) completeKey(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return a.suggest(cmd, func(ctx context.Context, c *client) iter.Seq2[string, error] {
		resp, err := c.ListKeys(ctx, &govdv1.ListKeysRequest{})
		if err != nil {
			return failing(err)
		}
		return convert(seq(resp.GetKeys()), (*govdv1.SSHKey).GetFingerprint)
	}), cobra.ShellCompDirectiveDefault
}

// failing is a listing that fails.
func failing(err error) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", err) }
}

func (a *app) completeContext(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	config, err := a.loadConfig()
	if err != nil || len(args) > 0 {
		return nil, noFiles
	}
	for _, t := range config.Contexts {
		names = append(names, t.Name)
	}
	return names, noFiles
}

func wordsOf[T ~string](list []T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}
