package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "gradebook-import"

// listed is what go list says of a package. Imports of tests are not there: a test may know its neighbours.
type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// directions are which packages of the module each one may import: down and right in the picture of package importer's
// doc.go, never up. A package that is not here may import none and be imported by none.
func directions() map[string][]string {
	return map[string][]string{
		"cmd/gradebook-import": {"importer", "importer/gradecsv", "importer/oneroster", "importer/oneroster/sandbox",
			"importer/pace", "importer/htmlreport", "checkpoint"},
		"importer":                   {"importer/gradecsv", "importer/oneroster", "importer/pace", "importer/internal/tempfile", "checkpoint"},
		"importer/gradecsv":          {"importer/oneroster", "importer/internal/tempfile"},
		"importer/internal/tempfile": {},
		"importer/oneroster":         {},
		"importer/oneroster/sandbox": {"importer/oneroster"},
		"importer/pace":              {},
		"importer/pace/profile":      {},
		"importer/pace/benchpace":    {"importer/pace", "importer/pace/profile"},
		"importer/htmlreport":        {"importer"},
		"checkpoint":                 {"checkpoint/internal/kv"},
		"checkpoint/internal/kv":     {},
		"checkpoint/checkpointtest":  {"checkpoint", "checkpoint/internal/kv"},
	}
}

func TestImportDirections(t *testing.T) {
	allowed := directions()
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		may, known := allowed[name]
		if !known {
			t.Errorf("%s: a new package: say in directions what it may import", name)
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, module+"/")
			if ours && !slices.Contains(may, imported) {
				t.Errorf("%s imports %s: only %s are below it", name, imported, strings.Join(may, ", "))
			}
		}
	}
}

// doors are the libraries that one package alone may use, with what lies below it, so that the rest of the program does not depend on them.
func doors() map[string]string {
	return map[string]string{
		"github.com/gocarina/gocsv":       "importer/gradecsv",
		"golang.org/x/oauth2":             "importer/oneroster",
		"golang.org/x/time/rate":          "importer/pace",
		"golang.org/x/sync":               "importer",
		"go.etcd.io/bbolt":                "checkpoint",
		"github.com/alecthomas/kong":      "cmd/gradebook-import",
		"github.com/vbauerster/mpb":       "cmd/gradebook-import",
		"github.com/prometheus":           "cmd/gradebook-import",
		"github.com/rogpeppe/go-internal": "",
	}
}

func TestOneDoor(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, path := range p.Imports {
			for library, door := range doors() {
				if (path == library || strings.HasPrefix(path, library+"/")) && name != door && !strings.HasPrefix(name, door+"/") {
					t.Errorf("%s imports %s, whose one door is %q", name, path, door)
				}
			}
		}
	}
}
