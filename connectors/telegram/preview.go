package telegram

import (
	"strings"

	"maunium.net/go/mautrix/event"
)

// linkPreview says what an app shows of a link in a text (Bot API, LinkPreviewOptions). The preview itself is the app's own: Telegram
// gives bots none, and takes none of theirs.
type linkPreview struct {
	Disabled bool   `json:"is_disabled,omitempty"`
	URL      string `json:"url,omitempty"`
}

// keyPreviews holds the previews of a message in Matrix; an empty list says that there is none to be shown (MSC4095).
const keyPreviews = "com.beeper.linkpreviews"

// previews says which link of a text is previewed: one that does not stand in it, or none.
func (c *content) previews(options *linkPreview, text string) {
	switch {
	case options == nil || text == "":
	case options.Disabled:
		c.adds(keyPreviews, []any{})
	case opens(options.URL) && !strings.Contains(text, options.URL):
		c.text = joinLines(c.text, options.URL)
		c.event.BeeperLinkPreviews = []*event.BeeperLinkPreview{{MatchedURL: options.URL, LinkPreview: event.LinkPreview{CanonicalURL: options.URL}}}
	}
}

// previewOut says which link of a Matrix text is previewed; nil: Telegram decides. raw is the whole content.
func previewOut(content *event.MessageEventContent, raw map[string]any) *linkPreview {
	changed, _ := raw["m.new_content"].(map[string]any)
	if changed == nil {
		changed = raw
	}
	if _, said := changed[keyPreviews].([]any); !said {
		return nil
	}
	for _, preview := range content.BeeperLinkPreviews {
		link := preview.MatchedURL
		if link == "" {
			link = preview.CanonicalURL
		}
		if opens(link) {
			return &linkPreview{URL: link}
		}
	}
	return &linkPreview{Disabled: true}
}
