package htmlreport

import "strings"

// advice is what to do about a kind of problem: by its code, else by the family before the code's dot, else by status.
// Messages already say what is wrong and what is allowed.
func advice(code, status string) string {
	known := map[string]string{
		"row.duplicate":    "Keep one of the two rows. If a retake is meant, give it a sourcedId of its own.",
		"row.retake":       "Nothing, if the student took it twice. Otherwise remove one of the two rows, also from the gradebook if it is there.",
		"row.changed":      "If the new grade is right, import again with --update: it replaces the one in the gradebook.",
		"row.delete":       "If the result is to go, import again with --apply-deletes. Otherwise set status to active.",
		"row.fields":       "Look for a missing or an extra delimiter, or for a comment with a comma that is not quoted.",
		"row.short":        "Put in the fields that are missing, in their places; a blank one needs its delimiter, too.",
		"row.unreviewed":   "Look at what import.errors says. When the row is right, empty that field; otherwise correct the row first, or delete it.",
		"row.quote":        "Close the quotes of the field, and write a quote inside a field twice.",
		"row.size":         "Look for quotes that were opened in this row and never closed.",
		"row.noid":         "Give the row a sourcedId.",
		"score.number":     "Write the score as a plain number, with a point and without a percent sign.",
		"score.range":      "Check the score against the maximum of its line item.",
		"score.blank":      "Enter the score, or a score status that needs none, such as exempt.",
		"text.utf8":        "Save the file again in the encoding UTF-8.",
		"header.unknown":   "Nothing, if the column is not meant for the gradebook. Otherwise correct its name.",
		"header.rename":    "Nothing, if the column is not meant for the gradebook. Otherwise correct its name.",
		"header.spelling":  "Correct the name of the column in the file.",
		"server.conflict":  "Compare the row with the gradebook, which holds another result under this id.",
		"server.exists":    "Compare the row with the gradebook, which holds another result under this id.",
		"doubt.stopped":    "Nothing but to run the same command again.",
		"doubt.cutoff":     "Nothing but to run the same command again.",
		"doubt.checkpoint": "Nothing, once the checkpoint can be written, but to run the same command again.",
		"doubt.blind":      "Compare with the gradebook by hand. If it is not there, import with --in-doubt resend.",

		"server.unknownobject": "Check that the class, the student and the line item exist in the gradebook. They are often imported before results.",
		"server.forbidden":     "Ask the gradebook’s administrator whether this client may write to this class.",
		"server.invaliddata":   "Correct what the server complains of, and import the row again.",
	}
	families := map[string]string{
		"row":    "Correct the row in the file.",
		"id":     "Correct the id, as the system that made the file has it.",
		"score":  "Correct the score.",
		"date":   "Write the date as year-month-day, such as 2026-11-14.",
		"flag":   "Write true or false.",
		"status": "Use one of the words that the message names.",
		"text":   "Correct the text.",
		"server": "Ask the gradebook’s administrator, with this report.",
		"net":    "Nothing to correct in the file: the network or the server was out of reach. Import again.",
		"auth":   "Have the credentials checked.",
		"verify": "Decide whether the file or the gradebook is right. What is missing can be imported.",
		"doubt":  "Import again: the rows are looked up first. If they stay in doubt, compare with the gradebook.",
	}
	family, _, _ := strings.Cut(code, ".")
	switch {
	case status == "failed":
		return byStatus(status)
	case known[code] != "":
		return known[code]
	case families[family] != "" && status != "warning":
		return families[family]
	}
	return byStatus(status)
}

func byStatus(status string) string {
	switch status {
	case "rejected":
		return "Correct the rows in rejects.csv, and import that file."
	case "failed":
		return "Import again. If they fail again, ask the gradebook’s administrator, with this report."
	case "inDoubt":
		return "Compare the rows in in-doubt.csv with the gradebook."
	case "warning":
		return "Check that this is meant."
	}
	return ""
}
