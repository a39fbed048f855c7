package scaffold

import (
	"fmt"
	"go/token"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// longestName is the most characters of a plugin's name.
const longestName = 40

var (
	pluginName   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	modulePath   = regexp.MustCompile(`^[A-Za-z0-9_~-][A-Za-z0-9._~-]*(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)
	majorVersion = regexp.MustCompile(`^v[0-9]+$`)
)

// checkName says what is wrong with a plugin's name.
func checkName(name string) error {
	switch {
	case !pluginName.MatchString(name):
		return fmt.Errorf("name %q: use lower-case letters, digits and single dashes between them, such as acme or acme-eu",
			name)
	case len(name) > longestName:
		return fmt.Errorf("name %q: it has more than %d characters", name, longestName)
	}
	return nil
}

// checkModule says what is wrong with the path of a module.
func checkModule(module string) error {
	if !modulePath.MatchString(module) || module != path.Clean(module) {
		return fmt.Errorf("module %q: it is no module path, such as example.com/spurline-plugin-acme", module)
	}
	if majorVersion.MatchString(path.Base(module)) {
		return fmt.Errorf("module %q: a new plugin has no major version in its path yet", module)
	}
	return nil
}

// packageName is the name of the Go package of a plugin.
func packageName(name string) string {
	joined := strings.ReplaceAll(name, "-", "")
	switch {
	case joined[0] >= '0' && joined[0] <= '9':
		return "plugin" + joined
	case token.IsKeyword(joined), reserved[joined], strings.HasSuffix(joined, "test"):
		return joined + "plugin"
	}
	return joined
}

// reserved would collide in the files that are written.
var reserved = map[string]bool{
	"main": true, "sdk": true, "init": true, "internal": true, "vendor": true, "commercev1": true, "pluginv1": true,
	"errors": true, "flag": true, "fmt": true, "http": true, "os": true, "strings": true, "testing": true, "time": true,
	"plugintest": true, "new": true, "string": true, "error": true, "any": true, "io": true, "json": true,
}

// title is the name as it is shown until its author knows better.
func title(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words {
		letters := []rune(word)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return strings.Join(words, " ")
}
