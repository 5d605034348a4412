package htmlreport

import (
	"fmt"

	"gradebook-import/importer"
)

// mood is how an import ended, at a glance: a word, and the class of its colour.
type mood struct{ Word, Class string }

func moodOf(r *importer.Report) mood {
	switch code := r.Run.ExitCode; {
	case r.Unended():
		return mood{"Not ended", "warn"}
	case code == importer.ExitFailed, code == importer.ExitUsage, code == importer.ExitRefused:
		return mood{"Failed", "bad"}
	case code == importer.ExitStopped, r.Run.Stopped != "":
		return mood{"Stopped early", "warn"}
	case code != importer.ExitOK && r.Verify != nil:
		return mood{"Verified: not all as the file says", "warn"}
	case code != importer.ExitOK && r.Run.DryRun:
		return mood{"Dry run: rows to correct", "warn"}
	case code != importer.ExitOK:
		return mood{"Finished: rows left for a person", "warn"}
	case r.Run.DryRun:
		return mood{"Dry run: all good", "good"}
	case r.Verify != nil:
		return mood{"Verified", "good"}
	}
	return mood{"Finished", "good"}
}

// headline says in one sentence what happened.
func headline(r *importer.Report) string {
	what := "import"
	switch {
	case r.Verify != nil:
		what = "comparison"
	case r.Run.DryRun:
		what = "check"
	}
	switch {
	case r.Unended():
		return "The " + what + " has not ended, or it was cut off: this page was made when it began."
	case r.Run.Stopped != "" && r.Counts.Read == 0 && r.Run.ExitCode != importer.ExitRefused:
		return "The " + what + " stopped before a row was counted."
	}
	return outcome(r)
}

// outcome is the headline where rows were read.
func outcome(r *importer.Report) string {
	c := r.Counts
	all := c.Read - c.Filtered
	bad := c.Rejected + c.Failed + c.InDoubt
	part := fmt.Sprintf("%s of %s in the gradebook", grouped(r.Present()), are(all))
	if r.Run.Stopped != "" { // how many rows there are in all is not known then
		part = are(r.Present()) + " in the gradebook so far"
	}
	if r.Deleted > 0 {
		part += ", and " + are(r.Deleted) + " deleted from it"
	}
	switch {
	case r.Verify != nil:
		return verified(r)
	case r.Run.DryRun && r.Run.Stopped != "":
		return "The check stopped early; nothing was sent."
	case r.Run.DryRun && bad == 0:
		return fmt.Sprintf("Nothing was sent: this was a check, and %s good to go.", are(all))
	case r.Run.DryRun:
		return fmt.Sprintf("Nothing was sent: this was a check, and %s would be rejected.", rows(bad))
	case r.Run.ExitCode == importer.ExitRefused:
		return "The server refuses this client; " + part + "."
	case r.Run.ExitCode == importer.ExitFailed, r.Run.ExitCode == importer.ExitUsage:
		return "The import failed; " + part + "."
	case r.Run.Stopped != "":
		return "The import stopped early; " + part + "."
	case all == 0 && r.Run.Foreign > 0:
		return "There was nothing to import: no row of the input falls to this part."
	case all == 0:
		return "There was nothing to import: the input has no results."
	case bad == 0 && c.Deferred == 0 && r.Deleted > 0:
		return part + "."
	case bad == 0 && c.Accepted == 0:
		return "Nothing was left to do: all " + are(all) + " in the gradebook already."
	case bad == 0 && c.Deferred == 0:
		return "All " + are(all) + " in the gradebook."
	case c.Accepted+c.Unchanged == 0: // a row that is in the gradebook with another content is one of them
		part = "No row went in"
	}
	return fmt.Sprintf("%s; %s.", part, need(bad))
}

