package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gradebook-import/importer/gradecsv"
)

// Spool keeps the rows that a person must see, which end in any order, and writes them at the end in the order of the
// input: rejects.csv, in-doubt.csv. Rows of files with different headers go to files of their own: rejects.csv,
// rejects-2.csv.
//
// What an earlier run left under the name stays until Close, which replaces it, or removes it when no row was kept.
type Spool struct {
	path  string
	parts []*part
}

// part is the rows of one header, on a pile with the header before them.
type part struct {
	*Pile
	header *gradecsv.Header
	rows   *gradecsv.RejectWriter
}

// NewSpool makes an empty one; nothing is created before the first row.
func NewSpool(path string) *Spool { return &Spool{path: path} }

// add keeps a row. A nil Spool keeps nothing.
func (s *Spool) add(o *Outcome) error {
	if s == nil {
		return nil
	}
	p, err := s.part(o.Row.Raw.Header)
	if err != nil {
		return err
	}
	if err := p.rows.Add(o.Row, o.word(), gradecsv.Reasons(o.Problems)); err != nil {
		return NewWriteError(s.path, err)
	}
	p.Mark(o.At)
	return nil
}

// part finds the rows of a header, or begins them.
func (s *Spool) part(h *gradecsv.Header) (*part, error) {
	for _, p := range s.parts {
		if p.header == h {
			return p, nil
		}
	}
	pile, err := NewPile(s.path)
	if err != nil {
		return nil, NewWriteError(s.path, err)
	}
	p := &part{Pile: pile, header: h, rows: gradecsv.NewRejectWriter(pile)}
	s.parts = append(s.parts, p)
	if err := p.rows.WriteHeader(h); err != nil {
		return nil, NewWriteError(s.path, err)
	}
	p.Mark(0) // before all rows
	return p, nil
}

// Files are the files that Close will write, in order; empty when no row was kept.
func (s *Spool) Files() []string {
	names := make([]string, len(s.parts))
	for i := range s.parts {
		names[i] = s.name(i)
	}
	return names
}

// name of the ith part: rejects.csv, rejects-2.csv, …
func (s *Spool) name(i int) string {
	if i == 0 {
		return s.path
	}
	ext := filepath.Ext(s.path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(s.path, ext), i+1, ext)
}

// Close writes the files, each atomically, and removes those of an earlier run that have no rows now.
func (s *Spool) Close() error {
	var errs error
	for i, p := range s.parts {
		errs = errors.Join(errs, ReplaceFile(s.name(i), p.WriteSorted))
		if err := p.Close(); err != nil {
			errs = errors.Join(errs, NewWriteError(s.name(i), err))
		}
	}
	for i := len(s.parts); errs == nil; i++ {
		if err := os.Remove(s.name(i)); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			errs = err
		}
	}
	return errs
}

// Discard forgets the rows that were kept.
func (s *Spool) Discard() error {
	var errs error
	for _, p := range s.parts {
		errs = errors.Join(errs, p.Close())
	}
	s.parts = nil
	return errs
}
