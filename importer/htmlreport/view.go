package htmlreport

import (
	"cmp"
	"html/template"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradebook-import/importer"
)

// What a page shows at most; it says how many more there are.
const (
	maxKinds   = 100 // kinds of problems
	maxLines   = 10  // positions of a kind
	maxRows    = 20  // rows to correct, without details
	maxDetails = 500 // rows with details, and fields of one
	maxFiles   = 100
	maxCodes   = 60  // kinds of answers
	maxPoints  = 600 // rows of the table of a chart
	maxNotes   = 50  // warnings
)

// view is what the template shows. Its strings are as they came.
type view struct {
	*importer.Report
	Policy string
	CSS    template.CSS

	Headline, Title string
	Mood            mood
	Files           string // in a few words
	Began, Ended    moment
	Took, Speed     string
	Steps           []string
	Notes           list[string]
	Tallies         []count
	Results         int // the rows read that are results of this report's
	Groups          []group
	MoreKinds       int // kinds of problems beyond those shown, with so many rows
	MoreKindRows    int
	Rows            list[row]
	Private         bool // student data is on the page
	Charts          []chart
	Points          []importer.Point
	Answers         list[answer]
	Waits           []wait
	SourceList      list[source]
	ExitMeaning     string
	ShardWords      string
}

// list is the first of some things, and how many more there are.
type list[T any] struct {
	Items []T
	More  int
}

func first[T any](all []T, most int) list[T] {
	n := min(len(all), most)
	return list[T]{all[:n], len(all) - n}
}

// moment is a time for machines and for people.
type moment struct{ Machine, People string }

// group is the problems of one status.
type group struct {
	Status, Title, Meaning string
	Kinds                  []kind
}

type kind struct {
	importer.Problem
	Advice string
	Files  []spot
	More   int // rows beyond the lines shown
}

// row is a row to look at, with all that is known to be wrong with it.
type row struct {
	Position string
	Status   string
	Problems []string
	Fields   list[Field]
}

// spot is a file with some of its lines.
type spot struct {
	File  string
	Lines []spotLine
}

// spotLine is a line with its whole position, and the other row that it is like, where there is one.
type spotLine struct{ Line, Position, Other string }

// spots puts positions under their files, in the order in which they come.
func spots(positions, others []string) (files []spot) {
	for n, s := range positions {
		at := placeOf(s)
		i := slices.IndexFunc(files, func(f spot) bool { return f.File == at.file })
		if i < 0 {
			i = len(files)
			files = append(files, spot{File: at.file})
		}
		if at.line > 0 {
			line := spotLine{Line: strconv.Itoa(at.line), Position: s}
			if n < len(others) {
				line.Other = others[n]
			}
			files[i].Lines = append(files[i].Lines, line)
		}
	}
	return files
}

type answer struct {
	Code, Meaning string
	N             int
}

type wait struct {
	Label string
	Ms    float64
}

type source struct {
	importer.File
	Size string
}

func newView(r *importer.Report, o Options) (*view, error) {
	line := orderly(r.Timeline)
	drawn, err := charts(r, line)
	v := &view{
		Report: r, Policy: policy(), CSS: template.CSS(pageCSS),
		Headline: headline(r), Mood: moodOf(r), Files: fileWords(r.Sources),
		Began: at(r.Run.Started, o.Zone), Ended: at(r.Run.Finished, o.Zone), Took: span(r.Run.Finished.Sub(r.Run.Started)),
		Speed: speed(r), Steps: steps(r), Notes: first(notes(r, o), maxNotes),
		Tallies: counts(r), Results: r.Counts.Read - r.Counts.Filtered,
		Rows: rowsToSee(r.Problems, o.Details), Private: len(o.Details) > 0,
		Charts: drawn, Points: spread(line, maxPoints), Answers: first(answers(r.HTTP.ByStatus), maxCodes),
		Waits: waits(r.LatencyMs), ExitMeaning: exitMeaning(r.Run.ExitCode), ShardWords: shardWords(r.Run.Shard),
	}
	v.Title = "Import report: " + v.Headline
	v.groups()
	for _, f := range r.Sources[:min(len(r.Sources), maxFiles)] {
		v.SourceList.Items = append(v.SourceList.Items, source{f, size(f.Bytes)})
	}
	v.SourceList.More = len(r.Sources) - len(v.SourceList.Items)
	return v, err
}

// notes are the warnings that the reason for a stop does not say already.
func notes(r *importer.Report, o Options) []string {
	return slices.DeleteFunc(slices.Clone(o.Warnings), func(w string) bool { return strings.Contains(r.Run.Stopped, w) })
}

func at(t time.Time, zone *time.Location) moment {
	if t.IsZero() {
		return moment{"", "unknown"}
	}
	if zone == nil {
		zone = time.UTC
	}
	t = t.In(zone)
	return moment{t.Format(time.RFC3339), t.Format("2 Jan 2006, 15:04:05 MST")}
}

