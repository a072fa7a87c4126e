package telegramtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func httpServer(t *testing.T, handle http.HandlerFunc) string {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func TestABotInAGroupSeesWhatItMay(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina, bilal := s.MustAddPerson("Amina", "amina"), s.MustAddPerson("Bilal", "")
	group := must[int64](t)(amina.CreateGroup("Voisins", GroupOptions{}, bilal.ID(), bot.ID()))
	all := hears(t, bot)
	if len(all) != 2 || all[0].Mine.New.Status != "member" || all[1].Message.NewChatMembers[0].ID != bot.ID() {
		t.Fatalf("added, the bot hears %+v", all)
	}
	must[int64](t)(bilal.Send(group, "between us"))
	must[int64](t)(bilal.Send(group, "/help@service_bot"))
	if heard := hearsOne(t, bot).Message; heard.Text != "/help@service_bot" {
		t.Errorf("in privacy mode it hears %q", heard.Text)
	}
	check(t, amina.Promote(group, bot.ID(), true))
	must[int64](t)(bilal.Send(group, "for all"))
	if all := hears(t, bot); len(all) != 2 || all[0].Mine.New.Status != "administrator" || all[1].Message.Text != "for all" {
		t.Errorf("as an administrator it hears %+v", all)
	}
	does(t, bot, "getUpdates", params{"allowed_updates": []string{"message", "chat_member"}})
	check(t, amina.Remove(group, bilal.ID()))
	if all := hears(t, bot); len(all) != 2 || all[0].Theirs.New.Status != "kicked" || all[1].Message.LeftChatMember.ID != bilal.ID() {
		t.Errorf("it hears %+v", all)
	}
	var count int
	decode(t, does(t, bot, "getChatMemberCount", params{"chat_id": group}), &count)
	var admins []Member
	decode(t, does(t, bot, "getChatAdministrators", params{"chat_id": group}), &admins)
	if count != 2 || len(admins) != 2 || admins[0].Status != "creator" {
		t.Errorf("%d are in it, %+v govern it", count, admins)
	}
	does(t, bot, "setChatTitle", params{"chat_id": group, "title": "Quartier"})
	must[Entry](t)(amina.WaitFor(bounded(t), func(e Entry) bool { return e.Message.NewChatTitle == "Quartier" }))

	supergroup := must[int64](t)(amina.Migrate(group))
	if all := hears(t, bot); len(all) != 2 || all[0].Message.MigrateToChatID != supergroup || all[1].Message.MigrateFromChatID != group {
		t.Errorf("it hears %+v", all)
	}
	r := refuses(t, bot, 400, "Bad Request: group chat was upgraded to a supergroup chat", "sendMessage", params{"chat_id": group, "text": "x"})
	if r.Parameters.MigrateTo != supergroup {
		t.Errorf("it moved to %d, want %d", r.Parameters.MigrateTo, supergroup)
	}
	sends(t, bot, "sendMessage", params{"chat_id": supergroup, "text": "here"})
	check(t, amina.Remove(supergroup, bot.ID()))
	refuses(t, bot, 403, "Forbidden: bot was kicked from the supergroup chat", "sendMessage", params{"chat_id": supergroup, "text": "x"})
}

func TestPeopleComeByLinksAndTopicsOpen(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina, bilal := s.MustAddPerson("Amina", ""), s.MustAddPerson("Bilal", "")
	forum := must[int64](t)(amina.CreateGroup("Forum", GroupOptions{Forum: true}, bot.ID()))
	check(t, amina.Promote(forum, bot.ID(), true))
	hears(t, bot)
	var link inviteLink
	decode(t, does(t, bot, "createChatInviteLink", params{"chat_id": forum, "creates_join_request": true}), &link)
	if in := must[bool](t)(bilal.Join(link.Link)); in {
		t.Error("nobody let Bilal in, and he is in")
	}
	if request := hearsOne(t, bot).Request; request.From.ID != bilal.ID() {
		t.Errorf("asks %+v", request)
	}
	does(t, bot, "approveChatJoinRequest", params{"chat_id": forum, "user_id": bilal.ID()})
	topic := must[int64](t)(bilal.OpenTopic(forum, "Travaux"))
	must[int64](t)(bilal.SendText(forum, Text{Text: "Quand ?", Thread: topic}))
	all := hears(t, bot)
	last := all[len(all)-1].Message
	if last.ThreadID != topic || !last.IsTopicMessage || all[len(all)-2].Message.TopicCreated.Name != "Travaux" {
		t.Errorf("the bot hears %+v", all)
	}
	sends(t, bot, "sendMessage", params{"chat_id": forum, "message_thread_id": topic, "text": "Demain"})
	does(t, bot, "closeForumTopic", params{"chat_id": forum, "message_thread_id": topic})
	if _, err := bilal.SendText(forum, Text{Text: "Et ?", Thread: topic}); err == nil {
		t.Error("a closed topic takes a message")
	}
	refuses(t, bot, 400, "Bad Request: message thread not found", "sendMessage", params{"chat_id": forum, "message_thread_id": 999, "text": "x"})
	channel := must[int64](t)(amina.CreateGroup("Annonces", GroupOptions{Channel: true}, bot.ID()))
	hears(t, bot)
	must[int64](t)(amina.Send(channel, "Ouvert"))
	if post := hearsOne(t, bot).Post; post.Text != "Ouvert" || post.SenderChat.ID != channel || post.From != nil {
		t.Errorf("the post is %+v", post)
	}
}

func TestWhoMayWriteInAGroup(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina, bilal := s.MustAddPerson("Amina", ""), s.MustAddPerson("Bilal", "")
	group := must[int64](t)(amina.CreateGroup("Voisins", GroupOptions{Supergroup: true}, bilal.ID(), bot.ID()))
	none := params{"chat_id": group, "permissions": Permissions{}}
	refuses(t, bot, 400, "Bad Request: not enough rights to change chat permissions", "setChatPermissions", none)
	check(t, amina.Promote(group, bot.ID(), true))
	hears(t, bot)
	does(t, bot, "setChatPermissions", none)
	if _, err := bilal.Send(group, "mot"); err == nil {
		t.Error("Bilal writes where only administrators do")
	}
	must[int64](t)(amina.Send(group, "avis"))
	var described struct{ Permissions Permissions }
	decode(t, does(t, bot, "getChat", params{"chat_id": group}), &described)
	if described.Permissions["can_send_messages"] || len(described.Permissions) != len(AllPermissions()) {
		t.Errorf("the permissions are %v", described.Permissions)
	}
	// Others imply the one to send texts, unless each is to stand for itself.
	does(t, bot, "setChatPermissions", params{"chat_id": group, "permissions": Permissions{"can_send_polls": true}})
	if now := must[GroupInfo](t)(s.Group(group)); !now.Permissions["can_send_messages"] || now.Permissions["can_send_photos"] {
		t.Errorf("the permissions are %v", now.Permissions)
	}
	check(t, amina.Permit(group, AllPermissions()))
	if heard := hearsOne(t, bot).Message; heard.Text != "avis" { // of permissions bots are not told
		t.Errorf("the bot hears %+v", heard)
	}
	does(t, bot, "getUpdates", params{"allowed_updates": []string{"message", "chat_member"}, "offset": -1})
	does(t, bot, "restrictChatMember", params{"chat_id": group, "user_id": bilal.ID(), "permissions": Permissions{"can_pin_messages": true}})
	if heard := hearsOne(t, bot).Theirs.New; heard.Status != "restricted" || !heard.IsMember || heard.CanSendMessages || !heard.CanPinMessages {
		t.Errorf("Bilal is %+v", heard)
	}
	if _, err := bilal.Send(group, "mot"); err == nil {
		t.Error("Bilal writes, who may not")
	}
	does(t, bot, "restrictChatMember", params{"chat_id": group, "user_id": bilal.ID(), "permissions": AllPermissions()})
	if heard := hearsOne(t, bot).Theirs.New; heard.Status != "member" {
		t.Errorf("Bilal is %+v", heard)
	}
	small := must[int64](t)(amina.CreateGroup("Petits", GroupOptions{}, bilal.ID(), bot.ID()))
	check(t, amina.Promote(small, bot.ID(), true))
	refuses(t, bot, 400, "Bad Request: method is available only for supergroups", "restrictChatMember",
		params{"chat_id": small, "user_id": bilal.ID(), "permissions": Permissions{}})
}

func TestPeopleSeeThatSomebodyTypes(t *testing.T) {
	s := NewServer(t)
	bot, amina := s.MustAddBot("Service", "service_bot"), s.MustAddPerson("Amina", "")
	must[int64](t)(amina.Send(bot.ID(), "Bonjour"))
	does(t, bot, "sendChatAction", params{"chat_id": amina.ID(), "action": "typing"})
	check(t, amina.WaitForDoing(bounded(t), bot.ID(), "typing"))
	s.Advance(doingLasts)
	check(t, amina.WaitForDoing(bounded(t), bot.ID(), ""))
	does(t, bot, "sendChatAction", params{"chat_id": amina.ID(), "action": "record_voice"})
	check(t, amina.WaitForDoing(bounded(t), bot.ID(), "record_voice"))
	sends(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "voilà"})
	if doing := must[string](t)(amina.Doing(bot.ID())); doing != "" {
		t.Errorf("with the message it is still about to %s", doing)
	}
}

