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

// One server has one name in a checkpoint, however it is written.
func TestCanonicalAddress(t *testing.T) {
	for address, want := range map[string]string{
		"https://sis.example.org": "https://sis.example.org", "HTTPS://SIS.Example.org/": "https://sis.example.org",
		"https://sis.example.org:443": "https://sis.example.org", "https://sis.example.org:8443/": "https://sis.example.org:8443",
		"http://127.0.0.1:80/District/": "http://127.0.0.1/District", "http://[::1]:80": "http://[::1]", "https://h:80": "https://h:80",
		"https://h/a%2Fb//": "https://h/a%2Fb", "": "", "sandbox": "sandbox",
	} {
		if got := canonical(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
