package telegramtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAContactAndABotTalk(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "amina")
	refuses(t, bot, 400, "Bad Request: chat not found", "sendMessage", params{"chat_id": amina.ID(), "text": "Bonjour"})
	must[int64](t)(amina.Start(bot.ID(), "token_1"))
	heard := hearsOne(t, bot).Message
	if heard.Text != "/start token_1" || heard.From.ID != amina.ID() || heard.Chat.ID != amina.ID() || heard.Entities[0].Type != "bot_command" {
		t.Errorf("the bot hears %+v", heard)
	}
	sent := sends(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "Bonjour Amina", "entities": []Entity{{Type: "bold", Length: 7}},
		"reply_parameters": params{"message_id": heard.MessageID, "quote": "token_1"}})
	entry := must[Entry](t)(amina.WaitForText(bounded(t), "Bonjour Amina"))
	if entry.Chat != bot.ID() || entry.Message.ReplyTo.MessageID != heard.MessageID || entry.Message.Quote.Position != 7 {
		t.Errorf("Amina reads %+v", entry)
	}
	does(t, bot, "editMessageText", params{"chat_id": amina.ID(), "message_id": sent.MessageID, "text": "Bonsoir"})
	refuses(t, bot, 400, "Bad Request: "+notModified, "editMessageText", params{"chat_id": amina.ID(), "message_id": sent.MessageID, "text": "Bonsoir"})
	if entry := must[Entry](t)(amina.WaitForText(bounded(t), "Bonsoir")); !entry.Edited || entry.ID != sent.MessageID {
		t.Errorf("Amina reads %+v", entry)
	}
	answer := must[int64](t)(amina.SendText(bot.ID(), Text{Text: "Merci", Answers: sent.MessageID}))
	if heard := hearsOne(t, bot).Message; heard.ReplyTo.MessageID != sent.MessageID {
		t.Errorf("it answers %+v", heard.ReplyTo)
	}
	check(t, amina.Edit(bot.ID(), answer, Text{Text: "Merci !"}))
	if heard := hearsOne(t, bot).Edited; heard == nil || heard.Text != "Merci !" || heard.EditDate == 0 {
		t.Errorf("the edit is %+v", heard)
	}
	does(t, bot, "setMessageReaction", params{"chat_id": amina.ID(), "message_id": answer, "reaction": []Reaction{{Type: "emoji", Emoji: "👍"}}})
	refuses(t, bot, 400, "Bad Request: REACTION_INVALID", "setMessageReaction",
		params{"chat_id": amina.ID(), "message_id": answer, "reaction": []Reaction{{Type: "emoji", Emoji: "🦓"}}})
	does(t, bot, "sendChatAction", params{"chat_id": amina.ID(), "action": "typing"})
	if did := bot.Actions(); len(did) != 1 || did[0] != (Action{amina.ID(), "typing"}) {
		t.Errorf("the bot does %v", did)
	}
	does(t, bot, "deleteMessage", params{"chat_id": amina.ID(), "message_id": sent.MessageID})
	must[Entry](t)(amina.WaitFor(bounded(t), func(e Entry) bool { return e.ID == sent.MessageID && e.Deleted }))
	refuses(t, bot, 400, "Bad Request: message to delete not found", "deleteMessage", params{"chat_id": amina.ID(), "message_id": sent.MessageID})
	s.Advance(49 * time.Hour)
	refuses(t, bot, 400, "Bad Request: message can't be deleted for everyone", "deleteMessage", params{"chat_id": amina.ID(), "message_id": answer})

	check(t, amina.Block(bot.ID(), true))
	if mine := hearsOne(t, bot).Mine; mine.New.Status != "kicked" {
		t.Errorf("the bot is %+v", mine)
	}
	refuses(t, bot, 403, "Forbidden: bot was blocked by the user", "sendMessage", params{"chat_id": amina.ID(), "text": "Allo ?"})
}

