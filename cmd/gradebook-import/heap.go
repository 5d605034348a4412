package main

import (
	"os"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
)

const (
	// heapRoom is how much garbage may pile up between two collections.
	heapRoom = 32 << 20
	// heapLeast is what the rows under way may hold at any moment, whatever the last collection found.
	heapLeast = 16 << 20
)

// tuneHeap lets garbage grow by heapRoom, whatever else the heap holds. The collector's default lets it grow by as much
// as the heap holds: too little for speed while a run is young, and twice the memory when millions of rows are known.
// It is called again as the heap grows. GOGC and GOMEMLIMIT in the environment win.
func tuneHeap() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	live := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(live)
	debug.SetGCPercent(gcPercent(live[0].Value.Uint64()))
}

// gcPercent is GOGC for a heap of live bytes.
func gcPercent(live uint64) int {
	return int(max(heapRoom*100/max(live, heapLeast), 10))
}
