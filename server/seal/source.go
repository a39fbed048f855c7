package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// maxKeySet bounds a key set file; a set of a hundred keys is a tenth of it.
const maxKeySet = 256 << 10

// Source says where the key set is. The first field that is set is used.
type Source struct {
	// KeySet is the key set itself, as JSON or as base64 of that.
	KeySet string
	// File is a file with a key set, readable by its owner only.
	File string
	// DevelopmentFile is where a key set is made if it does not exist. It lies
	// beside the data it protects, so it protects nothing from who can copy both.
	DevelopmentFile string
}

// Open returns a Sealer with the key set of source. It warns through log if
// that is a development key set. The errors name the place and what to do, and
// never repeat a key.
func Open(source Source, log *slog.Logger) (*Sealer, error) {
	switch {
	case source.KeySet != "":
		handle, err := decode([]byte(source.KeySet))
		if err != nil {
			return nil, fmt.Errorf("read sealing key set: %w", err)
		}
		return newSealer(handle)
	case source.File != "":
		return openFile(source.File)
	case source.DevelopmentFile != "":
		return openDevelopment(source.DevelopmentFile, log)
	}
	return nil, errors.New("open sealing key set: none is configured")
}

func openFile(path string) (*Sealer, error) {
	handle, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read sealing key set %s: %w", path, err)
	}
	return newSealer(handle)
}

func openDevelopment(path string, log *slog.Logger) (*Sealer, error) {
	err := makeDevelopment(path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make development key set %s: %w", path, err)
	}
	sealer, err := openFile(path)
	if err != nil {
		return nil, err
	}
	sealer.development = true
	log.Warn("secrets are sealed with a development key that lies beside the data; "+
		`make a key set with "spurline key new" and configure it before real secrets are stored`,
		slog.String("file", path))
	return sealer, nil
}

// makeDevelopment writes a new key set to path, whole or not at all. It returns
// fs.ErrExist if there is a file already, also one that another process made in
// the same instant.
func makeDevelopment(path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fs.ErrExist
	}
	text, err := NewKeySet()
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".key-*") // CreateTemp makes it 0600.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(temporary.Name())) }()
	_, err = temporary.Write(text)
	err = errors.Join(err, temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Link(temporary.Name(), path)
}

func readFile(path string) (handle *keyset.Handle, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("mode is %04o, so others than its owner can use it; run: chmod 600 %s", mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeySet))
	if err != nil {
		return nil, err
	}
	return decode(text)
}
