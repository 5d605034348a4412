package gradecsv

import (
	"errors"
	"io"
	"slices"
)

// Preview is the beginning of a file before and after its mapping.
type Preview struct {
	Detection Detection
	Warnings  []Problem
	// Columns are the header's names.
	Columns []string
	Records []PreviewRecord
}

// PreviewRecord is one record and what becomes of it.
type PreviewRecord struct {
	Line   int
	Fields []string // as they stand in the file, without their quotes
	// Rows is at least one row: a Filtered one where the record has no result.
	Rows []Row
}

// PreviewFile reads the first n records of a file, as Open with these options would. Its rows have whole students'
// grades: show them to whoever asked.
func PreviewFile(path string, o Options, n int) (*Preview, error) {
	r, err := Open([]string{path}, o)
	if err != nil {
		return nil, err
	}
	defer r.Close() // read only
	p := &Preview{}
	if all := r.Detections(); len(all) > 0 {
		p.Detection = all[0]
	}
	for row := make([]Row, 1); ; {
		if _, err := r.Read(row); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if row[0].Part == 0 {
			if len(p.Records) == n {
				break
			}
			p.Columns = row[0].Raw.Header.Names()
			p.Records = append(p.Records, PreviewRecord{Line: row[0].Line, Fields: row[0].Raw.Fields()})
		}
		last := &p.Records[len(p.Records)-1]
		last.Rows = append(last.Rows, row[0])
	}
	p.Warnings = r.Warnings()
	return p, nil
}

// Fields are the record's fields without their quotes, those of a malformed record as well as can be.
func (r Raw) Fields() []string {
	fields := slices.Clone(splitFields(r.text, r.Header.delim))
	for i, field := range fields {
		fields[i] = bare(field)
	}
	return fields
}
