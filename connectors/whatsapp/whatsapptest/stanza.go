package whatsapptest

import (
	"bytes"
	"compress/zlib"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

type (
	node  = waBinary.Node
	attrs = waBinary.Attrs
)

const (
	// maxInflated bounds a compressed stanza once inflated, in bytes.
	maxInflated = maxFrame
	// maxDepth bounds how deep a stanza's children nest. Clients need 6; writing a stanza out takes time that grows with its
	// size times its depth.
	maxDepth = 32
)

// deeperThan tells whether a stanza's children nest deeper than that.
func deeperThan(n *node, depth int) bool {
	if depth < 0 {
		return true
	}
	return slices.ContainsFunc(n.GetChildren(), func(child node) bool { return deeperThan(&child, depth-1) })
}

// decodeStanza reads a frame's content: a flag byte, then binary XML, deflated if the flag says so. The codec panics on some
// nonsense (a nil tag, an empty JID), which becomes an error here.
func decodeStanza(data []byte) (n *node, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = nil, fmt.Errorf("decode stanza: %v", r)
		}
	}()
	if len(data) == 0 {
		return nil, errors.New("decode stanza: empty frame")
	}
	flags, body := data[0], data[1:]
	if flags&2 != 0 {
		inflater, err := zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("inflate stanza: %w", err)
		}
		body, err = io.ReadAll(io.LimitReader(inflater, maxInflated+1))
		if err != nil {
			return nil, fmt.Errorf("inflate stanza: %w", err)
		}
		if len(body) > maxInflated {
			return nil, fmt.Errorf("inflate stanza: %w", errFrameTooLarge)
		}
	}
	n, err = waBinary.Unmarshal(body)
	if err != nil {
		return nil, fmt.Errorf("decode stanza: %w", err)
	}
	if deeperThan(n, maxDepth) {
		return nil, errors.New("decode stanza: it nests too deep")
	}
	return n, nil
}

// encodeStanza is the reverse, never deflated. The codec panics on attribute types that it does not know.
func encodeStanza(n node) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			data, err = nil, fmt.Errorf("encode stanza %s: %v", n.Tag, r)
		}
	}()
	return waBinary.Marshal(n)
}

// text returns a string attribute, or "".
func text(n *node, key string) string {
	value, _ := n.Attrs[key].(string)
	return value
}

// jidOf returns a JID attribute, or the empty JID.
func jidOf(n *node, key string) types.JID {
	value, _ := n.Attrs[key].(types.JID)
	return value
}

// number returns a numeric attribute, or 0.
func number(n *node, key string) uint64 {
	value, _ := strconv.ParseUint(text(n, key), 10, 64)
	return value
}

// content returns a stanza's own content; the codec yields a string where the content is in its dictionary.
func content(n *node) []byte {
	switch value := n.Content.(type) {
	case []byte:
		return value
	case string:
		return []byte(value)
	}
	return nil
}

// childContent returns the content of the first child with the tag, or nil.
func childContent(n *node, tag string) []byte {
	child := n.GetChildByTag(tag)
	if child.Tag != tag {
		return nil
	}
	return content(&child)
}

// withAttr returns the stanza with one attribute more; stanzas that were handed on are never changed in place.
func withAttr(n node, key string, value any) node {
	n.Attrs = maps.Clone(n.Attrs)
	if n.Attrs == nil {
		n.Attrs = attrs{}
	}
	n.Attrs[key] = value
	return n
}

// unixNow is the time as stanzas carry it.
func unixNow() string { return strconv.FormatInt(time.Now().Unix(), 10) }

// newID returns a stanza ID that no other stanza has.
func newID() string { return strings.ToUpper(randomHex(8)) }

func randomHex(n int) string { return hex.EncodeToString(randomBytes(n)) }

func randomBytes(n int) []byte {
	data := make([]byte, n)
	rand.Read(data) // never fails, as crypto/rand promises
	return data
}

// notification builds a stanza of that kind.
func notification(kind string, from types.JID, children ...node) node {
	return node{Tag: "notification", Attrs: attrs{"from": from, "type": kind, "id": newID(), "t": unixNow()}, Content: children}
}
