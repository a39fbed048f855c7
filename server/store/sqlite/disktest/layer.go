package disktest

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
	"zombiezen.com/go/sqlite"
)

// layer is the VFS. SQLite has one list of them in a process, so there is one.
type layer struct {
	// real is the VFS of the system, below the layer.
	real    uintptr
	methods *lib.Tsqlite3_io_methods

	disks  sync.Map // of *Disk by folder
	opened sync.Map // of *openFile by number
	number atomic.Uintptr
}

// openFile is a file that is open on a disk.
type openFile struct {
	disk *Disk
	node *inode
	log  bool
}

// handle is what SQLite knows as a file: the memory of the real one comes after it.
type handle struct {
	methods uintptr
	number  uintptr
}

// theLayer is registered with the first disk. It stays: other connections use it.
var theLayer = sync.OnceValues(register)

func mount(d *Disk) error {
	l, err := theLayer()
	if err == nil {
		l.disks.Store(d.folder, d)
	}
	return err
}

func unmount(d *Disk) {
	if l, err := theLayer(); err == nil {
		l.disks.Delete(d.folder)
	}
}

// register makes the layer the default VFS.
func register() (*layer, error) {
	// The driver sets SQLite up with its first connection.
	first, err := sqlite.OpenConn(":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { _ = first.Close() }()
	tls := libc.NewTLS()
	defer tls.Close()
	l := &layer{real: lib.Xsqlite3_vfs_find(tls, 0)}
	memory := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	tables := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	name, err := libc.CString("disktest")
	if err != nil || memory == 0 || tables == 0 {
		return nil, fmt.Errorf("register the disk with SQLite: no memory: %w", err)
	}
	vfs := at[lib.Tsqlite3_vfs](memory)
	*vfs = *at[lib.Tsqlite3_vfs](l.real)
	vfs.FzName = name
	vfs.FszOsFile += int32(unsafe.Sizeof(handle{}))
	assign(&vfs.FxOpen, l.open)
	assign(&vfs.FxDelete, l.remove)
	l.methods = at[lib.Tsqlite3_io_methods](tables)
	l.fillMethods()
	if code := lib.Xsqlite3_vfs_register(tls, memory, 1); code != lib.SQLITE_OK {
		return nil, fmt.Errorf("register the disk with SQLite: code %d", code)
	}
	return l, nil
}

// at is the value at an address outside of Go's memory.
func at[T any](address uintptr) *T {
	return *(**T)(unsafe.Pointer(&address)) //nolint:gosec // SQLite gives addresses
}

// functions keeps what SQLite points to from being collected.
var functions sync.Map

// assign stores a function where SQLite calls it; function reads one back.
func assign[F any](pointer *uintptr, f F) {
	kept := &f
	functions.Store(kept, nil)
	*pointer = *(*uintptr)(unsafe.Pointer(kept)) //nolint:gosec // SQLite takes addresses
}

func function[F any](pointer uintptr) F {
	return *(*F)(unsafe.Pointer(&pointer)) //nolint:gosec // SQLite gives addresses
}

// diskOf returns the disk of the folder that a file is in.
func (l *layer) diskOf(name uintptr) (*Disk, string) {
	if name == 0 {
		return nil, ""
	}
	path := libc.GoString(name)
	found, ok := l.disks.Load(filepath.Dir(path))
	if !ok {
		return nil, path
	}
	return found.(*Disk), path
}

type openFunc = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32

// open opens a file. One that is on no disk is none of the layer's business from
// here on: SQLite gets the real one.
func (l *layer) open(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	open := function[openFunc](at[lib.Tsqlite3_vfs](l.real).FxOpen)
	disk, path := l.diskOf(name)
	if disk == nil {
		return open(tls, l.real, name, file, flags, out)
	}
	h := at[handle](file)
	*h = handle{}
	if code := open(tls, l.real, name, below(file), flags, out); code != lib.SQLITE_OK {
		return code
	}
	node, err := disk.open(path, flags&lib.SQLITE_OPEN_CREATE != 0 && flags&lib.SQLITE_OPEN_MAIN_DB == 0)
	if err != nil {
		return lib.SQLITE_CANTOPEN
	}
	h.number = l.number.Add(1)
	l.opened.Store(h.number, &openFile{disk: disk, node: node, log: flags&lib.SQLITE_OPEN_WAL != 0})
	h.methods = address(l.methods)
	return lib.SQLITE_OK
}

func (l *layer) remove(tls *libc.TLS, _, name uintptr, syncFolder int32) int32 {
	remove := function[func(*libc.TLS, uintptr, uintptr, int32) int32](at[lib.Tsqlite3_vfs](l.real).FxDelete)
	code := remove(tls, l.real, name, syncFolder)
	if disk, path := l.diskOf(name); disk != nil && code == lib.SQLITE_OK {
		disk.remove(path, syncFolder != 0)
	}
	return code
}

// below is the real file under the layer's.
func below(file uintptr) uintptr { return file + unsafe.Sizeof(handle{}) }

func address[T any](p *T) uintptr {
	return uintptr(unsafe.Pointer(p)) //nolint:gosec // SQLite takes addresses
}

func (l *layer) write(tls *libc.TLS, file, buffer uintptr, size int32, offset int64) int32 {
	f := l.file(file)
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if code := f.disk.enter(Step{Log: f.log}); code != 0 {
		return int32(code)
	}
	data := slices.Clone(unsafe.Slice(at[byte](buffer), size)) //nolint:gosec // of that size
	code := function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](realMethods(file).FxWrite)(
		tls, below(file), buffer, size, offset)
	if code == lib.SQLITE_OK {
		f.node.pending = append(f.node.pending, change{offset: offset, data: data})
	}
	return code
}

func (l *layer) truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	f := l.file(file)
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if code := f.disk.enter(Step{Log: f.log}); code != 0 {
		return int32(code)
	}
	code := function[func(*libc.TLS, uintptr, int64) int32](realMethods(file).FxTruncate)(tls, below(file), size)
	if code == lib.SQLITE_OK {
		f.node.pending = append(f.node.pending, change{offset: size})
	}
	return code
}

func (l *layer) sync(_ *libc.TLS, file uintptr, _ int32) int32 {
	f := l.file(file)
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if code := f.disk.enter(Step{Sync: true, Log: f.log}); code != 0 {
		f.disk.lose(f.node)
		return int32(code)
	}
	// What is durable is what the disk says. The real one need not work for it.
	f.disk.sync(f.node)
	return lib.SQLITE_OK
}

func (l *layer) close(tls *libc.TLS, file uintptr) int32 {
	l.opened.Delete(at[handle](file).number)
	return function[func(*libc.TLS, uintptr) int32](realMethods(file).FxClose)(tls, below(file))
}

func (l *layer) file(file uintptr) *openFile {
	found, _ := l.opened.Load(at[handle](file).number)
	return found.(*openFile)
}

// realMethods are those of the file below.
func realMethods(file uintptr) *lib.Tsqlite3_io_methods {
	return at[lib.Tsqlite3_io_methods](*at[uintptr](below(file)))
}
