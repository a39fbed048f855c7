package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spurline/spurline/server/seal"
)

// Promise P8: what is sealed opens with its key and context only.
func TestSealedValueOpensOnlyUnderItsContextAndKey(t *testing.T) {
	t.Parallel()
	sealer, other := open(t, newKeySet(t)), open(t, newKeySet(t))
	plaintext, context := []byte("an api key"), []byte("connection:1:secrets")
	sealed, err := sealer.Seal(plaintext, context)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plaintext) {
		t.Error("the sealed value shows the plaintext")
	}
	opened, err := sealer.Open(sealed, context)
	if err != nil || !bytes.Equal(opened, plaintext) {
		t.Errorf("Open = %q, %v; want %q", opened, err, plaintext)
	}

	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"other context": func() ([]byte, error) { return sealer.Open(sealed, []byte("connection:2:secrets")) },
		"other key":     func() ([]byte, error) { return other.Open(sealed, context) },
		"damaged":       func() ([]byte, error) { return sealer.Open(damaged, context) },
		"cut off":       func() ([]byte, error) { return sealer.Open(sealed[:4], context) },
		"empty":         func() ([]byte, error) { return sealer.Open(nil, context) },
	} {
		if got, err := try(); !errors.Is(err, seal.ErrUnreadable) || got != nil {
			t.Errorf("%s: Open = %q, %v; want ErrUnreadable", name, got, err)
		}
	}
}

func TestEqualValuesAreSealedDifferently(t *testing.T) {
	t.Parallel()
	sealer := open(t, newKeySet(t))
	first, err := sealer.Seal([]byte("same"), nil)
	if err != nil {
		t.Fatal(err)
	}
	second, err := sealer.Seal([]byte("same"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, second) {
		t.Error("two seals of one value are equal")
	}
}

func TestRotatedKeySetOpensWhatTheOldOneSealed(t *testing.T) {
	t.Parallel()
	text := newKeySet(t)
	old := open(t, text)
	sealedBefore, err := old.Seal([]byte("before"), nil)
	if err != nil {
		t.Fatal(err)
	}
	rotatedText, err := seal.Rotate(text)
	if err != nil {
		t.Fatal(err)
	}
	rotated := open(t, rotatedText)
	if got, err := rotated.Open(sealedBefore, nil); err != nil || string(got) != "before" {
		t.Errorf("Open = %q, %v", got, err)
	}
	sealedAfter, err := rotated.Seal([]byte("after"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Open(sealedAfter, nil); !errors.Is(err, seal.ErrUnreadable) {
		t.Errorf("the old key set opens what the new key sealed: %v", err)
	}
	if _, err := seal.Rotate([]byte("nonsense")); err == nil {
		t.Error("Rotate takes nonsense")
	}
}

func TestCanaryFindsAWrongKeySet(t *testing.T) {
	t.Parallel()
	sealer := open(t, newKeySet(t))
	canary, err := sealer.Canary()
	if err != nil {
		t.Fatal(err)
	}
	if err := sealer.CheckCanary(canary); err != nil {
		t.Errorf("own canary: %v", err)
	}
	if err := open(t, newKeySet(t)).CheckCanary(canary); !errors.Is(err, seal.ErrUnreadable) {
		t.Errorf("canary of another key set: %v", err)
	}
}

func TestKeySetIsTakenAsJSONOrBase64(t *testing.T) {
	t.Parallel()
	text := newKeySet(t)
	canary, err := open(t, text).Canary()
	if err != nil {
		t.Fatal(err)
	}
	coded := base64.StdEncoding.EncodeToString(text)
	if err := open(t, []byte(coded)).CheckCanary(canary); err != nil {
		t.Error(err)
	}
}

func TestBadSourcesAreRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const marker = "s3cr3t"
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := string(newKeySet(t))
	for _, test := range []struct {
		name   string
		source seal.Source
		want   string
	}{
		{"nothing", seal.Source{}, "none is configured"},
		{"no key set", seal.Source{KeySet: `{"` + marker + `": 1}`}, "spurline key new"},
		{"no base64", seal.Source{KeySet: marker + "!"}, "spurline key new"},
		{"empty set", seal.Source{KeySet: "{}"}, "spurline key new"},
		{"no file", seal.Source{File: filepath.Join(dir, "absent")}, "no such file"},
		{"a folder", seal.Source{File: dir}, "regular file"},
		{"group can read", seal.Source{File: write("group", good, 0o640)}, "chmod 600"},
		{"all can read", seal.Source{File: write("all", good, 0o604)}, "chmod 600"},
		{"empty file", seal.Source{File: write("empty", "", 0o600)}, "spurline key new"},
		{"bad file", seal.Source{File: write("bad", marker, 0o600)}, "spurline key new"},
		{"bad development file", seal.Source{DevelopmentFile: write("dev", marker, 0o600)}, "spurline key new"},
		{"no folder", seal.Source{DevelopmentFile: filepath.Join(dir, "x", "dev")}, "no such file"},
	} {
		sealer, err := seal.Open(test.source, slog.New(slog.DiscardHandler))
		if err == nil || sealer != nil {
			t.Errorf("%s: accepted", test.name)
			continue
		}
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %q does not say %q", test.name, err, test.want)
		}
		if strings.Contains(err.Error(), marker) {
			t.Errorf("%s: error %q repeats the key set", test.name, err)
		}
	}
}

func TestDevelopmentKeySetIsMadeOnceWithAWarning(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "development-key.json")
	var warnings bytes.Buffer
	source := seal.Source{DevelopmentFile: path}
	sealer, err := seal.Open(source, slog.New(slog.NewTextHandler(&warnings, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !sealer.Development() || !strings.Contains(warnings.String(), "development key") {
		t.Errorf("Development = %v, log %q; want a warning", sealer.Development(), warnings.String())
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("Stat = %v, %v; want mode 0600", info, err)
	}
	canary, err := sealer.Canary()
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.Open(source, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := again.CheckCanary(canary); err != nil {
		t.Errorf("a second start uses another key: %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("ReadDir = %v, %v; want the key set only", entries, err)
	}
}

func TestServersStartedTogetherShareOneDevelopmentKeySet(t *testing.T) {
	t.Parallel()
	source := seal.Source{DevelopmentFile: filepath.Join(t.TempDir(), "key.json")}
	sealers := make([]*seal.Sealer, 8)
	var all sync.WaitGroup
	for i := range sealers {
		all.Go(func() {
			sealer, err := seal.Open(source, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
			}
			sealers[i] = sealer
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	canary, err := sealers[0].Canary()
	if err != nil {
		t.Fatal(err)
	}
	for _, sealer := range sealers {
		if err := sealer.CheckCanary(canary); err != nil {
			t.Error(err)
		}
	}
}

func newKeySet(t *testing.T) []byte {
	t.Helper()
	text, err := seal.NewKeySet()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func open(t *testing.T, text []byte) *seal.Sealer {
	t.Helper()
	sealer, err := seal.Open(seal.Source{KeySet: string(text)}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return sealer
}
