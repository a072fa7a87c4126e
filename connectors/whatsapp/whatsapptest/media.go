package whatsapptest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"go.mau.fi/whatsmeow"
)

const (
	// mediaAuth is what clients have to present when uploading.
	mediaAuth = "sim-media-auth"
	// maxUpload bounds an upload, in bytes: 2 GiB is WhatsApp's own limit for documents, far beyond what tests send.
	maxUpload = 256 << 20
	// mediaQuery follows a media path: clients append to it with an ampersand, so that there has to be one.
	mediaQuery = "?ccb=11-4&oh=sim&oe=sim"
	// macLength is how much of the MAC follows the ciphertext (whatsmeow download.go).
	macLength = 10
)

// storedMedia is a file on the server: end-to-end encrypted, unless it is a profile picture.
type storedMedia struct {
	data []byte
	mime string
}

// answerMediaConn tells where media is up- and downloaded.
func (s *Server) answerMediaConn() []node {
	return []node{{Tag: "media_conn", Attrs: attrs{"auth": mediaAuth, "ttl": 300, "auth_ttl": 21600, "max_buckets": 12}, Content: []node{
		{Tag: "host", Attrs: attrs{"hostname": s.options.MediaHost}},
		{Tag: "host", Attrs: attrs{"hostname": s.options.MediaHost}}, // to fall back on, as the real server names one
	}}}
}

// storeMedia keeps a file and returns its direct path. The caller does not hold the mutex.
func (s *Server) storeMedia(data []byte, mime string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.storeMediaLocked(data, mime)
}

func (s *Server) storeMediaLocked(data []byte, mime string) string {
	sum := sha256.Sum256(data)
	path := "/v/t62.7118-24/" + base64.RawURLEncoding.EncodeToString(sum[:])
	s.media[path] = storedMedia{data: data, mime: mime}
	return path + mediaQuery
}

// loadMedia returns the file of a direct path.
func (s *Server) loadMedia(directPath string) ([]byte, error) {
	path, _, _ := strings.Cut(directPath, "?")
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.media[path]
	if !ok {
		return nil, fmt.Errorf("no media at %s", path)
	}
	return file.data, nil
}

// DropMedia forgets every media file, as the real server does after some weeks: downloads then fail with 404.
func (s *Server) DropMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.media)
}

// serveMedia is the HTTP side: uploads, downloads and clean-up.
func (s *Server) serveMedia(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/mms/"):
		s.serveUpload(w, r)
	case r.Method == http.MethodDelete && strings.HasPrefix(r.URL.Path, "/mms/"):
		s.serveDelete(w, r)
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v/"):
		s.serveDownload(w, r)
	default:
		s.noteUnknown(r.RemoteAddr, &node{Tag: r.Method, Attrs: attrs{"path": r.URL.Path}}, errNotUnderstood)
		http.NotFound(w, r)
	}
}

func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	file, ok := s.media[r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.mime)
	w.Write(file.data)
}

// serveUpload takes an upload whose token is the hash of what is sent.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	if err != nil {
		http.Error(w, "upload is too large or broke off", http.StatusRequestEntityTooLarge)
		return
	}
	sum := sha256.Sum256(data)
	token, err := base64.URLEncoding.DecodeString(r.URL.Query().Get("token"))
	if r.URL.Query().Get("auth") != mediaAuth || err != nil || !bytes.Equal(token, sum[:]) {
		http.Error(w, "bad auth or token", http.StatusUnauthorized)
		return
	}
	path := s.storeMedia(data, "application/octet-stream")
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{
		"url": "https://" + s.options.MediaHost + path, "direct_path": path, "handle": newID(),
	})
}