func TestAnAnswerMayBeToAMessageOfBefore(t *testing.T) {
	s := NewServer(t)
	bot, amina := s.MustAddBot("Service", "service_bot"), s.MustAddPerson("Amina", "")
	group := must[int64](t)(amina.CreateGroup("Voisins", GroupOptions{}, bot.ID()))
	before := must[int64](t)(amina.Send(group, "avant"))
	grown := must[int64](t)(amina.Migrate(group))
	reply := params{"chat_id": group, "message_id": before, "allow_sending_without_reply": true}
	said := sends(t, bot, "sendMessage", params{"chat_id": grown, "text": "oui", "reply_parameters": reply})
	if said.ReplyTo != nil || said.ExternalReply == nil || said.ExternalReply.Origin.SenderUser.ID != amina.ID() {
		t.Errorf("it is %+v", said)
	}
	check(t, amina.Delete(group, before))
	if said := sends(t, bot, "sendMessage", params{"chat_id": grown, "text": "oui", "reply_parameters": reply}); said.ExternalReply != nil {
		t.Errorf("it answers what is gone: %+v", said)
	}
}

func TestFilesGoBothWays(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	must[int64](t)(amina.SendFile(bot.ID(), File{Kind: "photo", Name: "p.png", MIME: "image/png", Data: picture(t, 80, 60), Text: Text{Text: "voilà"}}))
	photo := hearsOne(t, bot).Message
	if len(photo.Photo) != 2 || photo.Photo[1].Width != 80 || photo.Caption != "voilà" {
		t.Fatalf("the bot hears %+v", photo)
	}
	if got := downloads(t, bot, photo.Photo[1].FileID); !bytes.Equal(got, picture(t, 80, 60)) {
		t.Error("the picture arrives changed")
	}
	if r := uploads(t, bot, "sendDocument", map[string]string{"chat_id": number(amina.ID()), "caption": "le plan"}, map[string][]byte{"document": []byte("plan")}); !r.OK {
		t.Fatalf("%+v", r)
	}
	entry := must[Entry](t)(amina.WaitForText(bounded(t), "le plan"))
	if data, _ := amina.Fetch(entry.File); string(data) != "plan" || entry.Kind != "document" || entry.Message.Document.FileName != "document.bin" {
		t.Errorf("Amina gets %+v", entry)
	}
	album := uploads(t, bot, "sendMediaGroup", map[string]string{"chat_id": number(amina.ID()),
		"media": `[{"type":"photo","media":"attach://a","caption":"deux"},{"type":"photo","media":"attach://b"}]`},
		map[string][]byte{"a": picture(t, 10, 10), "b": picture(t, 20, 20)})
	var sent []Message
	decode(t, album.Result, &sent)
	if len(sent) != 2 || sent[0].MediaGroupID == "" || sent[0].MediaGroupID != sent[1].MediaGroupID {
		t.Errorf("the album is %+v", sent)
	}
	big := must[int64](t)(amina.SendFile(bot.ID(), File{Kind: "document", Name: "big", Data: make([]byte, maxDownload+1)}))
	_ = big
	refuses(t, bot, 400, "Bad Request: file is too big", "getFile", params{"file_id": hearsOne(t, bot).Message.Document.FileID})
	if r := uploads(t, bot, "sendDocument", map[string]string{"chat_id": number(amina.ID())}, map[string][]byte{"document": make([]byte, maxUpload+1)}); r.Code != 413 {
		t.Errorf("too large gets %+v", r)
	}
	s.LoseFile(photo.Photo[1].FileID)
	refuses(t, bot, 400, "Bad Request: file is temporarily unavailable", "getFile", params{"file_id": photo.Photo[1].FileID})
}

