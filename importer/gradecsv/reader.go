package gradecsv

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// Options say how files are to be understood. The zero value finds out, and takes dates to be UTC.
type Options struct {
	// Mapping is the profile that reads the files: a built-in one's name, or a file; AutoMapping, or "", is found by the
	// header of each file.
	Mapping string
	profile *Profile // nil: to be found
	// TimeZone is where a bare date begins its day; nil is what the profile says, else UTC.
	TimeZone *time.Location
	// ScoreDate is the score date of files without that column, as the column would have it; "": the column is required.
	ScoreDate string
	// Delimiter separates fields: comma, semicolon, tab or |; 0: found out.
	Delimiter rune
	// Encoding is how the files are encoded, one of Encodings; "" is EncodingAuto.
	Encoding string
	// ShowValues: messages have names of columns that may be a student's.
	ShowValues bool
	// Stdin is read for the path "-"; nil is os.Stdin.
	Stdin io.Reader
	// Quit, when it is closed, ends opening or reading that waits for standard input or a pipe with ErrQuit; nil: it waits
	// for ever.
	Quit <-chan struct{}
}

func (o *Options) naming() naming { return naming{all: o.ShowValues} }

func (o *Options) zone() *time.Location {
	if o.TimeZone == nil {
		return time.UTC
	}
	return o.TimeZone
}

// zoneFor is the time zone of a profile's files.
func (o *Options) zoneFor(p *Profile) *time.Location {
	if o.TimeZone == nil && p.zone != nil {
		return p.zone
	}
	return o.zone()
}

// fixedDate is ScoreDate as a date-time. check has found it valid.
func (o *Options) fixedDate(p *Profile) string {
	d := dates{zone: o.zoneFor(p)}
	t, _ := d.parse(o.ScoreDate)
	return t
}

func (o *Options) check() error {
	switch o.Delimiter {
	case 0, ',', ';', '\t', '|':
	default:
		return &OptionError{"delimiter", &InputError{"", fmt.Sprintf("%q is not one of comma, semicolon, tab and |", o.Delimiter), ""}}
	}
	if o.Encoding != "" && !slices.Contains(Encodings(), o.Encoding) {
		return &OptionError{"encoding", &InputError{"", fmt.Sprintf("%s is not one of %s", quoted(o.Encoding), strings.Join(Encodings(), ", ")), ""}}
	}
	d := dates{zone: o.zone()}
	if _, message := d.parse(o.ScoreDate); o.ScoreDate != "" && message != "" {
		return &OptionError{"score-date", &InputError{"", quoted(o.ScoreDate) + " is no date", "write it as YYYY-MM-DD, such as 2026-06-01"}}
	}
	if o.Mapping == "" || o.Mapping == AutoMapping {
		return nil
	}
	var err error
	o.profile, err = LoadProfile(o.Mapping)
	return err
}

// Reader reads the rows of several files, one after the other. It is for one goroutine, Bytes apart.
type Reader struct {
	opts     Options
	paths    []string // not yet opened
	cur      *source  // nil between files and at the end
	infos    []SourceInfo
	headers  []*Header
	warnings []Problem
	detected []Detection
	conv     *converters // from the first Read to the end
	err      error       // what Read returns once conv has no more rows

	progress progress
	total    int64
}

// Open opens the first file and checks the headers of the others, as far as that can be done without reading them
// twice: standard input and pipes are checked when their turn comes, and Read may then return an *InputError.
// The path "-" is standard input.
func Open(paths []string, o Options) (*Reader, error) {
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	r := &Reader{opts: o, paths: paths}
	if err := r.opts.check(); err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, &InputError{"", "no file to read", "name a CSV file, or - for standard input"}
	}
	if err := r.survey(); err != nil {
		return nil, err
	}
	if err := r.advance(); err != nil {
		return nil, err
	}
	return r, nil
}

// survey checks the regular files and adds up their sizes.
func (r *Reader) survey() error {
	known, stdin := true, 0
	for _, path := range r.paths {
		if path == stdinPath {
			known, stdin = false, stdin+1
			continue
		}
		st, err := os.Stat(path)
		if err != nil {
			return openError(path, err)
		}
		r.total += st.Size()
		if known = known && st.Mode().IsRegular(); !st.Mode().IsRegular() && !st.IsDir() {
			continue
		}
		s, err := r.opts.open(path, r.intern, nil)
		if err != nil {
			return err
		}
		s.close()
		if s.zipped != nil {
			r.total += s.zipped.results - st.Size() // what is read is what is unpacked
		}
		r.warn(s)
	}
	if stdin > 1 {
		return &InputError{stdinName, "is named more than once", "standard input can be read only once"}
	}
	if !known {
		r.total = 0
	}
	return nil
}

// warn takes in a file's warnings, each once.
func (r *Reader) warn(s *source) {
	for _, p := range s.warnings {
		if !slices.Contains(r.warnings, p) {
			r.warnings = append(r.warnings, p)
		}
	}
	s.warnings = nil
	if !slices.Contains(r.detected, s.detected) {
		r.detected = append(r.detected, s.detected)
	}
}

