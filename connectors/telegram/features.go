package telegram

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

// GetCapabilities says what a room can do (see [bridgev2.NetworkAPI]). bridgev2 refuses in protocol words what is not in it, so it
// names every kind of file, and what is refused is refused in ours (outgoingOf); for a file that is too large the bridge has the words.
// A long text is split, so none is too long.
func (a *account) GetCapabilities(context.Context, *bridgev2.Portal) *event.RoomFeatures {
	_, limit := a.connector.limits()
	return &event.RoomFeatures{
		ID:              fmt.Sprintf("passerelle.telegram.3.%d", limit),
		Formatting:      formattingFeatures(),
		File:            fileFeatures(limit),
		Reply:           event.CapLevelFullySupported,
		Thread:          event.CapLevelPartialSupport, // topics; others are answers to what they begin with
		Edit:            event.CapLevelFullySupported,
		Delete:          event.CapLevelFullySupported,
		Reaction:        event.CapLevelFullySupported,
		ReactionCount:   1,
		LocationMessage: event.CapLevelFullySupported,
		Poll:            event.CapLevelFullySupported,
		PollEnd:         event.CapLevelFullySupported,
		PollMaxOptions:  mostAnswers,
	}
}

func formattingFeatures() event.FormattingFeatureMap {
	features := event.FormattingFeatureMap{}
	for level, all := range map[event.CapabilitySupportLevel][]event.FormattingFeature{
		event.CapLevelFullySupported: {
			event.FmtBold, event.FmtItalic, event.FmtUnderline, event.FmtStrikethrough, event.FmtInlineCode, event.FmtCodeBlock,
			event.FmtSyntaxHighlighting, event.FmtBlockquote, event.FmtInlineLink, event.FmtUserLink, event.FmtUnorderedList,
			event.FmtOrderedList, event.FmtListStart, event.FmtSpoiler,
		},
		event.CapLevelPartialSupport: { // what they say goes out, in another form
			event.FmtRoomLink, event.FmtEventLink, event.FmtSpoilerReason, event.FmtHeaders, event.FmtHorizontalLine, event.FmtTable,
			event.FmtDetailsSummary, event.FmtCustomEmoji, event.FmtMath,
		},
		event.CapLevelDropped: {
			event.FmtAtRoomMention, event.FmtListJumpValue, event.FmtTextForegroundColor, event.FmtTextBackgroundColor,
			event.FmtSuperscript, event.FmtSubscript,
		},
	} {
		for _, feature := range all {
			features[feature] = level
		}
	}
	return features
}

// fileFeatures says which files go as what they are, and how large they may be, in bytes.
func fileFeatures(limit int64) event.FileFeatureMap {
	features := event.FileFeatureMap{}
	for kind, shown := range shownAs {
		f := &event.FileFeatures{
			MimeTypes: map[string]event.CapabilitySupportLevel{"*/*": event.CapLevelPartialSupport}, // as documents
			Caption:   event.CapLevelFullySupported, MaxSize: limit,
		}
		for mimeType := range shown {
			f.MimeTypes[mimeType] = event.CapLevelFullySupported
		}
		if kind == event.CapMsgSticker {
			f.Caption = event.CapLevelDropped
		}
		features[kind] = f
	}
	features[event.MsgFile].MimeTypes["*/*"] = event.CapLevelFullySupported
	return features
}
