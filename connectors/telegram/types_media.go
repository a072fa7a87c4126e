package telegram

// attached is the file of a message, under the name of its kind (Bot API, Message).
type attached struct {
	Animation    *fileObject  `json:"animation,omitempty"`
	Audio        *fileObject  `json:"audio,omitempty"`
	Document     *fileObject  `json:"document,omitempty"`
	Photo        []fileObject `json:"photo,omitempty"` // one picture in several sizes
	Sticker      *fileObject  `json:"sticker,omitempty"`
	Video        *fileObject  `json:"video,omitempty"`
	VideoNote    *fileObject  `json:"video_note,omitempty"`
	Voice        *fileObject  `json:"voice,omitempty"`
	MediaGroupID string       `json:"media_group_id,omitempty"` // of the album that it belongs to
}

// fileObject is a file, with the fields of all its kinds (Bot API, PhotoSize, Animation, Audio, Document, Sticker, Video, VideoNote
// and Voice).
type fileObject struct {
	FileID       string      `json:"file_id"`
	FileUniqueID string      `json:"file_unique_id"` // the same for every bot, and at all times
	FileName     string      `json:"file_name,omitempty"`
	MimeType     string      `json:"mime_type,omitempty"`
	FileSize     int64       `json:"file_size,omitempty"` // bytes
	Width        int         `json:"width,omitempty"`
	Height       int         `json:"height,omitempty"`
	Length       int         `json:"length,omitempty"`   // of a video note, which is a square
	Duration     int         `json:"duration,omitempty"` // seconds
	Performer    string      `json:"performer,omitempty"`
	Title        string      `json:"title,omitempty"`
	Emoji        string      `json:"emoji,omitempty"` // that a sticker stands for
	IsAnimated   bool        `json:"is_animated,omitempty"`
	IsVideo      bool        `json:"is_video,omitempty"`
	Thumbnail    *fileObject `json:"thumbnail,omitempty"`
}

// chatPhoto is the picture of a chat (Bot API, ChatPhoto).
type chatPhoto struct {
	BigFileID       string `json:"big_file_id"`
	BigFileUniqueID string `json:"big_file_unique_id"`
}

// place is where a file can be fetched (Bot API, File).
type place struct {
	FileSize int64  `json:"file_size,omitempty"`
	FilePath string `json:"file_path"`
}
