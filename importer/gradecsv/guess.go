package gradecsv

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// strong is how plausible one reading of a letter must be, and by how much more than the other, to be evidence. A few weak
// ones prove nothing: they are the same mistake repeated.
const strong = 3

// guess says how text that has bytes beyond ASCII is encoded. A text with any well-formed UTF-8 letter is UTF-8, and
// what is not well-formed in it is damage. Otherwise it is Windows-1252 or MacRoman, whichever reading is plausible in
// at least one place where the other is not, and nowhere the other way round; not certain where there is no such place.
func guess(text []byte) (c charset, certain bool) {
	if someUTF8(text) {
		return charsetUTF8, true
	}
	sum, windows, mac := 0, false, false
	for i, b := range text {
		if b < utf8.RuneSelf {
			continue
		}
		in1252, inMac := plausible(charset1252, text, i), plausible(charsetMac, text, i)
		if in1252 < 0 && inMac < 0 {
			return charset1252, false
		}
		sum += in1252 - inMac
		windows = windows || in1252-inMac >= strong && in1252 >= strong
		mac = mac || inMac-in1252 >= strong && inMac >= strong
	}
	switch {
	case windows && !mac && sum > 0:
		return charset1252, true
	case mac && !windows && sum < 0:
		return charsetMac, true
	}
	return charset1252, false
}

// someUTF8 reports whether text has a well-formed letter beyond ASCII.
func someUTF8(text []byte) bool {
	for len(text) > 0 {
		i := firstHigh(text)
		if i < 0 {
			return false
		}
		text = text[i:]
		r, size := utf8.DecodeRune(text)
		if r != utf8.RuneError || size > 1 {
			return true
		}
		text = text[size:]
	}
	return false
}

// plausible says how well the i-th byte reads in its place: from 6, as people write, to -10, as nobody does.
func plausible(c charset, text []byte, i int) int {
	r, prev, next := c.rune(text[i]), around(c, text, i-1), around(c, text, i+1)
	switch {
	case unicode.IsControl(r):
		return -10
	case unicode.IsLetter(r) && manyHigh(text, i):
		return -5 // a word of such letters alone is none of a western language
	case unicode.IsLower(r):
		return lower(r, prev, next)
	case unicode.IsUpper(r):
		return upper(r, prev, next)
	}
	return sign(r, prev, next, word(text[:i]), bytes.ToLower(text[i+1:min(len(text), i+4)]))
}

// around is the character at i, a space outside the text.
func around(c charset, text []byte, i int) rune {
	switch {
	case i < 0 || i >= len(text):
		return ' '
	case text[i] < utf8.RuneSelf:
		return rune(text[i])
	}
	return c.rune(text[i])
}

// manyHigh reports whether the i-th byte is one of three or more beyond ASCII in a row.
func manyHigh(text []byte, i int) bool {
	from, to := i, i
	for from > 0 && text[from-1] >= utf8.RuneSelf {
		from--
	}
	for to < len(text) && text[to] >= utf8.RuneSelf {
		to++
	}
	return to-from >= 3
}

const (
	usualLower = "àáâãäåæçèéêëìíîïñòóôõöøùúûüß"
	usualUpper = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜ"
)

func lower(r, prev, next rune) int {
	switch {
	case unicode.IsUpper(next), unicode.IsDigit(prev), unicode.IsDigit(next):
		return -3
	case !strings.ContainsRune(usualLower, r):
		return 1
	case unicode.IsLetter(prev) || unicode.IsLower(next):
		return 3
	}
	return 1
}

func upper(r, prev, next rune) int {
	switch {
	case unicode.IsLower(prev), unicode.IsUpper(prev) && unicode.IsLower(next), unicode.IsDigit(prev), unicode.IsDigit(next):
		return -4
	case !strings.ContainsRune(usualUpper, r):
		return 0
	case unicode.IsUpper(prev) || unicode.IsLetter(next):
		return 3
	}
	return 0
}

// sign rates what is no letter. before is the word before it, after the next few bytes in lower case.
func sign(r, prev, next rune, before string, after []byte) int {
	inside := unicode.IsLetter(prev) && unicode.IsLetter(next)
	switch r {
	case '’':
		return apostrophe(prev, next, before, after)
	case '“', '‘':
		return when(unicode.IsLetter(next) && !unicode.IsLetter(prev), 3, -2)
	case '”':
		return when(!unicode.IsSpace(prev) && !unicode.IsLetter(next), 3, -2)
	case '–', '—':
		return when(inside, 0, 3)
	case '…':
		return when(unicode.IsLetter(prev) && !unicode.IsLetter(next), 3, 0)
	case '¿', '¡':
		return when(unicode.IsUpper(next), 1, -1)
	case '\u00a0', '°', 'º', 'ª', '½', '¼', '±', '×', '÷', '«', '»', '·', '•', '€', '£', '©', '®', '™':
		return when(inside, -4, 1)
	}
	return -4
}

// apostrophe rates ’, which in MacRoman is an í: "n’t" is English, "país" may be Spanish.
func apostrophe(prev, next rune, before string, after []byte) int {
	switch {
	case unicode.IsUpper(next) && unicode.IsLetter(prev): // O’Brien
		return 3
	case !unicode.IsLetter(next):
		return 1
	case strings.HasSuffix(before, "n") && begins(after, "t"), begins(after, "ll"), begins(after, "re"), begins(after, "ve"),
		strings.EqualFold(before, "i") && begins(after, "m"):
		return 6
	case len(before) == 1, begins(after, "s"), begins(after, "d"):
		return 2
	}
	return 0
}

// begins reports whether text is word and then no letter.
func begins(text []byte, word string) bool {
	rest, ok := bytes.CutPrefix(text, []byte(word))
	return ok && (len(rest) == 0 || !unicode.IsLetter(rune(rest[0])))
}

// word is the ASCII letters that text ends in.
func word(text []byte) string {
	i := len(text)
	for i > 0 && text[i-1] < utf8.RuneSelf && unicode.IsLetter(rune(text[i-1])) {
		i--
	}
	return string(text[i:])
}

func when[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}
