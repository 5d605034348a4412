package main

import (
	"cmp"
	"slices"

	"gradebook-import/importer"
)

// mostRows are the single rows that a summary shows.
const mostRows = 20

// notices are the first rows, in the order of the input, that a person must see. They come in any order.
type notices struct {
	showValues        bool
	rejected, doubted []noticed
}

// noticed is what is wrong with a row, a line for each problem.
type noticed struct {
	at    uint32
	lines []string
}

// add keeps a row if it is among the first.
func (n *notices) add(o importer.Outcome) {
	rows := &n.rejected
	if o.Status == importer.InDoubt {
		rows = &n.doubted
	}
	i, _ := slices.BinarySearchFunc(*rows, o.At, func(row noticed, at uint32) int { return cmp.Compare(row.at, at) })
	if i >= mostRows {
		return
	}
	row := noticed{at: o.At}
	for _, p := range o.Problems {
		row.lines = append(row.lines, p.Position()+": "+oneLine(p.Text(n.showValues)))
	}
	*rows = slices.Insert(*rows, i, row)
	*rows = (*rows)[:min(len(*rows), mostRows)]
}
