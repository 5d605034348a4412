package checkpoint

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"gradebook-import/checkpoint/internal/kv"
)

// edit changes the state of a record: an outcome, or, where follows is set, what the outcome of a later record means for
// the record that it follows.
type edit struct {
	seq     uint64
	state   State
	follows bool
}

// apply says what becomes of a record in state old.
func (e edit) apply(old State) (State, error) {
	switch {
	case !e.follows && old == Begun:
		return e.state, nil
	case !e.follows:
		return 0, fmt.Errorf("record %d is %v already and cannot become %v", e.seq, old, e.state)
	case old == Begun && e.state != Released, old == Accepted && e.state == Accepted:
		return Superseded, nil
	}
	return old, nil
}

// editor changes states, a block at a time.
type editor struct {
	log, states kv.Bucket
}

// apply applies edits and then what follows from them, until nothing does.
func (e *editor) apply(edits []edit) error {
	for len(edits) > 0 {
		slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.seq, b.seq) })
		var older []edit
		for len(edits) > 0 {
			b, ok := e.block(edits[0].seq)
			if !ok && !edits[0].follows {
				return fmt.Errorf("record %d is not in the log", edits[0].seq)
			}
			if !ok {
				edits = edits[1:] // what it follows was forgotten
				continue
			}
			n := 1
			for n < len(edits) && edits[n].seq < b.end() {
				n++
			}
			var err error
			if older, err = e.applyBlock(b, edits[:n], older); err != nil {
				return err
			}
			edits = edits[n:]
		}
		edits = older
	}
	return nil
}

// applyBlock applies edits to b and appends to older what they mean for older records.
func (e *editor) applyBlock(b block, edits []edit, older []edit) ([]edit, error) {
	key := seqKey(b.first)
	states, err := b.parseStates(key, e.states.Get(key))
	if err != nil {
		return older, err
	}
	value := b.newStates(states)
	for _, ed := range edits {
		i := int(ed.seq - b.first)
		state, err := ed.apply(State(value[crcSize+i]))
		if err != nil {
			return older, err
		}
		if follows := b.recs.follows(i); follows != 0 && state != State(value[crcSize+i]) {
			older = append(older, edit{seq: follows, state: ed.state, follows: true})
		}
		value[crcSize+i] = byte(state)
	}
	sealValue(key, value)
	return older, e.states.Put(key, value)
}

// block returns the block that holds seq. Its checksum was verified when it was loaded, or it is this run's own.
func (e *editor) block(seq uint64) (b block, ok bool) {
	key, value := floor(e.log.Cursor(), seq)
	if key == nil {
		return b, false
	}
	b = block{first: binary.BigEndian.Uint64(key), recs: records(value[headSize:])}
	return b, seq < b.end()
}

// floor returns the last entry whose key is at most seq.
func floor(c kv.Cursor, seq uint64) (key, value []byte) {
	want := seqKey(seq)
	key, value = c.Seek(want)
	if key != nil && string(key) == string(want) {
		return key, value
	}
	if key == nil {
		return c.Last()
	}
	return c.Prev()
}
