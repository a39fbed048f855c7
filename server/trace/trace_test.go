package trace_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/spurline/spurline/server/trace"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanID  = "00f067aa0ba902b7"
)

// Every row is a rule of W3C Trace Context.
func TestParseKeepsTheRulesOfTraceContext(t *testing.T) {
	t.Parallel()
	const none = ""
	for name, test := range map[string]struct{ sent, want string }{
		"sampled":             {"00-" + traceID + "-" + spanID + "-01", "00-" + traceID + "-" + spanID + "-01"},
		"not sampled":         {"00-" + traceID + "-" + spanID + "-00", "00-" + traceID + "-" + spanID + "-00"},
		"random":              {"00-" + traceID + "-" + spanID + "-03", "00-" + traceID + "-" + spanID + "-03"},
		"unknown flags":       {"00-" + traceID + "-" + spanID + "-fd", "00-" + traceID + "-" + spanID + "-01"},
		"later version":       {"01-" + traceID + "-" + spanID + "-01", "00-" + traceID + "-" + spanID + "-01"},
		"later with more":     {"cc-" + traceID + "-" + spanID + "-01-what", "00-" + traceID + "-" + spanID + "-01"},
		"later, end with -":   {"cc-" + traceID + "-" + spanID + "-01-", "00-" + traceID + "-" + spanID + "-01"},
		"later, other flags":  {"cc-" + traceID + "-" + spanID + "-03", "00-" + traceID + "-" + spanID + "-01"},
		"later runs on":       {"cc-" + traceID + "-" + spanID + "-01.what", none},
		"later without end":   {"cc-" + traceID + "-" + spanID + "-01" + strings.Repeat("-x", 300), none},
		"version 00 and more": {"00-" + traceID + "-" + spanID + "-01-what", none},
		"version 00 and -":    {"00-" + traceID + "-" + spanID + "-01-", none},
		"version ff":          {"ff-" + traceID + "-" + spanID + "-01", none},
		"version is no hex":   {"0x-" + traceID + "-" + spanID + "-01", none},
		"version upper case":  {"CC-" + traceID + "-" + spanID + "-01", none},
		"trace upper case":    {"00-" + strings.ToUpper(traceID) + "-" + spanID + "-01", none},
		"span upper case":     {"00-" + traceID + "-" + strings.ToUpper(spanID) + "-01", none},
		"flags no hex":        {"00-" + traceID + "-" + spanID + "-0g", none},
		"flags upper case":    {"00-" + traceID + "-" + spanID + "-0A", none},
		"trace of zeros":      {"00-" + strings.Repeat("0", 32) + "-" + spanID + "-01", none},
		"span of zeros":       {"00-" + traceID + "-" + strings.Repeat("0", 16) + "-01", none},
		"trace too short":     {"00-" + traceID[1:] + "-" + spanID + "-01", none},
		"span too short":      {"00-" + traceID + "-" + spanID[1:] + "-01", none},
		"flags too short":     {"00-" + traceID + "-" + spanID + "-1", none},
		"other separators":    {"00_" + traceID + "_" + spanID + "_01", none},
		"space before":        {" 00-" + traceID + "-" + spanID + "-01", none},
		"space after":         {"00-" + traceID + "-" + spanID + "-01 ", none},
		"empty":               {"", none},
		"two in one":          {"00-" + traceID + "-" + spanID + "-01,00-" + traceID + "-" + spanID + "-01", none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place, valid := trace.Parse(test.sent)
			if place.String() != test.want || valid != (test.want != none) || valid == place.IsZero() {
				t.Errorf("Parse(%q) is %q, %v; want %q", test.sent, place, valid, test.want)
			}
		})
	}
}

func TestPlaceTellsItsParts(t *testing.T) {
	t.Parallel()
	place, _ := trace.Parse("00-" + traceID + "-" + spanID + "-01")
	if place.TraceID() != traceID || !place.IsSampled() {
		t.Errorf("trace %s, sampled %v", place.TraceID(), place.IsSampled())
	}
	if silent, _ := trace.Parse("00-" + traceID + "-" + spanID + "-02"); silent.IsSampled() {
		t.Error("a place that is not sampled says that it is")
	}
	var none trace.Place
	if none.TraceID() != "" || none.String() != "" || none.Bytes() != nil {
		t.Errorf("no place is %q of trace %q", none, none.TraceID())
	}
}

func TestStoredPlaceIsReadAsItWas(t *testing.T) {
	t.Parallel()
	place, _ := trace.Parse("00-" + traceID + "-" + spanID + "-03")
	if read := trace.FromBytes(place.Bytes()); read != place {
		t.Errorf("stored %s, read %s", place, read)
	}
	for _, other := range [][]byte{nil, {}, place.Bytes()[1:], append(place.Bytes(), 0)} {
		if read := trace.FromBytes(other); !read.IsZero() {
			t.Errorf("%d bytes are read as %s", len(other), read)
		}
	}
}

func TestCallCarriesTheOnePlaceThatItsCallerSent(t *testing.T) {
	t.Parallel()
	valid, other := "00-"+traceID+"-"+spanID+"-01", "00-"+traceID+"-"+traceID[:16]+"-01"
	for name, test := range map[string]struct {
		sent []string
		want string
	}{
		"one":            {[]string{valid}, valid},
		"two":            {[]string{valid, other}, ""},
		"the same twice": {[]string{valid, valid}, ""},
		"malformed":      {[]string{"00-" + traceID}, ""},
		"none":           {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer := metadata.NewIncomingContext(t.Context(), metadata.MD{trace.Header: test.sent})
			ctx := trace.Incoming(outer)
			if got := trace.From(ctx).String(); got != test.want {
				t.Errorf("%q came, %q is carried, want %q", test.sent, got, test.want)
			}
			if test.want == "" && ctx != outer {
				t.Error("a call without a place costs a context")
			}
		})
	}
	if place := trace.From(context.Background()); !place.IsZero() {
		t.Errorf("no call has place %s", place)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "00-" + traceID + "-" + spanID + "-01", "cc-" + traceID + "-" + spanID + "-01-what",
		"ff-" + traceID + "-" + spanID + "-ff", strings.Repeat("0", 55),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		place, valid := trace.Parse(sent)
		if !valid {
			if !place.IsZero() {
				t.Errorf("%q is not valid and is %s", sent, place)
			}
			return
		}
		text := place.String()
		if again, ok := trace.Parse(text); !ok || again != place {
			t.Errorf("%q is written as %q and read as %q", sent, text, again)
		}
		if text[3:52] != sent[3:52] {
			t.Errorf("%q became %q", sent, text)
		}
		if trace.FromBytes(place.Bytes()) != place {
			t.Errorf("%q is stored as another", sent)
		}
	})
}

func BenchmarkIncoming(b *testing.B) {
	with := metadata.Pairs(":authority", "127.0.0.1:7465", "content-type", "application/grpc",
		"user-agent", "grpc-go/1.85.0", "authorization", "Bearer x")
	sampled := with.Copy()
	sampled.Set(trace.Header, "00-"+traceID+"-"+spanID+"-01")
	for name, md := range map[string]metadata.MD{"absent": with, "sent": sampled} {
		b.Run(name, func(b *testing.B) {
			ctx := metadata.NewIncomingContext(b.Context(), md)
			b.ReportAllocs()
			for b.Loop() {
				trace.Incoming(ctx)
			}
		})
	}
}