// verified is the headline of a comparison.
func verified(r *importer.Report) string {
	c, v := r.Counts, r.Verify
	all, odd := c.Read-c.Filtered, c.Read-c.Filtered-v.Match
	so := fmt.Sprintf("%s of %s in the gradebook as the file says", grouped(v.Match), are(all))
	switch {
	case r.Run.Stopped != "":
		return "The comparison stopped early; " + are(v.Match) + " in the gradebook as the file says, so far."
	case r.Run.ExitCode != importer.ExitOK && r.Run.ExitCode != importer.ExitRejects:
		return "The comparison failed; " + so + "."
	case all == 0:
		return "There was nothing to compare: the input has no results."
	case odd == 0:
		return "The gradebook holds what the file says: all " + rows(all) + "."
	}
	return fmt.Sprintf("%s; %s different, %s missing.", so, grouped(v.Different), grouped(v.Missing))
}

func need(n int) string {
	if n == 1 {
		return "1 row needs a person"
	}
	return grouped(n) + " rows need a person"
}

// steps say what a person does next, in order.
func steps(r *importer.Report) (steps []string) {
	c, code := r.Counts, r.Run.ExitCode
	if r.Verify != nil {
		return stepsAfterVerify(r)
	}
	switch {
	case r.Unended():
		steps = append(steps, "Make this page again when the run has ended. If none is at work any more, run the same command again: it goes on where that one was cut off, and sends nothing twice.")
	case code == importer.ExitRefused:
		steps = append(steps, "Set the credentials, the scope or the addresses right, as the reason above says. Then run the same command again.")
	case code == importer.ExitUsage:
		steps = append(steps, "Set right what the reason above names. Then run the same command again.")
	case code == importer.ExitFailed:
		steps = append(steps, "Remove the cause, such as a full disk. Then run the same command again: it goes on from what the checkpoint has.")
	case r.Run.Stopped != "":
		steps = append(steps, "When the reason above is dealt with, run the same command again: it goes on where this run stopped, and sends nothing twice.")
	}
	if c.Rejected > 0 && r.Run.DryRun {
		steps = append(steps, "Correct "+rows(c.Rejected)+" before the import, in rejects.csv or in the original file; or import the file as it is: the other rows go in.")
	} else if c.Rejected > 0 {
		steps = append(steps, "Correct "+rows(c.Rejected)+" in rejects.csv, or in the original file, and import that file the same way. Rows that are in the gradebook are not sent again.")
	}
	if c.Failed > 0 {
		steps = append(steps, "Import once more for "+rows(c.Failed)+" that the server did not take in time. Nothing needs to be corrected for that.")
	}
	if n := c.InDoubt - r.Settling(); n > 0 {
		steps = append(steps, "Compare "+rows(n)+" in in-doubt.csv with the gradebook: the server may have them. The same command looks them up again.")
	}
	if len(steps) == 0 && r.Run.DryRun {
		return []string{"Import the file."}
	}
	if len(steps) == 0 && r.Odd() > 0 {
		return []string{"Look at the warnings below. Where all is as it is meant, nothing: keep this page as the receipt."}
	}
	if len(steps) == 0 {
		return []string{"Nothing. Keep this page as the receipt."}
	}
	return steps
}

func stepsAfterVerify(r *importer.Report) (steps []string) {
	if r.Run.ExitCode != importer.ExitOK && r.Run.ExitCode != importer.ExitRejects {
		steps = append(steps, "When the reason above is dealt with, run the same command again. It compares from the beginning.")
	}
	differ := r.Verify.Different + r.Verify.Missing
	if differ > 0 {
		steps = append(steps, "Look at "+rows(differ)+" in differences.csv, and decide for each whether the file or the gradebook is right. What is missing can be imported.")
	}
	if invalid := r.Counts.Rejected - differ; invalid > 0 {
		steps = append(steps, "Correct "+rows(invalid)+" in the original file, as is said below: they were not compared.")
	}
	if r.Counts.Failed > 0 {
		steps = append(steps, "Compare once more: "+rows(r.Counts.Failed)+" could not be looked up.")
	}
	if len(steps) == 0 {
		return []string{"Nothing. Keep this page as the receipt."}
	}
	return steps
}

