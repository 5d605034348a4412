package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// byteOrderMark tells spreadsheets that a CSV file is UTF-8.
const byteOrderMark = "\ufeff"

// csv writes one record a problem.
func (l *listing) csv(w io.Writer) error {
	head := csvRecord("file", "line", "column", "severity", "code", "message")
	for _, p := range l.failures {
		head = append(head, l.record(p)...)
	}
	_, err := io.WriteString(w, byteOrderMark+string(head))
	return errors.Join(err, l.each(func(text []byte) error {
		_, err := w.Write(text)
		return err
	}))
}

func (l *listing) record(p problem) []byte {
	return csvRecord(inert(p.File), blankZero(p.Line), blankZero(p.Col), p.severity, inert(p.Code), inert(p.Text(l.showValues)))
}

func csvRecord(fields ...string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // into memory
	w.Flush()
	return b.Bytes()
}

func blankZero(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// inert is a text that no spreadsheet takes for a formula: file names, titles of columns and values are not ours.
func inert(text string) string {
	text = oneLine(text)
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	if rest := strings.TrimSpace(text); rest != "" && strings.Contains("=+-@＝＋－＠", firstRune(rest)) {
		return "'" + text
	}
	return text
}

func firstRune(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	return text[:size]
}
