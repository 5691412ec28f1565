package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"tocsin/enrich/gazetteer"
)

// The linker sets these in a release: -ldflags "-X main.version=v1.2.3 -X main.revision=…".
var (
	version  = "dev"
	revision string // that of the version control by itself where this is empty
)

type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func buildInfo() build {
	b := build{Version: version, Revision: revision, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok && revision == "" {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Revision = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	return b
}

type versionCmd struct {
	Verbose bool `help:"Also tell what the program holds and whose work it is."`
}

// Run implements the command.
func (c versionCmd) Run(std streams) error {
	b := buildInfo()
	line := "tocsin " + b.Version
	if b.Revision != "" {
		line += " (" + b.Revision[:min(12, len(b.Revision))]
		if b.Modified {
			line += ", modified"
		}
		line += ")"
	}
	line = fmt.Sprintf("%s %s %s\n", line, b.Go, b.Platform)
	if c.Verbose {
		g := gazetteer.Load()
		line += fmt.Sprintf("\nLicence: Apache-2.0. See LICENSE and NOTICE in the source.\nGazetteer: %d places.\n%s\n", g.Len(), gazetteer.Attribution)
	}
	_, err := io.WriteString(std.out, line)
	return err
}
