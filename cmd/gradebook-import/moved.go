package main

import (
	"encoding/hex"
	"path/filepath"
	"strings"

	"gradebook-import/importer"
)

// moved are files that were imported and that this run has replaced: a rejects.csv, for one, is both. What was read lies
// beside under another name, which messages must have, because their lines are of that file.
type moved map[string]string

// movedFiles finds them among the sources of a report, once the files of rows are written.
func movedFiles(r *importer.Report) moved {
	m := moved{}
	for _, s := range r.Sources {
		ext := filepath.Ext(s.File)
		previous := strings.TrimSuffix(s.File, ext) + previousMark + ext
		if sumOf(previous) == s.SHA256 && sumOf(s.File) != s.SHA256 {
			m[s.File] = previous
		}
	}
	return m
}

// sumOf is a file's SHA-256 in hex, "" where it cannot be read.
func sumOf(path string) string {
	sum, err := digest(path)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(sum[:])
}

// rename gives a position, or a text that begins with one, the name of the file that it is now in.
func (m moved) rename(position string) string {
	for from, to := range m {
		if rest, found := strings.CutPrefix(position, from+":"); found {
			return to + ":" + rest
		}
	}
	return position
}

// apply renames what people are told.
func (m moved) apply(r *importer.Report, seen *notices) {
	if len(m) == 0 {
		return
	}
	for i := range r.Problems {
		for _, positions := range [][]string{r.Problems[i].Lines, r.Problems[i].Others} {
			for n := range positions {
				positions[n] = m.rename(positions[n])
			}
		}
	}
	for _, rows := range [][]noticed{seen.rejected, seen.doubted} {
		for i := range rows {
			for n := range rows[i].lines {
				rows[i].lines[n] = m.rename(rows[i].lines[n])
			}
			if to, ok := m[rows[i].detail.File]; ok {
				rows[i].detail.File = to
			}
		}
	}
}
