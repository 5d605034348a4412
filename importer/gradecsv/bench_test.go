package gradecsv

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"testing"
)

// termFile is a file of sixteen columns and about 186 bytes a row.
func termFile(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate," +
		"comment,textScore,classSourcedId,inProgress,incomplete,late,missing,metadata.term\n")
	for i := range rows {
		fmt.Fprintf(&b, "res-%08d-4c1b-9a55,active,2026-06-01T08:00:00.000Z,li-algebra-%05d,stu-%08d,fully graded,%d.5,2026-06-%02d,"+
			"\"Good work, keep going\",B+,cls-2026-%04d,false,false,false,false,2026-spring\n", i, i/30, i%5000, i%100, 1+i%30, i/900)
	}
	return b.Bytes()
}

func BenchmarkRead(b *testing.B) {
	const n = 20000
	data := termFile(n)
	perRow := func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
	}
	b.Run("gradecsv", func(b *testing.B) {
		rows := make([]Row, 256)
		for b.Loop() {
			r, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(data)})
			if err != nil {
				b.Fatal(err)
			}
			for {
				k, err := r.Read(rows)
				if err == io.EOF {
					break
				}
				for i := range rows[:k] {
					if len(rows[i].Errors) > 0 {
						b.Fatal(rows[i].Errors)
					}
				}
			}
		}
		perRow(b)
	})
	for _, reuse := range []bool{false, true} {
		b.Run(fmt.Sprintf("encoding-csv/reuse=%t", reuse), func(b *testing.B) {
			for b.Loop() {
				cr := csv.NewReader(bytes.NewReader(data))
				cr.ReuseRecord = reuse
				for {
					if _, err := cr.Read(); err == io.EOF {
						break
					}
				}
			}
			perRow(b)
		})
	}
}
