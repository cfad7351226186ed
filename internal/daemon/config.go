package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v3"

	"govd/internal/audit"
)

// A Config is the configuration file, TOML or YAML. Every field may be left out.
type Config struct {
	// Data is the data directory. Default: govd-data.
	Data string `toml:"data" yaml:"data"`
	// Listen is the TCP address; "none" for the unix socket alone. An address
	// beyond this host needs tls. Default: 127.0.0.1:7480.
	Listen string `toml:"listen" yaml:"listen"`
	// TLS holds the files for TLS 1.3 on the TCP address. All of them are read
	// again, at the next connection, when one has changed.
	TLS TLS `toml:"tls" yaml:"tls"`
	// Origin names the log when the data directory is made: a host name and a
	// path, say. It cannot be changed later, and is then not used. Default: govd/ and 12 random digits.
	Origin string `toml:"origin" yaml:"origin"`
	// Linger is how long a write may wait for others to share its fsync; 0s for
	// not at all. Default: 1ms.
	Linger Duration `toml:"linger" yaml:"linger"`
	// Content says where the server can read contents itself.
	Content Content `toml:"content" yaml:"content"`
	// Reflection offers gRPC server reflection to whoever can log in.
	// Default: false.
	Reflection bool `toml:"reflection" yaml:"reflection"`
	// LogLevel is debug, info, warn or error. Default: info, one line a call.
	LogLevel string `toml:"log_level" yaml:"log_level"`
	// Grace is how long calls in progress may take when the daemon stops.
	// Default: 20s.
	Grace Duration `toml:"grace" yaml:"grace"`
}

// TLS names the files for TLS.
type TLS struct {
	// Cert and Key are PEM files: the server's certificate chain and its key.
	Cert string `toml:"cert" yaml:"cert"`
	Key  string `toml:"key" yaml:"key"`
	// ClientCA is a PEM file with the authorities whose client certificates are
	// accepted. Their URI names are linked to people with "govctl person link".
	ClientCA string `toml:"client_ca" yaml:"client_ca"`
}

// A Duration is written "1ms" or "20s".
type Duration time.Duration

// UnmarshalText parses a duration.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{
		Data: "govd-data", Listen: "127.0.0.1:7480", Linger: Duration(time.Millisecond), LogLevel: "info", Grace: Duration(20 * time.Second),
		Content: Content{MaxBytes: 1 << 30},
	}
}

// ReadConfig reads a file over the defaults. Unknown keys are errors. The name
// says which form: .toml, .yaml or .yml.
func ReadConfig(path string) (Config, error) {
	cfg := Default()
	b, err := os.ReadFile(path)
	if err != nil {
		return cfg, err
	}
	switch filepath.Ext(path) {
	case ".toml":
		err = cfg.readTOML(b)
	case ".yaml", ".yml":
		err = cfg.readYAML(b)
	default:
		return cfg, fmt.Errorf("%s: want a .toml or .yaml file", path)
	}
	if err := errors.Join(err, cfg.Check()); err != nil {
		return cfg, fmt.Errorf("%s:\n%w", path, err)
	}
	return cfg, nil
}

func (c *Config) readTOML(b []byte) error {
	md, err := toml.Decode(string(b), c)
	errs := []error{err}
	for _, key := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("unknown key %s", key))
	}
	return errors.Join(errs...)
}

func (c *Config) readYAML(b []byte) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) { // an empty file is one
		return err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.Join(err, errors.New("want one document"))
	}
	return nil
}

// Check returns all that is wrong, not just the first.
func (c *Config) Check() error {
	var errs []error
	complain := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Data == "" {
		complain("data: name a directory")
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		complain("tls: cert and key come together")
	}
	if c.TLS.ClientCA != "" && c.TLS.Cert == "" {
		complain("tls: client_ca needs cert and key")
	}
	if _, err := c.level(); err != nil {
		complain("log_level: want debug, info, warn or error, not %q", c.LogLevel)
	}
	if c.Linger < 0 || c.Grace < 0 {
		complain("linger and grace cannot be negative")
	}
	if c.Origin != "" {
		if err := audit.CheckOrigin(c.Origin); err != nil {
			complain("origin: %w", err)
		}
	}
	errs = append(errs, c.Content.check()...)
	if err := c.checkListen(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkListen refuses plaintext beyond this host. There is no switch for it.
func (c *Config) checkListen() error {
	if c.Listen == noTCP {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: want host:port or none, not %q", c.Listen)
	}
	ip := net.ParseIP(host)
	if c.TLS.Cert == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen: %s can be reached from other hosts, and without TLS whoever listens there reads tokens: set tls.cert and tls.key, or listen on 127.0.0.1", c.Listen)
	}
	return nil
}

// noTCP is the Listen that opens no port.
const noTCP = "none"

func (c *Config) level() (l slog.Level, err error) {
	err = l.UnmarshalText([]byte(c.LogLevel))
	return l, err
}

// linger returns what the store calls none.
func (c *Config) linger() time.Duration {
	if c.Linger == 0 {
		return -1
	}
	return time.Duration(c.Linger)
}

// Logger returns a logger as the configuration says, JSON on w.
func (c *Config) Logger(w io.Writer) *slog.Logger {
	level, _ := c.level()
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}
