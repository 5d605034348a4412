package gradecsv

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// template is text with the names of columns in braces.
type template []templatePart

// templatePart is plain text, or a name.
type templatePart struct{ text, name string }

// newTemplate reads {course}-{assignment}.
func newTemplate(text string) (template, error) {
	var t template
	err := braces(text, func(plain, name string) error {
		if plain != "" {
			t = append(t, templatePart{text: plain})
		}
		if name != "" {
			t = append(t, templatePart{name: name})
		}
		return nil
	})
	if err == nil && len(t) == 0 {
		err = errors.New("the template is empty")
	}
	return t, err
}

// braces cuts text into plain parts, each with the name in braces after it, "" at the end.
func braces(text string, part func(plain, name string) error) error {
	for {
		plain, rest, found := strings.Cut(text, "{")
		if strings.Contains(plain, "}") {
			return errors.New("a } without a { before it")
		}
		if !found {
			return part(plain, "")
		}
		name, rest, found := strings.Cut(rest, "}")
		if name = strings.TrimSpace(name); !found || name == "" || strings.Contains(name, "{") {
			return errors.New("a { without a name and a } after it")
		}
		if err := part(plain, name); err != nil {
			return err
		}
		text = rest
	}
}

// newPattern reads a pattern of column names: {name} is any text, {name:digits} and {name:number} such text, * any
// text without a name, a run of spaces any spaces. Letters match whatever their case.
func newPattern(text string) (*pattern, error) {
	p := &pattern{}
	var expr strings.Builder
	err := braces(text, func(plain, name string) error {
		for i, literal := range strings.Split(plain, "*") {
			if i > 0 {
				expr.WriteString(".*")
			}
			expr.WriteString(spaced(literal))
		}
		if name == "" {
			return nil
		}
		name, kind, _ := strings.Cut(name, ":")
		form, ok := map[string]string{"": "(.+)", "digits": "([0-9]+)", "number": `([0-9]+(?:[.,][0-9]+)?)`}[kind]
		if !ok {
			return fmt.Errorf("{%s:%s}: the kinds are digits and number", name, kind)
		}
		p.names = append(p.names, name)
		expr.WriteString(form)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.re, err = regexp.Compile(`(?is)^\s*` + expr.String() + `\s*$`)
	return p, err
}

// spaced is an expression for literal text with any number of spaces where there are some.
func spaced(literal string) string {
	var b strings.Builder
	for i, word := range regexp.MustCompile(`\s+`).Split(literal, -1) {
		if i > 0 {
			b.WriteString(`\s+`)
		}
		b.WriteString(regexp.QuoteMeta(word))
	}
	return b.String()
}

// folded is a name without what people spell differently: case, spaces, and a colon after a label.
func folded(name string) string {
	name = strings.TrimSuffix(visible(name), ":")
	return strings.ToLower(strings.Join(strings.Fields(name), ""))
}

// oneOf reports whether value is one of some, whatever the case.
func oneOf(value string, of []string) bool {
	for _, s := range of {
		if strings.EqualFold(value, s) {
			return true
		}
	}
	return false
}
