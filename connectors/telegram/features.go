package telegram

import (
	"context"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

// GetCapabilities says what a room can do (see [bridgev2.NetworkAPI]). bridgev2 refuses in protocol words what is not in it, so it
// names every kind of file, and what is refused is refused in ours (outgoingOf). A long text is split, so none is too long.
func (a *account) GetCapabilities(context.Context, *bridgev2.Portal) *event.RoomFeatures {
	return &event.RoomFeatures{
		ID:              "passerelle.telegram.2",
		Formatting:      formattingFeatures(),
		File:            fileFeatures(),
		Reply:           event.CapLevelFullySupported,
		Thread:          event.CapLevelPartialSupport, // topics; others are answers to what they begin with
		Edit:            event.CapLevelFullySupported,
		Delete:          event.CapLevelFullySupported,
		Reaction:        event.CapLevelFullySupported,
		ReactionCount:   1,
		LocationMessage: event.CapLevelRejected,
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

func fileFeatures() event.FileFeatureMap {
	features := event.FileFeatureMap{}
	for _, kind := range []event.CapabilityMsgType{event.MsgImage, event.MsgVideo, event.MsgAudio, event.MsgFile, event.CapMsgVoice,
		event.CapMsgGIF, event.CapMsgSticker} {
		features[kind] = &event.FileFeatures{
			MimeTypes: map[string]event.CapabilitySupportLevel{"*/*": event.CapLevelPartialSupport}, Caption: event.CapLevelFullySupported,
		}
	}
	return features
}
