package gradecsv

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// profile reads the whole of a profile.
func (d *yamlDoc) profile(n ast.Node, p *Profile) {
	m := d.block(n, "a profile", []string{"name", "about", "zone", "detect", "wide", "rows", "fields"})
	if m == nil {
		return
	}
	p.name, p.about, p.zone = m.text("name"), m.text("about"), m.zone("zone")
	if n, ok := m.has("detect"); ok {
		d.detect(n, p)
	}
	if n, ok := m.has("wide"); ok {
		p.wide = d.wide(n)
	}
	for _, n := range m.items("rows") {
		p.rows = append(p.rows, d.row(n, p.wide != nil))
	}
	n, ok := m.has("fields")
	if !ok {
		d.fail(m.node, "a profile needs fields: what each of OneRoster's columns is made of", "")
		return
	}
	d.fields(n, p)
}

func (d *yamlDoc) detect(n ast.Node, p *Profile) {
	m := d.block(n, "detect", []string{"columns"})
	for _, item := range m.items("columns") {
		p.seen = append(p.seen, d.texts(item, "columns"))
	}
}

func (m *yamlMap) zone(key string) *time.Location {
	n, ok := m.has(key)
	if !ok {
		return nil
	}
	name := m.doc.text(n, key)
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		m.doc.fail(n, "there is no time zone "+quoted(name), "write it as Europe/Paris or America/New_York")
		return nil
	}
	return zone
}

func (d *yamlDoc) wide(n ast.Node) *wideRule {
	m := d.block(n, "wide", []string{"columns", "except", "unless"})
	w := &wideRule{unless: m.texts("unless")}
	if _, ok := m.has("columns"); !ok && m != nil {
		d.fail(n, `wide needs columns: a pattern of the assignments' columns, such as "{title} ({id:digits})"`, "")
	}
	w.columns, w.except = m.patterns("columns"), m.patterns("except")
	return w
}

func (m *yamlMap) patterns(key string) []*pattern {
	var all []*pattern
	for _, text := range m.texts(key) {
		p, err := newPattern(text)
		if err != nil {
			m.doc.fail(m.values[key], fmt.Sprintf("%s %s: %v", key, quoted(text), err), "")
			continue
		}
		all = append(all, p)
	}
	return all
}

func (d *yamlDoc) row(n ast.Node, wide bool) rowRule {
	m := d.block(n, "an entry of rows", []string{"column", "cells", "is", "as"})
	r := rowRule{names: m.texts("column"), is: m.texts("is")}
	switch m.word("as", "none", "heading", "points") {
	case "heading":
		r.as = roleHeading
	case "points":
		r.as = rolePoints
	}
	cells := m.texts("cells")
	switch {
	case m == nil:
	case !wide && (cells != nil || r.as == rolePoints):
		d.fail(n, "cells and points are of wide files; the profile has no wide", "")
	case (cells == nil) == (r.names == nil) || cells != nil && r.is != nil:
		d.fail(n, "an entry of rows has either column and is, or cells", "")
	case r.names != nil && r.is == nil:
		d.fail(n, "an entry of rows needs is: what stands in the column", "")
	}
	if cells != nil {
		r.is = cells
	}
	return r
}

func (d *yamlDoc) fields(n ast.Node, p *Profile) {
	m := d.block(n, "fields", nil)
	if m == nil {
		return
	}
	for _, key := range m.keys {
		name, _ := scalar(key)
		to, ok := d.target(key, name, true)
		if !ok {
			continue
		}
		p.fields = append(p.fields, d.field(m.values[name], name, to, p.wide != nil))
	}
	for _, col := range required() {
		if col != colScoreDate && !slices.ContainsFunc(p.fields, func(f *fieldRule) bool { return f.col == col }) {
			d.fail(n, "fields lacks "+col.String()+", which every result needs", "")
		}
	}
}

