package checkpointtest

import (
	"math/rand/v2"
	"os"
)

// CrashState is a file as a power cut may leave it.
type CrashState struct {
	Name string
	Data []byte
}

// CrashStates are the states that a power cut in one commit can leave: before and after are the file around it, read with
// File.Bytes. The store must find in each what it was before or after. bbolt writes data pages, waits for the disk, then
// writes one of the two meta pages (the first two of the file), and waits again; so data may be there in part while the
// meta pages are old, and a meta page may be torn.
func CrashStates(before, after []byte, r *rand.Rand) []CrashState {
	page := os.Getpagesize()
	data := clone(after)
	copy(data, before[:2*page])
	some := clone(after)
	copy(some, before)
	for i := 2 * page; i < len(some); i += page {
		if r.IntN(2) == 0 {
			copy(some[i:i+page], after[i:])
		}
	}
	torn := clone(after)
	for i := 0; i < 2*page; i += page {
		if string(torn[i:i+page]) != string(before[i:i+page]) {
			copy(torn[i+40:i+page], before[i+40:i+page])
		}
	}
	return []CrashState{
		{"before", before}, {"after", after}, {"data without meta", data}, {"some data without meta", some}, {"torn meta", torn},
	}
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }
