package main

import (
	"cmp"
	"slices"

	"gradebook-import/importer"
	"gradebook-import/importer/htmlreport"
)

// mostRows are the single rows that a summary shows.
const mostRows = 20

// notices are the first rows, in the order of the input, that a person must see. They come in any order.
type notices struct {
	showValues        bool
	details           bool // keep the rows themselves, for the page
	rejected, doubted []noticed
}

// noticed is what is wrong with a row, a line for each problem.
type noticed struct {
	at    uint32
	lines []string
	// detail is the row itself, where the page shall have it.
	detail htmlreport.Detail
}

// add keeps a row if it is among the first.
func (n *notices) add(o importer.Outcome) {
	rows := &n.rejected
	switch o.Status {
	case importer.Rejected, importer.Failed:
	case importer.InDoubt:
		rows = &n.doubted
	default:
		return
	}
	i, _ := slices.BinarySearchFunc(*rows, o.At, func(row noticed, at uint32) int { return cmp.Compare(row.at, at) })
	if i >= mostRows {
		return
	}
	row := noticed{at: o.At}
	for _, p := range o.Problems {
		row.lines = append(row.lines, p.Position()+": "+oneLine(p.Text(n.showValues)))
	}
	if n.details {
		row.detail = detailOf(o)
	}
	*rows = slices.Insert(*rows, i, row)
	*rows = (*rows)[:min(len(*rows), mostRows)]
}

// detailed are the rows for the page, in the order of the input; none unless they were asked for.
func (n *notices) detailed() []htmlreport.Detail {
	var all []htmlreport.Detail
	for _, row := range append(slices.Clone(n.rejected), n.doubted...) {
		if n.details {
			all = append(all, row.detail)
		}
	}
	return all
}

// detailOf is a row with all that the file says in it, and what is wrong.
func detailOf(o importer.Outcome) htmlreport.Detail {
	d := htmlreport.Detail{File: o.Row.File, Line: o.Row.Line, Status: o.Status.String()}
	for _, p := range o.Problems {
		d.Problems = append(d.Problems, oneLine(p.Text(true)))
	}
	if o.Row.Raw.Header == nil {
		return d
	}
	names := o.Row.Raw.Header.Names()
	for i, value := range o.Row.Raw.Fields() {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		d.Fields = append(d.Fields, htmlreport.Field{Name: name, Value: value})
	}
	return d
}