// target finds one of OneRoster's columns.
func (d *yamlDoc) target(n ast.Node, name string, star bool) (target, bool) {
	if meta, ok := strings.CutPrefix(name, metadataPrefix); ok && meta != "" && (meta != "*" || star) {
		return target{columnCount, meta}, true
	}
	for col := range columnCount {
		if columnNames[col] == name {
			return target{col: col}, true
		}
	}
	d.fail(n, "OneRoster has no column "+quoted(name), didYouMean(name, columnNames[:]))
	return target{}, false
}

// field reads what a column is made of: a column's name, alternatives, or a block that says more.
func (d *yamlDoc) field(n ast.Node, name string, to target, wide bool) *fieldRule {
	f := &fieldRule{col: to.col, metadata: to.metadata}
	_, list := n.(*ast.SequenceNode)
	if _, plain := scalar(n); plain || list {
		f.names = d.texts(n, name)
		return f
	}
	m := d.block(n, name, []string{"column", "label", "cell", "template", "value", "optional", "values", "lookup",
		"date", "decimal", "percent", "scale", "round"})
	if m == nil {
		return f
	}
	d.source(m, f, wide)
	f.optional = m.yes("optional")
	for _, item := range m.items("values") {
		f.values = append(f.values, d.value(item))
	}
	if n, ok := m.has("lookup"); ok {
		f.lookup = d.lookup(n)
	}
	d.dates(m, f)
	d.number(m, f)
	if wide && f.from == fromCell {
		d.blankCell(n, f)
	}
	return f
}

// blankCell holds that a blank cell of a wide file is no result: rejects leave the other cells of a record blank.
func (d *yamlDoc) blankCell(n ast.Node, f *fieldRule) {
	for _, v := range f.values {
		if slices.Contains(v.is, "") && !v.none {
			d.fail(n, "a blank cell of a wide file is no result; it cannot mean something else", "")
		}
	}
	f.values = append(f.values, valueRule{is: []string{""}, none: true})
}

// source reads where a field's value comes from.
func (d *yamlDoc) source(m *yamlMap, f *fieldRule, wide bool) {
	var given []string
	for i, key := range []string{"column", "label", "cell", "template", "value"} {
		if _, ok := m.has(key); ok {
			given = append(given, key)
			f.from = origin(i)
		}
	}
	if len(given) != 1 {
		d.fail(m.node, "say one of column, label, cell, template or value", "")
		return
	}
	switch f.from {
	case fromColumn, fromLabel:
		f.names = m.texts(given[0])
	case fromConstant:
		f.text = m.text("value")
	case fromCell:
		if !m.yes("cell") || !wide {
			d.fail(m.values["cell"], "cell: true stands for an assignment's cell in a wide file", "say wide: columns, or name a column")
		}
	case fromTemplate:
		var err error
		if f.template, err = newTemplate(m.text("template")); err != nil {
			d.fail(m.values["template"], err.Error(), "write it as {course}-{assignment}")
		}
	}
}

func (d *yamlDoc) value(n ast.Node) valueRule {
	m := d.block(n, "an entry of values", []string{"is", "value", "set", "copy", "row"})
	v := valueRule{is: m.texts("is")}
	given := 0
	if _, ok := m.has("value"); ok {
		text := m.text("value")
		v.value, given = &text, given+1
	}
	if set, ok := m.has("set"); ok {
		v.set, given = d.assignments(set), given+1
	}
	if to, ok := m.has("copy"); ok {
		given++
		if t, ok := d.target(to, m.text("copy"), false); ok {
			v.copy = &t
		}
	}
	if _, ok := m.has("row"); ok {
		v.none, given = m.word("row", "none") == "none", given+1
	}
	if m != nil && (given != 1 || v.is == nil) {
		d.fail(n, "an entry of values has is and one of value, set, copy or row: none", "")
	}
	return v
}

func (d *yamlDoc) assignments(n ast.Node) []assignment {
	m := d.block(n, "set", nil)
	if m == nil {
		return nil
	}
	var all []assignment
	for _, key := range m.keys {
		name, _ := scalar(key)
		if to, ok := d.target(key, name, false); ok {
			all = append(all, assignment{to, m.text(name)})
		}
	}
	return all
}
