package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gradebook-import/importer"
	"gradebook-import/importer/htmlreport"
)

// names are what the files in the report directory are called.
type names struct {
	report, rejects string
	doubtful        string // "": there is none
}

// importNames are those of run and validate. Those of verify are others, so that each leaves what the other wrote.
func importNames() names {
	return names{report: "report.json", rejects: "rejects.csv", doubtful: "in-doubt.csv"}
}

func verifyNames() names { return names{report: "verify.json", rejects: "differences.csv"} }

// reportDir is where report.json and the files of rows go.
type reportDir string

// directory makes the report directory, for its owner alone: rejects.csv has whole rows.
func (f *outputFlags) directory(t *terminal) (reportDir, error) {
	if f.ReportDir == "" {
		return "", usage("%s: must name a directory", t.named("report-dir"))
	}
	if err := os.MkdirAll(f.ReportDir, 0o700); err != nil {
		return "", t.noDirectory(f.ReportDir, err)
	}
	probe, err := os.CreateTemp(f.ReportDir, ".probe-*")
	if err != nil {
		return "", t.noDirectory(f.ReportDir, err)
	}
	return reportDir(f.ReportDir), errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// noDirectory is why nothing can be written into a directory: another one must be named, unless it is the disk's fault.
func (t *terminal) noDirectory(path string, err error) error {
	var cause *fs.PathError
	switch {
	case !errors.As(err, &cause):
		return err
	case ofDisk(cause.Err):
		return importer.NewWriteError(path, err)
	}
	return usage("%s: %s cannot be used (%w); name a directory that may be written to, or that can be made", t.named("report-dir"), path, cause.Err)
}

// writeReport writes the report, whole or not at all.
func (d reportDir) writeReport(name string, r *importer.Report) error {
	return importer.ReplaceFile(filepath.Join(string(d), name), func(w io.Writer) error {
		_, err := w.Write(asJSON(r))
		return err
	})
}

// writePage writes the page of a report, whole or not at all.
func (d reportDir) writePage(name string, r *importer.Report, o htmlreport.Options) error {
	return importer.ReplaceFile(pageName(filepath.Join(string(d), name)), func(w io.Writer) error { return htmlreport.Render(w, r, o) })
}

// sweep removes the temporary files that killed runs left: those that nobody has written since this run started. Another
// run may use the directory at the same time, and a file that it writes is newer.
func (d reportDir) sweep(started time.Time) {
	for _, pattern := range []string{".probe-*", ".pairs-*", ".report.*-*", ".rejects*.csv-*", ".in-doubt*.csv-*",
		".verify.*-*", ".changes.csv-*", ".problems-*", ".differences*.csv-*"} {
		names, _ := filesLike(string(d), pattern) // what cannot be found does no harm
		for _, name := range names {
			if info, err := os.Stat(name); err == nil && info.ModTime().Before(started) {
				_ = os.Remove(name) // litter does no harm
			}
		}
	}
}

// asJSON is v as report.json has it.
func asJSON(v any) []byte {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(program + ": internal error: " + err.Error())
	}
	return append(data, '\n')
}

// spool is an importer.Spool that never destroys what a person may have edited: the file of an earlier run is kept as
// rejects.previous.csv where the new one differs.
type spool struct {
	*importer.Spool
	path string
}

func (d reportDir) spool(name string) *spool {
	path := filepath.Join(string(d), name)
	return &spool{importer.NewSpool(path), path}
}

// files are those that close writes. A nil spool has none.
func (s *spool) files() []string {
	if s == nil {
		return nil
	}
	return s.Spool.Files()
}

// previousMark stands before the extension of a file of an earlier run that is kept.
const previousMark = ".previous"

// keptMark stands behind the name of a file of an earlier run while the new one is written.
const keptMark = ".kept"

// close writes the file, or the files.
func (s *spool) close() error {
	if s == nil {
		return nil
	}
	old, err := s.earlier()
	for _, path := range old {
		if renameErr := os.Rename(path, path+keptMark); !errors.Is(renameErr, fs.ErrNotExist) {
			err = errors.Join(err, renameErr)
		}
	}
	err = errors.Join(err, s.Spool.Close())
	for _, path := range old {
		err = errors.Join(err, keep(path))
	}
	return err
}

// earlier are the files of earlier runs. What a run set aside that was killed before it ended is put back: nobody was
// told of what that run wrote instead.
func (s *spool) earlier() ([]string, error) {
	dir, name := filepath.Split(s.path)
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	left, err := filesLike(dir, stem+"*"+ext+keptMark)
	for _, kept := range left {
		err = errors.Join(err, os.Rename(kept, strings.TrimSuffix(kept, keptMark)))
	}
	numbered, globErr := filesLike(dir, stem+"-[0-9]*"+ext)
	return append(numbered, s.path), errors.Join(err, globErr)
}

// filesLike are the files of a directory whose names are like a pattern. The directory's own name is none.
func filesLike(dir, pattern string) ([]string, error) {
	names, err := fs.Glob(os.DirFS(cmp.Or(dir, ".")), pattern)
	for i := range names {
		names[i] = filepath.Join(dir, names[i])
	}
	return names, err
}

// keep ends the time aside of the file that was at path: it goes if it is the same as the one there now, and else stays
// as rejects.previous.csv.
func keep(path string) error {
	kept, ext := path+keptMark, filepath.Ext(path)
	same, err := sameContent(kept, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case same:
		return os.Remove(kept)
	}
	return os.Rename(kept, strings.TrimSuffix(path, ext)+previousMark+ext)
}

// sameContent compares two files, of which the second need not be there.
func sameContent(a, b string) (bool, error) {
	sumA, err := digest(a)
	if err != nil {
		return false, err
	}
	sumB, err := digest(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return sumA == sumB, err
}

func digest(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [sha256.Size]byte(h.Sum(nil)), err
}

// spools are the files with rows for a person.
type spools struct {
	rejects  *spool
	doubtful *spool // nil: none
}

func (d reportDir) spools(n names) spools {
	s := spools{rejects: d.spool(n.rejects)}
	if n.doubtful != "" {
		s.doubtful = d.spool(n.doubtful)
	}
	return s
}

func (s spools) close() error { return errors.Join(s.rejects.close(), s.doubtful.close()) }

// terminationBytes is what Kubernetes shows of a termination message.
const terminationBytes = 4096

// terminate leaves the summary where Kubernetes shows it with the container's status. It is a courtesy: failing at it
// changes nothing.
func terminate(path string, s *summary) {
	if os.Getenv("KUBERNETES_SERVICE_HOST") == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return
	}
	_, _ = io.WriteString(f, terminationMessage(s))
	_ = f.Close()
}

// terminationMessage is the summary, cut to what Kubernetes takes.
func terminationMessage(s *summary) string {
	var b strings.Builder
	plain := *s
	plain.color, plain.list = false, nil
	_ = plain.print(&b) // fails for a list alone
	text := fmt.Sprintf("exit status %d: %s", s.report.Run.ExitCode, b.String())
	if len(text) <= terminationBytes {
		return text
	}
	const cut = "\n…\n"
	return strings.ToValidUTF8(text[:terminationBytes-len(cut)], "") + cut
}
