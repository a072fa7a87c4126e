package bridgetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the formats whose size SendsImage can tell
	_ "image/jpeg"
	_ "image/png"
	"net/http"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// An Attachment is a file to send.
type Attachment struct {
	// Kind is how clients show it. Empty means as a file.
	Kind event.MessageType
	Name string
	// Caption is the text beside it, if any.
	Caption string
	// MimeType is found out from Data when it is empty.
	MimeType string
	Data     []byte
	// Info says more about it. Its type and size are filled in.
	Info event.FileInfo
	// As is the type of the event; empty means a message, and it may be a sticker.
	As event.Type
	// Voice makes it a voice note of this loudness, from 0 to 1024 (MSC3245).
	Voice []int
}

// SendsImage sends an image, encrypted, with a caption unless that is empty.
func (s *Staff) SendsImage(ctx context.Context, room id.RoomID, data []byte, caption string) (id.EventID, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return "", fmt.Errorf("%s sends an image: %w", s.name, err)
	}
	return s.Attaches(ctx, room, Attachment{
		Kind:    event.MsgImage,
		Name:    "image." + format,
		Caption: caption,
		Data:    data,
		Info:    event.FileInfo{Width: config.Width, Height: config.Height},
	})
}

// Attaches encrypts a file, uploads it and sends it, encrypted (Matrix 1.11,
// 11.12.3.8.1 "Sending encrypted attachments").
func (s *Staff) Attaches(ctx context.Context, room id.RoomID, file Attachment) (id.EventID, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	sealed := attachment.NewEncryptedFile()
	data := bytes.Clone(file.Data)
	sealed.EncryptInPlace(data)
	upload, err := s.client.UploadBytes(ctx, data, "application/octet-stream")
	if err != nil {
		return "", fmt.Errorf("%s uploads %s: %w", s.name, file.Name, err)
	}
	if file.Kind == "" {
		file.Kind = event.MsgFile
	}
	info := file.Info
	info.Size = len(file.Data)
	if info.MimeType = file.MimeType; info.MimeType == "" {
		info.MimeType = http.DetectContentType(file.Data)
	}
	content := &event.MessageEventContent{
		MsgType: file.Kind,
		Body:    file.Name,
		Info:    &info,
		File:    &event.EncryptedFileInfo{EncryptedFile: *sealed, URL: upload.ContentURI.CUString()},
	}
	if file.Voice != nil {
		content.MSC3245Voice = &event.MSC3245Voice{}
		content.MSC1767Audio = &event.MSC1767Audio{Duration: info.Duration, Waveform: file.Voice}
	}
	if file.As == (event.Type{}) {
		file.As = event.EventMessage
	} else {
		content.MsgType = "" // a sticker has none (Matrix 1.11, 11.11)
	}
	if file.Caption != "" {
		content.Body, content.FileName = file.Caption, file.Name
	}
	return s.Sends(ctx, room, file.As, content)
}

// Downloads fetches the media of a message and decrypts it if it is encrypted.
func (s *Staff) Downloads(ctx context.Context, h Heard) ([]byte, error) {
	content := h.Message()
	if content == nil {
		return nil, fmt.Errorf("%s downloads %s: %w", s.name, h.ID, errNoMedia)
	}
	file := content.File
	address := content.URL
	if file != nil {
		address = file.URL
	}
	if address == "" {
		return nil, fmt.Errorf("%s downloads %s: %w", s.name, h.ID, errNoMedia)
	}
	uri, err := address.Parse()
	if err != nil {
		return nil, fmt.Errorf("%s downloads %s: %w", s.name, h.ID, err)
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	data, err := s.client.DownloadBytes(ctx, uri)
	if err != nil {
		return nil, fmt.Errorf("%s downloads %s: %w", s.name, uri, err)
	}
	if file == nil {
		return data, nil
	}
	if err := file.DecryptInPlace(data); err != nil {
		return nil, fmt.Errorf("%s decrypts the media of %s: %w", s.name, h.ID, err)
	}
	return data, nil
}

var errNoMedia = errors.New("the event has no media")
