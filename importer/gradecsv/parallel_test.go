package gradecsv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

// TestOrder: many chunks from several files come in the order of the input, with their own lines.
func TestOrder(t *testing.T) {
	const rows = 3*chunkRows + 7
	var b strings.Builder
	b.WriteString(shortHeader + "\n")
	for i := range rows {
		fmt.Fprintf(&b, "li%d,st1,exempt,,2026-06-01,%s\n", i, strings.Repeat("x", i%50*i%700))
	}
	one, two := writeFile(t, "one.csv", b.String()), writeFile(t, "two.csv", b.String())
	r, err := Open([]string{one, "-", two}, Options{Stdin: strings.NewReader(b.String())})
	if err != nil {
		t.Fatal(err)
	}
	files := []string{one, "stdin", two}
	for i, row := range readAll(t, r) {
		if want := fmt.Sprintf("li%d", i%rows); row.Result.LineItem.SourcedID != want || row.Line != 2+i%rows || row.File != files[i/rows] {
			t.Fatalf("row %d is %s of %s:%d", i, row.Result.LineItem.SourcedID, row.File, row.Line)
		}
	}
	for _, s := range r.Sources() {
		if s.Rows != rows {
			t.Errorf("%s has %d rows", s.File, s.Rows)
		}
	}
}

// TestNothingIsLeftRunning after the end, after Close in the middle, and after an error.
func TestNothingIsLeftRunning(t *testing.T) {
	defer goleak.VerifyNone(t)
	text := shortHeader + "\n" + strings.Repeat(goodRow+"\n", 20*chunkRows)
	_, rows := readText(t, text, Options{})
	if len(rows) != 20*chunkRows {
		t.Errorf("got %d rows", len(rows))
	}
	r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]Row, 1)); n != 1 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.Read(make([]Row, 1)); err == nil || err == io.EOF {
		t.Errorf("Read after Close: %v", err)
	}
}

// TestRowsAreReturnedAsTheyArrive: a row that has arrived is not held back until more do.
func TestRowsAreReturnedAsTheyArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		arrived := make(chan Row)
		go func() {
			defer close(arrived)
			r, err := Open([]string{"-"}, Options{Stdin: in})
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			for rows := make([]Row, 500); ; {
				n, err := r.Read(rows)
				if err != nil {
					if err != io.EOF {
						t.Error(err)
					}
					return
				}
				for _, row := range rows[:n] {
					arrived <- row
				}
			}
		}()
		write := func(text string) { go io.WriteString(out, text) }
		expect := func(lines ...int) {
			t.Helper()
			for _, line := range lines {
				synctest.Wait()
				select {
				case row := <-arrived:
					if row.Line != line {
						t.Errorf("got the row of line %d, want %d", row.Line, line)
					}
				default:
					t.Fatalf("the row of line %d was not returned", line)
				}
			}
			synctest.Wait()
			select {
			case row, ok := <-arrived:
				if ok {
					t.Errorf("got the row of line %d", row.Line)
				}
			default:
			}
		}
		write(shortHeader + "\n" + goodRow + "\n")
		expect(2)
		write(goodRow + "\n" + goodRow + "\n" + goodRow[:9])
		expect(3, 4)
		write(goodRow[9:] + "\nli1,st1,exempt,,2026-06-01,\"two\nlines")
		expect(5)
		write("\"\n")
		expect(6)
		write(goodRow)
		synctest.Wait()
		out.Close()
		expect(8)
	})
}

// TestReadIsBoundedInBytes: a batch of long rows ends early, and what was framed ahead is bounded.
func TestReadIsBoundedInBytes(t *testing.T) {
	long := "li1,st1,exempt,,2026-06-01," + strings.Repeat("x", 60<<10) + "\n"
	r, err := Open([]string{writeFile(t, "long.csv", shortHeader+"\n"+strings.Repeat(long, 300))}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := r.Read(make([]Row, 4096))
	if err != nil || n > readBytes/len(long)+1 {
		t.Errorf("got %d rows, %v", n, err)
	}
	if read, most := r.progress.read.Load(), int64(readBytes+aheadBytes+4*maxRecord); read > most {
		t.Errorf("%d bytes were read for one Read, more than %d", read, most)
	}
}

// TestHeapIsBounded: what is alive while a file is read does not grow with the file.
func TestHeapIsBounded(t *testing.T) {
	in := &endlessRows{row: "li1,st1,exempt,,2026-06-01," + strings.Repeat("x", 1000) + "\n", n: 60000}
	r, err := Open([]string{"-"}, Options{Stdin: io.MultiReader(strings.NewReader(shortHeader+"\n"), in)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows, most := make([]Row, 512), uint64(0)
	for i := 0; ; i++ {
		if _, err := r.Read(rows); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	if most > before.HeapAlloc+12<<20 {
		t.Errorf("%d MiB were alive", (most-before.HeapAlloc)>>20)
	}
}

// endlessRows is n times row.
type endlessRows struct {
	row  string
	n    int
	rest string
}

func (e *endlessRows) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if e.rest == "" && e.n == 0 {
			return n, io.EOF
		}
		if e.rest == "" {
			e.rest, e.n = e.row, e.n-1
		}
		k := copy(p[n:], e.rest)
		e.rest = e.rest[k:]
		n += k
	}
	return n, nil
}

// TestManyMetadataColumns: every metadata column comes through, and rows that share a map have the same metadata.
func TestManyMetadataColumns(t *testing.T) {
	header, row := shortHeader, goodRow
	want := make(map[string]any)
	const columns = 11
	for i := range columns {
		header += fmt.Sprintf(",metadata.m%d", i)
		row += fmt.Sprintf(",v%d", i)
		want[fmt.Sprintf("m%d", i)] = fmt.Sprintf("v%d", i)
	}
	_, rows := readText(t, header+"\n"+row+"\n"+row+"\n"+goodRow+strings.Repeat(",", columns-1)+",last\n", Options{})
	for i, row := range rows {
		if i == 2 {
			want = map[string]any{fmt.Sprintf("m%d", columns-1): "last"}
		}
		if !reflect.DeepEqual(row.Result.Metadata, want) {
			t.Errorf("row %d: got %v, want %v", i, row.Result.Metadata, want)
		}
	}
}

// TestErrorsComeAfterTheRowsBefore, also when these fill many chunks.
func TestErrorsComeAfterTheRowsBefore(t *testing.T) {
	broken := errors.New("the disk is gone")
	var b bytes.Buffer
	b.WriteString(shortHeader + "\n")
	for range 5 * chunkRows {
		b.WriteString(goodRow + "\n")
	}
	r, err := Open([]string{"-"}, Options{Stdin: io.MultiReader(&b, &failing{broken})})
	if err != nil {
		t.Fatal(err)
	}
	rows, n := make([]Row, 100), 0
	for {
		k, err := r.Read(rows)
		n += k
		if err != nil {
			if !errors.Is(err, broken) || n != 5*chunkRows {
				t.Errorf("%v after %d rows", err, n)
			}
			break
		}
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
