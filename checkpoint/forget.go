package checkpoint

import (
	"encoding/binary"
	"time"

	"gradebook-import/checkpoint/internal/kv"
)

// forgetBlocks bounds a transaction of Forget.
const forgetBlocks = 1000

// Forget deletes the settled records of runs that ended before a time, in all targets, and says how many; for a run that
// was killed, the time of the record counts. Intents in doubt stay. Afterwards those rows are unknown: they would be sent
// again. No journal of the store may be in use. The file shrinks by Compact.
func (s *Store) Forget(before time.Time) (forgotten int, err error) {
	targets, err := s.Targets()
	if err != nil {
		return 0, err
	}
	for _, t := range targets {
		f := forgetter{j: &Journal{store: s, bucket: t.bucket()}, before: before, kept: map[uint32]bool{}}
		if err := f.target(); err != nil {
			return forgotten + f.n, err
		}
		forgotten += f.n
	}
	return forgotten, nil
}

type forgetter struct {
	j      *Journal
	before time.Time
	ended  map[uint32]time.Time
	kept   map[uint32]bool // runs with records left
	from   uint64
	n      int
}

func (f *forgetter) target() error {
	runs, err := f.j.Runs()
	if err != nil {
		return err
	}
	f.ended = map[uint32]time.Time{}
	for _, r := range runs {
		f.ended[r.Run] = r.Ended
	}
	// A whole pass first: nothing is deleted from a log that is damaged.
	if _, err := f.j.Counts(); err != nil {
		return err
	}
	for more := true; more; {
		if err := f.j.store.update(func(tx kv.Tx) (err error) { more, err = f.step(tx); return err }); err != nil {
			return err
		}
	}
	return f.j.store.update(func(tx kv.Tx) error { return f.forgetRuns(tx, runs) })
}

func (f *forgetter) old(b block) bool {
	end := f.ended[b.run]
	if end.IsZero() {
		end = time.Unix(b.unix, 0)
	}
	return end.Before(f.before)
}

// step handles the next blocks.
func (f *forgetter) step(tx kv.Tx) (more bool, err error) {
	root, log, states := f.j.in(tx), f.j.in(tx, logBucket), f.j.in(tx, statesBucket)
	t, err := readTail(root)
	if err != nil {
		return false, err
	}
	var old []block
	c := log.Cursor()
	k, v := c.Seek(seqKey(f.from))
	for n := 0; k != nil && n < forgetBlocks; n++ {
		b, err := parseBlock(k, v)
		if err != nil {
			return false, err
		}
		if f.from = b.end(); f.old(b) {
			// The cursor's memory does not outlive a change.
			b.recs = append(records(nil), b.recs...)
			old = append(old, b)
		} else {
			f.kept[b.run] = true
		}
		k, v = c.Next()
	}
	more = k != nil
	for _, b := range old {
		if err := f.block(log, states, b, &t); err != nil {
			return false, err
		}
	}
	return more, t.put(root)
}

// block deletes b, or what is settled of it where a row is in doubt.
func (f *forgetter) block(log, states kv.Bucket, b block, t *tail) error {
	key := seqKey(b.first)
	st, err := b.parseStates(key, states.Get(key))
	if err != nil {
		return err
	}
	value, doubt := b.newStates(st), 0
	intents := make([]Intent, b.recs.len())
	for i := range intents {
		switch s := &value[crcSize+i]; State(*s) {
		case Begun:
			intents[i] = b.recs.intent(i)
			doubt++
		case Forgotten:
		default:
			*s = byte(Forgotten)
			f.n++
		}
	}
	if doubt == 0 {
		t.blocks--
		t.records -= uint64(len(intents))
		if err := states.Delete(key); err != nil {
			return err
		}
		return log.Delete(key)
	}
	f.kept[b.run] = true
	sealValue(key, value)
	if err := states.Put(key, value); err != nil {
		return err
	}
	return log.Put(key, appendBlock(nil, key, b.run, b.unix, intents))
}

// forgetRuns deletes the runs of which nothing is left; the last one stays, because the next number comes from it.
func (f *forgetter) forgetRuns(tx kv.Tx, runs []RunInfo) error {
	b := f.j.in(tx, runsBucket)
	for i, r := range runs {
		if i == len(runs)-1 || f.kept[r.Run] || r.Ended.IsZero() && !r.Started.Before(f.before) || !r.Ended.Before(f.before) {
			continue
		}
		if err := b.Delete(binary.BigEndian.AppendUint32(nil, r.Run)); err != nil {
			return err
		}
	}
	return nil
}
