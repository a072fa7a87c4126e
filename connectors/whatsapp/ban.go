package whatsapp

import (
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/types/events"
	"maunium.net/go/mautrix/bridgev2/status"
	"maunium.net/go/mautrix/id"

	"passerelle/portal/say"
)

// unknownBan is how long after a suspension without an end the account connects again.
const unknownBan = time.Hour

// Ban is a time for which WhatsApp has suspended an account.
type Ban struct {
	// Code is WhatsApp's reason (whatsmeow types/events, TempBanReason).
	Code int `json:"code,omitempty"`
	// Until is when it ends, as WhatsApp says; zero: it has not said.
	Until time.Time `json:"until,omitzero"`
	// Again is when the account may connect again; zero: it is not suspended.
	Again time.Time `json:"again,omitzero"`
}

// newBan reads what WhatsApp says of a suspension. An end that makes no sense counts as none.
func newBan(event *events.TemporaryBan, now time.Time) Ban {
	ban := Ban{Code: int(event.Code), Again: now.Add(unknownBan)}
	if event.Expire > 0 {
		ban.Until = now.Add(event.Expire)
		ban.Again = ban.Until
	}
	return ban
}

// suspended says to a reader that an account is suspended, why, and until when.
func (c *Connector) suspended(reader id.UserID, ban Ban) string {
	in := c.border.Languages.Of(reader)
	why, known := map[events.TempBanReason]say.Sentence{
		events.TempBanSentToTooManyPeople: say.BanStrangers, events.TempBanBlockedByUsers: say.BanBlocked,
		events.TempBanCreatedTooManyGroups: say.BanGroups, events.TempBanSentTooManySameMessage: say.BanSameMessage,
		events.TempBanBroadcastList: say.BanBroadcast,
	}[events.TempBanReason(ban.Code)]
	if !known {
		why = say.BanUnknown
	}
	if ban.Until.IsZero() {
		return in.Say(say.Suspended, networkName, in.Say(why))
	}
	return in.Say(say.SuspendedUntil, networkName, in.Moment(ban.Until, c.now()), in.Say(why))
}

// banned keeps away for as long as WhatsApp has suspended the account: attempts to connect would make it longer.
func (a *account) banned(event *events.TemporaryBan) {
	ban := newBan(event, a.connector.now())
	if err := a.keep(a.ctx, func(kept *LoginMetadata) { kept.Ban = ban }); err != nil {
		a.log.Err(err).Msg("Until when the account is suspended could not be stored; a restart would forget it")
	}
	a.log.Warn().Int("code", ban.Code).Time("until", ban.Until).Msg("WhatsApp has suspended the account")
	a.stayAway(ban)
}

// stayAway tells of a suspension, and connects when it is over.
func (a *account) stayAway(ban Ban) {
	state := status.BridgeState{StateEvent: status.StateUnknownError, Error: codeSuspended, Message: a.connector.suspended(a.login.UserMXID, ban),
		Reason: strconv.Itoa(ban.Code)}
	if !ban.Until.IsZero() {
		state.Reason = ban.Until.UTC().Format(time.RFC3339)
	}
	a.tell(state)
	a.settle()
	a.connectAfter(ban.Again.Sub(a.connector.now()))
}
