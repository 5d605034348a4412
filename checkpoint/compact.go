package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

// Compact rewrites the checkpoint at path without its free pages and says how large it was and is. The file at path is
// the old one until the new one is on disk; the lock is held throughout, and who waits for it opens the new file.
func Compact(path string, opts Options) (before, after int64, err error) {
	s, err := Open(path, opts)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if before, err = s.Size(); err != nil {
		return 0, 0, err
	}
	b := s.db.(*boltDB)
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".compact")
	defer os.Remove(temp) // after the rename there is nothing to remove
	if err = b.guard(func() error { return b.copyTo(temp) }); err != nil {
		var damaged *DamagedError
		if errors.As(err, &damaged) {
			return before, before, err
		}
		return before, before, &WriteError{temp, err}
	}
	info, err := os.Stat(temp)
	if err != nil {
		return before, before, err
	}
	if err = b.inPlace(); err != nil {
		return before, before, &WriteError{path, err}
	}
	if err = os.Rename(temp, path); err != nil {
		return before, before, err
	}
	return before, info.Size(), syncDir(path)
}

// copyTo writes a compact copy of the database and flushes it. The name is fixed and the lock of path is held, so what
// lies there is the rest of a compaction that was killed.
func (b *boltDB) copyTo(temp string) (err error) {
	if err := os.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	info, err := b.file.Stat()
	if err != nil {
		return err
	}
	dst, err := bbolt.Open(temp, info.Mode().Perm(), &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistArrayType})
	if err != nil {
		return err
	}
	var used int64
	err = bbolt.Compact(dst, b.db, 4<<20)
	if err == nil {
		err = dst.View(func(tx *bbolt.Tx) error { used = tx.Size(); return nil })
	}
	if err = errors.Join(err, dst.Close()); err != nil {
		return err
	}
	return cut(temp, used)
}

// cut gives back what bbolt reserved beyond the pages in use, and flushes.
func cut(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}
