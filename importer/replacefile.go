package importer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ReplaceFile writes path by way of a temporary file beside it, with mode 0600: a reader sees the old content or the
// new, and after a power cut one of the two is there. Its error is a *WriteError.
func ReplaceFile(path string, write func(io.Writer) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return NewWriteError(path, err)
	}
	err = errors.Join(write(tmp), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name()) // the first failure is the one to tell
		return NewWriteError(path, err)
	}
	return nil
}

// WriteError: a file that people get cannot be written. Its text names the file itself, not the temporary one beside it.
type WriteError struct {
	Path string
	Err  error
}

// NewWriteError is a WriteError for what the operating system said, of whichever file.
func NewWriteError(path string, err error) *WriteError {
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &file):
		err = file.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &WriteError{path, err}
}

func (e *WriteError) Error() string {
	return fmt.Sprintf("%s cannot be written (%v): see to its directory and to the room on its disk, then run the same command again",
		e.Path, e.Err)
}

func (e *WriteError) Unwrap() error { return e.Err }
