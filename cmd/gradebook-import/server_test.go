package main

import (
	"strings"
	"testing"
)

func TestBaseAddress(t *testing.T) {
	for _, c := range []struct{ address, write string }{
		{"", ""}, {"https://h", ""}, {"https://h/district", ""}, {"https://h/ims/oneroster-gw", ""}, {"https://h/ims/oneroster2/x", ""},
		{"https://h/ims", ""}, {"/ims/oneroster", "write "},
		{"https://h/ims/oneroster", "write https://h"}, {"https://h/d/IMS/OneRoster/gradebook/v1p2", "write https://h/d"},
		{"https://h/ims/oneroster-gw/ims/oneroster/", "write https://h/ims/oneroster-gw"},
		{"https://h/ȺȺȺȺȺȺȺȺȺȺȺȺȺȺȺȺ/ims/oneroster", "write https://h/ȺȺȺȺȺȺȺȺȺȺȺȺȺȺȺȺ"}, // longer in lower case
		{"https://h/İİ/ims/oneroster/", "write https://h/İİ"},                            // shorter
	} {
		err := (&terminal{}).checkBase(c.address)
		if (err != nil) != (c.write != "") || err != nil && !strings.HasSuffix(err.Error(), c.write) {
			t.Errorf("%s: %v, want …%s", c.address, err, c.write)
		}
	}
}
