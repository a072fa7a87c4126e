package telegramtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// file is a file that Telegram keeps. Its ID is another one for each bot on the real service; here it is one.
type file struct {
	id, unique string
	name, mime string
	path       string // below /file/bot<token>/, or on the disk
	data       []byte
	gone       bool
}

// typesByName are the media types that Telegram finds by the end of a file's name.
var typesByName = map[string]string{".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".mp4": "video/mp4",
	".webm": "video/webm", ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".pdf": "application/pdf", ".tgs": "application/x-tgsticker"}

// keep keeps a file. The caller holds the mutex.
func (s *Server) keep(u *upload) *file {
	hash := sha256.Sum256(u.data)
	if kind := typesByName[strings.ToLower(filepath.Ext(u.name))]; kind != "" && (u.mime == "" || u.mime == "application/octet-stream") {
		u.mime = kind
	}
	number := s.id()
	f := &file{id: fmt.Sprintf("file-%d", number), unique: "u" + hex.EncodeToString(hash[:6]), name: u.name, mime: u.mime, data: u.data}
	folder := "documents"
	if kind, _, ok := strings.Cut(u.mime, "/"); ok && kind != "application" {
		folder = kind + "s"
	}
	f.path = fmt.Sprintf("%s/file_%d%s", folder, number, filepath.Ext(u.name))
	s.files[f.id] = f
	return f
}

// LoseFile lets a file be gone: it can be fetched no more.
func (s *Server) LoseFile(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[id]; f != nil {
		f.gone = true
	}
}

// describe says of a file what a message says.
func (f *file) describe() *Media {
	return &Media{FileID: f.id, FileUniqueID: f.unique, FileName: f.name, MimeType: f.mime, FileSize: int64(len(f.data))}
}

// getFile tells where a file can be fetched. Bots may fetch 20 MB at most; at a local server any size, from the disk.
func (c *call) getFile() (any, error) {
	f := c.server.files[c.text("file_id")]
	switch {
	case f == nil:
		return nil, badRequest("wrong file_id or the file is temporarily unavailable")
	case f.gone:
		return nil, badRequest("file is temporarily unavailable")
	case len(f.data) > maxDownload && c.server.options.Local == "":
		return nil, badRequest("file is too big")
	}
	path := f.path
	if folder := c.server.options.Local; folder != "" {
		path = filepath.Join(folder, c.bot.token, f.path) // the real server, too, names the folder so
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, f.data, 0o600); err != nil {
			return nil, err
		}
	}
	return map[string]any{"file_id": f.id, "file_unique_id": f.unique, "file_size": len(f.data), "file_path": path}, nil
}

// serveFile gives a file out.
func (s *Server) serveFile(w http.ResponseWriter, token, path string) {
	s.mu.Lock()
	bot := s.bots[token]
	var found *file
	for _, f := range s.files {
		if f.path == path && !f.gone {
			found = f
		}
	}
	fault := s.takeFault(bot, "file")
	s.mu.Unlock()
	switch {
	case bot == nil:
		answer(w, nil, &apiError{code: http.StatusUnauthorized, text: "Unauthorized"})
	case fault != nil && fault.before(w):
	case found == nil || s.options.Local != "":
		answer(w, nil, &apiError{code: http.StatusNotFound, text: "Not Found"})
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", fmt.Sprint(len(found.data)))
		w.Write(found.data)
	}
}
