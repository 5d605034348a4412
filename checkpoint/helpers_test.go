package checkpoint_test

import (
	"encoding/binary"
	"os"
	"testing"

	"gradebook-import/checkpoint"
)

const baseURL, clientID = "https://one.example", "client"

func key(i int) (k checkpoint.Key) {
	binary.BigEndian.PutUint64(k[4:], uint64(i))
	return k
}

func intents(from, to int) (ins []checkpoint.Intent) {
	for i := from; i < to; i++ {
		ins = append(ins, checkpoint.Intent{Key: key(i), Digest: checkpoint.Digest(key(i)), Op: checkpoint.Create, Line: uint32(i)})
	}
	return ins
}

func journal(t testing.TB, s *checkpoint.Store) *checkpoint.Journal {
	t.Helper()
	j, err := s.Target(baseURL, clientID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.StartRun(checkpoint.RunInfo{ID: "run"}); err != nil {
		t.Fatal(err)
	}
	return j
}

func begin(t testing.TB, j *checkpoint.Journal, ins ...checkpoint.Intent) uint64 {
	t.Helper()
	first, err := j.Begin(ins)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func finish(t testing.TB, j *checkpoint.Journal, first uint64, states ...checkpoint.State) {
	t.Helper()
	if err := j.Finish(outcomes(first, states...)); err != nil {
		t.Fatal(err)
	}
}

func outcomes(first uint64, states ...checkpoint.State) (out []checkpoint.Outcome) {
	for i, st := range states {
		out = append(out, checkpoint.Outcome{Seq: first + uint64(i), State: st})
	}
	return out
}

func claim(t testing.TB, j *checkpoint.Journal, k checkpoint.Key, at uint32) checkpoint.Known {
	t.Helper()
	known, err := j.Claim([]checkpoint.Claim{{Key: k, At: at}})
	if err != nil {
		t.Fatal(err)
	}
	return known[0]
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, path string) *checkpoint.Store {
	t.Helper()
	s, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
