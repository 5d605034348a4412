package gradecsv

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// archive is a OneRoster zip: results.csv, and the files beside it that say more of it.
type archive struct {
	path     string
	files    map[string]*zip.File // by name, in lower case
	manifest manifest
	warnings []Problem
}

const (
	resultsName = "results.csv"
	// maxEntries, maxUnpacked and maxRatio bound what a zip may hold: OneRoster has 22 files, a large district's results
	// a few hundred MB, and CSV files shrink to a tenth. The ratio counts above freeUnpacked only.
	maxEntries   = 200
	maxUnpacked  = 16 << 30
	maxRatio     = 200
	freeUnpacked = 64 << 20
)

// isZip reports a file that begins as a zip does.
func isZip(f io.ReaderAt) bool {
	head := make([]byte, 4)
	_, err := f.ReadAt(head, 0)
	return err == nil && (string(head) == "PK\x03\x04" || string(head) == "PK\x05\x06")
}

// openZip reads a zip's directory and its manifest. It refuses one that is not a OneRoster export, with the reason.
func openZip(name string, f zipFile) (*archive, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, openError(name, err)
	}
	zr, err := zip.NewReader(f, st.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, &InputError{name, "is a damaged zip file: its directory cannot be read", "copy or export it again"}
	}
	z := &archive{path: name, files: make(map[string]*zip.File)}
	if err := z.list(zr.File, st.Size()); err != nil {
		return nil, err
	}
	return z, z.readManifest()
}

