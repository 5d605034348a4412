package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"gradebook-import/checkpoint/internal/kv"
)

// touchRows is how many rows are looked up together: enough to hide the way to the memory, few enough to be there still.
const touchRows = 64

// Claim says what is known of each key, and notes that this run has now met it, at its position, counted from 1. Only the
// first claim of a key in a run does so; later ones, in the same call or another, get the position of the first. The answers
// are valid until the next call; after an error there are fewer than claims.
func (j *Journal) Claim(claims []Claim) ([]Known, error) {
	if !j.loaded {
		if err := j.load(); err != nil {
			return nil, err
		}
	}
	j.known = j.known[:0]
	var spots [touchRows]spot
	for part := range slices.Chunk(claims, touchRows) {
		for i := range part {
			spots[i] = j.table.spot(part[i].Key)
		}
		j.table.touch(spots[:len(part)])
		for i, c := range part {
			known, err := j.claim(c, spots[i])
			if err != nil {
				return j.known, err
			}
			j.known = append(j.known, known)
		}
	}
	return j.known, nil
}

func (j *Journal) claim(c Claim, at spot) (Known, error) {
	if c.At == 0 || c.At > maxRef {
		return Known{}, fmt.Errorf("row %d: one run can tell %d rows apart: split the file", c.At, maxRef)
	}
	pr := j.table.probe(at)
	for {
		ref, ok := pr.next()
		if !ok {
			pr.insert(c.At | seenBit)
			return Known{}, nil
		}
		if ref&seenBit != 0 {
			return Known{First: ref &^ seenBit}, nil
		}
		in, state, err := j.record(j.base + uint64(ref))
		if err != nil {
			return Known{}, err
		}
		if in.Key != c.Key {
			continue // another key with the same hash
		}
		pr.set(c.At | seenBit)
		if state != Begun && state != Accepted {
			return Known{}, nil // forgotten since the journal was loaded
		}
		return Known{State: state, Seq: j.base + uint64(ref), Op: in.Op, Digest: in.Digest,
			Other: state == Begun && j.other(in)}, nil
	}
}

// other says whether an intent that in took the place of is in doubt, too, for another content. What was forgotten since
// is not missed: it was settled.
func (j *Journal) other(in Intent) bool {
	for seq := in.Follows; seq > j.base; {
		older, state, err := j.record(seq)
		if err != nil || state == Accepted {
			return false
		}
		if state == Begun && older.Digest != in.Digest {
			return true
		}
		seq = older.Follows
	}
	return false
}

// load builds the table: for each key the last record that counts. It verifies every checksum on the way.
func (j *Journal) load() error {
	err := j.store.view(func(tx kv.Tx) error {
		root := j.in(tx)
		if root == nil {
			j.next = 1
			return nil
		}
		t, err := readTail(root)
		if err != nil {
			return err
		}
		j.next = t.next
		l := loader{j: j, tx: tx}
		first, _ := j.in(tx, logBucket).Cursor().First()
		if first != nil {
			j.base = binary.BigEndian.Uint64(first) - 1
		}
		if t.next-j.base > maxRef {
			return fmt.Errorf("it holds %d records and can hold %d", t.next-j.base, maxRef)
		}
		j.table.reserve(int(t.records))
		return j.scan(tx, t, l.add)
	})
	j.loaded = err == nil
	return err
}

// scan calls fn for each block of the log, checked, in order.
func (j *Journal) scan(tx kv.Tx, t tail, fn func(block, []byte) error) error {
	log, states := j.in(tx, logBucket).Cursor(), j.in(tx, statesBucket).Cursor()
	sk, sv := states.First()
	var found tail
	for k, v := log.First(); k != nil; k, v = log.Next() {
		b, err := parseBlock(k, v)
		if err != nil {
			return err
		}
		if b.first < found.next {
			return fmt.Errorf("log entry %d is out of order", b.first)
		}
		found = tail{next: b.end(), blocks: found.blocks + 1, records: found.records + uint64(b.recs.len())}
		var value []byte
		if bytes.Equal(sk, k) {
			value = sv
			sk, sv = states.Next()
		}
		st, err := b.parseStates(k, value)
		if err != nil {
			return err
		}
		if err := fn(b, st); err != nil {
			return err
		}
	}
	if sk != nil {
		return errors.New("there are states without a log entry")
	}
	if found.blocks != t.blocks || found.records != t.records || found.next > t.next {
		return fmt.Errorf("the log has %d of %d entries", found.blocks, t.blocks)
	}
	return nil
}

