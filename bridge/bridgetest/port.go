package bridgetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"
)

// reservations keeps the ports that this process was given.
var reservations struct {
	mu    sync.Mutex
	ports []net.PacketConn // guarded by mu
}

// FreePort returns a TCP port on which nothing listens on 127.0.0.1, and that FreePort gives to nobody else, in no process,
// for as long as this one runs.
//
// It lies below the ranges from which operating systems take the local ends of
// outgoing connections (32768 and up on Linux, 49152 on others), so that a
// server which is down for a moment finds its port free when it comes back.
func FreePort() (int, error) {
	const first, last, attempts = 20000, 32000, 100
	var failed error
	for range attempts {
		port := first + rand.IntN(last-first)
		if err := reserve(port); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		return port, nil
	}
	return 0, fmt.Errorf("finding a free port: %w", failed)
}

// reserve fails when something listens on the port, or a process was given it. UDP, which nothing here speaks, has ports of its
// own: holding the one of the same number tells other processes.
func reserve(port int) error {
	reserved, err := net.ListenPacket("udp4", loopback(port))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp4", loopback(port))
	if err == nil {
		err = l.Close()
	}
	if err != nil {
		return errors.Join(err, reserved.Close())
	}
	reservations.mu.Lock()
	defer reservations.mu.Unlock()
	reservations.ports = append(reservations.ports, reserved)
	return nil
}

// loopback returns the address of a port on this machine alone.
func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// pollEvery is how often a condition outside this process, which cannot tell
// us that it changed, is looked at.
const pollEvery = 25 * time.Millisecond
