package whatsapp

import (
	"fmt"
	"slices"

	"maunium.net/go/mautrix/event"
)

// mimeAll stands for every media type.
const mimeAll = "*/*"

// roomFeatures is what rooms can do, for clients that want to know. bridgev2 refuses in protocol words what is not in it, so
// it names every kind of file, and what is refused is refused here.
func roomFeatures(maxFile int64) *event.RoomFeatures {
	return &event.RoomFeatures{
		ID:                fmt.Sprintf("passerelle.whatsapp.3.%d", maxFile),
		Formatting:        formattingFeatures(),
		File:              fileFeatures(),
		MaxTextLength:     65536,
		Reply:             event.CapLevelFullySupported,
		Edit:              event.CapLevelFullySupported,
		Delete:            event.CapLevelFullySupported,
		Reaction:          event.CapLevelFullySupported,
		ReactionCount:     1,
		LocationMessage:   event.CapLevelFullySupported,
		Poll:              event.CapLevelFullySupported,
		PollHiddenVotes:   event.CapLevelDropped,
		PollMaxOptions:    mostAnswers,
		DisappearingTimer: timerFeature(),
	}
}

func formattingFeatures() event.FormattingFeatureMap {
	features := event.FormattingFeatureMap{}
	for level, all := range map[event.CapabilitySupportLevel][]event.FormattingFeature{
		event.CapLevelFullySupported: {
			event.FmtBold, event.FmtItalic, event.FmtStrikethrough, event.FmtInlineCode, event.FmtCodeBlock, event.FmtBlockquote,
			event.FmtUserLink, event.FmtAtRoomMention, event.FmtUnorderedList, event.FmtOrderedList, event.FmtListStart,
		},
		event.CapLevelPartialSupport: { // what they say goes out, in another form
			event.FmtInlineLink, event.FmtRoomLink, event.FmtEventLink, event.FmtSpoiler, event.FmtSpoilerReason, event.FmtHeaders,
			event.FmtHorizontalLine, event.FmtTable, event.FmtDetailsSummary, event.FmtCustomEmoji, event.FmtMath,
		},
		event.CapLevelDropped: {
			event.FmtUnderline, event.FmtSyntaxHighlighting, event.FmtListJumpValue, event.FmtTextForegroundColor,
			event.FmtTextBackgroundColor, event.FmtSuperscript, event.FmtSubscript,
		},
	} {
		for _, feature := range all {
			features[feature] = level
		}
	}
	return features
}

// shownAs lists the media types that WhatsApp shows as what they are. All others become documents.
var shownAs = map[event.CapabilityMsgType][]string{
	event.MsgImage:      {"image/jpeg", "image/png"},
	event.MsgVideo:      {"video/mp4", "video/3gpp"},
	event.MsgAudio:      {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/x-m4a"},
	event.MsgFile:       {mimeAll},
	event.CapMsgVoice:   {"audio/ogg"},
	event.CapMsgGIF:     {"video/mp4"},
	event.CapMsgSticker: {"image/webp"},
}

func isShownAs(kind event.CapabilityMsgType, mimeType string) bool {
	return slices.Contains(shownAs[kind], mimeType)
}

func fileFeatures() event.FileFeatureMap {
	features := event.FileFeatureMap{}
	for kind, shown := range shownAs {
		f := &event.FileFeatures{
			MimeTypes: map[string]event.CapabilitySupportLevel{mimeAll: event.CapLevelPartialSupport},
			Caption:   event.CapLevelFullySupported,
		}
		for _, mimeType := range shown {
			f.MimeTypes[mimeType] = event.CapLevelFullySupported
		}
		switch kind {
		case event.MsgAudio, event.CapMsgVoice:
			f.Caption = event.CapLevelPartialSupport // with one it is a document
		case event.CapMsgSticker:
			f.Caption = event.CapLevelDropped
		}
		features[kind] = f
	}
	return features
}
