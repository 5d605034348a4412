package oneroster

import (
	"encoding/json"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Masked stands where Mask took something out.
const Masked = "[…]"

const (
	// wordRunes: a value shorter than this is masked only where it stands as a word of its own, or "A", as a text
	// score, would leave no text standing.
	wordRunes = 4
	// prefixRunes: of a long value, so many runes of its beginning are enough to be masked, since servers, and Detail,
	// cut texts short.
	prefixRunes = 8
)

// Mask takes everything out of a server's text that is this row's student data: the sourcedIds of student and result,
// score, text score, comment, metadata and learning objective scores, in any case, quoted for JSON or HTML, and cut
// off. The ids of line item, class and score scale stay: they are what a message is about.
func (r *Result) Mask(text string) string {
	m := masking{text: []rune(text)}
	m.folded = fold(m.text)
	m.hide = make([]bool, len(m.text))
	for _, secret := range r.studentTexts() {
		m.mask(secret)
	}
	m.numbers(r.studentNumbers())
	return m.String()
}

// studentTexts are the texts to mask, in every spelling that a server may give them.
func (r *Result) studentTexts() []string {
	texts := []string{r.Student.SourcedID, r.SourcedID, r.TextScore, r.Comment, string(r.Score)}
	for _, v := range r.Metadata {
		texts = append(texts, metadataTexts(v)...)
	}
	for _, set := range r.LearningObjectiveSet {
		for _, o := range set.LearningObjectiveResults {
			texts = append(texts, o.TextScore, string(o.Score))
		}
	}
	var all []string
	for _, t := range texts {
		quoted := strconv.Quote(t)
		plain, _ := json.Marshal(t)
		all = append(all, t, quoted[1:len(quoted)-1], strings.Trim(string(plain), `"`), html.EscapeString(t))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func metadataTexts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			all = append(all, metadataTexts(e)...)
		}
		return all
	case map[string]any:
		var all []string
		for _, e := range v {
			all = append(all, metadataTexts(e)...)
		}
		return all
	}
	return []string{valueText(v)}
}

func (r *Result) studentNumbers() []float64 {
	var all []float64
	for _, t := range r.studentTexts() {
		if f, ok := number(t); ok {
			all = append(all, f)
		}
	}
	return all
}

type masking struct {
	text, folded []rune
	hide         []bool
}

// fold makes runes comparable without regard to case, one for one.
func fold(text []rune) []rune {
	out := make([]rune, len(text))
	for i, c := range text {
		out[i] = unicode.ToLower(unicode.ToUpper(c))
	}
	return out
}

// mask marks every place where a value, cleaned as Detail is, or the beginning of a long one stands.
func (m *masking) mask(value string) {
	secret := fold([]rune(clean(value, len(value)+2)))
	if len(secret) == 0 {
		return
	}
	for i := range m.folded {
		n := commonPrefix(m.folded[i:], secret)
		switch {
		case n == len(secret) && (n >= wordRunes || m.word(i, i+n)):
		case n >= prefixRunes:
		default:
			continue
		}
		m.mark(i, i+n)
	}
}

func (m *masking) mark(from, to int) {
	for i := from; i < to; i++ {
		m.hide[i] = true
	}
}

func commonPrefix(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// word says that no letter or digit adjoins text[from:to].
func (m *masking) word(from, to int) bool {
	return (from == 0 || !wordRune(m.text[from-1])) && (to == len(m.text) || !wordRune(m.text[to]))
}

func wordRune(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// numbers marks numbers that have one of the values in another spelling: 88.0 for 88.
func (m *masking) numbers(values []float64) {
	for i := 0; i < len(m.text); i++ {
		if !digit(m.text[i]) || i > 0 && wordRune(m.text[i-1]) {
			continue
		}
		end := i
		for end < len(m.text) && (digit(m.text[end]) || m.text[end] == '.' && end+1 < len(m.text) && digit(m.text[end+1])) {
			end++
		}
		f, ok := number(string(m.text[i:end]))
		if ok && m.word(i, end) && (slices.Contains(values, f) || slices.Contains(values, -f)) {
			m.mark(i, end)
		}
		i = end
	}
}

func digit(c rune) bool { return c >= '0' && c <= '9' }

// String is the text with one placeholder for each run of what was marked.
func (m *masking) String() string {
	var b strings.Builder
	for i, c := range m.text {
		switch {
		case !m.hide[i]:
			b.WriteRune(c)
		case i == 0 || !m.hide[i-1]:
			b.WriteString(Masked)
		}
	}
	return b.String()
}
