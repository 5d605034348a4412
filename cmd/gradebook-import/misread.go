package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// misread is a command line, or a config file, that was not understood: all but some of its words were.
type misread struct {
	command *kong.Node    // that was meant; nil: it cannot be told
	rest    *kong.Context // what kong makes of the words without those; nil: nothing
	flags   []string      // that are among those, dashes and all
	files   *configFiles
}

// newMisread has kong read again what it refused, without the words that it refused, as often as it takes: so that flags
// are, also those behind the mistake, what they are in a command line without one.
func newMisread(k *kong.Kong, err error, files *configFiles) misread {
	m := misread{files: files}
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil {
		return m
	}
	m.rest, m.command = parse.Context, parse.Context.Selected()
	for args := m.rest.Args; m.rest.Error != nil; {
		at := len(args) - len(m.rest.Path[len(m.rest.Path)-1].Remainder())
		if at == len(args) {
			break
		}
		end := at + 1
		for end < len(args) && !strings.HasPrefix(args[end], "-") {
			end++
		}
		if args[at] == "--" { // which is understood, but not what is behind it
			end = len(args)
		}
		flag, _, _ := strings.Cut(args[at], "=")
		m.flags = append(m.flags, flag)
		args = slices.Concat(args[:at], args[end:])
		if m.rest, err = kong.Trace(k, args); err != nil {
			break
		}
	}
	return m
}

// leave leaves a report that says why this run could not begin, as far as it can be told that it is a run, and where its
// report goes.
func (m misread) leave(ctx context.Context, refusal error, t *terminal) error {
	if m.command == nil {
		return nil
	}
	j := job{files: &fileFlags{}, output: &outputFlags{}, names: importNames(), term: t}
	switch m.command.Name {
	case "run":
	case "validate":
		j.config.DryRun = true
	case "verify":
		j.verify, j.names = true, verifyNames()
	default:
		return nil
	}
	j.output.ReportDir, j.output.JSON = m.value("report-dir"), isTrue(m.value("json"))
	_ = j.files.Shard.UnmarshalText([]byte(m.value("shard"))) // else it is that of the whole
	if !j.verify {
		j.rows = &rowFlags{checkpointFlags: checkpointFlags{Checkpoint: m.value("checkpoint")}}
	}
	return j.unbegun(ctx, time.Now(), refusal)
}

// value is what a flag would have been; "": that is not known, because it was not understood, or the config file not read.
func (m misread) value(name string) string {
	if slices.Contains(m.flags, "--"+name) {
		return ""
	}
	if m.rest != nil {
		for _, p := range m.rest.Path {
			if p.Flag != nil && p.Flag.Name == name {
				return fmt.Sprint(m.rest.FlagValue(p.Flag))
			}
		}
	}
	if value, ok := os.LookupEnv(variable(name)); ok {
		return value
	}
	if _, v := m.files.find(name); len(v.texts) > 0 {
		return v.texts[0]
	}
	if name == "config" || m.command == nil || m.configured() && len(m.files.read) == 0 {
		return ""
	}
	for _, f := range flagsOf(m.command) {
		if f.Name == name {
			return f.Default
		}
	}
	return ""
}

// configured tells whether a config file was to be read.
func (m misread) configured() bool {
	return slices.Contains(m.flags, "--config") || m.value("config") != ""
}
