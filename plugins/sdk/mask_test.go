package sdk

import (
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// TestExcerptIsMaskedTextCut: to stop before the end of a text gives what masking all
// of it would, whatever lies at the cut.
func TestExcerptIsMaskedTextCut(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	texts := func(alphabet []string, n int) string {
		var made strings.Builder
		for range n {
			made.WriteString(alphabet[random.IntN(len(alphabet))])
		}
		return made.String()
	}
	for range 5_000 {
		secrets := map[string]string{
			"one": texts([]string{"a", "b", "/", "+"}, 4+random.IntN(6)), "two": texts([]string{"a", "b"}, 4+random.IntN(40)),
			"short": "a",
		}
		forms := []string{
			"a", "b", "ab", "/", "ä", "…", "\xff", "\xe2\x80", "\U0001F600", secrets["one"], secrets["two"],
			url.QueryEscape(secrets["one"]), base64.StdEncoding.EncodeToString([]byte(secrets["two"])),
		}
		// Fewer at times, so that what comes from one alphabet is often long.
		random.Shuffle(len(forms), func(i, j int) { forms[i], forms[j] = forms[j], forms[i] })
		text := texts(forms[:1+random.IntN(len(forms))], random.IntN(60))
		if random.IntN(10) == 0 {
			clear(secrets)
		}
		m := newMasker(secrets)
		n := 8 + random.IntN(80)
		want := cut(replaceAll(m, text), n)
		if got := m.begin(text, n); got != want {
			t.Fatalf("text %q\nwith secrets %q\ncut to %d is %q\nwant %q", text, secrets, n, got, want)
		}
		if got, want := m.text(text), replaceAll(m, text); got != want {
			t.Fatalf("text %q\nwith secrets %q\nmasked is %q\nwant %q", text, secrets, got, want)
		}
	}
}

// replaceAll is the plain way to mask a text.
func replaceAll(m masker, text string) string {
	if m.finder() == nil {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	var pairs []string
	for _, form := range m.finder().forms {
		pairs = append(pairs, form, masked)
	}
	return strings.ToValidUTF8(strings.NewReplacer(pairs...).Replace(text), "\uFFFD")
}

// TestSecretAtTheCut: one that the cut would tear apart is masked, at every place.
func TestSecretAtTheCut(t *testing.T) {
	t.Parallel()
	const secret = "canary-4711-abc"
	m := newMasker(map[string]string{"key": secret})
	for before := range mostExcerpt + 2*len(secret) {
		text := strings.Repeat("x", before) + secret + strings.Repeat("y", 3*mostExcerpt)
		got := m.excerpt(text)
		if len(got) > mostExcerpt || strings.Contains(got, "can") {
			t.Fatalf("%d bytes before the secret: the excerpt ends in %q", before, got[len(got)-40:])
		}
	}
}

// TestHugeSecretsAreFound: forms that are longer than the steps can be counted.
func TestHugeSecretsAreFound(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("0123456789", 100)
	m := newMasker(map[string]string{"certificate": secret})
	if got := m.text("a " + secret + " b"); got != "a "+masked+" b" {
		t.Error(got)
	}
}
