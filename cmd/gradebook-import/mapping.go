package main

import (
	"fmt"
	"io"
	"strings"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// shapeFlags say how files are to be understood.
type shapeFlags struct {
	Mapping   string    `group:"files" default:"auto" placeholder:"NAME|FILE" help:"The mapping profile: one that is built in, or a file such as ./mine.yaml (${default})."`
	Delimiter delimiter `group:"files" default:"auto" placeholder:"CHAR" help:"What separates fields: comma, semicolon, tab, pipe or auto (${default})."`
	Encoding  string    `group:"files" enum:"auto,utf-8,utf-16,windows-1252,macroman" default:"auto" placeholder:"NAME" help:"utf-8, utf-16, windows-1252, macroman or auto (${default})."`
	TimeZone  timeZone  `group:"files" placeholder:"ZONE" help:"Where a date without a time begins, such as Europe/Paris (what the mapping says, else UTC)."`
	ScoreDate string    `group:"files" placeholder:"DATE" help:"The score date of all rows, for files without one: YYYY-MM-DD."`
}

// delimiter is a character, or a word for it; 0: to be found out.
type delimiter rune

func (d *delimiter) UnmarshalText(text []byte) error {
	words := map[string]rune{"auto": 0, "comma": ',', "semicolon": ';', "tab": '\t', "pipe": '|', ",": ',', ";": ';', "\t": '\t', `\t`: '\t', "|": '|'}
	r, ok := words[string(text)]
	if !ok {
		return usage("%q separates no fields; write comma, semicolon, tab, pipe or auto", text)
	}
	*d = delimiter(r)
	return nil
}

func (d delimiter) String() string {
	return map[delimiter]string{0: "auto", ',': "comma", ';': "semicolon", '\t': "tab", '|': "pipe"}[d]
}

// options are the flags as the reader takes them.
func (f *shapeFlags) options() gradecsv.Options {
	return gradecsv.Options{Mapping: f.Mapping, Delimiter: rune(f.Delimiter), Encoding: f.Encoding,
		TimeZone: f.TimeZone.Location, ScoreDate: f.ScoreDate}
}

// asked are the options of a command that shows what a file holds, because a person asked.
func (f *shapeFlags) asked() gradecsv.Options {
	o := f.options()
	o.ShowValues = true
	return o
}

// mappingCommand is about profiles for files that are not OneRoster's.
type mappingCommand struct {
	Init mappingInit `cmd:"" help:"Begin a mapping profile for a file, from its header and first rows."`
	Show mappingShow `cmd:"" help:"Print a built-in mapping profile, or list them."`
	Test mappingTest `cmd:"" help:"Show the first records of a file, and what they become."`
}

type mappingInit struct {
	File string `arg:"" name:"FILE" help:"The file to map."`
	shapeFlags
}

// Help is what help says beside the flags.
func (*mappingInit) Help() string {
	return `
Example:

    gradebook-import mapping init grades.csv > mine.yaml

TODO stands where a person must say something. Then look at what comes of it:

    gradebook-import mapping test grades.csv --mapping ./mine.yaml
`
}

// Run prints the beginning of a profile.
func (c *mappingInit) Run(t *terminal) error {
	text, err := gradecsv.InitProfile(c.File, c.asked())
	if err == nil {
		_, err = t.out.Write(text)
	}
	return t.unread(err)
}

type mappingShow struct {
	Name string `arg:"" optional:"" name:"NAME" help:"A built-in profile; without it, all are listed."`
}

// Run prints a profile.
func (c *mappingShow) Run(t *terminal) error {
	if c.Name != "" {
		text, err := gradecsv.ProfileSource(c.Name)
		if err == nil {
			_, err = t.out.Write(text)
		}
		return err
	}
	for _, name := range gradecsv.Profiles() {
		p, err := gradecsv.LoadProfile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(t.out, "%-14s %s\n", name, strings.Join(wrap(p.About(), helpWidth-15), "\n"+strings.Repeat(" ", 15)))
	}
	return nil
}

type mappingTest struct {
	File string `arg:"" name:"FILE" help:"The file to read."`
	shapeFlags
	Rows int `group:"output" default:"5" min:"1" placeholder:"N" help:"How many records to show (${default})."`
}

// Help is what help says beside the flags.
func (*mappingTest) Help() string {
	return `
Example:

    gradebook-import mapping test grades.csv --mapping ./mine.yaml

It shows whole rows: names, ids and grades of students.
`
}

// Run shows records before and after their mapping. Status 3: some would be rejected.
func (c *mappingTest) Run(t *terminal) error {
	p, err := gradecsv.PreviewFile(c.File, c.asked(), c.Rows)
	if err != nil {
		return t.unread(err)
	}
	fmt.Fprintln(t.out, readAs(p.Detection))
	for _, w := range p.Warnings {
		fmt.Fprintf(t.out, "warning: %s\n", oneLine(w.Text(true)))
	}
	rejected := false
	for _, record := range p.Records {
		fmt.Fprintf(t.out, "\nline %d: %s\n", record.Line, oneLine(strings.Join(record.Fields, " | ")))
		for i, row := range record.Rows {
			if i > 0 {
				fmt.Fprintln(t.out)
			}
			previewRow(t.out, &row)
			rejected = rejected || len(row.Errors) > 0
		}
	}
	if rejected {
		return finished(importer.ExitRejects)
	}
	return nil
}

// readAs says which profile reads a file.
func readAs(d gradecsv.Detection) string {
	return fmt.Sprintf("%s is read by the mapping profile %s: %s", d.File, d.Profile, d.Why)
}

// previewRow prints what becomes of a record, or of a part of it.
func previewRow(w io.Writer, row *gradecsv.Row) {
	switch {
	case row.Filtered != "":
		fmt.Fprintf(w, "  left out: %s\n", oneLine(row.Filtered))
		return
	case len(row.Errors) > 0:
		for _, p := range row.Errors {
			fmt.Fprintf(w, "  rejected: %s\n", oneLine(p.Text(true)))
		}
		return
	}
	for _, field := range valuesOf(&row.Result) {
		if field.value != "" {
			fmt.Fprintf(w, "  %-18s %s\n", field.name, oneLine(field.value))
		}
	}
	for _, p := range row.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", oneLine(p.Text(true)))
	}
}

type fieldValue struct{ name, value string }

// valuesOf are the fields of a result, by the names of the columns.
func valuesOf(r *oneroster.Result) []fieldValue {
	ref := func(r *oneroster.Ref) string {
		if r == nil {
			return ""
		}
		return r.SourcedID
	}
	metadata := ""
	if len(r.Metadata) > 0 {
		metadata = strings.TrimSpace(string(asJSON(r.Metadata)))
	}
	return []fieldValue{
		{"sourcedId", r.SourcedID}, {"status", r.Status}, {"lineItem", r.LineItem.SourcedID}, {"student", r.Student.SourcedID},
		{"class", ref(r.Class)}, {"scoreScale", ref(r.ScoreScale)}, {"scoreStatus", r.ScoreStatus}, {"score", string(r.Score)},
		{"textScore", r.TextScore}, {"scoreDate", r.ScoreDate}, {"comment", r.Comment}, {"inProgress", r.InProgress},
		{"incomplete", r.Incomplete}, {"late", r.Late}, {"missing", r.Missing}, {"metadata", metadata},
	}
}
