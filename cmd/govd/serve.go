package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"govd/internal/daemon"
)

// serve runs the daemon. Flags win over the configuration file.
func serve(ctx context.Context, fs *flag.FlagSet, args []string, _, stderr io.Writer) error {
	def := daemon.Default()
	data := fs.String("data", def.Data, "data `directory`; made if it is not there")
	listen := fs.String("listen", def.Listen, "TCP `address`, or none; the unix socket DIR/govd.sock is always there")
	config := fs.String("config", "", "configuration `file`, .toml or .yaml")
	if err := parse(fs, args); err != nil {
		return err
	}
	cfg := def
	if *config != "" {
		var err error
		if cfg, err = daemon.ReadConfig(*config); err != nil {
			return err
		}
	}
	fs.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "data":
			cfg.Data = *data
		case "listen":
			cfg.Listen = *listen
		}
	})
	return daemon.Run(ctx, cfg, cfg.Logger(stderr), func(addrs []string) { greet(stderr, cfg, addrs) })
}

// greet tells a person at a terminal how to go on. Programs read the log.
func greet(stderr io.Writer, cfg daemon.Config, addrs []string) {
	token := daemon.Dir(cfg.Data).BootstrapToken()
	if _, err := os.Stat(token); err == nil && isTerminal(stderr) {
		fmt.Fprintf(stderr, "\ngovd serves %s. It has no admin yet; make the first one with\n\n  govctl --addr unix:%s bootstrap NAME\n\n", cfg.Data, addrs[0])
	}
}
