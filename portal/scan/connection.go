package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"passerelle/portal"
)

// piece is how much of a file is sent at a time, in bytes.
const piece = 128 << 10

// mostAnswered bounds what is read of an answer's lines, in bytes.
const mostAnswered = 64 << 10

// dialer makes connections to a scanner.
type dialer struct {
	network, address string
	timeout          time.Duration
}

// dial connects. The connection ends with ctx.
func (d dialer) dial(ctx context.Context) (*connection, error) {
	plain := net.Dialer{Timeout: d.timeout}
	made, err := plain.DialContext(ctx, d.network, d.address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return watch(ctx, made, d.timeout), nil
}

// connection is one on which something must happen in each span of its timeout: each piece that goes or comes begins a new one.
type connection struct {
	net.Conn
	timeout time.Duration
	unwatch func() bool
}

// watch bounds a connection, and closes it when ctx ends.
func watch(ctx context.Context, made net.Conn, timeout time.Duration) *connection {
	return &connection{Conn: made, timeout: timeout, unwatch: context.AfterFunc(ctx, func() { made.Close() })}
}

// Read reads a piece.
func (c *connection) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write writes a piece.
func (c *connection) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close ends the connection.
func (c *connection) Close() error {
	c.unwatch()
	return c.Conn.Close()
}

// sendPieces hands a file to send piece by piece. Its errors are a *readError, or those of send.
func sendPieces(file *portal.File, send func([]byte) error) error {
	content, buffer := io.NewSectionReader(file.Content, 0, file.Size), make([]byte, piece)
	for left := file.Size; left > 0; {
		n, err := io.ReadFull(content, buffer[:min(left, piece)])
		if err != nil {
			return &readError{err}
		}
		left -= int64(n)
		if err := send(buffer[:n]); err != nil {
			return err
		}
	}
	return nil
}

// isUnread tells whether an error is one of reading the file.
func isUnread(err error) bool {
	var unread *readError
	return errors.As(err, &unread)
}
