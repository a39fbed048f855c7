package veil

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func connection(secrets ...string) *pluginv1.Connection {
	c := &pluginv1.Connection{Secrets: map[string]string{}}
	for i, secret := range secrets {
		c.Secrets[fmt.Sprint(i)] = secret
	}
	return c
}

func check(t *testing.T, v *Veil, line, want string) {
	t.Helper()
	if got := string(v.Mask([]byte(line))); got != want {
		t.Errorf("%q\nbecame %q,\nwant   %q", line, got, want)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	v := New()
	v.Connections(connection("pä ss/\"word", "key-1"), connection("key-12345", "abc"))
	v.Connections(connection("twice", "twice"))
	for line, want := range map[string]string{
		`panic: with pä ss/"word!`:             `panic: with [masked]!`,
		`{"msg":"pä ss/\"word"}`:               `{"msg":"[masked]"}`,
		`GET /?key=p%C3%A4+ss%2F%22word&x=y`:   `GET /?key=[masked]&x=y`,
		`KEY-1 is folded, and key-12345 whole`: `[masked] is folded, and [masked] whole`,
		`key-1key-1`:                           `[masked]`,
		`abc is too short, twice is not`:       `abc is too short, [masked] is not`,
		`key`:                                  `key`,
		``:                                     ``,
	} {
		check(t, v, line, want)
	}
	line := []byte("nothing to hide")
	if got := v.Mask(line); &got[0] != &line[0] {
		t.Error("a line with nothing to hide was copied")
	}
}

// A text is found as any of the usual writers of JSON has it.
func TestTextsAreMaskedInAnyJSON(t *testing.T) {
	t.Parallel()
	v := New()
	v.Connections(connection(`a<b"c&d`, `clé"1😀`))
	defer v.Carry(order(`Jörg "J" & Söhne`))()
	for line, want := range map[string]string{
		`{"go":"a\u003cb\"c\u0026d","slog":"a<b\"c&d"}`:    `{"go":"[masked]","slog":"[masked]"}`,
		`{"python":"cl\u00e9\"1\ud83d\ude00"}`:             `{"python":"[masked]"}`,
		`{"upper":"cl\u00E9\"1\uD83D\uDE00"}`:              `{"upper":"[masked]"}`,
		`Jörg \"J\" & Söhne, J\u00f6rg \"J\" & S\u00f6hne`: `[masked], [masked]`,
	} {
		check(t, v, line, want)
	}
}

// A key of many lines is recognised in each of its lines, and a long one in any long part.
func TestLongSecretsAreMaskedLineByLine(t *testing.T) {
	t.Parallel()
	v := New()
	begin, end := strings.Repeat("0123456789abcdef", 4), "the-end"
	v.Connections(connection("-----BEGIN KEY-----\r\n" + begin + end + "\n-----END KEY-----\n"))
	check(t, v, "x "+begin+end, "x [masked]")
	check(t, v, begin+"…", "[masked]…")
	check(t, v, "-----END KEY-----", "[masked]")
}

func TestTokensInStateAreMasked(t *testing.T) {
	t.Parallel()
	v := New()
	v.State([]byte(`{"oauth":[{"access_token":"1000.abcdef","type":"Bearer"}],"n":7}`))
	v.State([]byte("opaque-state"))
	v.Connections(&pluginv1.Connection{State: []byte(`"as-it-was-sent"`)})
	v.State(nil)
	check(t, v, "Bearer: 1000.abcdef, opaque-state, as-it-was-sent", "Bearer: [masked], [masked], [masked]")
}

func order(name string) *pluginv1.CopyOrdersRequest {
	return &pluginv1.CopyOrdersRequest{Deliveries: []*pluginv1.OrderDelivery{{
		Header: &pluginv1.DeliveryHeader{DeliveryId: "delivery-17"},
		Order: &commercev1.Order{
			OrderId: "order-1", CurrencyCode: proto.String("EUR"),
			Customer: &commercev1.Customer{
				Name: proto.String(name), Phone: proto.String("030 1234567"), LanguageCode: proto.String("en-US"),
			},
			ShipTo:      &commercev1.Address{Lines: []string{"Hauptstr. 1"}, City: proto.String("Köln")},
			Notes:       []*commercev1.Note{{Text: "Leave it\nwith the neighbour"}},
			ExtraFields: map[string]string{"gift": "true", "gift_message": "With love"},
			LineItems:   []*commercev1.LineItem{{ExtraFields: map[string]string{"engraving": "For Grandma"}}},
		},
	}}}
}

func TestPeopleInCallsAreMasked(t *testing.T) {
	t.Parallel()
	v := New()
	done := v.Carry(order("Jane Doe"))
	for line, want := range map[string]string{
		"panic: no phone of Jane Doe, 030 1234567": "panic: no phone of [masked], [masked]",
		"JANE DOE lives in Köln, Hauptstr. 1":      "[masked] lives in [masked], [masked]",
		"with the neighbour: With love":            "[masked]: [masked]",
		"engraving For Grandma":                    "engraving [masked]",
		"order-1 of delivery-17 is true in en-US":  "order-1 of delivery-17 is true in en-US",
	} {
		check(t, v, line, want)
	}
	done()
	// What was written before the end of the call may be read after it.
	check(t, v, "Jane Doe", "[masked]")
	second := v.Carry(order("Jane Doe"))
	for range lingering {
		v.Carry(order("John Roe"))()
	}
	check(t, v, "Jane Doe and John Roe", "[masked] and [masked]")
	second()
	for range lingering {
		v.Carry(order("John Roe"))()
	}
	check(t, v, "Jane Doe and John Roe", "Jane Doe and [masked]")
	for range lingering {
		v.Carry(&pluginv1.CopyOrdersRequest{})()
	}
	check(t, v, "Jane Doe and John Roe", "Jane Doe and John Roe")
	if len(v.people.counts) != 0 || v.people.size != 0 || len(v.fresh) != 0 {
		t.Errorf("left: %v, %d, %v", v.people.counts, v.people.size, v.fresh)
	}
}

// However many calls end while a line waits, the people of those it was written in are
// masked in it; and waits that overlap do not add up.
func TestCallsAreKeptForLinesThatWait(t *testing.T) {
	t.Parallel()
	v := New()
	calls := func(name string, n int) {
		for range n {
			v.Carry(order(name))()
		}
	}
	calls("Jane Doe", 1)
	done := v.Wait()
	for range 10 {
		calls("John Roe", 10*lingering)
		check(t, v, "Jane Doe and John Roe", "[masked] and [masked]")
		next := v.Wait()
		done()
		done = next
		check(t, v, "Jane Doe and John Roe", "Jane Doe and [masked]")
		if len(v.ended) != lingering {
			t.Fatalf("%d calls are kept", len(v.ended))
		}
		calls("Jane Doe", 1)
		done, next = v.Wait(), done
		next()
	}
	done()
	calls("John Roe", lingering)
	if len(v.ended) != lingering || len(v.waiting) != 0 {
		t.Errorf("%d calls are kept, for %d", len(v.ended), len(v.waiting))
	}
	check(t, v, "Jane Doe", "Jane Doe")
}

func TestPatternsAreMasked(t *testing.T) {
	t.Parallel()
	v := New()
	for line, want := range map[string]string{
		"mail to jane.doe+x@mail.example.com.":  "mail to [masked].",
		"call +49 (30) 123-4567 now":            "call [masked] now",
		"Authorization: Bearer abcdefgh.123":    "Authorization: Bearer [masked]",
		"authorization: basic dXNlcjpwYXNz":     "authorization: basic [masked]",
		"token eyJhbGciOiJIUzI1NiJ9.eyJzIjoxfQ": "token [masked]",
		// What stacks and logs are full of.
		"/go/pkg/mod/github.com/hashicorp/go-plugin@v1.8.0/server.go:123 +0x1d4": "",
		"goroutine 17 [running]:": "",
		"main.(*service).ForwardTracking(0xc000123456, {0x7f00, 0xc0001})": "",
		"2026-11-25T17:12:13.123456+01:00 a basic idea, bearer of news":    "",
		"at 127.0.0.1:12345, pid 1234567890123":                            "",
	} {
		if want == "" {
			want = line
		}
		check(t, v, line, want)
	}
}

// A plugin that is sent ever new secrets costs no more than a bounded memory, and those of
// now are masked.
func TestSecretsAreBounded(t *testing.T) {
	t.Parallel()
	v := New()
	v.Connections(connection("the-first"))
	v.secrets.size = mostSecrets + 1
	v.Connections(connection("the-second"))
	check(t, v, "the-first, the-second", "the-first, [masked]")
	v.Connections(connection("the-first"))
	check(t, v, "the-first, the-second", "[masked], [masked]")
}

func TestVeilOfManyGoroutines(t *testing.T) {
	t.Parallel()
	v := New()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				name := fmt.Sprintf("Customer %d of %d", j, i)
				v.Connections(connection(fmt.Sprintf("secret-%d-%d", i, j)))
				done := v.Carry(order(name))
				if got := string(v.Mask([]byte(name))); got != mask {
					t.Errorf("became %q", got)
				}
				done()
			}
		})
	}
	all.Wait()
}

