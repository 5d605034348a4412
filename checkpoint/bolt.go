package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"gradebook-import/checkpoint/internal/kv"
)

// boltDB is bbolt as a kv.DB. What it adds: a bbolt panic, or a fault in its memory map, is a *DamagedError and never
// the end of the process; and a commit into a file that is no longer at its path is refused.
type boltDB struct {
	path     string
	readOnly bool
	file     *os.File
	info     os.FileInfo // of file, as it was opened
	db       *bbolt.DB
	// write is held around bbolt's own lock, which a panic can leave locked: whoever waits must get an answer.
	write sync.Mutex
	dead  atomic.Pointer[DamagedError]
}

// openBolt opens and locks the file at path.
func openBolt(path string, o Options) (*boltDB, error) {
	deadline := time.Now().Add(o.LockWait)
	for {
		b, err := openBoltOnce(path, o, max(time.Until(deadline), time.Millisecond))
		if err != nil {
			return nil, err
		}
		// Who compacts replaces the file while others wait for the lock of the old one.
		if err = b.inPlace(); err == nil {
			return b, nil
		}
		if err := b.Close(); err != nil {
			return nil, err
		}
		if time.Now().After(deadline) {
			return nil, &LockedError{path}
		}
	}
}

func openBoltOnce(path string, o Options, wait time.Duration) (*boltDB, error) {
	b, created, err := lockBolt(path, o, wait)
	if err != nil {
		return nil, err
	}
	if created {
		err = syncDir(path)
	}
	if err == nil {
		err = b.guard(b.checkSize)
	}
	if err == nil {
		err = b.guard(b.verify)
	}
	if err != nil {
		b.abandon()
		return nil, openError(path, err)
	}
	return b, nil
}

// lockBolt opens and locks the file at path, and leaves it unchecked but for its beginning.
func lockBolt(path string, o Options, wait time.Duration) (b *boltDB, created bool, err error) {
	if created, err = examine(path, o.ReadOnly); err != nil {
		return nil, false, err
	}
	b = &boltDB{path: path, readOnly: o.ReadOnly}
	err = b.guard(func() (err error) {
		b.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: wait, ReadOnly: o.ReadOnly, FreelistType: bbolt.FreelistArrayType, NoStatistics: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
				if b.file, err = o.OpenFile(name, flag, mode); err == nil {
					b.info, err = b.file.Stat()
				}
				return b.file, err
			},
		})
		return err
	})
	if err != nil {
		b.abandon()
		return nil, false, openError(path, err)
	}
	return b, created, nil
}

// examine says whether the file will be new, and refuses what opening would harm or hang on.
func examine(path string, readOnly bool) (created bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !readOnly:
		return true, nil
	case err != nil:
		return false, err
	case info.IsDir():
		return false, &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return false, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	case info.Size() == 0 && readOnly:
		return false, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	case info.Size() > 0:
		return false, recognise(path)
	}
	return true, nil
}

// recognise tells a file that is something else from a checkpoint, which begins with two pages that bbolt marks. One that
// is lost is damage; so is a beginning of zeros, which a file system may leave after a power cut. A checkpoint that lost
// both to other text looks like something else.
func recognise(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // it was only read
	head := make([]byte, 2*largestPage)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	for at := 0; at+pageHead+4 <= n; at += smallestPage {
		if binary.NativeEndian.Uint32(head[at+pageHead:]) == boltMagic {
			return nil
		}
	}
	if len(bytes.Trim(head[:min(n, smallestPage)], "\x00")) == 0 {
		return nil
	}
	return &ForeignError{path}
}

// How bbolt marks its first two pages: boltMagic after the page's head, pages being as large as the machine's.
const (
	boltMagic                 = 0xED0CDAED
	pageHead                  = 16
	smallestPage, largestPage = 4 << 10, 64 << 10
)

// openError sorts what bbolt says: what is not the operating system's is damage.
func openError(path string, err error) error {
	var pathError *fs.PathError
	var errno syscall.Errno
	var damaged *DamagedError
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return &LockedError{path}
	case errors.As(err, &damaged):
		return damaged
	case errors.As(err, &pathError):
		return pathError
	case errors.As(err, &errno):
		return &fs.PathError{Op: "open", Path: path, Err: errno}
	}
	return &DamagedError{path, err}
}

