package gradecsv

import (
	"strings"
	"time"
)

const (
	minYear = 1900
	maxYear = 2200
)

// dates turns what files hold into RFC 3339 date-times.
type dates struct {
	zone  *time.Location
	fixed string // the score date of a file that has no such column

	// known are bare dates and what became of them: a file has few dates in many rows.
	known map[string]string
	// hints are what is wrong with values that are no dates, which come as often.
	hints map[string]string
}

// maxKnown bounds each of the two. It is more days than a file of results spans.
const maxKnown = 1000

// midnight is when a day begins in the zone, date being a valid YYYY-MM-DD.
func (d *dates) midnight(date string) string {
	day, month := number(date[8:10]), time.Month(number(date[5:7]))
	t := time.Date(number(date[:4]), month, day, 0, 0, 0, 0, d.zone)
	for hour := 0; hour < 3 && t.Day() != day; hour++ { // where clocks go forward at midnight, the day begins later
		t = t.Add(time.Hour)
	}
	begin := t.Format(time.RFC3339)
	if d.known == nil || len(d.known) >= maxKnown {
		d.known = make(map[string]string)
	}
	d.known[strings.Clone(date)] = begin
	return begin
}

func (c *converter) scoreDate(value string) string {
	if c.layout.index[colScoreDate] < 0 && value == "" {
		return c.dates.fixed
	}
	if value == "" {
		c.fail(colScoreDate, "date.blank", "is blank; every result needs a date YYYY-MM-DD", "")
		return ""
	}
	return c.dateTime(colScoreDate, value)
}

func (c *converter) lastModified(value string) string {
	if value == "" {
		return ""
	}
	return c.dateTime(colDateLastModified, value)
}

func (c *converter) dateTime(col column, value string) string {
	t, message := c.dates.parse(value)
	if message != "" {
		if _, inner := c.dates.parse(strings.TrimSpace(value)); inner == "" {
			message = edge(value)
		}
		c.failShown(col, "date.value", message, value)
	}
	return t
}

// parse makes a date-time of YYYY-MM-DD, or keeps a date-time of RFC 3339 §5.6, whose seconds W3C lets one leave out.
// The message says what is wrong.
func (d *dates) parse(value string) (dateTime, message string) {
	if begin, ok := d.known[value]; ok {
		return begin, ""
	}
	if len(value) < 10 || !shaped(value[:10], "0000-00-00") {
		return "", d.hint(value)
	}
	if message := checkDate(value[:10]); message != "" {
		return "", message
	}
	if len(value) == 10 {
		return d.midnight(value), ""
	}
	return checkTime(value)
}

// hint says what is wrong with what is no date.
func (d *dates) hint(value string) string {
	hint, known := d.hints[value]
	if !known {
		if hint = dateHint(value); d.hints == nil || len(d.hints) >= maxKnown {
			d.hints = make(map[string]string)
		}
		d.hints[strings.Clone(value)] = hint
	}
	return hint
}

func checkDate(date string) string {
	year, month, day := number(date[:4]), number(date[5:7]), number(date[8:])
	switch {
	case year < minYear || year > maxYear:
		return "the year must lie between 1900 and 2200"
	case month < 1 || month > 12:
		return "there is no such month; write the date as YYYY-MM-DD"
	case day < 1 || day > daysIn(year, month):
		return "there is no such day"
	}
	return ""
}

// checkTime checks what follows the date: THH:MM[:SS[.fraction]](Z|±HH:MM).
func checkTime(value string) (dateTime, message string) {
	const form = "must be a date-time such as 2026-06-01T08:00:00Z, with Z or an offset such as +02:00"
	const minute, second = len("2026-06-01T08:00"), len("2026-06-01T08:00:00")
	if len(value) < minute || !shaped(value[10:minute], "T00:00") {
		return "", form
	}
	end, seconds := minute, 0
	if len(value) >= second && shaped(value[minute:second], ":00") {
		seconds = number(value[minute+1 : second])
		end = second + fraction(value[second:])
	}
	zone := value[end:]
	switch {
	case zone == "":
		return "", "a date-time needs its zone: Z at the end, or an offset such as +02:00"
	case zone != "Z" && !shaped(zone, "+00:00") && !shaped(zone, "-00:00"):
		return "", form
	case zone != "Z" && (number(zone[1:3]) > 23 || number(zone[4:]) > 59),
		number(value[11:13]) > 23, number(value[14:16]) > 59, seconds > 59:
		return "", "there is no such time"
	case end == minute:
		return value[:minute] + ":00" + zone, ""
	}
	return value, ""
}

// fraction is the length of .digits at the beginning of s, 0 where there is none.
func fraction(s string) int {
	if s == "" || s[0] != '.' {
		return 0
	}
	if n := digits(s[1:]); n > 0 {
		return n + 1
	}
	return 0
}

// shaped reports whether s is like form, where a 0 stands for any digit.
func shaped(s, form string) bool {
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		digit := s[i] >= '0' && s[i] <= '9'
		if form[i] == '0' && !digit || form[i] != '0' && s[i] != form[i] {
			return false
		}
	}
	return true
}

// number is the value of a few digits.
func number(s string) int {
	n := 0
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
