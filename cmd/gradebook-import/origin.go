package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"gradebook-import/importer/gradecsv"
)

// Where a setting stands: on the command line, else in the environment, else in a config file. Messages name that place, by
// what kong knows of each flag, so that a person looks where the value is.

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "GRADEBOOK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func isSet(name string) bool {
	_, ok := os.LookupEnv(name)
	return ok
}

// variables are the flags in the environment. They go before those in a config file (settings).
type variables struct{}

// Validate allows all: what is almost the name of a setting is warned of (warnEnvironment).
func (variables) Validate(*kong.Application) error { return nil }

// Resolve is a flag's value in the environment; nil where it has none.
func (variables) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	name := variable(flag.Name)
	text, ok := os.LookupEnv(name)
	if !ok {
		return nil, nil
	}
	if err := fits(flag, text); err != nil {
		return nil, &misset{fmt.Errorf("environment variable %s: %w", name, err)}
	}
	return text, nil
}

// misset is what is wrong with a value that is not the command line's, with its place: the name of the flag need not go before.
type misset struct{ error }

// configFiles are the config files that were read.
type configFiles struct{ read []*settings }

func (c *configFiles) load(r io.Reader) (kong.Resolver, error) {
	s, err := loadConfig(r)
	if err == nil {
		c.read = append(c.read, s)
		return s, nil
	}
	return nil, err
}

// find is a setting of a file, and the file; nil: none has it.
func (c *configFiles) find(name string) (*settings, setting) {
	for _, s := range c.read {
		if v, ok := s.values[name]; ok {
			return s, v
		}
	}
	return nil, setting{}
}

// origins say where the settings of a command line stand.
type origins struct {
	parsed *kong.Context
	files  *configFiles
}

// given tells whether a flag is on the command line.
func (o origins) given(flag string) bool {
	for _, p := range o.parsed.Path {
		if p.Flag != nil && p.Flag.Name == flag && !p.Resolved {
			return true
		}
	}
	return false
}

// of says where a value comes from; "": from nowhere.
func (o origins) of(flag *kong.Flag) string {
	switch file, v := o.files.find(flag.Name); {
	case o.given(flag.Name):
		return "command line"
	case isSet(variable(flag.Name)):
		return "environment, " + variable(flag.Name)
	case file != nil:
		return fmt.Sprintf("%s:%d", file.file, v.line)
	case flag.HasDefault || flag.IsBool():
		return "default"
	}
	return ""
}

// named is a setting as a person knows it, who must change it.
func (o origins) named(flag string) string {
	switch file, v := o.files.find(flag); {
	case o.given(flag):
	case isSet(variable(flag)):
		return "environment variable " + variable(flag)
	case file != nil:
		return file.place(flag, v)
	}
	return "--" + flag
}

// named is a setting as a person knows it: the flag, the variable, or the place in the config file.
func (t *terminal) named(flag string) string {
	if t.origins == nil {
		return "--" + flag
	}
	return t.origins.named(flag)
}

// unread is why files cannot be read, with the place of the setting where that is to blame.
func (t *terminal) unread(err error) error {
	var option *gradecsv.OptionError
	if errors.As(err, &option) {
		return usage("%s: %w", t.named(option.Option), err)
	}
	return err
}
