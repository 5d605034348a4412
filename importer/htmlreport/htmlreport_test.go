package htmlreport

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer"
)

func render(t *testing.T, s sample) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, s.report, s.options); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// element is what a test looks at: every element of the page, with the text in it.
type element struct {
	name string
	attr map[string]string
	text string
	own  string // the text that is in no element within it
	path string // names of the elements around it
	b    strings.Builder
}

// parse reads a page strictly, as XML: whatever a browser makes of it, it does not have to guess.
func parse(t *testing.T, page string) (all []*element) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(strings.Replace(page, "<!DOCTYPE html>", "", 1)))
	var open []*element
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e := &element{name: tok.Name.Local, attr: map[string]string{}}
			for _, a := range tok.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			if n := len(open); n > 0 {
				e.path = open[n-1].path + " " + open[n-1].name
			}
			all, open = append(all, e), append(open, e)
		case xml.EndElement:
			e := open[len(open)-1]
			e.text, open = e.b.String(), open[:len(open)-1]
		case xml.CharData:
			if n := len(open); n > 0 {
				open[n-1].own += string(tok)
			}
			for _, e := range open {
				e.b.Write(tok)
			}
		}
	}
}

func find(all []*element, name string) (found []*element) {
	for _, e := range all {
		if e.name == name {
			found = append(found, e)
		}
	}
	return found
}

// leaves are all figures and texts of a report, as report.json has them, with the place of each.
func leaves(t *testing.T, r *importer.Report) map[string]string {
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	walk("", v, found)
	return found
}

func walk(at string, v any, found map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			walk(at+"."+k, x, found)
		}
	case []any:
		for i, x := range v {
			walk(at+"["+strconv.Itoa(i)+"]", x, found)
		}
	case json.Number:
		found[at] = v.String()
	case string:
		found[at] = v
	}
}

// Every figure and every text of report.json is on the page. Codes and places stand there as they are; statuses, times
// and a shard of one have words of their own.
func TestPageShowsTheReport(t *testing.T) {
	worded := regexp.MustCompile(`^\.problems.*\.status$|^\.run\.(shard|started|finished|foreign)$|^\.schemaVersion$`)
	for name, s := range samples(t) {
		if name == "hostile" || name == "details" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			all := parse(t, render(t, s))
			values := map[string]bool{}
			for _, e := range find(all, "data") {
				values[e.attr["value"]] = true
			}
			body := find(all, "body")[0].text
			for at, leaf := range leaves(t, s.report) {
				if _, err := strconv.ParseFloat(leaf, 64); err == nil && !strings.Contains(at, ".id") {
					if !worded.MatchString(at) && !values[leaf] {
						t.Errorf("%s: no figure %s on the page", at, leaf)
					}
				} else if !worded.MatchString(at) && !values[leaf] && !strings.Contains(body, leaf) {
					t.Errorf("%s: the page does not say %q", at, leaf)
				}
			}
			for _, at := range []time.Time{s.report.Run.Started, s.report.Run.Finished} {
				if !slices.ContainsFunc(find(all, "time"), func(e *element) bool { return e.attr["datetime"] == at.Format(time.RFC3339) }) {
					t.Errorf("no time %s", at)
				}
			}
		})
	}
}

// The page loads nothing and runs nothing, whatever the report says.
func TestPageIsSelfContained(t *testing.T) {
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			page := render(t, s)
			all := parse(t, page)
			for _, e := range all {
				if slices.Contains([]string{"script", "iframe", "object", "embed", "base", "form", "img", "image", "use", "audio", "video", "foreignObject"}, e.name) {
					t.Errorf("an element %s", e.name)
				}
				for key, value := range e.attr {
					local := strings.HasPrefix(value, "#") || value == "data:,"
					if strings.HasPrefix(key, "on") || key == "src" || key == "style" || key == "href" && !local {
						t.Errorf("%s has %s=%q", e.name, key, value)
					}
				}
			}
			css := find(all, "style")
			if len(css) != 1 || strings.Contains(css[0].text, "url(") || strings.Contains(css[0].text, "@import") || css[0].text != pageCSS {
				t.Errorf("style sheets %d: not our one, or one that loads something", len(css))
			}
			if name != "hostile" {
				rest := strings.NewReplacer(`xmlns="http://www.w3.org/2000/svg"`, "", s.report.Target.BaseURL, "").Replace(page)
				if i := strings.Index(rest, "http://") + strings.Index(rest, "https://"); i != -2 {
					t.Errorf("an address on the page: %s", regexp.MustCompile(`.{40}https?://.{40}`).FindString(rest))
				}
			}
		})
	}
}

