// Package gostack finds the frames of an author's own code in a stack as the Go runtime
// writes it.
package gostack

import (
	"slices"
	"strings"
)

// Frame is a function on a stack.
type Frame struct {
	// Function has its package before it: "example.com/acme.(*Connector).deliver".
	Function string
	// Place is file and line.
	Place string
}

// String is the frame in one line, with the last elements of its paths only.
func (f Frame) String() string {
	return f.Function[strings.LastIndexByte(f.Function, '/')+1:] + " (" +
		f.Place[strings.LastIndexByte(f.Place, '/')+1:] + ")"
}

// Own returns the first frames, innermost first, that are neither of Go's own packages
// nor of the kit and what it is called by; at most so many. The function that started a
// goroutine counts as one.
func Own(stack string, most int) []Frame {
	var own []Frame
	lines := strings.Split(stack, "\n")
	for i := 0; i+1 < len(lines) && len(own) < most; i++ {
		place, isPlace := strings.CutPrefix(lines[i+1], "\t")
		if !isPlace {
			continue
		}
		place, _, _ = strings.Cut(place, " +0x")
		if function := functionIn(lines[i]); isOwn(function) {
			own = append(own, Frame{function, strings.TrimSpace(place)})
		}
	}
	return own
}

// functionIn is the function in a line of a stack, without its arguments.
func functionIn(line string) string {
	line = strings.TrimSpace(line)
	if started, ok := strings.CutPrefix(line, "created by "); ok {
		function, _, _ := strings.Cut(started, " in goroutine ")
		return function
	}
	if at := strings.LastIndexByte(line, '('); at > 0 && strings.HasSuffix(line, ")") {
		return line[:at]
	}
	return ""
}

// foreign are the packages, with all below them, between the runtime and an author.
var foreign = []string{
	"github.com/spurline/spurline/plugins/sdk", "github.com/spurline/spurline/proto",
	"github.com/hashicorp/go-plugin", "google.golang.org/grpc",
}

// standard are the first elements of the packages that come with Go. No module can have
// one of these names.
var standard = []string{
	"archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database", "debug", "embed",
	"encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter",
	"log", "maps", "math", "mime", "net", "os", "panic", "path", "plugin", "reflect", "regexp", "runtime", "slices",
	"sort", "strconv", "strings", "structs", "sync", "syscall", "testing", "text", "time", "unicode", "unique",
	"unsafe", "vendor", "weak",
}

func isOwn(function string) bool {
	of := packageOf(function)
	first, _, _ := strings.Cut(of, "/")
	if of == "" || slices.Contains(standard, first) {
		return false
	}
	for _, one := range foreign {
		if of == one || strings.HasPrefix(of, one+"/") {
			return false
		}
	}
	return true
}

// packageOf is the package of a function. In its last element a dot is written %2e.
func packageOf(function string) string {
	path := strings.LastIndexByte(function, '/') + 1
	if generic := strings.IndexByte(function, '['); generic >= 0 { // Its types may have paths too.
		path = strings.LastIndexByte(function[:generic], '/') + 1
	}
	name, _, _ := strings.Cut(function[path:], ".")
	return function[:path] + name
}
