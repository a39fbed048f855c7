package aftership

import "testing"

func TestParseSlugs(t *testing.T) {
	t.Parallel()
	slugs, err := parseSlugs("UPS=ups, Deutsche  Post = deutsch-post\r\n\n dhl express=dhl,")
	if err != nil {
		t.Fatal(err)
	}
	for carrier, want := range map[string]string{
		"ups": "ups", "UPS": "ups", " deutsche post ": "deutsch-post", "DHL Express": "dhl", "FedEx": "", "": "",
	} {
		if got := slugs.of(carrier); got != want {
			t.Errorf("slug of %q is %q, want %q", carrier, got, want)
		}
	}
	if empty, err := parseSlugs(""); err != nil || len(empty) != 0 {
		t.Errorf("nothing is %v, %v", empty, err)
	}
	if same, err := parseSlugs("UPS=ups,ups=ups"); err != nil || len(same) != 1 {
		t.Errorf("the same twice is %v, %v", same, err)
	}
}

func TestParseSlugsRefuses(t *testing.T) {
	t.Parallel()
	for _, written := range []string{"UPS", "=ups", "UPS=", "UPS=U P S", "UPS=UPS", "UPS=ups\nups=ups-i-parcel", "a=b=c"} {
		if slugs, err := parseSlugs(written); err == nil {
			t.Errorf("parseSlugs(%q) is %v", written, slugs)
		}
	}
}
