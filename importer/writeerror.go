package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

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
