package sdk_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, private, want string }{
		{"of Erika Mustermann.", "Erika,Erika Mustermann", "of [customer]."},
		{"TO ERIKA@example.COM", "erika@example.com", "TO [customer]"},
		{`a "quoted \"name\""`, `"name"`, `a "quoted [customer]"`},
		{`K\u00D6LN or k\u00f6ln 😀 \ud83d\ude00`, "Köln,😀", "[customer] or [customer] [customer] [customer]"},
		{"in NY", "NY", "in NY"},
		{"(a+)+ and more", "(a+)+", "[customer] and more"},
		{"nothing", "\xff\xfe\xfd", "nothing"},
		{"", "erika", ""},
	} {
		if got := sdk.Private(strings.Split(test.private, ",")).Scrub(test.text); got != test.want {
			t.Errorf("%q without %q is %q, want %q", test.text, test.private, got, test.want)
		}
	}
}

func TestPrivateOf(t *testing.T) {
	t.Parallel()
	if got := sdk.PrivateOf(nil).Scrub("nobody"); got != "nobody" {
		t.Errorf("got %q", got)
	}
	private := sdk.PrivateOf(&commercev1.Order{
		Customer: &commercev1.Customer{Name: proto.String("Erika Mustermann"), CustomerId: proto.String("C-4711")},
		ShipTo:   &commercev1.Address{Lines: []string{"Weg 1"}, City: proto.String("Köln")},
		Notes:    []*commercev1.Note{{Text: "ring twice"}},
	})
	got := private.Scrub("C-4711, Erika, MUSTERMANN, weg 1, KÖLN: ring twice!")
	if want := strings.Repeat("[customer], ", 4) + "[customer]: [customer]!"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" a\r\n\tb\x00c\x7f ":        "a b c",
		"\xffbroken":                 "broken",
		strings.Repeat("ä", 300):     strings.Repeat("ä", 300),
		strings.Repeat("ä", 301):     strings.Repeat("ä", 300) + "…",
		strings.Repeat(" word", 100): strings.Repeat("word ", 60)[:299] + " …",
	} {
		if got := sdk.Shorten(text); got != want {
			t.Errorf("%q is %q", text, got)
		}
	}
}
