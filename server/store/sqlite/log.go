package sqlite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// SQLite reads a write-ahead log as far as its checksums are right and drops the rest
// without a word. After a power cut that is how it should be: the rest was never
// acknowledged. After a bit has flipped in the middle it would be acknowledged commits
// that go (promise P2). What tells the two apart: a commit is synced before anything of
// the next one is written, so that behind a frame that a power cut has torn there is
// the rest of its own commit at most.

// The format of the log, https://www.sqlite.org/fileformat2.html#walformat.
const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // The lowest bit says that checksums are of big-endian words.
)

// logSum is the checksum of everything in a log up to a frame.
type logSum [2]uint32

func (s logSum) add(order binary.ByteOrder, data []byte) logSum {
	for ; len(data) >= 8; data = data[8:] {
		s[0] += order.Uint32(data) + s[1]
		s[1] += order.Uint32(data[4:]) + s[0]
	}
	return s
}

func storedSum(data []byte) logSum {
	return logSum{binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])}
}

// checkLog returns an error if the log of a store that nobody has open lost commits
// that were acknowledged. It changes nothing. SQLite must not see such a log: it would
// write over it.
func checkLog(path string) (err error) {
	log, err := os.Open(path + "-wal")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	in := bufio.NewReaderSize(log, 1<<20)
	var header [logHeader]byte
	if _, err := io.ReadFull(in, header[:]); err != nil || header == [logHeader]byte{} {
		return ended(err) // A power cut came before its first sync.
	}
	order := binary.ByteOrder(binary.LittleEndian)
	magic := binary.BigEndian.Uint32(header[:])
	if magic&1 != 0 {
		order = binary.BigEndian
	}
	size := binary.BigEndian.Uint32(header[8:])
	sum := logSum{}.add(order, header[:24])
	if magic&^1 != logMagic || size < 512 || size > 65536 || size&(size-1) != 0 || sum != storedSum(header[24:]) {
		return damagedLog(path, "its header")
	}
	return walkLog(path, in, order, [8]byte(header[16:24]), sum, make([]byte, frameHeader+int(size)))
}

// walkLog looks for commits behind the end that SQLite sees. A frame there belongs to
// the log if its checksum follows from the one that stands in the frame before.
func walkLog(path string, in io.Reader, order binary.ByteOrder, salt [8]byte, sum logSum, frame []byte) error {
	broken, committed := 0, false // Where it ends for SQLite, and whether a commit ends after that.
	for number := 1; ; number++ {
		if _, err := io.ReadFull(in, frame); err != nil {
			return ended(err)
		}
		found := [8]byte(frame[8:16])
		if !akin(found, salt) {
			// Of an earlier use of the log, or torn. What comes next starts from its word.
			if broken == 0 {
				broken = number
			}
			committed, sum = false, storedSum(frame[16:])
			continue
		}
		follows := found == salt && sum.add(order, frame[:8]).add(order, frame[frameHeader:]) == storedSum(frame[16:])
		commit := binary.BigEndian.Uint32(frame[4:]) != 0
		switch {
		case follows && committed:
			return damagedLog(path, fmt.Sprintf("frame %d of its log, with commits after it", broken))
		case follows && broken > 0 && commit:
			committed = true
		case !follows:
			if broken == 0 {
				broken = number
			}
			committed = commit && !acrossSectors(number, len(frame))
		}
		sum = storedSum(frame[16:])
	}
}

// akin says whether a frame with this salt belongs to the log, if perhaps damaged: an
// earlier use of the log has another number in both halves, as the first one counts
// uses and the second one is drawn anew.
func akin(found, salt [8]byte) bool {
	return [4]byte(found[:4]) == [4]byte(salt[:4]) || [4]byte(found[4:]) == [4]byte(salt[4:])
}

// acrossSectors says whether a power cut can have mixed what a frame says of its commit
// with what was there before: the salt, which proves that it belongs to the log, stands
// in another sector.
func acrossSectors(number, frame int) bool {
	const sector = 512
	begins := logHeader + (number-1)*frame
	return (begins+4)/sector != (begins+15)/sector
}

// ended makes nothing of the end of a log.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}
