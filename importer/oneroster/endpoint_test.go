package oneroster

import (
	"strings"
	"testing"
)

// What an address is refused for, in words that do not repeat it: "" is none. A token address may have a query.
func TestAddresses(t *testing.T) {
	const none, plain = "not the address of a server", "http:// to another machine"
	for address, why := range map[string]string{
		"https://api.example.org": "", "https://api.example.org/v1/": "", "HTTPS://X": "", "https://x:65535": "",
		"http://localhost:8080": "", "http://LocalHost": "", "http://127.0.0.1": "", "http://127.1.2.3:1": "", "http://[::1]:1": "",
		"http://[::ffff:127.0.0.1]": "",
		"":                          none, "api.example.org": none, "localhost:8085": none, "ftp://localhost": none, "https://": none, "https://:80": none,
		"/path": none, "https:x": none, "https://kim:pa55@x:port": none,
		"https://x:0": "port 0 does not exist", "https://x:99999": "port 99999 does not exist",
		"https://kim:pa55@x": "must not hold a user or a password", "https://x#pa55": "must end before #",
		"http://gradebook.example.org": plain, "http://10.0.0.1": plain, "http://localhost.example.org": plain,
		"http://127.0.0.1.example.org": plain,
	} {
		for _, err := range []error{CheckBaseURL(address, false), CheckTokenURL(address, false)} {
			if (err == nil) != (why == "") || err != nil && (!strings.HasPrefix(err.Error(), why) || strings.Contains(err.Error(), "pa55")) {
				t.Errorf("%s: %v, want %q", address, err, why)
			}
		}
		if err := CheckBaseURL(address, true); (err == nil) != (why == "" || why == plain) {
			t.Errorf("%s, plain http allowed: %v", address, err)
		}
	}
	for address, base := range map[string]bool{"https://x?tenant=1": false, "https://x?": false, "https://x": true} {
		if err := CheckBaseURL(address, false); (err == nil) != base {
			t.Errorf("%s: %v", address, err)
		}
		if err := CheckTokenURL(address, false); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
