package gradecsv

import (
	"encoding/binary"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charset is how a file's text is encoded.
type charset uint8

const (
	charsetUTF8 charset = iota
	charsetUTF16LE
	charsetUTF16BE
	charset1252
	charsetMac
)

func (c charset) String() string {
	return [...]string{"UTF-8", "UTF-16", "UTF-16", "Windows-1252", "MacRoman"}[c]
}

// The values of Options.Encoding, beside "", which is EncodingAuto.
const (
	EncodingAuto        = "auto"
	EncodingUTF8        = "utf-8"
	EncodingUTF16       = "utf-16"
	EncodingWindows1252 = "windows-1252"
	EncodingMacRoman    = "macroman"
)

// Encodings are the values that Options.Encoding takes.
func Encodings() []string {
	return []string{EncodingAuto, EncodingUTF8, EncodingUTF16, EncodingWindows1252, EncodingMacRoman}
}

// option is the value of Options.Encoding that means c.
func (c charset) option() string {
	return [...]string{EncodingUTF8, EncodingUTF16, EncodingUTF16, EncodingWindows1252, EncodingMacRoman}[c]
}

// mark is the byte order mark that a file of this encoding begins with. Only UTF-8 may go without.
func (c charset) mark() string {
	return [...]string{utf8BOM, "\xff\xfe", "\xfe\xff", "", ""}[c]
}

// encoding is nil for UTF-8, which needs none.
func (c charset) encoding() encoding.Encoding {
	switch c {
	case charsetUTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case charsetUTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case charset1252:
		return charmap.Windows1252
	case charsetMac:
		return charmap.Macintosh
	}
	return nil
}

// rune is what a byte means in an encoding of one byte a character.
func (c charset) rune(b byte) rune {
	if c == charsetMac {
		return charmap.Macintosh.DecodeByte(b)
	}
	return charmap.Windows1252.DecodeByte(b)
}

// encode appends text, which is UTF-8, to b. A character that the encoding lacks becomes a question mark; of the file's
// own these are the lost letters alone.
func (c charset) encode(b, text []byte) []byte {
	switch c {
	case charsetUTF8:
		return append(b, text...)
	case charsetUTF16LE, charsetUTF16BE:
		return append16(b, text, c == charsetUTF16BE)
	}
	table := charmap.Windows1252
	if c == charsetMac {
		table = charmap.Macintosh
	}
	for _, char := range string(text) {
		one, ok := table.EncodeRune(char)
		if !ok {
			one = '?'
		}
		b = append(b, one)
	}
	return b
}

func append16(b, text []byte, bigEndian bool) []byte {
	for _, unit := range utf16.Encode([]rune(string(text))) {
		if bigEndian {
			b = binary.BigEndian.AppendUint16(b, unit)
		} else {
			b = binary.LittleEndian.AppendUint16(b, unit)
		}
	}
	return b
}