func downloads(t *testing.T, b *Bot, id string) []byte {
	t.Helper()
	var f struct {
		Path string `json:"file_path"`
	}
	decode(t, does(t, b, "getFile", params{"file_id": id}), &f)
	answer, err := http.Get(b.server.URL() + "/file/bot" + b.Token() + "/" + f.Path)
	check(t, err)
	defer answer.Body.Close()
	return must[[]byte](t)(io.ReadAll(answer.Body))
}

func TestALocalServerGivesPathsOnTheDisk(t *testing.T) {
	s := must[*Server](t)(New(Options{Local: t.TempDir()}))
	defer s.Close()
	bot, amina := s.MustAddBot("Service", "service_bot"), s.MustAddPerson("Amina", "")
	must[int64](t)(amina.SendFile(bot.ID(), File{Kind: "document", Name: "big", Data: make([]byte, maxDownload+1)}))
	var f struct {
		Path string `json:"file_path"`
	}
	decode(t, does(t, bot, "getFile", params{"file_id": hearsOne(t, bot).Message.Document.FileID}), &f)
	if info := must[os.FileInfo](t)(os.Stat(f.Path)); info.Size() != maxDownload+1 {
		t.Errorf("%s has %d bytes", f.Path, info.Size())
	}
}

func TestPollsButtonsAndPlaces(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	amina := s.MustAddPerson("Amina", "")
	must[int64](t)(amina.Send(bot.ID(), "Bonjour"))
	hears(t, bot)
	asked := sends(t, bot, "sendPoll", params{"chat_id": amina.ID(), "question": "Quand ?", "is_anonymous": false,
		"options": []params{{"text": "Mardi"}, {"text": "Jeudi"}}})
	check(t, amina.Vote(bot.ID(), asked.MessageID, 1))
	all := hears(t, bot)
	if len(all) != 2 || all[0].PollAnswer.Options[0] != 1 || all[1].Poll.Options[1].VoterCount != 1 {
		t.Errorf("the bot hears %+v", all)
	}
	does(t, bot, "stopPoll", params{"chat_id": amina.ID(), "message_id": asked.MessageID})
	if err := amina.Vote(bot.ID(), asked.MessageID, 0); err == nil {
		t.Error("a closed poll takes a vote")
	}
	hears(t, bot)
	offered := sends(t, bot, "sendMessage", params{"chat_id": amina.ID(), "text": "?", "reply_markup": json.RawMessage(`{"inline_keyboard":[[{"text":"Oui","callback_data":"y"}]]}`)})
	answered, err := amina.Press(bot.ID(), offered.MessageID, "Oui")
	check(t, err)
	pressed := hearsOne(t, bot).Callback
	does(t, bot, "answerCallbackQuery", params{"callback_query_id": pressed.ID, "text": "Noté"})
	if text, ok := answered(); pressed.Data != "y" || text != "Noté" || !ok {
		t.Errorf("pressed %+v, answered %q", pressed, text)
	}
	moving := must[int64](t)(amina.SendMessage(bot.ID(), Message{Location: &Location{Latitude: 48, Longitude: 2, LivePeriod: 600}}))
	check(t, amina.Move(bot.ID(), moving, 49, 2, true))
	all = hears(t, bot)
	if len(all) != 2 || all[1].Edited.Location.Latitude != 49 || all[1].Edited.Location.LivePeriod != 0 {
		t.Errorf("the bot hears %+v", all)
	}
}

