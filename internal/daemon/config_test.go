package daemon

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func configFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestReadConfig(t *testing.T) {
	all := Config{
		Data: "/var/lib/govd", Listen: "0.0.0.0:7480", TLS: TLS{Cert: "c.pem", Key: "k.pem", ClientCA: "ca.pem"}, Origin: "data.example.org/govd",
		Linger: Duration(500 * time.Microsecond), Reflection: true, LogLevel: "warn", Grace: Duration(time.Minute),
		Content: Content{Roots: map[string]string{"hands/signs": "/srv/signs"}, MaxBytes: 4096},
	}
	for name, c := range map[string]struct {
		file, text string
		want       Config
	}{
		"empty TOML": {"a.toml", "", Default()},
		"empty YAML": {"a.yaml", "", Default()},
		"comments":   {"a.yml", "# nothing\n", Default()},
		"TOML": {"a.toml", `data = "/var/lib/govd"
listen = "0.0.0.0:7480"
origin = "data.example.org/govd"
linger = "500us"
reflection = true
log_level = "warn"
grace = "1m"
[tls]
cert = "c.pem"
key = "k.pem"
client_ca = "ca.pem"
[content]
roots = { "hands/signs" = "/srv/signs" }
max_bytes = 4096
`, all},
		"YAML": {"a.yaml", `data: /var/lib/govd
listen: 0.0.0.0:7480
origin: data.example.org/govd
linger: 500us
reflection: true
log_level: warn
grace: 1m
tls: {cert: c.pem, key: k.pem, client_ca: ca.pem}
content:
  roots: {hands/signs: /srv/signs}
  max_bytes: 4096
`, all},
	} {
		got, err := ReadConfig(configFile(t, c.file, c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: want -, got +\n%s", name, d)
		}
	}
}

// All that is wrong with a file is said at once, and which file it is.
func TestConfigComplaints(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"TOML keys and values": {"bad.toml", "dat = 'x'\nlisten = '0.0.0.0:1'\nlog_level = 'loud'\n[tls]\nkee = 'k'\n", []string{"bad.toml", "unknown key dat", "unknown key tls.kee", "log_level", "listen"}},
		"YAML keys and values": {"bad.yaml", "dat: x\nlisten: 0.0.0.0:1\nlog_level: loud\ntls: {kee: k}\n", []string{"bad.yaml", "dat", "kee", "log_level", "listen"}},
		"everything":           {"bad.toml", "data = ''\nlisten = 'x'\norigin = 'a b'\nlinger = '-1s'\n[tls]\ncert = 'c'\nclient_ca = 'x'\n", []string{"data:", "listen:", "origin:", "linger and grace", "cert and key"}},
		"authority alone":      {"bad.toml", "[tls]\nclient_ca = 'x'\n", []string{"client_ca needs cert and key"}},
		"duration":             {"bad.toml", "linger = '1'\n", []string{"linger", "missing unit"}},
		"duration in YAML":     {"bad.yaml", "grace: 1 fortnight\n", []string{"fortnight"}},
		"syntax":               {"bad.toml", "data = \n", []string{"bad.toml"}},
		"two documents":        {"bad.yaml", "data: a\n---\ndata: b\n", []string{"one document"}},
		"another form":         {"bad.json", "{}", []string{"bad.json", ".toml or .yaml"}},
	} {
		_, err := ReadConfig(configFile(t, c.file, c.text))
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in\n%v", name, want, err)
			}
		}
	}
	if _, err := ReadConfig("none.toml"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

// Without TLS, govd listens on this host alone.
func TestListenBeyondThisHost(t *testing.T) {
	for addr, ok := range map[string]bool{
		"none": true, "127.0.0.1:7480": true, "127.9.9.9:1": true, "[::1]:7480": true, "localhost:0": true,
		":7480": false, "0.0.0.0:7480": false, "[::]:7480": false, "10.0.0.1:1": false, "example.org:1": false, "localhost.example.org:1": false,
		"127.0.0.1": false, "": false, "[::ffff:10.0.0.1]:1": false,
	} {
		cfg := Default()
		cfg.Listen = addr
		if err := cfg.Check(); (err == nil) != ok {
			t.Errorf("listen %q: %v", addr, err)
		}
	}
	cfg := Default()
	cfg.Listen, cfg.TLS = ":7480", TLS{Cert: "c", Key: "k"}
	must(t, cfg.Check())
	cfg.TLS = TLS{}
	cfg.Data = string(newDir(t))
	refused(t, cfg, "can be reached from other hosts", "tls.cert")
}

func TestLingerOfNothing(t *testing.T) {
	cfg := Default()
	if cfg.linger() != time.Millisecond {
		t.Errorf("the default is %v", cfg.linger())
	}
	cfg.Linger = 0
	if cfg.linger() >= 0 {
		t.Errorf("0s is %v to the store, which takes 0 for its default", cfg.linger())
	}
}

// The example names every field, and says what the defaults are.
func TestExampleConfig(t *testing.T) {
	const path = "../../docs/govd.example.toml"
	b, err := os.ReadFile(path)
	must(t, err)
	cfg, err := ReadConfig(path)
	must(t, err)
	if d := cmp.Diff(Default(), cfg); d != "" {
		t.Errorf("with everything else commented out it should be the defaults (-), and is (+)\n%s", d)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Config](), reflect.TypeFor[TLS](), reflect.TypeFor[Content]()} {
		for i := range typ.NumField() {
			if key := typ.Field(i).Tag.Get("toml"); key != "tls" && key != "content" && !strings.Contains(string(b), key+" = ") {
				t.Errorf("it does not name %s", key)
			}
		}
	}
	uncommented := strings.ReplaceAll(string(b), "\n#! ", "\n")
	cfg, err = ReadConfig(configFile(t, "all.toml", uncommented))
	must(t, err)
	if cfg.TLS.ClientCA == "" || cfg.Origin == "" || len(cfg.Content.Roots) != 2 {
		t.Errorf("the commented settings do not read: %+v", cfg)
	}
}
