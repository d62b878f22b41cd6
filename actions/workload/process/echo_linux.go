package process

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// echoSocket sends ICMP echo requests (RFC 792), by an unprivileged ping socket
// (icmp(7), net.ipv4.ping_group_range) or else by a raw one (CAP_NET_RAW).
type echoSocket struct {
	fd  int
	raw bool
}

func openEcho() (*echoSocket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err == nil {
		return &echoSocket{fd: fd}, nil
	}
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		return nil, fmt.Errorf("open an ICMP socket: %w", err)
	}
	return &echoSocket{fd: fd, raw: true}, nil
}

const (
	echoRequest, echoReply = 8, 0
	icmpHeader, ipHeader   = 8, 20
)

// echo sends one request and waits for its answer.
func (s *echoSocket) echo(to netip.Addr, seq uint16, patience time.Duration) (time.Duration, error) {
	start := time.Now()
	err := unix.Sendto(s.fd, request(uint16(os.Getpid()), seq), 0, &unix.SockaddrInet4{Addr: to.As4()})
	if err != nil {
		return 0, err
	}
	buffer := make([]byte, 1500)
	for {
		left := patience - time.Since(start)
		if left <= 0 {
			return 0, unix.ETIMEDOUT
		}
		limit := unix.NsecToTimeval(int64(left))
		_ = unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
		n, _, err := unix.Recvfrom(s.fd, buffer, 0)
		if err == unix.EAGAIN {
			return 0, unix.ETIMEDOUT
		}
		if err != nil && err != unix.EINTR {
			return 0, err
		}
		if err == nil && s.answers(buffer[:n], seq) {
			return time.Since(start), nil
		}
	}
}

// answers reports whether the packet is the reply to our request. A raw socket
// sees the IP header and everybody's packets, a ping socket neither.
func (s *echoSocket) answers(packet []byte, seq uint16) bool {
	if s.raw && len(packet) >= ipHeader {
		packet = packet[int(packet[0]&0xf)*4:]
	}
	if len(packet) < icmpHeader || packet[0] != echoReply || binary.BigEndian.Uint16(packet[6:]) != seq {
		return false
	}
	return !s.raw || binary.BigEndian.Uint16(packet[4:]) == uint16(os.Getpid())
}

// request is an echo request without payload.
func request(id, seq uint16) []byte {
	packet := make([]byte, icmpHeader)
	packet[0] = echoRequest
	binary.BigEndian.PutUint16(packet[4:], id)
	binary.BigEndian.PutUint16(packet[6:], seq)
	binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	return packet
}

// checksum is the Internet checksum of RFC 1071 over an even number of bytes.
func checksum(packet []byte) uint16 {
	sum := uint32(0)
	for i := 0; i < len(packet); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(packet[i:]))
	}
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
