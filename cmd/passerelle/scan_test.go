package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"passerelle/bridge/bridgetest"
	"passerelle/connectors/telegram/telegramtest"
	"passerelle/connectors/whatsapp/whatsapptest"
	"passerelle/portal/say"
)

// guarded is Amina's talk with Claire on a network, whose files ClamAV looks into.
type guarded struct {
	t       *testing.T
	network string // and as people write it:
	title   string
	clamav  *bridgetest.Clamd
	bridge  *bridgetest.Installation
	claire  *bridgetest.Actor
	room    id.RoomID
	// What Amina does, and what she got: texts and captions, and of a file without one its name.
	writes func(text string)
	sends  func(name, caption string, data []byte)
	read   func() []string
}

// guard installs the bridge with ClamAV.
func guard(clamav *bridgetest.Clamd, settings string) func(*bridgetest.InstallOptions) {
	return func(o *bridgetest.InstallOptions) {
		o.Replace = map[string]string{"\nnetworks:\n": fmt.Sprintf("\nscan:\n  clamd: %s\n  tell_after: 1s\n%s\nnetworks:\n", clamav.Socket, settings)}
	}
}

// onBothNetworks runs a test on each network.
func onBothNetworks(t *testing.T, settings string, test func(g *guarded)) {
	t.Run("WhatsApp", func(t *testing.T) {
		clamav := bridgetest.NewClamd(t, 1<<20)
		d := newDialogue(t, guard(clamav, settings))
		test(&guarded{t: t, network: "whatsapp", title: "WhatsApp", clamav: clamav, bridge: d.bridge, claire: d.claire, room: d.room,
			writes: func(text string) { says(t, d.amina, d.phone.Number(), text) },
			sends: func(name, caption string, data []byte) {
				_, err := d.amina.SendFile(bounded(t), d.phone.Number(),
					whatsapptest.File{Kind: whatsapptest.KindDocument, Name: name, MIME: "text/plain", Caption: caption, Data: data})
				must(t, err)
			},
			read: func() (all []string) {
				for _, e := range d.amina.Inbox() {
					switch {
					case e.FromMe:
					case e.Media != nil && e.Text == "":
						all = append(all, e.Media.Name)
					default:
						all = append(all, e.Text)
					}
				}
				return all
			},
		})
	})
	t.Run("Telegram", func(t *testing.T) {
		clamav := bridgetest.NewClamd(t, 1<<20)
		d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){guard(clamav, settings)}})
		test(&guarded{t: t, network: "telegram", title: "Telegram", clamav: clamav, bridge: d.bridge, claire: d.claire, room: d.room,
			writes: func(text string) { send(t, d.amina, d.bot.ID(), text) },
			sends: func(name, caption string, data []byte) {
				_, err := d.amina.SendFile(d.bot.ID(), telegramtest.File{Kind: "document", Name: name, MIME: "text/plain", Data: data,
					Text: telegramtest.Text{Text: caption}})
				must(t, err)
			},
			read: func() (all []string) {
				for _, e := range d.amina.Inbox() {
					switch {
					case e.From == d.amina.ID():
					case e.Text == "" && e.Message.Document != nil:
						all = append(all, e.Message.Document.FileName)
					default:
						all = append(all, e.Text)
					}
				}
				return all
			},
		})
	})
}

// gets waits until Amina has exactly this, in this order.
func (g *guarded) gets(want ...string) {
	g.t.Helper()
	end := time.Now().Add(time.Minute)
	for !slices.Contains(g.read(), want[len(want)-1]) && time.Now().Before(end) {
		time.Sleep(50 * time.Millisecond)
	}
	compare(g.t, "Amina got", g.read(), want)
}

// heard is what Claire's room shows of Amina: texts and captions, and of a file without one its name.
func (g *guarded) heard() (all []string) {
	for _, h := range g.claire.Screen(g.room) {
		if h.IsMessage() && strings.HasPrefix(h.Sender.String(), "@"+g.network+"_") {
			all = append(all, h.Text)
		}
	}
	return all
}

