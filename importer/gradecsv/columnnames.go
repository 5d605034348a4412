package gradecsv

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
)

// What stands in a header may be a student's data: in a file without a header, and where the columns are students. So a
// message has a name only where a profile knows it or where all its words are such as headers are made of, and for the
// others the number of their column, unless a person asks with --show-values.

// headerWords are the words of harmless names. First names such as Mark and Day are left out.
const headerWords = `
	a account actual all and attendance assessment assessments assigned assignment assignments at attempt average by calculated campus
	category class classes classroom code comment comments completed count course courses created current custom date
	description display district due email end entry exam exempt external extra family feedback field final first flag for full
	given grade graded grader grades group guid heading homeroom homework id identifier ids in incomplete index instructor
	integration internal is item items key last late learner learners letter level line list local login max maximum
	middle min minimum missing modified name names no note notes num number of on only option order out override parent
	percent percentage period points position possible progress pupil pupils quarter quiz raw read record ref reference
	remark remarks result results role room root row scale school score scores section semester sequence sis sort source
	sourced sourcedid start state status student students subject submission submitted sum surname system task teacher
	term test text the time title total trimester type uid unit unknown unposted updated user value version weight weighted year`

var knownWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, word := range strings.Fields(headerWords) {
		words[word] = true
	}
	return words
})

var familiar struct {
	once  sync.Once
	names map[string]bool
}

// familiarNames are the names of OneRoster and of the built-in profiles, folded.
func familiarNames() map[string]bool {
	familiar.once.Do(func() { familiar.names = gatherNames() })
	return familiar.names
}

func gatherNames() map[string]bool {
	known := map[string]bool{}
	for _, name := range columnNames {
		known[folded(name)] = true
	}
	for _, name := range Profiles() {
		p := builtIn(name)
		for _, names := range p.seen {
			for _, n := range names {
				known[folded(n)] = true
			}
		}
		for _, f := range p.fields {
			for _, n := range f.names {
				known[folded(n)] = true
			}
		}
	}
	return known
}

// harmless says that a column's name may be shown unasked.
func harmless(name string) bool {
	name = strings.TrimSpace(name)
	if strings.HasPrefix(name, importPrefix) || strings.HasPrefix(name, metadataPrefix) || familiarNames()[folded(name)] {
		return true
	}
	words := 0
	for _, word := range wordsOf(name) {
		switch {
		case knownWords()[word]:
			words++
		case len(word) > 4 || digits(word) < len(word): // a year, or a number of another kind
			return false
		}
	}
	return words > 0
}

// wordsOf are the words of a name, in lower case: studentSourcedId has three. Digits are words as well.
func wordsOf(name string) []string {
	var spaced strings.Builder
	var before rune
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			spaced.WriteByte(' ')
		}
		spaced.WriteRune(r)
		before = r
	}
	return strings.FieldsFunc(strings.ToLower(spaced.String()), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// visible is a column's name without what cannot be seen: spaces around it, and characters that programs and web pages leave.
func visible(name string) string {
	const invisible = "\u200b\u200c\u200d\u2060\ufeff"
	if strings.ContainsAny(name, invisible) {
		name = strings.Map(func(r rune) rune { return when(strings.ContainsRune(invisible, r), -1, r) }, name)
	}
	return strings.TrimSpace(name)
}

// unnamed says that a column has no name.
func unnamed(name string) bool { return strings.TrimSpace(name) == "" }

// naming says which names of columns messages show.
type naming struct{ all bool }

// shows says whether a message may have a column's name.
func (n naming) shows(name string) bool { return n.all || harmless(name) }

// list names columns, those at some places; nil: all. Where it does not show a name, it has the column's number.
func (n naming) list(names []string, places []int) string {
	if places == nil {
		for i := range names {
			places = append(places, i)
		}
	}
	var parts []string
	hidden := 0
	for i := 0; i < len(places) && len(parts) < maxListed; i++ {
		switch name := names[places[i]]; {
		case unnamed(name):
			parts = append(parts, fmt.Sprintf("column %d, which has no name", places[i]+1))
			continue
		case n.shows(name):
			parts = append(parts, quoted(name))
			continue
		}
		from := i
		for i+1 < len(places) && places[i+1] == places[i]+1 && !unnamed(names[places[i+1]]) && !n.shows(names[places[i+1]]) {
			i++
		}
		hidden += i - from + 1
		switch i - from {
		case 0:
			parts = append(parts, fmt.Sprintf("column %d", places[from]+1))
		case 1:
			parts = append(parts, fmt.Sprintf("columns %d and %d", places[from]+1, places[i]+1))
		default:
			parts = append(parts, fmt.Sprintf("columns %d to %d", places[from]+1, places[i]+1))
		}
	}
	text := strings.Join(parts, ", ")
	if len(parts) == maxListed {
		text += " and others"
	}
	switch hidden {
	case 0:
		return text
	case 1:
		return text + " (--show-values shows its name, which may be a student's)"
	}
	return text + " (--show-values shows their names, which may be students')"
}

// label is what a problem's column is called.
func (h *Header) label(i int) string {
	if h.naming.shows(h.names[i]) || i < len(h.bound) && h.bound[i] {
		return h.names[i]
	}
	return fmt.Sprintf("column %d", i+1)
}
