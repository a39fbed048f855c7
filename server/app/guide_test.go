package app_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// checkoutSteps of the guide build spurline; the tests have it built already.
const checkoutSteps = "make build\nexport PATH=\"$PWD/bin:$PATH\"\ncd ..\n"

// byHand are the blocks of the guide that a person runs: a debugger, and the server that it
// prints the command of. TestAttach of the plugin host is about that.
var byHand = []string{"dlv debug ", "spurline serve --development --dev-attach "}

// guide is an author at work.
type guide struct {
	t *testing.T
	// dir is where the shell is, programs what it finds first.
	dir, programs string
	// said is what the last block printed.
	said string
}

// TestGuideRuns: the commands of the guide run as they stand, in their order, with nothing
// fetched: from nothing to three records delivered, and on to an upgrade.
func TestGuideRuns(t *testing.T) {
	t.Parallel()
	need(t, "make", "install make")
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "plugins.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlock.FindAllStringSubmatch(string(text), -1)
	const known = 7
	if len(blocks) != known || !strings.HasPrefix(blocks[0][1], checkoutSteps) || blocks[1][1] != "make try\n" {
		t.Fatalf("the guide has other blocks now, so this test has to be another one too: %q", blocks)
	}
	g := newGuide(t)
	g.run(strings.TrimPrefix(blocks[0][1], checkoutSteps))
	if !strings.Contains(g.said, "make test") {
		t.Errorf("plugin new does not say what comes next:\n%s", g.said)
	}
	g.startStandIn()
	g.run(blocks[1][1])
	if delivered := strings.Count(g.said, ": DELIVERED "); delivered != 3 {
		t.Errorf("%d records were delivered:\n%s", delivered, g.said)
	}
	installed := t.TempDir()
	for _, block := range blocks[2:] {
		if isByHand(block[1]) {
			continue
		}
		g.run(strings.ReplaceAll(block[1], "/usr/lib/spurline", installed))
	}
	for _, name := range []string{"spurline-plugin-acme", "plugins.lock"} {
		if _, err := os.Stat(filepath.Join(installed, name)); err != nil {
			t.Error(err)
		}
	}
}

func isByHand(block string) bool {
	for _, begin := range byHand {
		if strings.HasPrefix(block, begin) {
			return true
		}
	}
	return false
}

// newGuide is where the guide leaves its reader with a checkout: in the folder around it.
func newGuide(t *testing.T) *guide {
	t.Helper()
	checkout, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{t: t, dir: t.TempDir(), programs: binaries}
	if err := os.Symlink(checkout, filepath.Join(g.dir, "spurline")); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *guide) command(program string, args ...string) *exec.Cmd {
	command := exec.CommandContext(g.t.Context(), program, args...)
	command.Dir = g.dir
	command.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off",
		"PATH="+g.programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	return command
}

// run runs a block, and stays where it went.
func (g *guide) run(block string) {
	g.t.Helper()
	const here = "is now in: "
	shell := need(g.t, "bash", "install bash")
	out, err := g.command(shell, "-ec", block+"\necho -n '"+here+"'\"$PWD\"").CombinedOutput()
	said, dir, found := strings.Cut(string(out), here)
	if err != nil || !found {
		g.t.Fatalf("%v\n%s\n%s", err, block, out)
	}
	g.said, g.dir = said, dir
}

// startStandIn runs "make standin" as in a second terminal, on a port that is free, which
// the samples are told.
func (g *guide) startStandIn() {
	g.t.Helper()
	const usual = "127.0.0.1:8099"
	g.edit("Makefile", "--listen "+usual, "--listen 127.0.0.1:0")
	standIn := g.command("make", "standin")
	standIn.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	printed, err := standIn.StdoutPipe()
	if err != nil {
		g.t.Fatal(err)
	}
	if err := standIn.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _, _ = syscall.Kill(-standIn.Process.Pid, syscall.SIGKILL), standIn.Wait() })
	lines := bufio.NewScanner(printed)
	for lines.Scan() {
		if address := regexp.MustCompile(`http://(\S+)`).FindStringSubmatch(lines.Text()); address != nil {
			g.edit(filepath.Join("sample", "settings.yaml"), usual, address[1])
			return
		}
	}
	g.t.Fatalf("the stand-in did not say where it is: %v", lines.Err())
}

// edit replaces what is in a file exactly once or more.
func (g *guide) edit(name, old, now string) {
	g.t.Helper()
	path := filepath.Join(g.dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		g.t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		g.t.Fatalf("%s has no %q", name, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, now)), 0o600); err != nil {
		g.t.Fatal(err)
	}
}
