package gradecsv

import (
	"math/big"
	"strconv"
	"strings"
)

// numberRule says how a profile's numbers are written and what is to be made of them.
type numberRule struct {
	decimal string // "point", "comma", "either"
	percent string // "no", "allowed", "required"
	// from and to scale a number from one maximum to another; nil is the points of the assignment. scale: they do.
	scale    bool
	from, to *big.Rat
	round    int // most digits after the point of a scaled number
}

// defaultRound is how many digits a scaled number keeps after the point where the profile does not say: enough for any
// gradebook, and few enough that a third is a number.
const defaultRound = 4

// number reads decimal, percent, scale and round.
func (d *yamlDoc) number(m *yamlMap, f *fieldRule) {
	r := &numberRule{round: defaultRound}
	r.decimal = m.word("decimal", "point", "comma", "either")
	r.percent = m.word("percent", "no", "allowed", "required")
	if n, ok := m.has("round"); ok {
		var err error
		if r.round, err = strconv.Atoi(d.text(n, "round")); err != nil || r.round < 0 || r.round > 10 {
			d.fail(n, "round is a number of digits from 0 to 10", "")
		}
	}
	if n, ok := m.has("scale"); ok {
		s := d.block(n, "scale", []string{"from", "to"})
		r.scale, r.from, r.to = true, s.maximum("from"), s.maximum("to")
	}
	for _, key := range [...]string{"decimal", "percent", "scale", "round"} {
		n, ok := m.has(key)
		if !ok {
			continue
		}
		f.number = r
		if f.col != colScore {
			d.fail(n, key+" is for the score alone", "")
			return
		}
	}
}

// maximum reads a number, or the word points.
func (m *yamlMap) maximum(key string) *big.Rat {
	n, ok := m.has(key)
	switch {
	case m == nil:
		return nil
	case !ok:
		m.doc.fail(m.node, "scale needs from and to: two maximums, each a number or the word points", "")
		return nil
	}
	text := m.doc.text(n, key)
	if text == "points" {
		return nil
	}
	r, ok := decimal(text)
	if !ok || r.Sign() <= 0 {
		m.doc.fail(n, key+" must be a number above 0, or the word points", "")
		return nil
	}
	return r
}

// decimal is the exact value of a plain number without an exponent.
func decimal(text string) (*big.Rat, bool) {
	if !jsonNumber(text) || len(text) > maxScore || strings.ContainsAny(text, "eE") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// convert makes a plain number of a cell. The message says why it cannot. What is no number at all is left to the
// check that all scores pass.
func (r *numberRule) convert(value string, points *big.Rat) (number, message string) {
	number, sign := strings.CutSuffix(value, "%")
	number = strings.TrimSpace(number)
	switch {
	case sign && r.percent == "no":
		return value, ""
	case !sign && r.percent == "required" && value != "":
		return "", "must be a percentage such as 85%"
	}
	if number, message = r.plain(number); message != "" || !r.scale {
		return number, message
	}
	return r.scaled(number, points)
}

// scaled is number in the other maximum: exact, and rounded half away from zero only where it has no end.
func (r *numberRule) scaled(number string, points *big.Rat) (scaled, message string) {
	x, ok := decimal(number)
	if !ok {
		return number, ""
	}
	from, to := r.from, r.to
	if from == nil {
		from = points
	}
	if to == nil {
		to = points
	}
	if from == nil || to == nil || from.Sign() <= 0 {
		return "", "cannot be scaled: the file does not say how many points the assignment has"
	}
	x.Mul(x, to).Quo(x, from)
	text := x.FloatString(r.round)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		text = "0"
	}
	return text, ""
}

// plain is number with a decimal point and without thousands separators. It never guesses: where two readings are
// possible it refuses.
func (r *numberRule) plain(number string) (plain, message string) {
	commas, points := strings.Count(number, ","), strings.Count(number, ".")
	switch r.decimal {
	case "comma":
		if points > 0 && isDigits(number) {
			return "", "has a point, where the profile says decimal: comma; write 87,5 and 1234,5"
		}
		return strings.Replace(number, ",", ".", 1), ""
	case "either":
		if !isDigits(number) || commas+points == 0 {
			return number, ""
		}
		return either(number, commas, points)
	}
	return number, ""
}

// either reads a number whose decimal mark may be a point or a comma.
func either(number string, commas, points int) (plain, message string) {
	const twice = "could be read in two ways: is the mark before the last three digits for thousands, or for decimals? write 1234 or 1.2340"
	const odd = "is no number: its marks for thousands and decimals do not fit together"
	mark, group := ".", ","
	if strings.LastIndex(number, ",") > strings.LastIndex(number, ".") {
		mark, group = ",", "."
	}
	whole, digits, _ := cutLast(number, mark)
	unsigned := strings.TrimPrefix(whole, "-")
	if commas > 0 && points > 0 {
		if strings.Contains(whole, mark) || !grouped(unsigned, group) {
			return "", odd
		}
		return strings.ReplaceAll(whole, group, "") + "." + digits, ""
	}
	switch {
	case commas+points > 1 && grouped(strings.TrimPrefix(number, "-"), mark):
		return strings.ReplaceAll(number, mark, ""), ""
	case commas+points > 1:
		return "", odd
	case len(digits) == 3 && len(unsigned) <= 3 && unsigned != "0" && unsigned != "":
		return "", twice
	}
	return whole + "." + digits, ""
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// grouped reports whether s is digits in groups of three.
func grouped(s, mark string) bool {
	groups := strings.Split(s, mark)
	for i, g := range groups {
		if g == "" || digits(g) != len(g) || i > 0 && len(g) != 3 || len(g) > 3 {
			return false
		}
	}
	return true
}

// isDigits reports whether number has digits and marks alone.
func isDigits(number string) bool {
	number = strings.TrimPrefix(number, "-")
	return number != "" && strings.Trim(number, "0123456789.,") == ""
}
