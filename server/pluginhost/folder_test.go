package pluginhost

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program writes a version of the test plugin somewhere outside of any plugin folder.
func program(t *testing.T, name string, v version) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, name, v)
	return filepath.Join(dir, binaryPrefix+name)
}

func openFolder(t *testing.T) *Folder {
	t.Helper()
	folder, err := OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func wantList(t *testing.T, f *Folder, want string) {
	t.Helper()
	plugins, pinned, err := f.List()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	if pinned {
		texts = append(texts, "pinned")
	}
	for _, p := range plugins {
		text := p.Name + "@" + p.Version
		if p.Fault != nil {
			text += "!"
		}
		texts = append(texts, text)
	}
	if got := strings.Join(texts, " "); got != want {
		t.Errorf("list = %q, want %q", got, want)
	}
}

// A plugin is installed, upgraded and removed, and at each step a host runs what is
// there and nothing else.
func TestFolder(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	wantList(t, f, "")
	installed, err := f.Install(deadline(t), program(t, "good", numbered("1.5.0")))
	if err != nil || installed.Name != "good" || installed.Version != "1.5.0" || len(installed.SHA256) != 64 {
		t.Fatalf("installed = %+v, %v", installed, err)
	}
	wantList(t, f, "pinned good@1.5.0")
	if _, err := f.Install(deadline(t), program(t, "good", numbered("2.0.0"))); err == nil ||
		!strings.Contains(err.Error(), "spurline plugin upgrade good") {
		t.Errorf("install over another = %v", err)
	}

	b := prepare(t, nil, func(o *Options) { o.Dirs = []string{f.dir} })
	b.start(t)
	if status := b.ready(t, "good"); !status.Pinned || status.SHA256 != installed.SHA256 {
		t.Errorf("status = %+v", status)
	}
	if _, err := f.Upgrade(deadline(t), "good", program(t, "good", numbered("2.0.0"))); err != nil {
		t.Fatal(err)
	}
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Fatal(err)
	}
	if status := b.ready(t, "good"); status.Description.GetVersion() != "2.0.0" {
		t.Errorf("status = %+v", status)
	}
	wantList(t, f, "pinned good@2.0.0")
	if _, err := f.Upgrade(deadline(t), "good", program(t, "good-2", version{})); err == nil ||
		!strings.Contains(err.Error(), `plugin "good-2", not "good"`) {
		t.Errorf("upgrade to another plugin = %v", err)
	}
	if _, err := f.Upgrade(deadline(t), "absent", program(t, "absent", version{})); err == nil ||
		!strings.Contains(err.Error(), "spurline plugin install") {
		t.Errorf("upgrade of nothing = %v", err)
	}
	// A binary that came without the lock is not executed.
	put(t, f.dir, "good", numbered("3.0.0"))
	wantList(t, f, "pinned good@!")
	err = b.Upgrade(deadline(t), "good", "upgrade", false)
	if err == nil || !strings.Contains(err.Error(), `"spurline plugin pin good --plugin-dir `) {
		t.Errorf("upgrade to what is not pinned = %v", err)
	}
	if err := f.Pin(deadline(t), "good"); err != nil {
		t.Fatal(err)
	}
	wantList(t, f, "pinned good@3.0.0")
	if err := b.Upgrade(deadline(t), "good", "upgrade", false); err != nil {
		t.Error(err)
	}
	if err := f.Remove("good"); err != nil {
		t.Fatal(err)
	}
	wantList(t, f, "pinned")
	if err := f.Remove("good"); err == nil {
		t.Error("it was removed twice")
	}
}

// The first lock of a folder pins what is there already, so that it goes on running.
func TestFirstLockPinsWhatIsThere(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	put(t, f.dir, "good", numbered("1.5.0"))
	wantList(t, f, "good@")
	if _, err := f.Install(deadline(t), program(t, "good-2", version{})); err != nil {
		t.Fatal(err)
	}
	wantList(t, f, "pinned good@1.5.0 good-2@1.0.0")
	install(t, f.dir, "good-3")
	wantList(t, f, "pinned good@1.5.0 good-2@1.0.0 good-3@!")
	if err := f.Pin(deadline(t), ""); err != nil {
		t.Fatal(err)
	}
	wantList(t, f, "pinned good@1.5.0 good-2@1.0.0 good-3@1.0.0")
}

// What is no plugin is not installed, and leaves the folder as it was.
func TestInstallRefuses(t *testing.T) {
	t.Parallel()
	for behaviour, want := range map[string]string{
		"crashing":   "ended before its handshake: exit status 7",
		"short-name": `"Not A Name" is not lower-case`,
	} {
		f := openFolder(t)
		v := version{Behaviour: behaviour}
		if behaviour == "short-name" {
			v = version{Description: json.RawMessage(`{"name":"Not A Name"}`)}
		}
		if _, err := f.Install(deadline(t), program(t, "good", v)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s = %v, want %q", behaviour, err, want)
		}
		if entries, _ := os.ReadDir(f.dir); len(entries) > 0 {
			t.Errorf("%s left %v", behaviour, entries)
		}
	}
}

func TestOpenFolderRefuses(t *testing.T) {
	t.Parallel()
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil { //nolint:gosec // That is what is refused.
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		open: "chmod o-w", filepath.Join(open, "absent"): "--plugin-dir", testBinary: "no folder",
	} {
		if _, err := OpenFolder(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s = %v, want %q", path, err, want)
		}
	}
}

// The lock may be in the state directory, where the host's user keeps it.
func TestLockInStateDirectory(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"})
	write(t, filepath.Join(b.state, lockName), `{"plugins": []}`, 0o644)
	b.start(t)
	refused := b.await(t, func(s Status) bool { return s.State == Quarantined })
	if !strings.Contains(refused.Reason, `does not list plugin "good"`) {
		t.Errorf("reason = %q", refused.Reason)
	}
}

// Without a lock a plugin runs, with a warning.
func TestUnpinnedIsWarnedOf(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	if status := b.ready(t, "good"); status.Pinned {
		t.Errorf("status = %+v", status)
	}
	for _, told := range []string{
		`level=WARN msg="no plugins.lock pins the plugin`,
		`pin_it_with="spurline plugin pin good --plugin-dir ` + b.dir + `"`,
	} {
		if !strings.Contains(b.logs.String(), told) {
			t.Errorf("nothing tells %s", told)
		}
	}
}

// TestHintsNameTheFolder: a command that an error tells works when it is copied.
func TestHintsNameTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	// The lock may be that of the data folder, where no plugin is.
	lock := lockFile{path: filepath.Join(t.TempDir(), lockName)}
	err = lock.check("/usr/lib/spurline", "acme", strings.Repeat("0", 64))
	if err == nil || !strings.Contains(err.Error(), `"spurline plugin pin acme --plugin-dir /usr/lib/spurline"`) {
		t.Errorf("got %v", err)
	}
	_, err = folder.Upgrade(t.Context(), "acme", "file")
	want := `install file --plugin-dir '` + filepath.Dir(dir) + `/it'\''s here'"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	program, err := exec.LookPath("true")
	if err != nil {
		t.Skip("there is no program that is not a plugin")
	}
	if _, err := folder.Install(t.Context(), program); err == nil ||
		!strings.Contains(err.Error(), program+" is no Spurline plugin") {
		t.Errorf("got %v", err)
	}
}
