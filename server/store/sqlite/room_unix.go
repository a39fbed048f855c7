//go:build unix

package sqlite

import "golang.org/x/sys/unix"

// freeSpace returns the bytes that this process can still write.
func freeSpace(folder string) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), nil //nolint:unconvert // other types on other systems
}
