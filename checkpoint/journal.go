package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"gradebook-import/checkpoint/internal/kv"
)

// Journal is the memory of one target for one run. Claim and Begin are for one goroutine, Finish and Learn for one
// other; both may run at once.
type Journal struct {
	store    *Store // nil for NewMemory
	bucket   string
	readOnly bool
	run      uint32

	// Of the goroutine that claims and begins:
	table  *table
	loaded bool
	base   uint64 // seq of ref 0
	pages  pages
	known  []Known // what the last Claim said
	buf    []byte
	next   uint64 // for a journal that writes nothing

	mu    sync.Mutex
	facts Facts
}

// NewMemory returns a journal without a file, for a run that writes nothing: it knows what it claimed and no more.
func NewMemory() *Journal {
	return &Journal{readOnly: true, loaded: true, table: newTable(), next: 1}
}

// tail is what must not be lost with a flipped bit: it counts the log, so that a lost part of it is found, and holds the
// facts. Every target has one.
type tail struct {
	next    uint64 // seq of the next record; they begin at 1
	blocks  uint64
	records uint64
	facts   Facts
}

func readTail(b kv.Bucket) (t tail, err error) {
	v := b.Get(tailKey)
	if len(v) != crcSize+25 || binary.LittleEndian.Uint32(v) != checksum(tailKey, v[crcSize:]) {
		return t, errors.New("the log's tail is not readable")
	}
	v = v[crcSize:]
	t = tail{next: binary.BigEndian.Uint64(v), blocks: binary.BigEndian.Uint64(v[8:]), records: binary.BigEndian.Uint64(v[16:])}
	t.facts = Facts{AllocatesIDs: v[24]&1 != 0, RefusesLook: v[24]&2 != 0, Reached: v[24]&4 != 0}
	return t, nil
}

func (t tail) put(b kv.Bucket) error {
	v := make([]byte, crcSize, crcSize+25)
	v = binary.BigEndian.AppendUint64(v, t.next)
	v = binary.BigEndian.AppendUint64(v, t.blocks)
	v = binary.BigEndian.AppendUint64(v, t.records)
	var facts byte
	if t.facts.AllocatesIDs {
		facts |= 1
	}
	if t.facts.RefusesLook {
		facts |= 2
	}
	if t.facts.Reached {
		facts |= 4
	}
	v = append(v, facts)
	sealValue(tailKey, v)
	return b.Put(tailKey, v)
}

func (j *Journal) in(tx kv.Tx, name ...string) kv.Bucket {
	return tx.Bucket(append([]string{targetsBucket, j.bucket}, name...)...)
}

// StartRun begins the run of this journal: it comes before Begin, once.
func (j *Journal) StartRun(info RunInfo) (run uint32, err error) {
	if j.run != 0 {
		return 0, errors.New("checkpoint: internal error: a journal serves one run")
	}
	if j.readOnly {
		j.run = 1
		return j.run, nil
	}
	err = j.store.update(func(tx kv.Tx) error {
		b := j.in(tx, runsBucket)
		if last, _ := b.Cursor().Last(); last != nil {
			if len(last) != 4 {
				return errors.New("a run's number is not readable")
			}
			run = binary.BigEndian.Uint32(last)
		}
		run++
		return putJSON(b, binary.BigEndian.AppendUint32(nil, run), info)
	})
	if err == nil {
		j.run = run
	}
	return run, err
}

// EndRun replaces what StartRun was told.
func (j *Journal) EndRun(info RunInfo) error {
	if j.readOnly {
		return nil
	}
	return j.store.update(func(tx kv.Tx) error {
		return putJSON(j.in(tx, runsBucket), binary.BigEndian.AppendUint32(nil, j.run), info)
	})
}

// Begin notes intents in one transaction, durable on return; the seq of intents[i] is first+i.
func (j *Journal) Begin(intents []Intent) (first uint64, err error) {
	if j.run == 0 {
		return 0, errors.New("checkpoint: internal error: Begin before StartRun")
	}
	if j.readOnly {
		first = j.next
		j.next += uint64(len(intents))
		return first, nil
	}
	if len(intents) == 0 {
		return 0, nil
	}
	err = j.store.update(func(tx kv.Tx) error {
		first, err = j.append(tx, intents)
		return err
	})
	return first, err
}

func (j *Journal) append(tx kv.Tx, intents []Intent) (first uint64, err error) {
	root, log := j.in(tx), j.in(tx, logBucket)
	log.FillSequentially()
	t, err := readTail(root)
	if err != nil {
		return 0, err
	}
	first = t.next
	unix := j.store.opts.Now().Unix()
	size := len(intents)*recordSize + (len(intents)/blockRows+1)*headSize
	j.buf = slices.Grow(j.buf[:0], size) // blocks keep their place until the transaction ends
	for part := range slices.Chunk(intents, blockRows) {
		key, start := seqKey(t.next), len(j.buf)
		j.buf = appendBlock(j.buf, key, j.run, unix, part)
		if err := log.Put(key, j.buf[start:]); err != nil {
			return 0, err
		}
		t.next += uint64(len(part))
		t.blocks++
		t.records += uint64(len(part))
	}
	return first, t.put(root)
}

// Finish notes outcomes in one transaction, durable on return. An intent has one outcome.
func (j *Journal) Finish(outcomes []Outcome) error {
	if j.readOnly || len(outcomes) == 0 {
		return nil
	}
	edits := make([]edit, len(outcomes))
	for i, o := range outcomes {
		if o.State < Accepted || o.State > Released {
			return fmt.Errorf("checkpoint: internal error: outcome %v", o.State)
		}
		edits[i] = edit{seq: o.Seq, state: o.State}
	}
	return j.store.update(func(tx kv.Tx) error {
		e := editor{log: j.in(tx, logBucket), states: j.in(tx, statesBucket)}
		e.states.FillSequentially()
		return e.apply(edits)
	})
}

// Facts returns what was learned about the target.
func (j *Journal) Facts() Facts {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.facts
}

// Learn replaces the facts.
func (j *Journal) Learn(f Facts) error {
	if f == j.Facts() {
		return nil
	}
	if !j.readOnly {
		err := j.store.update(func(tx kv.Tx) error {
			t, err := readTail(j.in(tx))
			if err != nil {
				return err
			}
			t.facts = f
			return t.put(j.in(tx))
		})
		if err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = f
	return nil
}
