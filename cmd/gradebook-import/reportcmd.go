package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gradebook-import/importer"
	"gradebook-import/importer/htmlreport"
)

type reportCommand struct {
	Files    []string `arg:"" name:"FILE" help:"report.json or verify.json of a run, or those of its shards."`
	Output   string   `group:"output" short:"o" placeholder:"FILE" help:"Where the page goes; - for standard output. (Beside a single report; merged.html for several.)"`
	JSON     bool     `group:"output" name:"json" help:"Print the merged report instead; a page is written only where --output names it."`
	TimeZone timeZone `group:"output" placeholder:"ZONE" help:"Of the times on the page, such as Europe/Paris (UTC)."`
}

// Help is what help says beside the flags.
func (*reportCommand) Help() string {
	return `
Examples:

    gradebook-import report gradebook-report/report.json
    gradebook-import report shard-*/report.json --output nightly.html

Reports of shards are added up: rows that another shard owns are counted once.
Where they are not one whole import, because a shard is missing, did not finish
or read another file, the page says so and the exit status is 4. Reports of two
servers, or of different splits, cannot be added up: status 2.
`
}

// Run renders.
func (c *reportCommand) Run(t *terminal) error {
	r, warnings, err := c.merged()
	if err != nil {
		return err
	}
	for _, w := range warnings {
		t.warn("%s", w)
	}
	if err := c.show(t, r, warnings); err != nil {
		return err
	}
	// Of a single one that ended, whoever ran it was told.
	if several := len(c.Files) > 1; r.Unended() || several && r.Run.Stopped != "" || !several && len(warnings) > 0 {
		return finished(importer.ExitStopped)
	}
	return nil
}

// show writes the page, and prints.
func (c *reportCommand) show(t *terminal, r *importer.Report, warnings []string) error {
	page := func(w io.Writer) error {
		return htmlreport.Render(w, r, htmlreport.Options{Warnings: warnings, Zone: c.TimeZone.Location})
	}
	output := c.output()
	switch output {
	case "":
	case "-":
		if c.JSON {
			return usage("--json and --output - are both for standard output; leave out one of them")
		}
		return page(t.out)
	default:
		if err := writePage(output, page); err != nil {
			return err
		}
	}
	if c.JSON {
		_, err := t.out.Write(asJSON(r))
		return err
	}
	s := summary{report: r, color: t.outColor}
	if len(c.Files) > 1 && r.Run.Stopped != "" {
		s.title = "not one whole import: " + r.Run.Stopped
	}
	s.brief(t.out)
	fmt.Fprintf(t.out, "\n  page:     %s\n", output)
	return nil
}

// writePage writes a page to a path. What is no file, such as /dev/null or a pipe, is written to, and stays what it is.
func writePage(path string, page func(io.Writer) error) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return usage("%s is a directory; name a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return importer.NewWriteError(path, err)
		}
		if err := errors.Join(page(f), f.Close()); err != nil {
			return importer.NewWriteError(path, err)
		}
		return nil
	}
	if err := mayWrite(path); err != nil {
		return err
	}
	return importer.ReplaceFile(path, page)
}

// mayWrite refuses to replace what is no page of ours.
func mayWrite(output string) error {
	f, err := os.Open(output)
	if err != nil {
		return nil // it is not there, or replacing it says what is wrong
	}
	defer f.Close()
	head := make([]byte, len(pageBegins))
	n, err := io.ReadFull(f, head)
	if err == io.EOF || strings.EqualFold(string(head[:n]), pageBegins) {
		return nil
	}
	return usage("%s is there and is no page that this program wrote; name another file with --output, or remove it", output)
}

const pageBegins = "<!doctype html>"

// merged reads the reports and adds them up.
func (c *reportCommand) merged() (*importer.Report, []string, error) {
	var all []importer.Part
	for _, path := range c.Files {
		r, err := readReport(path)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, importer.Part{Name: path, Report: r})
	}
	r, warnings, err := importer.Merge(all)
	if err != nil {
		return nil, nil, usage("%w", err)
	}
	return r, warnings, nil
}

// output is where the page goes; "": nowhere.
func (c *reportCommand) output() string {
	switch {
	case c.Output != "" || c.JSON:
		return c.Output
	case len(c.Files) > 1:
		return "merged.html"
	}
	return pageName(c.Files[0])
}

// pageName is the page's file beside a report's.
func pageName(report string) string {
	return strings.TrimSuffix(report, filepath.Ext(report)) + ".html"
}

// readReport reads a report that this program wrote.
func readReport(path string) (*importer.Report, error) {
	data, err := readAtMost(path, reportBytes)
	if err != nil {
		return nil, usage("%w", unread(path, err))
	}
	r := &importer.Report{}
	if err := json.Unmarshal(data, r); err != nil || r.SchemaVersion == 0 {
		return nil, usage("%s: not a report; name a report.json or verify.json", path)
	}
	if r.SchemaVersion != 1 {
		return nil, usage("%s: a report of version %d, written by a later %s; use that one", path, r.SchemaVersion, program)
	}
	return r, nil
}

// reportBytes is more than any report has: its kinds of problems and its points are bounded.
const reportBytes = 64 << 20

// readAtMost reads the beginning of a file.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, most))
	return data, errors.Join(err, f.Close())
}