// told waits until Claire reads a sentence, in her room.
func (g *guarded) told(sentence say.Sentence, since bridgetest.Mark) bridgetest.Heard {
	g.t.Helper()
	text := say.English.Say(sentence, g.title)
	return g.claire.Waits(string(sentence), func(h bridgetest.Heard) bool { return h.Room == g.room && h.Text == text && h.WasEncrypted }, since)
}

// clean is a file in which nothing is found.
var clean = []byte("Bonjour, here are the figures.")

func TestAFileInWhichSomethingIsFoundStaysBehind(t *testing.T) {
	onBothNetworks(t, "", func(g *guarded) {
		harmful := say.English.Say(say.FileHarmful, g.title)
		mark := g.claire.Mark()
		g.sends("figures.txt", "the figures", []byte(bridgetest.Eicar))
		g.claire.Waits("the caption, below why", func(h bridgetest.Heard) bool {
			return h.Room == g.room && h.MsgType == event.MsgText && h.Text == harmful+"\nthe figures" && h.WasEncrypted
		}, mark)
		g.sends("nothing-beside.txt", "", []byte(bridgetest.Eicar))
		if h := g.told(say.FileHarmful, mark); h.MsgType != event.MsgNotice {
			g.t.Errorf("it is a %s", h.MsgType)
		}
		g.sends("large.txt", "the large one", slices.Repeat([]byte("x"), 4<<20))
		g.claire.Hears(g.room, say.English.Say(say.FileUnscannable, g.title)+"\nthe large one", mark)
		g.sends("clean.txt", "clean", clean)
		arrived := g.claire.Waits("the clean file", func(h bridgetest.Heard) bool { return h.Room == g.room && h.Text == "clean" }, mark)
		if string(g.claire.Downloads(arrived)) != string(clean) {
			g.t.Error("the clean file arrived changed")
		}

		sent := g.claire.Attaches(g.room, bridgetest.Attachment{Name: "plans.txt", Caption: "the plans", Data: []byte(bridgetest.Eicar)})
		if h := g.told(say.FileHarmfulOut, mark); h.RepliesTo != sent {
			g.t.Errorf("it answers %s", h.RepliesTo)
		}
		g.claire.Attaches(g.room, bridgetest.Attachment{Name: "clean.txt", Caption: "clean, too", Data: clean})
		g.gets("clean, too")
		g.hasDecisions(map[string]int{"in found": 2, "in scan-too-large": 1, "in admitted-media": 1, "out found": 1, "out admitted-media": 1})
		g.counts(`passerelle_scans_total{outcome="found"} 3`, `passerelle_scans_total{outcome="too_large"} 1`, "passerelle_scanner_away 0")
	})
}

// hasDecisions counts the decisions about files that the ledger holds.
func (g *guarded) hasDecisions(want map[string]int) {
	g.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(g.bridge.Config()), "data", "passerelle.db")+"?_busy_timeout=5000")
	must(g.t, err)
	defer db.Close()
	rows, err := db.QueryContext(bounded(g.t), "SELECT direction, outcome, rule, found, digest FROM decision WHERE kind = 'media' AND network = ?", g.network)
	must(g.t, err)
	defer rows.Close()
	digest := sha256.Sum256([]byte(bridgetest.Eicar))
	got := map[string]int{}
	for rows.Next() {
		var direction, outcome, rule, found, hash string
		must(g.t, rows.Scan(&direction, &outcome, &rule, &found, &hash))
		what := rule
		switch {
		case outcome == "admitted":
			what = "admitted-media"
		case outcome == "withheld" && rule == "scan" && found == bridgetest.EicarName && hash == hex.EncodeToString(digest[:]):
			what = "found"
		}
		got[direction+" "+what]++
	}
	must(g.t, rows.Err())
	if fmt.Sprint(got) != fmt.Sprint(want) {
		g.t.Errorf("the ledger holds %v, want %v", got, want)
	}
}

