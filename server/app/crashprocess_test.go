package app_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// buildForCrashes builds the server and the plugins of a crash test, with the race
// detector if the test has it, and returns their folder. The plugin for Zoho is the one
// without its pace, which would have the test last for hours.
func buildForCrashes(t *testing.T, plugins ...string) string {
	t.Helper()
	packages := map[string]string{
		"spurline": "./server/cmd/spurline", "aftership": "./plugins/aftership/cmd/spurline-plugin-aftership",
		"zoho": "./plugins/zoho/internal/unpaced",
	}
	dir := t.TempDir()
	for _, name := range append([]string{"spurline"}, plugins...) {
		program := name
		if name != "spurline" {
			program = "spurline-plugin-" + name
		}
		build := exec.CommandContext(t.Context(), "go", "build", fmt.Sprintf("-race=%t", raceDetector),
			"-o", filepath.Join(dir, program), packages[name])
		build.Dir = filepath.Join("..", "..")
		if !raceDetector {
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
		}
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	return dir
}

// launch is how a server process is started.
type launch struct {
	programs string
	dir      string
	// temporary is where the processes put what they need only while they run.
	temporary string
	arguments []string
	// log gets what the server and its plugins say.
	log io.Writer
}

// start starts the server and waits until it serves.
func (l launch) start(t *testing.T) *process {
	t.Helper()
	arguments := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off", "--data-dir", l.dir,
		"--plugin-dir", l.programs, "--log-format", "json",
	}, l.arguments...)
	command := exec.CommandContext(context.Background(), filepath.Join(l.programs, "spurline"), arguments...)
	command.Env = os.Environ()
	if l.temporary != "" {
		command.Env = append(command.Env, "TMPDIR="+l.temporary)
	}
	logged, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{server: server{t: t, dir: l.dir}, command: command, read: make(chan struct{})}
	t.Cleanup(p.end)
	lines := bufio.NewReader(io.TeeReader(logged, l.log))
	for {
		line, err := lines.ReadString('\n')
		if found := addressInLog.FindStringSubmatch(line); found != nil {
			p.dial(found[1])
			break
		}
		if err != nil {
			t.Fatalf("the server ended before it served: %v", err)
		}
	}
	go func() {
		defer close(p.read)
		_, _ = io.Copy(io.Discard, lines)
	}()
	return p
}

// end kills the server if it runs and waits until nothing of it is left here.
func (p *process) end() {
	if p.ended {
		return
	}
	p.ended = true
	_ = p.command.Process.Kill()
	<-p.read
	_ = p.command.Wait()
}

// stop asks the server to end, which it must do with exit code 0.
func (p *process) stop() {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("signal the server: %v", err)
	}
	<-p.read
	if err := p.command.Wait(); err != nil {
		p.t.Errorf("the server ended with %v", err)
	}
	p.ended = true
}

// processesOf lists the processes whose program or folder is below one of the
// folders.
func processesOf(folders ...string) ([]string, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		said := strings.Builder{}
		for _, link := range []string{"exe", "cwd"} {
			target, _ := os.Readlink(filepath.Join("/proc", entry.Name(), link))
			said.WriteString(target + "\n")
		}
		words, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		said.Write(bytes.ReplaceAll(words, []byte{0}, []byte{' '}))
		for _, folder := range folders {
			if strings.Contains(said.String(), folder) {
				found = append(found, fmt.Sprintf("%d: %s", pid, strings.ReplaceAll(said.String(), "\n", " ")))
			}
		}
	}
	return found, nil
}

// killPlugin kills a process if it is the plugin of that data folder, and not one
// that got its number since.
func killPlugin(dir string, pid int) error {
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil || !strings.HasPrefix(program, dir) {
		return errors.New("the process is gone")
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}
