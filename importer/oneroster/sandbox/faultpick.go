package sandbox

import (
	"hash/fnv"
	"slices"
	"sync"
	"time"
)

// plan decides which request gets which fault.
type plan struct {
	seed   uint64
	faults []Fault
	deeds  []deed

	mu    sync.Mutex
	start time.Time         // of the first request
	seen  []int             // by fault: requests that fit
	done  []int             // by fault: how often it happened
	asked map[uint64]uint64 // by hash of endpoint, method and sourcedId: requests so far
}

func newPlan(seed uint64, faults []Fault) *plan {
	p := &plan{seed: seed, faults: slices.Clone(faults), seen: make([]int, len(faults)), done: make([]int, len(faults)),
		asked: map[uint64]uint64{}}
	for _, f := range faults {
		d, _ := deedOf(f.Do)
		p.deeds = append(p.deeds, d)
	}
	return p
}

// pick is the fault for a request, nil for none. on is "" or onToken.
func (p *plan) pick(on, method, id string, now time.Time) (*Fault, deed) {
	if len(p.faults) == 0 {
		return nil, deed{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.start.IsZero() {
		p.start = now
	}
	hash := hashOf(on, method, id)
	p.asked[hash]++
	chosen := -1
	for i := range p.faults {
		f := &p.faults[i]
		if !f.fits(on, method, id, now.Sub(p.start)) {
			continue
		}
		p.seen[i]++ // whether or not an earlier fault is done: the counts of one do not hang on another
		if chosen < 0 && p.due(i, roll(p.seed, uint64(i), hash, p.asked[hash])) {
			chosen = i
		}
	}
	if chosen < 0 {
		return nil, deed{}
	}
	p.done[chosen]++
	return &p.faults[chosen], p.deeds[chosen]
}

func (f *Fault) fits(on, method, id string, since time.Duration) bool {
	return f.On == on && (f.Method == "" || f.Method == method) && (f.ID == "" || f.ID == id) &&
		since >= f.After && (f.For == 0 || since < f.After+f.For)
}

func (p *plan) due(i int, rolled float64) bool {
	f, n := &p.faults[i], p.seen[i]
	if f.Times > 0 && p.done[i] >= f.Times {
		return false
	}
	if f.Every == 0 && f.Probability == 0 && len(f.At) == 0 {
		return true
	}
	return f.Every > 0 && n%f.Every == 0 || rolled < f.Probability || slices.Contains(f.At, n)
}

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, part := range parts {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}

// roll is uniform in [0, 1) and depends on its arguments alone (splitmix64, folded over them).
func roll(values ...uint64) float64 {
	return float64(mix(values...)>>11) / (1 << 53)
}

func mix(values ...uint64) uint64 {
	var x uint64
	for _, v := range values {
		x = (x ^ v) + 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}
