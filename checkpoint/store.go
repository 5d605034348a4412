package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"gradebook-import/checkpoint/internal/kv"
)

// Names in the file.
const (
	metaBucket    = "checkpoint"
	targetsBucket = "targets"
	// In a target's bucket:
	logBucket    = "log"
	statesBucket = "states"
	runsBucket   = "runs"
)

var (
	formatKey = []byte("format")
	listKey   = []byte("targets") // names of the targets' buckets, each after a space
	targetKey = []byte("target")
	tailKey   = []byte("tail")
)

// format is the version of the file's layout. It changes when an older program must not touch the file.
const format = 1

// Options says how to open a checkpoint.
type Options struct {
	// LockWait is how long to wait while another process holds the file. 0: one second.
	LockWait time.Duration
	// ReadOnly: nothing is created or written, and the journals write nothing. The file must exist.
	ReadOnly bool
	// OpenFile opens the file. nil: os.OpenFile. For tests.
	OpenFile func(name string, flag int, mode os.FileMode) (*os.File, error)
	// Now is the clock of Record.Since. nil: time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.LockWait <= 0 {
		o.LockWait = time.Second
	}
	if o.OpenFile == nil {
		o.OpenFile = os.OpenFile
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Store is an open checkpoint file. It may be used by several goroutines.
type Store struct {
	path   string
	opts   Options
	db     kv.DB
	broken atomic.Pointer[WriteError]
}

// Open opens the checkpoint at path and locks it against other processes; without Options.ReadOnly it creates what is
// missing, the directory aside. Its errors are *LockedError, *ForeignError, *DamagedError, *VersionError, *WriteError and, for what the
// operating system refuses, *fs.PathError.
func Open(path string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	db, err := openBolt(path, opts)
	if err != nil {
		return nil, err
	}
	return OpenKV(db, path, opts)
}

// Held returns a *LockedError while another process holds the checkpoint at path. It does not wait, and reads no more than the
// beginning: whoever wants the lock meanwhile must not be kept from it.
func Held(path string) error {
	b, _, err := lockBolt(path, Options{ReadOnly: true}.withDefaults(), time.Nanosecond)
	if err != nil {
		return err
	}
	return b.Close()
}

// OpenKV is Open over another store than bbolt, for checkpointtest. It closes db when it fails.
func OpenKV(db kv.DB, path string, opts Options) (*Store, error) {
	s := &Store{path: path, opts: opts.withDefaults(), db: db}
	if err := s.checkFormat(); err != nil {
		db.Close() // its error would only hide this one
		return nil, err
	}
	return s, nil
}

// checkFormat accepts an empty file, which it makes a checkpoint, and a checkpoint of a format that is known.
func (s *Store) checkFormat() error {
	empty := false
	err := s.view(func(tx kv.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			empty = true
			return tx.Names(nil, func(string) error { return errors.New("it has no format version: is it another program's?") })
		}
		v := meta.Get(formatKey)
		if len(v) != 8 || binary.BigEndian.Uint32(v) != ^binary.BigEndian.Uint32(v[4:]) {
			return errors.New("its format version is not readable")
		}
		if found := binary.BigEndian.Uint32(v); found != format {
			return &VersionError{s.path, found, format}
		}
		return checkTargets(tx, meta)
	})
	if err != nil || !empty || s.opts.ReadOnly {
		return err
	}
	return s.update(func(tx kv.Tx) error {
		v := binary.BigEndian.AppendUint32(nil, format)
		return tx.Bucket(metaBucket).Put(formatKey, binary.BigEndian.AppendUint32(v, ^uint32(format)))
	})
}

// checkTargets compares the targets with the list of them: a target under a damaged name would be a new one, of which
// nothing is known.
func checkTargets(tx kv.Tx, meta kv.Bucket) error {
	names := map[string]bool{}
	err := tx.Names([]string{targetsBucket}, func(name string) error { names[name] = true; return nil })
	if err != nil {
		return err
	}
	listed := strings.Fields(string(meta.Get(listKey)))
	for _, name := range listed {
		if !names[name] {
			return fmt.Errorf("target %s is missing", name)
		}
	}
	if len(names) != len(listed) {
		return fmt.Errorf("it has %d targets and lists %d", len(names), len(listed))
	}
	return nil
}

// Path is the path that the store was opened with.
func (s *Store) Path() string { return s.path }

// Size is the size of the file in bytes.
func (s *Store) Size() (int64, error) { return s.db.Size() }

// Close ends the use of the store and of its journals, and unlocks the file.
func (s *Store) Close() error { return s.db.Close() }

// view runs fn in a read transaction. What fn returns is damage, unless it says otherwise.
func (s *Store) view(fn func(kv.Tx) error) error {
	if err := s.broken.Load(); err != nil {
		return err
	}
	var damage error
	err := s.db.View(func(tx kv.Tx) error {
		damage = fn(tx)
		return damage
	})
	if damage != nil {
		return s.damage(damage)
	}
	return err
}

func (s *Store) damage(err error) error {
	var damaged *DamagedError
	var version *VersionError
	if err == nil || errors.As(err, &damaged) || errors.As(err, &version) {
		return err
	}
	return &DamagedError{s.path, err}
}

// update runs fn in the write transaction. After the first error nothing is written any more: the transaction may be on
// disk or not, and what a failed fsync left in the page cache is not to be trusted.
func (s *Store) update(fn func(kv.Tx) error) error {
	if err := s.broken.Load(); err != nil {
		return err
	}
	var damage error
	err := s.db.Update(func(tx kv.Tx) error {
		damage = fn(tx)
		return damage
	})
	if err == nil {
		return nil
	}
	broken := &WriteError{s.path, err}
	if damage != nil {
		broken.Err = s.damage(damage)
	}
	if !s.broken.CompareAndSwap(nil, broken) {
		return s.broken.Load()
	}
	var damaged *DamagedError
	if errors.As(broken.Err, &damaged) {
		return damaged
	}
	return broken
}

// getJSON leaves v as it is where there is no such key.
func getJSON(b kv.Bucket, key []byte, v any) error {
	data := b.Get(key)
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

func putJSON(b kv.Bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return b.Put(key, data)
}
