package ctl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	govdv1 "govd/proto/govd/v1"
)

func changeReviewCmd(a *app) *cobra.Command {
	var s signing
	cmd := &cobra.Command{
		Use:   "review CHANGE",
		Short: "Look at a change step by step, and vote",
		Long: `Look at a change step by step in a terminal: what it does in sum, then each
transition, the largest first, with samples of its records, then the vote. Enter
goes on; ? lists the keys. What was fetched is recorded with the vote.`,
		Example: `  govctl change review 7
  govctl change review 7 --sign`,
		Args:              args(1, 1),
		ValidArgsFunction: a.completeChange,
		RunE: a.with(func(ctx context.Context, c *client, args []string) error {
			id, err := changeID(args[0])
			if err != nil {
				return err
			}
			if _, asks := terminal(a.stdin); !asks || !a.screen.terminal || a.json {
				err := complain(exitUsage, "NOT_A_TERMINAL", "a review asks questions: it needs a terminal")
				return hint(err, "'govctl change show %d --stat', 'show %d --diff' and 'approve %d --expect DIGEST' do without", id, id, id)
			}
			r, err := a.newReview(ctx, c, id, s)
			if err != nil {
				return refused(err, id)
			}
			return refused(r.run(ctx), id)
		}),
	}
	s.flags(cmd)
	return cmd
}

// samples is how many edits a review shows at a time.
const samples = 8

// A review plays one review: it writes to the app's stdout and reads lines from
// in, so that a test can play it too.
type review struct {
	*app
	client  *client
	in      *bufio.Reader
	signing signing

	id    uint64
	me    string // id of the reviewer
	resp  *govdv1.GetChangeResponse
	names names
	stat  statView

	at      int     // the transition that is looked at
	looks   []look  // at each transition
	showing []shown // the samples of it that were shown
}

// A look is how much of a transition was seen.
type look struct {
	seen       uint64
	key, label string // of the last edit
}

// A shown edit is a line of samples.
type shown struct {
	nr     int
	edit   *govdv1.LabelEdit
	record recordView
}

// newReview fetches what a review begins with.
func (a *app) newReview(ctx context.Context, c *client, id uint64, s signing) (*review, error) {
	resp, n, err := c.getChange(ctx, id)
	if err != nil {
		return nil, err
	}
	stat, err := c.StatChange(ctx, &govdv1.StatChangeRequest{Change: id, Revision: resp.GetChange().GetRevision()})
	if err != nil {
		return nil, err
	}
	if stat.GetRevision().GetDigest() != resp.GetChange().GetDigest() {
		return nil, complain(exitRefused, "STALE_DIGEST", "change %d was revised this moment", id)
	}
	status, err := c.GetStatus(ctx, &govdv1.GetStatusRequest{})
	if err != nil {
		return nil, err
	}
	v := viewStat(id, stat, n)
	return &review{
		app: a, client: c, in: bufio.NewReader(a.stdin), signing: s, id: id, me: status.GetPerson().GetId(),
		resp: resp, names: n, stat: v, at: -1, looks: make([]look, len(v.Transitions)),
	}, nil
}

func (r *review) run(ctx context.Context) error {
	if err := r.summary(); err != nil {
		return err
	}
	for {
		answer, err := r.ask(ctx, r.prompt())
		if err != nil {
			return r.left(err)
		}
		done, err := r.do(ctx, answer)
		if done || err != nil {
			return r.left(err)
		}
	}
}

// left says that nothing was voted where the input has ended, which is as good a
// way to leave as any.
func (r *review) left(err error) error {
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(r.stdout)
		return r.say("no vote was cast")
	}
	return err
}

// do does what a key says. It reports whether the review is over.
func (r *review) do(ctx context.Context, key string) (done bool, err error) {
	switch key {
	case "":
		return r.onward(ctx)
	case "n", "p":
		return false, r.move(ctx, map[string]int{"n": 1, "p": -1}[key])
	case "s":
		return false, r.summary()
	case "v":
		return r.vote(ctx)
	case "q":
		return true, r.say("no vote was cast")
	case "?":
		return false, r.say(reviewKeys...)
	}
	for _, s := range r.showing {
		if strconv.Itoa(s.nr) == key {
			return false, r.detail(s)
		}
	}
	return false, r.say("no " + strconv.Quote(key) + " here; ? lists the keys")
}

var reviewKeys = []string{
	"enter  more samples, then the next transition, at last the vote",
	"n, p   the next or the previous transition",
	"1, 2…  all there is to the record of that number",
	"s      the summary again",
	"v      vote",
	"q      leave without a vote",
}

// prompt says what enter does, and the other keys.
func (r *review) prompt() string {
	enter := "vote"
	switch {
	case r.at >= 0 && r.hasMore():
		enter = "more"
	case r.at+1 < len(r.looks):
		enter = "next"
		if r.at < 0 {
			enter = "look"
		}
	}
	return fmt.Sprintf("[enter] %s  [n]ext  [p]revious  [1] record  [v]ote  [q]uit  [?] help > ", enter)
}

// hasMore reports whether there is more of the transition.
func (r *review) hasMore() bool { return r.looks[r.at].seen < r.stat.Transitions[r.at].Count }

// onward shows more, goes on to the next transition, or to the vote.
func (r *review) onward(ctx context.Context) (done bool, err error) {
	switch {
	case r.at >= 0 && r.hasMore():
		return false, r.more(ctx)
	case r.at+1 < len(r.looks):
		return false, r.move(ctx, 1)
	}
	return r.vote(ctx)
}

// move goes to another transition and shows the first samples of it.
func (r *review) move(ctx context.Context, by int) error {
	to := r.at + by
	if to < 0 || to >= len(r.looks) {
		return r.say("that was the " + map[bool]string{true: "first", false: "last"}[to < 0] + " transition")
	}
	r.at, r.looks[to], r.showing = to, look{}, nil
	return r.more(ctx)
}

// ask shows a prompt and reads a line. Ctrl-C ends the wait.
func (r *review) ask(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(r.stdout, prompt)
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := r.in.ReadString('\n')
		read <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(r.stdout)
		return "", ctx.Err()
	case l := <-read:
		return strings.TrimSpace(l.text), l.err
	}
}