// exitMeaning is what an exit code promises.
func exitMeaning(code int) string {
	switch code {
	case importer.ExitOK:
		return "every row is accepted or unchanged"
	case importer.ExitFailed:
		return "the importer failed"
	case importer.ExitUsage:
		return "the input or the settings cannot be used"
	case importer.ExitRejects:
		return "finished; some rows were rejected or failed"
	case importer.ExitStopped:
		return "stopped early; the same command goes on"
	case importer.ExitRefused:
		return "the server refuses this client"
	case importer.ExitLocked:
		return "another run holds the checkpoint"
	case importer.ExitInDoubt:
		return "finished; some rows are in doubt"
	}
	return "unknown to this version"
}

// count is one line of the table of statuses.
type count struct {
	Class, Label, Meaning string
	N                     int
	X, Width              float64 // in the bar, in a hundred
	Parts                 []part
}

// part is some of the rows of a status.
type part struct {
	N     int
	Label string
}

// counts are the statuses that rows can end in, with their part of a bar. Those that are rare are there only if they have
// rows.
func counts(r *importer.Report) (list []count) {
	c := r.Counts
	accepted := count{Class: "accepted", Label: "Accepted", Meaning: "the gradebook has it, and the checkpoint says so", N: c.Accepted}
	if r.Run.DryRun {
		accepted.Label, accepted.Meaning = "Good", "would be sent"
	}
	if r.EarlierUnknown() {
		accepted.Meaning = "would be sent, but for those that an earlier run sent: no server was named to know"
	}
	rejected := count{Class: "rejected", Label: "Rejected", Meaning: "a person must change the row", N: c.Rejected}
	if v := r.Verify; v != nil {
		accepted.Label, accepted.Meaning = "The same", "the gradebook has it as the file says"
		rejected.Label, rejected.Meaning = "Not the same", ""
		rejected.Parts = []part{{v.Different, "different"}, {v.Missing, "missing"}, {c.Rejected - v.Different - v.Missing, "invalid, not compared"}}
	}
	doubtful := count{Class: "inDoubt", Label: "In doubt", Meaning: "perhaps in the gradebook; looking could not settle it", N: c.InDoubt}
	switch n := r.Settling(); {
	case n > 0 && n == c.InDoubt:
		doubtful.Meaning = "perhaps in the gradebook; the next run looks, and settles it by itself"
	case n > 0:
		doubtful.Parts = []part{{n, "the next run settles by itself"}, {c.InDoubt - n, "looking could not settle"}}
	}
	x := 0.0
	for _, k := range []count{
		accepted,
		{Class: "unchanged", Label: "Unchanged", Meaning: "an earlier run brought it in; nothing was sent", N: c.Unchanged},
		rejected,
		{Class: "failed", Label: "Failed", Meaning: "not in the gradebook; the attempts ran out", N: c.Failed},
		doubtful,
		{Class: "deferred", Label: "Deferred", Meaning: "not attempted; the run stopped first", N: c.Deferred},
		{Class: "filtered", Label: "Left out", Meaning: leftOut(r), N: c.Filtered},
	} {
		if c.Read > 0 {
			k.X, k.Width = x, 100*float64(k.N)/float64(c.Read)
		}
		x += k.Width
		list = append(list, k)
	}
	return list
}

func leftOut(r *importer.Report) string {
	switch {
	case r.Run.Foreign == 0:
		return "no result, by what the file says"
	case r.Run.Foreign == r.Counts.Filtered:
		return "another shard’s"
	}
	return grouped(r.Run.Foreign) + " of another shard; the others are no results"
}

// statusWords are a status as a heading, and what it means for the reader.
func statusWords(status string) (title, meaning string) {
	switch status {
	case "rejected":
		return "Rejected", "What these rows say is not in the gradebook until somebody changes them."
	case "failed":
		return "Failed", "These rows are certainly not in the gradebook. The next run tries them again."
	case "inDoubt":
		return "In doubt", "These rows may be in the gradebook. Nothing was guessed."
	case "deferred":
		return "Deferred", "The run stopped before these rows. The next run goes on with them."
	case "warning":
		return "Warnings", "These rows went on all the same."
	}
	return status, ""
}
