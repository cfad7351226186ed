package ctl

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"govd/internal/gov"
)

// A target is a server and who to be there. A saved one is called a context.
type target struct {
	Name        string `yaml:"name"`
	Addr        string `yaml:"addr"`            // unix:PATH or host:port
	Token       string `yaml:"token,omitempty"` // secret
	CA          string `yaml:"ca,omitempty"`    // files
	Cert        string `yaml:"client_cert,omitempty"`
	Key         string `yaml:"client_key,omitempty"`
	ServerName  string `yaml:"server_name,omitempty"`
	VerifierKey string `yaml:"verifier_key,omitempty"` // of the log, as the server told it when the context was saved
}

// A config is the file of contexts. It holds tokens, so nobody else may read it.
type config struct {
	path     string
	Current  string   `yaml:"current,omitempty"` // name of the context in use
	Contexts []target `yaml:"contexts,omitempty"`
}

// loadConfig reads the file of contexts; none is an empty one.
func (a *app) loadConfig() (*config, error) {
	path, err := a.configPath()
	if err != nil {
		return nil, err
	}
	c := &config{path: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := private(f); err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && err != io.EOF {
		return nil, complain(exitError, "BAD_CONFIG", "%s: %v", path, err)
	}
	return c, nil
}

func (a *app) configPath() (string, error) {
	if path := a.getenv("GOVCTL_CONFIG"); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", hint(complain(exitError, "NO_CONFIG_DIR", "%v", err), "name a file for your contexts in GOVCTL_CONFIG")
	}
	return filepath.Join(dir, "govctl", "config.yaml"), nil
}

// private refuses a file of secrets that others can read. Windows has no such
// modes; there the user's directory keeps others out.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		err := complain(exitRefused, "OPEN_TO_OTHERS", "%s holds tokens and others can read it (mode %04o)", f.Name(), mode)
		return hint(err, "run 'chmod 600 %s'; if others use this machine, replace its tokens", f.Name())
	}
	return nil
}

func (c *config) save() error {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(c); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return err
	}
	return writeFile(c.path, 0o600, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

// get returns the context of that name, or the one in use if name is empty.
// Without contexts that is the zero target.
func (c *config) get(name string) (target, error) {
	if name == "" {
		name = c.Current
	}
	if name == "" {
		return target{}, nil
	}
	for _, t := range c.Contexts {
		if t.Name == name {
			return t, nil
		}
	}
	return target{}, hint(gov.Errorf(gov.NotFound, "NO_CONTEXT", "no context %q", name), "'govctl context list' lists them")
}

// put saves t in place of the context of its name and uses it from now on.
func (c *config) put(t target) {
	c.remove(t.Name)
	c.Contexts = append(c.Contexts, t)
	slices.SortFunc(c.Contexts, func(a, b target) int { return strings.Compare(a.Name, b.Name) })
	c.Current = t.Name
}

func (c *config) remove(name string) {
	c.Contexts = slices.DeleteFunc(c.Contexts, func(t target) bool { return t.Name == name })
	if c.Current == name {
		c.Current = ""
	}
}

// freeName returns name, or name-2 and so on where name is another server's.
func (c *config) freeName(name, addr string) string {
	free := name
	for n := 2; slices.ContainsFunc(c.Contexts, func(t target) bool { return t.Name == free && t.Addr != addr }); n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	return free
}
