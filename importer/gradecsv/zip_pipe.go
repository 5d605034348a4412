package gradecsv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"gradebook-import/importer/internal/tempfile"
)

// maxPiped is the most bytes of a zip from a pipe.
const maxPiped = 4 << 30

// unpipe makes the source that of a zip's results.csv, where a zip comes from standard input or a pipe. A zip is read from
// its end, so it is kept in a file that nobody else can read and that has no name, until the source is closed.
func (s *source) unpipe(path string) error {
	head := make([]byte, 4)
	n, err := io.ReadFull(s.meter.src, head)
	src := io.MultiReader(bytes.NewReader(head[:n]), s.meter.src)
	s.meter.src = src
	if err != nil || !isZip(bytes.NewReader(head)) {
		return nil // what err says, the next read says again
	}
	tmp, err := spool(path, src)
	if err != nil {
		return err
	}
	from := s.closer
	if err := s.unzip(path, tmp); err != nil {
		return errors.Join(err, tmp.Close())
	}
	s.waits = false
	if from != nil {
		s.closer = closers{s.closer, from}
	}
	return nil
}

// spool copies src into a temporary file, which is gone once it is closed.
func spool(path string, src io.Reader) (*tempfile.File, error) {
	fail := func(err error) error {
		return &InputError{path, fmt.Sprintf("is a zip, which is kept in %s while it is read, and that failed: %v", os.TempDir(), err),
			"make room there, name another directory by the environment variable TMPDIR, or give the zip as a file"}
	}
	tmp, err := tempfile.New("", "gradebook-import-*.zip")
	if err != nil {
		return nil, fail(err)
	}
	w := &bounded{w: tmp, left: maxPiped}
	if _, err := io.Copy(w, src); err != nil {
		err = errors.Join(err, tmp.Close())
		switch {
		case w.left < 0:
			return nil, &InputError{path, "is a zip of more than 4 GiB", "give it as a file"}
		case w.failed:
			return nil, fail(err)
		}
		return nil, &ReadError{path, 1, err}
	}
	return tmp, nil
}

// bounded is a writer that takes no more than so many bytes, and notes whose an error is.
type bounded struct {
	w      io.Writer
	left   int64
	failed bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, io.ErrShortWrite
	}
	n, err := b.w.Write(p)
	b.failed = err != nil
	return n, err
}