// counts looks for lines of the metrics.
func (g *guarded) counts(lines ...string) {
	g.t.Helper()
	answer, err := http.Get(g.bridge.Monitor() + "/metrics")
	must(g.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(g.t, err)
	for _, line := range lines {
		if !strings.Contains(string(text), "\n"+line+"\n") {
			g.t.Errorf("the metrics do not say %s", line)
		}
	}
}

func TestFilesWaitForAScannerThatIsAway(t *testing.T) {
	onBothNetworks(t, "", func(g *guarded) {
		mark := g.claire.Mark()
		must(g.t, g.clamav.Stop())
		g.sends("figures.txt", "the figures", clean)
		g.writes("and a word")
		waits := g.told(say.FileWaits, mark)
		sent := g.claire.Attaches(g.room, bridgetest.Attachment{Name: "plans.txt", Caption: "the plans", Data: clean})
		waitsOut := g.told(say.FileWaitsOut, mark)
		if waitsOut.RepliesTo != sent {
			g.t.Errorf("that it waits answers %s", waitsOut.RepliesTo)
		}
		g.claire.Says(g.room, "and my word")
		g.counts("passerelle_scanner_away 1")
		if check, err := g.bridge.Run(g.t.Context(), "check", "-c", g.bridge.Config()); err == nil || !strings.Contains(check, "scanner: ") {
			g.t.Errorf("the check finds nothing: %v, %s", err, check)
		}

		must(g.t, g.bridge.Kill())
		must(g.t, g.bridge.Start(g.t.Context()))
		g.claire.SeesDeletion(g.room, g.release(waits, waitsOut))
		g.claire.Hears(g.room, "and a word", mark)
		g.gets("the plans", "and my word")
		compare(g.t, "Claire heard", g.heard(), []string{"0", "the figures", "and a word"})
		g.once(say.FileWaits)
		g.once(say.FileWaitsOut)
	})
}

// release starts ClamAV, and waits until the first notice is taken back. It returns the second one.
func (g *guarded) release(waits, waitsOut bridgetest.Heard) id.EventID {
	g.t.Helper()
	must(g.t, g.clamav.Start(g.t.Context()))
	g.claire.SeesDeletion(g.room, waits.ID)
	return waitsOut.ID
}

// once sees that Claire's room was told something once.
func (g *guarded) once(sentence say.Sentence) {
	g.t.Helper()
	text, count := say.English.Say(sentence, g.title), 0
	for _, h := range g.claire.Log(g.room) {
		if h.Text == text {
			count++
		}
	}
	if count != 1 {
		g.t.Errorf("Claire was told %d times: %s", count, text)
	}
}

func TestAFileThatWaitsMayBeDeleted(t *testing.T) {
	clamav := bridgetest.NewClamd(t, 0)
	d := newDialogue(t, guard(clamav, ""))
	must(t, clamav.Stop())
	sent := d.claire.Attaches(d.room, bridgetest.Attachment{Name: "plans.txt", Caption: "the plans", Data: clean})
	notice := d.claire.Waits("that it waits", func(h bridgetest.Heard) bool { return h.RepliesTo == sent })
	d.claire.Deletes(d.room, sent)
	if kind, err := bridgetest.ChosenHomeserver(); err == nil && kind == "dendrite" { // which gives bridges no redactions
		d.homeserverTells(t, map[string]any{
			"type": event.EventRedaction.Type, "room_id": d.room, "event_id": "$taken-back:" + d.bridge.Bot("")[2:], "redacts": sent,
			"sender": d.claire.ID(), "origin_server_ts": time.Now().UnixMilli(), "content": map[string]any{"redacts": sent},
		})
	}
	d.claire.SeesDeletion(d.room, notice.ID)
	d.claire.Says(d.room, "never mind")
	reads(t, d.amina, "never mind")
	must(t, clamav.Start(t.Context()))
	d.claire.Attaches(d.room, bridgetest.Attachment{Name: "better.txt", Caption: "better ones", Data: clean})
	reads(t, d.amina, "better ones")
	for _, entry := range d.amina.Inbox() {
		if entry.Text == "the plans" {
			t.Error("Amina gets what was taken back")
		}
	}
}

func TestAScannerThatHangsHoldsUpNobodyElse(t *testing.T) {
	onBothNetworks(t, "  timeout: 2s\n  when_away: withhold\n", func(g *guarded) {
		mark := g.claire.Mark()
		must(g.t, g.clamav.Freeze())
		g.sends("figures.txt", "the figures", clean)
		g.claire.Hears(g.room, say.English.Say(say.FileUnscanned, g.title)+"\nthe figures", mark)
		g.claire.Attaches(g.room, bridgetest.Attachment{Name: "plans.txt", Data: clean})
		g.told(say.FileUnscannedOut, mark)
		g.claire.Says(g.room, "a word")
		g.gets("a word")
		must(g.t, g.clamav.Thaw())
		g.claire.Attaches(g.room, bridgetest.Attachment{Name: "plans.txt", Caption: "the plans", Data: clean})
		g.gets("a word", "the plans")
	})
}

func TestASmallPictureInWhichSomethingIsFoundIsLeftOut(t *testing.T) {
	d := newDialogue(t, guard(bridgetest.NewClamd(t, 0), ""))
	small := picture(t, 40)
	for caption, thumbnail := range map[string][]byte{"as it should be": small, "with more in it": append(slices.Clone(small), bridgetest.Eicar...)} {
		_, err := d.amina.SendFile(bounded(t), d.phone.Number(),
			whatsapptest.File{Kind: whatsapptest.KindImage, Data: picture(t, 90), Caption: caption, Thumbnail: thumbnail})
		must(t, err)
		arrived := d.claire.Waits(caption, func(h bridgetest.Heard) bool { return h.Text == caption })
		if shown := arrived.Message().Info.ThumbnailFile != nil; shown != (len(thumbnail) == len(small)) {
			t.Errorf("%s: it is shown: %v", caption, shown)
		}
	}
}

func TestAFileThatTakesAnothersPlaceIsLookedInto(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){guard(bridgetest.NewClamd(t, 0), "")}})
	sent, err := d.amina.SendFile(d.bot.ID(), telegramtest.File{Kind: "document", Name: "figures.txt", Data: clean, Text: telegramtest.Text{Text: "the figures"}})
	must(t, err)
	shown := d.claire.Waits("the figures", func(h bridgetest.Heard) bool { return h.Text == "the figures" })
	must(t, d.amina.Replace(d.bot.ID(), sent, telegramtest.File{Kind: "document", Name: "better.txt", Data: []byte(bridgetest.Eicar),
		Text: telegramtest.Text{Text: "better ones"}}))
	why := d.claire.Waits("why it is not there", func(h bridgetest.Heard) bool {
		return h.RepliesTo == shown.ID && h.Text == say.English.Say(say.FileHarmful, "Telegram")+"\nbetter ones"
	})
	if why.Edits != "" || string(d.claire.Downloads(d.claire.Sees(d.room, shown.ID))) != string(clean) {
		t.Error("the message does not stay as it was")
	}
}

func TestAnAlbumWithOneHarmfulFileStaysHere(t *testing.T) {
	d := newBotDialogue(t, telegramSetup{adjust: []func(*bridgetest.InstallOptions){guard(bridgetest.NewClamd(t, 0), "")}})
	mark := d.claire.Mark()
	var images []*event.MessageEventContent
	for _, f := range []bridgetest.Attachment{{Name: "clean.txt", Data: clean}, {Name: "plans.txt", Data: []byte(bridgetest.Eicar)}} {
		sent := d.claire.Attaches(d.desk, f)
		images = append(images, d.claire.Sees(d.desk, sent).Message())
	}
	album := d.claire.Sends(d.room, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgBeeperGallery, Body: "an album", BeeperGalleryImages: images, BeeperGalleryCaption: "all of it",
	})
	why := say.English.Say(say.FileOfAlbum, "plans.txt", say.English.Say(say.FileHarmfulOut, "Telegram"))
	if h := d.claire.Waits("why it did not go", func(h bridgetest.Heard) bool { return h.Room == d.room && h.Text == why }, mark); h.RepliesTo != album {
		t.Errorf("it answers %s", h.RepliesTo)
	}
	d.settled(t, []string{"0"}, nil)
}
