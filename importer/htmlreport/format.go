package htmlreport

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxText is the most characters of a text from outside that the page shows.
const maxText = 500

// clean makes a text from outside fit to be shown: control characters and those that turn the direction of the text
// after them become visible, and what is too long is cut.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxText {
			return b.String() + "…"
		}
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case unicode.IsControl(r) || turns(r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// turns says whether a character overrides or embeds a direction of text (Unicode Bidirectional Algorithm, 3.1).
func turns(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }

// grouped is a number with commas.
func grouped(n int) string {
	s := strconv.Itoa(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// datum is a figure for people, with the figure of the report for machines.
func datum(value, text string) template.HTML {
	return template.HTML(`<data value="` + template.HTMLEscapeString(value) + `">` + template.HTMLEscapeString(text) + `</data>`)
}

func number(n int) template.HTML { return datum(strconv.Itoa(n), grouped(n)) }

func figure(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// milliseconds is a latency as people say it.
func milliseconds(f float64) template.HTML {
	text := fmt.Sprintf("%.0f ms", f)
	switch {
	case f >= 10_000:
		text = fmt.Sprintf("%.0f s", f/1000)
	case f >= 1000:
		text = fmt.Sprintf("%.1f s", f/1000)
	case f > 0 && f < 10:
		text = fmt.Sprintf("%.1f ms", f)
	}
	return datum(figure(f), text)
}

// rate is a number a second; a limit of 0 is none.
func rate(f float64) template.HTML {
	if f == 0 {
		return datum("0", "none")
	}
	return datum(figure(f), decimal(f))
}

// decimal is a number with as many places as its size is worth.
func decimal(f float64) string {
	switch a := math.Abs(f); {
	case a >= 100:
		return grouped(int(math.Round(min(max(f, -1e15), 1e15))))
	case a >= 10 || a == math.Trunc(a):
		return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
	}
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
}

func seconds(f float64) template.HTML {
	return datum(figure(f), strconv.FormatFloat(f, 'f', 1, 64)+" s")
}

// share is a part of a whole, in a hundred; never 0 or 100 for what is not none or all.
func share(n, of int) string {
	if of <= 0 {
		return "–"
	}
	p := 100 * float64(n) / float64(of)
	switch {
	case n == 0:
		return "0 %"
	case p < 0.1:
		return "< 0.1 %"
	case n < of && p > 99.9:
		return "> 99.9 %"
	}
	return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + " %"
}

// size is a number of bytes as people say it.
func size(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	f, i := float64(n), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/1000, i+1
	}
	return decimal(f) + " " + units[i]
}

// span is a duration as people say it.
func span(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Truncate(time.Second).Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// rows counts rows in words.
func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return grouped(n) + " rows"
}

// are is rows with its verb.
func are(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return grouped(n) + " rows are"
}
