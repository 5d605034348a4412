package gradecsv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sniffer passes ASCII on, which is the same in all encodings but UTF-16, and decides at the first byte beyond.
type sniffer struct {
	path  string
	src   io.Reader
	waits bool
	out   *text
	line  int    // of the next byte
	cr    bool   // the byte before it was a CR
	tail  []byte // the last bytes before it, which a word may begin in
	// rest is the decoded remainder once decided.
	rest io.Reader
}

// window is how much of the text from its first letter beyond ASCII on is looked at.
const window = 64 << 10

func (s *sniffer) Read(p []byte) (int, error) {
	if s.rest != nil {
		return s.rest.Read(p)
	}
	n, err := s.src.Read(p)
	i := firstHigh(p[:n])
	if i < 0 {
		s.pass(p[:n])
		return n, err
	}
	s.pass(p[:i])
	seen := append(make([]byte, 0, n-i+readSize), p[i:n]...)
	for err == nil && s.wants(seen) {
		var k int
		k, err = s.src.Read(seen[len(seen):cap(seen)])
		seen = seen[:len(seen)+k]
	}
	s.rest = s.decide(seen, err)
	if i == 0 {
		return s.rest.Read(p)
	}
	return i, nil
}

// pass takes note of ASCII that is passed on.
func (s *sniffer) pass(b []byte) {
	s.count(b)
	s.tail = append(s.tail, b[max(0, len(b)-maxWord):]...)
	s.tail = s.tail[:copy(s.tail, s.tail[max(0, len(s.tail)-maxWord):])]
}

// maxWord is the most bytes of a word before, and after, a letter beyond ASCII.
const maxWord = 20

// wants reports whether more should be read for the decision: up to the window, but where that may wait for someone no
// more than the line, without which there is no row either.
func (s *sniffer) wants(seen []byte) bool {
	return len(seen) < window && len(seen) < cap(seen) && !(s.waits && bytes.ContainsAny(seen, "\r\n"))
}

// decide returns the rest of the text; seen is its beginning, and err what the source said after it.
func (s *sniffer) decide(seen []byte, err error) io.Reader {
	src := io.MultiReader(bytes.NewReader(seen), s.src)
	if err != nil {
		src = io.MultiReader(bytes.NewReader(seen), &fixed{err})
	}
	c, certain := guess(append(s.tail, seen...))
	switch {
	case !certain:
		return &fixed{s.doubt(seen)}
	case c != charsetUTF8:
		s.out.charset, s.out.notice = c, s.notice(c, seen)
	}
	return c.decoder(src)
}

// fixed is a reader that has only an error.
type fixed struct{ err error }

func (f *fixed) Read([]byte) (int, error) { return 0, f.err }

func (s *sniffer) doubt(seen []byte) error {
	letters := func(c charset) string { return strings.Join(distinct(c, seen), ", ") }
	return &InputError{s.path, fmt.Sprintf("line %d: not UTF-8, and it is not plain which encoding it is", s.line),
		fmt.Sprintf("save it as CSV UTF-8, or give --encoding: windows-1252 reads the letters as %s; macroman as %s",
			letters(charset1252), letters(charsetMac))}
}

// notice tells a person what to check. The words around the letters may be a student's name.
func (s *sniffer) notice(c charset, seen []byte) *Problem {
	other := charset1252
	if c == charset1252 {
		other = charsetMac
	}
	lines, words := s.examples(c, seen)
	return &Problem{Code: "file.encoding", File: s.path, Line: s.line, Col: 1, Value: words,
		Message: fmt.Sprintf("the file is not UTF-8 and was read as %s, which makes the letters %s (%s); where they are wrong, "+
			"give --encoding %s, or save the file as CSV UTF-8", c, strings.Join(distinct(c, seen), ", "), lines, other.option())}
}

// maxLetters is the most letters that a message shows.
const maxLetters = 12

// distinct are the letters beyond ASCII, each once.
func distinct(c charset, seen []byte) []string {
	var letters []string
	have := make(map[rune]bool)
	for _, b := range seen {
		r := c.rune(b)
		if b < utf8.RuneSelf || have[r] || len(letters) == maxLetters {
			continue
		}
		have[r] = true
		letters = append(letters, when(unicode.IsPrint(r), string(r), fmt.Sprintf("%U", r)))
	}
	return letters
}

// examples are up to three words with letters beyond ASCII, and their lines.
func (s *sniffer) examples(c charset, seen []byte) (lines, words string) {
	at := sniffer{line: s.line, cr: s.cr}
	text, from := append(s.tail, seen...), len(s.tail)
	var numbers, found []string
	for len(found) < 3 {
		i := firstHigh(text[from:])
		if i < 0 {
			break
		}
		at.count(text[from : from+i])
		var example string
		example, from = wordAt(c, text, from+i)
		found = append(found, example)
		if number := fmt.Sprint(at.line); len(numbers) == 0 || numbers[len(numbers)-1] != number {
			numbers = append(numbers, number)
		}
	}
	return when(len(numbers) > 1, "lines ", "line ") + strings.Join(numbers, ", "), strings.Join(found, ", ")
}

// wordAt is the word around the i-th byte, and its end.
func wordAt(c charset, text []byte, i int) (word string, end int) {
	const breaks = " ,;\t|\"\r\n"
	from := i
	for from > 0 && i-from < maxWord && strings.IndexByte(breaks, text[from-1]) < 0 {
		from--
	}
	for end = i; end < len(text) && end-i < maxWord && strings.IndexByte(breaks, text[end]) < 0; end++ {
	}
	for _, b := range text[from:end] {
		word += string(c.rune(b))
	}
	return word, end
}

// count counts the lines of b: LF, CRLF and CR end one.
func (s *sniffer) count(b []byte) {
	if len(b) == 0 {
		return
	}
	if s.cr && b[0] == '\n' {
		s.line--
	}
	s.line += bytes.Count(b, []byte{'\n'}) + bytes.Count(b, []byte{'\r'}) - bytes.Count(b, []byte("\r\n"))
	s.cr = b[len(b)-1] == '\r'
}

// firstHigh is the offset of the first byte beyond ASCII, -1 where there is none.
func firstHigh(b []byte) int {
	i := 0
	for ; i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 == 0; i += 8 {
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}
