// Package tempfile makes temporary files for their owner alone, without a name, so that a kill leaves nothing behind.
package tempfile

import (
	"errors"
	"os"
)

// File is gone when it is closed.
type File struct {
	*os.File
	named bool // still: Windows removes no open file
}

// New makes one as os.CreateTemp does, with mode 0600.
func New(dir, pattern string) (*File, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &File{f, os.Remove(f.Name()) != nil}, nil
}

// Close removes the file, too.
func (f *File) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