func TestABotActsForABusinessAccount(t *testing.T) {
	s := NewServer(t)
	bot := s.MustAddBot("Service", "service_bot")
	claire, amina := s.MustAddPerson("Claire", ""), s.MustAddPerson("Amina", "")
	on := must[string](t)(claire.Connect(bot.ID(), BusinessRights{CanReply: true, CanReadMessages: true}))
	if heard := hearsOne(t, bot).Connected; heard.ID != on || heard.User.ID != claire.ID() {
		t.Errorf("connected is %+v", heard)
	}
	asked := must[int64](t)(amina.Send(claire.ID(), "Bonjour Claire"))
	if heard := hearsOne(t, bot).Business; heard.BusinessConnectionID != on || heard.Chat.ID != amina.ID() || heard.From.ID != amina.ID() {
		t.Errorf("the bot hears %+v", heard)
	}
	must[int64](t)(claire.Send(amina.ID(), "from my phone"))
	if heard := hearsOne(t, bot).Business; heard.From.ID != claire.ID() || heard.Chat.ID != amina.ID() {
		t.Errorf("the bot hears %+v", heard)
	}
	sends(t, bot, "sendMessage", params{"business_connection_id": on, "chat_id": amina.ID(), "text": "Bonjour Amina"})
	if entry := must[Entry](t)(amina.WaitForText(bounded(t), "Bonjour Amina")); entry.From != claire.ID() {
		t.Errorf("Amina reads %+v", entry)
	}
	does(t, bot, "readBusinessMessage", params{"business_connection_id": on, "chat_id": amina.ID(), "message_id": asked})
	must[Entry](t)(amina.WaitFor(bounded(t), func(e Entry) bool { return e.ID == asked && e.Seen }))
	check(t, amina.Delete(claire.ID(), asked))
	if gone := hearsOne(t, bot).Deleted; int64(gone.Message_ids[0]) != asked {
		t.Errorf("deleted is %+v", gone)
	}
	s.Advance(25 * time.Hour)
	refuses(t, bot, 400, "Bad Request: BUSINESS_PEER_USAGE_MISSING", "sendMessage", params{"business_connection_id": on, "chat_id": amina.ID(), "text": "x"})
	check(t, claire.SetConnection(on, BusinessRights{}, false))
	refuses(t, bot, 400, "Bad Request: BUSINESS_CONNECTION_INVALID", "sendMessage", params{"business_connection_id": on, "chat_id": amina.ID(), "text": "x"})
}

