package main

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"gradebook-import/importer/gradecsv"
)

// open opens the files. Whoever is to write to a pipe or to standard input is waited for, before the run begins, no longer
// than the run may take; quit ends that.
func (j *job) open(options gradecsv.Options, quit func()) (*gradecsv.Reader, error) {
	if j.config.MaxDuration == 0 || len(j.inputs) == len(j.files.Files) {
		return gradecsv.Open(j.files.Files, options)
	}
	timer := time.AfterFunc(j.config.MaxDuration, quit)
	reader, err := gradecsv.Open(j.files.Files, options)
	if !timer.Stop() && err == nil { // nothing more would be waited for
		return nil, errors.Join(gradecsv.ErrQuit, reader.Close())
	}
	return reader, err
}

// meteredSource counts the rows that the importer took, so that progress is that of the rows dealt with, not of the
// reader, which runs ahead.
type meteredSource struct {
	reader *gradecsv.Reader
	rows   atomic.Int64
	ended  atomic.Bool // there are no more
}

// Read is the reader's.
func (s *meteredSource) Read(rows []gradecsv.Row) (int, error) {
	n, err := s.reader.Read(rows)
	s.rows.Add(int64(n))
	if errors.Is(err, io.EOF) {
		s.ended.Store(true)
	}
	return n, err
}

// unread is about how many rows the input has that were not taken, after a run; "": there are none.
func (s *meteredSource) unread() string {
	taken := int(s.rows.Load())
	part, known := s.part(taken)
	switch more := (1 - part) / part * float64(taken); {
	case s.ended.Load() || taken == 0:
		return ""
	case !known:
		return "?"
	case s.atEnd():
		return ""
	case more < 1:
		return "few"
	default:
		return "~" + grouped(twoDigits(more))
	}
}

// atEnd reads on, for a run that was stopped before it saw that the row it had taken was the last. Files are not waited for.
func (s *meteredSource) atEnd() bool {
	n, err := s.reader.Read(make([]gradecsv.Row, 1))
	return n == 0 && errors.Is(err, io.EOF)
}

// part is which part of the input so many rows are, by the bytes that the rows taken so far had.
func (s *meteredSource) part(done int) (float64, bool) {
	read, total := s.reader.Bytes()
	taken := s.rows.Load()
	if total == 0 {
		return 0, false
	}
	return min(1, float64(done)/float64(max(taken, 1))*float64(read)/float64(total)), true
}
