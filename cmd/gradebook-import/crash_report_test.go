package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// tree writes files by name and content, into a directory whose name is no pattern.
func tree(t *testing.T, files map[string]string) reportDir {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "week [1]")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return reportDir(dir)
}

// A run that is killed leaves temporary files behind, which the next one removes; not those that another run writes now.
func TestTemporaryFilesOfKilledRunsAreRemoved(t *testing.T) {
	d := tree(t, map[string]string{".probe-1": "", ".report.json-22": "{", ".rejects.csv-3": "", ".rejects-2.csv-33": "",
		".in-doubt.csv-4": "", "rejects.csv": "a", "report.json": "{}", ".mine-5": "", ".report.json-now": ""})
	started := time.Now()
	entries, err := os.ReadDir(string(d))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		at := started.Add(-time.Minute)
		if e.Name() == ".report.json-now" {
			at = started.Add(time.Second)
		}
		if err := os.Chtimes(filepath.Join(string(d), e.Name()), at, at); err != nil {
			t.Fatal(err)
		}
	}
	d.sweep(started)
	if got, want := filesIn(t, d), []string{".mine-5", ".report.json-now", "rejects.csv", "report.json"}; !slices.Equal(got, want) {
		t.Errorf("left: %q, want %q", got, want)
	}
}

func filesIn(t *testing.T, d reportDir) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(string(d)), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A reject file that a person may have edited survives a run that was killed while it put its own in the place.
func TestARejectFileSurvivesAKillWhileItIsReplaced(t *testing.T) {
	for _, before := range []map[string]string{
		{"rejects.csv.kept": "edited"},
		{"rejects.csv.kept": "edited", "rejects.csv": "of the run that was killed"},
		{"rejects.csv": "edited"},
	} {
		d := tree(t, before)
		if err := d.spool("rejects.csv").close(); err != nil {
			t.Errorf("%v: %v", before, err)
		}
		data, err := os.ReadFile(filepath.Join(string(d), "rejects.previous.csv"))
		if left := filesIn(t, d); err != nil || string(data) != "edited" || len(left) != 1 {
			t.Errorf("%v: left: %q, %q", before, left, data)
		}
	}
}
