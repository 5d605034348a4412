package checkpoint

import (
	"path/filepath"
	"testing"
)

// The table finds every key it was given and no other, in at most 16 bytes a row once it is larger than a file or two.
func TestTable(t *testing.T) {
	tab := newTable()
	const n = 400_000
	before := heap()
	for i := range n {
		pr := tab.probe(tab.spot(benchKey(i)))
		if ref, ok := pr.next(); ok {
			t.Fatalf("key %d is there as %d", i, ref)
		}
		pr.insert(uint32(i + 1))
	}
	if size := float64(heap()-before) / n; size > 16 {
		t.Errorf("%.1f bytes a row", size)
	}
	for i := range n {
		pr := tab.probe(tab.spot(benchKey(i)))
		if ref, _ := pr.next(); ref != uint32(i+1) {
			t.Fatalf("key %d is %d", i, ref)
		}
	}
}

// Another key with the hash of a known row is a row of which nothing is known, and does not hide the known one.
func TestHashCollision(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	s, j := benchJournal(t, path)
	importRows(t, j, 0, 2, 2)
	s.Close()
	s, j = benchJournal(t, path)
	defer s.Close()
	other := benchKey(3)
	pr := j.table.probe(j.table.spot(other))
	if _, ok := pr.next(); ok {
		t.Fatal("key 3 is known")
	}
	pr.insert(1) // the record of key 0
	for key, want := range map[Key]State{other: 0, benchKey(0): Accepted} {
		if known, err := j.Claim([]Claim{{key, 1}}); err != nil || known[0].State != want {
			t.Errorf("%v: %+v, %v", key, known, err)
		}
	}
}
