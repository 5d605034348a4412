package gradecsv

import (
	"bytes"
	"errors"
	"io"
)

const (
	// maxRecord is the most bytes of one record, and of one line. Results have short comments; what is longer is a
	// quote that nobody closed.
	maxRecord = 1 << 20
	// readSize is how much is asked of the file at a time.
	readSize = 64 << 10
)

// frame is one record, or one line that is none.
type frame struct {
	line int // physical line of the first byte
	// text is the record without its last line end, or, with a fault, the first line of what could be no record.
	text  string
	fault fault
	open  bool   // the file ends in it, without a line end
	shape *shape // set by the Reader: what the record is converted by
	// faultLine and faultCol say where the fault is.
	faultLine, faultCol int
}

// fault is why a line is no record.
type fault uint8

const (
	faultNone     fault = iota
	faultBare           // a quote inside an unquoted field
	faultAfter          // text after a closing quote
	faultUnclosed       // a quote that is never closed
	faultSwallow        // a quote that is not closed before the next row
	faultTooLong        // a line of more than maxRecord bytes; text is ""
)

// framer cuts text into frames.
type framer struct {
	src   io.Reader
	delim byte
	// rowLike reports whether a line is a row by itself, and thus no part of a quoted field. nil: no line is.
	rowLike func(line []byte) bool

	buf  []byte
	r, w int // buf[r:w] is unread; offsets below count from r
	line int // physical line of buf[r]
	done bool
	err  error // why src ended; nil at its end
	// end is how the first line ended: LF, CRLF or CR; "" before it did.
	end string
	// hold forbids to read on, starved says that next would have had to.
	hold, starved bool
}

// errStarved is returned by next where hold keeps it from reading on.
var errStarved = errors.New("no complete record is buffered")

func newFramer(src io.Reader, delim byte) *framer {
	return &framer{src: src, delim: delim, line: 1, buf: make([]byte, readSize)}
}

// next returns the next frame that is not a blank line, io.EOF after the last, or the error of the source. It does not
// wait for the source when hold is set: then it returns errStarved where it would have to.
func (f *framer) next(hold bool) (frame, error) {
	f.hold, f.starved = hold, false
	for {
		end, found := f.lineEnd(0)
		switch {
		case f.starved || end > maxRecord && hold && !f.done:
			return frame{}, errStarved
		case end > maxRecord:
			return f.skipLong(), nil
		case !found && f.err != nil:
			return frame{}, f.err
		case end == 0:
			return frame{}, io.EOF
		}
		if text := f.content(0, end); len(text) > 0 {
			return f.record(end)
		}
		f.advance(end, 1)
	}
}

// record frames the record whose first line ends at first.
func (f *framer) record(first int) (frame, error) {
	q := quotes{delim: f.delim}
	for from, end := 0, first; ; {
		text := f.content(from, end)
		if from > 0 && f.rowLike != nil && f.rowLike(text) {
			return f.bad(first, faultSwallow, q), nil
		}
		switch fault := q.scan(text); {
		case fault != faultNone:
			return f.bad(first, fault, q), nil
		case !q.open:
			return f.good(end, q.lines), nil
		}
		from = end
		var found bool
		end, found = f.lineEnd(from)
		switch {
		case f.starved:
			return frame{}, errStarved
		case !found && f.err != nil:
			return frame{}, f.err
		}
		if end > maxRecord || end == from {
			return f.bad(first, faultUnclosed, q), nil
		}
	}
}

// good takes the record that ends at end.
func (f *framer) good(end, lines int) frame {
	last := f.buf[f.r+end-1]
	fr := frame{line: f.line, text: string(f.content(0, end)), open: last != '\n' && last != '\r'}
	f.advance(end, lines)
	return fr
}

