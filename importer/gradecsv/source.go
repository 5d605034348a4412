package gradecsv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
)

const (
	// stdinPath is the path that means standard input, stdinName what it is called.
	stdinPath = "-"
	stdinName = "stdin"
)

// SourceInfo is what was read of a file.
type SourceInfo struct {
	File   string
	SHA256 string // in hex
	Bytes  int64
	Rows   int64
	// Mapping is the profile that read it; Encoding and Delimiter are how it is written.
	Mapping, Encoding, Delimiter string
}

// source is an open file whose header was read.
type source struct {
	info    SourceInfo
	meter   *meter
	closer  io.Closer // nil for standard input
	text    *text
	framer  *framer
	written dialect
	intern  func(*Header) *Header
	shape   *shape
	// pending are frames that were looked at and not yet returned.
	pending []frame
	eol     string // how the first record ends
	// detected says what reads the file.
	detected Detection
	// refs are what the files of a zip beside results.csv say, zipped what is to be said of the zip as a file.
	refs   *refs
	zipped *zipped
	// waits says that a read may wait for someone: the file is a pipe or standard input.
	waits     bool
	widths    [2]widths // of the columns ids
	fractions fractions // of the scores
	warnings  []Problem
}

// meter counts and hashes what passes through.
type meter struct {
	src   io.Reader
	sum   hash.Hash
	bytes int64
	of    *progress // of all files; nil: not counted
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.src.Read(p)
	m.sum.Write(p[:n])
	m.bytes += int64(n)
	if m.of != nil {
		m.of.read.Add(int64(n))
	}
	return n, err
}

// openFile opens a file that is none but a regular one or a pipe, for which it waits until quit.
func openFile(path string, quit <-chan struct{}) (f *os.File, regular bool, err error) {
	f, err = openWaiting(path, quit)
	if err == ErrQuit {
		return nil, false, err
	}
	if err != nil {
		return nil, false, openError(path, err)
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = &InputError{path, "is a directory", "name the CSV file in it"}
	}
	if err != nil {
		f.Close()
		return nil, false, err
	}
	return f, st.Mode().IsRegular(), nil
}

func openError(path string, err error) error {
	var cause *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &InputError{path, "no such file", "check the name and the directory"}
	case errors.Is(err, fs.ErrPermission):
		return &InputError{path, "may not be read by this user", "check the file's permissions"}
	case errors.As(err, &cause):
		return &InputError{path, cause.Err.Error(), ""}
	}
	return &InputError{path, err.Error(), ""}
}

// open reads the header of the file at path and finds its first data row. intern returns the header to use.
func (o *Options) open(path string, intern func(*Header) *Header, of *progress) (*source, error) {
	s, err := o.source(path, of)
	if err != nil {
		return nil, err
	}
	if err := s.begin(o, intern); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// source opens the file at path and reads nothing of it, but of a zip what lies beside its results.
func (o *Options) source(path string, of *progress) (*source, error) {
	s := &source{info: SourceInfo{File: path}, meter: &meter{sum: sha256.New(), of: of}}
	if path == stdinPath {
		s.info.File, s.meter.src, s.waits = stdinName, newWaiting(o.Stdin, o.Quit), true
	} else {
		f, regular, err := openFile(path, o.Quit)
		if err != nil {
			return nil, err
		}
		s.meter.src, s.closer, s.waits = f, f, !regular
		if !regular {
			s.meter.src = newWaiting(f, o.Quit)
		}
		if regular {
			if err := s.unzip(path, f); err != nil {
				f.Close()
				return nil, err
			}
		}
	}
	if s.waits {
		if err := s.unpipe(s.info.File); err != nil {
			if s.closer != nil {
				s.closer.Close()
			}
			return nil, err
		}
	}
	return s, nil
}

func (s *source) begin(o *Options, intern func(*Header) *Header) error {
	s.intern = intern
	if err := s.start(o); err != nil {
		return err
	}
	if err := s.head(o); err != nil {
		return err
	}
	s.follow()
	return nil
}

// start finds out how the file is written.
func (s *source) start(o *Options) (err error) {
	if s.text, err = decode(s.info.File, o.Encoding, s.meter, s.waits); err != nil {
		return err
	}
	if s.meter.of != nil {
		s.meter.of.wide.Store(s.text.charset == charsetUTF16LE || s.text.charset == charsetUTF16BE)
	}
	s.framer = newFramer(counted{s.text, s.meter.of}, 0)
	s.written, err = s.dialect(o)
	return err
}

// frame is the next frame. atEOF is the error for a file that ends here.
func (s *source) frame(atEOF error) (frame, error) {
	fr, err := s.framer.next(false)
	switch {
	case err == io.EOF:
		return fr, atEOF
	case err != nil:
		return fr, s.readError(err)
	}
	return fr, nil
}

// readError places an error of the source, which may be that it is none to read.
func (s *source) readError(err error) error {
	var input *InputError
	if errors.As(err, &input) {
		return err
	}
	return &ReadError{s.info.File, s.framer.line, err}
}

// next is the next frame; io.EOF after the last. With hold it does not wait for someone to write on, but returns
// errStarved.
func (s *source) next(hold bool) (frame, error) {
	if len(s.pending) > 0 {
		fr := s.pending[0]
		s.pending = s.pending[1:]
		return fr, nil
	}
	fr, err := s.framer.next(hold && s.waits)
	if err != nil && err != io.EOF && err != errStarved {
		err = s.readError(err)
	}
	s.follow()
	return fr, err
}

// follow takes note of what the text has shown itself to be.
func (s *source) follow() {
	if s.text.notice != nil {
		s.warnings, s.text.notice = append(s.warnings, *s.text.notice), nil
	}
	if s.text.charset != s.shape.header.charset {
		h, shape := *s.shape.header, *s.shape
		h.charset = s.text.charset
		shape.header = s.intern(&h)
		s.shape = &shape
	}
}

func delimiterName(delim byte) string {
	switch delim {
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	case '|':
		return "bar"
	}
	return "comma"
}

func (s *source) close() error {
	s.info.Bytes = s.meter.bytes
	s.info.SHA256 = hex.EncodeToString(s.meter.sum.Sum(nil))
	s.info.Mapping = s.detected.Profile
	if s.framer != nil {
		s.info.Encoding, s.info.Delimiter = s.text.charset.String(), delimiterName(s.framer.delim)
	}
	if z := s.zipped; z != nil {
		s.info.Bytes, s.info.SHA256 = z.bytes, z.sha256
	}
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}