func TestTextsAreCountedInUTF16(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	must[int64](t)(amina.Send(bot.ID(), "Bonjour"))
	for text, fits := range map[string]bool{
		strings.Repeat("é", 4096): true, strings.Repeat("é", 4097): false,
		strings.Repeat("🦓", 2048): true, strings.Repeat("🦓", 2049): false,
	} {
		if r := calls(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": text}); r.OK != fits {
			t.Errorf("%d units: %+v", units(text), r)
		}
	}
	for _, entities := range [][]Entity{
		{{Type: "bold", Offset: 1, Length: 1}},                                       // half of a character
		{{Type: "bold", Offset: 2, Length: 9}},                                       // beyond the end
		{{Type: "bold", Offset: 0, Length: 4}, {Type: "code", Offset: 2, Length: 4}}, // crossing
		{{Type: "blink", Offset: 0, Length: 2}},
	} {
		if r := calls(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "🦓abcd", "entities": entities}); r.OK {
			t.Errorf("%+v is taken", entities)
		}
	}
	sends(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "🦓abcd",
		"entities": []Entity{{Type: "bold", Offset: 0, Length: 6}, {Type: "italic", Offset: 2, Length: 2}}})
}

func TestUpdatesStayUntilTheyAreConfirmed(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	for _, text := range []string{"one", "two", "three"} {
		must[int64](t)(amina.Send(bot.ID(), text))
	}
	var first, again []news
	decode(t, does(t, bot, "getUpdates", params{"limit": 2}), &first)
	decode(t, does(t, bot, "getUpdates", params{"limit": 2}), &again)
	if len(first) != 2 || len(again) != 2 || first[0].ID != again[0].ID {
		t.Fatalf("the bot hears %+v, then %+v", first, again)
	}
	decode(t, does(t, bot, "getUpdates", params{"offset": first[1].ID + 1}), &again)
	if len(again) != 1 || again[0].Message.Text != "three" {
		t.Errorf("after confirming two it hears %+v", again)
	}
	hears(t, bot)
	bot.Redeliver(1)
	if again := hearsOne(t, bot); again.Message.Text != "three" {
		t.Errorf("redelivered is %+v", again)
	}

	must[int64](t)(amina.Send(bot.ID(), "too old"))
	s.Advance(25 * time.Hour)
	if old := hears(t, bot); len(old) != 0 {
		t.Errorf("a day later it hears %+v", old)
	}

	// A long poll ends with what comes.
	waits := make(chan []news)
	go func() {
		var all []news
		json.Unmarshal(calls(t, bot, "getUpdates", params{"timeout": 10}).Result, &all)
		waits <- all
	}()
	must[int64](t)(amina.Send(bot.ID(), "at last"))
	if all := <-waits; len(all) != 1 || all[0].Message.Text != "at last" {
		t.Errorf("it hears %+v", all)
	}

	// Who asks while somebody waits ends the other's wait.
	hears(t, bot)
	ended := make(chan reply)
	go func() { ended <- calls(t, bot, "getUpdates", params{"timeout": 10}) }()
	check(t, s.wait(bounded(t), func() bool { return bot.polling != nil }))
	does(t, bot, "getUpdates", nil)
	if r := <-ended; r.Code != http.StatusConflict {
		t.Errorf("the first gets %+v", r)
	}
}

func TestABotHearsWhatItAskedFor(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	id := must[int64](t)(amina.Send(bot.ID(), "Bonjour"))
	check(t, amina.React(bot.ID(), id, "👍"))
	if all := hears(t, bot); len(all) != 1 {
		t.Errorf("unasked it hears %+v", all)
	}
	does(t, bot, "getUpdates", params{"allowed_updates": []string{"message_reaction"}})
	check(t, amina.React(bot.ID(), id, "🔥"))
	must[int64](t)(amina.Send(bot.ID(), "not asked for"))
	if heard := hearsOne(t, bot).Reaction; heard == nil || heard.New[0].Emoji != "🔥" {
		t.Errorf("it hears %+v", heard)
	}
}