func TestOthersDriveItOverHTTP(t *testing.T) {
	s := NewServer(t)
	control := httpServer(t, s.Control().ServeHTTP)
	drive := func(path, body string, into any) {
		t.Helper()
		answer, err := http.Post(control+path, "application/json", strings.NewReader(body))
		check(t, err)
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, must[[]byte](t)(io.ReadAll(answer.Body)))
		}
		check(t, json.NewDecoder(answer.Body).Decode(into))
	}
	var bot, amina struct {
		ID    int64  `json:"id"`
		Token string `json:"token"`
	}
	drive("/bots", `{"name":"Service","username":"service_bot"}`, &bot)
	drive("/people", `{"first_name":"Amina","username":"amina"}`, &amina)
	drive(fmt.Sprintf("/people/%d/send", amina.ID), fmt.Sprintf(`{"to":%d,"text":"Bonjour"}`, bot.ID), new(struct{}))
	made := must[*Bot](t)(s.bot(number(bot.ID)))
	if heard := hearsOne(t, made).Message; heard.Text != "Bonjour" {
		t.Errorf("the bot hears %+v", heard)
	}
	sends(t, made, "sendMessage", params{"chat_id": amina.ID, "text": "Bonsoir"})
	answer, err := http.Get(fmt.Sprintf("%s/people/%d/inbox?since=1&wait=5s", control, amina.ID))
	check(t, err)
	defer answer.Body.Close()
	var inbox struct {
		Messages []Entry `json:"messages"`
	}
	check(t, json.NewDecoder(answer.Body).Decode(&inbox))
	if len(inbox.Messages) != 1 || inbox.Messages[0].Text != "Bonsoir" {
		t.Errorf("Amina's app shows %+v", inbox)
	}
	if answer, err := http.Post(control+"/people/1/send", "application/json", strings.NewReader(`{}`)); err != nil || answer.StatusCode != 404 {
		t.Errorf("nobody gets %v, %v", answer, err)
	}
}
