package main

import "testing"

// Garbage may grow by the same amount whatever the heap holds, within bounds that keep the collector sane.
func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 200, 1 << 20: 200, 16 << 20: 200, 32 << 20: 100, 160 << 20: 20, 10 << 30: 10} {
		if got := gcPercent(live); got != want {
			t.Errorf("a heap of %d MiB: GOGC %d, want %d", live>>20, got, want)
		}
	}
}
