package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The same graph in PostgreSQL, walked by the recursive query that lineage
// systems on a relational database run. It needs a server's programs on this
// machine, and is skipped without them.

// A postgres is a server of our own, on a unix socket in a directory of its own.
type postgres struct {
	b    *testing.B
	dir  string
	user *syscall.Credential // nil: ours
}

func startPostgres(b *testing.B) *postgres {
	for _, name := range []string{"initdb", "pg_ctl", "postgres", "psql"} {
		if postgresProgram(name) == "" {
			b.Skipf("no PostgreSQL server is installed: there is no %s", name)
		}
	}
	dir, err := os.MkdirTemp("", "govd-pg-")
	must(b, err)
	p := &postgres{b: b, dir: dir}
	b.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		p.become("postgres", "nobody")
	}
	p.run("initdb", "-D", p.data(), "-A", "trust", "-U", "bench", "--no-sync")
	settings := fmt.Sprintf("-k %s -c listen_addresses='' -c shared_buffers=1GB -c work_mem=64MB -c jit=off -c max_wal_size=8GB -c synchronous_commit=off", dir)
	p.run("pg_ctl", "-D", p.data(), "-l", filepath.Join(dir, "log"), "-o", settings, "-w", "-t", "60", "start")
	b.Cleanup(func() { p.run("pg_ctl", "-D", p.data(), "-m", "immediate", "-w", "stop") })
	return p
}

// postgresProgram returns where a program of PostgreSQL is, "" if nowhere.
func postgresProgram(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// become lets the server run as the first user that there is: it refuses root.
func (p *postgres) become(names ...string) {
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if errors.Join(err1, err2, os.Chown(p.dir, uid, gid)) == nil {
			p.user = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return
		}
	}
	p.b.Skip("PostgreSQL refuses to run as root, and there is no other user to run it as")
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

func (p *postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(postgresProgram(name), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.user}
	return cmd
}

func (p *postgres) run(name string, args ...string) {
	p.b.Helper()
	cmd := p.command(name, args...)
	var said bytes.Buffer
	if name != "pg_ctl" { // whose server would hold the pipe open
		cmd.Stdout, cmd.Stderr = &said, &said
	}
	if err := cmd.Run(); err != nil {
		p.b.Fatalf("%s: %v\n%s", name, err, said.Bytes())
	}
}

// psql starts a session that reads a script, and returns what it writes.
func (p *postgres) psql(script func(w *bufio.Writer)) string {
	p.b.Helper()
	cmd := p.command("psql", "-h", p.dir, "-U", "bench", "-d", "postgres", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	in, err := cmd.StdinPipe()
	must(p.b, err)
	must(p.b, cmd.Start())
	w := bufio.NewWriterSize(in, 1<<20)
	script(w)
	w.Flush()
	in.Close()
	if err := cmd.Wait(); err != nil {
		p.b.Fatalf("psql: %v\n%.2000s", err, out.String())
	}
	return out.String()
}

// load copies the graph of BenchmarkWalk, with its outputs.
func (p *postgres) load(blocks int) {
	p.psql(func(w *bufio.Writer) {
		fmt.Fprintln(w, "create unlogged table nodes (id bigint not null, name text not null);")
		fmt.Fprintln(w, "create unlogged table edges (child bigint not null, parent bigint not null);")
	})
	numbers := map[string]int{}
	var number func(name string) int
	p.psql(func(w *bufio.Writer) {
		edges, err := os.Create(filepath.Join(p.dir, "edges"))
		must(p.b, err)
		defer edges.Close()
		e := bufio.NewWriterSize(edges, 1<<20)
		fmt.Fprintln(w, "copy nodes from stdin;")
		next := 0
		number = func(name string) int {
			n, ok := numbers[name]
			if !ok {
				next++
				n, numbers[name] = next, next
				fmt.Fprintf(w, "%d\t%s\n", n, name)
			}
			return n
		}
		edge := func(child, parent string) { fmt.Fprintf(e, "%d\t%d\n", number(child), number(parent)) }
		for k := range blocks {
			clear(numbers) // blocks share no nodes
			eachRun(k, func(run int, inputs, outputs []string) {
				for _, in := range inputs {
					edge(fmt.Sprint("run:", run), in)
				}
				for _, out := range outputs {
					edge(out, fmt.Sprint("run:", run))
				}
			})
		}
		edge("batch:1", "model:bench/model:v1")
		for i := range 10_000 {
			edge(fmt.Sprintf("output:sha256:%x", output(i)), "batch:1")
		}
		fmt.Fprintln(w, `\.`)
		must(p.b, e.Flush())
	})
	p.psql(func(w *bufio.Writer) {
		fmt.Fprintf(w, "\\copy edges from '%s'\n", filepath.Join(p.dir, "edges"))
		for _, index := range []string{"unique index on nodes (id)", "unique index on nodes (name)", "index on edges (child)", "index on edges (parent)"} {
			fmt.Fprintf(w, "create %s;\n", index)
		}
		fmt.Fprintln(w, "vacuum analyze nodes;\nvacuum analyze edges;")
	})
}

// walk asks for what some nodes came of, or what came of them, in one session,
// and returns how long each answer took to come whole.
func (p *postgres) walk(from, to string, want int, starts []string) (took []time.Duration) {
	p.b.Helper()
	query := func(start, answer string) string {
		return fmt.Sprintf("with recursive walk(id) as (select id from nodes where name = '%s' union select e.%s from walk join edges e on e.%s = walk.id) select %s from walk join nodes n using (id);",
			start, to, from, answer)
	}
	if n := strings.TrimSpace(p.psql(func(w *bufio.Writer) { fmt.Fprintln(w, query(starts[0], "count(n.name)")) })); n != strconv.Itoa(want) {
		p.b.Fatalf("the answer has %s nodes, want %d", n, want)
	}
	said := p.psql(func(w *bufio.Writer) {
		fmt.Fprintln(w, "\\timing on")
		for _, start := range starts {
			fmt.Fprintf(w, "\\o /dev/null\n%s\n\\o\n", query(start, "n.name"))
		}
	})
	for line := range strings.Lines(said) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Time:" {
			ms, err := strconv.ParseFloat(fields[1], 64)
			must(p.b, err)
			took = append(took, time.Duration(ms*1e6))
		}
	}
	if len(took) != len(starts) {
		p.b.Fatalf("%d times of %d queries: %.500s", len(took), len(starts), said)
	}
	return took
}

// BenchmarkPostgres walks the graph of BenchmarkWalk in PostgreSQL.
func BenchmarkPostgres(b *testing.B) {
	p := startPostgres(b)
	blocks := max(2, *lineageEdges/blockEdges)
	begin := time.Now()
	p.load(blocks)
	b.Logf("%d edges loaded in %v", blocks*blockEdges, time.Since(begin).Round(time.Second))
	const warm = 10
	ends := func(parity int) (names []string) {
		for n := range 100 + warm {
			names = append(names, end(n*74%(blocks-blocks%2)+parity))
		}
		return names
	}
	b.Run("trace=10202", func(b *testing.B) { quantiles(b, p.walk("child", "parent", blockNodes, ends(0))[warm:]) })
	b.Run("impact=10202", func(b *testing.B) { quantiles(b, p.walk("parent", "child", blockNodes, ends(1))[warm:]) })
	b.Run("output", func(b *testing.B) {
		var names []string
		for n := range 1000 {
			names = append(names, fmt.Sprintf("output:sha256:%x", output(n*7%10_000)))
		}
		quantiles(b, p.walk("child", "parent", 3, names))
	})
}
