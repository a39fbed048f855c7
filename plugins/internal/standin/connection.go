package standin

import (
	"net"
	"net/http"
)

// Reset breaks the connection off without an answer.
func Reset[S any]() Fault[S] { return New(0, 0, func(c Call[S]) { BreakOff(c.Writer) }) }

// Hang answers nothing until the client gives up or the stand-in is released.
func Hang[S any]() Fault[S] { return New(0, 0, func(c Call[S]) { c.Release.Hang(c.Request) }) }

// BreakOff resets the connection of a call; in HTTP/2, and where it cannot have the
// connection, it panics with http.ErrAbortHandler, which resets the stream.
func BreakOff(w http.ResponseWriter) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		// Without lingering the peer sees a reset and not an end.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
