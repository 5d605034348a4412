package gradecsv

import (
	"io"
	"sync/atomic"
)

// progress says how far the rows that were taken reach into the files. Reading runs far ahead of them, so that what was
// read of a file says little.
type progress struct {
	read  atomic.Int64 // bytes of the files, as they are
	text  atomic.Int64 // bytes of text that was made of them
	taken atomic.Int64 // bytes of that text which the rows taken had
	wide  atomic.Bool  // the file is UTF-16: text is half as long
	ended atomic.Bool  // all rows were taken
}

// bytes of the files are dealt with.
func (p *progress) bytes() int64 {
	read, text, taken := p.read.Load(), p.text.Load(), p.taken.Load()
	switch {
	case p.ended.Load():
		return read
	case text == 0:
		return 0
	case p.wide.Load():
		return min(read, 2*taken)
	}
	each := min(1, float64(read)/float64(text)) // less than 1 where the file is compressed
	return min(read, int64(each*float64(taken)))
}

// take counts a row. The rows of one record share its text.
func (p *progress) take(row *Row) {
	if row.Part == 0 {
		p.taken.Add(int64(len(row.Raw.text)) + 1)
	}
}

// counted counts the text that passes through, where to is not nil.
type counted struct {
	io.Reader
	to *progress
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.to != nil {
		c.to.text.Add(int64(n))
	}
	return n, err
}
