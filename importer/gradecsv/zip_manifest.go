package gradecsv

import (
	"slices"
	"strings"
)

// fileMode is what a manifest says of a file.
type fileMode uint8

const (
	modeAbsent fileMode = iota
	modeBulk            // all there is
	modeDelta           // what has changed
)

// manifest is manifest.csv: propertyName,value (CSV Binding 1.2, manifest.csv). Real ones have their rows in any order
// and blanks for absent.
type manifest struct {
	found   bool
	version string
	modes   map[string]fileMode // by the file's name without .csv
}

const manifestName = "manifest.csv"

func (z *archive) readManifest() error {
	z.manifest.modes = make(map[string]fileMode)
	if z.files[manifestName] == nil {
		z.guessManifest()
		return nil
	}
	z.manifest.found = true
	err := z.table(manifestName, []string{"propertyName|property name|name", "value"}, func(f []string, _ int) { z.property(f[0], f[1]) })
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"1.1", "1.2", "1.2.1"}, z.manifest.version) {
		z.warn(manifestName, "zip.version", "oneroster.version is none of 1.1 and 1.2; read as 1.2")
	}
	return z.agree()
}

func (z *archive) property(name, value string) {
	name, value = strings.ToLower(strings.TrimSpace(name)), strings.ToLower(strings.TrimSpace(value))
	if name == "oneroster.version" {
		z.manifest.version = value
	}
	file, ok := strings.CutPrefix(name, "file.")
	if !ok {
		return
	}
	switch value {
	case "bulk":
		z.manifest.modes[file] = modeBulk
	case "delta":
		z.manifest.modes[file] = modeDelta
	case "", "absent":
		z.manifest.modes[file] = modeAbsent
	default:
		z.manifest.modes[file] = modeDelta // there, and nothing is to be concluded from what it lacks
		z.warn(manifestName, "zip.manifest", "a file's value is none of absent, bulk and delta; read as delta")
	}
}

// guessManifest stands in for a manifest. Files of which nothing is known are taken for a part of what there is.
func (z *archive) guessManifest() {
	z.warn(manifestName, "zip.manifest", "the zip has no manifest.csv, as OneRoster 1.1 and 1.2 want; what is in it is read as 1.2")
	for name := range z.files {
		z.manifest.modes[strings.TrimSuffix(name, ".csv")] = modeDelta
	}
}

// agree compares the manifest with what is there. A part of the results that is missing is refused; a file that only
// serves to check them is done without.
func (z *archive) agree() error {
	for _, name := range crossNames() {
		key := strings.ToLower(name)
		there := z.files[key+".csv"] != nil
		said := z.manifest.modes[key] != modeAbsent
		switch {
		case said && !there && (name == scalesName || name == objectivesName):
			return &InputError{z.path, "has no " + name + ".csv, which its manifest says is there, and which is a part of the results", "export it again"}
		case said && !there:
			z.warn(manifestName, "zip.manifest", "says that there is a "+name+".csv, but there is none; the results are not checked against it")
		case !said && there:
			z.warn(manifestName, "zip.manifest", "says that there is no "+name+".csv; the one that is there is not used")
		}
	}
	return nil
}

// has reports that a file is there and the manifest says so.
func (z *archive) has(name string) bool {
	key := strings.ToLower(name)
	return z.files[key+".csv"] != nil && z.manifest.modes[key] != modeAbsent
}