func fileWords(files []importer.File) string {
	switch len(files) {
	case 0:
		return "the input"
	case 1:
		return filepath.Base(files[0].File)
	}
	return grouped(len(files)) + " files"
}

// speed is how fast rows went into the gradebook, over the whole run.
func speed(r *importer.Report) string {
	d := r.Run.Finished.Sub(r.Run.Started).Seconds()
	if d < 1 || r.Counts.Accepted == 0 || r.Run.DryRun {
		return ""
	}
	return decimal(float64(r.Counts.Accepted) / d)
}

func shardWords(shard string) string {
	i, n, _ := strings.Cut(shard, "/")
	index, err := strconv.Atoi(i)
	if err != nil || n == "1" {
		return ""
	}
	return "part " + strconv.Itoa(index+1) + " of " + n + " (--shard " + shard + ")"
}

// groups puts the kinds of problems under their statuses, those that need a person most first.
func (v *view) groups() {
	order := []string{"rejected", "failed", "inDoubt", "deferred", "warning"}
	rank := func(p importer.Problem) int {
		if i := slices.Index(order, p.Status); i >= 0 {
			return i
		}
		return len(order)
	}
	kinds := slices.SortedStableFunc(slices.Values(v.Report.Problems), func(a, b importer.Problem) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(a.Status, b.Status), b.Count-a.Count)
	})
	for i, p := range kinds {
		if i >= maxKinds {
			v.MoreKinds++
			v.MoreKindRows += p.Count
			continue
		}
		if n := len(v.Groups); n == 0 || v.Groups[n-1].Status != p.Status {
			title, meaning := statusWords(p.Status)
			v.Groups = append(v.Groups, group{Status: p.Status, Title: title, Meaning: meaning})
		}
		p.Lines = p.Lines[:min(len(p.Lines), maxLines)]
		g := &v.Groups[len(v.Groups)-1]
		g.Kinds = append(g.Kinds, kind{p, advice(p.Code, p.Status), spots(p.Lines, p.Others), max(0, p.Count-len(p.Lines))})
	}
}

// rowsToSee are the first rows that a person must see: with what they say where there are details, else by the first
// lines of each kind of problem.
func rowsToSee(problems []importer.Problem, details []Detail) list[row] {
	if len(details) > 0 {
		shown := first(details, maxDetails)
		rows := make([]row, len(shown.Items))
		for i, d := range shown.Items {
			title, _ := statusWords(d.Status)
			rows[i] = row{d.File + ":" + strconv.Itoa(d.Line), title, d.Problems, first(d.Fields, maxDetails)}
		}
		return list[row]{rows, shown.More}
	}
	found := map[place]*row{}
	for _, p := range problems {
		if p.Status != "rejected" && p.Status != "failed" && p.Status != "inDoubt" {
			continue
		}
		for _, line := range p.Lines {
			at, text := placeOf(line), p.Message
			if found[at] == nil {
				title, _ := statusWords(p.Status)
				found[at] = &row{Position: at.String(), Status: title}
			}
			found[at].Problems = append(found[at].Problems, text)
		}
	}
	var rows []row
	for _, at := range slices.SortedFunc(maps.Keys(found), place.compare) {
		rows = append(rows, *found[at])
	}
	return first(rows, maxRows)
}

// place is a line of a file; 0 where the position could not be read.
type place struct {
	file string
	line int
}

// placeOf reads file:line or file:line:column. A file's name may have colons and digits, and the last two numbers are
// then taken for line and column.
func placeOf(s string) place {
	rest, last, ok := cutNumber(s)
	if !ok {
		return place{s, 0}
	}
	if file, line, ok := cutNumber(rest); ok {
		return place{file, line}
	}
	return place{rest, last}
}

func cutNumber(s string) (rest string, n int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}

func (p place) String() string {
	if p.line == 0 {
		return p.file
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

func (p place) compare(o place) int {
	return cmp.Or(strings.Compare(p.file, o.file), p.line-o.line)
}

func answers(byStatus map[string]int) (list []answer) {
	for _, code := range slices.Sorted(maps.Keys(byStatus)) {
		list = append(list, answer{code, answerWords(code), byStatus[code]})
	}
	return list
}

func answerWords(code string) string {
	n, err := strconv.Atoi(code)
	switch {
	case code == "none":
		return "no answer came"
	case err != nil:
		return ""
	case n == http.StatusTooManyRequests:
		return "refused: too many requests"
	}
	return strings.ToLower(http.StatusText(n))
}

func waits(l importer.Latency) []wait {
	if l == (importer.Latency{}) {
		return nil
	}
	return []wait{{"Half of them", l.P50}, {"95 in 100", l.P95}, {"99 in 100", l.P99}, {"All of them", l.Max}}
}
