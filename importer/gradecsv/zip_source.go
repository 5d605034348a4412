package gradecsv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
)

// zipped is a zip as a file.
type zipped struct {
	bytes, results int64 // packed, and results.csv unpacked
	sha256         string
}

// zipFile is what holds a zip: the file as it was named, or a temporary one.
type zipFile interface {
	io.ReaderAt
	io.Closer
	Stat() (os.FileInfo, error)
}

// unzip makes the source that of a zip's results.csv, where the file is one. When the files are surveyed, before anything is
// sent, it reads the whole of it, so that a damaged zip is refused then.
func (s *source) unzip(path string, f zipFile) error {
	if !isZip(f) {
		if strings.HasSuffix(strings.ToLower(path), ".zip") {
			return &InputError{path, "is no zip file, whatever its name says", "copy or export it again"}
		}
		return nil
	}
	z, err := openZip(path, f)
	if err != nil {
		return err
	}
	surveyed := s.meter.of == nil
	if surveyed || s.waits { // what comes from a pipe is seen once
		if err := z.verify(); err != nil {
			return err
		}
	}
	if s.refs, err = z.loadRefs(); err != nil {
		return err
	}
	results, size, err := z.results()
	if err != nil {
		return err
	}
	s.zipped = &zipped{results: size}
	if !surveyed {
		if err := s.zipped.sum(path, f); err != nil {
			return errors.Join(err, results.Close())
		}
	}
	s.info.File, s.warnings = z.name(resultsName), z.warnings
	s.meter.src, s.closer = results, closers{results, f}
	return nil
}

// sum hashes the zip itself.
func (z *zipped) sum(path string, f io.ReaderAt) error {
	h := sha256.New()
	n, err := io.Copy(h, io.NewSectionReader(f, 0, 1<<62))
	if err != nil {
		return &ReadError{path, 1, err}
	}
	z.bytes, z.sha256 = n, hex.EncodeToString(h.Sum(nil))
	return nil
}

// closers are closed in their order.
type closers []io.Closer

func (c closers) Close() error {
	var errs []error
	for _, one := range c {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
