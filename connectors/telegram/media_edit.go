package telegram

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/bridgev2/database"
	"maunium.net/go/mautrix/event"

	"passerelle/portal"
	"passerelle/portal/say"
)

// isAlbum stands for the file of a message that is an album.
const isAlbum = "album"

// addressOf is the address in Matrix of a message's file; "" without one.
func addressOf(content *event.MessageEventContent) string {
	if content.File != nil {
		return string(content.File.URL)
	}
	return string(content.URL)
}

// fileKept is what is kept of the file of a message that goes out, so that its edit can be told from another file.
func fileKept(out *outgoing) string {
	if len(out.parts) == 0 {
		return ""
	}
	switch files := out.parts[0].files; len(files) {
	case 0:
		return ""
	case 1:
		return addressOf(files[0].from)
	}
	return isAlbum
}

// editedOf says the new content of a message in Telegram's words. Another file is fetched; of the same one only the words go out
// again. The caller closes it, also after an error. Its errors carry the sentence that the sender reads.
func (a *account) editedOf(ctx context.Context, message *bridgev2.MatrixMessage, before *MessageMetadata) (*outgoing, error) {
	on := a.occasion(ctx, message)
	out := convertOut(message.Content, on)
	if out == nil {
		return nil, a.refused(ctx, fmt.Errorf("no way to send %s", message.Content.MsgType), say.UnknownKindOut)
	}
	after := fileKept(out)
	switch {
	case before.File == isAlbum, after == isAlbum, before.File == "" && len(out.files()) > 0:
		return nil, a.refused(ctx, errors.New("no such change"), say.NotPossible)
	case before.File == "":
		return out, nil
	case after == "" && len(out.files()) > 0: // a sticker that is said whose it is
		return nil, a.refused(ctx, errors.New("no such change"), say.NotPossible)
	case after == "":
		out.parts = textParts(splitFrom(wordsOf(message.Content, on), maxCaption, maxText))
		return out, nil
	case after == before.File:
		out.parts[0].files = nil
		return out, nil
	case !out.parts[0].files[0].isReplaceable():
		return nil, a.refused(ctx, errors.New("no such change"), say.NotPossible)
	}
	return out, a.fetchOut(ctx, out)
}

// wordsOf are the words of a text, signed.
func wordsOf(content *event.MessageEventContent, on occasion) marked {
	words := writeEntities(content, on.person)
	if content.MsgType == event.MsgEmote {
		return on.by.deed(words)
	}
	return on.by.words(words)
}

// editPart changes one message into what it is to be. hasFile tells whether it has a file.
func (a *account) editPart(ctx context.Context, of messageID, to part, hasFile bool, preview *linkPreview) error {
	switch {
	case len(to.files) > 0:
		return a.api.editMessageMedia(ctx, of, to.files[0], to.marked)
	case hasFile:
		return a.api.editMessageCaption(ctx, of, to.marked)
	}
	return a.api.editMessageText(ctx, of, to.marked, preview)
}

// editFile puts into an edit what stands of a message's file: the file that is in the room, when it is the same one, otherwise the new
// one.
func (e *edit) editFile(ctx context.Context, room *bridgev2.Portal, intent bridgev2.MatrixAPI, row *database.Message, admitted portal.Admitted[incoming]) (content, error) {
	c := admitted.Content().content
	if metadataOf(row).File == c.file.unique {
		shown, err := e.recaptioned(ctx, room, row, c.event)
		c.event = shown
		return c, err
	}
	if err := e.uploadFile(ctx, room, intent, admitted); err != nil {
		return c, err
	}
	metadataOf(row).File = c.file.unique
	return c, nil
}

// recaptioned returns the message of a file, as it stands in its room, with other words below it.
func (e *edit) recaptioned(ctx context.Context, room *bridgev2.Portal, row *database.Message, said *event.MessageEventContent) (*event.MessageEventContent, error) {
	found, err := e.account.connector.bridge.Bot.GetEvent(ctx, room.MXID, row.MXID)
	if err != nil {
		return nil, fmt.Errorf("look at the message that is edited: %w", err)
	}
	shown, ok := found.Content.Parsed.(*event.MessageEventContent)
	if !ok {
		return nil, portal.Permanent(fmt.Errorf("the message that is edited is %T", found.Content.Parsed))
	}
	changed := *shown
	changed.Body, changed.Format, changed.FormattedBody, changed.Mentions = said.Body, said.Format, said.FormattedBody, said.Mentions
	changed.RelatesTo, changed.NewContent = nil, nil
	if said.GetCaption() == "" {
		changed.Body = shown.GetFileName()
	}
	return &changed, nil
}

// hasFileAlready tells whether the room holds the file of a message that was edited.
func (d *delivery) hasFileAlready(ctx context.Context, row *database.Message) bool {
	c := d.account.reader(ctx).convert(d.message)
	return c.file != nil && metadataOf(row).File == c.file.unique
}
