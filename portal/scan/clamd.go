package scan

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"passerelle/portal"
)

// clamd asks ClamAV's daemon, in the protocol of clamd(8), "COMMANDS": one command a connection, ended by a NUL as is its answer.
type clamd struct{ dialer }

func newClamd(address string, timeout time.Duration) (*clamd, error) {
	network := "unix"
	if !strings.HasPrefix(address, "/") {
		network = "tcp"
		if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
			return nil, fmt.Errorf("scan.clamd: %q is neither the path of a socket nor host:port; write one such as /run/clamav/clamd.ctl", address)
		}
	}
	return &clamd{dialer{network: network, address: address, timeout: timeout}}, nil
}

// look has a file looked into (clamd(8), INSTREAM): pieces, each behind its length as four bytes in network order, and a piece
// without length at the end.
func (c *clamd) look(ctx context.Context, file *portal.File) (string, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	out := bufio.NewWriterSize(conn, piece+16)
	_, err = out.WriteString("zINSTREAM\x00")
	if err == nil {
		err = sendPieces(file, func(data []byte) error {
			if err := binary.Write(out, binary.BigEndian, uint32(len(data))); err != nil {
				return err
			}
			if _, err := out.Write(data); err != nil {
				return err
			}
			return out.Flush()
		})
	}
	if isUnread(err) {
		return "", err
	}
	if err == nil {
		err = errors.Join(binary.Write(out, binary.BigEndian, uint32(0)), out.Flush())
	}
	// It answers and hangs up in the middle of what is too large for it: the answer counts then, and not that it hung up.
	answer, unanswered := readAnswer(conn)
	if unanswered != nil {
		return "", errors.Join(err, unanswered)
	}
	return parseAnswer(answer)
}

// ping asks whether the daemon is there (clamd(8), PING).
func (c *clamd) ping(ctx context.Context) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("zPING\x00")); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	answer, err := readAnswer(conn)
	switch {
	case err != nil:
		return err
	case answer != "PONG":
		return fmt.Errorf("%w: %.100q", errGarbage, answer)
	}
	return nil
}

// errGarbage is the error of an answer that nobody understands.
var errGarbage = errors.New("the scanner says what nobody understands")

// readAnswer reads what comes before the NUL.
func readAnswer(from io.Reader) (string, error) {
	answer, err := bufio.NewReader(io.LimitReader(from, mostAnswered)).ReadString(0)
	if err != nil {
		return "", fmt.Errorf("read the scanner's answer: %w", err)
	}
	return strings.TrimSuffix(answer, "\x00"), nil
}

// parseAnswer reads what clamd says of a file: "stream: OK", "stream: NAME FOUND", or an error. Only the first means that nothing is
// found.
func parseAnswer(answer string) (found string, err error) {
	subject, said, _ := strings.Cut(strings.TrimSpace(answer), ": ")
	name, isFound := strings.CutSuffix(said, " FOUND")
	name = strings.TrimSpace(name)
	switch {
	case subject == "stream" && said == "OK":
		return "", nil
	case isFound && strings.HasPrefix(name, "Heuristics.Limits.Exceeded"): // AlertExceedsMax (clamd.conf(5)): it did not look into all of it
		return "", errTooLarge
	case isFound && name != "":
		return name, nil
	case strings.HasPrefix(answer, "INSTREAM size limit exceeded"): // StreamMaxLength (clamd.conf(5))
		return "", errTooLarge
	case strings.HasSuffix(said, " ERROR") && (strings.Contains(said, "Time limit reached") || strings.Contains(said, "size exceeded")):
		return "", errTooLarge // MaxScanTime, MaxFileSize: the same file ends so each time
	case strings.HasSuffix(answer, "ERROR"):
		return "", fmt.Errorf("the scanner says: %.200s", answer)
	}
	return "", fmt.Errorf("%w: %.100q", errGarbage, answer)
}
