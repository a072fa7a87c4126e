package telegram

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWhereTelegramPushesIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		options WebhookOptions
		want    string
	}{
		"nowhere":                  {WebhookOptions{}, ""},
		"through a proxy":          {WebhookOptions{URL: "https://bridge.example.org/telegram", Listen: "127.0.0.1:29330"}, ""},
		"on this machine":          {WebhookOptions{URL: "http://127.0.0.1:29330", Listen: "127.0.0.1:29330"}, ""},
		"in the clear":             {WebhookOptions{URL: "http://bridge.example.org/", Listen: "127.0.0.1:29330"}, "webhook.url"},
		"without an address":       {WebhookOptions{URL: "https://bridge.example.org/"}, "webhook.listen"},
		"without a URL":            {WebhookOptions{Listen: "127.0.0.1:29330"}, "webhook.url"},
		"what is no URL":           {WebhookOptions{URL: "::", Listen: ":1"}, "webhook.url"},
		"an address without ports": {WebhookOptions{URL: "https://bridge.example.org/", Listen: "127.0.0.1"}, "webhook.listen"},
	} {
		options := DefaultOptions()
		options.Webhook = c.options
		err := options.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want+":") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyTheNewestSecretIsKnown(t *testing.T) {
	var secret pushSecret
	if secret.knows("") {
		t.Error("before there is a secret, none is known")
	}
	first := secret.renew()
	if !secret.knows(first) || secret.knows("") || secret.knows(first+"x") {
		t.Error("another one is known, or the right one is not")
	}
	if second := secret.renew(); second == first || secret.knows(first) || !secret.knows(second) {
		t.Error("the one before is known")
	}
}

func TestWhatIsWrongWithAWebhook(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	const to = "https://bridge.example.org/7"
	lately, before := now.Add(-time.Second).Unix(), now.Add(-time.Hour).Unix()
	for name, c := range map[string]struct {
		info         webhookInfo
		taken, wrong bool
	}{
		"nothing":                       {webhookInfo{URL: to}, false, false},
		"it ended":                      {webhookInfo{}, true, true},
		"it is another program's":       {webhookInfo{URL: "https://elsewhere.example/"}, true, true},
		"it fails":                      {webhookInfo{URL: to, Pending: 3, LastErrorDate: lately, LastError: "Connection refused"}, false, true},
		"it failed, and all has come":   {webhookInfo{URL: to, LastErrorDate: lately}, false, false},
		"it failed long ago":            {webhookInfo{URL: to, Pending: 3, LastErrorDate: before}, false, false},
		"some wait, since they are new": {webhookInfo{URL: to, Pending: 3}, false, false},
	} {
		if err := c.info.trouble(to, now); (err != nil) != c.wrong || errors.Is(err, errHookTaken) != c.taken {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAWebhookIsSetAndEnded(t *testing.T) {
	_, bot, way := aBot(t)
	if err := way.setWebhook(t.Context(), "http://127.0.0.1:9/7", "secret"); err != nil {
		t.Fatal(err)
	}
	info, err := way.getWebhookInfo(t.Context())
	if err != nil || info.URL != "http://127.0.0.1:9/7" {
		t.Errorf("it is %+v, %v", info, err)
	}
	if _, err := way.getUpdates(t.Context(), 0, 0); !hasCode(err, 409) {
		t.Errorf("asking beside it: %v", err)
	}
	if err := way.deleteWebhook(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := way.getUpdates(t.Context(), 0, 0); err != nil {
		t.Errorf("asking after it: %v", err)
	}
	if bot.Waiting() != 0 {
		t.Error("something waits")
	}
}
