// Package unsent makes the errors of what staff wrote and did not go out, with the sentence that the sender reads in the room.
package unsent

import (
	"maunium.net/go/mautrix/bridgev2"
	"maunium.net/go/mautrix/event"
)

// Refused is the error of a message that is not sent, and would not be if it were sent again.
func Refused(err error, sentence string) error {
	return bridgev2.WrapErrorInStatus(err).WithStatus(event.MessageStatusFail).
		WithErrorReason(event.MessageStatusUnsupported).WithMessage(sentence).WithIsCertain(true).WithSendNotice(true)
}

// Failed is the error of a message that did not go out, and may if it is sent again.
func Failed(err error, sentence string) error {
	return bridgev2.WrapErrorInStatus(err).WithStatus(event.MessageStatusRetriable).
		WithErrorReason(event.MessageStatusNetworkError).WithMessage(sentence).WithIsCertain(true).WithSendNotice(true)
}

// Perhaps is the error of a message that may or may not have gone out.
func Perhaps(err error, sentence string) error {
	return bridgev2.WrapErrorInStatus(err).WithStatus(event.MessageStatusRetriable).
		WithErrorReason(event.MessageStatusNetworkError).WithMessage(sentence).WithIsCertain(false).WithSendNotice(true)
}
