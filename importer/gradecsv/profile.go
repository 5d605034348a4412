package gradecsv

import (
	"embed"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Profile says how the records of a file become results: which of its columns is which of OneRoster's, and what is to
// be done with what stands in them. It is written in YAML; samples/mappings/README.md shows all of it by example.
type Profile struct {
	name, about string
	path        string // "" of a built-in one
	// native says that the file has OneRoster's own columns and needs no mapping.
	native bool
	// seen are columns that the header must have for the profile to be recognised; each has alternatives.
	seen   [][]string
	wide   *wideRule
	rows   []rowRule
	fields []*fieldRule
	zone   *time.Location // nil: not said
}

// Name is what Options.Mapping calls the profile.
func (p *Profile) Name() string { return p.name }

// About is a line on the files that the profile is for.
func (p *Profile) About() string { return p.about }

// wideRule says which columns are assignments.
type wideRule struct {
	columns, except []*pattern
	// unless are what stands in the record of points where a column is no assignment.
	unless []string
}

// rowRule says which records are no results.
type rowRule struct {
	names []string // a column; empty: all assignment columns
	is    []string
	as    rowRole
}

type rowRole uint8

const (
	roleNone    rowRole = iota // dropped
	roleHeading                // kept with the header in the rejects
	rolePoints                 // kept as well; it has the points possible of the assignments
)

// origin is where a field's value comes from.
type origin uint8

const (
	fromColumn origin = iota
	fromLabel
	fromCell // of the assignment's column
	fromTemplate
	fromConstant
)

// fieldRule says what one of OneRoster's columns is made of.
type fieldRule struct {
	col      column // columnCount: metadata
	metadata string // "term"; "*": every column that begins so
	from     origin
	names    []string // of fromColumn and fromLabel: alternatives
	text     string   // of fromConstant
	template template
	optional bool

	values []valueRule
	lookup *lookup
	dates  []dateForm
	number *numberRule
}

// valueRule says what some values of a field mean. Exactly one of the others is set.
type valueRule struct {
	is    []string
	value *string      // it means this
	set   []assignment // it means these, and nothing for the field itself
	copy  *target      // it is this field's value
	none  bool         // there is no result
}

// target names one of OneRoster's columns.
type target struct {
	col      column
	metadata string
}

type assignment struct {
	to   target
	text string
}

//go:embed profiles/*.yaml
var profileFiles embed.FS

// nativeName is the profile of OneRoster's own columns.
const nativeName = "oneroster"

// Profiles are the names of the built-in profiles.
func Profiles() []string { return []string{nativeName, "canvas", "powerteacher", "long"} }

// ProfileSource is the YAML text of a built-in profile.
func ProfileSource(name string) ([]byte, error) {
	if !slices.Contains(Profiles(), name) {
		return nil, unknownProfile(name)
	}
	return profileFiles.ReadFile("profiles/" + name + ".yaml")
}

func unknownProfile(name string) error {
	return &InputError{"", "there is no mapping profile " + quoted(name),
		"built in are " + strings.Join(Profiles(), ", ") + "; a profile of your own is named by its file, such as ./mine.yaml"}
}

// LoadProfile returns the built-in profile of that name, or the one in that file. Everything that is wrong with it is
// said at once, as an *InputError each, joined.
func LoadProfile(nameOrFile string) (*Profile, error) {
	if slices.Contains(Profiles(), nameOrFile) {
		return builtIn(nameOrFile), nil
	}
	if !strings.ContainsAny(nameOrFile, `./\`) {
		return nil, &OptionError{"mapping", unknownProfile(nameOrFile)}
	}
	source, err := os.ReadFile(nameOrFile)
	if err != nil {
		return nil, &OptionError{"mapping", openError(nameOrFile, err)}
	}
	return parseProfile(nameOrFile, source)
}

// builtIns are the built-in profiles that were parsed, by name.
var builtIns sync.Map

// builtIn is a built-in profile, parsed once. The tests hold that all are valid.
func builtIn(name string) *Profile {
	if p, ok := builtIns.Load(name); ok {
		return p.(*Profile)
	}
	source, err := ProfileSource(name)
	if err == nil {
		var p *Profile
		if p, err = parseProfile(name+".yaml", source); err == nil {
			p.path, p.native = "", name == nativeName
			builtIns.Store(name, p)
			return p
		}
	}
	panic("gradecsv: internal error: " + err.Error())
}

// parseProfile reads a profile. Side files lie beside path.
func parseProfile(path string, source []byte) (*Profile, error) {
	d := &yamlDoc{path: path}
	p := &Profile{path: path}
	if n := d.parse(source); n != nil {
		d.profile(n, p)
	}
	if p.name == "" {
		p.name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	if len(d.errs) > 0 {
		return nil, errors.Join(d.errs...)
	}
	return p, nil
}

// pattern matches column names, and takes parts out of them.
type pattern struct {
	re    *regexp.Regexp
	names []string
}

// match returns the parts by their names.
func (p *pattern) match(text string) (map[string]string, bool) {
	found := p.re.FindStringSubmatch(strings.TrimSpace(text))
	if found == nil {
		return nil, false
	}
	vars := make(map[string]string, len(p.names))
	for i, name := range p.names {
		vars[name] = strings.TrimSpace(found[i+1])
	}
	return vars, true
}
