package gradecsv

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestAgainstEncodingCSV: on files that are right, in any encoding, dialect and line end, the reader gives what
// encoding/csv and a naive mapping of its fields give: the same bodies, from the same lines.
func TestAgainstEncodingCSV(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 5))
	for range 60 {
		file := generate(rnd)
		want := naive(t, file.text, file.delim)
		r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(file.bytes())})
		if err != nil {
			t.Fatalf("%+v: %v", file, err)
		}
		var got []string
		for _, row := range readAll(t, r) {
			if !accepted(row) {
				t.Fatalf("%+v\n%s", file, messages([]Row{row}))
			}
			body, err := json.Marshal(row.Result)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%d %s", row.Line, body))
		}
		if len(got) != len(want) {
			t.Fatalf("%d rows, want %d\n%+v", len(got), len(want), file)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("got  %s\nwant %s\n%+v", got[i], want[i], file)
			}
		}
	}
}

// generated is a file: its text with LF, and how it is written.
type generated struct {
	text    string
	delim   byte
	charset charset
	bom     bool
	eol     string
	gzip    bool
}

func (g generated) bytes() string {
	file := encoded(g.charset, g.bom, g.eol, g.text)
	if g.gzip {
		return gzipped(file)
	}
	return file
}

// generate makes a file of right rows. What its encodings decide by is in its first comment.
func generate(rnd *rand.Rand) generated {
	g := generated{delim: delimiters()[rnd.IntN(4)], charset: charset(rnd.IntN(5)), bom: rnd.IntN(2) == 0,
		eol: []string{"\n", "\r\n", "\r"}[rnd.IntN(3)], gzip: rnd.IntN(4) == 0}
	g.bom = g.bom || g.charset == charsetUTF16LE || g.charset == charsetUTF16BE
	columns := rnd.Perm(int(columnCount))
	var b strings.Builder
	line := func(fields []string) {
		for i, field := range fields {
			if i > 0 {
				b.WriteByte(g.delim)
			}
			if rnd.IntN(3) == 0 {
				field = quote(field)
			}
			b.WriteString(enquoted(field, g.delim))
		}
		b.WriteString("\n")
	}
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = columnNames[c]
	}
	line(append(header, "metadata.term"))
	for n := range 1 + rnd.IntN(400) {
		fields := make([]string, len(columns))
		for i, c := range columns {
			fields[i] = value(rnd, column(c), n)
		}
		line(append(fields, []string{"", "spring", "a \"quoted\" term"}[rnd.IntN(3)]))
		if rnd.IntN(20) == 0 {
			b.WriteString("\n")
		}
	}
	g.text = b.String()
	return g
}

// enquoted leaves alone what is quoted already.
func enquoted(field string, delim byte) string {
	if strings.HasPrefix(field, `"`) && strings.HasSuffix(field, `"`) && len(field) > 1 && field != `"` {
		return field
	}
	return enquote(field, delim)
}

func value(rnd *rand.Rand, c column, n int) string {
	of := func(values ...string) string { return values[rnd.IntN(len(values))] }
	switch c {
	case colSourcedID:
		return of("", fmt.Sprintf("r-%d", n))
	case colLineItem, colStudent:
		return fmt.Sprintf("%s.%d/@_", of("a", "B", "9"), rnd.IntN(50))
	case colClass:
		return of("", "c-1", "c-2")
	case colStatus:
		return of("", "active", "tobedeleted")
	case colDateLastModified:
		return of("", "2026-06-01T08:00:00.123Z")
	case colScoreStatus:
		return of("exempt", "not submitted", "partially graded", "submitted")
	case colScore:
		return of("", "0", "-1.50", "1e3", "99.999")
	case colScoreDate:
		return of("2026-06-01T08:00:00Z", "2026-12-31T23:59:59.9+02:00")
	case colComment:
		if n == 0 {
			return "José"
		}
		return of("", "fine", "two\nlines, and \"more\"", "; | \t", " spaces ", "Zoë")
	case colTextScore:
		return of("", "A-", "ñandú")
	}
	return of("", "true", "false")
}

// naive maps the fields by name, and each by itself.
func naive(t *testing.T, text string, delim byte) []string {
	cr := csv.NewReader(strings.NewReader(text))
	cr.Comma = rune(delim)
	names, err := cr.Read()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for {
		fields, err := cr.Read()
		if err == io.EOF {
			return want
		}
		if err != nil {
			t.Fatal(err)
		}
		line, _ := cr.FieldPos(0)
		body := map[string]any{"status": "active"}
		id := map[string]string{}
		for i, name := range names {
			id[name] = fields[i]
			if fields[i] == "" {
				continue
			}
			switch name {
			case "lineItemSourcedId", "studentSourcedId", "classSourcedId":
				body[strings.TrimSuffix(name, "SourcedId")] = map[string]any{"sourcedId": fields[i]}
			case "score":
				body[name] = json.Number(fields[i])
			case "metadata.term":
				body["metadata"] = map[string]any{"term": fields[i]}
			default:
				body[name] = fields[i]
			}
		}
		if body["sourcedId"] == nil {
			body["sourcedId"] = DerivedID(id["lineItemSourcedId"], id["studentSourcedId"])
		}
		want = append(want, fmt.Sprintf("%d %s", line, canonical(t, body)))
	}
}

// canonical writes a body's members in the order of the API's type.
func canonical(t *testing.T, body map[string]any) string {
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	var r Row
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&r.Result); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(r.Result)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
