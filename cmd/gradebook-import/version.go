package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker: -X main.version=….
var version string

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(t *terminal) error {
	fmt.Fprintf(t.out, "%s %s (%s, %s/%s)\n", program, thisVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

func thisVersion() string {
	info, _ := debug.ReadBuildInfo()
	return resolveVersion(version, info)
}

// resolveVersion is what the linker was told, else the module's version, else the commit, else devel.
func resolveVersion(injected string, info *debug.BuildInfo) string {
	switch {
	case injected != "":
		return injected
	case info == nil:
		return "devel"
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	revision := settings["vcs.revision"]
	if revision == "" {
		return "devel"
	}
	name := "devel-" + revision[:min(len(revision), 12)]
	if settings["vcs.modified"] == "true" {
		name += "-dirty"
	}
	return name
}
