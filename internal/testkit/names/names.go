// Package names gives a process a name for an address, as a name server does, so
// that two processes that send to one URL can be told apart by where they arrive. No
// other code than tests may import it.
package names

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
)

// Resolver knows one name, and answers to any other alike.
func Resolver(addr netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		asker, server := net.Pipe()
		go answer(server, addr.As4())
		return asker, nil
	}}
}

// What a message of DNS looks like: RFC 1035, section 4. On a stream each has its
// length before it.
const (
	headerLength = 12
	typeLength   = 4 // and class
	typeA        = 1
)

// answer answers until the asker is satisfied.
func answer(c net.Conn, addr [4]byte) {
	defer c.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(c, query); err != nil || len(query) < headerLength {
			return
		}
		reply := reply(query, addr)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// reply repeats the question, with one record of the address if that is asked for.
func reply(query []byte, addr [4]byte) []byte {
	end := headerLength
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 1 + typeLength
	if end > len(query) {
		return query[:headerLength]
	}
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[headerLength:end]...) // a response, recursion available
	if binary.BigEndian.Uint16(query[end-typeLength:]) == typeA {
		reply[7] = 1                                                                // one answer
		reply = append(reply, 0xc0, headerLength, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4) // the name asked for, for a second
		reply = append(reply, addr[:]...)
	}
	return reply
}
