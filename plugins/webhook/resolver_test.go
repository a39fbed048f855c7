package webhook

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
)

// names is a name server in memory that answers each question for an IPv4 address
// with the next of the addresses, the last one for ever.
type names struct {
	mu        sync.Mutex
	addresses []netip.Addr
	// asked counts the answers given.
	asked int
}

func namesOf(addresses ...string) *names {
	n := &names{}
	for _, a := range addresses {
		n.addresses = append(n.addresses, netip.MustParseAddr(a))
	}
	return n
}

func (n *names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go n.serve(server)
		return client, nil
	}}
}

// serve answers one question as over TCP: each message after its length.
func (n *names) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	length := make([]byte, 2)
	if _, err := io.ReadFull(conn, length); err != nil {
		return
	}
	question := make([]byte, binary.BigEndian.Uint16(length))
	if _, err := io.ReadFull(conn, question); err != nil {
		return
	}
	answer := n.answer(question)
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
}

// answer has the question once more and, for a question of type A, an address.
func (n *names) answer(question []byte) []byte {
	const header, typeA = 12, 1
	end := header
	for question[end] != 0 { // The labels of the name.
		end += 1 + int(question[end])
	}
	kind := binary.BigEndian.Uint16(question[end+1:])
	end += 5
	answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[header:end]...)
	if kind != typeA {
		return answer
	}
	answer[7] = 1
	answer = append(answer, 0xc0, header, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(answer, n.next().AsSlice()...)
}

func (n *names) next() netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := min(n.asked, len(n.addresses)-1)
	n.asked++
	return n.addresses[at]
}