type loader struct {
	j     *Journal
	tx    kv.Tx
	spots []spot // of a block
}

func (l *loader) add(b block, states []byte) error {
	l.spots = l.spots[:0]
	for i := range b.recs.len() {
		l.spots = append(l.spots, l.j.table.spot(b.recs.key(i)))
	}
	l.j.table.touch(l.spots)
	for i := range b.recs.len() {
		if st := stateAt(states, i); st != Accepted && st != Begun {
			continue
		}
		if err := l.put(b.recs.key(i), l.spots[i], uint32(b.first+uint64(i)-l.j.base)); err != nil {
			return err
		}
	}
	return nil
}

// put lets a later record of a key replace an earlier one.
func (l *loader) put(key Key, at spot, ref uint32) error {
	pr := l.j.table.probe(at)
	for {
		old, ok := pr.next()
		if !ok {
			pr.insert(ref)
			return nil
		}
		k, v := floor(l.j.in(l.tx, logBucket).Cursor(), l.j.base+uint64(old))
		b, err := parseBlock(k, v)
		if err != nil {
			return err
		}
		if b.recs.key(int(l.j.base+uint64(old)-b.first)) == key {
			pr.set(ref)
			return nil
		}
	}
}

// pages holds copies of parts of the log, so that a file that comes in the order of the log is looked up without a
// transaction a row, and several such files in turn as well.
type pages struct {
	page [8]page
	last int
}

// pageRows is how many records a page has at least, where they follow on one another.
const pageRows = 512

type page struct {
	first  uint64
	recs   records
	states []byte
}

func (p *page) has(seq uint64) bool { return seq-p.first < uint64(len(p.states)) }

// record reads a record of an earlier run. It does not change while this run may ask for it: only rows already claimed
// have outcomes.
func (j *Journal) record(seq uint64) (Intent, State, error) {
	ps := &j.pages
	if !ps.page[ps.last].has(seq) {
		if err := j.turnTo(seq); err != nil {
			return Intent{}, 0, err
		}
	}
	p := &ps.page[ps.last]
	i := int(seq - p.first)
	return p.recs.intent(i), State(p.states[i]), nil
}

// turnTo makes the page with seq the last.
func (j *Journal) turnTo(seq uint64) error {
	ps := &j.pages
	for i := range ps.page {
		if ps.page[i].has(seq) {
			ps.last = i
			return nil
		}
	}
	next := (ps.last + 1) % len(ps.page)
	err := j.store.view(func(tx kv.Tx) error {
		return ps.page[next].fill(j.in(tx, logBucket).Cursor(), j.in(tx, statesBucket), seq)
	})
	ps.last = next
	return err
}

// fill reads the block of seq and those that follow on it.
func (p *page) fill(log kv.Cursor, states kv.Bucket, seq uint64) error {
	p.recs, p.states = p.recs[:0], p.states[:0]
	k, v := floor(log, seq)
	for ; k != nil && len(p.states) < pageRows; k, v = log.Next() {
		b, err := parseBlock(k, v)
		if err != nil {
			return err
		}
		if len(p.states) == 0 {
			p.first = b.first
		} else if b.first != p.first+uint64(len(p.states)) {
			break
		}
		st, err := b.parseStates(k, states.Get(k))
		if err != nil {
			return err
		}
		p.recs = append(p.recs, b.recs...)
		p.states = append(p.states, b.newStates(st)[crcSize:]...)
	}
	if !p.has(seq) {
		return fmt.Errorf("record %d is not in the log", seq)
	}
	return nil
}
