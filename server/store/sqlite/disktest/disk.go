package disktest

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	lib "modernc.org/sqlite/lib"
)

// Code is a result code of SQLite that an operation fails with.
type Code int32

// Codes that the disk fails with.
const (
	Full     = Code(lib.SQLITE_FULL)
	BadWrite = Code(lib.SQLITE_IOERR_WRITE)
	BadSync  = Code(lib.SQLITE_IOERR_FSYNC)
)

// Step is one change on its way to the disk.
type Step struct {
	// Number counts the steps of the disk from 1.
	Number int
	// Sync says whether it is a sync; otherwise it is a write or a truncation.
	Sync bool
	// Log says whether it is of the write-ahead log.
	Log bool
}

// Disk is the disk of one folder. It is safe for concurrent use.
type Disk struct {
	folder string

	mu     sync.Mutex
	random *rand.Rand
	steps  int
	fault  func(Step) Code
	watch  func(Step, func(*rand.Rand) Image)
	files  map[string]*inode
	// ghosts are deleted files that a power cut may bring back.
	ghosts map[string]*inode
}

// inode is the content of a file.
type inode struct {
	durable []byte
	pending []change
	// linked says whether the name of the file survives a power cut.
	linked bool
}

// change is a write, or a truncation to offset if it has no data.
type change struct {
	offset int64
	data   []byte
}

// New puts a disk under a folder for the rest of the test. What is there already
// counts as synced.
func New(tb testing.TB, folder string) *Disk {
	tb.Helper()
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		tb.Fatal(err)
	}
	d := &Disk{
		folder: folder, random: rand.New(rand.NewPCG(1, 1)), //nolint:gosec // tests have to repeat
		files: map[string]*inode{}, ghosts: map[string]*inode{},
	}
	if err := mount(d); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { unmount(d) })
	return d
}

// Fail asks before each step whether it is to fail, and with what; 0 lets it pass.
// Nil lets everything pass. The function must not use the disk.
func (d *Disk) Fail(fault func(Step) Code) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

// Watch calls a function before each step, while the disk stands still. It may take
// an image with what it is given; it must not use the files nor the disk.
func (d *Disk) Watch(watch func(step Step, image func(*rand.Rand) Image)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch = watch
}

// Image is what a power cut at this instant could leave.
func (d *Disk) Image(random *rand.Rand) Image {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.image(random)
}

// enter counts a step and returns what it is to fail with. The disk is locked.
func (d *Disk) enter(step Step) Code {
	d.steps++
	step.Number = d.steps
	if d.watch != nil {
		d.watch(step, d.image)
	}
	if d.fault != nil {
		return d.fault(step)
	}
	return 0
}

// open returns the content of a file that SQLite opens.
func (d *Disk) open(path string, created bool) (*inode, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.files[path]; ok {
		return known, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d.files[path] = &inode{durable: content, linked: !created || len(content) > 0}
	return d.files[path], nil
}

func (d *Disk) remove(path string, synced bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if gone, ok := d.files[path]; ok && gone.linked {
		d.ghosts[path] = gone
	}
	delete(d.files, path)
	if synced {
		clear(d.ghosts)
	}
}

// sync makes a file durable, and with the first sync of a new one its name.
func (d *Disk) sync(node *inode) {
	node.durable = apply(node.durable, node.pending, always)
	node.pending = nil
	if !node.linked {
		node.linked = true
		clear(d.ghosts)
	}
}

// lose is a sync that fails: some of it is kept, the rest is gone for good.
func (d *Disk) lose(node *inode) {
	node.durable = apply(node.durable, node.pending, sometimes(d.random, 0.5))
	node.pending = nil
}

// Image is the content of a folder by file name.
type Image map[string][]byte

// image is taken while the disk is locked.
func (d *Disk) image(random *rand.Rand) Image {
	// All, nothing and something are each likely, and half a commit is.
	chances := []float64{0, 1, 0.1, 0.5, 0.9}
	image := Image{}
	paths := slices.Sorted(maps.Keys(d.files))
	for path := range d.ghosts {
		if d.files[path] == nil {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, cmp.Compare[string])
	for _, path := range paths {
		node := d.files[path]
		if node == nil || !node.linked && random.IntN(2) == 0 {
			if node = d.ghosts[path]; node == nil || random.IntN(2) == 0 {
				continue
			}
		}
		chance := chances[random.IntN(len(chances))]
		image[filepath.Base(path)] = apply(slices.Clone(node.durable), node.pending, sometimes(random, chance))
	}
	return image
}

// Write writes the image into a folder.
func (i Image) Write(folder string) error {
	for name, content := range i {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// sector is what a disk writes as a whole.
const sector = 512

func always() bool { return true }

func sometimes(random *rand.Rand, chance float64) func() bool {
	return func() bool { return random.Float64() < chance }
}

// apply changes content, sector by sector, as far as reaches says.
func apply(content []byte, changes []change, reaches func() bool) []byte {
	for _, c := range changes {
		if c.data == nil {
			if reaches() && c.offset < int64(len(content)) {
				content = content[:c.offset]
			}
			continue
		}
		for at := 0; at < len(c.data); {
			end := min(at+sector-int(c.offset+int64(at))%sector, len(c.data))
			if reaches() {
				content = overwrite(content, c.offset+int64(at), c.data[at:end])
			}
			at = end
		}
	}
	return content
}

// overwrite writes data into content; a gap before it is zeros.
func overwrite(content []byte, offset int64, data []byte) []byte {
	if gap := offset + int64(len(data)) - int64(len(content)); gap > 0 {
		content = append(content, make([]byte, gap)...)
	}
	copy(content[offset:], data)
	return content
}
