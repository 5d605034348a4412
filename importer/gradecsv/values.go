package gradecsv

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gradebook-import/importer/oneroster"
)

// maxID is the most characters of a sourcedId (CSV Binding 1.2, GUID: fewer than 256).
const maxID = 255

// id checks a sourcedId.
func (c *converter) id(col column, value string, needed bool) string {
	switch {
	case value == "" && needed:
		c.fail(col, "id.blank", "is blank; every result needs it", "")
	case value != "":
		code, message := "id.characters", checkID(value)
		if _, certain := scientific(value); certain {
			code, message = "id.scientific", scientificMessage
		}
		if message != "" {
			if c.mapping != nil && (col == colLineItem || col == colStudent) && c.real(c.layout.index[col]) >= 0 && strings.Contains(value, " ") {
				message += "; where this is a title or a name, a profile can look its id up (lookup; mapping init begins one)"
			}
			c.fail(col, code, message, value)
		}
	}
	return value
}

// sourcedID checks the result's own id, or derives it where the file has none.
func (c *converter) sourcedID(value string) string {
	switch c.id(colSourcedID, value, false); value {
	case "":
		return DerivedID(c.rec.columns[colLineItem], c.rec.columns[colStudent])
	case ".", "..":
		// The id becomes a segment of a URL's path, where these two mean another place.
		c.fail(colSourcedID, "id.dots", "must not be . or .. alone", value)
	}
	return value
}

// classRef is nil where the cell is blank.
func (c *converter) classRef(value string) *oneroster.Ref {
	if c.id(colClass, value, false) == "" {
		return nil
	}
	if c.class == nil || c.class.SourcedID != value {
		c.class = &oneroster.Ref{SourcedID: value}
	}
	return c.class
}

// checkID says what is wrong with an id, "" where nothing is.
func checkID(value string) string {
	for i := range len(value) {
		if !idByte(value[i]) {
			if message := markedText(value); message != "" {
				return message
			}
			char, _ := utf8.DecodeRuneInString(value[i:])
			if char == '\u00a0' || char == '\u202f' {
				return noBreak(value)
			}
			return "contains " + named(char) + "; an id has only letters A-Z and a-z, digits and . - _ / @"
		}
	}
	if len(value) > maxID {
		return "is longer than 255 characters; copy it again from the system that it comes from"
	}
	return ""
}

func idByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' ||
		b == '-' || b == '.' || b == '_' || b == '/' || b == '@'
}

// named is a character as a message can show it: by name where it cannot be seen or is easily mistaken for another.
func named(char rune) string {
	name := ""
	switch char {
	case ' ':
		name = "a space"
	case '\t':
		name = "a tab"
	case '\n', '\r':
		name = "a line break"
	case '\u00a0', '\u202f':
		name = "a no-break space"
	case '\u200b', '\u200c', '\u200d', '\ufeff':
		name = "an invisible character of no width"
	case '\u2018', '\u2019', '\u201c', '\u201d':
		name = "a curly quote"
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212':
		name = "a dash that is not the hyphen -"
	default:
		if unicode.IsPrint(char) && char < unicode.MaxASCII {
			return fmt.Sprintf("the character %c", char)
		}
		name = "a character outside ASCII"
		if !unicode.IsPrint(char) {
			name = when(unicode.IsSpace(char), "a space that is not the usual one", "a control character")
		}
	}
	return fmt.Sprintf("%s (%U)", name, char)
}

// status is active where the cell is blank: the API requires a status, bulk files have none.
func (c *converter) status(value string) string {
	switch value {
	case "", oneroster.StatusActive:
		return oneroster.StatusActive
	case oneroster.StatusToBeDeleted:
		return value
	}
	message := cmp.Or(hidden(value), "must be active, tobedeleted or blank")
	switch lower := strings.ToLower(strings.TrimSpace(value)); lower {
	case "inactive":
		message = "inactive is a word of older OneRoster versions and asks for the result to be deleted; write active where the result is to stay"
	case oneroster.StatusActive, oneroster.StatusToBeDeleted:
		message = "write it exactly so: " + lower
	}
	c.failShown(colStatus, "status.value", message, value)
	return value
}

func (c *converter) scoreStatus(value string) string {
	switch value {
	case oneroster.ScoreFullyGraded, oneroster.ScorePartiallyGraded, oneroster.ScoreExempt,
		oneroster.ScoreNotSubmitted, oneroster.ScoreSubmitted:
		return value
	case "":
		c.fail(colScoreStatus, "scoreStatus.blank", "is blank; every result needs one of "+scoreStatusList(), "")
		return ""
	}
	c.failShown(colScoreStatus, "scoreStatus.value", scoreStatusMessage(value), value)
	return value
}

func scoreStatusMessage(value string) string {
	if strings.HasPrefix(value, "ext:") {
		return "the API does not take ext: values; use one of " + scoreStatusList()
	}
	for _, s := range oneroster.ScoreStatuses() {
		if plain(s) == plain(value) {
			return "write it exactly so, in lower case: " + s
		}
	}
	return cmp.Or(hidden(value), "must be one of "+scoreStatusList())
}

func scoreStatusList() string { return strings.Join(oneroster.ScoreStatuses(), ", ") }

func (c *converter) flag(col column, value string) string {
	if value == "" || value == "true" || value == "false" {
		return value
	}
	message := cmp.Or(hidden(value), "must be true, false or blank")
	if lower := strings.ToLower(strings.TrimSpace(value)); lower == "true" || lower == "false" {
		message = "write it exactly so: " + lower + " (spreadsheets put it in capitals)"
	}
	c.failShown(col, "flag.value", message, value)
	return value
}

// maxText is the most bytes of a comment, a text score or a metadata value. OneRoster asks servers for 255 characters
// (CSV Binding 1.2, String) and lets them cut off the rest; what is longer than this is an accident.
const maxText = 64 << 10

func (c *converter) text(col column, value string) string {
	if message := checkText(value); message != "" {
		c.fail(col, "text.value", message, value)
	}
	return value
}

func checkText(value string) string {
	if value != "" && value[0] == '#' && isCellError(value) {
		return cellErrorMessage
	}
	if len(value) > maxText {
		return "is longer than 64 KiB; shorten it"
	}
	for _, char := range value {
		switch {
		case char >= ' ' && char < unicode.MaxASCII: // nearly all
		case char == utf8.RuneError:
			return "contains U+FFFD, which stands for a letter that was lost when the file was saved; write the letter again, " +
				"and save the file as CSV UTF-8"
		case unicode.IsControl(char) && char != '\n' && char != '\t':
			return fmt.Sprintf("contains a control character (%U); remove it", char)
		}
	}
	return ""
}

// metadata keeps the values that are not blank.
func (c *converter) metadata() map[string]any {
	same := true
	for i, m := range c.layout.metadata {
		value := c.rec.metadata[i]
		if message := checkText(value); message != "" {
			c.failPlace(m.place, m.header, "text.value", message, value, false)
		}
		same = same && c.meta[i] == value
		c.meta[i] = value
	}
	if !same {
		c.metaMap = c.newMetadata()
	}
	return c.metaMap
}

// newMetadata is the map of meta, nil where all is blank.
func (c *converter) newMetadata() map[string]any {
	var kept map[string]any
	for i, m := range c.layout.metadata {
		if c.meta[i] == "" {
			continue
		}
		if kept == nil {
			kept = make(map[string]any, len(c.layout.metadata))
		}
		kept[m.name] = c.meta[i]
	}
	return kept
}

// order sorts the row's errors by their place in the file.
func (c *converter) order() {
	slices.SortStableFunc(c.row.Errors, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}
