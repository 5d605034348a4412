package main

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// misread is a command line, or a config file, that was not understood.
type misread struct {
	args    []string
	files   *configFiles
	command *kong.Node // that was meant
}

// leave leaves a report that says why this run could not begin, as far as it can be told that it is a run, and where its
// report goes.
func (m misread) leave(err error, t *terminal) error {
	j := job{files: &fileFlags{}, output: &outputFlags{}, names: importNames(), term: t}
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context == nil || parse.Context.Selected() == nil {
		return nil
	}
	m.command = parse.Context.Selected()
	switch m.command.Name {
	case "run":
	case "validate":
		j.config.DryRun = true
	case "verify":
		j.verify, j.names = true, verifyNames()
	default:
		return nil
	}
	j.output.ReportDir = m.value("report-dir")
	_ = j.files.Shard.UnmarshalText([]byte(m.value("shard"))) // else it is that of the whole
	if !j.verify {
		j.rows = &rowFlags{checkpointFlags: checkpointFlags{Checkpoint: m.value("checkpoint")}}
	}
	if j.busy(nil) {
		return nil
	}
	return j.leave(j.unbegun(time.Now(), refused(err, m.files)))
}

// value is what a flag would have been; "": that is not known, because the config file was not read.
func (m misread) value(flag string) string {
	config := os.Getenv(variable("config"))
	for i, arg := range m.args {
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(m.args) {
			value = m.args[i+1]
		}
		switch name {
		case "--" + flag:
			return value
		case "--config":
			config = value
		}
	}
	if value, ok := os.LookupEnv(variable(flag)); ok {
		return value
	}
	if _, v := m.files.find(flag); len(v.texts) > 0 {
		return v.texts[0]
	}
	if config != "" && len(m.files.read) == 0 {
		return ""
	}
	for _, f := range flagsOf(m.command) {
		if f.Name == flag {
			return f.Default
		}
	}
	return ""
}
