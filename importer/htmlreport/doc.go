// Package htmlreport makes of a report one page that a person reads: a principal its first screen, an operator the rest.
//
// The page is a view of report.json: every figure on it is one of the report, or follows from it. It is one file without
// scripts, and a content security policy forbids it to load anything, so that it can be mailed and archived.
//
// # Order
//
// What happened, in one sentence; what to do; how many rows ended how; what is wrong, by kind; the first rows concerned;
// the course of the run and the server's answers; and the receipt, by which the run can be found again.
//
// # Student data
//
// A report holds none, so the page does not either. Only Options.Details brings some in, and then the page says so at its
// head and foot.
//
// # Charts
//
// They are drawn twice, for wide and for narrow screens, because scaling would make labels too small to read; a style sheet
// shows one of the two. Elements carry classes and no colours: the page's style sheet paints them for light, dark and
// print. Every chart has a title and a description, and a table has its figures.
//
// # Bounds
//
// Whatever the report holds, the page shows at most the numbers of kinds, files, rows and points that are constants here,
// and says how many more there are; every text is cut to maxText characters. Text comes from files and servers: it is
// escaped, isolated from the direction of the text around it, and its control characters are made visible.
package htmlreport