func TestAWebhookIsToldInOrderWithItsSecret(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	heard := make(chan news, 10)
	failures := 1
	hook := httpServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Telegram-Bot-Api-Secret-Token") != "s3cret" {
			t.Error("the secret is missing")
		}
		if failures > 0 {
			failures--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		var n news
		json.NewDecoder(r.Body).Decode(&n)
		heard <- n
	})
	refuses(t, bot, 400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook", "setWebhook", params{"url": "http://example.org"})
	does(t, bot, "setWebhook", params{"url": hook, "secret_token": "s3cret"})
	refuses(t, bot, 409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", "getUpdates", nil)
	must[int64](t)(amina.Send(bot.ID(), "one"))
	must[int64](t)(amina.Send(bot.ID(), "two"))
	for _, want := range []string{"one", "two"} {
		if n := <-heard; n.Message.Text != want {
			t.Errorf("it is told %q, want %q", n.Message.Text, want)
		}
	}
	check(t, s.wait(bounded(t), func() bool { return len(bot.updates) == 0 }))
	does(t, bot, "deleteWebhook", nil)
	must[int64](t)(amina.Send(bot.ID(), "three"))
	if n := hearsOne(t, bot); n.Message.Text != "three" || bot.Waiting() != 0 {
		t.Errorf("fetched is %+v", n)
	}
}

func TestWhatIsWrongIsAnswered(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	must[int64](t)(amina.Send(bot.ID(), "Bonjour"))
	if r := posts(t, s.URL()+"/bot1:wrong/getMe", "application/json", strings.NewReader("{}")); r.Code != 401 || r.Description != "Unauthorized" {
		t.Errorf("a wrong token gets %+v", r)
	}
	old := s.URL() + "/bot" + bot.Token() + "/getMe"
	bot.Revoke()
	if r := posts(t, old, "application/json", strings.NewReader("{}")); r.Code != 401 {
		t.Errorf("a revoked token gets %+v", r)
	}
	if r := posts(t, s.URL()+"/bot"+bot.Token()+"/getMe?x=1", "application/x-www-form-urlencoded", strings.NewReader("a=b")); !r.OK {
		t.Errorf("getMe: %+v", r)
	}
	s.Inject(Fault{Method: "sendMessage", RetryAfter: 3})
	if r := refuses(t, bot, 429, "Too Many Requests: retry after 3", "sendMessage", params{"chat_id": amina.ID(), "text": "x"}); r.Parameters.RetryAfter != 3 {
		t.Errorf("429 says %+v", r)
	}
	s.Inject(Fault{Method: "sendMessage", Cut: true, Done: true})
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/bot"+bot.Token()+"/sendMessage?text=sent&chat_id="+number(amina.ID()), nil)
	if _, err := http.DefaultTransport.RoundTrip(request); err == nil {
		t.Error("the connection is not cut")
	}
	must[Entry](t)(amina.WaitForText(bounded(t), "sent"))
	s.Inject(Fault{Status: 502})
	answer, err := http.Get(s.URL() + "/bot" + bot.Token() + "/getMe")
	if err != nil || answer.StatusCode != 502 || answer.Header.Get("Content-Type") != "text/html" {
		t.Errorf("a proxy answers %v, %v", answer, err)
	}
	answer.Body.Close()
	s.Limit(1, 0)
	sends(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "x"})
	if r := calls(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "y"}); r.Code != 429 {
		t.Errorf("too fast gets %+v", r)
	}
	s.Limit(0, 0)
	if r := calls(t, bot, "sendHologram", nil); r.Code != 404 {
		t.Errorf("an unknown method gets %+v", r)
	}
	if unknown := s.Unknown(); len(unknown) != 1 || unknown[0] != "method sendHologram" {
		t.Errorf("unknown is %q", unknown)
	}
	s.mu.Lock()
	s.unknown = nil // it was meant
	s.mu.Unlock()
}