// list takes in the entries. Nothing is unpacked by their names, but a zip with odd ones is not what it says it is.
func (z *archive) list(files []*zip.File, size int64) error {
	refuse := func(what, hint string) error { return &InputError{z.path, what, hint} }
	if len(files) > maxEntries {
		return refuse(fmt.Sprintf("has %d entries; a OneRoster zip has at most 22", len(files)), "zip the CSV files of the export alone")
	}
	var total uint64
	for _, f := range files {
		name := f.Name
		switch {
		case strings.HasPrefix(name, "__MACOSX/") || path.Base(name) == ".DS_Store":
			continue // what a Mac adds
		case name == "[Content_Types].xml" || name == "mimetype" || strings.HasSuffix(name, ".iwa"): // of Excel, LibreOffice, Numbers
			return refuse("is a spreadsheet workbook, not a CSV file", "save it as CSV, encoded in UTF-8")
		case path.IsAbs(name) || strings.Contains(name, `\`) || strings.Contains(name, ":") || strings.Contains("/"+name+"/", "/../"):
			return refuse("has an entry whose name leads out of the zip: "+quoted(name), "do not use this file; ask whoever made it")
		case strings.Contains(name, "/"):
			return refuse("has a folder in it: "+quoted(path.Dir(name)), "put the CSV files themselves into the zip, not their folder")
		case f.Flags&1 != 0:
			return refuse("is encrypted: "+quoted(name), "unpack it with its password, and zip the files without one")
		case f.Method != zip.Store && f.Method != zip.Deflate:
			return refuse(fmt.Sprintf("packs %s by a method (%d) that OneRoster does not allow", quoted(name), f.Method), "zip the files again")
		case z.files[strings.ToLower(name)] != nil:
			return refuse("has "+quoted(name)+" twice"+when(z.files[strings.ToLower(name)].Name == name, "", ", once as "+quoted(z.files[strings.ToLower(name)].Name)),
				"it is not guessed which one is meant: export it again, or unpack it and zip the right files anew")
		}
		z.files[strings.ToLower(name)] = f
		if total += f.UncompressedSize64; f.UncompressedSize64 > maxUnpacked || total > maxUnpacked {
			return refuse("unpacks to more than 16 GiB", "export fewer classes or terms at a time")
		}
	}
	if total > freeUnpacked && total/maxRatio > uint64(size) {
		return refuse(fmt.Sprintf("unpacks to more than %d times its size, as no export does", maxRatio), "do not use this file; ask whoever made it")
	}
	return nil
}

// name is an entry as messages have it.
func (z *archive) name(entry string) string { return z.path + "/" + entry }

// results opens results.csv.
func (z *archive) results() (io.ReadCloser, int64, error) {
	f := z.files[resultsName]
	switch mode := z.manifest.modes["results"]; {
	case f == nil && mode == modeAbsent && z.manifest.found:
		return nil, 0, &InputError{z.path, "has no results.csv, and its manifest says so: there are no results in it", "export it again with results"}
	case f == nil:
		return nil, 0, &InputError{z.path, "has no results.csv" + z.found(), "export it again, or name the CSV file itself"}
	case mode == modeAbsent && z.manifest.found:
		return nil, 0, &InputError{z.path, "has a results.csv, but its manifest says that it is absent", "export it again; or unpack it and name results.csv"}
	}
	r, err := f.Open()
	if err != nil {
		return nil, 0, z.damaged(resultsName, err)
	}
	return r, int64(f.UncompressedSize64), nil
}

// found lists what there is instead.
func (z *archive) found() string {
	var names []string
	for _, f := range z.files {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return when(len(names) > 0, "; found "+listed(names), "")
}

// verify reads an entry to its end, so that a damaged one is refused before anything of it is used.
func (z *archive) verify() error {
	r, _, err := z.results()
	if err != nil {
		return err
	}
	defer r.Close() // read only
	if _, err := io.Copy(io.Discard, r); err != nil {
		return z.damaged(resultsName, err)
	}
	return nil
}

// damaged says why an entry cannot be read.
func (z *archive) damaged(entry string, err error) error {
	var corrupt flate.CorruptInputError
	var parse *csv.ParseError
	switch {
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm),
		errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &corrupt):
		return &InputError{z.name(entry), "is damaged: it cannot be unpacked", "copy or export the zip again"}
	case errors.As(err, &parse):
		return &InputError{fmt.Sprintf("%s:%d", z.name(entry), parse.Line), broken(parse.Err), "export the zip again"}
	}
	return &InputError{z.name(entry), err.Error(), ""}
}

// broken is what is wrong with a record.
func broken(err error) string {
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return "has another number of fields than the header"
	case errors.Is(err, csv.ErrBareQuote), errors.Is(err, csv.ErrQuote):
		return "has a quote that is not doubled, or not closed"
	}
	return "is not CSV: " + err.Error()
}

// warn notes something odd about an entry.
func (z *archive) warn(entry, code, message string) {
	z.warnings = append(z.warnings, Problem{Code: code, File: z.name(entry), Line: 1, Col: 1, Message: message})
}

// table reads a file of the zip row by row. each gets the fields of columns, of which an entry may name alternatives
// divided by bars; "" where the file lacks one. The first column must be there.
func (z *archive) table(entry string, columns []string, each func(fields []string, line int)) error {
	f := z.files[strings.ToLower(entry)]
	r, err := f.Open()
	if err != nil {
		return z.damaged(entry, err)
	}
	defer r.Close() // read only
	head := make([]byte, len(utf8BOM))
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return z.damaged(entry, err)
	}
	cr := csv.NewReader(io.MultiReader(bytes.NewReader(bytes.TrimPrefix(head[:n], []byte(utf8BOM))), r))
	cr.ReuseRecord = true
	header, err := cr.Read()
	if errors.Is(err, io.EOF) {
		return &InputError{z.name(entry), "is empty", "export the zip again"}
	} else if err != nil {
		return z.damaged(entry, err)
	}
	places := make([]int, len(columns))
	for i, names := range columns {
		places[i] = findColumn(header, strings.Split(names, "|"))
	}
	if places[0] < 0 {
		return &InputError{z.name(entry), "has no column " + columns[0] + "; found " + naming{}.list(header, nil), "export the zip again"}
	}
	fields := make([]string, len(columns))
	for {
		record, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return z.damaged(entry, err)
		}
		for i, place := range places {
			if fields[i] = ""; place >= 0 {
				fields[i] = record[place]
			}
		}
		line, _ := cr.FieldPos(0)
		each(fields, line)
	}
}
