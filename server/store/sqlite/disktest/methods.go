package disktest

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// fillMethods makes the table of what SQLite can do to a file. What changes nothing
// goes to the real file as it is. Memory mapping is left out: writes would not be
// seen.
func (l *layer) fillMethods() {
	*l.methods = lib.Tsqlite3_io_methods{FiVersion: 2}
	m := l.methods
	assign(&m.FxClose, l.close)
	assign(&m.FxWrite, l.write)
	assign(&m.FxTruncate, l.truncate)
	assign(&m.FxSync, l.sync)
	assign(&m.FxRead, func(tls *libc.TLS, file, buffer uintptr, size int32, offset int64) int32 {
		return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](realMethods(file).FxRead)(
			tls, below(file), buffer, size, offset)
	})
	assign(&m.FxFileControl, func(tls *libc.TLS, file uintptr, operation int32, argument uintptr) int32 {
		return function[func(*libc.TLS, uintptr, int32, uintptr) int32](realMethods(file).FxFileControl)(
			tls, below(file), operation, argument)
	})
	assign(&m.FxShmMap, func(tls *libc.TLS, file uintptr, page, size, extend int32, out uintptr) int32 {
		return function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](realMethods(file).FxShmMap)(
			tls, below(file), page, size, extend, out)
	})
	assign(&m.FxShmLock, func(tls *libc.TLS, file uintptr, offset, count, flags int32) int32 {
		return function[func(*libc.TLS, uintptr, int32, int32, int32) int32](realMethods(file).FxShmLock)(
			tls, below(file), offset, count, flags)
	})
	assign(&m.FxShmBarrier, func(tls *libc.TLS, file uintptr) {
		function[func(*libc.TLS, uintptr)](realMethods(file).FxShmBarrier)(tls, below(file))
	})
	assign(&m.FxSectorSize, ask(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxSectorSize }))
	assign(&m.FxDeviceCharacteristics,
		ask(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxDeviceCharacteristics }))
	assign(&m.FxFileSize, pass(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxFileSize }))
	assign(&m.FxCheckReservedLock, pass(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxCheckReservedLock }))
	assign(&m.FxLock, tell(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxLock }))
	assign(&m.FxUnlock, tell(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxUnlock }))
	assign(&m.FxShmUnmap, tell(func(m *lib.Tsqlite3_io_methods) uintptr { return m.FxShmUnmap }))
}

// method picks one out of a table.
type method func(*lib.Tsqlite3_io_methods) uintptr

// ask, tell and pass hand on what takes nothing, a number, an address.
func ask(m method) func(*libc.TLS, uintptr) int32 {
	return func(tls *libc.TLS, file uintptr) int32 {
		return function[func(*libc.TLS, uintptr) int32](m(realMethods(file)))(tls, below(file))
	}
}

func tell(m method) func(*libc.TLS, uintptr, int32) int32 {
	return func(tls *libc.TLS, file uintptr, number int32) int32 {
		return function[func(*libc.TLS, uintptr, int32) int32](m(realMethods(file)))(tls, below(file), number)
	}
}

func pass(m method) func(*libc.TLS, uintptr, uintptr) int32 {
	return func(tls *libc.TLS, file, address uintptr) int32 {
		return function[func(*libc.TLS, uintptr, uintptr) int32](m(realMethods(file)))(tls, below(file), address)
	}
}
