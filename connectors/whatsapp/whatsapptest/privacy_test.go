package whatsapptest

import (
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestPrivacySettingsBothWays(t *testing.T) {
	s := testServer(t)
	alice := s.MustAddPerson(aliceNumber, "Alice")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	if settings := client.GetPrivacySettings(ctx); settings.GroupAdd != types.PrivacySettingAll || settings.Status != types.PrivacySettingContacts {
		t.Errorf("settings are %+v", settings)
	}
	_, err := client.SetPrivacySetting(ctx, types.PrivacySettingTypeLastSeen, types.PrivacySettingNone)
	must(t, err)
	must(t, alice.SetPrivacy(types.PrivacySettingTypeReadReceipts, types.PrivacySettingNone))
	hears(client, func(e *events.PrivacySettings) bool { return e.ReadReceiptsChanged })
	settings, err := client.TryFetchPrivacySettings(ctx, true)
	must(t, err)
	if settings.LastSeen != types.PrivacySettingNone || settings.ReadReceipts != types.PrivacySettingNone {
		t.Errorf("settings are %+v", settings)
	}
}

func TestWhoMaySeeSinceWhenOneIsAway(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	week := time.Unix(time.Now().Unix(), 0).Add(-7 * 24 * time.Hour)
	bob.SetLastSeen(week)
	seen := func() time.Time {
		t.Helper()
		must(t, client.SubscribePresence(waiting(t), bob.LID()))
		return hears(client, func(e *events.Presence) bool { return e.Unavailable }).LastSeen
	}
	if at := seen(); !at.Equal(week) {
		t.Errorf("Bob was there at %s", at)
	}
	must(t, bob.SetPrivacy(types.PrivacySettingTypeLastSeen, types.PrivacySettingContacts))
	if at := seen(); !at.IsZero() {
		t.Errorf("a stranger sees that Bob was there at %s", at)
	}
	must(t, bob.SaveContact(aliceNumber, "Alice"))
	if at := seen(); !at.Equal(week) {
		t.Errorf("Bob was there at %s", at)
	}
}

func TestReadReceiptsForOneself(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	desk, lap := link(t, s, alice, "desk"), link(t, s, alice, "lap")
	must(t, alice.SetPrivacy(types.PrivacySettingTypeReadReceipts, types.PrivacySettingNone))
	id := phoneSays(t, bob, aliceNumber, "have you read this?")
	desk.hearsText("have you read this?")
	hears(desk, func(e *events.PrivacySettings) bool { return e.ReadReceiptsChanged })
	must(t, desk.MarkRead(waiting(t), []types.MessageID{id}, time.Now(), bob.LID(), bob.LID()))
	hears(lap, func(e *events.Receipt) bool {
		return e.Type == types.ReceiptTypeReadSelf && e.MessageIDs[0] == id && e.Chat == bob.LID()
	})
	_, err := alice.WaitForNotice(waiting(t), func(n Notice) bool { return n.Kind == NoticeReadSelf && n.Detail == id })
	must(t, err)
	for _, e := range bob.Inbox() {
		if e.Receipts[aliceNumber] == "read" {
			t.Error("Bob learned that Alice read it")
		}
	}
}

func TestTheBlocklistIsOnAllDevices(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	desk, lap := link(t, s, alice, "desk"), link(t, s, alice, "lap")
	_, err := desk.UpdateBlocklist(waiting(t), bob.PN(), events.BlocklistChangeActionBlock)
	must(t, err)
	hears(lap, func(e *events.Blocklist) bool {
		return len(e.Changes) == 1 && e.Changes[0].JID == bob.LID() && e.Changes[0].Action == events.BlocklistChangeActionBlock
	})
	must(t, alice.Block(bobNumber, false))
	hears(desk, func(e *events.Blocklist) bool { return e.Changes[0].Action == events.BlocklistChangeActionUnblock })
	must(t, alice.Block(bobNumber, true))
	list, err := lap.GetBlocklist(waiting(t))
	must(t, err)
	if len(list.JIDs) != 1 || list.JIDs[0] != bob.LID() {
		t.Errorf("list is %+v", list)
	}
}

func TestTheTextAboutOneself(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	must(t, alice.SaveContact(bobNumber, "Bob"))
	bob.SetAbout("at the beach")
	if heard := hears[*events.UserAbout](client, nil); heard.Status != "at the beach" || heard.JID != bob.LID() {
		t.Errorf("client heard %+v", heard)
	}
	mine := "at work"
	must(t, client.SetStatusMessage(waiting(t), types.SetStatusInput{Text: &mine}))
	info, err := client.GetUserInfo(waiting(t), []types.JID{bob.PN(), alice.PN()})
	must(t, err)
	if info[bob.PN()].Status != "at the beach" || info[alice.PN()].Status != mine {
		t.Errorf("texts are %+v", info)
	}
}
