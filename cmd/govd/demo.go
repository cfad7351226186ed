package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"govd/internal/ctl"
	"govd/internal/daemon"
)

// demo plays the story of a dataset on a server of its own, through the public
// API, as separate people with separate credentials.
func demo(ctx context.Context, fs *flag.FlagSet, args []string, stdout, _ io.Writer) (err error) {
	once := fs.Bool("once", false, "stop the server and remove everything when the story is told")
	listen := fs.String("listen", "127.0.0.1:0", "TCP `address` of the server, or none")
	if err := parse(fs, args); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGPIPE) // "| head" must not keep it from cleaning up
	dir, err := os.MkdirTemp("", "govd-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &player{ctx: ctx, dir: dir, out: shortPaths{stdout, dir}}
	p.server = server{config: daemon.Default()}
	p.server.config.Data, p.server.config.Listen = filepath.Join(dir, "data"), *listen
	if err := p.server.start(ctx); err != nil {
		return err
	}
	if err := p.story(); err != nil {
		return errors.Join(err, p.server.stop())
	}
	if *once {
		return nil
	}
	if err := p.server.start(ctx); err != nil {
		return err
	}
	p.goOn()
	return <-p.server.ended
}

// A server is the daemon of the story, which can be stopped and started again.
type server struct {
	config daemon.Config
	cancel context.CancelFunc
	ended  chan error
}

// start returns when the server serves.
func (s *server) start(ctx context.Context) error {
	ctx, s.cancel = context.WithCancel(ctx)
	ready := make(chan []string, 1)
	s.ended = make(chan error, 1)
	go func() {
		s.ended <- daemon.Run(ctx, s.config, slog.New(slog.DiscardHandler), func(addrs []string) { ready <- addrs })
	}()
	select {
	case err := <-s.ended:
		return err
	case <-ready:
		return nil
	}
}

// stop returns when the server has ended.
func (s *server) stop() error {
	s.cancel()
	return <-s.ended
}

func (s *server) addr() string { return "unix:" + daemon.Dir(s.config.Data).Socket() }

// shortPaths writes paths within a directory as names.
type shortPaths struct {
	to  io.Writer
	dir string
}

// Write writes b, which never ends within a path.
func (s shortPaths) Write(b []byte) (int, error) {
	_, err := s.to.Write(bytes.ReplaceAll(b, []byte(s.dir+string(filepath.Separator)), nil))
	return len(b), err
}

// A player runs govctl as the people of the story and shows what they see.
type player struct {
	ctx    context.Context
	dir    string // everything lies here
	out    shortPaths
	server server

	eyes  inspector              // what the pictures show
	edits map[string][][2]string // of pictures with wrong labels: names as they are, and as they should be
	wrong string                 // one of those pictures
}

// say prints what the story says between commands.
func (p *player) say(format string, args ...any) {
	fmt.Fprintf(p.out, "\n# "+strings.ReplaceAll(format, "\n", "\n# ")+"\n", args...)
}

// as runs a command as a person and shows it with its output.
func (p *player) as(who string, args ...string) error { return p.run(who, "", 0, args...) }

// refused runs a command that must end with the given exit status.
func (p *player) refused(who string, status int, args ...string) error {
	return p.run(who, "", status, args...)
}

func (p *player) run(who, stdin string, want int, args ...string) error {
	fmt.Fprintf(p.out, "\n%s$ govctl %s\n", who, p.show(args))
	if got := p.govctl(who, strings.NewReader(stdin), p.out, p.out, args...); got != want {
		return fmt.Errorf("govctl %s: exit status %d, and the story says %d", p.show(args), got, want)
	}
	if want != 0 {
		fmt.Fprintf(p.out, "(exit status %d)\n", want)
	}
	return p.ctx.Err()
}

// govctl runs the client with the person's own configuration.
func (p *player) govctl(who string, stdin io.Reader, stdout, stderr io.Writer, args ...string) int {
	env := map[string]string{
		"GOVCTL_ADDR": p.server.addr(), "GOVCTL_CONFIG": p.config(who), "GOVCTL_CACHE": filepath.Join(p.dir, "cache"),
		"GOVCTL_TERMINAL": "80", "NO_COLOR": "1", "HOME": p.dir,
	}
	return ctl.Run(p.ctx, args, func(name string) string { return env[name] }, stdin, stdout, stderr)
}

func (p *player) config(who string) string { return filepath.Join(p.dir, who+".yaml") }

// in returns the path of a file of the story.
func (p *player) in(name string) string { return filepath.Join(p.dir, name) }

// show writes arguments as one would type them, with short paths.
func (p *player) show(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		a = strings.ReplaceAll(a, p.dir+string(filepath.Separator), "")
		if a == "" || strings.ContainsAny(a, " *") {
			a = "'" + a + "'"
		}
		words[i] = a
	}
	return strings.Join(words, " ")
}

// join lets a person in: the admin makes a token and the person logs in with
// it. The token goes from one to the other unseen.
func (p *player) join(who string, scope ...string) error {
	args := []string{"token", "create", who, "--expires", "30d"}
	for _, s := range scope {
		args = append(args, "--scope", s)
	}
	fmt.Fprintf(p.out, "\nalice$ govctl %s        # and hands the token to %s, who logs in with it\n", p.show(args), who)
	var out bytes.Buffer
	if status := p.govctl("alice", strings.NewReader(""), &out, p.out, append(args, "--json")...); status != 0 {
		return fmt.Errorf("no token for %s: exit status %d", who, status)
	}
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(out.Bytes(), &made); err != nil {
		return err
	}
	return p.run(who, made.Token+"\n", 0, "login")
}

// goOn says how to go on with the server that stays up.
func (p *player) goOn() {
	fmt.Fprintf(p.out.to, `
# The server stays up until you press Ctrl-C; then everything is removed. To go on
# in another terminal, as bob:

  export GOVCTL_ADDR=%s GOVCTL_CONFIG=%s
  go run ./cmd/govctl dataset log hands/parts
  go run ./cmd/govctl --help
`, p.server.addr(), p.config("bob"))
}
