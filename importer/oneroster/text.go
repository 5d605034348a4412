package oneroster

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// detailRunes and excerptRunes bound what is kept of a server's text: of an error object, and of a page.
const (
	detailRunes  = 300
	excerptRunes = 120
)

// clean makes a server's text one line without anything that a terminal would obey: control and format characters
// (escape sequences, direction marks) become spaces, runs of spaces one. What is longer than most runes ends in "…".
func clean(s string, most int) string {
	var b strings.Builder
	n, space := 0, false
	for _, c := range s {
		if unicode.IsSpace(c) || unicode.Is(unicode.C, c) || c == utf8.RuneError {
			space = n > 0
			continue
		}
		if n+2 > most {
			b.WriteRune('…')
			break
		}
		if space {
			b.WriteByte(' ')
			n, space = n+1, false
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}

// looksHTML says that a body is a page (or XML), whatever its Content-Type claims.
func looksHTML(body []byte) bool {
	for _, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n', 0xEF, 0xBB, 0xBF: // white space, byte order mark
			continue
		}
		return c == '<'
	}
	return false
}

// pageText is the text of a page: without tags, scripts and styles.
func pageText(page string) string {
	var b strings.Builder
	for page != "" {
		text, rest, found := strings.Cut(page, "<")
		b.WriteString(text)
		b.WriteByte(' ')
		if !found {
			break
		}
		for _, hidden := range []string{"script", "style"} {
			if len(rest) >= len(hidden) && strings.EqualFold(rest[:len(hidden)], hidden) {
				_, rest, _ = strings.Cut(rest, "</")
			}
		}
		_, page, _ = strings.Cut(rest, ">")
	}
	return html.UnescapeString(b.String())
}