func (s *Server) serveDelete(w http.ResponseWriter, r *http.Request) {
	path, err := base64.RawURLEncoding.DecodeString(r.URL.Query().Get("d_md"))
	if r.URL.Query().Get("auth") != mediaAuth || err != nil {
		http.Error(w, "bad auth or path", http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	delete(s.media, string(path))
	s.mu.Unlock()
}

// sealedMedia is an encrypted file on the server, as a message refers to it.
type sealedMedia struct {
	directPath             string
	url                    string
	key, sum, encryptedSum []byte
	length                 uint64
}

var errMediaBroken = errors.New("media does not decrypt or is not what its message says")

// uploadMedia encrypts a file for a kind of media and stores it.
func (s *Server) uploadMedia(data []byte, kind whatsmeow.MediaType) (sealedMedia, error) {
	key := randomBytes(32)
	sealed, err := sealMedia(data, key, kind)
	if err != nil {
		return sealedMedia{}, fmt.Errorf("encrypt media: %w", err)
	}
	path := s.storeMedia(sealed, "application/octet-stream")
	return describeMedia(data, sealed, key, path, "https://"+s.options.MediaHost+path), nil
}

func describeMedia(data, sealed, key []byte, path, url string) sealedMedia {
	sum, encryptedSum := sha256.Sum256(data), sha256.Sum256(sealed)
	return sealedMedia{
		directPath: path, url: url, key: key, sum: sum[:], encryptedSum: encryptedSum[:], length: uint64(len(data)),
	}
}

// downloadMedia fetches a file, checks it and decrypts it.
func (s *Server) downloadMedia(directPath string, key, sum []byte, kind whatsmeow.MediaType) ([]byte, error) {
	sealed, err := s.loadMedia(directPath)
	if err != nil {
		return nil, err
	}
	data, err := openMedia(sealed, key, kind)
	if err != nil {
		return nil, err
	}
	if actual := sha256.Sum256(data); !bytes.Equal(actual[:], sum) {
		return nil, errMediaBroken
	}
	return data, nil
}

// mediaKeys are derived from a file's key for its kind: IV 16, cipher key 32, MAC key 32, and 32 that are not used (whatsmeow
// download.go, getMediaKeys).
func mediaKeys(key []byte, kind whatsmeow.MediaType) (iv, cipherKey, macKey []byte, err error) {
	expanded, err := hkdf.Key(sha256.New, key, nil, string(kind), 112)
	if err != nil {
		return nil, nil, nil, err
	}
	return expanded[:16], expanded[16:48], expanded[48:80], nil
}

// sealMedia encrypts with AES-CBC and appends the beginning of an HMAC over IV and ciphertext.
func sealMedia(data, key []byte, kind whatsmeow.MediaType) ([]byte, error) {
	iv, cipherKey, macKey, err := mediaKeys(key, kind)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cipherKey)
	if err != nil {
		return nil, err
	}
	padding := aes.BlockSize - len(data)%aes.BlockSize
	sealed := append(bytes.Clone(data), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed, sealed)
	return append(sealed, mediaMAC(macKey, iv, sealed)...), nil
}

// openMedia is the reverse.
func openMedia(sealed, key []byte, kind whatsmeow.MediaType) ([]byte, error) {
	if len(sealed) < macLength+aes.BlockSize || (len(sealed)-macLength)%aes.BlockSize != 0 {
		return nil, errMediaBroken
	}
	iv, cipherKey, macKey, err := mediaKeys(key, kind)
	if err != nil {
		return nil, err
	}
	ciphertext, mac := sealed[:len(sealed)-macLength], sealed[len(sealed)-macLength:]
	if !hmac.Equal(mac, mediaMAC(macKey, iv, ciphertext)) {
		return nil, errMediaBroken
	}
	block, err := aes.NewCipher(cipherKey)
	if err != nil {
		return nil, err
	}
	data := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(data, ciphertext)
	padding := int(data[len(data)-1])
	if padding == 0 || padding > aes.BlockSize || !bytes.HasSuffix(data, bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, errMediaBroken
	}
	return data[:len(data)-padding], nil
}

func mediaMAC(macKey, iv, ciphertext []byte) []byte {
	mac := hmac.New(sha256.New, macKey)
	mac.Write(iv)
	mac.Write(ciphertext)
	return mac.Sum(nil)[:macLength]
}
