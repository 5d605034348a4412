package checkpoint_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

// Two targets in one file know nothing of each other.
func TestTargets(t *testing.T) {
	f := checkpointtest.Open(t)
	one := journal(t, f.Store)
	finish(t, one, begin(t, one, intents(0, 1)...), accepted)
	for _, tt := range []checkpoint.Target{{BaseURL: baseURL, ClientID: "other"}, {BaseURL: "https://two.example", ClientID: clientID}} {
		two, err := f.Store.Target(tt.BaseURL, tt.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		if known := claim(t, two, key(0), 1); known != (checkpoint.Known{}) {
			t.Errorf("%v knows %+v", tt, known)
		}
	}
	targets, err := f.Store.Targets()
	if err != nil || len(targets) != 3 || !slices.Contains(targets, checkpoint.Target{BaseURL: baseURL, ClientID: clientID}) {
		t.Errorf("targets %v, %v", targets, err)
	}
	if err := one.Learn(checkpoint.Facts{Reached: true}); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[checkpoint.Target]bool{{BaseURL: baseURL, ClientID: clientID}: true, {BaseURL: "https://two.example", ClientID: "other"}: false} {
		if facts, known, err := f.Store.Facts(target); known != want || facts.Reached != want || err != nil {
			t.Errorf("%v: %+v, known %t, %v", target, facts, known, err)
		}
	}
}

// A target whose address is damaged is not taken for another, of which nothing would be known.
func TestDamagedAddressOfATarget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gradebook.db")
	s := open(t, path)
	journal(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, bytes.ReplaceAll(data, []byte(baseURL), []byte("https://ome.example")))
	s = open(t, path)
	defer s.Close()
	var damaged *checkpoint.DamagedError
	if targets, err := s.Targets(); !errors.As(err, &damaged) {
		t.Errorf("targets %v, %v", targets, err)
	}
	if _, _, err := s.Facts(checkpoint.Target{BaseURL: baseURL, ClientID: clientID}); !errors.As(err, &damaged) {
		t.Errorf("facts: %v", err)
	}
}
