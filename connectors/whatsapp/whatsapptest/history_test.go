package whatsapptest

import (
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

func TestANewClientGetsTheChats(t *testing.T) {
	for name, inline := range map[string]bool{"inline": true, "as media": false} {
		t.Run(name, func(t *testing.T) {
			s := testServer(t)
			alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
			phoneSays(t, bob, aliceNumber, "old question")
			sees(t, alice, "old question")
			phoneSays(t, alice, bobNumber, "old answer")
			group, err := bob.CreateGroup("Old team", aliceNumber)
			must(t, err)
			phoneSays(t, bob, group, "old news")
			sees(t, alice, "old news")

			alice.ShareHistory(&HistoryOnLink{Inline: inline})
			client := link(t, s, alice, "alice's client")
			history := hears[*events.HistorySync](client, nil).Data
			if history.GetSyncType() != waHistorySync.HistorySync_INITIAL_BOOTSTRAP || len(history.GetConversations()) != 2 {
				t.Fatalf("history is %v", history)
			}
			if team := history.GetConversations()[0]; team.GetID() != group || team.GetName() != "Old team" {
				t.Errorf("newest chat is %v", team)
			}
			chat := history.GetConversations()[1]
			var texts []string
			for _, m := range chat.GetMessages() {
				parsed, err := client.ParseWebMessage(bob.LID(), m.GetMessage())
				must(t, err)
				texts = append(texts, textOf(parsed.Message))
				if fromMe := textOf(parsed.Message) == "old answer"; parsed.Info.IsFromMe != fromMe {
					t.Errorf("%q is from me: %t", textOf(parsed.Message), parsed.Info.IsFromMe)
				}
			}
			if len(texts) != 2 || texts[0] != "old answer" || texts[1] != "old question" || chat.GetID() != bob.LID().String() {
				t.Errorf("chat %s has %q", chat.GetID(), texts)
			}
			_, err = alice.WaitForNotice(waiting(t), func(n Notice) bool {
				return n.Kind == NoticePeerReceived && len(n.Detail) > 9 && n.Detail[:9] == "hist_sync"
			})
			must(t, err)
		})
	}
}

func TestHistoryOnRequest(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	for _, text := range []string{"one", "two", "three", "four"} {
		phoneSays(t, bob, aliceNumber, text)
		sees(t, alice, text)
	}
	client := link(t, s, alice, "alice's client")
	last := sees(t, alice, "four")
	_, err := client.SendPeerMessage(waiting(t), client.BuildHistorySyncRequest(&types.MessageInfo{
		ID: last.ID, Timestamp: last.At, MessageSource: types.MessageSource{Chat: bob.LID()},
	}, 2))
	must(t, err)
	history := hears[*events.HistorySync](client, nil).Data
	messages := history.GetConversations()[0].GetMessages()
	if len(messages) != 2 || textOf(messages[0].GetMessage().GetMessage()) != "three" || textOf(messages[1].GetMessage().GetMessage()) != "two" {
		t.Errorf("phone sent %v", messages)
	}

	must(t, alice.SendHistory(waiting(t), 1, &waHistorySync.HistorySync{
		SyncType: waHistorySync.HistorySync_RECENT.Enum(), ChunkOrder: proto.Uint32(1), Progress: proto.Uint32(50),
		Conversations: []*waHistorySync.Conversation{{ID: proto.String(bob.LID().String())}},
	}, false))
	if more := hears[*events.HistorySync](client, nil).Data; more.GetProgress() != 50 {
		t.Errorf("phone sent %v", more)
	}
}

func TestThePhoneSendsWhatAClientCouldNotRead(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	id := phoneSays(t, bob, aliceNumber, "read me")
	client.hearsText("read me")
	sees(t, alice, "read me")
	_, err := client.SendPeerMessage(waiting(t), client.BuildUnavailableMessageRequest(bob.LID(), bob.LID(), id))
	must(t, err)
	if again := client.hearsText("read me"); again.UnavailableRequestID == "" || again.Info.ID != id {
		t.Errorf("client heard %+v", again.Info)
	}
}

func TestAFileIsUploadedAgainOnRequest(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	_, err := bob.SendImage(waiting(t), aliceNumber, Image{Data: testPNG(t), Caption: "picture"})
	must(t, err)
	heard := hears(client, func(e *events.Message) bool { return e.Message.GetImageMessage() != nil })
	sees(t, alice, "picture")
	s.DropMedia()

	picture := heard.Message.GetImageMessage()
	must(t, client.SendMediaRetryReceipt(waiting(t), &heard.Info, picture.GetMediaKey()))
	retry := hears[*events.MediaRetry](client, nil)
	answer, err := whatsmeow.DecryptMediaRetryNotification(retry, picture.GetMediaKey())
	must(t, err)
	again := proto.Clone(picture).(*waE2E.ImageMessage)
	again.DirectPath = answer.DirectPath
	data, err := client.Download(waiting(t), again)
	must(t, err)
	if hexSum(data) != hexSum(testPNG(t)) {
		t.Error("the file is another")
	}

	unknown := heard.Info
	unknown.ID = "3EB0NOSUCHMESSAGE"
	must(t, client.SendMediaRetryReceipt(waiting(t), &unknown, picture.GetMediaKey()))
	if retry := hears[*events.MediaRetry](client, nil); retry.Error == nil || retry.Error.Code != 2 {
		t.Errorf("a message that the phone does not have gives %+v", retry)
	}
}
