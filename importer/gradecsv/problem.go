package gradecsv

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Problem is one thing that is wrong with a row or, as a warning, with a file.
type Problem struct {
	// Code is a stable word for grouping, such as "score.number".
	Code string
	// Column is the column's name in the file, "" where the problem is the row's or the file's.
	Column string
	File   string
	// Line and Col are physical and count from 1, Col in bytes; Col is 0 where the problem is the whole row's.
	Line, Col int
	// Message says what is wrong and what is allowed. It is the same for all rows with the same mistake and holds no
	// data of a student.
	Message string
	// Value is the offending text. It may be a student's data; only with QuoteSafe may it be shown unasked.
	Value     string
	QuoteSafe bool
	// Want is what should stand in place of Value, where that is known; what holds of Value holds of it.
	Want string
	// Note goes on after Message, where rows with the same mistake differ without it. Like Message it is safe.
	Note string
}

// Position is where the problem is, as file:line:col or file:line, which terminals and editors make clickable.
func (p Problem) Position() string {
	if p.Col == 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Text is the problem without its position: column, message, note and, where it is safe or asked for, the value.
func (p Problem) Text(showValue bool) string {
	text := p.Message
	if p.Column != "" {
		text = p.Column + ": " + text
	}
	if p.Note != "" {
		text += "; " + p.Note
	}
	if p.QuoteSafe || showValue {
		text += p.values()
	}
	return text
}

func (p Problem) values() string {
	switch {
	case p.Want != "" && p.Value == "":
		return "; found nothing, not " + quoted(p.Want)
	case p.Want != "":
		return "; found " + quoted(p.Value) + ", not " + quoted(p.Want)
	case p.Value != "":
		return "; found " + quoted(p.Value)
	}
	return ""
}

// String is Position and Text, without values that may be a student's data.
func (p Problem) String() string {
	return p.Position() + ": " + p.Text(false)
}

// maxQuoted is the most bytes of a value that a message shows.
const maxQuoted = 60

func quoted(value string) string {
	if len(value) <= maxQuoted {
		return strconv.Quote(value)
	}
	end := maxQuoted
	for end > 0 && !utf8.RuneStart(value[end]) {
		end--
	}
	return strconv.Quote(value[:end]) + "…"
}

// InputError says that a file is not one to import: it cannot be opened, is no text, or lacks what every results.csv has.
type InputError struct {
	// Path is the file, "" where an option is at fault.
	Path string
	// What is wrong, and Hint what to do; Hint may be "".
	What, Hint string
}

func (e *InputError) Error() string {
	text := e.What
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// OptionError says that an option is wrong, whatever the files are.
type OptionError struct {
	// Option is the name of the option as people set it, such as mapping.
	Option string
	Err    error
}

func (e *OptionError) Error() string { return e.Err.Error() }
func (e *OptionError) Unwrap() error { return e.Err }

// ReadError says that a file could not be read on from a line. The rows before it were returned.
type ReadError struct {
	Path string
	Line int
	Err  error
}

func (e *ReadError) Error() string {
	return fmt.Sprintf("%s:%d: reading stopped here: %v", e.Path, e.Line, e.Err)
}

func (e *ReadError) Unwrap() error { return e.Err }
