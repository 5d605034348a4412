// Package gradecsv reads OneRoster results.csv files (CSV binding 1.2, and 1.1, whose columns are a part of 1.2's),
// OneRoster zips, and by mapping profiles other files of grades, into results that the API takes, or says on which
// line and in which column it cannot, and why.
//
// The way of a byte:
//
//	file ─► meter ─► decode ─► framer ─► chunk ─► converter × GOMAXPROCS ─► Row
//	        sha256,  gzip,     records            fields,
//	        progress encoding  and lines          validation
//
// The framer cuts the text into records with their physical lines and is cheap; it alone decides where a record ends.
// A converter turns one framed record into one Row and keeps nothing between records but what makes it faster, so that
// several converters work on the records of one file at once. What a well-formed record is, and what its fields say, is as
// encoding/csv has it without LazyQuotes (FuzzFields); but the framer has looked at every quote already, so that cutting the
// record into fields takes no second reader and no second copy of the text (fields.go). Which field of a record is which
// column gocsv has said before, once, by the names of the header (layout.go).
//
// # Encodings
//
// decode makes UTF-8 of what a file holds: of gzip, and of UTF-16, Windows-1252 and MacRoman by golang.org/x/text. A
// byte order mark decides, then Options.Encoding. Where neither says anything, ASCII is passed on, which is the same in
// all of them, and the first byte beyond ASCII decides by what follows it (guess): a file with any well-formed UTF-8
// letter is UTF-8, and what is not in it is damage, a bad row each. Otherwise at least one letter must read well in one
// of the two eight-bit encodings and badly in the other, and none the other way round; then a warning shows how the
// letters were read. In doubt the file is refused from there on. So nothing is read twice, and nothing is guessed
// from a letter that could be either. The rows from the decision on have a Header of their own, which a RejectWriter
// takes their encoding from. A letter that was lost (U+FFFD) is an error wherever it would be imported.
//
// A line ends in LF, CRLF or CR, whichever comes; the framer makes LF of a CR that is a line end by itself.
//
// # Dialects
//
// The delimiter and the header are found from the first sampleRecords records: the header is the line with the most
// names of columns, under the delimiter that shows them, and where none has any, the first line, under the delimiter
// that divides the lines most evenly. What lies before the header is a preamble and is not imported; a warning says so.
// Blank fields after those of the header are taken for delimiters at the line ends only where all sampled rows have the
// same number of them: otherwise one may come from a comma that nobody quoted, and all fields after it be shifted. With a
// profile, where nothing would show a shift, such a file is refused, unless its dates do (overhang.go), and a row that looks
// shifted as well (parted).
// A header in the middle whose columns are others ends the file with an error; it has more of known names than a row can (again.go).
// Filtered are blank rows, the header again, and lines of totals: a word such as Total, and numbers, where the row could be
// no result anyway; a warning has the place of each (totals.go).
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
// # What spreadsheets do
//
// Where a spreadsheet has changed a value, or may have, the message says so and what to do (spreadsheet.go): ids in
// scientific notation, errors such as #N/A, characters that cannot be seen, dates and numbers with two readings, which
// are refused and never guessed. That ids may have lost their leading zeros shows in all of them together, and is a
// warning at the file's end. testdata/badfiles.txt has what people are told of some fifty bad files. What stands in a header
// may be a student's data, and is shown only where it is plainly none (columnnames.go); so may what stands for a status, a
// date or a flag where fields are shifted (shown.go).
//
// What no rule forbids and is hardly ever meant, such as a score of 70000, a date of 1926 or an id 3-Apr, is a warning
// (odd.go, oddid.go); so are scores that are all parts of one (fractions.go), and a file that ends within its last value, of
// which what is left would be as good.
//
// A row that was rejected for what it does not show by itself is refused in a rejects file until a person has looked at it
// (review.go).
//
// # Memory
//
// The framer's buffer doubles from 64 KiB to at most 2 MiB, which is maxRecord and room for a read. At most aheadBytes
// of records are framed and not yet returned, and one Read returns no more than readBytes of them, either exceeded by
// one record at most. A Row owns its text, one copy of the record, of which its fields are parts.
// What a Row needs is thus its bytes in the file and some 500 bytes; nothing grows with the file. Rows share what
// comes in runs: the class, and a metadata map that says the same as the row's before.
//
// # Positions
//
// Lines are physical and count from 1. Columns count bytes from 1 within the physical line, in UTF-8, as
// csv.Reader.FieldPos does; a byte order mark is not counted. A problem of a field is at the field's first byte, which is its opening
// quote where it is quoted.
//
// # Mapping profiles
//
// A Profile (profile.go; samples/mappings shows its YAML) says what OneRoster's columns are made of. For each file
// choose looks for the header: the first record to which a profile can be bound, whose lines before are labels. bind
// makes a mapping of profile and header: which column each field comes from, and in a wide file which columns are
// assignments. A mapping has a layout like that of a OneRoster file, so that the converter's checks, and the places that they
// name, are the same for both: mapped.go fills in the record that the layout fills in otherwise, and validate goes on from
// there. In a layout, noPlace stands for a value that is no column's, cellPlace for the assignment's column of the row.
//
// A record of a wide file becomes a Row for each cell that has a result, with the same Line and with Part counting
// up from 0; one without any is a single filtered Row, and a chunk weighs what its rows will. What no record can change, such as a date before the header, is checked once,
// and a mistake in it is the file's.
//
// Rejects of a file with a mapping begin with the lines before its header, and the records after it that belong to
// it (points possible). A reject of a wide file has its own cell and blanks for the others', which are no results.
//
// Of a profile's arithmetic nothing is a float: scores are scaled as fractions and written out in decimals.
//
// # Zips
//
// Of a zip, results.csv is streamed like any file. What lies beside it is read before, into refs: 128-bit hashes of ids, at most
// 200 bytes an object whatever the ids are like, and of score scales and learning objectives what becomes part of the
// result. The manifest says whether a file is bulk, and what it lacks thus unknown, or delta; a status in the file's data
// says delta as well. Before anything is returned the whole zip is read once, so that a damaged one is refused
// and not half imported; one from standard input is kept in a file without a name meanwhile (zip_pipe.go; a pipe is waited for until Options.Quit, waiting.go); rejects of a zip keep, in import.parts, what the row has from other files than results.csv, so that
// the corrected file alone says the same; what the checks against those files found stays refused until a person has looked at it (review.go). Names, sizes and ratios are checked before anything is unpacked.
package gradecsv