// checkSize finds a file that lost its end: reading it through the memory map would be a fault.
func (b *boltDB) checkSize() error {
	size, err := b.Size()
	if err != nil {
		return err
	}
	return b.db.View(func(tx *bbolt.Tx) error {
		if used := tx.Size(); used > size {
			return fmt.Errorf("it has %d bytes and should have %d: its end is missing", size, used)
		}
		return nil
	})
}

// inPlace returns errReplaced when the open file is not the one at path.
func (b *boltDB) inPlace() error {
	there, err := os.Stat(b.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil || !os.SameFile(there, b.info) {
		return errReplaced
	}
	return nil
}

// guard runs op and turns a panic into a *DamagedError, after which bbolt's locks cannot be trusted and nothing runs.
func (b *boltDB) guard(op func() error) (err error) {
	if dead := b.dead.Load(); dead != nil {
		return dead
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			damaged := &DamagedError{b.path, fmt.Errorf("%v", p)}
			b.dead.Store(damaged)
			err = damaged
		}
	}()
	return op()
}

func (b *boltDB) View(fn func(kv.Tx) error) error {
	return b.guard(func() error {
		return b.db.View(func(tx *bbolt.Tx) error { return fn(boltTx{tx}) })
	})
}

func (b *boltDB) Update(fn func(kv.Tx) error) error {
	b.write.Lock()
	defer b.write.Unlock()
	return b.guard(func() error {
		if err := b.inPlace(); err != nil {
			return err
		}
		return b.db.Update(func(tx *bbolt.Tx) error { return fn(boltTx{tx}) })
	})
}

func (b *boltDB) Size() (int64, error) {
	info, err := b.file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Close waits for transactions, except after a panic, which can leave bbolt's lock taken for good.
func (b *boltDB) Close() error {
	if b.dead.Load() != nil {
		b.abandon()
		return nil
	}
	b.write.Lock()
	defer b.write.Unlock()
	return b.guard(b.db.Close)
}

// abandon gives up the file and with it the lock. The memory map, if any, stays until the process ends.
func (b *boltDB) abandon() {
	if b.file != nil {
		b.file.Close() // its error would hide the one that led here; nothing is unwritten
	}
}

// warm reads the file from front to back: the memory map is advised for random access, so a scan through it would wait
// for the disk at every page.
func (b *boltDB) warm() {
	buf := make([]byte, 1<<20)
	for off := int64(0); ; off += int64(len(buf)) {
		if _, err := b.file.ReadAt(buf, off); err != nil {
			return // the end; or a true error, which the scan will meet
		}
	}
}

// syncDir makes the directory entry of path durable.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be opened there
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

type boltTx struct{ tx *bbolt.Tx }

func (t boltTx) Bucket(path ...string) kv.Bucket {
	var b *bbolt.Bucket
	var in interface {
		Bucket([]byte) *bbolt.Bucket
		CreateBucketIfNotExists([]byte) (*bbolt.Bucket, error)
	} = t.tx
	for _, name := range path {
		if b = in.Bucket([]byte(name)); b == nil && t.tx.Writable() {
			var err error
			if b, err = in.CreateBucketIfNotExists([]byte(name)); err != nil {
				panic("checkpoint: internal error: bucket " + name + ": " + err.Error())
			}
		}
		if b == nil {
			return nil
		}
		in = b
	}
	return boltBucket{b}
}

func (t boltTx) Names(path []string, yield func(string) error) error {
	if len(path) == 0 {
		return t.tx.ForEach(func(name []byte, _ *bbolt.Bucket) error { return yield(string(name)) })
	}
	b, ok := t.Bucket(path...).(boltBucket)
	if !ok {
		return nil
	}
	return b.ForEachBucket(func(name []byte) error { return yield(string(name)) })
}

type boltBucket struct{ *bbolt.Bucket }

func (b boltBucket) Cursor() kv.Cursor { return b.Bucket.Cursor() }

func (b boltBucket) FillSequentially() { b.FillPercent = 0.95 }
