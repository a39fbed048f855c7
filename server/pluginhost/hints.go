package pluginhost

import (
	"regexp"
	"strings"
)

var plainPath = regexp.MustCompile(`^[0-9A-Za-z_./@%+=:,-]+$`)

// FolderFlag is " --plugin-dir DIR" as a shell takes it: commands that a message tells
// have to work when they are copied, whatever folder they are about.
func FolderFlag(dir string) string {
	if !plainPath.MatchString(dir) {
		dir = "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	return " --plugin-dir " + dir
}

// pinCommand pins what is in the folder. The lock that names it may be elsewhere.
func pinCommand(folder, name string) string {
	return "spurline plugin pin " + name + FolderFlag(folder)
}
