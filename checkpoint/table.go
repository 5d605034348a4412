package checkpoint

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
)

// table maps the hash of a key to a ref: either the record that knows the key from before, or, once claimed, the position
// at which this run met it. It is most of a run's memory, so it is packed: 12 bytes a slot, between 7/9 and 7/8 of the
// slots in use, 13.7 to 15.4 bytes a row.
//
// Slots lie in chunks, and partitions grow by an eighth, one at a time, taking chunks from those that others gave back:
// growth makes no garbage, and its transient copy is a 256th of the table. Deletion does not exist.
//
// A ref to a record is verified against the record's full key. A seen position cannot be, so two keys that agree in
// partition (8 bits) and hash (64 bits) count as one: at 10 million rows with odds of n²/2^73, one in 10^8.
type table struct {
	seed  maphash.Seed
	parts [partitions]partition
	free  []chunk
	n     int
	// touched is what came of touch, which must come to something.
	touched uint32
}

const (
	partitions = 256
	chunkSlots = 1024
	// seenBit marks a ref as a position of this run.
	seenBit = 1 << 31
	// maxRef bounds positions and records: 2,147,483,647 of each.
	maxRef = seenBit - 1
)

// chunk has chunkSlots slots: 12 KiB, a size class of the allocator, without pointers. It is a slice, since of a pointer to an
// array the processor would read the beginning as well, only to see that it is not nil.
type chunk []slot

// slot is a hash in two halves, so that it takes 12 bytes, which mostly lie in one line of the processor's cache; and a ref,
// which is 0 where the slot is empty.
type slot struct{ low, high, ref uint32 }

func (s *slot) hash() uint64 { return uint64(s.high)<<32 | uint64(s.low) }

func slotOf(hash uint64, ref uint32) slot { return slot{uint32(hash), uint32(hash >> 32), ref} }

type partition struct {
	chunks []chunk
	n      int
}

func newTable() *table { return &table{seed: maphash.MakeSeed()} }

// probe is a search for one key: next yields the refs of slots with its hash, then set changes the last of them, or,
// after the end, insert uses the empty slot.
type probe struct {
	t    *table
	p    *partition
	hash uint64
	i    int
	slot *slot
}

// spot is where a key belongs.
type spot struct {
	hash uint64
	part uint8
}

func (t *table) spot(key Key) spot {
	lo, hi := binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:])
	// The partition comes from another function of the key than the hash, so it adds its bits to the comparison.
	part := (lo*0x9e3779b97f4a7c15 ^ hi*0xc2b2ae3d27d4eb4f) >> 56
	return spot{hash: maphash.Bytes(t.seed, key[:]), part: uint8(part)}
}

// touch brings the memory of spots near. A table is larger than the processor's caches: looked up one at a time, each key
// would wait for its own slot; reads that nothing waits for go on side by side.
func (t *table) touch(spots []spot) {
	for _, s := range spots {
		if p := &t.parts[s.part]; len(p.chunks) > 0 {
			t.touched += p.slot(p.home(s.hash)).ref
		}
	}
}

func (t *table) probe(s spot) probe {
	p := &t.parts[s.part]
	if len(p.chunks) == 0 {
		p.chunks = append(p.chunks, t.take())
	}
	return probe{t: t, p: p, hash: s.hash, i: p.home(s.hash) - 1}
}

// home keeps the order of hashes, so that growing reads and writes straight on.
func (p *partition) home(hash uint64) int {
	hi, _ := bits.Mul64(hash, uint64(len(p.chunks)*chunkSlots))
	return int(hi)
}

func (p *partition) slot(i int) *slot { return &p.chunks[i/chunkSlots][i%chunkSlots] }

func (pr *probe) next() (ref uint32, ok bool) {
	for {
		pr.i++
		if pr.i == len(pr.p.chunks)*chunkSlots {
			pr.i = 0
		}
		pr.slot = pr.p.slot(pr.i)
		if r := pr.slot.ref; r == 0 || pr.slot.hash() == pr.hash {
			return r, r != 0
		}
	}
}

func (pr *probe) set(ref uint32) { pr.slot.ref = ref }

func (pr *probe) insert(ref uint32) {
	*pr.slot = slotOf(pr.hash, ref)
	pr.p.n++
	pr.t.n++
	if n := len(pr.p.chunks); pr.p.n*8 > n*chunkSlots*7 {
		pr.t.resize(pr.p, n+max(1, n/8))
	}
}

// reserve makes room for n keys, so that filling the table moves nothing.
func (t *table) reserve(n int) {
	mean := float64(n) / partitions
	slots := int(mean+6*math.Sqrt(mean)) * 8 / 7 // six standard deviations
	for i := range t.parts {
		t.resize(&t.parts[i], max(len(t.parts[i].chunks), slots/chunkSlots+1))
	}
}

// resize moves p into n chunks.
func (t *table) resize(p *partition, n int) {
	old := p.chunks
	p.chunks = make([]chunk, n)
	for i := range p.chunks {
		p.chunks[i] = t.take()
	}
	for _, c := range old {
		for _, s := range c {
			if s.ref != 0 {
				p.place(s)
			}
		}
		t.free = append(t.free, c)
	}
}

func (p *partition) place(s slot) {
	i := p.home(s.hash())
	for p.slot(i).ref != 0 {
		if i++; i == len(p.chunks)*chunkSlots {
			i = 0
		}
	}
	*p.slot(i) = s
}

// take returns an empty chunk.
func (t *table) take() chunk {
	n := len(t.free)
	if n == 0 {
		return make(chunk, chunkSlots)
	}
	c := t.free[n-1]
	t.free = t.free[:n-1]
	clear(c)
	return c
}