// bad takes the first line of what could not be a record.
func (f *framer) bad(first int, fault fault, q quotes) frame {
	fr := frame{line: f.line, text: string(f.content(0, first)), fault: fault, faultLine: f.line, faultCol: q.faultCol}
	if q.lines > 1 && fault != faultSwallow {
		fr.fault = faultUnclosed // what a later line has is that line's; this one's fault is the quote it left open
	}
	if fr.fault == faultUnclosed || fr.fault == faultSwallow {
		fr.faultLine, fr.faultCol = f.line+q.openLine, q.openCol
	}
	f.advance(first, 1)
	return fr
}

// skipLong drops a line of any length in bounded memory.
func (f *framer) skipLong() frame {
	fr := frame{line: f.line, fault: faultTooLong, faultLine: f.line, faultCol: 1}
	for {
		if i := bytes.IndexByte(f.buf[f.r:f.w], '\n'); i >= 0 {
			f.advance(i+1, 1)
			return fr
		}
		if f.r = f.w; f.done {
			return fr
		}
		if f.buf[f.w-1] == '\r' {
			f.r-- // it may be the line's end
		}
		f.fill()
	}
}

// content is the line from..end without its line end: LF, CRLF or, at the end of the file, CR, as encoding/csv has it.
func (f *framer) content(from, end int) []byte {
	text := f.buf[f.r+from : f.r+end]
	text = bytes.TrimSuffix(text, []byte{'\n'})
	return bytes.TrimSuffix(text, []byte{'\r'})
}

// lineEnd returns the offset after the line that begins at from, and whether a line end was found there. It gives up
// once the offset is past maxRecord. Buffered text may move: only offsets stay right.
func (f *framer) lineEnd(from int) (end int, found bool) {
	for scan := from; ; {
		if i := bytes.IndexByte(f.buf[f.r+scan:f.w], '\n'); i >= 0 {
			return scan + i + 1, true
		}
		scan = f.w - f.r
		if scan > maxRecord || f.done {
			return scan, false
		}
		if scan > from && f.buf[f.w-1] == '\r' {
			scan-- // it may yet become a line end
		}
		if f.hold {
			f.starved = true
			return scan, false
		}
		f.fill()
	}
}

func (f *framer) advance(bytes, lines int) {
	f.r += bytes
	f.line += lines
}

// fill reads once. It sets done at the end of the source.
func (f *framer) fill() {
	if f.r > 0 {
		f.w = copy(f.buf, f.buf[f.r:f.w])
		f.r = 0
	}
	if len(f.buf)-f.w < readSize/2 {
		f.buf = append(f.buf, make([]byte, len(f.buf))...)
	}
	for range 100 {
		n, err := f.src.Read(f.buf[f.w:])
		f.unify(f.w, f.w+n)
		f.w += n
		if err != nil {
			f.done = true
			if err != io.EOF {
				f.err = err
			}
			return
		}
		if n > 0 {
			return
		}
	}
	f.done, f.err = true, io.ErrNoProgress
}

// unify makes LF of every CR that is a line end by itself. A CR that is the last byte waits for the next one.
func (f *framer) unify(from, to int) {
	if from > f.r && f.buf[from-1] == '\r' {
		from--
	}
	if f.end == "" {
		f.end = lineEnding(f.buf[from:to])
	}
	for {
		i := bytes.IndexByte(f.buf[from:to], '\r')
		if i < 0 || from+i+1 == to {
			return
		}
		if from += i + 1; f.buf[from] != '\n' {
			f.buf[from-1] = '\n'
		}
	}
}

// lineEnding is the first line end in text, "" where there is none, or none that is complete.
func lineEnding(text []byte) string {
	i := bytes.IndexAny(text, "\r\n")
	switch {
	case i < 0 || text[i] == '\r' && i+1 == len(text):
		return ""
	case text[i] == '\n':
		return "\n"
	case text[i+1] == '\n':
		return "\r\n"
	}
	return "\r"
}

// eol is how lines end in this file.
func (f *framer) eol() string {
	if f.end == "" {
		return "\n"
	}
	return f.end
}
