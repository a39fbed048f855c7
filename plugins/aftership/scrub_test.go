package aftership

import "testing"

func TestScrub(t *testing.T) {
	t.Parallel()
	c := contact{email: "jane@example.com", phone: "+49 170", name: `Jörg "Kay" Ö`}
	for text, want := range map[string]string{
		"":                                "",
		"nothing":                         "nothing",
		"to JANE@Example.com.":            "to [customer].",
		`JÖRG "kay" ö and jörg \"KAY\" ö`: `[customer] and [customer]`,
		"JÖRG \"\u212aAY\" ö":             "[customer]", // The sign of Kelvin is a k.
		"+49 170+49 170":                  "[customer][customer]",
		"Jörg \"Kay\"":                    "Jörg \"Kay\"",
	} {
		if got := c.scrub(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := (contact{name: "Li"}).scrub("a list of Li"); got != "a list of Li" {
		t.Errorf("short name: %q", got)
	}
}
