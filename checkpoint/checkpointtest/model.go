package checkpointtest

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/internal/kv"
)

// Model is a disk with one checkpoint on it, in memory: the store under the real journal, with commits and crashes in
// the test's hand. It does no I/O and waits for nothing but a channel, so it can be used under testing/synctest; make it
// inside the bubble.
//
// It is as durable as bbolt: a transaction is on disk when its commit returns nil; when it fails or the machine dies
// meanwhile, it is there as a whole or not at all.
type Model struct {
	// Commit, if not nil, is called twice in each commit, from the goroutine that commits: before and after the
	// transaction is in the store; n counts commits from 0. It may wait, as an fsync does. An error fails the commit at
	// that point; ErrCrash and ErrCrashLosing end the process there, as Crash does between commits.
	Commit func(n int, p Point) error

	lock    chan struct{} // of one element: sync.Mutex would stop a bubble's clock while Commit waits
	root    *node
	undo    []func() // of the transaction that is open, or was the last
	process int      // counts crashes; stores of an earlier process are dead
	open    bool
	commits int
}

// Point is a place in a commit.
type Point int

const (
	// BeforeCommit: nothing of the transaction is in the store.
	BeforeCommit Point = iota
	// AfterCommit: all of it is, and the caller does not know yet.
	AfterCommit
)

var (
	// ErrCrash, from Model.Commit: the process dies here.
	ErrCrash = errors.New("checkpointtest: crash")
	// ErrCrashLosing is ErrCrash, and the transaction is lost.
	ErrCrashLosing = errors.New("checkpointtest: crash that loses the transaction")
	// ErrCrashed is what a store of a process that crashed returns.
	ErrCrashed = errors.New("checkpointtest: the process has crashed")
)

// NewModel returns an empty disk.
func NewModel() *Model {
	return &Model{root: newNode(), lock: make(chan struct{}, 1)}
}

// Open opens the checkpoint, as checkpoint.Open does: while another store has it open, the error is a
// *checkpoint.LockedError.
func (m *Model) Open(opts checkpoint.Options) (*checkpoint.Store, error) {
	m.lock <- struct{}{}
	if m.open {
		<-m.lock
		return nil, &checkpoint.LockedError{Path: modelPath}
	}
	m.open = true
	db := &modelDB{m, m.process}
	<-m.lock
	return checkpoint.OpenKV(db, modelPath, opts)
}

const modelPath = "model.db"

// Crash ends the process that has the store open: whatever it does later fails with ErrCrashed. With loseLast, the last
// transaction is lost, as after a power cut on a disk that said too early that it had written; without, everything
// committed is there. Not for use in Model.Commit.
func (m *Model) Crash(loseLast bool) {
	m.lock <- struct{}{}
	defer func() { <-m.lock }()
	m.crash(loseLast)
}

func (m *Model) crash(loseLast bool) {
	m.process++
	m.open = false
	if loseLast {
		m.rollback()
	}
	m.undo = nil
}

// Commits is the number of transactions committed so far.
func (m *Model) Commits() int {
	m.lock <- struct{}{}
	defer func() { <-m.lock }()
	return m.commits
}

func (m *Model) rollback() {
	for _, undo := range slices.Backward(m.undo) {
		undo()
	}
	m.undo = nil
}

// modelDB is the store as one process sees it.
type modelDB struct {
	m       *Model
	process int
}

func (d *modelDB) View(fn func(kv.Tx) error) error {
	d.m.lock <- struct{}{}
	defer func() { <-d.m.lock }()
	if d.process != d.m.process {
		return ErrCrashed
	}
	return fn(modelTx{d.m, false})
}

func (d *modelDB) Update(fn func(kv.Tx) error) error {
	d.m.lock <- struct{}{}
	defer func() { <-d.m.lock }()
	if d.process != d.m.process {
		return ErrCrashed
	}
	n := d.m.commits
	if err := d.at(n, BeforeCommit); err != nil {
		return err
	}
	d.m.undo = nil
	if err := fn(modelTx{d.m, true}); err != nil {
		d.m.rollback()
		return err
	}
	d.m.commits++
	return d.at(n, AfterCommit)
}

func (d *modelDB) at(n int, p Point) error {
	if d.m.Commit == nil {
		return nil
	}
	err := d.m.Commit(n, p)
	if errors.Is(err, ErrCrash) || errors.Is(err, ErrCrashLosing) {
		d.m.crash(p == AfterCommit && errors.Is(err, ErrCrashLosing))
		return ErrCrashed
	}
	return err
}

