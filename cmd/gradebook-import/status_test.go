package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"gradebook-import/checkpoint"
)

// A row that two runs left in doubt, one by Ctrl-C and the next one by a kill, is one row, where the later run had it.
func TestStatusOfRowsInDoubtTwice(t *testing.T) {
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "gradebook.db"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for n := range 2 {
		journal, err := store.Target("https://sis.example", "me")
		if err != nil {
			t.Fatal(err)
		}
		info := checkpoint.RunInfo{ID: "run", Started: time.Now(), Files: []string{"grades.csv"}}
		if info.Run, err = journal.StartRun(info); err != nil {
			t.Fatal(err)
		}
		var intents []checkpoint.Intent
		for row := range 3 {
			key := checkpoint.Key{byte(row)}
			seen, err := journal.Claim([]checkpoint.Claim{{Key: key, At: uint32(row + 1)}})
			if err != nil {
				t.Fatal(err)
			}
			intents = append(intents, checkpoint.Intent{Key: key, Op: checkpoint.Create, Line: uint32(10*n + row), Follows: seen[0].Seq})
		}
		if _, err := journal.Begin(intents); err != nil {
			t.Fatal(err)
		}
		if info.Ended = time.Now(); n == 0 {
			err = journal.EndRun(info)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	k, err := knowledge(store)
	if err != nil {
		t.Fatal(err)
	}
	one := k.Targets[0]
	if one.InDoubt != 3 || one.Interrupted != 3 || len(one.Doubtful) != 3 || one.Doubtful[0].Line != 10 || one.Doubtful[0].Run != 2 {
		t.Errorf("%+v", one)
	}
	var text bytes.Buffer
	if k.print(&text); !bytes.Contains(text.Bytes(), []byte("     3  rows are in doubt\n")) {
		t.Error(text.String())
	}
}
