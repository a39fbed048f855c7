package auth_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/spurline/spurline/server/auth"
)

func TestNewTokenIsListedByItsHashOnly(t *testing.T) {
	t.Parallel()
	token, listing, err := auth.NewToken("warehouse", auth.Submitter, []string{"acme"})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(token))
	if !strings.HasPrefix(token, "spl_") || len(token) != len("spl_")+43 {
		t.Errorf("token = %q", token)
	}
	if strings.Contains(listing, token) || !strings.Contains(listing, hex.EncodeToString(sum[:])) {
		t.Errorf("listing = %q", listing)
	}
	if again, _, err := auth.NewToken("warehouse", auth.Submitter, nil); err != nil || again == token {
		t.Errorf("the next token is %q, %v", again, err)
	}
	if _, _, err := auth.NewToken("a b", "BOSS", []string{"A"}); err == nil ||
		!strings.Contains(err.Error(), "name") || !strings.Contains(err.Error(), "role") ||
		!strings.Contains(err.Error(), "merchants") {
		t.Errorf("bad arguments: %v", err)
	}
}

func TestBadTokensFilesAreRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	const sum = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	const secret = "spl_c2VjcmV0"
	entry := "- {name: a, role: READER, sha256: " + sum + "}\n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"empty":         {"", []string{"no token", "spurline token new"}},
		"empty list":    {"tokens: []", []string{"no token"}},
		"no YAML":       {"tokens: [", []string{"line 1"}},
		"a mere token":  {secret, []string{"line 1"}},
		"unknown field": {"tokens:\n- {token: " + secret + "}\n", []string{"line 2", "token"}},
		"misspelt field": {
			"tokens:\n- {sha265: " + sum + "}\n",
			[]string{`line 2: unknown field "sha265"; known are name, role, merchants, sha256`},
		},
		"misspelt list":       {"token: []\n", []string{`unknown field "token"; known are tokens`}},
		"a token for a field": {"tokens:\n- {" + secret + ": x}\n", []string{`unknown field "(a token)"`}},
		"same name": {
			"tokens:\n" + entry + "- {name: a, role: READER, sha256: " + strings.Repeat("0", 64) + "}",
			[]string{"token 2: name is that of an earlier"},
		},
		"same hash": {
			"tokens:\n" + entry + strings.ReplaceAll(entry, "name: a", "name: b"),
			[]string{"token 2: sha256 is that of an earlier"},
		},
		"several faults": {
			"tokens:\n- {name: '', role: BOSS, merchants: [A], sha256: 12}\n- {name: b, sha256: " + secret + "}",
			[]string{
				"token 1: name", "token 1: role", "token 1: merchants", "token 1: sha256", "token 2: role",
				"token 2: sha256 holds a token itself",
			},
		},
		"long hash": {"tokens:\n" + strings.ReplaceAll(entry, sum, sum+"00"), []string{"64 hexadecimal"}},
	} {
		_, err := auth.Load(write(t, test.text, 0o600))
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if strings.Contains(err.Error(), secret[4:]) {
			t.Errorf("%s: %q shows the token", name, err)
		}
	}
	if _, err := auth.Load("/absent"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("absent file: %v", err)
	}
	if _, err := auth.Load(write(t, "tokens:\n"+entry, 0o666)); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("writable by all: %v", err)
	}
}

// FuzzTokensFile feeds arbitrary tokens files: none stops the program, and none
// makes a guard without tokens.
func FuzzTokensFile(f *testing.F) {
	f.Add("tokens:\n- {name: a, role: READER, sha256: " + strings.Repeat("0", 64) + "}\n")
	f.Add("tokens: &a [*a]")
	f.Add("tokens:\n- {sha256: é}")
	f.Fuzz(func(t *testing.T, text string) {
		if guard, err := auth.Load(write(t, text, 0o600)); (guard == nil) == (err == nil) {
			t.Errorf("Load = %v, %v", guard, err)
		}
	})
}
