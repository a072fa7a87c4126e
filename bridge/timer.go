package bridge

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/util/jsontime"
	"maunium.net/go/mautrix/bridgev2/commands"
	"maunium.net/go/mautrix/event"

	"passerelle/portal/say"
)

// timer sets after how long a chat's messages disappear, for people whose app cannot.
func (n *network) timer(ce *commands.Event) {
	after, err := parseTimer(ce.RawArgs)
	if err != nil {
		n.tellTimer(ce)
		return
	}
	n.queueTimer(ce, after)
}

// queueTimer has the room's own goroutine set the timer, as if the person's app had. What came of it is said there: by the
// network's connector, or as the failure of an event.
func (n *network) queueTimer(ce *commands.Event, after time.Duration) {
	content := &event.BeeperDisappearingTimer{}
	if after > 0 {
		content.Type, content.Timer = event.DisappearingTypeAfterSend, jsontime.MS(after)
	}
	ce.Bridge.QueueMatrixEvent(ce.Ctx, &event.Event{
		ID: ce.EventID, RoomID: ce.RoomID, Sender: ce.User.MXID, Type: event.StateBeeperDisappearingTimer, StateKey: new(string),
		Timestamp: time.Now().UnixMilli(), Content: event.Content{Parsed: content},
	})
}

// tellTimer says what is set in a room, and how to change it.
func (n *network) tellTimer(ce *commands.Event) {
	kept, err := ce.Bridge.DB.Portal.GetByKey(ce.Ctx, ce.Portal.PortalKey) // the one in memory belongs to its room's goroutine
	if err != nil || kept == nil {
		ce.Log.Err(err).Msg("A chat's timer could not be looked up")
		return
	}
	in := n.host.languages.Of(ce.User.MXID)
	is := in.Say(say.TimerIsOff)
	if after := kept.Disappear.Timer; after > 0 {
		is = in.Say(say.TimerIs, in.Duration(after))
	}
	n.tell(ce.RoomID, ce.EventID, ce.User.MXID, is+" "+in.Say(say.TimerHowTo, ce.Bridge.Config.CommandPrefix))
}

// errNoTimer is the error of words that name no time.
var errNoTimer = errors.New("neither “off” nor a number of hours or days, such as 24h or 7d")

// parseTimer reads a time such as "24h" or "7d", or "off" for 0. Which ones a network knows it says itself.
func parseTimer(text string) (time.Duration, error) {
	text = strings.ToLower(strings.ReplaceAll(text, " ", ""))
	if text == "off" || text == "0" {
		return 0, nil
	}
	unit := time.Hour
	number, found := strings.CutSuffix(text, "h")
	if !found {
		unit = 24 * time.Hour
		if number, found = strings.CutSuffix(text, "d"); !found {
			number, found = strings.CutSuffix(text, "j") // French: jours
		}
	}
	count, err := strconv.ParseUint(number, 10, 16)
	if !found || err != nil {
		return 0, errNoTimer
	}
	return time.Duration(count) * unit, nil
}
