package whatsapptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // decoders for pictures that people set
	"image/png"
	"strconv"

	"go.mau.fi/whatsmeow/types"
)

// previewSize is the width and height of a preview, in pixels.
const previewSize = 96

// picture is a profile picture: the image as it was set, and a preview.
type picture struct {
	id                     string
	imagePath, previewPath string
	hash                   []byte
}

// ErrBadImage says that a profile picture is not a PNG or JPEG image.
var ErrBadImage = errors.New("not a PNG or JPEG image")

// newPicture stores an image and its preview. The caller holds the mutex.
func (s *Server) newPicture(data []byte) (*picture, error) {
	full, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, ErrBadImage
	}
	var preview bytes.Buffer
	if err := png.Encode(&preview, shrink(full, previewSize)); err != nil {
		return nil, fmt.Errorf("encode preview: %w", err)
	}
	sum := sha256.Sum256(data)
	s.pictures++
	return &picture{
		id: strconv.Itoa(1700000000 + s.pictures), hash: sum[:],
		imagePath:   s.storeMediaLocked(data, "image/"+format),
		previewPath: s.storeMediaLocked(preview.Bytes(), "image/png"),
	}, nil
}

// shrink scales an image to a square, by the nearest pixel.
func shrink(source image.Image, size int) image.Image {
	bounds := source.Bounds()
	small := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			small.Set(x, y, source.At(bounds.Min.X+x*bounds.Dx()/size, bounds.Min.Y+y*bounds.Dy()/size))
		}
	}
	return small
}

// answerPicture serves the namespace w:profile:picture for people and groups.
func (s *Server) answerPicture(d *device, q *query) ([]node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	target := jidOf(q.stanza, "target")
	if target.IsEmpty() {
		target = d.owner.lid // a client that names nobody means itself
	}
	current, err := s.pictureOf(target)
	if err != nil {
		return nil, err
	}
	if q.kind == "set" {
		return s.changePicture(d, target, current, content(q.child))
	}
	if *current == nil {
		return nil, errItemNotFound
	}
	p := **current
	if text(q.child, "id") == p.id {
		return []node{{Tag: "picture", Attrs: attrs{"id": p.id, "status": "304"}}}, nil
	}
	kind, path := "image", p.imagePath
	if text(q.child, "type") == "preview" {
		kind, path = "preview", p.previewPath
	}
	return []node{{Tag: "picture", Attrs: attrs{
		"id": p.id, "type": kind, "url": "https://" + s.options.MediaHost + path, "direct_path": path,
		"hash": base64.StdEncoding.EncodeToString(p.hash),
	}}}, nil
}

// pictureOf returns where the picture of a person or group is kept. The caller holds the mutex.
func (s *Server) pictureOf(target types.JID) (**picture, error) {
	if g := s.groups[target]; g != nil {
		return &g.picture, nil
	}
	if p := s.personOf(target); p != nil {
		return &p.picture, nil
	}
	return nil, errItemNotFound
}

// changePicture sets a picture, or removes it when there is no data, and tells those who see it. The caller holds the mutex.
func (s *Server) changePicture(d *device, target types.JID, current **picture, data []byte) ([]node, error) {
	if g := s.groups[target]; g == nil {
		if s.personOf(target) != d.owner {
			return nil, errForbidden
		}
		target = d.owner.lid
	} else if asking := g.members[d.owner]; asking == nil || g.needsAdmin("subject") && !asking.admin() {
		return nil, errForbidden
	}
	if len(data) == 0 {
		*current = nil
		s.pictureChanged(target, node{Tag: "delete", Attrs: attrs{"jid": target, "author": d.owner.lid}})
		return nil, nil
	}
	next, err := s.newPicture(data)
	if err != nil {
		return nil, errNotAcceptable
	}
	*current = next
	s.pictureChanged(target, node{Tag: "set", Attrs: attrs{"jid": target, "id": next.id, "author": d.owner.lid}})
	return []node{{Tag: "picture", Attrs: attrs{"id": next.id}}}, nil
}

// pictureChanged tells a group's members of its picture, and everybody of a person's. The caller holds the mutex.
func (s *Server) pictureChanged(target types.JID, change node) {
	news := notification("picture", target, change)
	for key, p := range s.people {
		g := s.groups[target]
		if key == p.number() && (g == nil || g.members[p] != nil) {
			s.deliverAll(p, nil, news)
		}
	}
}
