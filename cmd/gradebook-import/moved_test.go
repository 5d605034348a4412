package main

import (
	"os"
	"strings"
	"testing"
)

// The command that goes on names a file where it lies now.
func TestSameCommandAfterMove(t *testing.T) {
	args := os.Args
	defer func() { os.Args = args }()
	os.Args = []string{program, "run", "out/rejects.csv", "my rows.csv"}
	got := sameCommand(moved{"out/rejects.csv": "out/rejects.previous.csv"})
	if want := "run out/rejects.previous.csv 'my rows.csv'"; !strings.HasSuffix(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}
