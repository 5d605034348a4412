package checkpoint

import (
	"encoding/binary"
	"errors"
	"time"

	"gradebook-import/checkpoint/internal/kv"
)

// What status shows. It reads the log each time, holds a read transaction meanwhile, and needs no memory for it.

// Runs lists the runs, oldest first.
func (j *Journal) Runs() ([]RunInfo, error) {
	var runs []RunInfo
	err := j.read(func(tx kv.Tx, root kv.Bucket) error {
		b := j.in(tx, runsBucket)
		c := b.Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if len(k) != 4 {
				return errors.New("a run's number is not readable")
			}
			info := RunInfo{Run: binary.BigEndian.Uint32(k)}
			if err := getJSON(b, k, &info); err != nil {
				return err
			}
			runs = append(runs, info)
		}
		return nil
	})
	return runs, err
}

// Counts counts the records by state. Accepted and Begun are rows; Rejected, Failed and Released are attempts: a row that
// was refused in each of three runs has three.
func (j *Journal) Counts() (map[State]int, error) {
	var counts [256]int
	err := j.blocks(func(b block, states []byte) error {
		for i := range b.recs.len() {
			counts[stateAt(states, i)]++
		}
		return nil
	})
	m := map[State]int{}
	for st, n := range counts {
		if n > 0 {
			m[State(st)] = n
		}
	}
	return m, err
}

// Records yields the records in one of states, in the order in which they were begun, to the first error. Records(yield,
// Begun) are the rows in doubt. yield must not use the store.
func (j *Journal) Records(yield func(Record) error, states ...State) error {
	var want [256]bool
	for _, st := range states {
		want[st] = true
	}
	var failed error
	err := j.blocks(func(b block, states []byte) error {
		for i := range b.recs.len() {
			st := stateAt(states, i)
			if !want[st] {
				continue
			}
			failed = yield(Record{b.first + uint64(i), st, b.recs.intent(i), b.run, time.Unix(b.unix, 0)})
			if failed != nil {
				return failed
			}
		}
		return nil
	})
	if failed != nil {
		return failed // not damage
	}
	return err
}

// read calls fn unless there is nothing to read.
func (j *Journal) read(fn func(tx kv.Tx, root kv.Bucket) error) error {
	if j.store == nil {
		return nil
	}
	return j.store.view(func(tx kv.Tx) error {
		if root := j.in(tx); root != nil {
			return fn(tx, root)
		}
		return nil
	})
}

func (j *Journal) blocks(fn func(block, []byte) error) error {
	return j.read(func(tx kv.Tx, root kv.Bucket) error {
		t, err := readTail(root)
		if err != nil {
			return err
		}
		return j.scan(tx, t, fn)
	})
}