// No line is damaged: what is left is as it was, in its order.
func FuzzMask(f *testing.F) {
	f.Add("the secret of jane@example.com", "secret")
	f.Add("aaaaaaaaa", "aaaa")
	f.Add("x", "long enough")
	f.Fuzz(func(t *testing.T, line, secret string) {
		v := New()
		v.Connections(connection(secret))
		got := string(v.Mask([]byte(line)))
		for part := range parts(secret) {
			if len(part) > len(mask) && strings.Contains(got, part) {
				t.Errorf("%q is in %q", part, got)
			}
		}
		rest := line
		for _, left := range strings.Split(got, mask) {
			_, after, ok := strings.Cut(rest, left)
			if !ok && !strings.Contains(line, mask) {
				t.Fatalf("%q became %q", line, got)
			}
			rest = after
		}
	})
}

func BenchmarkMask(b *testing.B) {
	v := New()
	for i := range 10_000 {
		v.Connections(connection(fmt.Sprintf("asat_%032d", i)))
	}
	for i := range 64 {
		v.Carry(order(fmt.Sprintf("Customer %d", i)))
	}
	line := []byte(`{"time":"2026-11-25T17:12:13Z","level":"INFO","msg":"tracking forwarded","connection":"17","ms":"12"}`)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		v.Mask(line)
	}
}

func BenchmarkConnections(b *testing.B) {
	v := New()
	c := connection("asat_0123456789abcdef0123456789abcdef")
	for b.Loop() {
		v.Connections(c)
	}
}

func BenchmarkCarry(b *testing.B) {
	v, request := New(), order("Jane Doe")
	for b.Loop() {
		v.Carry(request)()
	}
}
