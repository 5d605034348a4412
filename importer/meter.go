package importer

import (
	"math/bits"
	"strconv"
	"sync"
	"time"

	"gradebook-import/importer/oneroster"
)

// meter counts requests, for the report and for whoever watches. Safe for concurrent use.
type meter struct {
	started time.Time

	mu       sync.Mutex
	http     HTTP
	byStatus map[int]int
	latency  histogram
}

func newMeter(started time.Time) *meter {
	return &meter{started: started, byStatus: map[int]int{}}
}

// observe counts one attempt that wrote a request: a look or a send, the first of its row or a later one.
func (m *meter) observe(a oneroster.Answer, look, again bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.http.Requests += a.Requests
	m.byStatus[a.Status]++
	switch {
	case look:
		m.http.Lookups++
	case again:
		m.http.Retries++
	}
	if a.Verdict == oneroster.Throttled {
		m.http.Throttled++
	}
	if a.Status != 0 {
		m.latency.add(a.Latency)
	}
}

// snapshot returns the counts so far.
func (m *meter) snapshot() (HTTP, Latency) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.http
	h.ByStatus = make(map[string]int, len(m.byStatus))
	for status, n := range m.byStatus {
		name := strconv.Itoa(status)
		if status == 0 {
			name = "none"
		}
		h.ByStatus[name] = n
	}
	return h, m.latency.summary()
}

// histogram counts durations in buckets an eighth of an octave wide: quantiles are right to within 9 %.
type histogram struct {
	buckets [64 * 8]uint64
	n       uint64
	max     time.Duration
}

func (h *histogram) add(d time.Duration) {
	us := uint64(max(d.Microseconds(), 1))
	octave := bits.Len64(us) - 1
	eighth := us << 3 >> octave & 7
	h.buckets[octave*8+int(eighth)]++
	h.n++
	h.max = max(h.max, d)
}

func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(q*float64(h.n)) + 1
	for i, n := range h.buckets {
		if rank <= n {
			upper := time.Duration((8+uint64(i%8)+1)<<(i/8)>>3) * time.Microsecond
			return min(upper, h.max)
		}
		rank -= n
	}
	return h.max
}

func (h *histogram) summary() Latency {
	if h.n == 0 {
		return Latency{}
	}
	return Latency{P50: ms(h.quantile(.50)), P95: ms(h.quantile(.95)), P99: ms(h.quantile(.99)), Max: ms(h.max)}
}

// ms is a duration in milliseconds, to three decimals.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