func (d *modelDB) Size() (int64, error) {
	d.m.lock <- struct{}{}
	defer func() { <-d.m.lock }()
	return d.m.root.size(), nil
}

func (d *modelDB) Close() error {
	d.m.lock <- struct{}{}
	defer func() { <-d.m.lock }()
	if d.process == d.m.process {
		d.m.open = false
		d.process = -1
	}
	return nil
}

// node is a bucket: sorted entries, and buckets in it.
type node struct {
	keys, values [][]byte
	buckets      map[string]*node
}

func newNode() *node { return &node{buckets: map[string]*node{}} }

func (n *node) size() (size int64) {
	for i := range n.keys {
		size += int64(len(n.keys[i]) + len(n.values[i]))
	}
	for _, b := range n.buckets {
		size += b.size()
	}
	return size
}

func (n *node) find(key []byte) (int, bool) {
	if last := len(n.keys) - 1; last >= 0 && bytes.Compare(n.keys[last], key) < 0 {
		return last + 1, false
	}
	return slices.BinarySearchFunc(n.keys, key, bytes.Compare)
}

func (n *node) put(key, value []byte) {
	i, ok := n.find(key)
	if ok {
		n.values[i] = value
		return
	}
	n.keys = slices.Insert(n.keys, i, key)
	n.values = slices.Insert(n.values, i, value)
}

func (n *node) delete(key []byte) {
	if i, ok := n.find(key); ok {
		n.keys = slices.Delete(n.keys, i, i+1)
		n.values = slices.Delete(n.values, i, i+1)
	}
}

type modelTx struct {
	m        *Model
	writable bool
}

func (t modelTx) Bucket(path ...string) kv.Bucket {
	n := t.m.root
	for _, name := range path {
		child := n.buckets[name]
		if child == nil && !t.writable {
			return nil
		}
		if child == nil {
			child = newNode()
			parent := n
			parent.buckets[name] = child
			t.m.undo = append(t.m.undo, func() { delete(parent.buckets, name) })
		}
		n = child
	}
	return &modelBucket{t, n}
}

func (t modelTx) Names(path []string, yield func(string) error) error {
	n := t.m.root
	for _, name := range path {
		if n = n.buckets[name]; n == nil {
			return nil
		}
	}
	names := make([]string, 0, len(n.buckets))
	for name := range n.buckets {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names {
		if err := yield(name); err != nil {
			return err
		}
	}
	return nil
}

type modelBucket struct {
	tx modelTx
	n  *node
}

func (b *modelBucket) Get(key []byte) []byte {
	if i, ok := b.n.find(key); ok {
		return b.n.values[i]
	}
	return nil
}

func (b *modelBucket) Put(key, value []byte) error {
	key, value = bytes.Clone(key), bytes.Clone(value)
	b.restore(key)
	b.n.put(key, value)
	return nil
}

func (b *modelBucket) Delete(key []byte) error {
	b.restore(bytes.Clone(key))
	b.n.delete(key)
	return nil
}

// restore notes how to undo a change of key.
func (b *modelBucket) restore(key []byte) {
	n, old := b.n, b.Get(key)
	if !b.tx.writable {
		panic("checkpointtest: write in a read transaction")
	}
	b.tx.m.undo = append(b.tx.m.undo, func() {
		if old == nil {
			n.delete(key)
		} else {
			n.put(key, old)
		}
	})
}

func (b *modelBucket) FillSequentially() {}

func (b *modelBucket) Cursor() kv.Cursor { return &modelCursor{n: b.n} }

type modelCursor struct {
	n *node
	i int
}

func (c *modelCursor) at(i int) (key, value []byte) {
	if c.i = i; i < 0 || i >= len(c.n.keys) {
		return nil, nil
	}
	return c.n.keys[i], c.n.values[i]
}

func (c *modelCursor) First() (key, value []byte) { return c.at(0) }
func (c *modelCursor) Last() (key, value []byte)  { return c.at(len(c.n.keys) - 1) }
func (c *modelCursor) Next() (key, value []byte)  { return c.at(c.i + 1) }
func (c *modelCursor) Prev() (key, value []byte)  { return c.at(c.i - 1) }
func (c *modelCursor) Seek(key []byte) (k, value []byte) {
	i, _ := c.n.find(key)
	return c.at(i)
}
