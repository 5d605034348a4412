package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// transcript is a command of the README and what it says.
type transcript struct{ command, output string }

// transcripts are the README's blocks of a kind: a line with $, then what is said. Those called console have what comes to
// stdout, those called text what stands on a terminal.
func transcripts(t *testing.T, kind string) []transcript {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []transcript
	inside := false
	for line := range strings.Lines(string(readme)) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.TrimSpace(line) == "```"+kind
		case inside && strings.HasPrefix(line, "$ "):
			all = append(all, transcript{command: strings.TrimSpace(line[2:])})
		case inside:
			all[len(all)-1].output += line
		}
	}
	if len(all) < 2 {
		t.Fatalf("only %d commands found in the README's blocks of %s", len(all), kind)
	}
	return all
}

// volatile are the parts of an output that may differ from one time to the next.
func volatile() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`go1\.\S+, \w+/\w+`),
		regexp.MustCompile(`(?m)^gradebook-import \S+`),
	}
}

func normalise(text string) string {
	for _, v := range volatile() {
		text = v.ReplaceAllString(text, "…")
	}
	return strings.TrimSpace(text)
}

// TestREADME runs the commands of the README, one after the other in one directory, and compares.
func TestREADME(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	recipe := "run --sandbox samples/results.csv || case $? in 3|141) ;; *) exit 1;; esac"
	if !strings.Contains(string(makefile), "$(BIN) "+strings.ReplaceAll(recipe, "$", "$$")) {
		t.Errorf("make run does not do %q any more", recipe)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "samples"), os.DirFS("../../samples")); err != nil {
		t.Fatal(err)
	}
	for _, want := range transcripts(t, "console") {
		command := strings.Replace(want.command, "make run", "("+program+" "+recipe+")", 1)
		var out, errs bytes.Buffer
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
		_ = cmd.Run() // its status is the scripts' matter
		if got, want := normalise(out.String()), normalise(want.output); got != want {
			t.Errorf("$ %s\nsays:\n%s\n\nthe README has:\n%s\n\nstderr:\n%s", command, got, want, errs.String())
		}
	}
}
