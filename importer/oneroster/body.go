package oneroster

import (
	"bytes"
	"encoding/json"
)

// AppendBody appends the request body of r, {"result":{…}}, to dst. It fails where a value is no JSON: a score that is
// no plain number, or metadata of a type that JSON does not have.
func AppendBody(dst []byte, r *Result) ([]byte, error) {
	buf := bytes.NewBuffer(append(dst, `{"result":`...))
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // "<" stays legible in a server's log, and shorter
	if err := enc.Encode(r); err != nil {
		return dst, err
	}
	buf.Truncate(buf.Len() - 1) // the encoder's newline
	buf.WriteByte('}')
	return buf.Bytes(), nil
}
