package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"gradebook-import/importer/gradecsv"
)

// settings are the flags in a config file. They come after the command line and the environment. A key of another
// command is allowed, so that one file serves them all; a key that is no flag is refused.
type settings struct {
	file   string
	values map[string]setting
}

// setting is a value as it is written in the file: 0123 stays 0123.
type setting struct {
	line, column int
	texts        []string
	list         bool
}

// loadConfig reads a config file.
func loadConfig(r io.Reader) (*settings, error) {
	s := &settings{file: "the config file", values: map[string]setting{}}
	if f, ok := r.(*os.File); ok {
		s.file = f.Name()
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, usage("%w", err)
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, usage("%w", gradecsv.NotYAML(s.file, data, err))
	}
	for _, doc := range file.Docs {
		if err := s.add(doc.Body); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add takes in a document: one mapping, whose values are scalars or lists of them.
func (s *settings) add(body ast.Node) error {
	var pairs []*ast.MappingValueNode
	switch node := body.(type) {
	case nil, *ast.CommentGroupNode, *ast.NullNode:
	case *ast.MappingNode:
		pairs = node.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{node}
	default:
		return usage("%s:%d: expected lines such as 'base-url: https://gradebook.example.org'", s.file, max(body.GetToken().Position.Line, 1))
	}
	for _, pair := range pairs {
		key := pair.Key.GetToken()
		v := setting{line: key.Position.Line, column: key.Position.Column}
		place := s.place(key.Value, v)
		if first, twice := s.values[key.Value]; twice {
			return usage("%s: stands in line %d already; leave out one of the two", place, first.line)
		}
		if _, blank := pair.Value.(*ast.NullNode); blank {
			return usage("%s: has no value; write one behind the colon, or remove the line", place)
		}
		var ok bool
		if v.texts, v.list, ok = scalars(pair.Value); !ok {
			return usage("%s: expected one value, or a list of values", place)
		}
		s.values[key.Value] = v
	}
	return nil
}

// place is where a setting stands, and its name.
func (s *settings) place(name string, v setting) string {
	return fmt.Sprintf("%s:%d:%d: %s", s.file, v.line, v.column, name)
}

// scalars are the texts of a value.
func scalars(node ast.Node) (texts []string, list, ok bool) {
	if sequence, ok := node.(*ast.SequenceNode); ok {
		for _, item := range sequence.Values {
			text, _, ok := scalars(item)
			if !ok || len(text) != 1 {
				return nil, true, false
			}
			texts = append(texts, text...)
		}
		return texts, true, true
	}
	switch node.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return []string{node.GetToken().Value}, false, true
	}
	return nil, false, false
}

// Validate refuses keys that are no flags.
func (s *settings) Validate(app *kong.Application) error {
	known := flagNames(app.Node)
	for name, v := range s.values {
		where := s.place(name, v)
		switch {
		case name == "client-secret":
			return usage("%s: the secret does not go into this file; put it into a file of its own and name that with client-secret-file", where)
		case name == "config" || name == "help" || !slices.Contains(known, name):
			return usage("%s: no such setting%s", where, suggestion(name, known))
		}
	}
	return nil
}

// flagNames are the names of the flags of all commands.
func flagNames(node *kong.Node) []string {
	var names []string
	for _, flag := range node.Flags {
		names = append(names, flag.Name)
	}
	for _, child := range node.Children {
		names = append(names, flagNames(child)...)
	}
	return names
}

// Resolve is a flag's value in the file; nil where the file has none, or where the environment goes before it.
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	v, ok := s.values[flag.Name]
	if !ok || isSet(variable(flag.Name)) {
		return nil, nil
	}
	if !v.list {
		if err := fits(flag, v.texts[0]); err != nil {
			return nil, &misset{fmt.Errorf("%s: %w", s.place(flag.Name, v), err)}
		}
		return v.texts[0], nil
	}
	if !flag.IsSlice() {
		return nil, &misset{fmt.Errorf("%s: expected one value, not a list", s.place(flag.Name, v))}
	}
	return strings.Join(v.texts, ","), nil
}

// suggestion is "; did you mean …?" for a name that is almost one of the known.
func suggestion(name string, known []string) string {
	best, near := 3, ""
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ReplaceAll(strings.ToLower(name), "_", "-"), k); d < best {
			best, near = d, k
		}
	}
	if near == "" {
		return "; its names are those of the flags without the dashes in front"
	}
	return "; did you mean " + near + "?"
}
