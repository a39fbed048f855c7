package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	tokenPrefix = "spl_"
	tokenBytes  = 32
	maxTokens   = 4 << 20
)

// tokensFile is the form of a tokens file.
type tokensFile struct {
	Tokens []entry `yaml:"tokens"`
}

// entry is one token.
type entry struct {
	Name      string   `yaml:"name"`
	Role      Role     `yaml:"role"`
	Merchants []string `yaml:"merchants,omitempty,flow"`
	SHA256    string   `yaml:"sha256"`
}

var (
	validName     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	validMerchant = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	quotedValue   = regexp.MustCompile("`[^`]*`")
	unknownField  = regexp.MustCompile(`field (.*) not found in type auth\.(\w+)`)
)

// NewToken makes a token for name, which logs and errors show. It returns the
// token, which is nowhere else, and the text to put under "tokens:" in the
// tokens file. No merchants means all.
func NewToken(name string, role Role, merchants []string) (token, listing string, err error) {
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // It never fails.
	token = tokenPrefix + base64.RawURLEncoding.EncodeToString(random)
	sum := sha256.Sum256([]byte(token))
	made := entry{Name: name, Role: role, Merchants: merchants, SHA256: hex.EncodeToString(sum[:])}
	if faults := made.faults(); len(faults) > 0 {
		return "", "", fmt.Errorf("make token: %s", strings.Join(faults, "; "))
	}
	text, err := yaml.Marshal([]entry{made})
	if err != nil {
		return "", "", fmt.Errorf("make token: %w", err)
	}
	return token, string(text), nil
}

// Load returns a Guard for the tokens in a file. The error names everything that
// is wrong with the file and repeats no value that could be a token.
func Load(path string) (*Guard, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tokens file %s: %w", path, err)
	}
	callers, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read tokens file %s: %w", path, err)
	}
	return &Guard{callers: callers, access: access()}, nil
}

func readFile(path string) (text []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, fmt.Errorf("mode is %04o, so others than its owner can add tokens; run: chmod go-w %s", mode, path)
	}
	text, err = io.ReadAll(io.LimitReader(file, maxTokens+1))
	if err == nil && len(text) > maxTokens {
		err = fmt.Errorf("larger than %d bytes", maxTokens)
	}
	return text, err
}

func parse(text []byte) (map[digest]caller, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var file tokensFile
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		text := quotedValue.ReplaceAllString(err.Error(), "a value")
		return nil, errors.New(unknownField.ReplaceAllStringFunc(text, tellUnknownField))
	}
	if len(file.Tokens) == 0 {
		return nil, errors.New(`lists no token under "tokens:", so that nobody could call; ` +
			`add what "spurline token new" prints`)
	}
	callers, names := map[digest]caller{}, map[string]bool{}
	var faults []string
	for i, listed := range file.Tokens {
		found := listed.faults()
		sum := listed.digest()
		if _, known := callers[sum]; known && len(found) == 0 {
			found = append(found, "sha256 is that of an earlier token; give each its own")
		}
		if names[listed.Name] {
			found = append(found, "name is that of an earlier token; give each its own")
		}
		for _, fault := range found {
			faults = append(faults, fmt.Sprintf("token %d: %s", i+1, fault))
		}
		names[listed.Name] = true
		callers[sum] = caller{name: listed.Name, role: listed.Role, merchants: listed.Merchants}
	}
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return callers, nil
}

// tellUnknownField says in the words of the file what the YAML decoder says in
// those of Go. What looks like a token is not repeated.
func tellUnknownField(text string) string {
	parts := unknownField.FindStringSubmatch(text)
	known := "tokens"
	if parts[2] == "entry" {
		known = "name, role, merchants, sha256"
	}
	if strings.Contains(parts[1], tokenPrefix) {
		parts[1] = "(a token)"
	}
	return fmt.Sprintf("unknown field %q; known are %s", parts[1], known)
}

// faults returns what is wrong with an entry by itself.
func (e entry) faults() []string {
	var faults []string
	if !validName.MatchString(e.Name) {
		faults = append(faults, "name must be 1 to 63 letters, digits, dots, dashes or underscores")
	}
	if !slices.Contains(roles(), e.Role) {
		faults = append(faults, fmt.Sprintf("role must be one of %v", roles()))
	}
	for _, merchant := range e.Merchants {
		if !validMerchant.MatchString(merchant) {
			faults = append(faults, `merchants must be merchant ids, 1 to 63 of "a-z", "0-9" and "-"`)
			break
		}
	}
	switch sum, err := hex.DecodeString(e.SHA256); {
	case strings.HasPrefix(e.SHA256, tokenPrefix):
		faults = append(faults, "sha256 holds a token itself; make a new one, "+
			"since this one was in a file, and list its SHA-256")
	case err != nil || len(sum) != sha256.Size:
		faults = append(faults, "sha256 must be the SHA-256 of the token, 64 hexadecimal digits")
	}
	return faults
}

// digest returns the SHA-256, if there is one that is right.
func (e entry) digest() digest {
	var sum digest
	_, _ = hex.Decode(sum[:], []byte(e.SHA256)[:min(len(e.SHA256), 2*len(sum))])
	return sum
}
