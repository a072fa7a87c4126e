package whatsapptest

import (
	"bytes"
	"errors"
	"image/png"
	"testing"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestAProfilePicture(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	ctx := waiting(t)
	if _, err := client.GetProfilePictureInfo(ctx, bob.LID(), nil); !errors.Is(err, whatsmeow.ErrProfilePictureNotSet) {
		t.Errorf("no picture gives %v", err)
	}
	picture := testPNG(t)
	must(t, bob.SetPicture(picture))
	changed := hears[*events.Picture](client, nil)
	if changed.JID != bob.LID() || changed.Remove {
		t.Errorf("client heard %+v", changed)
	}

	full, err := client.GetProfilePictureInfo(ctx, bob.LID(), nil)
	must(t, err)
	if full.ID != changed.PictureID || full.Type != "image" {
		t.Errorf("picture is %+v", full)
	}
	data, err := client.DownloadMediaWithOnlyPath(ctx, full.DirectPath)
	must(t, err)
	if !bytes.Equal(data, picture) {
		t.Error("the picture is another")
	}
	response, err := s.HTTPClient().Get(full.URL)
	must(t, err)
	response.Body.Close()
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the URL gives %s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	preview, err := client.GetProfilePictureInfo(ctx, bob.PN(), &whatsmeow.GetProfilePictureParams{Preview: true})
	must(t, err)
	data, err = client.DownloadMediaWithOnlyPath(ctx, preview.DirectPath)
	must(t, err)
	if config, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || config.Width != previewSize {
		t.Errorf("preview is %+v, %v", config, err)
	}
	same, err := client.GetProfilePictureInfo(ctx, bob.LID(), &whatsmeow.GetProfilePictureParams{ExistingID: full.ID})
	if err != nil || same != nil {
		t.Errorf("a known picture gives %+v, %v", same, err)
	}
	users, err := client.GetUserInfo(ctx, []types.JID{bob.LID()})
	must(t, err)
	if users[bob.LID()].PictureID != full.ID {
		t.Errorf("user info is %+v", users)
	}
	must(t, bob.SetPicture(nil))
	if removed := hears[*events.Picture](client, nil); !removed.Remove {
		t.Errorf("client heard %+v", removed)
	}
	if err := bob.SetPicture([]byte("not an image")); !errors.Is(err, ErrBadImage) {
		t.Errorf("nonsense gives %v", err)
	}
}

func TestAGroupPicture(t *testing.T) {
	s := testServer(t)
	alice, bob := s.MustAddPerson(aliceNumber, "Alice"), s.MustAddPerson(bobNumber, "Bob")
	client := link(t, s, alice, "alice's client")
	id, err := bob.CreateGroup("Team", aliceNumber)
	must(t, err)
	group := hears[*events.JoinedGroup](client, nil).JID
	must(t, bob.SetGroupPicture(id, testPNG(t)))
	if changed := hears[*events.Picture](client, nil); changed.JID != group || changed.Author != bob.LID() {
		t.Errorf("client heard %+v", changed)
	}
	set, err := client.SetGroupPhoto(waiting(t), group, testPNG(t))
	must(t, err)
	info, err := client.GetProfilePictureInfo(waiting(t), group, nil)
	must(t, err)
	if info.ID != set {
		t.Errorf("picture is %s, not %s", info.ID, set)
	}
}
