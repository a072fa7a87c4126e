package whatsapp

import (
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"passerelle/portal/say"
)

// invitation reads invitations, to groups and channels, and requests. They are accepted on the phone.
func (r reader) invitation(m *waE2E.Message) (content, bool) {
	if group := m.GetGroupInviteMessage(); group != nil {
		return r.said(group.GetContextInfo(), r.say(say.GroupInvitation, group.GetGroupName()), group.GetCaption(),
			r.told(say.ValidUntil, moment(group.GetInviteExpiration())), r.say(say.AnswerOnPhone, networkName)), true
	}
	if channel := m.GetNewsletterAdminInviteMessage(); channel != nil {
		return r.said(channel.GetContextInfo(), r.say(say.ChannelInvitation, channel.GetNewsletterName()), channel.GetCaption(),
			r.told(say.ValidUntil, moment(channel.GetInviteExpiration())), r.say(say.AnswerOnPhone, networkName)), true
	}
	if channel := m.GetNewsletterFollowerInviteMessageV2(); channel != nil {
		return r.said(channel.GetContextInfo(), r.say(say.ChannelInvitation, channel.GetNewsletterName()), channel.GetCaption(),
			r.say(say.AnswerOnPhone, networkName)), true
	}
	if request := m.GetRequestPhoneNumberMessage(); request != nil {
		return r.said(request.GetContextInfo(), r.say(say.PhoneNumberRequest), r.say(say.AnswerOnPhone, networkName)), true
	}
	if pack := m.GetStickerPackMessage(); pack != nil {
		return r.said(pack.GetContextInfo(), r.say(say.StickerPack, pack.GetName()), pack.GetCaption(),
			r.say(say.DetailsOnPhone, networkName)), true
	}
	if comment := m.GetCommentMessage(); comment.GetMessage() != nil {
		return r.read(unwrapFutureProof(comment.GetMessage())), true
	}
	return content{}, false
}

// call reads calls that were, and calls that are planned.
func (r reader) call(m *waE2E.Message) (content, bool) {
	if log := m.GetCallLogMesssage(); log != nil {
		return r.said(nil, r.say(callSentence(log)), r.told(say.Lasted, lasting(log.GetDurationSecs()))), true
	}
	if planned := m.GetScheduledCallCreationMessage(); planned != nil {
		return r.said(nil, r.say(say.PlannedCall, planned.GetTitle()), r.told(say.Starts, moment(planned.GetScheduledTimestampMS()/1000)),
			r.say(say.AnswerOnPhone, networkName)), true
	}
	if m.GetScheduledCallEditMessage() != nil {
		return r.said(nil, r.say(say.PlannedCallCancelled)), true
	}
	if call := m.GetBcallMessage(); call != nil {
		return r.said(nil, r.say(say.Calling, networkName), call.GetCaption()), true
	}
	if m.GetCall() != nil {
		return r.said(nil, r.say(say.Calling, networkName)), true
	}
	return content{}, false
}

func callSentence(log *waE2E.CallLogMessage) say.Sentence {
	missed := false
	switch log.GetCallOutcome() {
	case waE2E.CallLogMessage_CONNECTED, waE2E.CallLogMessage_ACCEPTED_ELSEWHERE, waE2E.CallLogMessage_ONGOING:
	default:
		missed = true
	}
	switch {
	case missed && log.GetIsVideo():
		return say.MissedVideoCall
	case missed:
		return say.MissedCall
	case log.GetIsVideo():
		return say.VideoCall
	}
	return say.VoiceCall
}

// lasting is a length of time; empty: none.
func lasting(seconds int64) string {
	if seconds <= 0 || seconds > int64((365*24*time.Hour)/time.Second) {
		return ""
	}
	return (time.Duration(seconds) * time.Second).String()
}

// payment reads what is said about money. Nothing is paid from here.
func (r reader) payment(m *waE2E.Message) (content, bool) {
	var sentence say.Sentence
	var note *waE2E.Message
	amount := ""
	switch {
	case m.GetSendPaymentMessage() != nil:
		sentence, note = say.PaymentSent, m.GetSendPaymentMessage().GetNoteMessage()
	case m.GetRequestPaymentMessage() != nil:
		request := m.GetRequestPaymentMessage()
		sentence, note = say.PaymentRequested, request.GetNoteMessage()
		amount = money(int64(min(request.GetAmount1000(), 1<<62)), request.GetCurrencyCodeIso4217())
	case m.GetDeclinePaymentRequestMessage() != nil:
		sentence = say.PaymentDeclined
	case m.GetCancelPaymentRequestMessage() != nil:
		sentence = say.PaymentCancelled
	case m.GetPaymentInviteMessage() != nil, m.GetPaymentReminderMessage() != nil, m.GetSplitPaymentMessage() != nil,
		m.GetSplitPaymentUpdateMessage() != nil:
		sentence = say.PaymentOther
	default:
		return content{}, false
	}
	words := ""
	if note != nil {
		words = joinLines(note.GetConversation(), note.GetExtendedTextMessage().GetText())
	}
	return r.said(nil, r.say(sentence, networkName), r.told(say.Price, amount), words, r.say(say.DetailsOnPhone, networkName)), true
}
