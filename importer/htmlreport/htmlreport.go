package htmlreport

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"time"

	"gradebook-import/importer"
)

// Options are what a page shows beside its report. The zero value adds nothing.
type Options struct {
	// Warnings say what the reader should mind, such as those of importer.Merge.
	Warnings []string
	// Details are rows with what the file says in them: student data, which is on the page only if it is here.
	Details []Detail
	// Zone is the time zone of the times on the page; nil: UTC.
	Zone *time.Location
}

// Detail is a row that a person must see, as it stands in the file.
type Detail struct {
	File string
	Line int
	// Status is what became of the row: rejected, failed or inDoubt.
	Status string
	// Problems say what is wrong, with the values.
	Problems []string
	// Fields are the row's, in the order in which they are to be shown.
	Fields []Field
}

// Field is a column's name and what a row says there.
type Field struct{ Name, Value string }

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// Render writes the page for a report. It fails only where w does, and writes nothing before the page is whole.
func Render(w io.Writer, r *importer.Report, o Options) error {
	page, err := template.New("page").Funcs(template.FuncMap{
		"t": clean, "n": number, "ms": milliseconds, "rate": rate, "seconds": seconds, "share": share,
	}).Parse(pageHTML)
	if err != nil {
		panic("htmlreport: internal error: " + err.Error())
	}
	v, err := newView(r, o)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// policy lets the page show its own style sheet and load nothing; "data:" is for the icon that keeps a browser from asking
// the server for one.
func policy() string {
	sum := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; base-uri 'none'; form-action 'none'"
}
