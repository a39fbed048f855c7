package sdk

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// handshakePrefix begins the one line that the host expects on stdout: the
// version of go-plugin's protocol and ours.
const handshakePrefix = "1|1|"

// guardStdout puts a pipe in the place of os.Stdout, so that what the plugin
// prints before go-plugin takes over goes to the log and does not break the
// handshake.
func guardStdout(s streams) {
	r, w, err := os.Pipe()
	if err != nil {
		return // Then stdout stays what it is.
	}
	os.Stdout = w
	go passHandshake(r, s.stdout, s.stderr)
}

// passHandshake copies lines: the first handshake to the host, all others to
// the log.
func passHandshake(from io.Reader, host, log io.Writer) {
	lines := bufio.NewReaderSize(from, 64<<10)
	to := log
	shaken := false
	for {
		line, err := lines.ReadSlice('\n')
		if !shaken && bytes.HasPrefix(line, []byte(handshakePrefix)) {
			to, shaken = host, true
		}
		_, _ = to.Write(line)
		if len(line) > 0 && line[len(line)-1] == '\n' {
			to = log
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
