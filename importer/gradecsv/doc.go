// Package gradecsv reads OneRoster results.csv files (CSV binding 1.2, and 1.1, whose columns are a part of 1.2's)
// into results that the API takes, or says on which line and in which column it cannot, and why.
//
// The way of a byte:
//
//	file ─► meter ─► decode ─► framer ─► chunk ─► converter × GOMAXPROCS ─► Row
//	        sha256,  BOM,      records            encoding/csv, gocsv,
//	        progress sniffing  and lines          validation
//
// The framer cuts the text into records with their physical lines and is cheap; it alone decides where a record ends.
// A converter turns one framed record into one Row and keeps nothing between records but what makes it faster, so that
// several converters work on the records of one file at once. The converter hands encoding/csv one record at a
// time, which the framer has found well-formed, and so never lets a stray quote swallow the file.
//
// # What becomes of a malformed record
//
// A record with a quote inside an unquoted field, with text after a closing quote, or with a quote that is not closed
// before the file ends, before 1 MiB (maxRecord) has gone by, or before a line comes that is a row by itself, is not a
// record: its first physical line alone is a bad row, and reading resumes at the next line. So a stray quote costs one
// row. "A row by itself" is a line with as many fields as the header and a score status in its place: RFC 4180 allows
// it inside a quoted field, but nobody writes that in a comment, and otherwise two stray quotes would put the
// rows between them, other students' data, into one student's comment.
//
// A line longer than maxRecord is a bad row as well; it is skipped, and its text is not kept.
//
// # Parallel conversion
//
// Everything up to the chunk happens in Reader.Read, on the caller's goroutine, so that a read that waits for standard
// input can be left by nobody but the caller. The first Read starts the converters; the end, an error or Close stops
// them and waits. Chunks are queued in the order of the input and their rows returned in it; a chunk's rows never
// depend on another chunk's. A chunk ends at chunkRows, at chunkBytes, and on a pipe when the buffer holds no further
// complete record: a row that has arrived waits for nothing. Where Read has rows to return it does not wait for more.
//
// # Memory
//
// The framer's buffer doubles from 64 KiB to at most 2 MiB, which is maxRecord and room for a read. At most aheadBytes
// of records are framed and not yet returned, and one Read returns no more than readBytes of them, either exceeded by
// one record at most. A Row owns its text: two copies of the record, one for the fields, one raw for the rejects file.
// What a Row needs is thus twice its bytes in the file and some 700 bytes; nothing grows with the file. Rows share what
// comes in runs: words such as true, the class, and a metadata map that says the same as the row's before.
//
// # Positions
//
// Lines are physical and count from 1. Columns count bytes from 1 within the physical line, as csv.Reader.FieldPos
// does; a byte order mark is not counted. A problem of a field is at the field's first byte, which is its opening
// quote where it is quoted.
//
// # Seams
//
// Encodings and compression belong in decode, line ends in the framer, dialects and mapping profiles where layout maps
// a header's names to columns, damage that spreadsheets do to ids in checkID.
package gradecsv
