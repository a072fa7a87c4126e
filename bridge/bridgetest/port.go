package bridgetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"
)

// FreePort returns a TCP port on which nothing listens on 127.0.0.1.
//
// It lies below the ranges from which operating systems take the local ends of
// outgoing connections (32768 and up on Linux, 49152 on others), so that a
// server which is down for a moment finds its port free when it comes back.
func FreePort() (int, error) {
	const first, last, attempts = 20000, 32000, 100
	var failed error
	for range attempts {
		port := first + rand.IntN(last-first)
		if err := probePort(port); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		return port, nil
	}
	return 0, fmt.Errorf("finding a free port: %w", failed)
}

// probePort fails when something listens on the port.
func probePort(port int) error {
	l, err := net.Listen("tcp4", loopback(port))
	if err != nil {
		return err
	}
	return l.Close()
}

// loopback returns the address of a port on this machine alone.
func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// pollEvery is how often a condition outside this process, which cannot tell
// us that it changed, is looked at.
const pollEvery = 25 * time.Millisecond
