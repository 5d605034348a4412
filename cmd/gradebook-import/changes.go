package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gradebook-import/importer"
)

// change is what a row would change, in words.
type change struct {
	at   uint32
	text string
}

// changes are what rows would replace or delete at the server, field by field: changes.csv. They are students' data, so they
// go into a file for its owner alone, and stdout has them only where they are asked for. A nil changes takes nothing.
type changes struct {
	path  string
	pile  *importer.Pile // nil: none yet
	first []change       // in the order of the input, for stdout
	err   error
}

func (d reportDir) changes() *changes {
	return &changes{path: filepath.Join(string(d), "changes.csv")}
}

// add takes in what sending a row would change.
func (c *changes) add(o importer.Outcome) {
	if c == nil || c.err != nil || o.Effect != importer.Replaces && o.Effect != importer.Deletes {
		return
	}
	if c.pile == nil {
		if c.pile, c.err = importer.NewPile(c.path); c.err != nil {
			return
		}
	}
	r := &o.Row.Result
	record := func(field, old, new string) {
		if c.err == nil {
			_, c.err = c.pile.Write(csvRecord(inert(o.Row.File), blankZero(o.Row.Line), o.Effect.String(), inert(r.SourcedID),
				inert(r.LineItem.SourcedID), inert(r.Student.SourcedID), inert(field), inert(old), inert(new)))
		}
	}
	said := []string{}
	for _, d := range o.Diff {
		record(d.Field, d.Got, d.Want)
		said = append(said, fmt.Sprintf("%s %s → %s", d.Field, orNothing(d.Got), orNothing(d.Want)))
	}
	if len(o.Diff) == 0 {
		record("", "", "")
		said = append(said, o.Effect.String())
	}
	c.pile.Mark(o.At)
	i, _ := slices.BinarySearchFunc(c.first, o.At, func(of change, at uint32) int { return cmp.Compare(of.at, at) })
	c.first = slices.Insert(c.first, i, change{o.At, oneLine(fmt.Sprintf("%s:%d: %s", o.Row.File, o.Row.Line, strings.Join(said, ", ")))})
	c.first = c.first[:min(len(c.first), mostRows)]
}

func orNothing(value string) string {
	if value == "" {
		return "nothing"
	}
	return value
}

// close writes the file, or removes that of an earlier time.
func (c *changes) close() error {
	switch {
	case c == nil:
		return nil
	case c.pile == nil:
		if err := os.Remove(c.path); !errors.Is(err, fs.ErrNotExist) {
			c.err = errors.Join(c.err, err)
		}
		return c.err
	}
	err := importer.ReplaceFile(c.path, func(w io.Writer) error {
		_, err := io.WriteString(w, byteOrderMark+string(csvRecord("file", "line", "change", "sourcedId", "lineItemSourcedId", "studentSourcedId",
			"field", "old", "new")))
		return errors.Join(err, c.pile.WriteSorted(w))
	})
	return errors.Join(c.err, err, c.pile.Close())
}

// file is what close has written, "" for nothing.
func (c *changes) file() string {
	if c == nil || c.pile == nil {
		return ""
	}
	return c.path
}