func (r *Reader) intern(h *Header) *Header {
	for _, known := range r.headers {
		if known.same(h) {
			return known
		}
	}
	r.headers = append(r.headers, h)
	return h
}

// advance opens the next file; io.EOF when there is none.
func (r *Reader) advance() error {
	if len(r.paths) == 0 {
		return io.EOF
	}
	s, err := r.opts.open(r.paths[0], r.intern, &r.progress)
	if err != nil {
		return err
	}
	r.warn(s)
	r.paths, r.cur = r.paths[1:], s
	return nil
}

// Read fills rows with the next rows, in the order of the files, and returns how many there are, at least one before
// the end or an error: fewer than len(rows) when these rows hold much text, or when no more have arrived on standard
// input. It waits for nothing but the first of them. io.EOF means that all files were read; a *ReadError that a file
// could not be read on, an *InputError that a file whose turn came is not one to import.
// The rows keep nothing of the Reader's but maps and references that nobody may change, and may be used for as long as
// they are wanted.
func (r *Reader) Read(rows []Row) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	if r.conv == nil && r.err == nil {
		r.conv = startConverters()
	}
	n, bytes := 0, 0
	for n < len(rows) && bytes < readBytes && r.ahead(n > 0) {
		for n < len(rows) && bytes < readBytes && r.take(&rows[n]) {
			bytes += len(rows[n].Raw.text)
			n++
		}
	}
	if n > 0 {
		return n, nil
	}
	r.end()
	r.progress.ended.Store(r.err == io.EOF)
	return 0, r.err
}

// ahead frames as far as the bounds allow, and with hold as what has arrived allows, and reports whether there are
// chunks to take rows from.
func (r *Reader) ahead(hold bool) bool {
	for r.err == nil && r.conv.room() {
		if ch := r.chunk(hold || len(r.conv.queue) > 0); ch != nil {
			r.conv.hand(ch)
			continue
		}
		break
	}
	return r.conv != nil && len(r.conv.queue) > 0
}

// chunk frames the next records of the file; nil where hold keeps it from getting any. It sets err at the end.
func (r *Reader) chunk(hold bool) *chunk {
	ch := r.conv.blank(r.cur)
	for len(ch.frames) < chunkRows && ch.bytes < chunkBytes {
		fr, err := r.cur.next(hold || len(ch.frames) > 0)
		switch {
		case err == io.EOF:
			ch.last, r.err = true, r.finish()
		case err != nil && err != errStarved:
			r.err = err
		case err == nil:
			fr.shape = ch.src.shape
			ch.frames = append(ch.frames, fr)
			ch.bytes += fr.shape.weight(fr)
			continue
		}
		break
	}
	r.warn(ch.src)
	if len(ch.frames) == 0 && !ch.last {
		r.conv.free = append(r.conv.free, ch)
		return nil
	}
	return ch
}

// take moves a row out of the oldest chunk, which it gives back when there is none left in it.
func (r *Reader) take(row *Row) bool {
	if len(r.conv.queue) == 0 {
		return false
	}
	ch := r.conv.oldest()
	if ch.taken == len(ch.rows) {
		if ch.last {
			ch.src.whole()
			r.warn(ch.src)
			r.infos = append(r.infos, ch.src.info)
		}
		r.conv.recycle()
		return false
	}
	if err := otherHeader(&ch.rows[ch.taken]); err != nil {
		r.err = err
		r.conv.drop()
		return false
	}
	*row = ch.rows[ch.taken]
	ch.taken++
	ch.src.info.Rows++
	r.progress.take(row)
	ch.src.watch(row)
	return true
}

// finish closes the file that was read and opens the next.
func (r *Reader) finish() error {
	s := r.cur
	r.cur = nil
	if err := s.close(); err != nil {
		return &ReadError{s.info.File, 1, err}
	}
	return r.advance()
}

// end stops the goroutines.
func (r *Reader) end() {
	if r.conv != nil {
		r.conv.stop()
		r.conv = nil
	}
}

// Sources are the files that were read. They are complete once Read has returned io.EOF; before, and after an error,
// those read to their end are there.
func (r *Reader) Sources() []SourceInfo { return append([]SourceInfo(nil), r.infos...) }

// Warnings are what is odd about whole files: how the columns are spelled, which are not imported, the encoding. What
// shows only further on, and all of standard input, is there once Read has returned the rows in question.
func (r *Reader) Warnings() []Problem { return append([]Problem(nil), r.warnings...) }

// Detections say which profile reads each file, and why. That of standard input is there once its turn has come.
func (r *Reader) Detections() []Detection { return append([]Detection(nil), r.detected...) }

// Bytes are about how much of the files the rows had that Read has returned, and how much there is, 0 when that is not
// known. It may be called while Read runs.
func (r *Reader) Bytes() (read, total int64) { return r.progress.bytes(), r.total }

// Close closes the file that is open and ends what Read has started. It does not close Options.Stdin.
func (r *Reader) Close() error {
	if r.err == nil || r.conv != nil {
		r.err = os.ErrClosed
	}
	r.end()
	if r.cur == nil {
		return nil
	}
	err := r.cur.close()
	r.cur = nil
	return err
}