// Texts from outside are shown, not obeyed: cut, isolated in direction, with control characters visible.
func TestHostileTexts(t *testing.T) {
	page := render(t, samples(t)["hostile"])
	all := parse(t, page)
	if len(page) > 4<<20 {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, bad := range []string{"\x00", "\x1b", "\u202e", "\u2066", strings.Repeat("A", maxText+1), strings.Repeat("W", maxText+1)} {
		if strings.Contains(page, bad) {
			t.Errorf("%.20q is on the page", bad)
		}
	}
	for _, e := range all {
		if strings.Contains(e.own, "שלום") && e.name != "bdi" {
			t.Errorf("%s in%s says %.60q outside of bdi", e.name, e.path, e.own)
		}
	}
	if n := len(find(all, "tr")); n > maxDetails+maxPoints+maxCodes+40 {
		t.Errorf("%d rows in tables", n)
	}
	body := find(all, "body")[0].text
	for _, more := range []string{"1,107 further kinds", "500 more are not shown", "and 400 more in the JSON report", "and 150 more"} {
		if !strings.Contains(body, more) {
			t.Errorf("the page does not say %q", more)
		}
	}
}

// Student data is on the page only with Details, and then the page says so.
func TestDetails(t *testing.T) {
	with, without := render(t, samples(t)["details"]), render(t, samples(t)["rejects"])
	for _, private := range []string{"Ada Example", "see me about the last question", "Student data"} {
		if !strings.Contains(with, private) {
			t.Errorf("details do not show %q", private)
		}
		if strings.Contains(without, private) {
			t.Errorf("%q without details", private)
		}
	}
	if !strings.Contains(without, "no names, scores or comments") || strings.Contains(with, "no names, scores or comments") {
		t.Error("the footer does not tell whether student data is there")
	}
}

// What screen readers and keyboards go by.
func TestAccessible(t *testing.T) {
	for name, s := range samples(t) {
		t.Run(name, func(t *testing.T) {
			all := parse(t, render(t, s))
			ids := map[string]int{}
			for _, e := range all {
				if id := e.attr["id"]; id != "" {
					ids[id]++
				}
			}
			for id, n := range ids {
				if n > 1 {
					t.Errorf("the id %s is there %d times", id, n)
				}
			}
			level := 0
			for _, e := range all {
				for _, id := range strings.Fields(e.attr["aria-labelledby"] + " " + strings.TrimPrefix(e.attr["href"], "#")) {
					if ids[id] == 0 && id != "data:," {
						t.Errorf("%s refers to %s, which is not there", e.name, id)
					}
				}
				if m := regexp.MustCompile(`^h([1-6])$`).FindStringSubmatch(e.name); m != nil {
					next, _ := strconv.Atoi(m[1])
					if next > level+1 {
						t.Errorf("%s %q after a heading of level %d", e.name, e.text, level)
					}
					level = next
				}
				if e.name == "svg" && e.attr["aria-hidden"] != "true" && (e.attr["role"] != "img" || e.attr["aria-labelledby"] == "") {
					t.Errorf("a picture without a name: %v", e.attr)
				}
				if e.name == "th" && e.attr["scope"] == "" {
					t.Errorf("a table header without scope: %q", e.text)
				}
			}
			for _, landmark := range []string{"header", "nav", "main", "footer", "h1", "title"} {
				if n := len(slices.DeleteFunc(find(all, landmark), func(e *element) bool { return strings.HasSuffix(e.path, " svg") })); n != 1 {
					t.Errorf("%d elements %s", n, landmark)
				}
			}
			if tables, captions := len(find(all, "table")), len(find(all, "caption")); tables != captions {
				t.Errorf("%d tables with %d captions", tables, captions)
			}
			if find(all, "html")[0].attr["lang"] == "" || find(all, "a")[0].attr["href"] != "#main" {
				t.Error("no language, or no skip link at the start")
			}
		})
	}
}

// The first sentence says what happened.
func TestHeadline(t *testing.T) {
	for name, want := range map[string]string{
		"rejects": "are in the gradebook; 163 rows need a person.", "stopped": "The import stopped early; ",
		"empty": "There was nothing to import", "verified": "45,305 of 45,468 rows are in the gradebook as the file says; 97 different, 41 missing.", "good": "All 1,546 rows are in the gradebook.", "refused": "The server refuses this client; 0 rows are in the gradebook so far.",
		"dry": "Nothing was sent: this was a check, and 163 rows would be rejected.", "merged": "The import stopped early; ",
	} {
		if got := headline(samples(t)[name].report); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// A page of a run that has not ended, or that did not begin, claims nothing about rows.
func TestHeadlineWithoutRows(t *testing.T) {
	began := time.Date(2026, 11, 14, 2, 0, 0, 0, time.UTC)
	unended, unbegun := importer.Begun(importer.Config{}, began), importer.Unbegun(importer.Config{}, began, importer.ExitUsage, "no file")
	for _, tt := range []struct {
		report         *importer.Report
		headline, mood string
		step           string
	}{
		{unended, "The import has not ended, or it was cut off: this page was made when it began.", "Not ended", "If none is at work any more, run the same command again"},
		{unbegun, "The import stopped before a row was counted.", "Failed", "Set right what the reason above names."},
	} {
		if got := headline(tt.report); got != tt.headline {
			t.Errorf("%q, want %q", got, tt.headline)
		}
		if got := moodOf(tt.report).Word; got != tt.mood {
			t.Errorf("%q, want %q", got, tt.mood)
		}
		if got := steps(tt.report); len(got) != 1 || !strings.Contains(got[0], tt.step) {
			t.Errorf("%q, want %q", got, tt.step)
		}
	}
}

// A page that cannot be written is an error, and one in another zone has its times.
func TestRender(t *testing.T) {
	if err := Render(brokenWriter{}, good(), Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
	page := render(t, sample{good(), Options{Zone: time.FixedZone("EST", -5*3600)}})
	if !strings.Contains(page, "13 Nov 2026, 21:00:03 EST") {
		t.Error("no times in the zone asked for")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		grouped(0): "0", grouped(999): "999", grouped(-1234567): "-1,234,567",
		share(0, 10): "0 %", share(1, 100_000): "< 0.1 %", share(99_999, 100_000): "> 99.9 %", share(10, 10): "100 %", share(1, 3): "33.3 %", share(1, 0): "–",
		span(412 * time.Millisecond): "0.4 s", span(59 * time.Second): "59 s", span(431 * time.Second): "7 min 11 s", span(25 * time.Hour): "25 h 0 min",
		size(141): "141 bytes", size(23_482_117): "23.5 MB", decimal(0.25): "0.25", decimal(12.34): "12.3", decimal(1234.5): "1,235",
		placeOf("a:b.csv:12:7").String(): "a:b.csv:12", placeOf("f.csv:3").String(): "f.csv:3", placeOf("f.csv").String(): "f.csv",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Ticks are few, round, and reach from the start to the top.
func TestTicks(t *testing.T) {
	for _, top := range []float64{0, 1e-3, .7, 1, 3, 99, 100, 101, 48_213, 1e7} {
		ticks := heightTicks(top)
		if n := len(ticks); n < 2 || n > 7 || ticks[n-1].Value < top || ticks[0].Value != 0 {
			t.Errorf("up to %g: %v", top, ticks)
		}
	}
	for _, end := range []float64{.3, 5, 59, 61, 431, 3599, 86_400, 1e6, 1e9} {
		if ticks := timeTicks(end, 4); len(ticks) > 6 && end < 1e8 || len(ticks) < 2 || ticks[len(ticks)-1].Value > end {
			t.Errorf("up to %g s: %v", end, ticks)
		}
	}
}
