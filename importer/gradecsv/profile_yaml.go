package gradecsv

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// yamlDoc reads a profile strictly: what it does not know is a mistake, said with its place. It goes on after a
// mistake, so that all are said at once.
type yamlDoc struct {
	path string
	errs []error
}

// yamlMap is a block of keys. A nil one has none.
type yamlMap struct {
	doc    *yamlDoc
	node   ast.Node
	keys   []ast.Node
	values map[string]ast.Node
}

// maxProfile is the most bytes of a profile.
const maxProfile = 1 << 20

// parse returns the node of a file of one document.
func (d *yamlDoc) parse(source []byte) ast.Node {
	if len(source) > maxProfile {
		d.errs = append(d.errs, &InputError{d.path, "has more than 1 MiB and is no mapping profile", ""})
		return nil
	}
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		d.errs = append(d.errs, NotYAML(d.path, source, err))
		return nil
	}
	var nodes []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil {
			nodes = append(nodes, doc.Body)
		}
	}
	switch len(nodes) {
	case 1:
		return nodes[0]
	case 0:
		d.errs = append(d.errs, &InputError{d.path, "is empty", "gradebook-import mapping init writes a profile to begin with"})
	default:
		d.fail(nodes[1], "a second document; a profile is one", "")
	}
	return nil
}

// NotYAML says where and why the parser gave a file up: err is the parser's, source what the file holds.
func NotYAML(path string, source []byte, err error) *InputError {
	var at *yaml.SyntaxError
	if !errors.As(err, &at) || at.GetToken() == nil || at.GetToken().Position == nil {
		return &InputError{path, "is not YAML", ""}
	}
	line, column := max(at.GetToken().Position.Line, 1), max(at.GetToken().Position.Column, 1)
	what, hint := "is not YAML: "+strings.ToLower(at.GetMessage()), "text with : { } [ ] # or % at its beginning needs quotes"
	if lines := strings.Split(string(source), "\n"); line <= len(lines) {
		text := lines[line-1]
		if tab := strings.IndexByte(text[:len(text)-len(strings.TrimLeft(text, " \t"))], '\t'); tab >= 0 {
			column, what, hint = tab+1, "a tab stands at the beginning of the line, where YAML takes spaces alone", "write two spaces in its place"
		}
	}
	return &InputError{fmt.Sprintf("%s:%d:%d", path, line, column), what, hint}
}

func (d *yamlDoc) fail(n ast.Node, what, hint string) {
	at := d.path
	switch block := n.(type) { // a block is at its first key, not at that one's colon
	case *ast.MappingValueNode:
		n = block.Key
	case *ast.MappingNode:
		if !block.IsFlowStyle && len(block.Values) > 0 {
			n = block.Values[0].Key
		}
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		at = fmt.Sprintf("%s:%d:%d", d.path, max(tk.Position.Line, 1), max(tk.Position.Column, 1))
	}
	d.errs = append(d.errs, &InputError{at, what, hint})
}

// block reads a mapping whose keys are among known; nil allows any.
func (d *yamlDoc) block(n ast.Node, what string, known []string) *yamlMap {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		d.blank(n, what)
		return nil
	default:
		d.fail(n, what+" must be a block of keys and values", "")
		return nil
	}
	m := &yamlMap{doc: d, node: n, values: make(map[string]ast.Node)}
	for _, pair := range pairs {
		name, ok := scalar(pair.Key)
		switch _, twice := m.values[name]; {
		case !ok:
			d.fail(pair.Key, "a key must be plain text", "")
		case twice:
			d.fail(pair.Key, "the key "+quoted(name)+" is there twice", "")
		case known != nil && !slices.Contains(known, name):
			d.fail(pair.Key, fmt.Sprintf("unknown key %s of %s", quoted(name), what), didYouMean(name, known))
		default:
			m.keys = append(m.keys, pair.Key)
			m.values[name] = pair.Value
		}
	}
	return m
}

func didYouMean(name string, known []string) string {
	best, near := min(3, len(name)), "" // two letters turned round are two changes
	for _, k := range known {
		if d := levenshtein.ComputeDistance(plain(name), plain(k)); d < best {
			best, near = d, k
		}
	}
	if near != "" {
		return "did you mean " + near + "?"
	}
	return "known are " + strings.Join(known, ", ")
}

// has reports a key, and returns its value.
func (m *yamlMap) has(key string) (ast.Node, bool) {
	if m == nil {
		return nil, false
	}
	n, ok := m.values[key]
	return n, ok
}

// text is a key's value; "" where there is none.
func (m *yamlMap) text(key string) string {
	n, ok := m.has(key)
	if !ok {
		return ""
	}
	return m.doc.text(n, key)
}

// texts is a key's value or values.
func (m *yamlMap) texts(key string) []string {
	n, ok := m.has(key)
	if !ok {
		return nil
	}
	return m.doc.texts(n, key)
}

// word is a key's value, which is one of some; the first is what holds where there is none.
func (m *yamlMap) word(key string, words ...string) string {
	n, ok := m.has(key)
	if !ok {
		return words[0]
	}
	value := m.doc.text(n, key)
	if !slices.Contains(words, value) {
		m.doc.fail(n, fmt.Sprintf("%s cannot be %s", key, quoted(value)), didYouMean(value, words))
		return words[0]
	}
	return value
}

func (m *yamlMap) yes(key string) bool { return m.word(key, "false", "true") == "true" }

func (d *yamlDoc) text(n ast.Node, what string) string {
	value, ok := scalar(n)
	switch _, blank := n.(*ast.NullNode); {
	case blank:
		d.blank(n, what)
	case !ok:
		d.fail(n, what+" must be text", "")
	case value == todo && n.GetToken().Type == token.StringType: // in quotes it is a name as any other
		d.fail(n, what+" is still "+todo, "write here what the comment above it asks for")
	}
	return value
}

func (d *yamlDoc) blank(n ast.Node, what string) {
	d.fail(n, what+" is blank", "write its value, or take the line out")
}

func (d *yamlDoc) texts(n ast.Node, what string) []string {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return []string{d.text(n, what)}
	}
	var texts []string
	for _, item := range list.Values {
		texts = append(texts, d.text(item, "each of "+what))
	}
	if len(texts) == 0 {
		d.fail(n, what+" is an empty list", "")
	}
	return texts
}

// items are the elements of a list.
func (m *yamlMap) items(key string) []ast.Node {
	n, ok := m.has(key)
	if !ok {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		m.doc.fail(n, key+" must be a list, each entry beginning with a dash", "")
		return nil
	}
	return list.Values
}

// scalar is a plain value as it was written: 007 and 1.50 stay so.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}
