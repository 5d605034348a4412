package checkpoint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
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

// Target says what a journal belongs to.
type Target struct {
	BaseURL  string `json:"baseUrl"`
	ClientID string `json:"clientId"`
}

// bucket is the name of the target's bucket.
func (t Target) bucket() string {
	sum := sha256.Sum256([]byte(t.BaseURL + "\x00" + t.ClientID))
	return hex.EncodeToString(sum[:8])
}

// Target returns the journal of a target. Unless the store is read-only, it reads the whole journal, so that damage is
// found before anything is sent. A journal serves one run; take a new one for the next.
func (s *Store) Target(baseURL, clientID string) (*Journal, error) {
	t := Target{baseURL, clientID}
	facts, known, err := s.Facts(t)
	if err == nil && !known && !s.opts.ReadOnly {
		err = s.update(func(tx kv.Tx) error { return createTarget(tx, t) })
	}
	if err != nil {
		return nil, err
	}
	j := &Journal{store: s, bucket: t.bucket(), readOnly: s.opts.ReadOnly, table: newTable(), facts: facts}
	if s.opts.ReadOnly {
		return j, nil
	}
	return j, j.load()
}

func createTarget(tx kv.Tx, t Target) error {
	meta, name := tx.Bucket(metaBucket), t.bucket()
	if err := meta.Put(listKey, []byte(string(meta.Get(listKey))+" "+name)); err != nil {
		return err
	}
	for _, sub := range []string{logBucket, statesBucket, runsBucket} {
		tx.Bucket(targetsBucket, name, sub)
	}
	b := tx.Bucket(targetsBucket, name)
	if err := (tail{next: 1}).put(b); err != nil {
		return err
	}
	return putJSON(b, targetKey, t)
}

// Targets lists the targets in the file.
func (s *Store) Targets() ([]Target, error) {
	var targets []Target
	err := s.view(func(tx kv.Tx) error {
		return tx.Names([]string{targetsBucket}, func(name string) error {
			t, err := targetIn(tx, name)
			targets = append(targets, t)
			return err
		})
	})
	return targets, err
}

// Facts is what was learned about a target, and whether the file knows it. Its log is not read.
func (s *Store) Facts(t Target) (facts Facts, known bool, err error) {
	err = s.view(func(tx kv.Tx) error {
		b := tx.Bucket(targetsBucket, t.bucket())
		if known = b != nil; !known {
			return nil
		}
		found, err := targetIn(tx, t.bucket())
		if err == nil && found != t {
			err = errMisplaced
		}
		if err != nil {
			return err
		}
		tail, err := readTail(b)
		facts = tail.facts
		return err
	})
	return facts, known, err
}

var errMisplaced = errors.New("a target lies under the name of another")

// targetIn is the target of a bucket. A damaged address would be that of a target of which nothing is known.
func targetIn(tx kv.Tx, name string) (t Target, err error) {
	if err = getJSON(tx.Bucket(targetsBucket, name), targetKey, &t); err == nil && t.bucket() != name {
		err = errMisplaced
	}
	return t, err
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
