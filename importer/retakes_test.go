package importer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

func paired(item, student int) *gradecsv.Row {
	return &gradecsv.Row{File: "f.csv", Result: oneroster.Result{
		LineItem: oneroster.Ref{SourcedID: fmt.Sprint("item-", item)}, Student: oneroster.Ref{SourcedID: fmt.Sprint("student-", student)}}}
}

// What a map of all pairs finds, in memory and over the temporary file, which is gone afterwards.
func TestRetakes(t *testing.T) {
	for _, rows := range []int{10, 2000, 300_000} {
		rnd := rand.New(rand.NewPCG(uint64(rows), 1))
		dir := t.TempDir()
		r := newRetakes(dir)
		first, count, lines := map[[2]int]uint32{}, 0, []string(nil)
		for at := uint32(1); at <= uint32(rows); at++ {
			pair := [2]int{rnd.IntN(rows), rnd.IntN(8)}
			r.add(paired(pair[0], pair[1]), at)
			if earlier, ok := first[pair]; !ok {
				first[pair] = at
			} else if count++; len(lines) < problemLines {
				lines = append(lines, fmt.Sprint(at, " like ", earlier))
			}
		}
		if spilled := r.tmp != nil; spilled != (rows > 100_000) {
			t.Errorf("%d rows: on the disk: %v", rows, spilled)
		}
		r.find()
		p, _ := r.problem(func(at uint32) string { return fmt.Sprint(at) })
		var got []string
		for i, line := range p.Lines {
			got = append(got, line+" like "+p.Others[i])
		}
		if p.Count != count || strings.Join(got, ", ") != strings.Join(lines, ", ") {
			t.Errorf("%d rows: %d retakes, %v, want %d, %v", rows, p.Count, got, count, lines)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("%d rows: left behind: %v", rows, left)
		}
	}
}

// A directory that takes no file costs the comparison and nothing else, and a warning says so.
func TestRetakesWithoutRoom(t *testing.T) {
	r := newRetakes(filepath.Join(t.TempDir(), "none"))
	for at := uint32(1); at < 200_000; at++ {
		r.add(paired(1, int(at)), at)
	}
	r.find()
	p, said := r.problem(func(uint32) string { return "" })
	if !said || p.Code != "row.unpaired" || !strings.Contains(p.Message, "no such file") {
		t.Errorf("the report says %+v", p)
	}
}

func BenchmarkRetakes(b *testing.B) {
	row := paired(1234567, 12345678)
	for b.Loop() {
		r := newRetakes(os.TempDir())
		for at := uint32(1); at <= 1_000_000; at++ {
			row.Result.Student.SourcedID = "student-" + string([]byte{byte(at>>18&63) + '0', byte(at>>12&63) + '0', byte(at>>6&63) + '0', byte(at&63) + '0'})
			r.add(row, at)
		}
		r.find()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/row")
}
