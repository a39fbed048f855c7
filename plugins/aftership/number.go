package aftership

import (
	"fmt"
	"strings"
	"unicode"
)

// The length that AfterShip takes (AfterShip API reference, section 2.4).
const (
	shortestNumber = 4
	longestNumber  = 100
)

// normaliseNumber spells a tracking number as AfterShip takes it: without white
// space and in upper case, since lower case is not in the documented characters.
// It fails, without quoting the number, on what AfterShip would refuse.
func normaliseNumber(submitted string) (string, error) {
	number := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, submitted)
	if strings.ContainsFunc(number, func(r rune) bool { return !numberRune(r) }) {
		return "", fmt.Errorf("tracking number has characters other than A to Z, 0 to 9 and - . _ /")
	}
	if len(number) < shortestNumber || len(number) > longestNumber {
		return "", fmt.Errorf("tracking number has %d characters, must have %d to %d",
			len(number), shortestNumber, longestNumber)
	}
	return number, nil
}

func numberRune(r rune) bool {
	return 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._/", r)
}
