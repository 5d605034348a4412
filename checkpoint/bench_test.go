package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

func benchKey(i int) (k Key) {
	r := rand.NewPCG(uint64(i), 7)
	binary.LittleEndian.PutUint64(k[:], r.Uint64())
	binary.LittleEndian.PutUint64(k[8:], r.Uint64())
	return k
}

func benchClaims(from, to int) []Claim {
	claims := make([]Claim, to-from)
	for i := range claims {
		claims[i] = Claim{benchKey(from + i), uint32(from + i + 1)}
	}
	return claims
}

func benchJournal(tb testing.TB, path string) (*Store, *Journal) {
	tb.Helper()
	s, err := Open(path, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	j, err := s.Target("https://example.org", "c")
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := j.StartRun(RunInfo{ID: "b"}); err != nil {
		tb.Fatal(err)
	}
	return s, j
}

// importRows claims, begins and finishes rows from..to in batches.
func importRows(tb testing.TB, j *Journal, from, to, batch int) {
	intents, outcomes := make([]Intent, 0, batch), make([]Outcome, 0, batch)
	for i := from; i < to; {
		intents, outcomes = intents[:0], outcomes[:0]
		claims := benchClaims(i, min(to, i+batch))
		known, err := j.Claim(claims)
		for n, c := range claims {
			if err != nil || known[n] != (Known{}) {
				tb.Fatal(known, err)
			}
			intents = append(intents, Intent{Key: c.Key, Digest: Digest(c.Key), Op: Create, Line: uint32(i + n)})
		}
		i += len(claims)
		first, err := j.Begin(intents)
		if err != nil {
			tb.Fatal(err)
		}
		for n := range intents {
			outcomes = append(outcomes, Outcome{first + uint64(n), Accepted})
		}
		if err := j.Finish(outcomes); err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkBeginFinish is what a row costs: claim, intent and outcome, fsyncs included.
func BenchmarkBeginFinish(b *testing.B) {
	for _, batch := range []int{64, 256, 1024} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			s, j := benchJournal(b, filepath.Join(b.TempDir(), "c.db"))
			defer s.Close()
			b.ResetTimer()
			importRows(b, j, 0, b.N, batch)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			size, _ := s.Size()
			b.ReportMetric(float64(size)/float64(b.N), "file-B/row")
		})
	}
}

// BenchmarkRowPuts is the layout that was not chosen: a put for each intent and one for each outcome, keys in order.
func BenchmarkRowPuts(b *testing.B) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "r.db"), 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const batch = 256
	put := func(from, to int, state byte) {
		err := db.Update(func(tx *bbolt.Tx) error {
			log, err := tx.CreateBucketIfNotExists([]byte("log"))
			if err != nil {
				return err
			}
			log.FillPercent = 0.95
			for i := from; i < to; i++ {
				value := make([]byte, recordSize)
				value[0] = state
				if err := log.Put(seqKey(uint64(i)), value); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := 0; i < b.N; i += batch {
		put(i, min(b.N, i+batch), byte(Begun))
		put(i, min(b.N, i+batch), byte(Accepted))
	}
}

// BenchmarkClaim is what a row costs that is not sent: one that nobody knows, and one that an earlier run got accepted,
// in the order of the log. One op is a pass over all rows; fresh is without a file.
func BenchmarkClaim(b *testing.B) {
	for _, rows := range []int{200_000, 10_000_000} {
		b.Run(fmt.Sprintf("fresh/%d", rows), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				j := NewMemory()
				for i := 0; i < rows; i += 1000 {
					if _, err := j.Claim(benchClaims(i, i+1000)); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(heap()-before)/float64(rows), "heap-B/row")
				runtime.KeepAlive(j)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/row")
		})
		b.Run(fmt.Sprintf("rerun/%d", rows), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "c.db")
			s, j := benchJournal(b, path)
			importRows(b, j, 0, rows, 4096)
			s.Close()
			b.ResetTimer()
			for b.Loop() {
				before, start := heap(), time.Now()
				s, j := benchJournal(b, path)
				b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(rows), "load-ns/row")
				b.ReportMetric(float64(heap()-before)/float64(rows), "heap-B/row")
				start = time.Now()
				for i := 0; i < rows; i += 1000 {
					known, err := j.Claim(benchClaims(i, i+1000))
					if err != nil || slices.ContainsFunc(known, func(k Known) bool { return k.State != Accepted }) {
						b.Fatal(known, err)
					}
				}
				b.ReportMetric(float64(time.Since(start).Nanoseconds())/float64(rows), "ns/row")
				s.Close()
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
